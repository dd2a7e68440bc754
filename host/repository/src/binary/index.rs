//! The index and the working tree as git itself tells of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use session_core::object_id::ObjectId;
use session_system::is_temporary;
use session_types::{Change, Error};

use super::super::args::Args;
use super::super::care::is_careful;
use super::super::git::{Git, checked};
use super::super::occupant::Occupant;
use super::super::paths::{seen_or_named, unseen, utf8};
use super::super::reversal::{Held, Turn};
use super::super::selection::{PathState, Selection};
use super::super::site::Site;
use super::tree::{one_time_index, plainly};

pub(super) fn changes(git: &Git, site: &Site) -> Result<Vec<Change>, Error> {
    let mut args = Args::of(["--no-optional-locks", "status", "--porcelain=v2", "-z"]);
    args = args.and(["--untracked-files=all", "--no-renames"]);
    if is_careful() {
        // To see what is dirty inside, it would start another one there, with a configuration of its own.
        args = args.and(["--ignore-submodules=dirty"]);
    }
    if let Some(below) = site.below() {
        args = args.files([below.to_string_lossy()]);
    }
    let output = checked("compare the working tree", git.output(args)?)?;
    // It goes on without what it cannot open, and only says so.
    let said = String::from_utf8_lossy(&output.stderr);
    if let Some(line) = said.lines().find(|line| line.contains("could not open directory")) {
        return Err(unseen(line.split('\'').nth(1).unwrap_or("a folder"), line.trim_start_matches("warning: ")));
    }
    let (mut changes, mut removed) = (Vec::new(), BTreeSet::new());
    for line in output.stdout.split(|b| *b == 0).filter(|line| !line.is_empty()) {
        let Some(found) = Line::read(line)? else { continue };
        if is_temporary(found.path.as_bytes())
            || found.is_foreign()
            || (found.untracked && removed.contains(found.path))
        {
            continue;
        }
        // What is removed from the index is meant to go, though the file is still there.
        let is_removed = found.staged == 'D';
        let there = seen_or_named(&site.top, found.path)? && !is_removed;
        let status = match (found.conflicted, there) {
            (true, _) => "conflicted",
            (_, false) => "deleted",
            _ if found.untracked || found.staged == 'A' || found.unstaged == 'A' => "added",
            _ => "modified",
        };
        if is_removed {
            removed.insert(found.path.to_owned());
        }
        changes.push(site.described(found.path, status, there, |path| filter(git, path))?);
    }
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(changes)
}

/// The filter that the attributes of a path name, such as `lfs`.
fn filter(git: &Git, path: &str) -> Option<String> {
    let said = git.text(Args::of(["check-attr", "-z", "filter"]).names(path)).ok()?;
    let value = said.split('\0').nth(2)?;
    Some(value.to_owned()).filter(|value| !matches!(&**value, "unspecified" | "unset" | ""))
}

pub(super) fn names(git: &Git, args: impl Into<Args>) -> Result<Vec<String>, Error> {
    Ok(git.text(args)?.split_terminator('\0').map(str::to_owned).collect())
}

/// What git knows of each path. All names are listed, since there may be more of them than a command takes.
pub(super) fn states(
    git: &Git,
    head: Option<&ObjectId>,
    paths: &[String],
    onto: Option<&ObjectId>,
) -> Result<Vec<PathState>, Error> {
    let tree = |commit: Option<&ObjectId>| -> Result<BTreeSet<String>, Error> {
        let list = Args::of(["ls-tree", "-r", "-z", "--full-tree", "--name-only"]);
        commit.map_or(Ok(BTreeSet::new()), |commit| Ok(names(git, list.object(commit))?.into_iter().collect()))
    };
    let tagged = names(git, ["ls-files", "-v", "-z", "--full-name"])?;
    let index: BTreeMap<&str, &str> =
        tagged.iter().filter_map(|line| line.split_once(' ')).map(|(tag, path)| (path, tag)).collect();
    let (head, onto) = (tree(head)?, onto.map(|onto| tree(Some(onto))).transpose()?);
    let one = |path: &String| {
        let tag = index.get(path.as_str());
        let in_head = head.contains(path);
        PathState {
            in_index: tag.is_some(),
            alone: tag.is_some_and(|tag| is_left_alone(tag)),
            in_head,
            in_base: onto.as_ref().map_or(in_head, |onto| onto.contains(path)),
        }
    };
    Ok(paths.iter().map(one).collect())
}

/// Lower case is assumed to be unchanged, S is not checked out.
fn is_left_alone(tag: &str) -> bool {
    tag == "S" || tag.starts_with(char::is_lowercase)
}

