//! What can be typed, and where it goes.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use session_core::bundle::BundledPlugins;
use session_workflow::{Caller, CommandError, Start};

use super::ui::{LogFormat, Ui, exit_code};
use super::{
    Cx, audit, checkpoint, complete, completions, demo, explain, init, log, next, note, pause, plan, progress, resume,
    rollback, show, start, status, trust, verify,
};

/// Run a plan of development sessions so that each one is verified and committed.
#[derive(Debug, Parser)]
#[command(name = "session", version, max_term_width = 100, after_help = EXITS)]
pub struct Args {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXITS: &str = "Exit codes: 0 done, 1 refused or failed, 2 usage, 3 checks failed, 4 stuck, 5 not approved, \
                     130 stopped by Ctrl-C or a signal, 255 a bug of ours.\nStart with `session demo`: it needs nothing and shows everything.";

/// Apart from a command's own options in its help.
const EVERYWHERE: &str = "Options of every command";

/// Options of every command.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Global {
    /// Folder of the project, instead of the current one.
    #[arg(long, global = true, value_name = "DIR", help_heading = EVERYWHERE)]
    pub(super) project: Option<PathBuf>,
    /// Answer in JSON on stdout, with `schema` as its version.
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub(super) json: bool,
    /// Say more on stderr; twice for host calls too.
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = EVERYWHERE)]
    pub(super) verbose: u8,
    /// Form of the log lines.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, hide_short_help = true, help_heading = EVERYWHERE)]
    pub(super) log_format: LogFormat,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Set a project up: plugins.toml, progress file, and a plan where there is none.
    #[command(display_order = 1)]
    Init(init::Args),
    /// Name the sessions that can start now, and why the others cannot.
    #[command(display_order = 2)]
    Next(next::Args),
    /// Start a session, or go on with a paused one.
    #[command(display_order = 3)]
    Start(start::Args),
    /// Show a session: what to do, and what it is checked by.
    #[command(display_order = 4)]
    Show(show::Args),
    /// Keep what there is so far in a commit.
    #[command(display_order = 5)]
    Checkpoint(checkpoint::Args),
    /// Run the checks of the active session.
    #[command(display_order = 6)]
    Verify(verify::Args),
    /// Verify, commit and finish the active session.
    #[command(display_order = 7)]
    Complete(complete::Args),
    /// Show every session and its state.
    #[command(display_order = 8)]
    Status(status::Args),
    /// Show what was read of the plan; check it, draw it, add to it.
    #[command(display_order = 11)]
    Plan(plan::Args),
    /// Show how far the plan is; mend or rewrite the documents that say so.
    #[command(display_order = 13)]
    Progress(progress::Args),
    /// Add a line to the notes of the active session.
    #[command(display_order = 12)]
    Note(note::Args),
    /// Set the active session aside; `start` goes on with it.
    #[command(display_order = 12)]
    Pause(pause::Args),
    /// Finish what was cut off.
    #[command(display_order = 13)]
    Resume(resume::Args),
    /// Take a session back, its database included.
    #[command(display_order = 13)]
    Rollback(rollback::Args),
    /// Show what happened to a session.
    #[command(display_order = 14)]
    Log(log::Args),
    /// Show which plugins an event runs, in which order, and what stops it.
    #[command(display_order = 15)]
    Explain(explain::Args),
    /// Check that every commit of a session has evidence for its tree; for CI.
    #[command(display_order = 15)]
    Audit(audit::Args),
    /// Approve the plugins and commands of this project, in this clone.
    #[command(display_order = 16)]
    Trust(trust::Args),
    /// See a whole plan run in a scratch repository, in a minute.
    #[command(display_order = 17)]
    Demo(demo::Args),
    /// Print completions for a shell.
    #[command(display_order = 18)]
    Completions(completions::Args),
}

impl Command {
    fn name(&self) -> &'static str {
        match self {
            Self::Init(_) => "init",
            Self::Next(_) => "next",
            Self::Note(_) => "note",
            Self::Start(_) => "start",
            Self::Show(_) => "show",
            Self::Checkpoint(_) => "checkpoint",
            Self::Verify(_) => "verify",
            Self::Complete(_) => "complete",
            Self::Status(_) => "status",
            Self::Plan(_) => "plan",
            Self::Progress(_) => "progress",
            Self::Pause(_) => "pause",
            Self::Resume(_) => "resume",
            Self::Rollback(_) => "rollback",
            Self::Log(_) => "log",
            Self::Explain(_) => "explain",
            Self::Audit(_) => "audit",
            Self::Trust(_) => "trust",
            Self::Demo(_) => "demo",
            Self::Completions(_) => "completions",
        }
    }

    fn run(self, cx: &Cx) -> Result<(), CommandError> {
        match self {
            Self::Init(args) => init::run(cx, args),
            Self::Next(args) => next::run(cx, &args),
            Self::Note(args) => note::run(cx, &args),
            Self::Start(args) => start::run(cx, args),
            Self::Show(args) => show::run(cx, &args),
            Self::Checkpoint(args) => checkpoint::run(cx, args),
            Self::Verify(args) => verify::run(cx, args),
            Self::Complete(args) => complete::run(cx, args),
            Self::Status(args) => status::run(cx, &args),
            Self::Plan(args) => plan::run(cx, &args),
            Self::Progress(args) => progress::run(cx, &args),
            Self::Pause(args) => pause::run(cx, &args),
            Self::Resume(args) => resume::run(cx, &args),
            Self::Rollback(args) => rollback::run(cx, args),
            Self::Log(args) => log::run(cx, &args),
            Self::Explain(args) => explain::run(cx, &args),
            Self::Audit(args) => audit::run(cx, &args),
            Self::Trust(args) => trust::run(cx, &args),
            Self::Demo(args) => demo::run(cx, &args),
            Self::Completions(args) => completions::run(cx, &args),
        }
    }
}

/// Parses, runs, and words what went wrong.
pub fn main(bundled: BundledPlugins) -> ExitCode {
    let args = Args::parse();
    let name = args.command.name();
    let ui = std::sync::Arc::new(Ui::new(args.global.json, args.global.verbose, args.global.log_format));
    let folder = args.global.project.unwrap_or_else(|| PathBuf::from("."));
    let start = Start { folder, front: ui.clone(), caller: Caller::of_environment(), command: name, bundled };
    let done = args.command.run(&Cx { start, ui: ui.clone() });
    match done {
        Ok(()) if ui.lost_output() => {
            ui.error(name, &CommandError::new("the answer could not be written to stdout").hint("make room there"));
            ExitCode::FAILURE
        }
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            ui.error(name, &error);
            ExitCode::from(exit_code(error.kind))
        }
    }
}
