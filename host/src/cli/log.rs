//! `session log`: what happened to a session on this machine.

use serde_json::json;
use session_core::journal::{Ending, Entry, StepEnding};
use session_core::session::{SessionState, State};
use session_engine::dispatch::RecordError;
use session_engine::journal::read;
use session_types::hash::short;
use session_types::replay::Doubt;
use session_types::{Answer, Outcome, Timestamp};
use session_workflow::{App, CommandError, first_line, word};

use super::Cx;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// ID of the session; the active one where it is left out.
    id: Option<String>,
    /// Show host calls too.
    #[arg(long)]
    calls: bool,
}

pub(super) fn run(cx: &Cx, args: &Args) -> Result<(), CommandError> {
    cx.ui.log_to(None);
    let app = App::open(&cx.start)?;
    let overview = app.overview(None)?;
    let id = app.id(&overview, args.id.as_deref())?;
    let mut journals: Vec<Vec<(Timestamp, Entry)>> = Vec::new();
    for path in app.project.home.journals(&id) {
        journals.push(read(&path).map_err(RecordError::from)?);
    }
    let ui = &*cx.ui;
    if ui.json {
        let entries: Vec<_> = journals
            .iter()
            .flatten()
            .filter(|(_, entry)| args.calls || !matches!(entry, Entry::Intent { .. } | Entry::Answered { .. }))
            .map(|(at, entry)| json!({"at": at, "entry": entry}))
            .collect();
        ui.answer("log", json!({"session": id, "entries": entries}));
        return Ok(());
    }
    if journals.iter().all(Vec::is_empty) {
        ui.say(format!(
            "Nothing has happened to {id} on this machine; its record, if any, is in docs/sessions/records/"
        ));
    }
    for entries in &journals {
        told(entries, args.calls, app.is_running(&id)).iter().for_each(|line| ui.out(line));
    }
    Ok(())
}

/// The lines of one journal. Where it ends within an event, that runs at this very moment, or was cut off.
fn told(entries: &[(Timestamp, Entry)], calls: bool, running: bool) -> Vec<String> {
    let (mut lines, mut state): (Vec<String>, State) = (Vec::new(), None);
    // The event under way: how many effects there were before it.
    let mut open: Option<usize> = None;
    for (i, (at, entry)) in entries.iter().enumerate() {
        let begins = matches!(entry, Entry::Began { .. });
        if let Some(before) = open.filter(|_| begins) {
            let last = i.checked_sub(1).map_or(at, |last| &entries[last].0);
            lines.push(format!("{}  {}", last.minute(), cut_off(state.as_ref(), before)));
        }
        state = SessionState::next(state, entry, at).ok().flatten();
        match entry {
            Entry::Began { .. } => open = Some(state.as_ref().map_or(0, |state| state.effects.len())),
            Entry::Ended { .. } => open = None,
            _ => {}
        }
        lines.extend(line(entry, &entries[i + 1..], calls).map(|line| format!("{}  {line}", at.minute())));
    }
    if let (Some(before), Some((last, _))) = (open, entries.last()) {
        let how = if running { "  running".to_owned() } else { cut_off(state.as_ref(), before) };
        lines.push(format!("{}  {how}", last.minute()));
    }
    lines
}

/// What an event without an end has changed, or may have.
fn cut_off(state: Option<&SessionState>, before: usize) -> String {
    let effects = state.iter().flat_map(|state| state.changed_since(before));
    let words: Vec<String> = effects.map(|done| word(&done.effect)).collect();
    if words.is_empty() { "  cut off".to_owned() } else { format!("  cut off; it has {}", words.join(", ")) }
}

/// What became of a call, where that says more than the call itself; `rest` is what comes behind it.
fn answer(call: u32, rest: &[(Timestamp, Entry)]) -> String {
    let of_step = |entry: &Entry| !matches!(entry, Entry::Step { .. } | Entry::StepEnded { .. } | Entry::Began { .. });
    let answers =
        rest.iter().map(|(_, entry)| entry).take_while(|entry| of_step(entry)).find_map(|entry| match entry {
            Entry::Answered { call: of, answer } if *of == call => Some(answer),
            _ => None,
        });
    match answers {
        None => " → no answer".to_owned(),
        Some(Err(error)) => format!(" → error: {error}"),
        Some(Ok(Answer::Committed(made))) => made
            .commit
            .as_deref()
            .map_or_else(|| " → nothing to commit".to_owned(), |commit| format!(" → committed {}", short(commit))),
        Some(Ok(Answer::Outcome(Outcome { code: Some(code), .. }))) => format!(" → exit code {code}"),
        Some(Ok(Answer::Outcome(_))) => " → no exit code".to_owned(),
        Some(Ok(_)) => String::new(),
    }
}

fn line(entry: &Entry, rest: &[(Timestamp, Entry)], calls: bool) -> Option<String> {
    Some(match entry {
        Entry::Began { number, input, .. } => format!("#{number} {}", input.kind()),
        Entry::Step { plugin, event, .. } if calls => format!("  {plugin}: {event}"),
        Entry::StepEnded { ending: StepEnding::Done { summary } } if !summary.message.is_empty() => {
            format!("  {}", summary.message)
        }
        Entry::StepEnded { ending: StepEnding::Failed { error } } => format!("  failed: {error}"),
        Entry::StepEnded { ending: StepEnding::Trapped { error } } => format!("  broke: {error}"),
        Entry::Intent { call, request, .. } if calls => {
            format!("    {}{}", first_line(&request.brief()), answer(*call, rest))
        }
        Entry::Checked { check } => {
            let verdict = session_workflow::verdict(check.verdict);
            format!("  {verdict}: {}", check.evidence.check.lines().next().unwrap_or_default())
        }
        Entry::Resumed { doubt } => {
            let said = match doubt {
                None => "",
                Some(Doubt::Retry) => "; a person said: run it again",
                Some(Doubt::AssumeDone) => "; a person said: taken for done",
            };
            format!("  goes on where it was cut off{said}")
        }
        Entry::Moved { from, to, by } => format!("moved from {from} to {to}, by {by}"),
        Entry::Ended { ending: Ending::GivenUp { by } } => format!("  {by} gave it up"),
        Entry::Ended { ending: Ending::Done } => "  done".to_owned(),
        Entry::Ended { ending: Ending::Failed { error, .. } } => format!("  failed: {error}"),
        _ => return None,
    })
}
