//! A downgrade that failed or ran out of time: what has become of it, and what a person must do, if anything.

use session_sdk::{Error, Outcome, Result, files};

use crate::graph::{Graph, Target};
use crate::output::{begun, blame};
use crate::revision::Revision;
use crate::rollback::Plan;
use crate::tool::Tool;

/// Comes back where the revisions are down all the same: an earlier attempt has done it, or the failure came behind it.
///
/// # Errors
/// Plain where the same command goes on once the cause is mended; stuck where a part of a revision may be left.
pub fn failed(alembic: &mut Tool, plan: &Plan, target: &Target, outcome: &Outcome, id: &str) -> Result<()> {
    let name = target.name();
    let error = || blame(Error::new(format!("`alembic downgrade {name}` failed in {}", plan.urls)), outcome);
    let whole = plan.transactional || !begun(&outcome.stderr.to_text()) && !outcome.timed_out;
    let show = alembic.look();
    let current = match alembic.current() {
        Ok(current) => current,
        Err(_) if whole => {
            let error =
                error().because("the database does not answer any more; what is not whole it takes back itself");
            return Err(error.hint("let it answer, then session resume"));
        }
        Err(_) => {
            let error = error().because("the database does not answer any more, so nobody knows how far it came");
            return Err(error
                .hint(format!("let it answer ({show}), look at what {name} has left, then session resume --yes"))
                .stuck());
        }
    };
    let own = Graph(plan.own.clone());
    let applied = own.ancestors(current.heads(), true);
    let left: Vec<&str> = target.takes.iter().map(String::as_str).filter(|taken| applied.contains(taken)).collect();
    if left.is_empty() {
        return Ok(());
    }
    let down: Vec<&str> = target.takes.iter().map(String::as_str).filter(|taken| !applied.contains(taken)).collect();
    let state = match down.as_slice() {
        [] => format!("{} is still applied", left.join(", ")),
        down => format!("{} is down, {} is still applied", down.join(", "), left.join(", ")),
    };
    if whole {
        let nothing = if down.is_empty() && !outcome.timed_out { "nothing has changed: " } else { "" };
        let hint =
            format!("mend the data, then session resume\nor mend downgrade(): {}", mended(own.get(left[0]), id)?);
        return Err(error().because(format!("{nothing}{state}")).hint(hint));
    }
    // Alembic takes the newest down first, so the one that failed is the newest that is left.
    let half = left.iter().copied().find(|id| own.children(id, true).iter().all(|child| !left.contains(child)));
    let half = half.unwrap_or(target.head.as_str());
    let file = own.get(half).map_or("its file", |revision| revision.path.as_str());
    Err(error()
        .because(format!("{state}, but a part of downgrade() of {half} may be done: this database takes no part of it back"))
        .hint(format!(
            "compare the tables with downgrade() in {file}; put back what it has dropped, as upgrade() makes it, and mend what \
             failed; then session resume --yes runs it again ({show} shows {half} until it is down)\nor finish it by hand, and \
             take {half} out of the table alembic_version: then session resume --yes\nor, where downgrade() itself is wrong: {}",
            mended(own.get(half), id)?
        ))
        .stuck())
}

/// The way on where a revision's file must change: git takes the file back only as the session has left it.
///
/// # Errors
/// A file that cannot be read.
pub fn mended(revision: Option<&Revision>, id: &str) -> Result<String> {
    let file = revision.map_or("its file", |revision| revision.path.as_str());
    if revision.is_some() && files::read(file)?.is_none() {
        return Ok(format!("do by hand what downgrade() of {file} should, its file is gone here"));
    }
    let file = session_sdk::shell::path(file);
    Ok(format!("edit {file}, session rollback {id} --only alembic, git checkout -- {file}, then session rollback {id}"))
}
