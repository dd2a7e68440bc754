//! What holds for every text that is read, however odd: checked by proptest, by the fuzz target `plan_reader` and by
//! its corpus. Which reading is right is not asked here; that is `plans.rs` and `lenient.rs`.

use std::collections::HashSet;

use session_plugin_markdown::reader;
use session_sdk::{PlanDocument, PlannedSession, Text};

/// Panics where anything of it does not hold.
pub fn holds(text: &str) {
    let Some(plan) = reader::read(text) else { return };
    lines_are_in_range(text, &plan);
    spans_are_in_order(text, &plan);
    each_id_has_one_session(&plan);
    line_ends_do_not_matter(text, &plan);
}

fn lines_are_in_range(text: &str, plan: &PlanDocument) {
    let end = if text.contains('\n') { '\n' } else { '\r' };
    let last = text.split_inclusive(end).count();
    let check = |line: usize| assert!((1..=last).contains(&line), "line {line} of {last}");
    for warning in &plan.warnings {
        check(warning.line);
        warning.related_line.into_iter().for_each(check);
    }
    for session in &plan.sessions {
        check(session.line);
        session.depends_lines.iter().copied().for_each(check);
        session.checks.iter().filter_map(|found| found.line).for_each(check);
        assert_eq!(session.depends_on.len(), session.depends_lines.len());
    }
    assert!(plan.warnings.is_sorted_by_key(|warning| warning.line));
}

fn parts(session: &PlannedSession) -> [Text; 4] {
    [session.context.clone(), session.prompt.clone(), session.expected_output.clone(), session.notes.into()]
}

fn spans_are_in_order(text: &str, plan: &PlanDocument) {
    let mut end = 0;
    for session in &plan.sessions {
        let whole = session.span.expect("every session has its bytes");
        assert!(end <= whole.start && whole.start < whole.end && text.get(whole.start..whole.end).is_some());
        end = whole.end;
        for part in parts(session) {
            let mut behind = whole.start;
            for span in part.spans() {
                assert!(behind <= span.start && span.start <= span.end && span.end <= whole.end, "{}", session.id);
                assert!(text.get(span.start..span.end).is_some(), "a span cuts a character");
                behind = span.end;
            }
        }
    }
}

fn each_id_has_one_session(plan: &PlanDocument) {
    let mut seen = HashSet::new();
    for session in &plan.sessions {
        assert!(seen.insert(&session.id) && !session.id.ends_with("-rollback"), "{}", session.id);
        let once: HashSet<&String> = session.depends_on.iter().collect();
        assert_eq!(once.len(), session.depends_on.len());
    }
}

/// The same with carriage returns, but for the numbers of the bytes.
fn line_ends_do_not_matter(text: &str, plan: &PlanDocument) {
    if text.contains('\r') || !text.contains('\n') {
        return;
    }
    let other = text.replace('\n', "\r\n");
    let found = reader::read(&other).expect("a plan with other line ends");
    for (a, b) in plan.sessions.iter().zip(&found.sessions) {
        for (a, b) in parts(a).into_iter().zip(parts(b)) {
            let b = b.cut(other.as_bytes()).map(|b| b.replace("\r\n", "\n"));
            assert_eq!(a.cut(text.as_bytes()), b);
        }
    }
    assert_eq!(without_spans(plan.clone()), without_spans(found));
}

pub fn without_spans(mut plan: PlanDocument) -> PlanDocument {
    for session in &mut plan.sessions {
        (session.span, session.notes) = (None, None);
        [session.context, session.prompt, session.expected_output] = [const { Text::new() }; 3];
    }
    plan
}
