//! `session progress`: how far the plan is, and the documents that show it: written anew, mended after a conflict, and
//! merged for git. What those documents are is the plugins'.

use std::path::PathBuf;

use serde_json::json;
use session_types::{Row, Status};
use session_workflow::{App, CommandError, Mended, mend_conflicts, merge_for_git, rebuild};
use similar::TextDiff;

use super::ui::Ui;
use super::{Cx, dry_run as planned};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Mend documents that a merge left with conflict markers.
    #[arg(long, conflicts_with_all = ["rebuild", "merge"])]
    resolve: bool,
    /// Write the documents anew from the records, keeping what people wrote.
    #[arg(long, conflicts_with = "merge")]
    rebuild: bool,
    /// For git, as its merge driver: merge THEIRS into OURS.
    #[arg(long, num_args = 3, value_names = ["BASE", "OURS", "THEIRS"], hide = true, requires = "path")]
    merge: Vec<PathBuf>,
    /// The path of the merged file from the top of the working tree.
    #[arg(long, hide = true)]
    path: Option<PathBuf>,
    /// Show what would be done.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(cx: &Cx, args: &Args) -> Result<(), CommandError> {
    if let ([base, ours, theirs], Some(path)) = (args.merge.as_slice(), &args.path) {
        return merge_for_git(&cx.start, [base, ours, theirs], path);
    }
    let ui = &cx.ui;
    match (args.resolve, args.rebuild) {
        (true, _) => show_mended(ui, &mend_conflicts(&cx.start, args.dry_run)?, args.dry_run),
        (_, true) => write_anew(cx, args.dry_run),
        _ => {
            ui.log_to(None);
            show(ui, &App::open(&cx.start)?)
        }
    }
}

fn show_mended(ui: &Ui, all: &[Mended], dry_run: bool) -> Result<(), CommandError> {
    if dry_run && !ui.json {
        for Mended { path, before, after, .. } in all {
            ui.out_lines(TextDiff::from_lines(before, after).unified_diff().header(path, path).to_string());
        }
    }
    let (left, mended): (Vec<&Mended>, Vec<&Mended>) = all.iter().partition(|one| one.conflicts > 0);
    let paths = |all: &[&Mended]| all.iter().map(|one| one.path.clone()).collect::<Vec<_>>();
    if ui.json {
        ui.answer("progress", json!({"resolved": paths(&mended), "conflicts": paths(&left), "dry_run": dry_run}));
    }
    for path in paths(&mended) {
        let is = if dry_run { "can be" } else { "is" };
        ui.say(format!("{path} {is} mended: git add {path}, then go on with what git was at"));
    }
    if let Some(Mended { path, .. }) = left.first() {
        return Err(CommandError::new(format!("{path} still has conflicts: two people changed the same text"))
            .hint("edit the places between <<<<<<< and >>>>>>>, then git add it"));
    }
    if mended.is_empty() {
        ui.say("No document has conflict markers.");
    }
    Ok(())
}

fn write_anew(cx: &Cx, dry_run: bool) -> Result<(), CommandError> {
    let ui = &cx.ui;
    let outcome = rebuild(&cx.start, dry_run)?;
    let same = outcome.rehearsed.as_ref().map_or(outcome.written.is_empty(), |found| found.planned.files.is_empty());
    if let Some(found) = outcome.rehearsed.as_ref().filter(|_| !same) {
        planned::show(ui, found);
    }
    if ui.json {
        let plan = outcome.rehearsed.as_ref().map(|found| planned::json(&found.planned));
        ui.answer("progress", json!({"written": outcome.written, "dry_run": dry_run, "plan": plan}));
    } else if same {
        ui.say("The documents say what the records say already.");
    } else if !dry_run {
        outcome.written.iter().for_each(|path| ui.out(path));
        ui.say("Written anew; the next commit of documents takes it along.");
    }
    Ok(())
}

fn show(ui: &Ui, app: &App<'_>) -> Result<(), CommandError> {
    let overview = app.overview(None)?;
    let rows = overview.rows(|id, planned| app.project.repository_of(id, planned));
    let groups = groups(&overview, &rows);
    if ui.json {
        let groups: Vec<_> = groups
            .iter()
            .map(|(name, rows)| json!({"name": name, "sessions": rows.len(), "done": done(rows)}))
            .collect();
        ui.answer(
            "progress",
            json!({"sessions": rows.len(), "done": done(&rows.iter().collect::<Vec<_>>()), "groups": groups}),
        );
        return Ok(());
    }
    let width = groups.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, rows) in &groups {
        let (done, all) = (done(rows), rows.len());
        let full = done * 20 / all.max(1);
        ui.out(format!("{name:width$}  {}{}  {done} of {all}", "█".repeat(full), "░".repeat(20 - full)));
    }
    if groups.is_empty() {
        ui.say("There is no plan and no session yet: session init NAME");
    }
    Ok(())
}

fn done(rows: &[&Row]) -> usize {
    rows.iter().filter(|row| row.status == Status::Done).count()
}

/// Sessions by phase in the order of the plan; those without one together.
fn groups<'r>(overview: &session_core::session::Overview, rows: &'r [Row]) -> Vec<(String, Vec<&'r Row>)> {
    let phase = |id: &str| {
        let planned = overview.plan.as_ref().and_then(|plan| plan.session(id));
        planned.and_then(|session| session.metadata.phase.as_deref()).map(|phase| format!("Phase {phase}"))
    };
    let mut groups: Vec<(String, Vec<&Row>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for row in rows {
        let name = phase(&row.id).unwrap_or_else(|| "Sessions".to_owned());
        let place = *places.entry(name.clone()).or_insert(groups.len());
        if place == groups.len() {
            groups.push((name, Vec::new()));
        }
        groups[place].1.push(row);
    }
    groups
}
