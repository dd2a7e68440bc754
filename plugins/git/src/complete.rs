//! `complete`: the work commit, alone or with the checkpoints folded into it, and what is noted of it.

use std::collections::BTreeSet;

use session_sdk::{
    Change, Commit, CommitRequest, Committed, Complete, Context, Error, Fold, Head, Result, Session, Summary, facts,
    log, repository,
};

use crate::base::{self, Since};
use crate::elsewhere::{self, Missing};
use crate::exclusion;
use crate::guard::Guard;
use crate::scope::{self, Dirty};
use crate::squash::{self, Squash};
use crate::words::{count, quoted, short, some_of};
use crate::{
    BRANCH, Config, dirty_at_start, hash_of, keep_allowed, left_out, line_of, message, tree_now, unchanged,
    warn_outside,
};

/// Paths that facts name, of very many the first.
pub const KEPT: usize = 200;
const OUTSIDE: &str = "outside";
pub const FOLDED: &str = "folded";
/// What the checks saw and the commit does not hold.
const UNCOMMITTED: &str = "uncommitted";
/// What the user's hooks changed in the commit, behind the checks.
const REWRITTEN: &str = "rewritten";

pub fn complete(config: &Config, guard: Guard, cx: &Context<Complete>) -> Result<Summary> {
    let (session, data) = (cx.session()?, &cx.data);
    let suggested = format!("feat: {}", session.title);
    let text = data.message.as_deref().unwrap_or(&suggested);
    if config.conventional {
        message::check_subject(text)?;
    }
    let head = repository::head()?;
    let missing = elsewhere::missing(session, &head)?;
    if let Some(missing) = missing.clone().and_then(Missing::surely) {
        return Err(missing.error(session, &head));
    }
    let started_on = facts::get(BRANCH)?.filter(|branch| !branch.is_empty());
    if let Some(branch) = started_on.as_ref().filter(|_| head.branch.is_none()) {
        return Err(Error::new("HEAD is detached, and was not when the session was started")
            .because("commits made here belong to no branch and are easily lost")
            .hint(format!("git switch {}, then the same command again", session_sdk::shell::word(branch))));
    }
    let changes = repository::changes()?;
    let dirty = dirty_at_start()?;
    let before = left_out(dirty.clone(), &changes, &data.by_checks);
    if let Some(verified) = &data.verified_tree {
        refuse_changed(&changes, &data.documents, verified)?;
    }
    // Checkpoints, and what people or agents committed by hand since start, belong to the session too.
    let since = base::since_start(&head, data.base.as_deref())?;
    let mut earlier = since.own(&session.id, &head);
    // The same command again, after an attempt that committed it and went no further, is right.
    let works = || earlier.iter().filter(|commit| message::is_work(&commit.message, &session.id));
    let unknown = |path: &&String| {
        !changes.iter().any(|change| change.path == **path) && !works().any(|work| work.files.contains(path))
    };
    if let Some(path) = data.include.iter().find(unknown) {
        return Err(unchanged(path));
    }
    let leave = left(data, &changes, &earlier, &head)?;
    let paths = scope::own(&changes, &data.documents, &before, &data.include, &leave)?;
    let allowed = guard.check(head.commit.as_deref(), &changes, &paths, &data.include, "session complete")?;
    // All that was done meanwhile stands on another branch: what is here is nothing.
    if let Some(missing) = missing.filter(|_| paths.is_empty() && earlier.is_empty()) {
        return Err(missing.error(session, &head));
    }
    if paths.is_empty() && earlier.is_empty() && data.leave.is_empty() && !dirty.is_empty() {
        return Err(only_before(&dirty));
    }
    // One that was made from the other holds all of it, and is meant.
    let left = |branch: &String| held(&format!("HEAD..refs/heads/{branch}")).is_some_and(|left| !left.is_empty());
    if let (Some(branch), Some(here)) = (started_on.filter(left), &head.branch) {
        log::warn(format!("it was started on branch {branch}, and is completed on {here}"));
    }
    let files = files_of(&paths, &earlier, &data.documents, &leave);
    if cx.dry_run {
        let by_hand: Vec<&Commit> = earlier.iter().copied().filter(|commit| is_by_hand(commit, session)).collect();
        let known: Vec<&str> = paths.iter().map(String::as_str).collect();
        guard.warn_of(since.base.as_ref().map(|base| base.hash.as_str()), &by_hand, &known)?;
    }
    let outside = scope::outside(files.iter().copied(), session, &cx.project.repositories);
    warn_outside(&outside);

    let fold = fold(config, cx, session, &since)?;
    exclusion::refuse_held(&leave, &earlier, fold.as_ref().map_or(&[], |(_, folded)| folded), session)?;
    // A second one would hold nothing, and both would count.
    let again = works().next().filter(|_| paths.is_empty() && fold.is_none());
    let again = again.and_then(|work| Some((*work, tree_of(work, &head)?)));
    let verified = data.verified.as_deref().unwrap_or("no checks");
    let message = message::work(text, session, &cx.project.name, verified);
    guard.check_message(&message)?;
    keep_allowed(session, &allowed, |line| files.iter().any(|path| line.starts_with(*path)))?;
    let mut flags = flags(&changes, &paths, data, earlier.is_empty() && fold.is_none() && again.is_none());
    flags.iter().for_each(log::warn);
    let mut folded = None;
    let made = match (&again, fold) {
        (Some((work, tree)), _) => {
            folded = folded_into(session, work)?;
            Committed { commit: Some(work.commit.clone()), tree: tree.clone(), ..Committed::default() }
        }
        (None, fold) => {
            let mut taken = paths.clone();
            if let Some((fold, commits)) = &fold {
                taken = with_folded(taken, commits, data, &leave);
                earlier.retain(|commit| !commits.iter().any(|folded| folded.commit == commit.commit));
                folded = Some(format!("{} {} {}", fold.keep, commits[0].commit, commits.len()));
            }
            let (message, fold) = (message.clone(), fold.map(|(fold, _)| fold));
            let request = CommitRequest { message, paths: taken, allow_empty: true, fold, ..CommitRequest::default() };
            repository::commit(&request)?
        }
    };
    let commit = hash_of(&made);
    earlier.retain(|earlier| earlier.commit != commit);
    elsewhere::follow(&head)?;
    facts::set("commit", &commit)?;
    facts::set("tree", &made.tree)?;
    facts::set("commits", &lines(&commit, &made.tree, &earlier, cx.dry_run)?)?;
    facts::set("files", &files.iter().take(KEPT).copied().collect::<Vec<_>>().join("\n"))?;
    if !outside.is_empty() || session.facts.contains_key(OUTSIDE) {
        facts::set(OUTSIDE, &named(&outside))?;
    }
    let left = uncommitted(&changes, &paths, &data.documents);
    if !left.is_empty() || session.facts.contains_key(UNCOMMITTED) {
        facts::set(UNCOMMITTED, &left)?;
    }
    if !made.rewritten.is_empty() || session.facts.contains_key(REWRITTEN) {
        facts::set(REWRITTEN, &made.rewritten.join("\n"))?;
    }
    if !made.rewritten.is_empty() {
        let names: Vec<&str> = made.rewritten.iter().map(String::as_str).collect();
        let flag = format!("hooks rewrote files behind the checks: {}", some_of(&names));
        log::warn(&flag);
        flags.push(flag);
    }
    if let Some(folded) = &folded {
        facts::set(FOLDED, folded)?;
    }
    if let Some(base) = since.base.as_ref().filter(|_| since.moved) {
        facts::set(base::BASE, &base.to_string())?;
    }
    if let Some((work, _)) = again {
        let same = work.message.lines().next() == message.lines().next();
        let kept = if same { "" } else { ", and keeps its message" };
        let what = format!("committed earlier as {}{kept}", short(&commit));
        return Ok(Summary { flags, ..Summary::new(what).with("commit", commit) });
    }
    let what = match (made.files, earlier.len()) {
        (0, 0) => "an empty commit: nothing has changed since start".to_owned(),
        (0, n) => format!("an empty commit: the work is in {}", count(n, "earlier commit")),
        (n, _) => count(n, "file"),
    };
    let what = match folded.as_deref().and_then(|folded| folded.split(' ').next()) {
        Some(keep) => format!("{what}, checkpoints folded; {keep} keeps them"),
        None => what,
    };
    let what = format!("committed {} ({what})", short(&commit));
    Ok(Summary { flags, ..Summary::new(what).with("commit", commit) })
}

