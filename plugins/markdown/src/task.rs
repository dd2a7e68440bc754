//! The task file SESSION.md: what the person or agent works from. The whole file is the program's but for ticks, the
//! commit message and the notes.

use std::fmt::Write as _;

use session_sdk::hash::short;
use session_sdk::markdown::backticks_around;
use session_sdk::{Check, CheckKind, Error, Project, Result, Session, Settle, Status, SubAgent, Task};

/// Whose a task file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner<'a> {
    /// A stub that this program wrote, or nothing at all.
    Nobody,
    Session(&'a str),
    /// Something that people wrote.
    People,
}

pub fn owner(text: &str) -> Owner<'_> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if let Some(rest) = text.strip_prefix("# Current Session: ") {
        return rest.split_whitespace().next().map_or(Owner::People, Owner::Session);
    }
    let stub =
        ["# Session Complete", "# Session Paused", "# Session Rolled Back"].iter().any(|title| text.starts_with(title));
    if stub || text.is_empty() { Owner::Nobody } else { Owner::People }
}

/// What is said of a checkpoint that a rollback has undone.
const UNDONE: &str = "; undone by a rollback";

/// Whether the file holds lines that neither a new rendering nor the places of people would keep.
pub fn loses(before: &str, kept: &str) -> bool {
    if owner(before) == Owner::Nobody {
        return before.lines().any(|line| !is_of_stub(line));
    }
    // A line about a checkpoint says more once it is undone.
    let was = |line| str::strip_suffix(line, UNDONE);
    let kept: std::collections::HashSet<&str> =
        kept.lines().map(str::trim).flat_map(|line| [line, was(line).unwrap_or(line)]).collect();
    before.lines().map(str::trim).any(|line| !line.is_empty() && !kept.contains(line))
}

/// A line that this program writes into a stub; whatever else stands there is somebody's.
fn is_of_stub(line: &str) -> bool {
    let begins = [
        "# Session Complete",
        "# Session Paused",
        "# Session Rolled Back",
        "- **Session:** ",
        "- **Last session:** ",
        "- **Completed at:** ",
        "- **Commit:** ",
        "- **Undone by:** ",
        "Go on with `session start ",
        "message come back.",
        "Every session is done.",
        "No other session can start now",
        "## Ready next",
    ];
    let next = line.starts_with("- ") && line.contains(": `session start ");
    line.trim().is_empty() || next || begins.iter().any(|begin| line.starts_with(begin))
}

/// The file of an active session.
pub fn render(session: &Session, project: &Project, yours: &Task) -> String {
    PARTS.iter().map(|(_, part)| part(session, project, yours)).collect()
}

/// The file after a template: `{{name}}` stands for a part, its heading included.
///
/// # Errors
/// A name that is no part, or a file that could not be read back: ticks, commit message and notes would be lost.
pub fn from_template(template: &str, session: &Session, project: &Project, yours: &Task) -> Result<String> {
    let mut out = String::new();
    let mut used = Vec::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once("{{") {
        let (name, after) =
            behind.split_once("}}").ok_or_else(|| Error::new("the template has a `{{` without `}}`"))?;
        let known = PARTS.iter().find(|(part, _)| *part == name.trim());
        let names = || PARTS.iter().map(|(part, _)| *part).collect::<Vec<_>>().join(", ");
        let (_, part) = known.ok_or_else(|| {
            Error::new(format!("the template names `{}`, which is no part of a task file", name.trim()))
                .hint(format!("parts are {}", names()))
        })?;
        used.push(name.trim());
        out.push_str(before);
        let text = part(session, project, yours);
        let text = text.trim_matches('\n');
        if !text.is_empty() && !out.is_empty() {
            // A heading right below a fence reads badly.
            out.truncate(out.trim_end_matches('\n').len());
            out.push_str("\n\n");
        }
        out.push_str(text);
        rest = after;
    }
    out.push_str(rest);
    let lost = ["head", "checks", "commit", "notes"].into_iter().find(|part| !used.contains(part));
    match lost {
        Some(part) => Err(Error::new(format!("the template lacks {{{{{part}}}}}"))
            .because("what people write there could not be read back")
            .hint("add it to the template, or remove `template` from [plugin.config]")),
        None => Ok(out),
    }
}

type Part = fn(&Session, &Project, &Task) -> String;

