//! What should stand in no commit: large files and secrets. What looks like a secret is the SDK's `secret`; here is what is asked
//! of the repository, and what a person is told.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use session_sdk::{Change, Commit, Error, Result, log, repository, secret};

use crate::added_lines::{Added, added};
use crate::words::{quoted, short};

/// Bytes of files whose diff is asked for at once, and of one whose lines are looked at at all.
const AT_ONCE: u64 = 8 << 20;
/// Files of commits by hand that are looked at, and of them at once: how large they are is not known.
const BY_HAND: usize = 200;
const BY_HAND_AT_ONCE: usize = 10;
const SHOWN: usize = 5;

/// A size as people write it: `5 MB`, `300 KB`, `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Size(Option<u64>);

impl Size {
    pub const DEFAULT: Self = Self(Some(5_000_000));
}

impl TryFrom<String> for Size {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.trim() == "none" {
            return Ok(Self(None));
        }
        let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
        let unit = match text[end..].trim().to_uppercase().as_str() {
            "B" | "" => Some(1),
            "KB" | "K" => Some(1_000),
            "MB" | "M" => Some(1_000_000),
            "GB" | "G" => Some(1_000_000_000),
            _ => None,
        };
        let bytes = unit.zip(thousandths(&text[..end])).map(|(unit, number)| number.saturating_mul(unit) / 1_000);
        bytes
            .map(|bytes| Self(Some(bytes)))
            .ok_or_else(|| format!("`{text}` is no size; write max-file = \"5 MB\", or \"none\" for no limit"))
    }
}

/// `1.5` as 1500. Reading it as a float would cost a plugin more than all the rest of this file.
fn thousandths(number: &str) -> Option<u64> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    whole.parse::<u64>().ok()?.checked_mul(1_000)?.checked_add(part.parse().ok()?)
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Guard {
    pub most: Size,
    pub secrets: bool,
}

/// Something that should stand in no commit.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Find {
    path: String,
    line: Option<usize>,
    /// `looks like a GitHub token`, `is 12.0 MB`: never the secret itself.
    what: String,
    large: bool,
}

impl Guard {
    /// Looks at what the next commit would take. `command` is what a person types. What is committed all the same, one
    /// per line, is for the record.
    ///
    /// # Errors
    /// Names what is found, file by file with its line, and what to type.
    pub fn check(
        self,
        head: Option<&str>,
        changes: &[Change],
        paths: &[String],
        include: &[String],
        command: &str,
    ) -> Result<Vec<String>> {
        let taken: BTreeSet<&str> = paths.iter().map(String::as_str).collect();
        // A filter makes something else of a file: of one in LFS a commit holds a few lines that name it.
        let is_judged =
            |change: &&Change| taken.contains(change.path.as_str()) && change.blob.is_some() && change.filter.is_none();
        let judged: Vec<&Change> = changes.iter().filter(is_judged).collect();
        let mut finds: Vec<Find> = judged.iter().filter_map(|change| self.too_large(change)).collect();
        if self.secrets {
            finds.extend(in_changes(head, &judged)?);
        }
        let (allowed, refused): (Vec<_>, Vec<_>) = finds.into_iter().partition(|find| include.contains(&find.path));
        if refused.is_empty() { Ok(allowed.iter().map(Find::line).collect()) } else { Err(refuse(&refused, command)) }
    }

    /// A message is for everybody who reads the history, and no rewriting takes it out of clones.
    ///
    /// # Errors
    /// A line of it looks like a secret.
    pub fn check_message(self, message: &str) -> Result<()> {
        if !self.secrets {
            return Ok(());
        }
        let lines: Vec<(usize, String)> = (1..).zip(message.lines().map(str::to_owned)).collect();
        match secret::in_lines("", &lines).first() {
            None => Ok(()),
            Some((number, kind)) => Err(Error::new(format!("line {number} of the commit message looks like {kind}"))
                .hint("write another message (-m), without the secret; a title stands in the message, too")),
        }
    }

