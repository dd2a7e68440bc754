//! What was committed since the session was started, though the history may be another one since: amended, rebased,
//! pulled. How a single commit is told again is `commit_search.rs`.

use session_sdk::{Commit, Error, Head, Result, ResultExt as _, facts, repository};

use crate::commit_search::{self, How, Line, Patches};
use crate::words::short;
use crate::{BRANCH, message};

/// Where the session started, as a [`Line`]; empty where there was no commit yet.
pub const BASE: &str = "git.base";
/// Commits that are not the session's work, or not any more, one hash per line: what a rollback has undone, the commit that
/// did so, and what others have committed between.
pub const APART: &str = "git.apart";
/// Where a part of a work commit was undone, back to a checkpoint that is folded into it: the commit that did so, and the
/// work commit, one hash per line. Both are apart, and together they leave what is still the session's.
pub const LEFT: &str = "git.left";
/// Of a history without anything in common, so much is searched: all of it may be a million commits.
const SEARCHED: usize = 1_000;

#[derive(Debug)]
pub struct Since {
    /// None where there was no commit yet.
    pub base: Option<Line>,
    /// First parents, newest first.
    pub commits: Vec<Commit>,
    /// The base is another commit than the fact says.
    pub moved: bool,
    /// A person says where the work begins: no commit is asked whether it is the first.
    said: bool,
    apart: Vec<String>,
}

impl Since {
    /// What the session made itself: checkpoints, and what people or agents committed by hand. Not what belongs to
    /// another session, and not what came from others: a pull with `--rebase` puts it below.
    pub fn own(&self, id: &str, head: &Head) -> Vec<&Commit> {
        // Behind a rebase onto what others have done meanwhile, that stands below the first thing that the session did.
        let says_so = |commit: &Commit| message::is_of(&commit.message, id);
        let first =
            self.commits.iter().rposition(says_so).filter(|at| message::is_start(&self.commits[*at].message, id));
        let first = first.filter(|_| !self.said);
        let commits = &self.commits[..first.unwrap_or(self.commits.len())];
        let apart = |commit: &&Commit| self.apart.contains(&commit.commit);
        commits.iter().filter(|commit| !apart(commit) && is_own(commit, id, head.author.as_deref())).collect()
    }

    /// The newest of them that is no merge: what a merge brought in is not the session's.
    pub fn newest(&self, id: &str, head: &Head) -> Option<&Commit> {
        self.own(id, head).into_iter().find(|commit| commit.parents.len() < 2)
    }
}

fn is_own(commit: &Commit, id: &str, me: Option<&str>) -> bool {
    let by_another = me.is_some_and(|me| !commit.author.is_empty() && commit.author != me);
    let ours = message::is_work(&commit.message, id) || message::is_checkpoint(&commit.message, id, None);
    !message::is_of_another(&commit.message, id) && (ours || !(commit.pushed && by_another))
}

/// What was committed since start, or since the commit that a person says.
///
/// # Errors
/// Where the commit that it started from cannot be found again; names the way out.
pub fn since_start(head: &Head, said: Option<&str>) -> Result<Since> {
    if let Some(said) = said {
        return since(said, head);
    }
    let Some(line) = line()? else {
        return Ok(Since {
            base: None,
            commits: repository::history(None)?,
            moved: false,
            said: false,
            apart: apart()?,
        });
    };
    if let Ok(commits) = repository::history(Some(&line.hash))
        && holds(&line.hash, &commits, head)
    {
        let commits = with_branch(commits, &line.hash, head)?;
        return Ok(Since { base: Some(line), commits, moved: false, said: false, apart: apart()? });
    }
    let fork = fork(&line.hash);
    let mut commits = match &fork {
        Some(fork) => repository::history(Some(fork))?,
        None => repository::history(Some(&format!("HEAD~{SEARCHED}"))).or_else(|_| repository::history(None))?,
    };
    // Git still has what a rebase left behind, until it tidies up.
    let known = Line { patch: repository::patch_id(&line.hash).ok().flatten(), ..line.clone() };
    let mut ask = |commit: &str| repository::patch_id(commit);
    let Some(found) = commit_search::find(&known, None, &commits, &mut Patches::new(&mut ask))? else {
        return Err(lost(&line, fork.as_deref(), head));
    };
    // By its hash where the look at it failed for another reason: then it has not moved.
    let moved = found.how != How::Hash;
    let now = Line { hash: found.commit.commit.clone(), tree: found.commit.tree.clone(), ..known };
    let base = if moved { now } else { line };
    let newer = commits.iter().take_while(|commit| commit.commit != base.hash).count();
    commits.truncate(newer);
    Ok(Since { base: Some(base), commits, moved, said: false, apart: apart()? })
}

