//! A session as one Markdown document for somebody else, and the way back for the answer of a reviewer.

use std::fmt::Write as _;
use std::path::Path;

use session_core::session::EventKind;
use session_core::session::{
    CheckRecord, Overview, Record, Redacted, SessionState, brief, first_lines, redact, redact_diff,
};
use session_system::{Limit, read_own};
use session_types::hash::short;
use session_types::markdown::backticks_around;
use session_types::{CheckKind, Session, Verdict};

use super::app::{App, Start};
use super::error::CommandError;
use super::markdown::{code, code_in_cell, sentence, words};
use super::note;
use super::words::{count, lines as check_lines, seconds, verdict};

/// Lines of a failed check's output that a reviewer sees.
const TAIL: usize = 40;
/// Lines of a diff, and of any other text, that a reviewer sees.
const DIFF: usize = 3000;
const TEXT: usize = 1000;
/// Bytes of an answer that go into the notes, and so into the record.
const LONGEST: usize = 256 << 10;

/// Whom a document is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// A reviewer: task, diff since start, check results and open questions.
    Review,
    /// A pull request: the evidence of the session.
    PullRequest,
}

/// What became of it.
#[derive(Debug)]
pub struct HandOver {
    pub id: String,
    pub end: HandOverEnd,
}

#[derive(Debug)]
pub enum HandOverEnd {
    /// The document, without what may be secrets.
    Document(Redacted),
    /// Lines of a reviewer's answer that stand in the notes now.
    Pasted(usize),
}

/// Makes the document for `reader`.
///
/// # Errors
/// Where there is nothing to hand over, or it cannot be read.
pub fn hand_over(start: &Start, id: Option<&str>, reader: Reader) -> Result<HandOver, CommandError> {
    let app = App::open(start)?;
    let (overview, id) = known(&app, id)?;
    app.refuse_damaged(&overview, |damaged| damaged == id)?;
    let (live, record) = (overview.live(&id), overview.records.get(&id));
    let document = match reader {
        Reader::PullRequest if live.is_none() && record.is_none() => {
            return Err(CommandError::new(format!("{id} has no evidence: it was never started"))
                .hint(format!("session start {id}")));
        }
        Reader::PullRequest => {
            let record = record.filter(|record| live.is_none_or(|state| state.session.attempt <= record.attempt));
            redact(&evidence(live.map(|state| &state.session), record, live))
        }
        Reader::Review => review(&app, &overview, app.session(&overview, Some(&id))?)?,
    };
    Ok(HandOver { id, end: HandOverEnd::Document(document) })
}

/// Puts a reviewer's answer into the notes of a session.
///
/// # Errors
/// Where the file cannot be read or is no review, or the session is not under way.
pub fn take_review(start: &Start, id: Option<&str>, path: &Path) -> Result<HandOver, CommandError> {
    // What is pasted is a note, and that is an event.
    let app = App::open_for_session(start, id, EventKind::Note)?;
    let (overview, id) = known(&app, id)?;
    let lines = paste(&app, &overview, app.session(&overview, Some(&id))?, path)?;
    Ok(HandOver { id, end: HandOverEnd::Pasted(lines) })
}

fn known(app: &App<'_>, id: Option<&str>) -> Result<(Overview, String), CommandError> {
    let mut overview = app.overview(None)?;
    app.look_at_branches(&mut overview);
    let id = app.id(&overview, id)?;
    Ok((overview, id))
}

