//! What `complete --leave` leaves out: the file, all of a folder, or what a pattern matches, one path at a time; and the
//! other half of a rename. What belongs to a session otherwise is `scope.rs`.

use std::collections::BTreeSet;

use session_sdk::pattern::Pattern;
use session_sdk::{Change, Commit, Error, Result, Session, log, repository};

use crate::added_lines::added;
use crate::scope::is_document;
use crate::words::{quoted, short, some_of};
use crate::{message, unchanged};

/// Bytes of a file that is compared with another.
const COMPARED: u64 = 1 << 20;

/// The paths that are meant, among those that the session may commit or has committed.
///
/// # Errors
/// Names what means none of them, and what means documents only: those are no work.
pub fn expand(asked: &[String], known: &BTreeSet<&str>, documents: &[String]) -> Result<BTreeSet<String>> {
    let mut left = BTreeSet::new();
    for text in asked {
        let (own, written): (Vec<&str>, Vec<&str>) =
            meant(text, known).into_iter().partition(|path| !is_document(path, documents));
        if own.is_empty() && written.is_empty() {
            return Err(unchanged(text));
        }
        if own.is_empty() {
            return Err(Error::new(format!("{text} is a document, which the commit behind the work takes"))
                .because("--leave leaves files out of the work")
                .hint("bookkeeping = \"leave\" in [plugin.config] of git leaves all documents to you"));
        }
        if !written.is_empty() {
            log::warn(format!("documents are committed behind the work: {}", some_of(&written)));
        }
        left.extend(own.into_iter().map(str::to_owned));
    }
    Ok(left)
}

/// A file of that very name, else what lies below a folder of that name, else what the pattern matches.
fn meant<'k>(text: &str, known: &BTreeSet<&'k str>) -> Vec<&'k str> {
    if let Some(path) = known.get(text) {
        return vec![path];
    }
    let folder =
        if text.is_empty() || text == "." { String::new() } else { format!("{}/", text.trim_end_matches('/')) };
    let below: Vec<&str> = known.iter().copied().filter(|path| path.starts_with(&folder)).collect();
    if !below.is_empty() {
        return below;
    }
    let pattern = Pattern::parse(text);
    known.iter().copied().filter(|path| pattern.matches(path)).collect()
}

/// Adds the other name of each renamed file: half of a rename would be a commit that loses the file, or has it twice.
///
/// # Errors
/// Where the files cannot be compared.
pub fn with_renames(
    left: &mut BTreeSet<String>,
    head: Option<&str>,
    changes: &[Change],
    documents: &[String],
) -> Result<()> {
    let Some(head) = head else { return Ok(()) };
    let of = |status: &'static str| {
        changes.iter().filter(move |change| change.status == status && !is_document(&change.path, documents))
    };
    let is_compared = |new: &&Change| new.filter.is_none() && new.size.is_some_and(|size| 0 < size && size <= COMPARED);
    let mut more = Vec::new();
    for old in of("deleted") {
        let wanted = |new: &&Change| left.contains(&old.path) != left.contains(&new.path);
        let candidates: Vec<&Change> = of("added").filter(is_compared).filter(wanted).collect();
        if candidates.is_empty() {
            continue;
        }
        let Some(before) = repository::file_at(head, &old.path)? else { continue };
        let as_long = |new: &&Change| new.size.is_some_and(|size| size == before.len() as u64);
        for new in candidates.into_iter().filter(as_long) {
            let diff = repository::diff(Some(head), std::slice::from_ref(&new.path))?;
            if has_lines(&diff, &String::from_utf8_lossy(&before)) {
                log::warn(format!("{} was renamed to {}, so both are left out", old.path, new.path));
                more.extend([old.path.clone(), new.path.clone()]);
                break;
            }
        }
    }
    left.extend(more);
    Ok(())
}

/// The diff adds one file, with just these lines.
fn has_lines(diff: &str, text: &str) -> bool {
    let files = added(diff);
    let [file] = files.as_slice() else { return false };
    !file.lines.is_empty() && file.lines.iter().map(|(_, line)| line.as_str()).eq(text.lines())
}

/// Refuses to leave out what a commit of the session holds that stays as it is. `folded`: those that are written anew.
///
/// # Errors
/// Names the paths, the commit, and what helps.
pub fn refuse_held(left: &BTreeSet<String>, commits: &[&Commit], folded: &[Commit], session: &Session) -> Result<()> {
    let is_folded = |commit: &Commit| folded.iter().any(|other| other.commit == commit.commit);
    let held = |commit: &&&Commit| !is_folded(commit) && commit.files.iter().any(|path| left.contains(path));
    let Some(commit) = commits.iter().find(held) else { return Ok(()) };
    let paths: Vec<&str> = commit.files.iter().filter(|path| left.contains(*path)).map(String::as_str).collect();
    let verb = if paths.len() == 1 { "is" } else { "are" };
    let subject = commit.message.lines().next().unwrap_or_default();
    let error = Error::new(format!("{} {verb} in a commit of the session already", some_of(&paths)))
        .because(format!("{} ({subject}) holds it, and --leave changes no commit", short(&commit.commit)));
    let checkpoint = |commit: &Commit| message::is_checkpoint(&commit.message, &session.id, None) && !commit.pushed;
    let all = || commits.iter().filter(|commit| held(commit)).all(|commit| checkpoint(commit));
    let flags = |flag: &str| left.iter().map(|path| format!("{flag} {}", quoted(path))).collect::<Vec<_>>().join(" ");
    Err(if folded.is_empty() && all() {
        error.hint(format!("session complete --squash {} folds the checkpoints without it", flags("--leave")))
    } else {
        let paths: Vec<String> = paths.iter().take(5).map(|path| quoted(path)).collect();
        error.hint(format!("git rm --cached {} and a commit of your own, then session complete", paths.join(" ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_goes_before_a_folder_and_a_folder_before_a_pattern() {
        let known: BTreeSet<&str> = ["a", "a[1]", "a1", "d/x", "d/e/y", "P.md", "r/A.json"].into();
        let documents = ["P.md".to_owned(), "r/".to_owned()];
        let of = |text: &str| expand(&[text.to_owned()], &known, &documents).map(|left| left.into_iter().collect());
        let left = |text: &str| -> Vec<String> { of(text).expect(text) };
        assert_eq!(left("a[1]"), ["a[1]"]);
        assert_eq!(left("a?"), ["a1"]);
        assert_eq!(left("d"), ["d/e/y", "d/x"]);
        assert_eq!(left("d/*"), ["d/x"]);
        assert_eq!(left("."), ["a", "a1", "a[1]", "d/e/y", "d/x"]);
        let refused =
            |text: &str| -> String { of(text).map(|left: Vec<String>| left.join(" ")).expect_err(text).message };
        assert!(refused("P.md").contains("is a document") && refused("r").contains("is a document"));
        assert!(refused("b").contains("has not changed"));
    }

    #[test]
    fn a_renamed_file_has_the_same_lines() {
        let diff = "diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1,2 @@\n+a\n+b\n";
        assert!(has_lines(diff, "a\nb\n"));
        assert!(!has_lines(diff, "a\nc\n") && !has_lines(diff, "a\n") && !has_lines("", ""));
    }
}