/// What a person wants left out, one path at a time.
fn left(data: &Complete, changes: &[Change], earlier: &[&Commit], head: &Head) -> Result<BTreeSet<String>> {
    if data.leave.is_empty() {
        return Ok(BTreeSet::new());
    }
    let changed = changes.iter().map(|change| change.path.as_str());
    let known = changed.chain(earlier.iter().flat_map(|commit| commit.files.iter().map(String::as_str))).collect();
    let mut left = exclusion::expand(&data.leave, &known, &data.documents)?;
    exclusion::with_renames(&mut left, head.commit.as_deref(), changes, &data.documents)?;
    match data.include.iter().find(|path| left.contains(*path)) {
        Some(path) => Err(Error::new(format!("{path} cannot be both included and left out"))
            .hint("session complete with one of --include and --leave for it")),
        None => Ok(left),
    }
}

/// What makes the checks prove less of the commit than it looks. Untracked files that are left out are no reason: most
/// working trees have some.
fn flags(changes: &[Change], paths: &[String], data: &Complete, alone: bool) -> Vec<String> {
    let mut flags = Vec::new();
    if paths.is_empty() && alone {
        flags.push("no file has changed since start".to_owned());
    }
    let documents = |path: &str| scope::is_document(path, &data.documents);
    let tracked = changes.iter().filter(|change| change.status != "added" && !documents(&change.path));
    let left = tracked.filter(|change| !paths.contains(&change.path) && !data.by_checks.contains_key(&change.path));
    let left: Vec<&str> = left.map(|change| change.path.as_str()).collect();
    if !left.is_empty() {
        flags.push(format!("the checks saw changes that no commit of the session holds: {}", some_of(&left)));
    }
    flags
}

