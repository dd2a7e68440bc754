//! A native library as the files that make it: itself, and what it loads that lies beside it or in the project. All of
//! that is read once, named, approved by one digest, and loaded from a copy of just these bytes, so that nothing can be
//! swapped in between. What its own code opens later is its own affair: it is trusted code.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use session_core::digest::digest;
use session_system::plain;
use tempfile::TempDir;
use thiserror::Error;

use super::links::{Links, links};

/// Files that one plugin may bring.
const FILES: usize = 64;

#[derive(Debug)]
pub struct NativeLibrary {
    /// The plugin's own file first.
    files: Vec<Part>,
    /// `sha256:…`, of the one file or of all of them.
    pub digest: String,
    /// What it loads that stands elsewhere on the system, by name.
    pub system: BTreeSet<String>,
}

/// Reads a file, where it may be read: in the project, or in the working tree that the project is in.
pub(super) type Content<'c> = dyn Fn(&Path) -> io::Result<Vec<u8>> + 'c;

/// One file of it.
#[derive(Debug)]
struct Part {
    /// Where it stands, without `..`.
    place: PathBuf,
    /// From the project's root where it is below it.
    name: String,
    bytes: Vec<u8>,
    digest: String,
}

#[derive(Debug, Error)]
pub enum LibraryError {
    #[error("{name} cannot be read")]
    Read { name: String, source: io::Error },
    #[error("{name} cannot be loaded")]
    Format { name: String, source: object::Error },
    #[error("{name} loads `{asked}`, which is looked for in whatever folder session is typed in")]
    Relative { name: String, asked: String },
    #[error("{name} loads from `{asked}`, which lies in the project and is named by an absolute path")]
    Absolute { name: String, asked: String },
    #[error("{name} loads from `{asked}`, which only the system's loader can say")]
    Unknown { name: String, asked: String },
    #[error("it loads more than {FILES} files of the project")]
    Many,
}

/// A copy of all files, for as long as they are loaded.
#[derive(Debug)]
pub(super) struct Copy {
    folder: TempDir,
    handle: File,
    inside: PathBuf,
}

impl NativeLibrary {
    /// Reads a library and what it loads from the project.
    ///
    /// # Errors
    /// Names the file, and what of it cannot be approved.
    pub(super) fn read(root: &Path, path: &str, content: &Content<'_>) -> Result<Self, LibraryError> {
        let place = plain(&root.join(path)).unwrap_or_else(|| root.join(path));
        let mut library = Self { files: Vec::new(), digest: String::new(), system: BTreeSet::new() };
        library.add(root, place, &[], content)?;
        library.digest = match library.files.as_slice() {
            [one] => one.digest.clone(),
            all => {
                let lines: Vec<String> = all.iter().map(|part| format!("{} {}\n", part.digest, part.name)).collect();
                digest(lines.concat().as_bytes())
            }
        };
        Ok(library)
    }

    /// Files besides its own that are loaded from the project, each with its digest.
    pub fn beside(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().skip(1).map(|part| (part.name.as_str(), part.digest.as_str()))
    }

    /// # Errors
    /// As [`NativeLibrary::read`]. `above` are the search paths of those that load it.
    fn add(
        &mut self,
        root: &Path,
        place: PathBuf,
        above: &[(PathBuf, String)],
        content: &Content<'_>,
    ) -> Result<(), LibraryError> {
        if self.files.iter().any(|part| part.place == place) {
            return Ok(());
        }
        if self.files.len() >= FILES {
            return Err(LibraryError::Many);
        }
        let name = place.strip_prefix(root).unwrap_or(&place).to_string_lossy().into_owned();
        let bytes = content(&place).map_err(|source| LibraryError::Read { name: name.clone(), source })?;
        let found = links(&bytes).map_err(|source| LibraryError::Format { name: name.clone(), source })?;
        let digest = digest(&bytes);
        self.files.push(Part { place: place.clone(), name: name.clone(), bytes, digest });
        let origin = place.parent().unwrap_or(root).to_owned();
        let search = Search { root, name: &name, origin: &origin, above };
        let folders = search.folders(&found)?;
        let own: Vec<(PathBuf, String)> = found.rpath.iter().map(|folder| (origin.clone(), folder.clone())).collect();
        let inherited: Vec<(PathBuf, String)> = own.into_iter().chain(above.iter().cloned()).collect();
        for asked in &found.needed {
            match search.found(asked, &folders)? {
                Some(place) => self.add(root, place, &inherited, content)?,
                None => _ = self.system.insert(asked.clone()),
            }
        }
        Ok(())
    }

