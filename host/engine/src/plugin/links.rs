//! What a shared library asks the system's loader to load with it, as its own bytes say: ELF and Mach-O. Pure; which of
//! that lies in the project is `library.rs`.

use object::endian::Endianness;
use object::macho::{self, MachHeader32, MachHeader64};
use object::read::elf::{Dyn as _, FileHeader, ProgramHeader as _};
use object::read::macho::{FatArch, LoadCommandVariant, MachHeader, MachOFatFile32, MachOFatFile64};
use object::{Error, FileKind, elf};

/// Names and search paths, as they stand in the file but for `@loader_path`, which is `$ORIGIN` here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Links {
    pub(super) needed: Vec<String>,
    /// Folders that are searched for what it needs, and for what those need in turn.
    pub(super) rpath: Vec<String>,
    /// Folders that are searched for what it needs itself; where there are any, `rpath` counts for nothing.
    pub(super) runpath: Option<Vec<String>>,
}

/// # Errors
/// No shared library, or one that is damaged.
pub(super) fn links(bytes: &[u8]) -> Result<Links, Error> {
    let mut links = Links::default();
    match FileKind::parse(bytes)? {
        FileKind::Elf32 => of_elf::<elf::FileHeader32<Endianness>>(bytes, &mut links)?,
        FileKind::Elf64 => of_elf::<elf::FileHeader64<Endianness>>(bytes, &mut links)?,
        FileKind::MachO32 => of_macho::<MachHeader32<Endianness>>(bytes, &mut links)?,
        FileKind::MachO64 => of_macho::<MachHeader64<Endianness>>(bytes, &mut links)?,
        // Which of them is loaded is for the machine to say, so all count.
        FileKind::MachOFat32 => {
            let file = MachOFatFile32::parse(bytes)?;
            file.arches().iter().try_for_each(|arch| of_part(arch.data(bytes)?, &mut links))?;
        }
        FileKind::MachOFat64 => {
            let file = MachOFatFile64::parse(bytes)?;
            file.arches().iter().try_for_each(|arch| of_part(arch.data(bytes)?, &mut links))?;
        }
        _ => return of_nothing(),
    }
    Ok(links)
}

/// # Errors
/// Always: the words of the crate for what it does not know.
fn of_nothing() -> Result<Links, Error> {
    FileKind::parse(&[0_u8; 16][..]).map(|_| Links::default())
}

/// By the addresses that a loader goes by: offsets of sections and segments may say something else.
fn of_elf<Elf: FileHeader<Endian = Endianness>>(bytes: &[u8], links: &mut Links) -> Result<(), Error> {
    let header = Elf::parse(bytes)?;
    let endian = header.endian()?;
    let segments = header.program_headers(endian, bytes)?;
    let at = |address: u64| {
        let loaded = segments.iter().filter(|segment| segment.p_type(endian) == elf::PT_LOAD);
        loaded.rev().find_map(|segment| {
            let (begin, data) = (segment.p_vaddr(endian).into(), segment.data(endian, bytes).ok()?);
            data.get(usize::try_from(address.checked_sub(begin)?).ok()?..)
        })
    };
    let dynamic = segments.iter().rfind(|segment| segment.p_type(endian) == elf::PT_DYNAMIC);
    let Some(mut table) = dynamic.and_then(|segment| at(segment.p_vaddr(endian).into())) else { return Ok(()) };
    let mut entries = Vec::new();
    while let Ok((entry, rest)) = object::pod::from_bytes::<Elf::Dyn>(table) {
        if entry.tag(endian) == elf::DT_NULL {
            break;
        }
        entries.push((entry.tag(endian), entry.val(endian)));
        table = rest;
    }
    let strings = entries.iter().rfind(|(tag, _)| *tag == elf::DT_STRTAB).and_then(|(_, address)| at(*address));
    let text = |offset: u64| {
        let text = strings?.get(usize::try_from(offset).ok()?..)?;
        let end = text.iter().position(|b| *b == 0)?;
        Some(String::from_utf8_lossy(&text[..end]).into_owned())
    };
    for (tag, value) in entries {
        let folders = || text(value).map(|all| all.split(':').map(str::to_owned).collect::<Vec<_>>());
        match tag {
            elf::DT_NEEDED | elf::DT_FILTER | elf::DT_AUXILIARY => links.needed.extend(text(value)),
            elf::DT_RPATH => links.rpath.extend(folders().unwrap_or_default()),
            elf::DT_RUNPATH => links.runpath = folders(),
            _ => {}
        }
    }
    Ok(())
}

fn of_part(bytes: &[u8], links: &mut Links) -> Result<(), Error> {
    match FileKind::parse(bytes)? {
        FileKind::MachO32 => of_macho::<MachHeader32<Endianness>>(bytes, links),
        FileKind::MachO64 => of_macho::<MachHeader64<Endianness>>(bytes, links),
        _ => Ok(()),
    }
}

fn of_macho<Mach: MachHeader<Endian = Endianness>>(bytes: &[u8], links: &mut Links) -> Result<(), Error> {
    let header = Mach::parse(bytes, 0)?;
    let endian = header.endian()?;
    let mut commands = header.load_commands(endian, bytes, 0)?;
    while let Some(command) = commands.next()? {
        let text = |at| command.string(endian, at).map(|text| String::from_utf8_lossy(text).into_owned());
        let origin = |text: String| text.replacen("@loader_path", "$ORIGIN", 1);
        match command.variant()? {
            LoadCommandVariant::Dylib(dylib) if command.cmd() != macho::LC_ID_DYLIB => {
                let name = origin(text(dylib.dylib.name)?);
                links.needed.push(name.strip_prefix("@rpath/").map_or(name.clone(), str::to_owned));
            }
            LoadCommandVariant::Rpath(rpath) => links.rpath.push(origin(text(rpath.path)?)),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_very_program_needs_a_libc_and_looks_nowhere_else() {
        let bytes = std::fs::read(std::env::current_exe().expect("known")).expect("read");
        let found = links(&bytes).expect("a program");
        assert!(found.needed.iter().any(|name| name.contains("libc.") || name.contains("libSystem")), "{found:?}");
    }

    #[test]
    fn what_is_no_library_is_said() {
        for bytes in [&b"no library"[..], &b""[..], &b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0"[..]] {
            links(bytes).expect_err("no library");
        }
    }
}