/// The document for a reviewer: it needs a session that is under way.
fn review(app: &App<'_>, overview: &Overview, state: &SessionState) -> Result<Redacted, CommandError> {
    let session = &state.session;
    let notes = app.task(state)?.and_then(|task| task.notes).unwrap_or_default();
    let dispatcher = app.dispatcher(overview.plan.as_deref(), app.project.home.logs());
    let diff = dispatcher.diff(state, overview.documents(Some(state)))?;
    let mut out = format!("# Review of {}: {}\n\n", words(&session.id), words(&session.title));
    out.push_str(
        "Read the task, then the change. Say first what is wrong or missing, each with file and line, worst first; \
         then answer the open questions. Bring the answer back with ",
    );
    let _ = writeln!(out, "{}.", code(&format!("session show {} --for review --paste FILE", session.id)));
    for (title, text) in
        [("Context", &session.context), ("Task", &session.prompt), ("Expected output", &session.expected_output)]
    {
        let whole = session.source.as_ref().map_or("session show".to_owned(), |at| format!("{}:{}", at.path, at.line));
        text.iter().for_each(|text| section(&mut out, title, &limited("md", text, TEXT, &whole)));
    }
    section(&mut out, "Checks", &checks(state));
    section(&mut out, "Open questions", &questions(state, &notes));
    if !notes.trim().is_empty() {
        let (text, more) = first_lines(notes.trim(), TEXT);
        let whole = state.task_file.as_deref().unwrap_or("the task file");
        section(&mut out, "Notes", &format!("{text}{}", more_lines(more, whole)));
    }
    let mut left_out = 0;
    let diff = match diff.as_deref() {
        None => "No plugin knows what has changed here.".to_owned(),
        Some("") => "Nothing has changed since the session was started.".to_owned(),
        Some(diff) => {
            let diff = redact_diff(diff);
            left_out = diff.lines;
            limited("diff", &diff.text, DIFF, &diff_command(session))
        }
    };
    section(&mut out, "Changes since start", &diff);
    let out = redact(&out);
    Ok(Redacted { text: out.text, lines: out.lines + left_out })
}

/// What shows all of a session's changes.
fn diff_command(session: &Session) -> String {
    let base = session.facts.get("base").and_then(|base| base.split(' ').next()).filter(|base| !base.is_empty());
    format!("git diff {}", base.map_or("HEAD", |base| base.get(..12).unwrap_or(base)))
}

/// A fence with the first lines of a text; behind it how many there are more, and where.
fn limited(info: &str, text: &str, most: usize, whole: &str) -> String {
    let (text, more) = first_lines(text, most);
    format!("{}{}", fenced(info, &text), more_lines(more, whole))
}

fn more_lines(more: usize, whole: &str) -> String {
    if more == 0 { String::new() } else { format!("\n\n{}: {}", count(more, "more line"), code(whole)) }
}

/// Puts a reviewer's answer into the notes, quoted: its headings and fences are no parts of the task file.
fn paste(app: &App<'_>, overview: &Overview, state: &SessionState, path: &Path) -> Result<usize, CommandError> {
    let text = read_own(path, Limit::TEXT)
        .map_err(|e| CommandError::from(e).while_(format!("{} cannot be read", path.display())))?;
    let text = String::from_utf8(text).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        CommandError::new(format!("{} is not UTF-8", path.display()))
            .because(format!("byte {at} does not belong to any character"))
            .hint("save it as UTF-8, then the same command again")
    })?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.len() > LONGEST {
        return Err(CommandError::new(format!("{} is longer than a review", path.display()))
            .because(format!("it has {} KB, and the notes take {}", text.len() >> 10, LONGEST >> 10))
            .hint("keep what matters of it"));
    }
    if text.is_empty() {
        return Err(CommandError::new(format!("{} is empty", path.display())).hint("put the answer into it first"));
    }
    let mut lines = vec![format!("- Review of {} ({}):", app.stamp().minute(), count(text.lines().count(), "line"))];
    lines.extend(text.lines().map(|line| format!("  > {line}").trim_end().to_owned()));
    note::add(app, overview, state, &lines, false)?;
    Ok(lines.len() - 1)
}

/// The evidence for a pull request, from the record where the session is done.
fn evidence(session: Option<&Session>, record: Option<&Record>, state: Option<&SessionState>) -> String {
    let made = state.filter(|_| record.is_none()).map(|state| Record::of(state, Vec::new(), None));
    let Some(record) = record.or(made.as_ref()) else { return String::new() };
    let mut out =
        format!("## {}: {}\n\n**Verified:** {}", words(&record.id), words(&record.title), words(&record.verified));
    record.completed.iter().for_each(|at| _ = write!(out, ", completed {}", at.minute()));
    out.push_str(&taken_back(record));
    out.push_str("\n\n");
    if !record.checks.is_empty() {
        out.push_str("| Check | Result | Exit | Time |\n|---|---|---|---|\n");
        record.checks.iter().for_each(|check| out.push_str(&row(check)));
        out.push('\n');
    }
    let facts = |key: &str| record.facts.get(key).map(String::as_str).unwrap_or_default();
    let commits: Vec<String> = facts("commits").lines().map(short).map(|c| format!("`{c}`")).collect();
    if !commits.is_empty() {
        let _ = writeln!(out, "**Commits:** {}\n", commits.join(", "));
    }
    let files: Vec<&str> = facts("files").lines().collect();
    if !files.is_empty() {
        let lines: String = files.iter().map(|file| format!("- {}\n", code(file))).collect();
        let _ = writeln!(out, "<details><summary>{}</summary>\n\n{lines}\n</details>\n", count(files.len(), "file"));
    }
    let flags: String = record.flags_as(code, sentence).map(|flag| format!("- {flag}\n")).collect();
    if !flags.is_empty() {
        let _ = writeln!(out, "**To look at**\n\n{flags}");
    }
    let notes: String = brief(&record.notes).iter().map(|note| format!("- {}\n", sentence(note))).collect();
    if !notes.is_empty() {
        let _ = writeln!(out, "**Notes**\n\n{notes}");
    }
    if let Some(source) = session.and_then(|session| session.source.as_ref()) {
        let _ = writeln!(out, "Plan: {}", code(&format!("{}:{}", source.path, source.line)));
    }
    out
}