    fn too_large(self, change: &Change) -> Option<Find> {
        let (size, most) = (change.size?, self.most.0?);
        let what = || format!("is {}, and max-file is {}", bytes(size), bytes(most));
        (size > most).then(|| Find { path: change.path.clone(), line: None, what: what(), large: true })
    }

    /// Documents are committed without hooks and without a question, so one that holds a secret stays uncommitted. It is
    /// said with its line.
    ///
    /// # Errors
    /// Where they cannot be compared.
    pub fn without_secrets(self, head: Option<&str>, mut documents: Vec<String>) -> Result<Vec<String>> {
        if !self.secrets {
            return Ok(documents);
        }
        let finds = in_diff(head, &documents, |_| None)?;
        let is_hit = |folder: &String| folder.ends_with('/') && finds.iter().any(|find| find.path.starts_with(folder));
        if documents.iter().any(is_hit) {
            // Its other files are committed all the same.
            let changed: Vec<String> = repository::changes()?.into_iter().map(|change| change.path).collect();
            let (folders, mut files): (Vec<String>, Vec<String>) = documents.into_iter().partition(is_hit);
            files.extend(changed.into_iter().filter(|path| folders.iter().any(|folder| path.starts_with(folder))));
            files.sort();
            files.dedup();
            documents = files;
        }
        documents.retain(|path| {
            let by_name = || secret::by_name(path).map(|kind| format!("{path} looks like {kind}"));
            let found = finds.iter().find(|find| find.path == *path).map(Find::line).or_else(by_name);
            if let Some(found) = &found {
                log::warn(format!(
                    "{found}, so this document stays uncommitted: take the secret out, or commit it by hand"
                ));
            }
            found.is_none()
        });
        Ok(documents)
    }

    /// Warns of secrets in commits that were made by hand: they are in the history already.
    ///
    /// # Errors
    /// Where they cannot be compared.
    pub fn warn_of(self, since: Option<&str>, by_hand: &[&Commit], known: &[&str]) -> Result<()> {
        let mut paths: BTreeMap<&str, &str> = BTreeMap::new();
        for commit in by_hand.iter().filter(|_| self.secrets) {
            for path in commit.files.iter().filter(|path| !known.contains(&path.as_str())).take(BY_HAND) {
                paths.entry(path).or_insert(&commit.commit);
            }
        }
        let all: Vec<String> = paths.keys().take(BY_HAND).map(|path| (*path).to_owned()).collect();
        for paths_at_once in all.chunks(BY_HAND_AT_ONCE) {
            let found = in_diff(since, paths_at_once, secret::by_name)?;
            for find in found {
                let commit = paths.get(find.path.as_str()).copied().unwrap_or_default();
                log::warn(format!(
                    "{} {}, and the commit {} has it in the history already: take it out of use, or out of that commit",
                    find.place(),
                    find.what,
                    short(commit)
                ));
            }
        }
        Ok(())
    }
}

fn in_changes(head: Option<&str>, changes: &[&Change]) -> Result<Vec<Find>> {
    let is_read = |change: &&&Change| change.size.is_none_or(|size| size <= AT_ONCE);
    let new: BTreeSet<&str> = changes.iter().filter(|c| c.status == "added").map(|c| c.path.as_str()).collect();
    // What is tracked already is so on purpose, whatever it is called.
    let by_name = |path: &str| new.contains(path).then(|| secret::by_name(path)).flatten();
    let mut finds: Vec<Find> = Vec::new();
    let (mut batch, mut total) = (Vec::new(), 0);
    for change in changes.iter().filter(is_read) {
        let size = change.size.unwrap_or_default();
        if total + size > AT_ONCE {
            finds.extend(in_diff(head, &std::mem::take(&mut batch), by_name)?);
            total = 0;
        }
        batch.push(change.path.clone());
        total += size;
    }
    finds.extend(in_diff(head, &batch, by_name)?);
    Ok(finds)
}