/// The parts of the file in its order, by the names that a template has for them.
const PARTS: [(&str, Part); 13] = [
    ("head", |session, project, _| head(session, project)),
    ("metadata", |session, project, _| part(|out| yaml(out, "Metadata", &metadata(session, project)))),
    ("system", |session, _, _| part(|out| yaml(out, "System Configuration", &system(session)))),
    ("skills", |session, _, _| part(|out| list(out, "Skills Registry", &session.metadata.skills))),
    ("subagents", |session, _, _| part(|out| subagents(out, &session.metadata.subagents))),
    ("earlier", |session, _, _| part(|out| earlier(out, session))),
    ("context", |session, _, _| part(|out| verbatim(out, "Context", session.context.as_deref()))),
    ("prompt", |session, _, _| part(|out| fenced(out, "Prompt", session.prompt.as_deref()))),
    ("expected_output", |session, _, _| {
        part(|out| verbatim(out, "Expected Output", session.expected_output.as_deref()))
    }),
    ("checks", |session, _, yours| part(|out| checks(out, &session.checks, &yours.ticked))),
    ("commit", |session, _, yours| part(|out| commit(out, session, yours))),
    ("checkpoints", |session, _, _| part(|out| checkpoints(out, session))),
    ("notes", |_, _, yours| part(|out| notes(out, yours))),
];

fn part(write: impl FnOnce(&mut String)) -> String {
    let mut out = String::new();
    write(&mut out);
    out
}

fn head(session: &Session, project: &Project) -> String {
    let folder = folder(session, project);
    let mut out = String::new();
    let title = if session.title.is_empty() { String::new() } else { format!(" — {}", session.title) };
    let _ = writeln!(out, "# Current Session: {}{title}\n", session.id);
    if let Some(source) = &session.source {
        let _ = writeln!(out, "> **Loaded from:** {}:{}", source.path, source.line);
    }
    if let Some(started) = &session.started {
        let _ = writeln!(out, "> **Started:** {}", started.minute());
    }
    if let Some(folder) = folder {
        let _ = writeln!(out, "> **Work in:** {folder}");
    }
    out.push_str("> When done: `session complete` (it runs the checks and commits; do not commit by hand). ");
    out.push_str("Longer than an hour: `session checkpoint -m \"…\"`.\n");
    out
}

/// Where the work is, from the root; none where it is the root itself.
fn folder(session: &Session, project: &Project) -> Option<String> {
    let named = session.metadata.repository.as_deref();
    let repository = project.repositories.iter().find(|repository| Some(repository.name.as_str()) == named);
    let parts = [repository.map(|repository| repository.path.as_str()), session.metadata.working_directory.as_deref()];
    let parts: Vec<&str> = parts.into_iter().flatten().filter(|part| !matches!(*part, "" | "." | "./")).collect();
    (!parts.is_empty()).then(|| parts.join("/"))
}

fn commit(out: &mut String, session: &Session, yours: &Task) {
    let message = yours.commit_message.as_deref().or(session.commit_message.as_deref());
    let fallback = format!("feat: {}", session.title);
    heading(out, "Git Commit");
    fence(out, "", message.unwrap_or(&fallback));
}

fn notes(out: &mut String, yours: &Task) {
    heading(out, "Session Notes");
    if let Some(notes) = yours.notes.as_deref().map(str::trim_end).filter(|notes| !notes.is_empty()) {
        let _ = writeln!(out, "{notes}");
    }
}

/// What stands in the file while the session is paused.
pub fn paused(session: &Session) -> String {
    let id = &session.id;
    format!(
        "# Session Paused\n\n- **Session:** {id} — {}\n\nGo on with `session start {id}`: ticks, notes and the commit \
         message come back.\n",
        session.title
    )
}

/// What stands in the file when no session is active.
pub fn stub(session: &Session, settle: &Settle) -> String {
    let done = session.status == Status::Done;
    let mut out = format!("# Session {}\n\n", if done { "Complete" } else { "Rolled Back" });
    let _ = writeln!(out, "- **Last session:** {} — {}", session.id, session.title);
    if let Some(completed) = session.completed.as_ref().filter(|_| done) {
        let _ = writeln!(out, "- **Completed at:** {}", completed.minute());
    }
    if let Some(commit) = session.facts.get("commit") {
        let _ = writeln!(out, "- **Commit:** {}", short(commit));
    }
    // A dry run has made none.
    let made = |revert: &&String| !done && !revert.starts_with("0000000");
    if let Some(revert) = session.facts.get("revert").filter(made) {
        let _ = writeln!(out, "- **Undone by:** {}", short(revert));
    }
    let titles = |id: &str| settle.sessions.iter().find(|row| row.id == *id).map_or("", |row| row.title.as_str());
    if settle.ready.is_empty() {
        let all = settle.sessions.iter().all(|row| row.status == Status::Done);
        out.push_str(if all {
            "\nEvery session is done.\n"
        } else {
            "\nNo other session can start now: `session next` says why.\n"
        });
    } else {
        out.push_str("\n## Ready next\n\n");
        for id in &settle.ready {
            let _ = writeln!(out, "- {id} — {}: `session start {id}`", titles(id));
        }
    }
    out
}

