//! Warnings are made here, and worded where they arise but for those about headings.

use std::borrow::Cow;

use session_sdk::Warning;

use super::column::Columns;
use super::heading::Opening;
use super::lines::Line;

pub fn warning(line: usize, kind: &str, message: String) -> Warning {
    Warning { line, column: 1, kind: kind.into(), message, ..Warning::default() }
}

/// What a message quotes of the plan: people put whole pages in one item of a list.
pub fn short(text: &str) -> Cow<'_, str> {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// One about a session.
pub fn about(session: &str, line: usize, kind: &str, message: String) -> Warning {
    Warning { session: Some(session.to_owned()), ..warning(line, kind, message) }
}

pub(super) fn open_fence(line: &Line<'_>, id: &str, fence: usize) -> Warning {
    let message =
        format!("the fence of line {fence} is open still, and {} begins a session here nevertheless", short(id));
    Warning { related_line: Some(fence), ..about(id, line.number, "open-fence", message) }
}

pub(super) fn not_a_session(line: &Line<'_>, title: &str, level: usize) -> Warning {
    let marks = "#".repeat(level.max(1));
    let message = format!(
        "`{}` looks like a session but is not read as one; write `{marks} Session ID: Title`, as in `BE-04`",
        short(title)
    );
    let column = Columns::default().of(line, title);
    Warning { column, ..warning(line.number, "not-a-session", message) }
}

pub(super) fn near_miss(line: &Line<'_>, title: &str, level: usize) -> Warning {
    let marks = "#".repeat(level.max(1));
    let message = format!(
        "`{}` begins with an ID but is not read as a session; write `{marks} ID: Title`, one ID in a heading",
        short(title)
    );
    let column = Columns::default().of(line, title);
    Warning { column, ..warning(line.number, "near-miss", message) }
}

pub(super) fn cut_off(line: &Line<'_>, title: &str, id: &str, by: usize) -> Warning {
    let message = format!(
        "`{}` belongs to no session: the heading of line {by} ended {}; put it before that, or give that more `#`",
        short(title),
        short(id)
    );
    Warning { related_line: Some(by), ..about(id, line.number, "cut-off", message) }
}

pub(super) fn level_differs(line: &Line<'_>, opening: &Opening<'_>, level: usize) -> Warning {
    let id = short(opening.id);
    let message = format!("the heading of {id} has {} `#`, those of the other sessions have {level}", opening.level);
    let column = Columns::default().of(line, opening.id);
    Warning { column, ..about(opening.id, line.number, "level-differs", message) }
}