fn row(check: &CheckRecord) -> String {
    let text = check.check.lines().next().unwrap_or_default();
    let text = if check.kind == CheckKind::Command { code_in_cell(text) } else { words(text) };
    let exit = check.exit.map_or("—".to_owned(), |code| code.to_string());
    let time = check.milliseconds.map_or("—".to_owned(), seconds);
    let by = check.by.as_ref().map_or(String::new(), |by| format!(" by {}", words(by)));
    format!("| {text} | {}{by} | {exit} | {time} |\n", verdict(check.verdict))
}

fn checks(state: &SessionState) -> String {
    if state.checks.is_empty() {
        let lines: String =
            state.session.checks.iter().flat_map(check_lines).map(|line| format!("    {line}\n")).collect();
        return if lines.is_empty() {
            "The plan names no check.".to_owned()
        } else {
            format!("Not verified yet; these will be run:\n\n{lines}")
        };
    }
    let mut out = String::new();
    for check in &state.checks {
        let evidence = &check.evidence;
        let text = evidence.check.lines().next().unwrap_or_default();
        let text = if evidence.kind == CheckKind::Command { code(text) } else { words(text) };
        let exit = evidence.exit.filter(|code| *code != 0).map_or(String::new(), |code| format!(" (exit code {code})"));
        let _ = writeln!(out, "- {}: {text}{exit}", verdict(check.verdict));
        if let Some(tail) = evidence.tail.as_deref().filter(|_| check.verdict == Verdict::Failed) {
            let lines: Vec<&str> = tail.lines().collect();
            let _ = writeln!(out, "\n{}", fenced("text", &lines[lines.len().saturating_sub(TAIL)..].join("\n")));
        }
    }
    out
}

/// Manual items that nobody confirmed, and notes that end in a question mark.
fn questions(state: &SessionState, notes: &str) -> String {
    let confirmed = |text: &str| {
        state.checks.iter().any(|check| check.evidence.check == text && check.verdict == Verdict::Attested)
            || state.session.task.as_ref().is_some_and(|task| task.ticked.iter().any(|ticked| ticked == text))
    };
    let manual = state.session.checks.iter().filter(|check| check.kind == CheckKind::Manual);
    let manual = manual
        .filter(|check| !confirmed(&check.text))
        .map(|check| format!("- Does this hold: {}\n", words(&check.text)));
    let asked = notes.lines().map(str::trim).filter(|line| line.ends_with('?') && !line.starts_with('>'));
    let asked = asked.map(|line| format!("- {}\n", sentence(line.trim_start_matches("- "))));
    let all: String = manual.chain(asked).collect();
    if all.is_empty() { "None were noted.".to_owned() } else { all }
}

fn section(out: &mut String, title: &str, text: &str) {
    let _ = write!(out, "\n## {title}\n\n{}\n", text.trim_end());
}

fn fenced(info: &str, text: &str) -> String {
    let marks = backticks_around(text, 3);
    format!("{marks}{info}\n{}\n{marks}", text.trim_end_matches('\n'))
}

/// That and how it was taken back, behind what is said of it; nothing where it was not.
pub fn taken_back(record: &Record) -> String {
    let Some(back) = &record.rolled_back else { return String::new() };
    let by = record.facts.get("revert").map(|line| short(line)).unwrap_or_default();
    let how = if back.partly { "partly rolled back" } else { "rolled back" };
    format!(", {how} {} {by}", back.at.minute()).trim_end().to_owned()
}
