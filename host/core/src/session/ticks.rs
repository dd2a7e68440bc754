//! What the boxes of a task file say: what is done and what remains. Pure; who reads the file is `workflow/app.rs`.

use session_types::{Check, CheckKind, Task, Verdict};

use super::verification::CheckResult;

/// The session's checks and the boxes in its notes, those that are ticked and those that are not. Of the checks nothing
/// is said while none is ticked: whoever does not work with ticks has not said that all of it remains. What a command has
/// to say it said in the last verification; a tick is no evidence for it.
pub fn ticks(checks: &[Check], verified: &[CheckResult], task: &Task) -> (Vec<String>, Vec<String>) {
    let is_ticked = |check: &&Check| task.ticked.contains(&check.text);
    let passed = |check: &Check| {
        verified.iter().any(|result| result.evidence.check == check.text && result.verdict == Verdict::Passed)
    };
    let is_done = |check: &&Check| match check.kind {
        CheckKind::Command => passed(check),
        CheckKind::Manual => is_ticked(check),
    };
    let (mut done, mut remaining): (Vec<&Check>, Vec<&Check>) = checks.iter().partition(is_done);
    if !checks.iter().any(|check| is_ticked(&check)) {
        done.clear();
        remaining.clear();
    }
    let (done, remaining) = (done.drain(..).map(brief), remaining.drain(..).map(brief));
    let boxes: Vec<(bool, String)> = task.notes.iter().flat_map(|notes| notes.lines()).filter_map(ticked).collect();
    let noted = |ticked: bool| boxes.iter().filter(move |(is, _)| *is == ticked).map(|(_, text)| text.clone());
    (done.chain(noted(true)).collect(), remaining.chain(noted(false)).collect())
}

fn brief(check: &Check) -> String {
    let mut lines = check.text.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    if lines.next().is_some() { first + " …" } else { first }
}

/// `- [x] text`, and whether it is ticked.
fn ticked(line: &str) -> Option<(bool, String)> {
    let rest = line.trim_start().strip_prefix(['-', '*', '+'])?.trim_start().strip_prefix('[')?;
    let (mark, text) = rest.split_once(']')?;
    let ticked = match mark.trim() {
        "" => false,
        "x" | "X" => true,
        _ => return None,
    };
    Some((ticked, text.trim().to_owned())).filter(|(_, text)| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(ticked: &[&str], notes: &str) -> (Vec<String>, Vec<String>) {
        let checks = ["cargo test", "a\nb", "The clerk agrees"];
        let checks = checks.map(|text| Check { text: text.into(), ..Check::default() });
        let ticked = ticked.iter().map(|text| (*text).to_owned()).collect();
        ticks(&checks, &[], &Task { ticked, notes: Some(notes.into()), ..Task::default() })
    }

    #[test]
    fn what_is_ticked_is_done_and_the_rest_remains() {
        let (done, remaining) = told(&["The clerk agrees", "gone"], "");
        assert_eq!((done, remaining), (vec!["The clerk agrees".into()], vec!["cargo test".into(), "a …".into()]));
    }

    #[test]
    fn a_tick_says_nothing_of_a_command() {
        let command = |text: &str| Check { kind: CheckKind::Command, text: text.into(), ..Check::default() };
        let checks = [command("passes"), command("fails")];
        let task = Task { ticked: vec!["passes".into(), "fails".into()], ..Task::default() };
        let evidence = session_types::Evidence { check: "passes".into(), ..session_types::Evidence::default() };
        let verified = [CheckResult { plugin: "p".into(), verdict: Verdict::Passed, evidence }];
        assert_eq!(ticks(&checks, &verified, &task), (vec!["passes".into()], vec!["fails".into()]));
        assert_eq!(ticks(&checks, &[], &task).0, Vec::<String>::new(), "nothing has run");
    }

    #[test]
    fn without_a_tick_nothing_is_said_of_the_checks() {
        assert_eq!(told(&[], "prose\n- no box\n- [link](x)\n"), (vec![], vec![]));
    }

    #[test]
    fn boxes_in_the_notes_count_whether_checks_are_ticked_or_not() {
        let (done, remaining) = told(&[], "- [x] parse it\n  * [ ] write it\n- [ ]\n+ [X] read it\n");
        assert_eq!((done, remaining), (vec!["parse it".into(), "read it".into()], vec!["write it".into()]));
    }
}