    /// Writes the files to a folder of this user's own below one of these, each where it stands from the others.
    ///
    /// # Errors
    /// Where none of them takes it.
    pub(super) fn copy(&self, below: &[&Path]) -> io::Result<Copy> {
        let mut last = io::Error::other("there is no folder for it");
        for folder in below {
            match self.copy_to(folder) {
                Ok(copy) => return Ok(copy),
                Err(e) => last = e,
            }
        }
        Err(last)
    }

    #[expect(clippy::disallowed_methods, reason = "a copy of what was approved, in a new folder")]
    fn copy_to(&self, below: &Path) -> io::Result<Copy> {
        let folder = session_system::scratch_folder(below)?;
        let handle = File::open(folder.path())?;
        let mut inside = PathBuf::new();
        for part in self.files.iter().rev() {
            inside = part.place.strip_prefix("/").unwrap_or(&part.place).to_owned();
            let path = through(&handle, folder.path()).join(&inside);
            let parent = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
            File::options().write(true).create_new(true).mode(0o600).open(path)?.write_all(&part.bytes)?;
        }
        Ok(Copy { folder, handle, inside })
    }
}

impl Copy {
    /// The plugin's own file.
    pub(super) fn path(&self) -> PathBuf {
        through(&self.handle, self.folder.path()).join(&self.inside)
    }
}

/// The folder by its handle where the system can: whoever swaps the folder by its name then swaps nothing.
fn through(handle: &File, path: &Path) -> PathBuf {
    let by_handle = PathBuf::from(format!("/proc/self/fd/{}", handle.as_raw_fd()));
    if by_handle.is_dir() { by_handle } else { path.to_owned() }
}

/// What a loader would find for one library.
struct Search<'s> {
    root: &'s Path,
    name: &'s str,
    origin: &'s Path,
    above: &'s [(PathBuf, String)],
}

impl Search<'_> {
    /// The folders that are found by the library's own place.
    fn folders(&self, links: &Links) -> Result<Vec<PathBuf>, LibraryError> {
        let own = links.runpath.as_ref().unwrap_or(&links.rpath).iter().map(|folder| (self.origin, folder));
        // With a run path of its own a library does not look where others do.
        let above = self.above.iter().filter(|_| links.runpath.is_none()).map(|(at, folder)| (at.as_path(), folder));
        let folders = own.chain(above).map(|(origin, folder)| self.folder(origin, folder));
        Ok(folders.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// One folder of a search path; none where it is the system's.
    fn folder(&self, origin: &Path, asked: &str) -> Result<Option<PathBuf>, LibraryError> {
        let name = || (self.name.to_owned(), asked.to_owned());
        let rest = ["$ORIGIN", "${ORIGIN}"].into_iter().find_map(|mark| asked.strip_prefix(mark));
        if let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with('/')) {
            let unknown = |(name, asked)| LibraryError::Unknown { name, asked };
            if rest.contains('$') {
                return Err(unknown(name()));
            }
            return plain(&origin.join(rest.trim_start_matches('/'))).map(Some).ok_or_else(|| unknown(name()));
        }
        if asked.contains(['$', '@']) {
            let (name, asked) = name();
            return Err(LibraryError::Unknown { name, asked });
        }
        if !asked.starts_with('/') {
            let (name, asked) = name();
            return Err(LibraryError::Relative { name, asked });
        }
        let real = Path::new(asked).canonicalize().ok();
        let inside = |path: &Path| path.starts_with(self.root) || path.starts_with(self.origin);
        if inside(Path::new(asked)) || real.is_some_and(|real| inside(&real)) {
            let (name, asked) = name();
            return Err(LibraryError::Absolute { name, asked });
        }
        Ok(None)
    }

    /// Where something that is needed lies in the project; none where it is the system's.
    fn found(&self, asked: &str, folders: &[PathBuf]) -> Result<Option<PathBuf>, LibraryError> {
        if let Some((folder, file)) = asked.rsplit_once('/') {
            return Ok(self.folder(self.origin, if folder.is_empty() { "/" } else { folder })?.map(|at| at.join(file)));
        }
        Ok(folders.iter().map(|folder| folder.join(asked)).find(|path| path.exists()))
    }
}