fn heading(out: &mut String, title: &str) {
    let _ = write!(out, "\n## {title}\n\n");
}

/// Keys in a YAML fence, as the reader reads them.
fn yaml(out: &mut String, title: &str, keys: &[(&str, String)]) {
    if keys.is_empty() {
        return;
    }
    heading(out, title);
    out.push_str("```yaml\n");
    for (key, value) in keys {
        if value.starts_with('\n') {
            let _ = writeln!(out, "{key}:{value}");
        } else {
            let _ = writeln!(out, "{key}: {value}");
        }
    }
    out.push_str("```\n");
}

/// A value that is read back as it is: what looks like a comment or a quote is quoted.
fn scalar(value: &str) -> String {
    let quoted =
        value.contains(" #") || value.starts_with(['"', '\'', '`', '[', '{', '#', '&', '*', '!', '|', '>', '%', '@']);
    match value {
        value if !quoted => value.to_owned(),
        value if !value.contains('"') => format!("\"{value}\""),
        value if !value.contains('\'') => format!("'{value}'"),
        value => value.to_owned(),
    }
}

fn metadata(session: &Session, project: &Project) -> Vec<(&'static str, String)> {
    let meta = &session.metadata;
    let mut keys =
        vec![("session_id", session.id.clone()), ("title", scalar(&session.title)), ("project", scalar(&project.name))];
    let mut add = |key, value: Option<&String>| keys.extend(value.map(|value| (key, scalar(value))));
    add("phase", meta.phase.as_ref());
    add("week", meta.week.map(|week| week.to_string()).as_ref());
    add("track", meta.track.as_ref());
    add("repository", meta.repository.as_ref());
    add("working_directory", meta.working_directory.as_ref());
    add("execution", meta.execution.as_ref());
    add("size", meta.size.as_ref());
    add("estimated_time", meta.estimated_time.as_ref());
    let attempt = (session.attempt > 1).then(|| session.attempt.to_string());
    add("attempt", attempt.as_ref());
    let dependencies: String =
        session.dependencies.iter().map(|d| format!("\n  - {} ({})", d.id, d.status.word())).collect();
    keys.push(("dependencies", if dependencies.is_empty() { "none".into() } else { dependencies }));
    if !meta.parallel_with.is_empty() {
        keys.push(("parallel_with", meta.parallel_with.join(", ")));
    }
    if !meta.files.is_empty() {
        keys.push(("files", meta.files.iter().map(|file| format!("\n  - {}", scalar(file))).collect()));
    }
    keys
}

