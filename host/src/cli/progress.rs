//! `session progress`: how far the plan is, and the documents that show it: written anew, mended after a conflict, and
//! merged for git. What those documents are is the plugins'.

use std::path::{Path, PathBuf};

use serde_json::json;
use session_sdk::{Merge, Merged, Row, Status};
use similar::TextDiff;

use super::app::{App, Start};
use super::error::CommandError;
use super::run;
use crate::dispatch::Recorder;
use crate::effects::{Limit, Versions, conflict, merge_text, read_own, replace, split_conflict};
use crate::project::{JsonFault, Project, RECORDS};
use crate::session::Record;

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

pub(super) fn run(start: &Start, args: &Args) -> Result<(), CommandError> {
    if let ([base, ours, theirs], Some(path)) = (args.merge.as_slice(), &args.path) {
        return merge(start, [base, ours, theirs], path);
    }
    // To write documents anew, all plugins that write them are needed. Git waits for those that a merge left, and what brings
    // two versions together may be a bundled plugin.
    let app = if args.rebuild { App::open_for_event(start)? } else { App::open(start)? };
    match (args.resolve, args.rebuild) {
        (true, _) => resolve(&app, args.dry_run),
        (_, true) => rebuild(&app, args.dry_run),
        _ => show(&app),
    }
}

/// Git waits for the answer, whatever the project's plugins are: where they cannot be asked, plain text is merged.
fn merge(start: &Start, [base, ours, theirs]: [&PathBuf; 3], path: &Path) -> Result<(), CommandError> {
    let read = |path: &PathBuf| {
        read_own(path, Limit::TEXT)
            .map_err(|e| CommandError::from(e).while_(format!("{} cannot be read", path.display())))
    };
    let text = |bytes: Vec<u8>| String::from_utf8(bytes);
    let (Ok(base), Ok(our), Ok(their)) = (text(read(base)?), text(read(ours)?), text(read(theirs)?)) else {
        return Err(CommandError::new(format!("{} is not UTF-8 in every version", path.display()))
            .hint("merge it by hand: git checkout --ours or --theirs, then git add"));
    };
    let base = Some(base).filter(|base| !base.is_empty());
    let versions = Versions { base, ours: our, theirs: their };
    let (merged, conflicts) = match by_plugin(start, &versions, path) {
        Ok(Some(merged)) => merged,
        Ok(None) => merge_text(&versions)?,
        Err(error) => {
            start.ui.warn(format!("{} is merged as plain text: {}", path.display(), error.message));
            merge_text(&versions)?
        }
    };
    replace(ours, merged.as_bytes())?;
    if conflicts {
        return Err(CommandError::new(format!("{} has conflicts that a person must decide", path.display()))
            .hint("edit it, then git add it"));
    }
    Ok(())
}

/// Records are the host's own: two of one session become one. None where it is no record.
fn by_host(versions: &Versions, path: &str) -> Option<Result<String, CommandError>> {
    if !path.starts_with(RECORDS) {
        return None;
    }
    let parse = |text: &str| serde_json::from_str::<Record>(text);
    let merged = parse(&versions.ours).and_then(|ours| Ok(ours.merged(parse(&versions.theirs)?)));
    let text = merged.and_then(|record| serde_json::to_string_pretty(&record)).map(|text| text + "\n");
    Some(text.map_err(|e| {
        CommandError::new(format!("{path} is a record that cannot be merged"))
            .because(JsonFault::from(&e).to_string())
            .hint("take one of the two: git checkout --ours or --theirs, then git add")
    }))
}

/// The project that the file belongs to may stand below the top, and its folder may not be there in this commit.
fn by_plugin(start: &Start, versions: &Versions, path: &Path) -> Result<Option<(String, bool)>, CommandError> {
    let top = start.folder().canonicalize()?;
    let whole = top.join(path);
    let folder = whole.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(&top);
    let project = Project::find(folder)?;
    let inside = whole.strip_prefix(&project.root).unwrap_or(path).to_string_lossy().into_owned();
    if let Some(text) = by_host(versions, &inside) {
        return Ok(Some((text?, false)));
    }
    let app = App::open_project(start, project)?;
    let merged = app.merge(&versions.clone().of(&inside))?;
    Ok(merged.map(|merged| (merged.text, merged.conflicts > 0)))
}

