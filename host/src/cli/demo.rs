//! `session demo`: the hello plan in a scratch repository, with the real binary and the real plugins.

use std::path::Path;

use serde_json::json;
use session_system::{Limit, replace_cached, text_own};
use session_workflow::CommandError;

use super::Cx;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Show the commands and documents of one session only.
    #[arg(long)]
    short: bool,
}

const PLAN: &str = include_str!("demo_plan.md");
const PATH: &str = "docs/HELLO_PROMPTS.md";

pub(super) fn run(cx: &Cx, args: &Args) -> Result<(), CommandError> {
    // Below a folder of its own: PROGRESS.md names the repository by its folder, and every demo shall write the same.
    let folder = tempfile::Builder::new().prefix("session-demo-").tempdir()?.keep().join("hello");
    let ui = &*cx.ui;
    ui.title(format!("A scratch repository in {}", folder.display()));
    session_repository::init(&folder)?;
    write(&folder, PATH, PLAN)?;
    let demo = Demo { cx, folder: &folder };
    demo.session(&["init", "Hello"])?;
    demo.session(&["next"])?;
    demo.session(&["start", "HI-01"])?;
    demo.show("docs/sessions/SESSION.md")?;
    ui.heading("The work: greeting.txt, at first with a mistake");
    write(&folder, "greeting.txt", "helo, Kim\n")?;
    demo.fails(&["complete"])?;
    ui.heading("The mistake is corrected");
    write(&folder, "greeting.txt", "hello, Kim\n")?;
    demo.session(&["complete"])?;
    demo.show("docs/progress/HELLO_PROGRESS.md")?;
    if !args.short {
        demo.session(&["start", "HI-02"])?;
        write(&folder, "farewell.txt", "goodbye\n")?;
        demo.session(&["checkpoint", "-m", "farewell written"])?;
        demo.session(&["complete"])?;
        demo.session(&["start", "HI-03"])?;
        write(&folder, "letter.txt", "hello, Kim\ngoodbye\n")?;
        demo.session(&["complete"])?;
        demo.show("docs/sessions/records/HI-03.json")?;
        ui.heading("That session was a mistake: one new commit takes it back");
        demo.session(&["rollback", "HI-03"])?;
    }
    demo.session(&["status"])?;
    if ui.json {
        ui.answer("demo", json!({"folder": folder}));
        return Ok(());
    }
    ui.heading("That was all of it.");
    ui.say(format!("Look around in {}: git log, docs/", folder.display()));
    ui.say("In your own repository:");
    ["session init \"My Project\"", "session start ID", "session complete"].iter().for_each(|line| ui.out(line));
    Ok(())
}

struct Demo<'a> {
    cx: &'a Cx,
    folder: &'a Path,
}

impl Demo<'_> {
    fn session(&self, arguments: &[&str]) -> Result<(), CommandError> {
        if self.run(arguments)? == Some(0) {
            return Ok(());
        }
        Err(CommandError::new(format!("`session {}` failed in the demo", arguments.join(" ")))
            .kind(session_workflow::ErrorKind::Bug))
    }

    fn fails(&self, arguments: &[&str]) -> Result<(), CommandError> {
        let code = self.run(arguments)?;
        self.cx.ui.say(format!("exit code {}", code.unwrap_or(-1)));
        if code == Some(3) {
            return Ok(());
        }
        Err(CommandError::new("a failing check did not fail in the demo").kind(session_workflow::ErrorKind::Bug))
    }

    /// Runs this very binary, as the user would.
    fn run(&self, arguments: &[&str]) -> Result<Option<i32>, CommandError> {
        let quoted: Vec<String> =
            arguments.iter().map(|a| if a.contains(' ') { format!("\"{a}\"") } else { (*a).to_owned() }).collect();
        self.cx.ui.heading(format!("$ session {}", quoted.join(" ")));
        #[expect(clippy::disallowed_methods, reason = "the demo drives this binary")]
        let mut command = std::process::Command::new(std::env::current_exe()?);
        // In a hook it would play on the user's own repository.
        session_system::without_surrounding_git(&mut command).args(arguments).current_dir(self.folder);
        if self.cx.ui.json {
            // One answer on stdout: the demo's own.
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        }
        Ok(command.status()?.code())
    }

    fn show(&self, path: &str) -> Result<(), CommandError> {
        if self.cx.ui.json {
            return Ok(());
        }
        let text = text_own(&self.folder.join(path), Limit::TEXT)?;
        self.cx.ui.heading(format!("{path} now reads"));
        text.lines().for_each(|line| self.cx.ui.out(format!("    {line}")));
        Ok(())
    }
}

fn write(folder: &Path, path: &str, text: &str) -> Result<(), CommandError> {
    Ok(replace_cached(&folder.join(path), text.as_bytes())?)
}
