//! The task file SESSION.md: what the person or agent works from. The whole file is the program's but for ticks, the
//! commit message and the notes.

use std::fmt::Write as _;

use session_sdk::{Check, CheckKind, Metadata, Session, Settle, Status, SubAgent, Task};

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

/// Whether the file holds lines that neither a new rendering nor the places of people would keep.
pub fn loses(before: &str, session: &Session, yours: &Task) -> bool {
    if owner(before) == Owner::Nobody {
        return false;
    }
    let kept = render(session, yours);
    let kept: std::collections::HashSet<&str> = kept.lines().map(str::trim).collect();
    before.lines().map(str::trim).any(|line| !line.is_empty() && !kept.contains(line))
}

/// The file of an active session.
pub fn render(session: &Session, yours: &Task) -> String {
    let mut out = String::new();
    let title = if session.title.is_empty() { String::new() } else { format!(" — {}", session.title) };
    let _ = writeln!(out, "# Current Session: {}{title}\n", session.id);
    if let Some(source) = &session.source {
        let _ = writeln!(out, "> **Loaded from:** {}:{}", source.path, source.line);
    }
    if let Some(started) = &session.started {
        let _ = writeln!(out, "> **Started:** {}", started.minute());
    }
    out.push_str("> When done: `session complete` (it runs the checks and commits; do not commit by hand). ");
    out.push_str("Longer than an hour: `session checkpoint -m \"…\"`.\n");
    yaml(&mut out, "Metadata", &metadata(session));
    yaml(&mut out, "System Configuration", &system(&session.metadata));
    list(&mut out, "Skills Registry", &session.metadata.skills);
    subagents(&mut out, &session.metadata.subagents);
    earlier(&mut out, session);
    verbatim(&mut out, "Context", session.context.as_deref());
    fenced(&mut out, "Prompt", session.prompt.as_deref());
    verbatim(&mut out, "Expected Output", session.expected_output.as_deref());
    checks(&mut out, &session.checks, &yours.ticked);
    let message = yours.commit_message.as_deref().or(session.commit_message.as_deref());
    let fallback = format!("feat: {}", session.title);
    heading(&mut out, "Git Commit");
    fence(&mut out, "", message.unwrap_or(&fallback));
    checkpoints(&mut out, session);
    heading(&mut out, "Session Notes");
    if let Some(notes) = yours.notes.as_deref().map(str::trim_end).filter(|notes| !notes.is_empty()) {
        let _ = writeln!(out, "{notes}");
    }
    out
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

fn short(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
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
        let space = if value.starts_with('\n') { "" } else { " " };
        let _ = writeln!(out, "{key}:{space}{value}");
    }
    out.push_str("```\n");
}

fn metadata(session: &Session) -> Vec<(&'static str, String)> {
    let meta = &session.metadata;
    let mut keys = vec![("session_id", session.id.clone()), ("title", session.title.clone())];
    let mut add = |key, value: Option<&String>| keys.extend(value.map(|value| (key, value.clone())));
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
        keys.push(("files", meta.files.iter().map(|file| format!("\n  - {file}")).collect()));
    }
    keys
}

fn system(meta: &Metadata) -> Vec<(&'static str, String)> {
    let keys = [
        ("model", &meta.model),
        ("thinking_mode", &meta.thinking),
        ("max_thinking_tokens", &meta.max_thinking_tokens),
        ("temperature", &meta.temperature),
    ];
    keys.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))).collect()
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
        dependency.notes.iter().for_each(|note| _ = writeln!(out, "  - {note}"));
    }
}

fn verbatim(out: &mut String, title: &str, text: Option<&str>) {
    let Some(text) = text else { return };
    // A heading inside it would be read as a section of this file.
    if text.lines().any(|line| line.starts_with('#')) {
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

/// A fence longer than any run of backticks inside.
fn fence(out: &mut String, info: &str, text: &str) {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let marks = "`".repeat(longest.max(2) + 1);
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
        if !checkpoint.done.is_empty() {
            let _ = write!(out, "; done: {}", checkpoint.done.join(", "));
        }
        if !checkpoint.remaining.is_empty() {
            let _ = write!(out, "; remaining: {}", checkpoint.remaining.join(", "));
        }
        out.push('\n');
    }
}
