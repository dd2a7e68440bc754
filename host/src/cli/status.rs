//! `session status`: every session and its state.

use std::collections::HashSet;
use std::path::Path;

use serde_json::json;
use session_core::quote::bare;
use session_core::session::{Condition, FoundPlan, Next, Overview, Wholeness};
use session_types::hash::short;
use session_types::{Row, Status};
use session_workflow::{
    App, CommandError, Disagreement, Pace, active_here, count, fate, find_disagreements, first_line, quoted,
};

use super::Cx;
use super::ui::Ui;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The plan to show.
    #[arg(long, value_name = "FILE")]
    plan: Option<std::path::PathBuf>,
    /// Name every place where the documents disagree with the records; exit code 1 where there is one.
    #[arg(long)]
    check: bool,
}

pub(super) fn run(cx: &Cx, args: &Args) -> Result<(), CommandError> {
    cx.ui.log_to(None);
    if args.check {
        return check(&cx.ui, &find_disagreements(&cx.start, args.plan.as_deref())?);
    }
    let app = App::open(&cx.start)?;
    let mut overview = app.overview(args.plan.as_deref())?;
    app.look_at_branches(&mut overview);
    let rows = overview.rows(|id, planned| app.project.repository_of(id, planned));
    let active = overview.active(&app.worktree()).map(|state| state.session.id.as_str());
    let ready = overview.ready();
    let ui = &*cx.ui;
    if ui.json {
        ui.answer(
            "status",
            json!({
                "active": active, "ready": ready, "sessions": rows, "interrupted": interrupted(&app, &overview), "stuck": overview.stuck, "damaged": overview.damaged,
                "half_rolled_back": half(&app, &overview), "unmerged": unmerged(&overview),
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
        let commit = commit.as_deref().map(short).unwrap_or_default();
        let label = if elsewhere.is_some() { "elsewhere  " } else { label(row, &ready) };
        let line = format!("{:width$}  {label}  {}  {times} {commit}", bare(&row.id), bare(&row.title));
        lines.push_str(line.trim_end());
        lines.push('\n');
    }
    ui.out_lines(lines.trim_end());
    if let Some(pace) = overview.active(&app.worktree()).map(|state| Pace::of(state, &app.stamp())) {
        pace_lines(&pace).iter().for_each(|line| ui.say(line));
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
    if let Some(state) = overview.active(&app.worktree()).filter(|state| !app.condition(state).is_under_way()) {
        ui.say(active_here(state));
    }
    let paused = rows.iter().filter(|row| row.status == Status::Paused);
    paused.for_each(|row| ui.say(format!("{0} is paused: session start {0}", row.id)));
    for (id, state) in overview.open.iter().filter(|(id, _)| !overview.stuck.contains_key(*id)) {
        let there = if state.worktree == app.worktree() { String::new() } else { format!(" in {}", state.worktree) };
        let condition = app.condition(state);
        match condition.next() {
            Next::Wait(kind) => ui.say(format!("`{kind}` of {id} is running{there}")),
            Next::Decide(kind) => {
                let command = first_line(condition.cut_off().and_then(|cut| cut.doubt.as_deref()).unwrap_or_default());
                ui.warn(format!("`{kind}` of {id} was cut off{there}, and it is in doubt whether `{command}` has run: session resume"));
            }
            Next::FinishEvent(kind) => ui.warn(format!("`{kind}` of {id} was cut off: session resume{there}")),
            Next::FinishRollback => {
                let how = if is_stuck(&condition) { "stuck" } else { "half done" };
                let why = state.error.as_deref().unwrap_or_default();
                ui.warn(format!("the rollback of {id} is {how}{there} ({why}): session resume"));
            }
            Next::FinishDocuments => {
                ui.warn(format!("the documents do not show the last event of {id}: session resume{there}"));
            }
            Next::WaitForDocuments | Next::PutAway | Next::Nothing => {}
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

/// What is said of how the active session is doing.
fn pace_lines(pace: &Pace) -> Vec<String> {
    let over = pace.overrun.zip(pace.estimated).map(|(over, estimated)| {
        format!("It has taken {} min of {estimated} estimated: {over} min over", pace.minutes)
    });
    let due = pace.checkpoint_due.map(|since| format!("{since} min without a checkpoint: session checkpoint -m \"…\""));
    over.into_iter().chain(due).collect()
}

fn check(ui: &Ui, found: &[Disagreement]) -> Result<(), CommandError> {
    let shown = json!({"disagreements": found});
    if found.is_empty() {
        if ui.json {
            ui.answer("status", shown);
        }
        ui.say("The documents say what the records say.");
        return Ok(());
    }
    if !ui.json {
        for place in found {
            ui.out(format!("{}:{}:", place.path, place.line));
            for (mark, text) in [('-', &place.found), ('+', &place.expected)] {
                text.lines().for_each(|line| ui.out(format!("  {mark} {line}")));
            }
        }
    }
    Err(CommandError::new(format!("the documents disagree with the records in {}", count(found.len(), "place")))
        .hint("session progress --rebuild writes the documents anew, keeping what people wrote")
        .with("disagreements", shown["disagreements"].clone()))
}

fn interrupted(app: &App<'_>, overview: &Overview) -> Vec<(String, String)> {
    let kind = |state| app.condition(state).cut_off().map(|cut| cut.input.kind().name().to_owned());
    overview.open.iter().filter_map(|(id, state)| Some((id.clone(), kind(state)?))).collect()
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
fn half(app: &App<'_>, overview: &Overview) -> Vec<serde_json::Value> {
    let half = overview.open.iter().map(|(id, state)| (id, state, app.condition(state)));
    let half = half.filter(|(_, _, condition)| condition.half().is_some());
    half.map(|(id, state, condition)| json!({"session": id, "stuck": is_stuck(&condition), "error": state.error}))
        .collect()
}

/// A half rollback goes neither forward nor back without a person.
fn is_stuck(condition: &Condition<'_>) -> bool {
    matches!(condition.back, Wholeness::Half { is_stuck: true, .. })
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
