//! Calls through the typed imports of a component, and the exports of each event. Only what is used survives in the
//! built component, so every function here names its import directly.

use crate::{
    Bytes, Change, CommandKind, Commit, CommitRequest, Committed, Head, HistoryRequest, Level, Outcome, RevertRequest,
    Run, TreeRequest, Verdict,
};
use crate::{Error, Evidence, Result};

mod powers {
    wit_bindgen::generate!({
        path: "wit/0.1.0",
        world: "powers",
        generate_all,
    });
}

use powers::session::plugin as host;

macro_rules! exports {
    ($($event:ident $world:literal $export:literal)*) => {
        $(#[doc(hidden)]
        pub mod $event {
            wit_bindgen::generate!({
                path: "wit/0.1.0",
                world: $world,
                pub_export_macro: true,
                export_macro_name: $export,
                runtime_path: "::session_sdk::__private::rt",
            });
        })*
    };
}

exports! {
    plan "plan" "export_plan"
    start "start" "export_start"
    checkpoint "checkpoint" "export_checkpoint"
    verify "verify" "export_verify"
    complete "complete" "export_complete"
    rollback "rollback" "export_rollback"
    settle "settle" "export_settle"
    snapshot "snapshot" "export_snapshot"
    merge "merge" "export_merge"
    audit "audit" "export_audit"
}

#[derive(Debug)]
pub(crate) struct ChildHandle(host::command::Child);

fn error(text: String) -> Error {
    Error::from_text(&text)
}

fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::new("a request has no JSON form").because(e.to_string()))
}

fn parse<T: serde::de::DeserializeOwned>(answer: std::result::Result<String, String>) -> Result<T> {
    let text = answer.map_err(error)?;
    serde_json::from_str(&text).map_err(|e| Error::new("the host's answer does not parse").because(e.to_string()))
}

pub(crate) fn log(level: Level, message: &str) {
    match level {
        Level::Debug => host::log::debug(message),
        Level::Info => host::log::info(message),
        Level::Warn => host::log::warn(message),
    }
}

pub(crate) fn progress(done: u64, total: u64, message: &str) {
    host::log::progress(done, total, message);
}

pub(crate) fn fact_get(key: &str) -> Result<Option<String>> {
    host::facts::get(key).map_err(error)
}

pub(crate) fn fact_set(key: &str, value: &str) -> Result<()> {
    host::facts::set(key, value).map_err(error)
}

pub(crate) fn file_read(path: &str) -> Result<Option<Vec<u8>>> {
    host::files::read(path).map_err(error)
}

pub(crate) fn file_write(path: &str, content: &[u8]) -> Result<()> {
    host::files::write(path, content).map_err(error)
}

pub(crate) fn file_remove(path: &str) -> Result<()> {
    host::files::remove(path).map_err(error)
}

pub(crate) fn file_list(path: &str) -> Result<Vec<String>> {
    host::files::list(path).map_err(error)
}

pub(crate) fn check(verdict: Verdict, evidence: &Evidence) -> Result<()> {
    let evidence = json(evidence)?;
    match verdict {
        Verdict::Passed | Verdict::Attested => host::checks::passed(&evidence),
        Verdict::Failed => host::checks::failed(&evidence),
        Verdict::Skipped | Verdict::Unconfirmed => host::checks::skipped(&evidence),
    }
    .map_err(error)
}

pub(crate) fn spawn(run: Run) -> Result<ChildHandle> {
    let mut argv = run.argv.iter();
    let builder = host::command::Builder::new(argv.next().map_or("", String::as_str));
    argv.for_each(|arg| builder.arg(arg));
    run.directory.iter().for_each(|path| builder.directory(path));
    run.env.iter().for_each(|(key, value)| builder.env(key, value));
    run.stdin.iter().for_each(|content| builder.stdin(&content.0));
    run.timeout.iter().for_each(|ms| builder.timeout(*ms));
    run.limit.iter().for_each(|bytes| builder.limit(*bytes));
    if run.tail {
        builder.tail();
    }
    if run.interactive {
        builder.interactive();
    }
    run.scratch.iter().for_each(|(name, content)| builder.scratch(name, &content.0));
    match run.kind {
        CommandKind::Query => builder.query(),
        CommandKind::Repeatable => builder.repeatable(),
        CommandKind::Effect => {}
    }
    builder.spawn().map(ChildHandle).map_err(error)
}

pub(crate) fn wait(child: ChildHandle) -> Result<Outcome> {
    let outcome = child.0.wait().map_err(error)?;
    Ok(Outcome {
        code: outcome.code(),
        stdout: Bytes(outcome.stdout()),
        stderr: Bytes(outcome.stderr()),
        milliseconds: outcome.milliseconds(),
        timed_out: outcome.timed_out(),
        planned: outcome.planned(),
    })
}

pub(crate) fn head() -> Result<Head> {
    parse(host::repository::head())
}

pub(crate) fn changes() -> Result<Vec<Change>> {
    parse(host::repository::changes())
}

pub(crate) fn tree(request: &TreeRequest) -> Result<String> {
    host::repository::tree(&json(request)?).map_err(error)
}

pub(crate) fn commit(request: &CommitRequest) -> Result<Committed> {
    parse(host::repository::commit(&json(request)?))
}

pub(crate) fn revert(request: &RevertRequest) -> Result<Committed> {
    parse(host::repository::revert(&json(request)?))
}

pub(crate) fn file_at(commit: &str, path: &str) -> Result<Option<Vec<u8>>> {
    host::repository::file_at(commit, path).map_err(error)
}

pub(crate) fn history(request: &HistoryRequest) -> Result<Vec<Commit>> {
    parse(host::repository::history(&json(request)?))
}

pub(crate) fn diff(since: Option<&str>, paths: &[String]) -> Result<String> {
    host::repository::diff(since, paths).map_err(error)
}

pub(crate) fn patch_id(commit: &str) -> Result<Option<String>> {
    host::repository::patch_id(commit).map_err(error)
}

pub(crate) fn exclude(path: &str) -> Result<()> {
    host::repository::exclude(path).map_err(error)
}
