//! `session show --evidence`: what every check has to show for itself.

use serde_json::json;
use session_core::quote::bare;
use session_core::session::{CheckRecord, Overview, Record};
use session_workflow::{App, CommandError, count, seconds, some_of, verdict};

use super::ui::Ui;

pub(super) fn show(ui: &Ui, app: &App<'_>, overview: &Overview, id: &str) -> Result<(), CommandError> {
    let live = overview.live(id);
    let made = live.map(|state| Record::of(state, Vec::new(), None));
    let recorded = overview.records.get(id).filter(|record| live.is_none_or(|l| l.session.attempt <= record.attempt));
    let Some(record) = recorded.or(made.as_ref()) else {
        return Err(CommandError::new(format!("{id} has no evidence: it was never started"))
            .hint(format!("session start {id}")));
    };
    if ui.json {
        ui.answer(
            "show",
            json!({"id": id, "verified": record.verified, "verification": record.verification, "checks": record.checks}),
        );
        return Ok(());
    }
    if record.checks.is_empty() && record.flags().next().is_none() && record.verification.unverified.is_none() {
        let hint = if live.is_some() { "session verify" } else { "session next" };
        return Err(CommandError::new(format!("{id} has no evidence: no check was run")).hint(hint));
    }
    ui.out(format!("{id}  {}{}", bare(&record.verified), session_workflow::taken_back(record)));
    record
        .verification
        .unverified
        .iter()
        .for_each(|by| ui.out(format!("nothing verified it; completed so by {}", bare(by))));
    for check in &record.checks {
        ui.out("");
        one(ui, check);
    }
    ui.out("");
    let left = &record.verification;
    match (&left.before, &left.after) {
        (Some(before), Some(after)) if before == after => {
            ui.out(format!("tree       {} (documents apart)", bare(after)));
        }
        (Some(before), Some(after)) => {
            let (before, after, changed) = (bare(before), bare(after), bare(&some_of(&left.changed)));
            ui.out(format!("tree       {before} before, {after} after: the checks changed {changed}"));
        }
        _ => {}
    }
    record.facts.get("commit").iter().for_each(|commit| ui.out(format!("commit     {commit}")));
    for accepted in &left.accepted {
        ui.out(format!(
            "checks were changed after start, accepted by {} {}:",
            bare(&accepted.by),
            accepted.at.minute()
        ));
        accepted
            .diff
            .lines()
            .filter(|line| !line.starts_with("@@"))
            .for_each(|line| ui.out(format!("  {}", bare(line))));
    }
    let flags: Vec<String> = record.flags().collect();
    if !flags.is_empty() {
        ui.out(format!("{} to look at:", count(flags.len(), "thing")));
        flags.iter().for_each(|flag| ui.out(format!("  - {}", bare(flag))));
    }
    if live.is_some() {
        ui.say(format!("Full output of the last runs: {}", app.project.home.logs().display()));
    }
    Ok(())
}

fn one(ui: &Ui, check: &CheckRecord) {
    ui.out(format!("{:<12}{}", verdict(check.verdict), bare(&check.check)));
    if !check.command.is_empty() {
        let argv: Vec<String> = check.command.iter().map(|arg| session_workflow::quoted(arg)).collect();
        ui.out(format!("  command   {}", bare(&argv.join(" "))));
    }
    check.directory.iter().for_each(|directory| ui.out(format!("  directory {}", bare(directory))));
    check.exit.iter().for_each(|code| ui.out(format!("  exit code {code}")));
    check.milliseconds.iter().for_each(|ms| ui.out(format!("  time      {}", seconds(*ms))));
    check.at.iter().for_each(|at| ui.out(format!("  taken     {}", at.0)));
    check.by.iter().for_each(|by| ui.out(format!("  by        {}", bare(by))));
    check.reason.iter().for_each(|reason| ui.out(format!("  reason    {}", bare(reason))));
}
