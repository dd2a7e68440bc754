//! Commits of a session that HEAD does not hold: the branch was switched since. Which commits are a session's own is
//! `base.rs`.

use session_sdk::{
    Commit, Elsewhere, Error, Head, HistoryRequest, Result, Session, Timestamp, facts, repository, shell,
};

use crate::base::{self, apart};
use crate::commit_search::{self, Line, Patches};
use crate::words::short;
use crate::{BRANCH, message};

/// Since when what is committed in this working tree is the session's.
pub const SINCE: &str = "git.since";
/// Commits that a message names.
const SHOWN: usize = 3;

#[derive(Clone, Debug)]
pub struct Missing {
    commits: Vec<Commit>,
    /// The branch that the session works on, as far as it is known.
    own: Option<String>,
    /// Commits of its checkpoints.
    kept: Vec<String>,
}

/// What was committed while the session was active and HEAD does not hold, in whatever form; none where it holds all. A
/// commit that was rewritten or taken off the session's own branch is not missed there: a person did that on purpose.
///
/// # Errors
/// Where the history cannot be read.
pub fn missing(session: &Session, head: &Head) -> Result<Option<Missing>> {
    let own = facts::get(BRANCH)?.filter(|branch| !branch.is_empty());
    let kept = checkpoints(session);
    let since = facts::get(SINCE)?.map(Timestamp).or_else(|| session.started.clone());
    let asked = Elsewhere {
        commits: kept.iter().map(|(_, line)| line.hash.clone()).collect(),
        made_since: since,
        base: base::line()?.map(|base| base.hash),
    };
    let mut commits = repository::history_of(&HistoryRequest { elsewhere: Some(asked), ..HistoryRequest::default() })?;
    let apart = apart()?;
    let is_kept = |commit: &Commit| kept.iter().any(|(_, line)| line.hash == commit.commit);
    commits.retain(|commit| {
        let by_hand = commit.parents.len() < 2 && !message::is_of_another(&commit.message, &session.id);
        // Rewritten, or taken off: of what a person did on the session's own branch nothing is missed.
        let there = !commit.branches.is_empty() || (is_kept(commit) && head.branch != own);
        there && !apart.contains(&commit.commit) && (by_hand || is_kept(commit))
    });
    if commits.is_empty() {
        return Ok(None);
    }
    let here = base::about(head)?.commits;
    let mut ask = |commit: &str| repository::patch_id(commit);
    let mut patches = Patches::new(&mut ask);
    let mut left = Vec::new();
    for commit in commits {
        let number = kept.iter().find(|(_, line)| line.hash == commit.commit).map(|(number, _)| *number);
        let trailer = number.map(|number| format!("Session-Checkpoint: {}/{number}", session.id));
        let patch = repository::patch_id(&commit.commit)?;
        let line = Line { hash: commit.commit.clone(), tree: commit.tree.clone(), patch };
        // One that changes nothing has nothing that could be missed.
        if line.patch.is_some() && commit_search::find(&line, trailer.as_deref(), &here, &mut patches)?.is_none() {
            left.push(commit);
        }
    }
    let kept = kept.into_iter().map(|(_, line)| line.hash).collect();
    Ok(Missing { commits: left, own, kept }.some())
}

/// Refuses to go on without commits that are surely the session's.
///
/// # Errors
/// Names the branch that has them, and the command that goes there.
pub fn refuse(session: &Session, head: &Head) -> Result<()> {
    let missing = missing(session, head)?.and_then(Missing::surely);
    missing.map_or(Ok(()), |missing| Err(missing.error(session, head)))
}

/// From now on what is committed in this working tree is the session's. What was committed in the very second before is
/// on other branches, and is not.
///
/// # Errors
/// Where the history cannot be read.
pub fn begin(session: &Session, head: &Head, now: &Timestamp) -> Result<()> {
    let kept = checkpoints(session);
    let asked = Elsewhere { commits: Vec::new(), made_since: Some(now.clone()), base: head.commit.clone() };
    let asked = HistoryRequest { elsewhere: Some(asked), ..HistoryRequest::default() };
    let before = if head.commit.is_none() { Vec::new() } else { repository::history_of(&asked)? };
    let mut apart = apart()?;
    let known = apart.len();
    let others = before.into_iter().map(|commit| commit.commit);
    apart.extend(others.filter(|commit| !kept.iter().any(|(_, line)| line.hash == *commit)));
    if apart.len() > known {
        facts::set(base::APART, &apart.join("\n"))?;
    }
    facts::set(SINCE, &now.0)
}

