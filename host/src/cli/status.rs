//! `session status`: every session and its state.

use std::collections::HashSet;
use std::path::Path;

use serde_json::json;
use session_sdk::{Row, Status, Timestamp};
use similar::{DiffTag, TextDiff};

use super::app::App;
use super::error::CommandError;
use super::place::{active_here, fate};
use super::ui::{Ui, count, quoted};
use crate::dispatch::Recorder;
use crate::effects::PlannedFile;
use crate::quote::bare;
use crate::session::{Execution, FoundPlan, Overview, SessionState, Size, overrun};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The plan to show.
    #[arg(long, value_name = "FILE")]
    plan: Option<std::path::PathBuf>,
    /// Name every place where the documents disagree with the records; exit code 1 where there is one.
    #[arg(long)]
    check: bool,
}

pub(super) fn run(start: &super::app::Start, args: &Args) -> Result<(), CommandError> {
    start.ui.log_to(None);
    let app = App::open(start)?;
    let mut overview = app.overview(args.plan.as_deref())?;
    if args.check {
        return check(&app, &overview);
    }
    app.look_at_branches(&mut overview);
    let rows = overview.rows(|id, planned| app.project.repository_of(id, planned));
    let active = overview.active(&app.worktree()).map(|state| state.session.id.as_str());
    let ready = overview.ready();
    let ui = app.ui();
    if ui.json {
        ui.answer(
            "status",
            json!({
                "active": active, "ready": ready, "sessions": rows, "interrupted": interrupted(&app, &overview), "stuck": overview.stuck, "damaged": overview.damaged,
                "half_rolled_back": half(&overview), "unmerged": unmerged(&overview),
                "plans": overview.plans, "unread": overview.unread,
                "pace": overview.active(&app.worktree()).map(|state| Pace::of(state, &app.stamp())),
            }),
        );
        return Ok(());
    }
    if rows.is_empty() && !overview.plans.is_empty() {
        choices(ui, &overview);
        return Ok(());
    }
    if rows.is_empty() && overview.unread.is_some() {
        ui.say("No session was begun yet.");
        return Ok(());
    }
    if rows.is_empty() {
        ui.say("There is no plan and no session yet: session init NAME, or session start FIX-01 --title \"…\"");
        return Ok(());
    }
    let width = rows.iter().map(|row| row.id.len()).max().unwrap_or(0);
    let mut lines = String::new();
    let ready: HashSet<&str> = ready.iter().map(String::as_str).collect();
    for row in &rows {
        let back = overview.records.get(&row.id).and_then(|record| record.rolled_back.as_ref());
        let elsewhere = overview.done_elsewhere(&row.id);
        let times = match (&row.started, &row.completed) {
            _ if elsewhere.is_some() => overview.phrase(&row.id),
            _ if row.status == Status::RolledBack && back.is_some() => {
                back.map(|it| it.at.minute()).unwrap_or_default()
            }
            (_, Some(at)) => at.minute(),
            (Some(at), None) => format!("since {}", at.minute()),
            (None, None) => String::new(),
        };
        let commit = elsewhere.map_or(&row.commit, |other| &other.commit);
        let commit = commit.as_deref().and_then(|commit| commit.get(..7)).unwrap_or_default();
        let label = if elsewhere.is_some() { "elsewhere  " } else { label(row, &ready) };
        let line = format!("{:width$}  {label}  {}  {times} {commit}", bare(&row.id), bare(&row.title));
        lines.push_str(line.trim_end());
        lines.push('\n');
    }
    ui.out_lines(lines.trim_end());
    if let Some(pace) = overview.active(&app.worktree()).map(|state| Pace::of(state, &app.stamp())) {
        pace.lines().iter().for_each(|line| ui.say(line));
    }
    let done = rows.iter().filter(|row| row.status == Status::Done).count();
    if overview.plan.is_some() {
        ui.say(format!("{done} of {} done, {} can start", rows.len(), ready.len()));
    } else {
        // How many there are in all, only a plan says.
        ui.say(format!("{} done", count(done, "session")));
    }
    choices(ui, &overview);
    let parts = overview.records.values().filter(|record| record.status == Status::Done && !record.alone.is_empty());
    for record in parts {
        let plugins: Vec<&str> = record.alone.iter().map(String::as_str).collect();
        let id = &record.id;
        ui.warn(format!(
            "{id} is done, but {} has taken back its part: session rollback {id} takes back the rest; where that part is \
             there again: session resume {id} --abort",
            plugins.join(", ")
        ));
    }
    let gone = overview.open.values().filter(|state| matches!(state.session.status, Status::Active | Status::Paused));
    for state in gone.filter(|state| app.is_gone(state)) {
        let (id, there, word) = (&state.session.id, &state.worktree, state.session.status.word());
        let what = fate(Path::new(there));
        ui.warn(format!("{id} is {word} in {there}, which {what}: session resume {id} --here"));
    }
    if let Some(state) = overview.active(&app.worktree()).filter(|state| state.running.is_none() && !state.unsettled) {
        ui.say(active_here(state));
    }
    let paused = rows.iter().filter(|row| row.status == Status::Paused);
    paused.for_each(|row| ui.say(format!("{0} is paused: session start {0}", row.id)));
    for (id, state) in overview.open.iter().filter(|(id, _)| !overview.stuck.contains_key(*id)) {
        let settled = !state.unsettled || state.session.started.is_none();
        let there = if state.worktree == app.worktree() { String::new() } else { format!(" in {}", state.worktree) };
        match (state.running, state.doubt().map(|command| super::ui::first_line(&command))) {
            (Some(kind), _) if app.is_running(id) => ui.say(format!("`{kind}` of {id} is running{there}")),
            (Some(kind), Some(command)) => {
                ui.warn(format!("`{kind}` of {id} was cut off{there}, and it is in doubt whether `{command}` has run: session resume"));
            }
            (Some(kind), None) => ui.warn(format!("`{kind}` of {id} was cut off: session resume{there}")),
            (None, _) if state.half.is_some() => {
                let how = if state.stuck { "stuck" } else { "half done" };
                let why = state.error.as_deref().unwrap_or_default();
                ui.warn(format!("the rollback of {id} is {how}{there} ({why}): session resume"));
            }
            (None, _) if settled || app.is_running(id) => {}
            (None, _) => ui.warn(format!("the documents do not show the last event of {id}: session resume{there}")),
        }
    }
    Ok(())
}

