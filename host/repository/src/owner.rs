//! Whose files these are. Git runs programs that a repository's configuration names, so it reads nobody else's repository
//! before its user says that this is safe (`safe.directory`); what plugins.toml names is run too, and is judged alike.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use git2::Config;
use rustix::process::geteuid;
use session_types::Error;

use super::git::Git;

/// Refuses a folder where one of these belongs to another user, unless this user has told git that the folder is safe.
/// What is not there belongs to nobody.
///
/// # Errors
/// Names the owner, and the command that allows it.
pub fn refuse_foreign(folder: &Path, files: &[PathBuf]) -> Result<(), Error> {
    let Some((file, owner)) = files.iter().find_map(|file| Some((file, foreign_owner(file)?))) else { return Ok(()) };
    if is_safe(folder, &safe_directories()) {
        return Ok(());
    }
    Err(foreign(folder, file, owner))
}

/// Belongs to this user, as git judges it.
pub fn is_own(file: &Path) -> bool {
    foreign_owner(file).is_none()
}

pub(super) fn foreign(folder: &Path, file: &Path, owner: u32) -> Error {
    let me = geteuid().as_raw();
    Error::new(format!("{} is owned by another user (uid {owner}, and you are uid {me})", file.display()))
        .because("its owner could make git run programs")
        .hint(format!("if you trust its owner: {}", allow(folder)))
}

/// The command by which a user says so.
pub(super) fn allow(folder: &Path) -> String {
    let folder = session_types::shell::path(&folder.to_string_lossy());
    format!("git config --global --add safe.directory {folder}")
}

/// Its number; none where that is this user's own. Root is whoever has called it by sudo as well.
fn foreign_owner(file: &Path) -> Option<u32> {
    let owner = file.symlink_metadata().ok()?.uid();
    let me = geteuid().as_raw();
    let caller = || std::env::var("SUDO_UID").ok()?.parse::<u32>().ok();
    (owner != me && !(me == 0 && caller() == Some(owner))).then_some(owner)
}

/// What the user's own settings say, those of the system and of the environment too, and never a repository's.
fn safe_directories() -> Vec<String> {
    // In no repository: one that `/` may be in has no say.
    let git = Git::anywhere(Path::new("/")).with("GIT_DIR", "/dev/null");
    match git.text(["config", "--type=path", "--null", "--get-all", "safe.directory"]) {
        Ok(text) => text.split_terminator('\0').map(str::to_owned).collect(),
        // None is set, or there is no git: libgit2 knows the same files, where nobody has moved them.
        Err(_) => from_library().unwrap_or_default(),
    }
}

fn from_library() -> Result<Vec<String>, git2::Error> {
    let config = Config::open_default()?;
    let mut found = Vec::new();
    let entries = config.multivar("safe.directory", None)?;
    entries.for_each(|entry| found.push(entry.value().unwrap_or_default().to_owned()))?;
    Ok(found)
}

/// As git reads the list: an empty value takes back what stands before it, `*` is everything, `/*` all below a folder.
fn is_safe(folder: &Path, list: &[String]) -> bool {
    let real = |path: &str| Path::new(path).canonicalize().unwrap_or_else(|_| PathBuf::from(path));
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    list.iter().fold(false, |safe, value| match value.as_str() {
        "" => false,
        "*" => true,
        value => {
            let within = value.strip_suffix("/*").map(|above| (folder.starts_with(real(above)), real(above) != folder));
            safe || within == Some((true, true)) || (Path::new(value).is_absolute() && real(value) == folder)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read_as_git_reads_it() {
        let safe = |list: &[&str]| {
            let list: Vec<String> = list.iter().map(|value| (*value).to_owned()).collect();
            is_safe(Path::new("/srv/all/one"), &list)
        };
        for list in [&["*"][..], &["/srv/all/one"], &["/srv/all/one/"], &["/srv/all/*"], &["/srv/*"], &["", "*"]] {
            assert!(safe(list), "{list:?}");
        }
        for list in
            [&[][..], &["/srv/all"], &["/srv/all/one/*"], &["/srv/al*"], &["*", ""], &["one"], &["/srv/all/one", ""]]
        {
            assert!(!safe(list), "{list:?}");
        }
    }

    #[test]
    fn the_command_takes_the_folder_as_it_stands() {
        assert!(allow(Path::new("/srv/one")).ends_with("safe.directory /srv/one"));
        assert!(allow(Path::new("/srv/$(x) 'y'")).ends_with("safe.directory '/srv/$(x) '\\''y'\\'''"));
    }
}