/// With what the session has committed on its own branch, where that was merged into this one: of a merge the first parents
/// do not tell.
fn with_branch(mut commits: Vec<Commit>, base: &str, head: &Head) -> Result<Vec<Commit>> {
    if commits.iter().all(|commit| commit.parents.len() < 2) {
        return Ok(commits);
    }
    let own = facts::get(BRANCH)?.filter(|branch| !branch.is_empty() && Some(branch) != head.branch.as_ref());
    let Some(own) = own else { return Ok(commits) };
    let range = |from: &str| repository::history(Some(&format!("{from}..refs/heads/{own}")));
    // One that is gone since is known by no name.
    let (Ok(all), Ok(left)) = (range(base), range("HEAD")) else { return Ok(commits) };
    let known = |commit: &Commit| commits.iter().chain(&left).any(|other| other.commit == commit.commit);
    let more: Vec<Commit> = all.into_iter().filter(|commit| !known(commit)).collect();
    commits.extend(more);
    Ok(commits)
}

/// The same for whoever only looks: where the base is lost, as far as the histories have nothing in common.
///
/// # Errors
/// Where the history cannot be read.
pub fn about(head: &Head) -> Result<Since> {
    since_start(head, None).or_else(|_| {
        let line = line()?;
        let fork = line.as_ref().and_then(|line| fork(&line.hash));
        let commits = repository::history(fork.as_deref())?;
        let base = fork.map(|hash| Line { hash, ..Line::default() });
        Ok(Since { base, commits, moved: false, said: false, apart: apart()? })
    })
}

fn since(said: &str, head: &Head) -> Result<Since> {
    let hint = "session complete --base COMMIT; git log names the commits";
    let commits = repository::history(Some(said)).context(|| format!("{said} is no commit"));
    let commits = commits.map_err(|error| error.hint(hint))?;
    if !holds(said, &commits, head) {
        return Err(Error::new(format!("{said} is not in the history of this branch")).hint(hint));
    }
    // What was said may be a branch or the beginning of a hash.
    let hash = commits.last().and_then(|commit| commit.parents.first()).or(head.commit.as_ref());
    let base = hash.map(|hash| Line { hash: hash.clone(), ..Line::default() });
    Ok(Since { base, commits, moved: true, said: true, apart: apart()? })
}

/// What the fact says.
///
/// # Errors
/// Where the event has no session.
pub fn apart() -> Result<Vec<String>> {
    Ok(facts::get(APART)?.unwrap_or_default().lines().map(str::to_owned).collect())
}

/// What the fact says.
///
/// # Errors
/// Where the event has no session.
pub fn left() -> Result<Vec<String>> {
    Ok(facts::get(LEFT)?.unwrap_or_default().lines().map(str::to_owned).collect())
}

/// Where the session was started; none where there was no commit yet.
///
/// # Errors
/// Where the event has no session.
pub fn line() -> Result<Option<Line>> {
    Ok(facts::get(BASE)?.filter(|base| !base.is_empty()).map(|base| Line::parse(&base)))
}

/// The branch holds it: what came since stands on it, or it has nothing that the branch has not.
fn holds(base: &str, commits: &[Commit], head: &Head) -> bool {
    let stands = commits.last().is_some_and(|commit| commit.parents.iter().any(|parent| parent == base));
    let is_head = commits.is_empty() && head.commit.as_deref() == Some(base);
    stands || is_head || repository::history(Some(&format!("HEAD..{base}"))).is_ok_and(|left| left.is_empty())
}

/// The newest commit that the old history and this one have in common.
fn fork(base: &str) -> Option<String> {
    let left = repository::history(Some(&format!("HEAD..{base}"))).ok()?;
    left.last()?.parents.first().cloned()
}

fn lost(line: &Line, fork: Option<&str>, head: &Head) -> Error {
    let begins = fork.map_or("COMMIT", short);
    let there = facts::get(BRANCH).ok().flatten().filter(|branch| Some(branch) != head.branch.as_ref());
    let there = there.filter(|branch| {
        !branch.is_empty()
            && repository::history(Some(&format!("refs/heads/{branch}..{}", line.hash)))
                .is_ok_and(|left| left.is_empty())
    });
    if let Some(branch) = there {
        let here = head.branch.as_deref().unwrap_or("no branch");
        return Error::new(format!("the session was started on branch {branch}, and this is {here}"))
            .because(format!("{here} does not hold {}, from which it was started", short(&line.hash)))
            .hint(format!(
                "git switch {}, then the same command again\nsession complete --base {begins} says behind which \
                 commit its work begins",
                session_sdk::shell::word(&branch)
            ));
    }
    Error::new(format!("{}, from which the session started, is not in this history any more", short(&line.hash)))
        .because("it was amended, rebased or reset away, and no commit here makes the same change")
        .hint(format!("session complete --base {begins} says behind which commit its work begins"))
}