/// Plans of which none is chosen, and the command that shows each.
fn choices(ui: &Ui, overview: &Overview) {
    if overview.plans.is_empty() {
        return;
    }
    ui.say(format!("There are {} plans and none is chosen:", overview.plans.len()));
    for FoundPlan { path, sessions } in &overview.plans {
        ui.say(format!("  {} in {path}: session status --plan {}", count(*sessions, "session"), quoted(path)));
    }
    ui.say("plan = \"…\" in [project] of plugins.toml chooses one.");
}

/// How the active session is doing against its estimate.
#[derive(serde::Serialize)]
struct Pace {
    /// Minutes that it was active, pauses apart.
    minutes: u32,
    estimated: Option<u32>,
    overrun: Option<u32>,
    /// Minutes since the last checkpoint, where one is due.
    checkpoint_due: Option<u32>,
}

impl Pace {
    /// A long session should keep something every hour.
    const HOUR: u32 = 60;

    fn of(state: &SessionState, now: &Timestamp) -> Self {
        let minutes = |seconds: i64| u32::try_from(seconds / 60).unwrap_or(0);
        let meta = &state.session.metadata;
        let spent = minutes(state.seconds(now));
        let estimated = meta.estimated_time.as_deref().and_then(crate::session::minutes);
        // Work before the last checkpoint is kept.
        let kept = state.session.checkpoints.last().map_or(0, |last| minutes(state.seconds(&last.at)));
        let since = spent.saturating_sub(kept);
        let heavy = Execution::read(meta).size == Some(Size::Heavy);
        let due = since >= if heavy { Self::HOUR / 2 } else { Self::HOUR };
        Self {
            minutes: spent,
            estimated,
            overrun: estimated.and_then(|estimated| overrun(estimated, spent)),
            checkpoint_due: due.then_some(since),
        }
    }