/// What to fold, where that is wanted and possible. What a person typed is refused where it is not; a setting is not
/// followed, and says so.
fn fold<'h>(
    config: &Config,
    cx: &Context<Complete>,
    session: &Session,
    since: &'h Since,
) -> Result<Option<(Fold, &'h [Commit])>> {
    if !cx.data.squash && !config.squash {
        return Ok(None);
    }
    match squash::plan(&since.commits, &session.id) {
        Squash::Nothing => {
            if cx.data.squash && !session.checkpoints.is_empty() {
                log::warn("no checkpoint is folded: none is there that was not pushed and has a commit before it");
            }
            Ok(None)
        }
        Squash::Fold { onto, folded } => {
            // One that holds no more than HEAD was made by a fold that came to nothing, and may be made again.
            let free = |keep: &String| held(&format!("HEAD..{keep}")).is_none_or(|kept| kept.is_empty());
            let mut names = squash::keeps(&session.id, session.attempt);
            let keep = names.find(free).ok_or_else(|| {
                Error::new(format!("{} was folded too often", session.id))
                    .hint("session complete without --squash keeps the checkpoints")
            })?;
            Ok(Some((Fold { onto: onto.to_owned(), keep }, folded)))
        }
        Squash::Between(other) => {
            let subject = other.message.lines().next().unwrap_or_default();
            let error = Error::new(format!("{} ({subject}) stands among the checkpoints", short(&other.commit)))
                .because("it is none of them, and to fold them it would be written anew")
                .hint("session complete without --squash keeps them as they are");
            if cx.data.squash {
                return Err(error);
            }
            log::warn(format!("the checkpoints are not folded: {}", error.message));
            Ok(None)
        }
    }
}

/// What the one commit takes: the paths of the working tree, and what the commits that it folds have changed. Documents
/// are for the commit behind it.
fn with_folded(mut paths: Vec<String>, folded: &[Commit], data: &Complete, leave: &BTreeSet<String>) -> Vec<String> {
    let own = folded.iter().flat_map(|commit| &commit.files);
    let own = own.filter(|path| !scope::is_document(path, &data.documents) && !leave.contains(*path));
    paths.extend(own.cloned());
    paths.sort();
    paths.dedup();
    paths
}

/// What an earlier attempt has folded into its work commit, as the fact says it.
fn folded_into(session: &Session, work: &Commit) -> Result<Option<String>> {
    let Some(onto) = work.parents.first() else { return Ok(None) };
    let kept = |keep: String| held(&format!("{onto}..{keep}")).map(|commits| (keep, commits));
    let last = squash::keeps(&session.id, session.attempt).map_while(kept).last();
    let line =
        |(keep, commits): (String, Vec<Commit>)| Some(format!("{keep} {} {}", commits.first()?.commit, commits.len()));
    Ok(last.and_then(line))
}

