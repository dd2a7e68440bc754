//! `session completions SHELL`.

use clap::CommandFactory as _;
use clap_complete::Shell;
use session_workflow::CommandError;

use super::Cx;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// bash, zsh, fish, elvish or powershell.
    shell: Shell,
}

#[expect(clippy::unnecessary_wraps, reason = "the form of all commands")]
pub(super) fn run(cx: &Cx, args: &Args) -> Result<(), CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::Args::command(), "session", &mut script);
    cx.ui.raw(&String::from_utf8_lossy(&script));
    Ok(())
}
