//! One session more in the plan. The new text is read back before it is written: what the plan's reader would not see, or
//! what would change its other sessions, is refused.

use std::fmt::Write as _;
use std::path::PathBuf;

use session_core::session::Plan;
use session_system::Limit;
use session_types::markdown::{Heading, backticks_around};
use session_types::{Check, CheckKind, PlanDocument, PlannedSession, Session, Span, Text};

use super::app::{App, Start};
use super::error::CommandError;
use super::freeze::check_id;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct PlanAddRequest {
    /// The plan; none for the one that is found.
    pub plan: Option<PathBuf>,
    pub id: String,
    /// One line.
    pub title: String,
    /// Commands that prove it done.
    pub checks: Vec<String>,
    /// Sessions that it depends on. It is written behind the last of these, else at the end.
    pub after: Vec<String>,
    /// What is to be done; none for the title.
    pub prompt: Option<String>,
    pub dry_run: bool,
}

/// A file with its text before and after.
#[derive(Clone, Debug)]
pub struct PlanAddOutcome {
    pub path: String,
    pub before: String,
    pub after: String,
    /// Where the new session begins, from 1.
    pub line: usize,
}

/// Adds a session to the plan.
///
/// # Errors
/// Where the plan has it already, cannot be read, or cannot take it in a form that its reader understands.
pub fn add_to_plan(start: &Start, request: &PlanAddRequest) -> Result<PlanAddOutcome, CommandError> {
    let app = App::open(start)?;
    let id = &request.id;
    check_id(id)?;
    let title_ok = !request.title.trim().is_empty() && !request.title.contains(char::is_control);
    if !title_ok {
        return Err(CommandError::usage("a title is one line").hint(format!("session plan add {id} \"Title\"")));
    }
    // What it adds to is read under the project's lock.
    let _lock = if request.dry_run { None } else { Some(app.lock_project()?) };
    let (overview, plan) = app.overview_with_plan(request.plan.as_deref())?;
    if let Some(known) = plan.session(id) {
        let place = format!("{}:{}", plan.file(known), known.line);
        return Err(CommandError::new(format!("{id} stands in the plan already"))
            .because(format!("at {place}"))
            .hint("give it another number"));
    }
    for id in &request.after {
        if plan.session(id).is_none() {
            app.refuse_unknown(&overview, id)?;
        }
    }
    let outcome = composed(&app, request, &plan)?;
    if request.dry_run {
        return Ok(outcome);
    }
    let path = &outcome.path;
    let mut files = app.project.files(false)?;
    // Looked at again under the lock: what an editor has saved meanwhile is not overwritten.
    let now = files.read(path)?.unwrap_or_default();
    if now != outcome.before.as_bytes() {
        return Err(CommandError::new(format!("{path} was changed in this very moment")).hint("the same command again"));
    }
    keep_as_document(&app, path)?;
    files.write(path, outcome.after.as_bytes())?;
    approve_typed(&app, request, &plan.path)?;
    Ok(outcome)
}

/// What the host writes is not left for the user to commit. Where the file holds edits of the user's own already, all of it
/// stays theirs.
fn keep_as_document(app: &App<'_>, path: &str) -> Result<(), CommandError> {
    let snapshot = app.dispatcher(None, app.project.home.logs()).snapshot(Vec::new())?;
    if snapshot.is_some_and(|snapshot| !snapshot.changed.iter().any(|changed| changed == path)) {
        app.keep_documents(&[path.to_owned()])?;
    }
    Ok(())
}

/// What a person types here is no news to them; where nothing is approved yet, it is asked for with all the rest.
fn approve_typed(app: &App<'_>, request: &PlanAddRequest, path: &str) -> Result<(), CommandError> {
    if request.checks.is_empty() || !app.programs {
        return Ok(());
    }
    let plan = app.plan(path)?;
    let Some(planned) = plan.session(&request.id) else { return Ok(()) };
    let mut session = Session { id: request.id.clone(), checks: planned.checks.clone(), ..Session::default() };
    session.metadata = planned.metadata.clone();
    session.metadata.repository = app.project.repository_of(&request.id, session.metadata.repository.as_deref());
    app.approve_typed(&session, &request.checks, false)
}