/// From now on the session works on this branch, which holds all that it has committed.
///
/// # Errors
/// Where the fact cannot be kept.
pub fn follow(head: &Head) -> Result<()> {
    let Some(here) = &head.branch else { return Ok(()) };
    if facts::get(BRANCH)?.as_ref() == Some(here) { Ok(()) } else { facts::set(BRANCH, here) }
}

impl Missing {
    fn some(self) -> Option<Self> {
        (!self.commits.is_empty()).then_some(self)
    }

    /// Checkpoints, and what stands on the session's own branch. What was committed by hand on any other branch may be
    /// something else, which was urgent.
    pub fn surely(mut self) -> Option<Self> {
        let Self { own, kept, .. } = &self;
        let sure = |commit: &Commit| {
            kept.contains(&commit.commit) || own.as_ref().is_some_and(|own| commit.branches.contains(own))
        };
        let sure: Vec<bool> = self.commits.iter().map(sure).collect();
        let mut sure = sure.into_iter();
        self.commits.retain(|_| sure.next().unwrap_or_default());
        self.some()
    }

    /// The branch that has them: the session's own where it does. None where no branch has them any more.
    fn branch(&self) -> Option<&String> {
        let has = |branch: &&String| self.commits.iter().any(|commit| commit.branches.contains(branch));
        self.own.iter().find(has).or_else(|| self.commits.iter().find_map(|commit| commit.branches.first()))
    }

    /// `main does not hold 1a2b3c4 (feat: a) of BE-04, which branch feature does`.
    pub fn sentence(&self, session: &Session, head: &Head) -> String {
        let here = here(head);
        format!("{} does not hold {} of {}{}", here, self.named().join(", "), session.id, self.there())
    }

    fn there(&self) -> String {
        match self.branch() {
            Some(branch) => format!(", which branch {branch} does"),
            None => ", and no branch does".to_owned(),
        }
    }

    fn named(&self) -> Vec<String> {
        let name = |commit: &Commit| {
            format!("{} ({})", short(&commit.commit), commit.message.lines().next().unwrap_or_default())
        };
        let more = self.commits.len().checked_sub(SHOWN).filter(|more| *more > 0).map(|more| format!("{more} more"));
        self.commits.iter().take(SHOWN).map(name).chain(more).collect()
    }

    pub fn error(&self, session: &Session, head: &Head) -> Error {
        let (id, here) = (&session.id, here(head));
        let newest = self.commits.first().map(|commit| short(&commit.commit)).unwrap_or_default();
        let started = self.own.as_ref().filter(|own| Some(*own) != head.branch.as_ref());
        let (what, hint) = match self.branch() {
            Some(branch) => {
                let verb = if started == Some(branch) { "was started on" } else { "has committed to" };
                let hint = format!(
                    "git switch {}, then the same command again\ngit merge {} brings these commits to {here}",
                    shell::word(branch),
                    shell::revision(branch)
                );
                (format!("{id} {verb} branch {branch}, and this is {here}"), hint)
            }
            None => {
                let name = started.map_or_else(|| format!("session/{}", id.to_lowercase()), Clone::clone);
                let what = format!("{id} has commits that no branch holds any more");
                (what, format!("git switch -c {} {newest}, then the same command again", shell::word(&name)))
            }
        };
        let error = Error::new(what).because(format!("{here} does not hold {}", self.named().join(", ")));
        error.hint(hint)
    }
}

fn here(head: &Head) -> String {
    head.branch.clone().unwrap_or_else(|| "no branch".to_owned())
}

/// Checkpoints that stand, with what finds their commits again.
fn checkpoints(session: &Session) -> Vec<(u32, Line)> {
    let undone = |number: u32| session.checkpoints.iter().any(|taken| taken.number == number && taken.undone);
    let lines = session.facts.iter().filter_map(|(key, line)| {
        let number = key.strip_prefix("checkpoint.")?.parse().ok()?;
        Some((number, Line::parse(line)))
    });
    lines.filter(|(number, line)| !undone(*number) && !line.hash.is_empty()).collect()
}
