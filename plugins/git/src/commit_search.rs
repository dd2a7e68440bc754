//! Finds commits again that were amended, rebased, cherry-picked or squashed after they were recorded. Pure: what a patch
//! id is, whoever asks says.

use std::collections::BTreeMap;
use std::fmt;

use session_sdk::{Commit, Result};

use crate::message;

/// A commit as a fact remembers it: `<hash> <tree> <patch id>`, with `-` for what it has not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub hash: String,
    pub tree: String,
    /// None for a merge, for a commit that changes nothing, and where nobody asked for it.
    pub patch: Option<String>,
}

/// By what a commit was told to be the one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Hash,
    Trailer,
    Patch,
    Tree,
    /// A newer one of the session was changed or squashed, and this one is gone: it went into that.
    Within,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'h> {
    pub commit: &'h Commit,
    pub how: How,
}

/// Patch ids, each asked for once: every one costs a call of the host.
pub struct Patches<'f> {
    ask: &'f mut dyn FnMut(&str) -> Result<Option<String>>,
    known: BTreeMap<String, Option<String>>,
}

impl Line {
    /// Text that is no line is a hash alone.
    pub fn parse(text: &str) -> Self {
        let mut words = text.split_whitespace().map(|word| if word == "-" { "" } else { word }.to_owned());
        let mut next = || words.next().unwrap_or_default();
        Self { hash: next(), tree: next(), patch: Some(next()).filter(|patch| !patch.is_empty()) }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_none = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
        let patch = self.patch.as_deref().unwrap_or_default();
        write!(f, "{} {} {}", or_none(&self.hash), or_none(&self.tree), or_none(patch))
    }
}

impl fmt::Debug for Patches<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patches").field("known", &self.known).finish_non_exhaustive()
    }
}

impl<'f> Patches<'f> {
    pub fn new(ask: &'f mut dyn FnMut(&str) -> Result<Option<String>>) -> Self {
        Self { ask, known: BTreeMap::new() }
    }

    fn of(&mut self, commit: &str) -> Result<Option<String>> {
        if let Some(known) = self.known.get(commit) {
            return Ok(known.clone());
        }
        let patch = (self.ask)(commit)?;
        self.known.insert(commit.to_owned(), patch.clone());
        Ok(patch)
    }
}

/// The commit of a history, newest first, that a recorded one is now: by hash, then by trailer where it had one
/// (`Session-Id: BE-04`), then by patch id, then by tree.
///
/// # Errors
/// What asking for a patch id answers.
pub fn find<'h>(
    line: &Line,
    trailer: Option<&str>,
    history: &'h [Commit],
    patches: &mut Patches<'_>,
) -> Result<Option<Found<'h>>> {
    let found = |how| move |commit| Found { commit, how };
    if let Some(commit) = history.iter().find(|commit| commit.commit == line.hash) {
        return Ok(Some(commit).map(found(How::Hash)));
    }
    let tree_is = |commit: &&Commit| !line.tree.is_empty() && commit.tree == line.tree;
    let bears = |commit: &&Commit| trailer.is_some_and(|trailer| message::has_trailer(&commit.message, trailer));
    // Of several, as after a second attempt, the one that holds the same.
    let borne = || history.iter().filter(bears);
    if let Some(commit) = borne().find(tree_is).or_else(|| borne().next()) {
        return Ok(Some(commit).map(found(How::Trailer)));
    }
    if line.patch.is_some() {
        for commit in history {
            if patches.of(&commit.commit)? == line.patch {
                return Ok(Some(commit).map(found(How::Patch)));
            }
        }
    }
    // The one that made the tree, not an empty one behind it.
    let older = |at: usize| history.get(at + 1).map(|commit| commit.tree.as_str());
    let made = history.iter().enumerate().find(|(at, commit)| tree_is(commit) && older(*at) != Some(&line.tree));
    Ok(made.map(|(_, commit)| commit).map(found(How::Tree)))
}

/// Each of a session's commits, newest first as the fact `commits` has them; the first is the work commit, which bears
/// the trailer.
///
/// # Errors
/// As [`find`].
pub fn find_all<'h>(
    lines: &[Line],
    trailer: &str,
    history: &'h [Commit],
    patches: &mut Patches<'_>,
) -> Result<Vec<Option<Found<'h>>>> {
    let mut all: Vec<Option<Found<'h>>> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let found = find(line, Some(trailer).filter(|_| at == 0), history, patches)?;
        // An empty commit has the tree of the one before it, and is not that one.
        let found = found.filter(|found| found.how != How::Tree || !is_other(lines, at, found.commit));
        let newer = all.last().copied().flatten();
        let into = newer.filter(|newer| matches!(newer.how, How::Tree | How::Trailer | How::Within));
        all.push(found.or(into.map(|newer| Found { how: How::Within, ..newer })));
    }
    Ok(all)
}

