//! Does what its configuration says, line by line: for tests of what happens in between.

use serde::Deserialize;
use session_sdk::command::Command;
use session_sdk::{Checkpoint, Complete, Context, Effect, Error, Plugin, Result, Rollback, Summary, facts, files};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    checkpoint: Vec<String>,
    complete: Vec<String>,
    rollback: Vec<String>,
}

struct Scripted(Config);

#[session_sdk::plugin]
impl Plugin for Scripted {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        Ok(Self(config))
    }

    fn checkpoint(&mut self, cx: &Context<Checkpoint>) -> Result<Summary> {
        run(&self.0.checkpoint, &cx.earlier, cx.dry_run)
    }

    fn complete(&mut self, cx: &Context<Complete>) -> Result<Summary> {
        run(&self.0.complete, &cx.earlier, cx.dry_run)
    }

    fn rollback(&mut self, cx: &Context<Rollback>) -> Result<Summary> {
        run(&self.0.rollback, &cx.earlier, cx.dry_run)
    }
}

fn run(lines: &[String], earlier: &[Effect], dry_run: bool) -> Result<Summary> {
    let mut confirm = Vec::new();
    for line in lines {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (path, text) = rest.split_once(' ').unwrap_or((rest, ""));
        match verb {
            "write" => files::write(path, text)?,
            // Twice is twice: what a second run would do again is seen.
            "append" => {
                let before = files::read_text(path)?.unwrap_or_default();
                files::write(path, format!("{before}{text}\n"))?;
            }
            "fact" => facts::set(path, text)?,
            "run" => _ = Command::new("sh").args(["-c", rest]).text()?,
            "repeat" => _ = Command::new("sh").args(["-c", rest]).repeatable().text()?,
            // What it says is a file of its own, and the program.
            "scratch" => {
                let command = Command::new("sh").args(["-c", ". {scratch}/lines/a.sh"]).env("AT", "{scratch}");
                _ = command.scratch("lines/a.sh", rest).repeatable().text()?;
            }
            "fail" if !dry_run => return Err(Error::new(format!("{rest}: {}", told(earlier)))),
            "stuck" if !dry_run => return Err(Error::new(rest).hint("ask somebody").stuck()),
            "fail" | "stuck" => {}
            "refuse" => return Err(Error::new(rest).hint("think again")),
            "confirm" => confirm.push(rest.to_owned()),
            other => return Err(Error::new(format!("there is no `{other}`"))),
        }
    }
    Ok(Summary { confirm, ..Summary::new(told(earlier)) })
}

fn told(earlier: &[Effect]) -> String {
    format!("told of {} earlier effects", earlier.len())
}
