//! Paths by their form: which lead out of a project, and which names are not for plugins. What stands at a path, `door`
//! asks of what it opens.

use std::ffi::OsStr;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::folder::Refusal;

/// A file that is not there, or stands below something that is no folder.
pub(super) fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Names that belong to version control and to this program.
pub(super) fn is_private(name: &OsStr) -> bool {
    is_gits(name) || is_like(name, ".session")
}

/// Names that are git's.
pub(super) fn is_gits(name: &OsStr) -> bool {
    is_like(name, ".git") || is_like(name, "git~1")
}

/// On every file system that git knows: some do not see case, some do not see characters without width, and some drop
/// what stands at the end.
fn is_like(name: &OsStr, private: &str) -> bool {
    let name = name.to_string_lossy();
    let unseen =
        |c: char| matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    let mut seen = name.chars().filter(|c| !unseen(*c));
    let begins = private.chars().all(|c| seen.next().is_some_and(|found| found.eq_ignore_ascii_case(&c)));
    begins && seen.all(|c| matches!(c, '.' | ' '))
}

/// The path in its plain form, `/` between parts and without `.`.
///
/// # Errors
/// A path that leads out of the root, or into what is private.
pub fn inside(path: &str) -> io::Result<String> {
    inside_of(path, is_private)
}

pub(super) fn inside_of(path: &str, is_private: fn(&OsStr) -> bool) -> io::Result<String> {
    let mut parts = Vec::new();
    for part in Path::new(path).components() {
        match part {
            Component::CurDir => {}
            Component::Normal(name) if is_private(name) => return Err(Refusal::Private(path.to_owned()).into()),
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            _ => return Err(Refusal::Outside(path.to_owned()).into()),
        }
    }
    Ok(parts.join("/"))
}

/// Without `.` and `..`, by its form alone; none where it leads above the top.
pub fn plain(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir if !plain.pop() => return None,
            Component::ParentDir | Component::CurDir => {}
            part => plain.push(part),
        }
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_of_a_private_name_passes() {
        for private in [".git", ".GIT", ".Git", ".git.", ".git ", ".g\u{200c}it", "git~1", ".session", ".Session. "] {
            assert!(is_private(OsStr::new(private)), "{private:?}");
            assert!(inside(&format!("a/{private}/b")).is_err());
        }
        for plain in [".gitignore", ".github", "git", "session", ".sessions", ".git-x", "x.git"] {
            assert!(!is_private(OsStr::new(plain)), "{plain:?}");
        }
        for outside in ["../a", "/a", "a/../../b", ".."] {
            assert!(inside(outside).is_err(), "{outside}");
        }
        assert_eq!(inside("./a//b/.").expect("inside"), "a/b");
    }
}