fn in_diff(since: Option<&str>, paths: &[String], by_name: impl Fn(&str) -> Option<&'static str>) -> Result<Vec<Find>> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let files = added(&repository::diff(since, paths)?);
    let mut finds = Vec::new();
    let find = |path: &str, line, kind| {
        let what = format!("looks like {kind}");
        Find { path: path.to_owned(), line, what, large: false }
    };
    let in_file = |path: &str, file: &Added| -> Vec<Find> {
        let found = secret::in_lines(path, &file.lines).into_iter();
        found.map(|(number, kind)| find(path, Some(number), kind)).collect()
    };
    for path in paths {
        if path.ends_with('/') {
            let below = files.iter().filter_map(|file| Some((below(&file.path, path)?, file)));
            finds.extend(below.filter(|(_, file)| !file.link).flat_map(|(path, file)| in_file(&path, file)));
            continue;
        }
        // A diff without lines, of an empty or a binary file, has no name in it.
        let alike = || files.iter().filter(|file| !paths.contains(&file.path) && is_same(&file.path, path));
        let file = files.iter().find(|file| file.path == *path);
        let file = file.or_else(|| alike().min_by_key(|file| file.path.len()));
        if file.is_some_and(|file| file.link) {
            continue;
        }
        finds.extend(by_name(path).map(|kind| find(path, None, kind)));
        finds.extend(file.into_iter().flat_map(|file| in_file(path, file)));
    }
    Ok(finds)
}

/// A diff names paths from the top of the repository, changes from the root of the project: one may be below the other.
fn is_same(in_diff: &str, path: &str) -> bool {
    let path = path.trim_start_matches("../");
    let below =
        |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
    below(in_diff, path) || below(path, in_diff)
}

/// A file of a diff as a path in a folder of the project; none where it is not below that folder.
fn below(in_diff: &str, folder: &str) -> Option<String> {
    let plain = folder.trim_start_matches("../");
    let rest =
        in_diff.strip_prefix(plain).or_else(|| in_diff.split_once(&format!("/{plain}")).map(|(_, rest)| rest))?;
    Some(format!("{folder}{rest}"))
}

impl Find {
    fn place(&self) -> String {
        self.line.map_or(self.path.clone(), |line| format!("{}:{line}", self.path))
    }

    fn line(&self) -> String {
        format!("{} {}", self.place(), self.what)
    }
}

fn refuse(finds: &[Find], command: &str) -> Error {
    let mut error = Error::new(finds[0].line());
    for find in finds.iter().skip(1).take(SHOWN) {
        error = error.because(find.line());
    }
    if finds.len() > SHOWN + 1 {
        error = error.because(format!("and {} more", finds.len() - SHOWN - 1));
    }
    error.hint(hints(finds, command).join("\n"))
}

/// How each is kept out of the commit. For a secret the way past the refusal stands in --help and the docs only: who is in
/// a hurry types what a hint says.
fn hints(finds: &[Find], command: &str) -> Vec<String> {
    let names = |is_it: &dyn Fn(&Find) -> bool| -> Vec<String> {
        let paths: BTreeSet<&str> = finds.iter().filter(|find| is_it(find)).map(|find| find.path.as_str()).collect();
        paths.iter().take(SHOWN).map(|path| quoted(path)).collect()
    };
    let mut hints = Vec::new();
    let whole = names(&|find| !find.large && find.line.is_none());
    if !whole.is_empty() {
        let whole = whole.join(" ");
        hints.push(format!(
            "keep it out: printf '%s\\n' {whole} >> .gitignore; where git tracks it: git rm --cached {whole}"
        ));
    }
    if !names(&|find| find.line.is_some()).is_empty() {
        hints.push(
            "take it out of the file: read it from an environment variable, or from a file that .gitignore names"
                .to_owned(),
        );
    }
    if finds.iter().any(|find| !find.large) {
        let command = command.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        hints.push(format!("{command} --help says what to do where it is no secret"));
    }
    let large = names(&|find| find.large);
    if !large.is_empty() {
        let include: Vec<String> = large.iter().map(|path| format!("--include {path}")).collect();
        hints.push(format!("name large files in .gitignore, or: {command} {}", include.join(" ")));
        hints.push("max-file = \"20 MB\" in [plugin.config] of git allows larger ones".to_owned());
    }
    hints
}