/// Another line is just this commit.
fn is_other(lines: &[Line], at: usize, commit: &Commit) -> bool {
    lines.iter().enumerate().any(|(other, line)| other != at && line.hash == commit.commit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORK: &str = "feat: a\n\nSession-Id: A-1\nSession-Verified: 1 passed\n";

    fn commit(commit: &str, message: &str, tree: &str) -> Commit {
        Commit { commit: commit.into(), message: message.into(), tree: tree.into(), ..Commit::default() }
    }

    /// How each line is found, and as what; a commit's patch id is `p` and the digit in its name.
    fn found(lines: &[&str], history: &[Commit]) -> Vec<Option<(String, How)>> {
        let mut ask = |commit: &str| Ok(commit.chars().find(char::is_ascii_digit).map(|digit| format!("p{digit}")));
        let lines: Vec<Line> = lines.iter().map(|line| Line::parse(line)).collect();
        let all = find_all(&lines, "Session-Id: A-1", history, &mut Patches::new(&mut ask)).expect("asks");
        all.into_iter().map(|found| found.map(|found| (found.commit.commit.clone(), found.how))).collect()
    }

    fn one(line: &str, history: &[Commit]) -> Option<(String, How)> {
        found(&[line], history).remove(0)
    }

    #[test]
    fn lines_are_read_as_they_are_written() {
        for text in ["a b c", "a b -", "a - -"] {
            assert_eq!(Line::parse(text).to_string(), text);
        }
        assert_eq!(Line::parse("a"), Line { hash: "a".into(), ..Line::default() });
    }

    #[test]
    fn what_was_not_touched_is_found_by_its_hash() {
        let history = [commit("x2", WORK, "t9"), commit("a1", "other", "t1")];
        assert_eq!(one("a1 t1 p1", &history), Some(("a1".into(), How::Hash)), "whatever trailers say");
    }

    #[test]
    fn an_amended_message() {
        let amended = [commit("z7", "later", "t7"), commit("b1", "feat: better words\n", "t1")];
        assert_eq!(one("a1 t1 p1", &amended), Some(("b1".into(), How::Patch)));
        let kept = [commit("b7", &WORK.replace("feat: a", "feat: b"), "t7")];
        assert_eq!(one("a1 t1 p1", &kept), Some(("b7".into(), How::Trailer)), "amended content, kept trailer");
        let quoted = [commit("b7", "feat: b\n\nSession-Id: A-1\n\nthat was reverted\n", "t7")];
        assert_eq!(one("a1 t1 p1", &quoted), None, "no trailer stands above the last paragraph");
        let other = [commit("b7", &WORK.replace("A-1", "A-10"), "t7")];
        assert_eq!(one("a1 t1 p1", &other), None);
    }

    #[test]
    fn a_rebased_or_cherry_picked_commit() {
        let rebased = [commit("b2", "by hand", "t8"), commit("b1", "by hand", "t7"), commit("u3", "upstream", "t6")];
        let expected = [Some(("b2".into(), How::Patch)), Some(("b1".into(), How::Patch))];
        assert_eq!(found(&["a2 t2 p2", "a1 t1 p1"], &rebased), expected);
        let picked = [commit("b1", &format!("{WORK}(cherry picked from commit a1)\n"), "t7")];
        assert_eq!(one("a1 t1 p1", &picked), Some(("b1".into(), How::Trailer)));
        assert_eq!(one("a4 t4 -", &rebased), None, "what changes nothing has nothing to be known by");
    }

    #[test]
    fn several_that_were_squashed_into_one() {
        // An empty work commit above two by hand; the squash has other words and stands on another base.
        let lines = ["a3 t2 -", "a2 t2 p2", "a1 t1 p1"];
        let squashed = [commit("e9", "empty, later", "t2"), commit("b8", "all of it", "t2"), commit("u5", "up", "t0")];
        let into = |how| Some(("b8".to_owned(), how));
        assert_eq!(found(&lines, &squashed), [into(How::Tree), into(How::Tree), into(How::Within)]);
        let with_trailer = [commit("b8", WORK, "t8")];
        assert_eq!(found(&lines, &with_trailer), [into(How::Trailer), into(How::Within), into(How::Within)]);
        let lost = [commit("a3", WORK, "t2"), commit("u5", "up", "t0")];
        assert_eq!(found(&lines, &lost)[2], None, "the newest is untouched, so an older one that is gone went nowhere");
    }

    #[test]
    fn of_two_attempts_the_one_that_holds_the_same() {
        let history = [commit("b8", WORK, "t8"), commit("b7", WORK, "t7")];
        assert_eq!(one("a7 t7 p7", &history), Some(("b7".into(), How::Trailer)));
        assert_eq!(one("a6 t6 p6", &history), Some(("b8".into(), How::Trailer)), "else the newest");
    }
}