fn resolve(app: &App<'_>, dry_run: bool) -> Result<(), CommandError> {
    let _lock = if dry_run { None } else { Some(app.lock_project()?) };
    let mut mended = Vec::new();
    let mut left = Vec::new();
    let mut mend = |path: String| -> Result<(), CommandError> {
        match mended_file(app, &path, dry_run)? {
            Some(0) => mended.push(path),
            Some(_) => left.push(path),
            None => {}
        }
        Ok(())
    };
    // The records first: as long as one cannot be read, nobody knows the other documents.
    app.record_files()?.into_iter().try_for_each(&mut mend)?;
    let overview = app.overview_without_plan()?;
    if !dry_run || overview.damaged.is_empty() {
        let files = app.document_files(&overview)?;
        files.into_iter().filter(|path| !path.starts_with(RECORDS)).try_for_each(&mut mend)?;
    }
    let ui = app.ui();
    if ui.json {
        ui.answer("progress", json!({"resolved": mended, "conflicts": left, "dry_run": dry_run}));
    }
    for path in &mended {
        let is = if dry_run { "can be" } else { "is" };
        ui.say(format!("{path} {is} mended: git add {path}, then go on with what git was at"));
    }
    if let Some(path) = left.first() {
        return Err(CommandError::new(format!("{path} still has conflicts: two people changed the same text"))
            .hint("edit the places between <<<<<<< and >>>>>>>, then git add it"));
    }
    if mended.is_empty() {
        ui.say("No document has conflict markers.");
    }
    Ok(())
}

/// Mends one document: how many places a person must still decide; none where it has no conflict or is nobody's.
fn mended_file(app: &App<'_>, path: &str, dry_run: bool) -> Result<Option<usize>, CommandError> {
    let mut files = app.project.files(dry_run)?;
    let Some(bytes) = files.read(path)? else { return Ok(None) };
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        CommandError::new(format!("{path} is not UTF-8"))
            .because(format!("byte {at} does not belong to any character"))
            .hint("save it as UTF-8")
    })?;
    let known = conflict(&app.project.root, path);
    let merged = match (path.starts_with(RECORDS), known) {
        (true, known) => match split_conflict(&text).or(known.filter(|known| known.ours == text)) {
            Some(versions) => by_host(&versions, path).transpose()?.map(|text| Merged { text, conflicts: 0 }),
            None => None,
        },
        // A driver that could not be run leaves no markers at all.
        (false, Some(known)) if known.ours == text => app.merge(&known.of(path))?,
        // Git's own copies know the base; the text with its markers holds what somebody may have edited since.
        (false, known) if text.lines().any(|line| line.starts_with("<<<<<<<")) => {
            let base = known.and_then(|known| known.base);
            app.merge(&Merge { path: path.to_owned(), base, conflicted: Some(text.clone()), ..Merge::default() })?
        }
        (false, _) => None,
    };
    let merged = merged.filter(|merged| merged.text != text || merged.conflicts > 0);
    let Some(merged) = merged else { return Ok(None) };
    if dry_run {
        app.ui().out_lines(TextDiff::from_lines(&text, &merged.text).unified_diff().header(path, path).to_string());
    }
    files.write(path, merged.text.as_bytes())?;
    Ok(Some(merged.conflicts))
}

fn rebuild(app: &App<'_>, dry_run: bool) -> Result<(), CommandError> {
    let overview = app.overview(None)?;
    // What is written anew shows all sessions.
    app.refuse_damaged(&overview, |_| true)?;
    // With the session that is active here, whose task file is a document too.
    let active = overview.active(&app.worktree());
    let _lock = active.filter(|_| !dry_run).map(|state| app.lock(&state.session.id)).transpose()?;
    let recorder = match active {
        Some(state) if !dry_run => Recorder::open(&app.project.home.journal(&state.session.id), app.stamp())?,
        state => Recorder::rehearse(state.cloned(), app.stamp()),
    };
    let logs = if dry_run { app.project.home.logs() } else { app.begin_logs() };
    let mut dispatcher = app.dispatcher(overview.plan.as_deref(), logs);
    let tree = dispatcher.snapshot(overview.documents(None)).unwrap_or_else(|e| {
        // Only the header of a new document names the branch.
        tracing::debug!(error = %e, "no snapshot");
        None
    });
    dispatcher.info.branch = tree.and_then(|tree| tree.branch);
    let finished = dispatcher.settle(recorder, "rebuild", &overview, dry_run)?;
    if let Some(error) = finished.unsettled {
        return Err(CommandError::from(error).while_("the documents cannot be written anew"));
    }
    let ui = app.ui();
    let same = if dry_run { finished.planned.files.is_empty() } else { finished.written.is_empty() };
    if !dry_run {
        app.keep_documents(&finished.written)?;
    } else if !same {
        run::show_planned(app, &finished.planned);
    }
    if ui.json {
        let planned = dry_run.then(|| run::planned_json(&finished.planned));
        ui.answer("progress", json!({"written": finished.written, "dry_run": dry_run, "plan": planned}));
    } else if same {
        ui.say("The documents say what the records say already.");
    } else if !dry_run {
        finished.written.iter().for_each(|path| ui.out(path));
        ui.say("Written anew; the next commit of documents takes it along.");
    }
    Ok(())
}

fn show(app: &App<'_>) -> Result<(), CommandError> {
    app.ui().log_to(None);
    let overview = app.overview(None)?;
    let rows = overview.rows(|id, planned| app.project.repository_of(id, planned));
    let groups = groups(&overview, &rows);
    let ui = app.ui();
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
fn groups<'r>(overview: &crate::session::Overview, rows: &'r [Row]) -> Vec<(String, Vec<&'r Row>)> {
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