fn bytes(size: u64) -> String {
    let (unit, name) = match size {
        0..1_000 => return format!("{size} B"),
        1_000..1_000_000 => (1_000, "KB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    format!("{}.{} {name}", size / unit, size % unit / (unit / 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_as_people_write_them() {
        for (text, expected) in
            [("5 MB", 5_000_000), ("300KB", 300_000), ("1.5 mb", 1_500_000), ("7", 7), ("2 GB", 2_000_000_000)]
        {
            assert_eq!(Size::try_from(text.to_owned()), Ok(Size(Some(expected))), "{text}");
        }
        assert_eq!(Size::try_from("none".to_owned()), Ok(Size(None)));
        for text in ["", "much", "5 apples", "-1 MB", "MB", "1.2.3 MB"] {
            assert!(
                Size::try_from(text.to_owned()).is_err_and(|error| error.contains("max-file = \"5 MB\"")),
                "{text}"
            );
        }
        assert_eq!([bytes(999), bytes(12_340_000), bytes(5_000_000)], ["999 B", "12.3 MB", "5.0 MB"]);
    }

    #[test]
    fn a_file_of_a_diff_is_found_in_a_folder_of_the_project() {
        let folder = "docs/records/";
        assert_eq!(below("docs/records/A.json", folder).as_deref(), Some("docs/records/A.json"));
        assert_eq!(below("app/docs/records/A.json", folder).as_deref(), Some("docs/records/A.json"));
        assert_eq!(below("docs/records/A.json", "../docs/records/").as_deref(), Some("../docs/records/A.json"));
        assert_eq!(below("mydocs/records/A.json", folder), None);
        assert_eq!(below("docs/A.json", folder), None);
    }

    #[test]
    fn what_is_large_is_what_a_commit_would_hold() {
        let guard = Guard { most: Size(Some(10)), secrets: false };
        let change = |path: &str, size, filter: Option<&str>| Change {
            path: path.into(),
            status: "added".into(),
            blob: Some("b".into()),
            size,
            filter: filter.map(str::to_owned),
        };
        let submodule = Change { blob: None, ..change("sub", None, None) };
        let changes = [
            change("small", Some(10), None),
            change("lfs", Some(99), Some("lfs")),
            change("big", Some(11), None),
            submodule,
        ];
        let paths: Vec<String> = changes.iter().map(|change| change.path.clone()).collect();
        let error = guard.check(None, &changes, &paths, &[], "session complete").expect_err("too large");
        assert_eq!((error.message.as_str(), error.causes.len()), ("big is 11 B, and max-file is 10 B", 0));
        assert!(error.hint.is_some_and(|hint| hint.contains("session complete --include big")));
        let secret = |line| Find { path: "a b".into(), line, what: "looks like a key".into(), large: false };
        let hint = hints(&[secret(None), secret(Some(3))], "session checkpoint -m x").join("\n");
        assert!(hint.contains(">> .gitignore") && hint.contains("git rm --cached 'a b'"), "{hint}");
        assert!(hint.contains("environment variable") && hint.contains("session checkpoint --help"), "{hint}");
        assert!(!hint.contains("--include") && !hint.contains("secrets ="), "the way past it: {hint}");
        let allowed = guard.check(None, &changes, &paths, &["big".into()], "").expect("included");
        assert_eq!(allowed, ["big is 11 B, and max-file is 10 B"]);
        assert!(guard.check(None, &changes, &paths[..2], &[], "").expect("not taken").is_empty());
    }

    #[test]
    fn paths_of_a_diff_are_those_of_changes() {
        assert!(is_same("src/a.rs", "src/a.rs") && is_same("app/src/a.rs", "src/a.rs"));
        assert!(is_same("src/a.rs", "../backend/src/a.rs") && !is_same("xa.rs", "a.rs"));
    }
}
