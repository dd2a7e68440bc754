//! `session log`: what happened to a session on this machine.

use serde_json::json;
use session_sdk::Timestamp;

use super::app::App;
use super::error::CommandError;
use crate::dispatch::RecordError;
use crate::journal::{Ending, Entry, StepEnding, read};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// ID of the session; the active one where it is left out.
    id: Option<String>,
    /// Show host calls too.
    #[arg(long)]
    calls: bool,
}

pub(super) fn run(start: &super::app::Start, args: &Args) -> Result<(), CommandError> {
    start.ui.log_to(None);
    let app = App::open(start)?;
    let overview = app.overview(None)?;
    let id = app.id(&overview, args.id.as_deref())?;
    let mut entries: Vec<(Timestamp, Entry)> = Vec::new();
    for path in app.project.home.journals(&id) {
        entries.extend(read(&path).map_err(RecordError::from)?);
    }
    let ui = app.ui();
    if ui.json {
        let entries: Vec<_> = entries
            .iter()
            .filter(|(_, entry)| args.calls || !matches!(entry, Entry::Intent { .. } | Entry::Answered { .. }))
            .map(|(at, entry)| json!({"at": at, "entry": entry}))
            .collect();
        ui.answer("log", json!({"session": id, "entries": entries}));
        return Ok(());
    }
    if entries.is_empty() {
        ui.say(format!(
            "Nothing has happened to {id} on this machine; its record, if any, is in docs/sessions/records/"
        ));
    }
    for (at, entry) in &entries {
        if let Some(line) = line(entry, args.calls) {
            ui.out(format!("{}  {line}", at.minute()));
        }
    }
    Ok(())
}

fn line(entry: &Entry, calls: bool) -> Option<String> {
    Some(match entry {
        Entry::Began { number, input, .. } => format!("#{number} {}", input.kind()),
        Entry::Step { plugin, event, .. } if calls => format!("  {plugin}: {event}"),
        Entry::StepEnded { ending: StepEnding::Done { summary } } if !summary.message.is_empty() => {
            format!("  {}", summary.message)
        }
        Entry::StepEnded { ending: StepEnding::Failed { error } } => format!("  failed: {error}"),
        Entry::StepEnded { ending: StepEnding::Trapped { error } } => format!("  broke: {error}"),
        Entry::Intent { request, .. } if calls => format!("    {}", request.brief()),
        Entry::Answered { answer: Err(error), .. } if calls => format!("    error: {error}"),
        Entry::Checked { check } => {
            let verdict = super::ui::verdict(check.verdict);
            format!("  {verdict}: {}", check.evidence.check.lines().next().unwrap_or_default())
        }
        Entry::Resumed { .. } => "  goes on where it was cut off".to_owned(),
        Entry::Ended { ending: Ending::GivenUp { by } } => format!("  cut off, and {by} gave it up"),
        Entry::Ended { ending: Ending::Done } => "  done".to_owned(),
        Entry::Ended { ending: Ending::Failed { error, .. } } => format!("  failed: {error}"),
        _ => return None,
    })
}