    fn lines(&self) -> Vec<String> {
        let over = self.overrun.zip(self.estimated).map(|(over, estimated)| {
            format!("It has taken {} min of {estimated} estimated: {over} min over", self.minutes)
        });
        let due =
            self.checkpoint_due.map(|since| format!("{since} min without a checkpoint: session checkpoint -m \"…\""));
        over.into_iter().chain(due).collect()
    }
}

/// Settle as a dry run: every file that it would write differently is a disagreement.
fn check(app: &App<'_>, overview: &Overview) -> Result<(), CommandError> {
    let state = overview.active(&app.worktree()).cloned();
    let recorder = Recorder::rehearse(state, app.stamp());
    let dispatcher = app.dispatcher(overview.plan.as_deref(), app.project.home.logs());
    let finished = dispatcher.settle(recorder, "check", overview, true)?;
    if let Some(error) = finished.unsettled {
        return Err(CommandError::from(error).while_("the documents cannot be compared with the records"));
    }
    let found: Vec<Disagreement> = finished.planned.files.iter().flat_map(disagreements).collect();
    let ui = app.ui();
    let shown = json!({"disagreements": found});
    if found.is_empty() {
        if ui.json {
            ui.answer("status", shown);
        }
        ui.say("The documents say what the records say.");
        return Ok(());
    }
    if !ui.json {
        found.iter().for_each(|place| ui.out(place.to_string()));
    }
    Err(CommandError::new(format!("the documents disagree with the records in {}", count(found.len(), "place")))
        .hint("session progress --rebuild writes the documents anew, keeping what people wrote")
        .with("disagreements", shown["disagreements"].clone()))
}

/// A place in a document that says something else than the records.
#[derive(serde::Serialize)]
struct Disagreement {
    path: String,
    /// From 1.
    line: usize,
    found: String,
    expected: String,
}

impl std::fmt::Display for Disagreement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:", self.path, self.line)?;
        for (mark, text) in [('-', &self.found), ('+', &self.expected)] {
            text.lines().try_for_each(|line| write!(f, "\n  {mark} {line}"))?;
        }
        Ok(())
    }
}

fn disagreements(file: &PlannedFile) -> Vec<Disagreement> {
    let text = |content: &Option<Vec<u8>>| {
        content.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
    };
    let (before, after) = (text(&file.before), text(&file.after));
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    // Of these lines and no others: a lone carriage return ends one for `from_lines`.
    let diff = TextDiff::from_slices(&old, &new);
    let changed = diff.ops().iter().filter(|op| op.tag() != DiffTag::Equal);
    changed
        .map(|op| Disagreement {
            path: file.path.clone(),
            line: op.old_range().start + 1,
            found: old[op.old_range()].concat(),
            expected: new[op.new_range()].concat(),
        })
        .collect()
}

fn interrupted(app: &App<'_>, overview: &Overview) -> Vec<(String, String)> {
    let cut = overview.open.iter().filter(|(id, _)| !app.is_running(id));
    cut.filter_map(|(id, state)| Some((id.clone(), state.running?.name().to_owned()))).collect()
}

/// Sessions that another branch calls done.
fn unmerged(overview: &Overview) -> Vec<serde_json::Value> {
    let others = overview.unmerged.iter().filter(|(id, _)| overview.done_elsewhere(id).is_some());
    let others = others.map(|(id, other)| {
        json!({
            "session": id, "branch": other.branch, "attempt": other.attempt, "commit": other.commit,
            "completed": other.completed,
        })
    });
    others.collect()
}

/// Sessions whose rollback failed when it had changed something: stuck or not, and why.
fn half(overview: &Overview) -> Vec<serde_json::Value> {
    let half = overview.open.iter().filter(|(_, state)| state.half.is_some());
    half.map(|(id, state)| json!({"session": id, "stuck": state.stuck, "error": state.error})).collect()
}

/// A word of fixed width.
fn label(row: &Row, ready: &HashSet<&str>) -> &'static str {
    match row.status {
        Status::Done => "done       ",
        Status::Active if row.failed => "failed     ",
        Status::Active => "active     ",
        Status::Paused => "paused     ",
        Status::RolledBack => "rolled back",
        _ if ready.contains(row.id.as_str()) => "ready      ",
        Status::Pending => "waiting    ",
        Status::Unknown => "damaged    ",
    }
}