/// The first form that the plan's own reader takes.
fn composed(app: &App<'_>, request: &PlanAddRequest, plan: &Plan) -> Result<PlanAddOutcome, CommandError> {
    let sessions = &plan.document.sessions;
    let behind = request
        .after
        .iter()
        .filter_map(|id| plan.session(id))
        .max_by_key(|session| sessions.iter().position(|known| known.id == session.id));
    let Some(behind) = behind.or(sessions.last()) else {
        return Err(CommandError::new(format!("{} has no session yet", plan.path)).hint("write the first one by hand"));
    };
    let folder = behind.path.as_deref().and_then(|path| path.rsplit_once('/')).map(|(folder, _)| folder);
    let (path, before) = match folder {
        Some(folder) => (format!("{folder}/{}.md", request.id), String::new()),
        None => (plan.path.clone(), text(app, &plan.path)?),
    };
    if folder.is_some() && app.project.root.join(&path).symlink_metadata().is_ok() {
        return Err(CommandError::new(format!("{path} is there already")).hint("give the session another number"));
    }
    let at = if folder.is_some() { 0 } else { behind.span.map_or(before.len(), |span| span.end) };
    let level = if folder.is_some() { 1 } else { level(&before, behind) };
    // In the dialect of its neighbour, where that is what the reader takes.
    let tagged =
        behind.span.and_then(|span| before.get(span.start..span.end)).is_some_and(|text| text.contains("<session "));
    let worded = before
        .lines()
        .nth(behind.line - 1)
        .is_none_or(|line| folder.is_some() || line.to_lowercase().contains("session"));
    let session = markdown(request, level, if level == 1 { "" } else { "Session " }, "dependencies: none\n");
    // Without the word, a plan may be one whose order counts: `none` would say it for all of its sessions.
    let lettered = markdown(request, level, "", "");
    let forms = match (tagged, worded) {
        (true, _) => [element(request), session, lettered],
        (false, true) => [session, element(request), lettered],
        (false, false) => [lettered, session, element(request)],
    };
    let mut why = "the text behind the last session is not closed, or the plan has a notation of its own".to_owned();
    for block in forms {
        let after = inserted(&before, at, &block);
        match app.dispatcher(None, app.project.home.logs()).read_document_as(&plan.path, &path, after.as_bytes()) {
            Ok(read) => {
                if let Some(line) = as_meant(&read, plan, request, &after) {
                    return Ok(PlanAddOutcome { path, before, after, line });
                }
            }
            Err(error) => why = error.to_string(),
        }
    }
    Err(CommandError::new(format!("{path} cannot take {} in a form that its reader understands", request.id))
        .because(why)
        .hint(format!("write it by hand, like {} at line {}", behind.id, behind.line)))
}

fn text(app: &App<'_>, path: &str) -> Result<String, CommandError> {
    let bytes = app.project.need(path, Limit::PLAN);
    let bytes = bytes.map_err(|e| CommandError::from(e).while_(format!("{path} cannot be read")))?;
    String::from_utf8(bytes).map_err(|_| CommandError::new(format!("{path} is not UTF-8")).hint("save it as UTF-8"))
}

/// Level of the heading of a session; 2 where it has none.
fn level(text: &str, session: &PlannedSession) -> usize {
    let line = text.lines().nth(session.line - 1).unwrap_or_default().trim_start_matches('\u{feff}');
    Heading::of(line).map_or(2, |heading| heading.level)
}

/// The block at its place, in the file's own line ends, with blank lines around it.
fn inserted(before: &str, at: usize, block: &str) -> String {
    let (head, tail) = before.split_at(at);
    let rule = head.trim_end().ends_with("\n---");
    let mut text = String::new();
    if !head.is_empty() {
        let kept = head.trim_end_matches(['\n', '\r']);
        text.push_str(&head[..kept.len()]);
        text.push_str("\n\n");
    }
    text.push_str(block);
    if rule {
        text.push_str("\n---\n");
    }
    if !tail.is_empty() {
        text.push('\n');
    }
    if before.contains("\r\n") {
        let head = &head[..head.trim_end_matches(['\n', '\r']).len()];
        text = format!("{head}{}", text[head.len()..].replace('\n', "\r\n"));
    }
    text + tail
}

