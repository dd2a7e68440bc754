//! Commit messages: the rule for subjects, and the footers that make commits findable.

use session_sdk::{Checkpoint, Error, Result, RollbackTo, Session, Undo};

const TYPES: [&str; 11] =
    ["feat", "fix", "refactor", "test", "docs", "chore", "perf", "style", "build", "ci", "revert"];

/// Refuses a subject that is not `<type>(<scope>)!: <description>`.
///
/// # Errors
/// With the rule and an example.
pub fn check_subject(message: &str) -> Result<()> {
    let subject = message.lines().next().unwrap_or_default();
    if is_conventional(subject) {
        return Ok(());
    }
    Err(Error::new(format!("`{subject}` is no conventional commit subject"))
        .because(format!("it must read `<type>(<scope>): <description>` with a type of {}", TYPES.join(", ")))
        .hint("session complete -m \"feat(parser): read empty files\" (or conventional = false in [plugin.config] of git)"))
}

fn is_conventional(subject: &str) -> bool {
    let Some((head, description)) = subject.split_once(": ") else { return false };
    let head = head.strip_suffix('!').unwrap_or(head);
    let (kind, scope) = match head.split_once('(') {
        Some((kind, rest)) => (kind, rest.strip_suffix(')')),
        None => (head, Some("-")),
    };
    let scope_ok = scope.is_some_and(|scope| !scope.trim().is_empty() && !scope.contains(['(', ')']));
    TYPES.contains(&kind) && scope_ok && !description.trim().is_empty()
}

/// The message of the work commit: what was written, then the footers. Footers that stand there already are not
/// written twice.
pub fn work(message: &str, session: &Session, project: &str, verified: &str) -> String {
    let own = format!("Session: {}", session.id);
    let mut part_of = part_of(session, project);
    let mut body = Vec::new();
    for line in message.lines() {
        match line.strip_prefix("Part of:") {
            Some(text) => part_of = text.trim().to_owned(),
            None if line.trim() == own => {}
            None => body.push(line.trim_end()),
        }
    }
    let body = body.join("\n");
    format!(
        "{}\n\nPart of: {part_of}\n{own}\n\nSession-Id: {}\nSession-Verified: {verified}\n",
        body.trim(),
        session.id
    )
}

/// The message of a checkpoint.
pub fn checkpoint(data: &Checkpoint, session: &Session, project: &str) -> String {
    let id = &session.id;
    let number = data.number;
    let mut out = format!("WIP: [{id}] checkpoint - {}\n", data.message);
    for (title, items, mark) in [("Completed", &data.done, "done"), ("Remaining", &data.remaining, "pending")] {
        if !items.is_empty() {
            let lines: String = items.iter().map(|item| format!("- {item}: [{mark}]\n")).collect();
            out.push_str(&format!("\n{title}:\n{lines}"));
        }
    }
    let part_of = part_of(session, project);
    out + &format!("\nPart of: {part_of}\nSession: {id} (checkpoint {number})\n\nSession-Checkpoint: {id}/{number}\n")
}

/// The message of the commit that holds documents only.
pub fn bookkeeping(reason: &str, session: &Session, project: &str) -> String {
    let id = &session.id;
    let part_of = part_of(session, project);
    format!("docs(progress): {reason} {id}\n\nPart of: {part_of}\nSession: {id}\n\nSession-Progress: {id}\n")
}

/// The message of the commit that undoes a session, or a part of it.
pub fn rollback(to: &RollbackTo, commits: &[Undo], session: &Session, project: &str) -> String {
    let id = &session.id;
    let subject = match to {
        RollbackTo::Start => format!("revert: roll back {id}"),
        RollbackTo::Checkpoint { number } => format!("revert: roll back {id} to checkpoint {number}"),
        RollbackTo::Last => format!("revert: roll back the last commit of {id}"),
    };
    let undone: String = commits.iter().map(|undo| format!("- {}\n", undo.commit)).collect();
    let undone = if undone.is_empty() { undone } else { format!("Undone:\n{undone}\n") };
    let part_of = part_of(session, project);
    format!("{subject}\n\n{undone}Part of: {part_of}\nSession: {id}-rollback\n\nSession-Rollback: {id}\n")
}

const SAVED: &str = "what was not committed before the rollback";

/// It is the checkpoint that keeps what a rollback found uncommitted.
pub fn is_saved(message: &str) -> bool {
    message.lines().next().is_some_and(|subject| subject.ends_with(SAVED))
}

/// The message of the checkpoint that keeps what a rollback finds uncommitted.
pub fn saved(number: u32, session: &Session, project: &str) -> String {
    let message = SAVED.to_owned();
    checkpoint(&Checkpoint { number, message, ..Checkpoint::default() }, session, project)
}

