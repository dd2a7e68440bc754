//! Files that one program gets for one run, in a folder of their own outside the project: nothing of them is ever in the
//! working tree, and nothing stays.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Component, Path};

use session_types::{Bytes, Error, Run};
use tempfile::TempDir;

use super::replace::scratch_folder;

/// What stands for the folder in arguments and in the environment.
const PLACEHOLDER: &str = "{scratch}";

/// The command with its files in place, and the folder, which goes with the value. None where it asks for no files: what
/// it says of `{scratch}` is then its own.
///
/// # Errors
/// A name that leads out of the folder, or a disk that does not take the files.
pub fn prepared(run: &Run) -> Result<Option<(Run, TempDir)>, Error> {
    if run.scratch.is_empty() {
        return Ok(None);
    }
    run.scratch.iter().try_for_each(|(name, _)| refuse_outside(name))?;
    let temp = std::env::temp_dir();
    let failed = |e: &std::io::Error| {
        Error::new(format!("cannot write the files of this run of `{}` below {}", run.argv.join(" "), temp.display()))
            .because(e.to_string())
            .hint("TMPDIR names another folder for temporary files")
    };
    // One that a kill has left goes with the next.
    let folder = scratch_folder(&temp).map_err(|e| failed(&e))?;
    write(folder.path(), &run.scratch).map_err(|e| failed(&e))?;
    let path = folder.path().to_str();
    let path = path.ok_or_else(|| Error::new(format!("the name of {} is not UTF-8", folder.path().display())))?;
    let mut changed = Run { scratch: Vec::new(), ..run.clone() };
    let texts = changed.argv.iter_mut().chain(changed.env.iter_mut().map(|(_, value)| value));
    texts.for_each(|text| *text = text.replace(PLACEHOLDER, path));
    Ok(Some((changed, folder)))
}

/// # Errors
/// Names the file.
fn refuse_outside(name: &str) -> Result<(), Error> {
    let plain = |part| matches!(part, Component::Normal(_));
    if !name.is_empty() && !name.ends_with('/') && Path::new(name).components().all(plain) {
        return Ok(());
    }
    Err(Error::new(format!("`{name}` is no name of a file in a folder of its own"))
        .because("a scratch file has a relative name without `..`"))
}

/// Readable by nobody else: what a plugin gives to a program may hold what the program's user may see only.
#[expect(clippy::disallowed_methods, reason = "new files in a new folder of this one command")]
fn write(folder: &Path, files: &[(String, Bytes)]) -> std::io::Result<()> {
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    for (name, content) in files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
        }
        std::fs::File::options().write(true).create_new(true).mode(0o600).open(path)?.write_all(&content.0)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(names: &[&str]) -> Run {
        let scratch = names.iter().map(|name| ((*name).to_owned(), Bytes(name.as_bytes().to_vec()))).collect();
        let argv = ["cat", "{scratch}/a.sql", "x={scratch}/{scratch}"].map(str::to_owned).to_vec();
        Run { argv, env: vec![("AT".to_owned(), "{scratch}".to_owned())], scratch, ..Run::default() }
    }

    #[test]
    fn files_are_there_for_nobody_else_and_only_for_the_run() {
        let (changed, folder) = prepared(&run(&["a.sql", "deep/er/b"])).expect("written").expect("has files");
        let path = folder.path().to_owned();
        let at = path.to_str().expect("UTF-8");
        assert_eq!(changed.argv, ["cat".to_owned(), format!("{at}/a.sql"), format!("x={at}/{at}")]);
        assert_eq!(changed.env, [("AT".to_owned(), at.to_owned())]);
        assert_eq!(std::fs::read_to_string(path.join("deep/er/b")).expect("there"), "deep/er/b");
        for (inside, mode) in [("", 0o700), ("deep/er", 0o700), ("a.sql", 0o600)] {
            let metadata = path.join(inside).metadata().expect("there");
            assert_eq!(metadata.permissions().mode() & 0o777, mode, "{inside}");
        }
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn a_name_that_leads_out_is_refused_and_without_files_nothing_is_replaced() {
        for name in ["", "/etc/x", "../x", "a/../../x", "./x", "a/", "."] {
            let error = prepared(&run(&["a.sql", name])).expect_err(name).to_string();
            assert!(error.contains("is no name of a file"), "{error}");
        }
        prepared(&run(&["a.sql", "a.sql"])).expect_err("twice the same");
        assert!(prepared(&run(&[])).expect("nothing to do").is_none());
    }
}