/// A session in Markdown, with the word before its ID, and the line that says that it waits for none.
fn markdown(request: &PlanAddRequest, level: usize, word: &str, none: &str) -> String {
    let (h, hh) = ("#".repeat(level), "#".repeat(level + 1));
    let after = match request.after.as_slice() {
        [] => none.to_owned(),
        after => format!("dependencies: {}\n", after.join(", ")),
    };
    let prompt = request.prompt.as_deref().unwrap_or(&request.title);
    let fence = backticks_around(prompt, 3);
    let mut out = format!(
        "{h} {word}{id}: {title}\n\n{hh} Metadata\n\n```yaml\nsession_id: {id}\n{after}```\n\n\
         {hh} Prompt\n\n{fence}markdown\n{prompt}\n{fence}\n",
        id = request.id,
        title = request.title.trim(),
    );
    let (plain, fenced): (Vec<&String>, Vec<&String>) =
        request.checks.iter().partition(|check| !check.contains(['`', '\n']));
    if !plain.is_empty() {
        let _ = write!(out, "\n{hh} Verification Checklist\n\n");
        plain.iter().for_each(|check| _ = writeln!(out, "- [ ] `{check}`"));
    }
    if !fenced.is_empty() {
        let commands: Vec<&str> = fenced.iter().map(|check| check.as_str()).collect();
        let _ = write!(out, "\n{hh} Verification Commands\n\n```sh\n{}\n```\n", commands.join("\n"));
    }
    out
}

/// The same in the XML dialect.
fn element(request: &PlanAddRequest) -> String {
    let escaped =
        |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let mut out = format!("<session id=\"{}\" title=\"{}\">\n<metadata>\n", request.id, escaped(request.title.trim()));
    if !request.after.is_empty() {
        let _ = writeln!(out, "<dependencies>{}</dependencies>", request.after.join(", "));
    }
    let _ = write!(out, "</metadata>\n\n{}\n", request.prompt.as_deref().unwrap_or(&request.title));
    if !request.checks.is_empty() {
        out.push_str("\n<verification>\n");
        request.checks.iter().for_each(|check| _ = writeln!(out, "<check command=\"{}\"/>", escaped(check)));
        out.push_str("</verification>\n");
    }
    out + "</session>\n"
}

/// The line of the new session, where it is there as it was asked for and no other one is any different.
fn as_meant(read: &PlanDocument, plan: &Plan, request: &PlanAddRequest, text: &str) -> Option<usize> {
    let new = read.sessions.iter().find(|session| session.id == request.id)?;
    let prompt = new.prompt.cut(text.as_bytes()).unwrap_or_default().replace('\r', "");
    let mut wanted: Vec<&str> = request.checks.iter().map(String::as_str).collect();
    let mut found: Vec<&str> = new.checks.iter().map(|check| check.text.as_str()).collect();
    wanted.sort_unstable();
    found.sort_unstable();
    let commands = new.checks.iter().all(|check| check.kind == CheckKind::Command && check.setup.is_empty());
    let whole = new.title == request.title.trim()
        && (new.depends_on == request.after || request.after.is_empty() && new.depends_lines == [new.line])
        && new.commit_message.is_none()
        && prompt == request.prompt.as_deref().unwrap_or(&request.title).trim().replace('\r', "")
        && commands
        && found == wanted;
    let others: Vec<PlannedSession> =
        read.sessions.iter().filter(|session| session.id != request.id).map(without_places).collect();
    let before: Vec<PlannedSession> = plan.document.sessions.iter().map(without_places).collect();
    (whole && others == before).then_some(new.line)
}

/// What a session is, wherever it stands: texts by their length.
fn without_places(session: &PlannedSession) -> PlannedSession {
    let moved = |span: Span| Span { start: 0, end: span.end - span.start };
    let length = |text: &Text| Text::from(text.spans().map(|span| moved(span).into()).collect::<Vec<_>>());
    let check = |check: &Check| Check { line: None, ..check.clone() };
    PlannedSession {
        line: 0,
        depends_lines: Vec::new(),
        span: None,
        context: length(&session.context),
        prompt: length(&session.prompt),
        expected_output: length(&session.expected_output),
        notes: session.notes.map(moved),
        checks: session.checks.iter().map(check).collect(),
        ..session.clone()
    }
}
