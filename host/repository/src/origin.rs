//! The commit that brought a line, or a whole file, to where it stands: for people who decide on it. Only objects are
//! read, and the walk ends after some commits and some time. It is not `git blame`, which takes a walk per line, has no
//! end on a long history, and runs what `.git/config` names as textconv.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use session_types::Error;
use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};

use super::reader::Lines;
use super::repo::Repo;

/// Commits that are looked at for one file.
pub(super) const COMMITS: usize = 20_000;
/// Bytes of a version whose lines are compared.
const LARGEST: usize = 8 << 20;
/// Whence a line comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Commit(Brought),
    /// The last commit does not have it.
    Uncommitted,
    /// The walk ended before it was found.
    Earlier {
        commits: usize,
    },
    /// Outside git, or a repository that cannot be read.
    Unknown,
}

/// A commit as it says of itself: anybody can write any name and date into one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brought {
    pub commit: String,
    pub author: String,
    /// Seconds since 1970, as the author's clock had them.
    pub seconds: i64,
    pub subject: String,
    /// How many commits were looked at before this one: the newest of two has the fewer.
    pub age: usize,
}

/// For each of these lines of a file, from 1: the newest commit that touched it. `content` is the file as it is here; `until`
/// ends the walk.
pub fn line_origins(root: &Path, path: &str, content: &[u8], lines: &[usize], until: Instant) -> Vec<Origin> {
    let lines: Vec<usize> = lines.iter().map(|line| line.saturating_sub(1)).collect();
    let found = Repo::open(root, root).and_then(|repo| origins(&repo, path, content, &lines, split, until));
    found.unwrap_or_else(|_| vec![Origin::Unknown; lines.len()])
}

/// The newest commit that changed a file. `is_here` says whether these bytes of the last commit are what is here.
pub fn file_origin(root: &Path, path: &str, until: Instant, is_here: impl Fn(&[u8]) -> bool) -> Origin {
    let find = || -> Result<Origin, Error> {
        let repo = Repo::open(root, root)?;
        let Some(committed) = committed(&repo, path)?.filter(|content| is_here(content)) else {
            return Ok(Origin::Uncommitted);
        };
        let mut all = origins(&repo, path, &committed, &[0], |content| vec![content], until)?;
        Ok(all.pop().unwrap_or(Origin::Unknown))
    };
    find().unwrap_or(Origin::Unknown)
}

/// A file as the last commit has it.
fn committed(repo: &Repo, path: &str) -> Result<Option<Vec<u8>>, Error> {
    let Some(head) = repo.position()?.commit else { return Ok(None) };
    repo.file_at(&head, path)
}

pub(super) type Split = fn(&[u8]) -> Vec<&[u8]>;

/// Line ends apart: git may have changed them on the way into the working tree.
fn split(content: &[u8]) -> Vec<&[u8]> {
    if content.len() > LARGEST {
        return vec![content];
    }
    content.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect()
}

fn origins(
    repo: &Repo,
    path: &str,
    content: &[u8],
    numbers: &[usize],
    split: Split,
    until: Instant,
) -> Result<Vec<Origin>, Error> {
    let outside = || Error::new(format!("{path} is in no repository"));
    let inside = repo.site.relative_to_top(path).ok_or_else(outside)?;
    let Some(head) = repo.head_commit()? else { return Ok(vec![Origin::Uncommitted; numbers.len()]) };
    if Instant::now() > until {
        return Ok(vec![Origin::Earlier { commits: 0 }; numbers.len()]);
    }
    repo.reader.origins(&Lines { head: &head, path: &inside, content, numbers, split, until })
}

/// Where lines of one version stand in an older one.
pub(super) fn kept(now: &[&[u8]], before: &[&[u8]], until: Instant) -> BTreeMap<usize, usize> {
    let same = capture_diff_slices_deadline(Algorithm::Myers, before, now, Some(until));
    let same = same.into_iter().filter_map(|part| match part {
        DiffOp::Equal { old_index, new_index, len } => Some((old_index, new_index, len)),
        _ => None,
    });
    same.flat_map(|(old, new, len)| (0..len).map(move |at| (new + at, old + at))).collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::*;

    fn git(root: &Path, at: u32, args: &[&str]) {
        let mut command = Command::new("git");
        command
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("HOME", root)
            .current_dir(root);
        let date = format!("2026-01-01T00:00:{at:02}Z");
        command.env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date);
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Kim").env(format!("GIT_{who}_EMAIL"), "kim@example.com");
        }
        let output = command.args(args).output().expect("git");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    /// A history in which a line moves, one is replaced, a merge brings two, and something is not committed.
    fn history(format: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("folder");
        let root = folder.path();
        let commit = |at: u32, text: &str, subject: &str| {
            std::fs::write(root.join("f"), text).expect("write");
            git(root, at, &["add", "."]);
            git(root, at, &["commit", "--quiet", "-m", subject]);
        };
        git(root, 0, &["init", "--quiet", "--initial-branch=main", &format!("--object-format={format}")]);
        commit(1, "one\ntwo\nthree\nfour\nfive\nsix\n", "first");
        git(root, 2, &["switch", "--quiet", "-c", "side"]);
        commit(2, "one\ntwo\nthree\nfour\nfive\nsix\nside\n", "side");
        git(root, 3, &["switch", "--quiet", "main"]);
        commit(3, "zero\none\ntwo\nthree\nfour\nfive\nsix\n", "above");
        git(root, 4, &["merge", "--quiet", "--no-edit", "side"]);
        std::fs::write(root.join("g"), "other").expect("write");
        git(root, 5, &["add", "."]);
        git(root, 5, &["commit", "--quiet", "-m", "other file"]);
        commit(6, "zero\none\nTWO\nthree\nfour\nfive\nsix\nside\n", "in between");
        folder
    }

    #[test]
    fn each_line_has_the_commit_that_brought_it() {
        for format in ["sha1", "sha256"] {
            let folder = history(format);
            let here = b"zero\r\none\nTWO\nnew\nthree\nside\n";
            let found = line_origins(folder.path(), "f", here, &[1, 2, 3, 4, 5, 6], soon());
            let subjects: Vec<&str> = found
                .iter()
                .map(|origin| match origin {
                    Origin::Commit(brought) => {
                        assert!(brought.author == "Kim" && brought.commit.len() >= 40, "{brought:?}");
                        brought.subject.as_str()
                    }
                    Origin::Uncommitted => "-",
                    other => panic!("{other:?}"),
                })
                .collect();
            assert_eq!(subjects, ["above", "first", "in between", "-", "first", "side"], "{format}");
            assert_eq!(line_origins(folder.path(), "h", b"x", &[1], soon()), [Origin::Uncommitted]);
        }
    }

    #[test]
    fn a_whole_file_has_its_newest_commit() {
        let folder = history("sha1");
        let root = folder.path();
        let committed = std::fs::read(root.join("f")).expect("read");
        assert!(
            matches!(file_origin(root, "f", soon(), |bytes| bytes == committed), Origin::Commit(Brought { subject, .. }) if subject == "in between")
        );
        assert_eq!(file_origin(root, "f", soon(), |_| false), Origin::Uncommitted);
        assert_eq!(file_origin(&root.join("nowhere"), "f", soon(), |_| true), Origin::Unknown);
    }
}