/// What is there of the path of each turn.
pub(super) fn occupants(git: &Git, site: &Site, turns: &[Turn], files: &[&str]) -> Result<Vec<Occupant>, Error> {
    let listed = checked("read the index", git.output(["ls-files", "-v", "--stage", "-z", "--full-name"])?)?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let mut all: Vec<Occupant> = turns.iter().map(|_| Occupant::default()).collect();
    let at: BTreeMap<&str, usize> = turns.iter().enumerate().map(|(at, turn)| (turn.path.as_str(), at)).collect();
    for line in listed.split_terminator('\0') {
        let Some((tag, rest)) = line.split_once(' ') else { continue };
        let Some((held, path)) = entry(rest) else { continue };
        let Some(occupant) = at.get(path).and_then(|at| all.get_mut(*at)) else { continue };
        occupant.alone = is_left_alone(tag);
        occupant.staged = Some(held);
    }
    // Who is refused anyway need not be read.
    if files.is_empty() || all.iter().any(|occupant| occupant.alone) {
        return Ok(all);
    }
    let (folder, once) = one_time_index(git, site, &Selection::default(), false)?;
    copy_index(git, &folder.path().join("index"))?;
    let list: String = files.iter().map(|path| format!("{path}\0")).collect();
    plainly(&once, ["update-index", "-z", "--add", "--replace", "--stdin"], Some(list.as_bytes()))?;
    let files: BTreeSet<&str> = files.iter().copied().collect();
    for line in plainly(&once, ["ls-files", "--stage", "-z"], None)?.split_terminator('\0') {
        let Some((held, path)) = entry(line).filter(|(_, path)| files.contains(path)) else { continue };
        if let Some(occupant) = at.get(path).and_then(|at| all.get_mut(*at)) {
            occupant.found = Some(held);
        }
    }
    Ok(all)
}

/// The index itself, not HEAD: git takes files that it knows to be unchanged for what they were, though they would be
/// converted otherwise today. With its time, since by that git tells which files may have changed unnoticed.
#[expect(clippy::disallowed_methods, reason = "git's own index, copied with its time")]
fn copy_index(git: &Git, to: &Path) -> Result<(), Error> {
    let args = ["rev-parse", "--path-format=absolute", "--git-path", "index"];
    let index = PathBuf::from(git.text(args)?.trim_end_matches('\n'));
    let copy = || -> std::io::Result<()> {
        if !index.exists() {
            return Ok(());
        }
        let modified = index.metadata()?.modified()?;
        std::fs::copy(&index, to)?;
        std::fs::File::options().write(true).open(to)?.set_modified(modified)
    };
    copy().map_err(|e| Error::new("cannot make a temporary index").because(e.to_string()))
}

/// `mode id stage`, a tab, the path.
fn entry(line: &str) -> Option<(Held, &str)> {
    let (about, path) = line.split_once('\t')?;
    let mut parts = about.split(' ');
    let mode = u32::from_str_radix(parts.next()?, 8).ok()?;
    Some((Held { mode, id: parts.next()?.to_owned() }, path))
}

/// One line of `git status --porcelain=v2`.
struct Line<'t> {
    staged: char,
    unstaged: char,
    /// `N...`, or of a submodule: new commit, dirty, untracked.
    submodule: &'t str,
    untracked: bool,
    conflicted: bool,
    path: &'t str,
}

impl<'t> Line<'t> {
    fn read(line: &'t [u8]) -> Result<Option<Self>, Error> {
        let text = String::from_utf8_lossy(line);
        let fields = match text.chars().next() {
            Some('1') => 9,
            Some('u') => 11,
            Some('?') => 2,
            _ => return Ok(None),
        };
        let mut parts = line.splitn(fields, |b| *b == b' ');
        let plain = |part: Option<&'t [u8]>| part.and_then(|part| std::str::from_utf8(part).ok()).unwrap_or_default();
        let kind = plain(parts.next());
        let (codes, submodule) = if kind == "?" { ("??", "N...") } else { (plain(parts.next()), plain(parts.next())) };
        let mut codes = codes.chars();
        let (staged, unstaged) = (codes.next().unwrap_or('.'), codes.next().unwrap_or('.'));
        let path = utf8(parts.last().unwrap_or_default())?;
        Ok(Some(Self { staged, unstaged, submodule, untracked: kind == "?", conflicted: kind == "u", path }))
    }

    /// Another repository's affair: one inside this one that nobody tracks, or what is dirty inside a submodule.
    fn is_foreign(&self) -> bool {
        let dirty_inside = self.submodule.starts_with('S') && !self.submodule.starts_with("SC");
        (self.untracked && self.path.ends_with('/')) || (dirty_inside && self.staged == '.' && self.unstaged == 'M')
    }
}
