//! Which lines of git's log of HEAD tell of a commit that was made in this working tree. Git keeps that log for each working
//! tree by itself. What is looked for in it is the readers' affair.

use session_types::Timestamp;

/// What git writes into the log where HEAD became a new commit, and not one that was there before.
pub(super) fn makes_a_commit(what: &str) -> bool {
    let Some((verb, rest)) = what.split_once(':') else { return false };
    let moves = ["checkout ", "returning to"].iter().any(|word| rest.trim_start().starts_with(word));
    let ends = ["(start)", "(finish)", "(abort)"].iter().any(|word| verb.contains(word));
    let makes = ["commit", "cherry-pick", "revert", "am", "rebase", "pull --rebase"];
    !moves && !ends && makes.iter().any(|word| verb.starts_with(word))
}

pub(super) fn seconds(at: &Timestamp) -> Option<i64> {
    at.0.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_a_commit() {
        for makes in [
            "commit: feat: a",
            "commit (amend): b",
            "commit (initial): c",
            "cherry-pick: d",
            "rebase (pick): e",
            "rebase (continue): f",
            "pull --rebase (pick): g",
            "revert: h",
        ] {
            assert!(makes_a_commit(makes), "{makes}");
        }
        for moves in [
            "checkout: moving from main to feature",
            "rebase (start): checkout main",
            "rebase (finish): returning to refs/heads/feature",
            "pull: Fast-forward",
            "merge feature: Fast-forward",
            "reset: moving to HEAD~1",
            "clone: from here",
            "rebase: checkout main",
            "",
        ] {
            assert!(!makes_a_commit(moves), "{moves}");
        }
    }
}