fn system(session: &Session) -> Vec<(&'static str, String)> {
    let meta = &session.metadata;
    let chosen = session.model.as_ref();
    let model = chosen.map(|choice| format!("{}  # {}", scalar(&choice.model), choice.why));
    let thinking = chosen.map(|choice| choice.thinking.clone()).filter(|thinking| !thinking.is_empty());
    let keys = [
        ("model", model.or_else(|| meta.model.as_deref().map(scalar))),
        ("thinking_mode", thinking.or_else(|| meta.thinking.clone())),
        ("max_thinking_tokens", meta.max_thinking_tokens.clone()),
        ("temperature", meta.temperature.clone()),
    ];
    keys.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

fn list(out: &mut String, title: &str, items: &[String]) {
    if !items.is_empty() {
        heading(out, title);
        items.iter().for_each(|item| _ = writeln!(out, "- {item}"));
    }
}

fn subagents(out: &mut String, agents: &[SubAgent]) {
    if agents.is_empty() {
        return;
    }
    heading(out, "Sub-Agents");
    out.push_str("```yaml\nsub_agents:\n");
    for agent in agents {
        let _ = writeln!(out, "  - name: {}", agent.name);
        for (key, value) in [("role", &agent.role), ("model", &agent.model)] {
            value.iter().for_each(|value| _ = writeln!(out, "    {key}: {value}"));
        }
        let lists = [
            ("responsibilities", &agent.responsibilities),
            ("files", &agent.files),
            ("constraints", &agent.constraints),
        ];
        for (key, items) in lists.into_iter().filter(|(_, items)| !items.is_empty()) {
            let _ = writeln!(out, "    {key}:");
            items.iter().for_each(|item| _ = writeln!(out, "      - {item}"));
        }
    }
    out.push_str("```\n");
}

fn earlier(out: &mut String, session: &Session) {
    if !session.dependencies.iter().any(|d| d.commit.is_some() || !d.notes.is_empty()) {
        return;
    }
    heading(out, "From Earlier Sessions");
    for dependency in &session.dependencies {
        let commit = dependency.commit.as_deref().map_or(String::new(), |c| format!(" — commit {}", short(c)));
        let _ = writeln!(out, "- {}: {}{commit}", dependency.id, dependency.title);
        if !dependency.files.is_empty() {
            let _ = writeln!(out, "  - files: {}", some_of(&dependency.files, 8));
        }
        // What was decided binds who comes later; the rest is there to know.
        let (decisions, notes): (Vec<&String>, Vec<&String>) =
            dependency.notes.iter().partition(|note| is_decision(note));
        for note in decisions.iter().chain(&notes).take(NOTES) {
            let _ = writeln!(out, "  - {note}");
        }
        if dependency.notes.len() > NOTES {
            let _ = writeln!(out, "  - and more: `session show {}`", dependency.id);
        }
    }
}

/// Notes of one earlier session that the task file repeats.
const NOTES: usize = 6;

fn is_decision(note: &str) -> bool {
    let lower = note.to_lowercase();
    ["decision", "decided", "**decision", "**decided"].iter().any(|word| lower.starts_with(word))
}

fn some_of(names: &[String], count: usize) -> String {
    if names.len() <= count {
        return names.join(", ");
    }
    format!("{} and {} more", names[..count].join(", "), names.len() - count)
}

fn verbatim(out: &mut String, title: &str, text: Option<&str>) {
    let Some(text) = text else { return };
    // A heading inside it, underlined ones too, would be read as a section of this file, and a fence that is never
    // closed would take the sections behind it.
    let structure = |line: &str| {
        let line = line.trim_start();
        let rule = !line.is_empty()
            && (line.trim_end_matches(['-', ' ']).is_empty() || line.trim_end_matches(['=', ' ']).is_empty());
        line.starts_with(['#', '`', '~']) || rule
    };
    if text.lines().any(structure) {
        fenced(out, title, Some(text));
    } else {
        heading(out, title);
        let _ = writeln!(out, "{text}");
    }
}

fn fenced(out: &mut String, title: &str, text: Option<&str>) {
    let Some(text) = text else { return };
    heading(out, title);
    fence(out, "markdown", text);
}

fn fence(out: &mut String, info: &str, text: &str) {
    let marks = backticks_around(text, 3);
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let _ = writeln!(out, "{marks}{info}\n{text}{end}{marks}");
}

/// One line per check; a command over several lines is a fence below the list.
fn checks(out: &mut String, checks: &[Check], ticked: &[String]) {
    if checks.is_empty() {
        return;
    }
    heading(out, "Verification Checklist");
    let (lines, blocks): (Vec<&Check>, Vec<&Check>) =
        checks.iter().partition(|check| check.kind == CheckKind::Manual || is_one_line(check));
    for check in lines {
        let tick = if ticked.contains(&check.text) { 'x' } else { ' ' };
        match check.kind {
            CheckKind::Command => _ = writeln!(out, "- [{tick}] `{}`", check.text),
            CheckKind::Manual => _ = writeln!(out, "- [{tick}] {}", check.text),
        }
    }
    for check in blocks {
        let mut script = check.setup.clone();
        script.push(check.text.clone());
        out.push('\n');
        fence(out, check.shell.as_deref().unwrap_or("sh"), &script.join("\n"));
    }
}

fn is_one_line(check: &Check) -> bool {
    check.setup.is_empty() && check.shell.is_none() && !check.text.contains(['\n', '`'])
}

fn checkpoints(out: &mut String, session: &Session) {
    if session.checkpoints.is_empty() {
        return;
    }
    heading(out, "Checkpoints");
    for checkpoint in &session.checkpoints {
        let commit = checkpoint.commit.as_deref().map_or("nothing to commit", short);
        let _ = write!(out, "- {}: {} {commit} {}", checkpoint.number, checkpoint.at.minute(), checkpoint.message);
        if checkpoint.no_verify {
            out.push_str("; without git's hooks");
        }
        if checkpoint.undone {
            out.push_str(UNDONE);
        }
        if !checkpoint.done.is_empty() {
            let _ = write!(out, "; done: {}", checkpoint.done.join(", "));
        }
        if !checkpoint.remaining.is_empty() {
            let _ = write!(out, "; remaining: {}", checkpoint.remaining.join(", "));
        }
        out.push('\n');
    }
}
