//! `session trust`: shows what needs approval, and keeps the answer. How it looks is `trust_screen.rs`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};
use session_workflow::{CommandError, TrustEnd, TrustRequest, Trusted, count, everything_to_approve, trust};

use super::Cx;
use super::trust_screen::commands;

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Which plan; without it, the plan that session finds.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Approve without asking.
    #[arg(long)]
    yes: bool,
    /// Show what would be approved.
    #[arg(long)]
    dry_run: bool,
    /// Print every command and setting without limits, approved ones too; asks nothing.
    #[arg(long, conflicts_with_all = ["yes", "native", "dev"])]
    commands: bool,
    /// Allow a native plugin, which is trusted code without a sandbox; may be given again.
    #[arg(long, value_name = "NAME")]
    native: Vec<String>,
    /// Take new bytes of a plugin that you build yourself, for 24 hours: its file must be one that git does not track; may
    /// be given again.
    #[arg(long, value_name = "NAME")]
    dev: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  session trust                     ask you, and keep your answer
  session trust --dry-run           show what would be approved
  session trust --commands | less   read everything, without limits
  session trust --yes               approve in CI, where nobody can answer";

pub(super) fn run(cx: &Cx, args: &Args) -> Result<(), CommandError> {
    let ui = &cx.ui;
    ui.log_to(None);
    let Args { plan, yes, dry_run, commands: all, native, dev } = args.clone();
    let only_shown = dry_run || all;
    let request = TrustRequest { plan, yes, dry_run: only_shown, native, dev };
    if all && !ui.json {
        let everything = everything_to_approve(&cx.start, request.plan.as_deref())?;
        commands(ui, &everything.approvals());
        return Ok(());
    }
    let trusted = trust(&cx.start, &request)?;
    let until = trusted.until.as_ref().map(|until| until.strftime("%Y-%m-%d %H:%M").to_string()).unwrap_or_default();
    let names = request.dev_names();
    match trusted.end {
        TrustEnd::Already if names.is_empty() => {
            let commands = trusted.approvals().commands();
            ui.say(format!("Everything is approved: {}.", count(commands, "command")));
        }
        TrustEnd::Already => {}
        TrustEnd::Shown if !names.is_empty() => {
            ui.say(format!("A yes lets session accept new builds of {names} until {until}."));
        }
        TrustEnd::Shown | TrustEnd::Approved => {}
    }
    if !names.is_empty() && !only_shown {
        ui.say(format!("session accepts new builds of {names} until {until}."));
    }
    if ui.json {
        ui.answer("trust", answer(&trusted, &request));
    }
    Ok(())
}

fn answer(trusted: &Trusted<'_>, request: &TrustRequest) -> Value {
    let asked = trusted.approvals();
    let settings: BTreeMap<&str, Value> = asked.settings().collect();
    let mut all = json!({"settings": settings, "asked": asked.json()});
    if let Some(object) = all.as_object_mut() {
        object.insert(if request.dry_run { "dry_run" } else { "approved" }.to_owned(), json!(true));
        if let Some(until) = trusted.until.as_ref().filter(|_| !request.dry_run) {
            object.insert("dev".to_owned(), json!({"plugins": request.dev, "until": until.timestamp().to_string()}));
        }
    }
    all
}