/// Every session that a message names in a line of its own: a forge puts the messages of a branch into one.
pub fn mentioned(message: &str) -> Vec<&str> {
    let mut ids: Vec<&str> =
        message.lines().filter_map(|line| line.strip_prefix("Session-Id:")).map(str::trim).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The trailers say that it undoes this session, or a part of it.
pub fn is_rollback(message: &str, id: &str) -> bool {
    has_trailer(message, &format!("Session-Rollback: {id}"))
}

/// The trailers say that the commit is another session's, or holds documents only.
pub fn is_of_another(message: &str, id: &str) -> bool {
    message.lines().any(|line| {
        let value = |key: &str| line.strip_prefix(key).map(str::trim);
        value("Session-Progress:").is_some()
            || value("Session-Rollback:").is_some()
            || value("Session-Id:").is_some_and(|other| other != id)
            || value("Session-Checkpoint:").is_some_and(|other| other.split('/').next() != Some(id))
    })
}

/// The trailers say that it is the work commit of this session.
pub fn is_work(message: &str, id: &str) -> bool {
    trailers(message).any(|line| line.strip_prefix("Session-Id:").is_some_and(|value| value.trim() == id))
}

/// The trailers say that it is a checkpoint of this session: of this number, or any.
pub fn is_checkpoint(message: &str, id: &str, number: Option<u32>) -> bool {
    let values = trailers(message).filter_map(|line| line.strip_prefix("Session-Checkpoint:"));
    let mut own = values.filter_map(|value| value.trim().split_once('/')).filter(|(whose, _)| *whose == id);
    own.any(|(_, found)| number.is_none_or(|number| found == number.to_string()))
}

/// The trailers say that it holds documents of this session only.
pub fn is_bookkeeping(message: &str, id: &str) -> bool {
    has_trailer(message, &format!("Session-Progress: {id}"))
}

/// The commit of documents that `start` makes where they are tracked.
pub fn is_start(message: &str, id: &str) -> bool {
    is_bookkeeping(message, id) && message.starts_with(&format!("docs(progress): start {id}\n"))
}

/// The trailers say that the session has made it, whatever it holds.
pub fn is_of(message: &str, id: &str) -> bool {
    is_work(message, id) || is_checkpoint(message, id, None) || is_bookkeeping(message, id)
}

/// A whole trailer, such as `Session-Id: BE-04`.
pub fn has_trailer(message: &str, trailer: &str) -> bool {
    trailers(message).any(|line| line.trim_end() == trailer)
}

/// What the trailers say under a key, such as `Session-Id:`.
pub fn values<'m>(message: &'m str, key: &str) -> Vec<&'m str> {
    trailers(message).filter_map(|line| line.strip_prefix(key)).map(str::trim).collect()
}

/// Lines of the last paragraph: what a text above quotes says nothing about its commit.
fn trailers(message: &str) -> impl Iterator<Item = &str> {
    let message = message.trim_end();
    message.rsplit_once("\n\n").map_or("", |(_, last)| last).lines()
}

fn part_of(session: &Session, project: &str) -> String {
    match &session.metadata.phase {
        Some(phase) => format!("{project} Phase {phase}"),
        None => project.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects() {
        for good in ["feat: a", "fix(nib)!: b", "refactor!: c", "test(e2e, ui): d"] {
            check_subject(good).expect(good);
        }
        for bad in ["", "a", "feat:a", "feat : a", "feature: a", "feat(): a", "feat(a: b", "feat: ", "Feat: a"] {
            assert!(check_subject(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn commits_of_other_sessions_are_told_apart() {
        assert!(!is_of_another("feat: by hand\n", "A-1"));
        assert!(!is_of_another("WIP\n\nSession-Checkpoint: A-1/2\n", "A-1"));
        assert!(is_of_another("WIP\n\nSession-Checkpoint: A-10/2\n", "A-1"));
        assert!(is_of_another("feat: b\n\nSession-Id: B-1\n", "A-1"));
        assert!(is_of_another("docs\n\nSession-Progress: A-1\n", "A-1"));
    }

    #[test]
    fn the_session_finds_its_own_commits() {
        let session = Session { id: "A-1".into(), ..Session::default() };
        let message = work("feat: a", &session, "Pay", "1 passed");
        assert!(is_work(&message, "A-1") && !is_work(&message, "A-10") && !is_work(&message, "A"));
        assert!(!is_work("Revert\n\nSession-Id: A-1\n\nThis reverts it.\n", "A-1"), "no trailer");
        let message = checkpoint(&Checkpoint { number: 2, ..Checkpoint::default() }, &session, "Pay");
        assert!(is_checkpoint(&message, "A-1", Some(2)) && !is_work(&message, "A-1"));
        assert!(is_checkpoint(&message, "A-1", None) && !is_checkpoint(&message, "A-10", None));
        assert!(!is_checkpoint(&message, "A-1", Some(20)) && !is_checkpoint(&message, "A-10", Some(2)));
    }

    #[test]
    fn a_checkpoint_says_what_is_done_and_what_remains() {
        let session = Session { id: "BE-04".into(), ..Session::default() };
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let data = Checkpoint {
            number: 2,
            message: "matching logic complete".into(),
            done: texts(&["Task 1", "Task 2"]),
            remaining: texts(&["Task 3"]),
            ..Checkpoint::default()
        };
        assert_eq!(
            checkpoint(&data, &session, "Pay"),
            "WIP: [BE-04] checkpoint - matching logic complete\n\nCompleted:\n- Task 1: [done]\n- Task 2: [done]\n\n\
             Remaining:\n- Task 3: [pending]\n\nPart of: Pay\nSession: BE-04 (checkpoint 2)\n\n\
             Session-Checkpoint: BE-04/2\n"
        );
    }

    #[test]
    fn footers_stand_once_and_trailers_last() {
        let session = Session { id: "BE-04".into(), ..Session::default() };
        let plain = work("feat: a\n\n- b", &session, "Pay", "1 passed");
        assert_eq!(
            plain,
            "feat: a\n\n- b\n\nPart of: Pay\nSession: BE-04\n\nSession-Id: BE-04\nSession-Verified: 1 passed\n"
        );
        let again = work("feat: a\n\n- b\n\nPart of: Pay\nSession: BE-04", &session, "Other", "1 passed");
        assert_eq!(again, plain, "what the plan says of the project wins");
    }
}