/// A range, where both its ends are there.
fn held(range: &str) -> Option<Vec<Commit>> {
    repository::history(Some(range)).ok()
}

/// Refuses to commit anything else than what was verified a moment ago.
fn refuse_changed(changes: &[Change], documents: &[String], verified: &str) -> Result<()> {
    if tree_now(changes, documents)? == verified {
        return Ok(());
    }
    Err(Error::new("the files have changed since they were verified")
        .because("somebody wrote to them while the checks ran or right after, so nothing verifies what is there now")
        .hint("session complete verifies them again"))
}

/// What the checks saw and the commit does not hold, one path per line; of very many the first.
fn uncommitted(changes: &[Change], paths: &[String], documents: &[String]) -> String {
    let left = scope::dirty(changes, documents).into_keys().filter(|path| !paths.contains(path));
    left.take(KEPT).collect::<Vec<_>>().join("\n")
}

fn is_by_hand(commit: &Commit, session: &Session) -> bool {
    !message::is_work(&commit.message, &session.id) && !message::is_checkpoint(&commit.message, &session.id, None)
}

/// The session's commits, newest first, each with what finds it again.
fn lines(commit: &str, tree: &str, earlier: &[&Commit], dry_run: bool) -> Result<String> {
    let earlier = earlier.iter().map(|commit| (commit.commit.as_str(), commit.tree.as_str()));
    let all = [(commit, tree)].into_iter().chain(earlier);
    let lines = all.map(|(commit, tree)| line_of(commit, tree, dry_run)).collect::<Result<Vec<_>>>()?;
    Ok(lines.join("\n"))
}

/// What the session changed, documents apart.
fn files_of<'p>(
    paths: &'p [String],
    earlier: &[&'p Commit],
    documents: &[String],
    leave: &BTreeSet<String>,
) -> BTreeSet<&'p str> {
    let all = paths.iter().chain(earlier.iter().flat_map(|commit| &commit.files));
    let all = all.filter(|path| !leave.contains(*path));
    all.map(String::as_str).filter(|path| !scope::is_document(path, documents)).collect()
}

/// One per line; of very many the first, and how many more.
fn named(paths: &[&str]) -> String {
    let more = paths.len().checked_sub(KEPT).filter(|more| *more > 0).map(|more| format!("and {more} more"));
    let first = paths.iter().take(KEPT).map(|path| (*path).to_owned());
    first.chain(more).collect::<Vec<_>>().join("\n")
}

/// None from a host that does not say it of this commit.
fn tree_of(commit: &Commit, head: &Head) -> Option<String> {
    let is_head = head.commit.as_ref() == Some(&commit.commit);
    Some(commit.tree.clone()).filter(|tree| !tree.is_empty()).or_else(|| head.tree.clone().filter(|_| is_head))
}

/// Work that was done before the session was started would be called done and stand in no commit.
fn only_before(before: &Dirty) -> Error {
    let names: Vec<&str> = before.keys().map(String::as_str).collect();
    let include: Vec<String> = names.iter().take(5).map(|name| format!("--include {}", quoted(name))).collect();
    Error::new("nothing has changed since the session was started")
        .because(format!("what was dirty before it is left out: {}", some_of(&names)))
        .hint(format!(
            "session complete {} if that is its work, or --leave {} if not",
            include.join(" "),
            quoted(names[0])
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_commit_does_not_hold_is_named_where_git_tracks_it() {
        let change =
            |path: &str, status: &str| Change { path: path.into(), status: status.into(), ..Change::default() };
        let changes = [
            change("a", "modified"),
            change("b", "deleted"),
            change("c", "added"),
            change("d", "modified"),
            change("p", "modified"),
        ];
        let data =
            Complete { documents: vec!["p".into()], by_checks: [("d".to_owned(), None)].into(), ..Complete::default() };
        let of = |paths: &[&str], alone| {
            let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
            flags(&changes, &paths, &data, alone).join("; ")
        };
        assert_eq!(of(&["a", "c"], true), "the checks saw changes that no commit of the session holds: b");
        assert_eq!(of(&["a", "b"], true), "");
        assert!(flags(&[], &[], &data, true)[0].starts_with("no file has changed"));
        assert!(flags(&[], &[], &data, false).is_empty(), "it is in earlier commits");
    }
}
