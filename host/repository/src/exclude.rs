//! Paths that this clone keeps out of git's sight: lines of `info/exclude`, which git reads as patterns.

use session_types::Error;

use super::repo::Repo;

impl Repo {
    /// Adds the path to this clone's own exclude file, unless it is ignored already or tracked.
    ///
    /// # Errors
    /// A path that no line can hold, or a file that cannot be read or written.
    pub fn exclude(&self, path: &str, dry_run: bool) -> Result<(), Error> {
        let odd = path.contains(char::is_control);
        let inside = if odd { Some(path.to_owned()) } else { self.site.relative_to_top(path) };
        let Some(inside) = inside else { return Ok(()) };
        let line = line(&inside).ok_or_else(|| {
            Error::new(format!("{path:?} cannot be kept out of git's sight"))
                .because("a line of .git/info/exclude cannot hold it, and would hide something else")
                .hint("the plugin must name one file or folder, without control characters")
        })?;
        if dry_run || self.reader.is_known(&inside)? {
            return Ok(());
        }
        let file = self.site.common.join("info/exclude");
        let add = || -> std::io::Result<()> {
            // Bytes, and every error but absence counts: what people excluded is theirs.
            let mut text = match session_system::read_own(&file, session_system::Limit::OWN) {
                Ok(text) => text,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
                Err(e) => return Err(e),
            };
            if text.last().is_some_and(|last| *last != b'\n') {
                text.push(b'\n');
            }
            text.extend_from_slice(line.as_bytes());
            session_system::replace(&file, &text)
        };
        add().map_err(|e| Error::new(format!("cannot add to {}", file.display())).because(e.to_string()))
    }
}

/// The line by which git ignores just this path below the top; none where there is no such line. In front stands a slash, so
/// `!` and `#` are no marks there; what would be a pattern is quoted, and so is the blank at its end, which git cuts off.
fn line(inside: &str) -> Option<String> {
    if inside.is_empty() || inside.contains(char::is_control) {
        return None;
    }
    let mut line = String::from("/");
    let last = inside.trim_end_matches(' ').len();
    for (at, c) in inside.char_indices() {
        if matches!(c, '\\' | '*' | '?' | '[') || at >= last {
            line.push('\\');
        }
        line.push(c);
    }
    line.push('\n');
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::super::suite::{both, empty, git, put};
    use super::*;

    #[test]
    fn a_line_is_about_one_path() {
        for (path, found) in [
            ("SESSION.md", "/SESSION.md\n"),
            ("!a", "/!a\n"),
            ("#a", "/#a\n"),
            ("a*?[b", "/a\\*\\?\\[b\n"),
            ("a\\", "/a\\\\\n"),
            ("a b  ", "/a b\\ \\ \n"),
        ] {
            assert_eq!(line(path).as_deref(), Some(found), "{path}");
        }
        for path in ["", "a\nsrc", "a\rb", "a\0b", "\u{85}"] {
            assert_eq!(line(path), None, "{path:?}");
        }
    }

    #[test]
    fn git_ignores_that_path_and_no_other() {
        let odd = ["!a", "#b", "c*", "d?", "e[x", "f\\", "g ", "**"];
        let (_folder, top) = empty();
        for repo in both(&top) {
            odd.iter().for_each(|path| repo.exclude(path, false).expect("excluded"));
            let error = repo.exclude("x\n*", false).expect_err("a line of its own");
            assert!(error.to_string().contains("x\\n*"), "{error}");
        }
        for path in odd.iter().copied().chain(["a", "b", "cc", "dd", "ex", "f", "g", "h"]) {
            put(&top, path, "x");
        }
        let seen = git(&top, &["ls-files", "--others", "--exclude-standard"]);
        assert_eq!(seen.lines().collect::<Vec<_>>(), ["a", "b", "cc", "dd", "ex", "f", "g", "h"]);
    }
}
