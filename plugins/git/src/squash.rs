//! Which commits `complete --squash` folds into the one work commit. Pure; the host folds them.

use session_sdk::Commit;

use crate::message;

#[derive(Debug, PartialEq)]
pub enum Squash<'h> {
    /// No checkpoint that nobody else has.
    Nothing,
    Fold {
        onto: &'h str,
        folded: &'h [Commit],
    },
    /// This one stands between or above them and is no checkpoint of the session: to fold around it would rewrite it.
    Between(&'h Commit),
}

/// From the newest commit down to the oldest checkpoint that was not pushed, with the commits of documents between them
/// and work commits of attempts that failed. What is pushed stays: others may have it.
pub fn plan<'h>(history: &'h [Commit], id: &str) -> Squash<'h> {
    let kept = |commit: &Commit| commit.parents.len() < 2 && message::is_checkpoint(&commit.message, id, None);
    let work = |commit: &Commit| {
        kept(commit) || message::is_work(&commit.message, id) || message::is_rollback(&commit.message, id)
    };
    if !history.iter().any(|commit| kept(commit) && !commit.pushed) {
        return Squash::Nothing;
    }
    let Some(oldest) = history.iter().rposition(|commit| work(commit) && !commit.pushed) else {
        return Squash::Nothing;
    };
    let folded = &history[..=oldest];
    let ours = |commit: &Commit| work(commit) || message::is_bookkeeping(&commit.message, id);
    if let Some(other) = folded.iter().find(|commit| commit.pushed || !ours(commit)) {
        return Squash::Between(other);
    }
    // The first commit of all stands on nothing.
    match folded[oldest].parents.first() {
        Some(onto) => Squash::Fold { onto, folded },
        None => Squash::Nothing,
    }
}

/// Names of the references that keep what was folded: a later fold of the same attempt takes the next.
pub fn keeps(id: &str, attempt: u32) -> impl Iterator<Item = String> {
    let first = format!("refs/session/{id}/{attempt}");
    let later = first.clone();
    [first].into_iter().chain((2..10).map(move |n| format!("{later}.{n}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(name: &str, message: &str) -> Commit {
        Commit { commit: name.into(), message: message.into(), parents: vec!["below".into()], ..Commit::default() }
    }

    fn checkpoint(number: u32) -> Commit {
        commit(&format!("cp{number}"), &format!("WIP\n\nSession-Checkpoint: A-1/{number}\n"))
    }

    fn documents(id: &str) -> Commit {
        commit("docs", &format!("docs\n\nSession-Progress: {id}\n"))
    }

    #[test]
    fn checkpoints_and_the_documents_between_them() {
        let history = [documents("A-1"), checkpoint(2), documents("A-1"), checkpoint(1), documents("A-1")];
        assert_eq!(plan(&history, "A-1"), Squash::Fold { onto: "below", folded: &history[..4] });
        assert_eq!(plan(&history[4..], "A-1"), Squash::Nothing, "documents alone are no work");
        assert_eq!(plan(&history, "A-10"), Squash::Nothing);
    }

    #[test]
    fn what_is_pushed_stays() {
        let pushed = |commit: Commit| Commit { pushed: true, ..commit };
        let history = [checkpoint(3), checkpoint(2), pushed(checkpoint(1))];
        assert_eq!(plan(&history, "A-1"), Squash::Fold { onto: "below", folded: &history[..2] });
        assert_eq!(plan(&[pushed(checkpoint(1))], "A-1"), Squash::Nothing);
    }

    #[test]
    fn whatever_else_stands_between_is_named() {
        let merge = Commit { parents: vec!["a".into(), "b".into()], ..checkpoint(2) };
        for other in [commit("x", "fix: by hand"), documents("B-1"), commit("y", "b\n\nSession-Id: B-1\n"), merge] {
            let history = [checkpoint(3), other.clone(), checkpoint(1)];
            assert_eq!(plan(&history, "A-1"), Squash::Between(&other));
            let above = [other.clone(), checkpoint(1)];
            assert_eq!(plan(&above, "A-1"), Squash::Between(&other));
            let below = [checkpoint(1), other];
            assert_eq!(plan(&below, "A-1"), Squash::Fold { onto: "below", folded: &below[..1] });
        }
        let root = Commit { parents: Vec::new(), ..checkpoint(1) };
        assert_eq!(plan(&[root], "A-1"), Squash::Nothing, "there is nothing below it");
    }

    #[test]
    fn a_work_commit_of_an_attempt_that_failed_is_folded_too() {
        let history = [commit("w", "feat\n\nSession-Id: A-1\n"), checkpoint(1)];
        assert_eq!(plan(&history, "A-1"), Squash::Fold { onto: "below", folded: &history });
        let history = [checkpoint(1), commit("w", "feat\n\nSession-Id: A-1\n")];
        assert_eq!(plan(&history, "A-1"), Squash::Fold { onto: "below", folded: &history });
        assert_eq!(plan(&history[1..], "A-1"), Squash::Nothing, "it is one commit already");
    }
}
