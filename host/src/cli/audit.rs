//! `session audit`: whether every commit of a session has evidence for its tree; for CI.

use std::path::Path;

use clap::ValueEnum;
use serde_json::json;
use session_core::quote::bare;
use session_core::session::{Finding, Level};
use session_engine::project::Records;
use session_types::hash;
use session_workflow::{AuditRequest, CommandError, audit_sessions, count};

use super::Cx;

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:\n  session audit\n  session audit --since origin/main --format github")]
pub(super) struct Args {
    /// Only commits that this one does not have, such as `origin/main`; the whole history where it is left out.
    #[arg(long, value_name = "COMMIT")]
    since: Option<String>,
    /// Take plugins.toml and the plugins from this commit, and name each commit since that changed them. `--since` does so,
    /// too. A branch cannot change what it is judged by, and you need not approve what it brings.
    #[arg(long, value_name = "COMMIT")]
    base: Option<String>,
    /// Only the very files that were verified have evidence: what was rebased or squashed since, rewritten by a hook,
    /// changed while its checks ran, or verified beside files that it does not hold, has none; nor has a session that was
    /// completed with --unverified.
    #[arg(long)]
    strict: bool,
    /// Form of the findings.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    /// Lines that GitHub Actions shows beside the record.
    Github,
}

pub(super) fn run(cx: &Cx, args: &Args) -> Result<(), CommandError> {
    let ui = &cx.ui;
    ui.log_to(None);
    let Args { since, base, strict, format } = args.clone();
    let outcome = audit_sessions(&cx.start, &AuditRequest { since, base, strict })?;
    let findings = &outcome.findings;
    if ui.json && outcome.failure.is_none() {
        ui.answer("audit", json!({"commits": outcome.commits, "findings": findings}));
        return Ok(());
    }
    if !ui.json {
        findings.iter().for_each(|finding| ui.out(line(finding, format, &outcome.below)));
    }
    if let Some(error) = outcome.failure {
        return Err(error);
    }
    let commits = outcome.commits.iter().filter(|commit| !commit.checkpoint).count();
    let all = if commits == 0 { "none that needs evidence" } else { "each has evidence" };
    let unverified = findings.iter().filter(|finding| finding.level == Level::Unverified).count();
    let apart = match (unverified, findings.is_empty()) {
        (_, true) => String::new(),
        (0, _) => ", apart from what is noted".to_owned(),
        (some, _) => format!(", apart from {} completed unverified and what is noted", count(some, "session")),
    };
    ui.say(format!("{}: {all}{apart}.", outcome.looked_at));
    Ok(())
}

/// A finding on one line, whatever its record or commit says. `below`: the root below the top of the repository.
fn line(finding: &Finding, format: Format, below: &Path) -> String {
    let Finding { level, session, file, commit, what } = finding;
    let short = commit.as_deref().map(|commit| format!(" {}", hash::short(commit))).unwrap_or_default();
    let level = match (level, format) {
        (Level::Error, _) => "error",
        (Level::Unverified, Format::Text) => "unverified ",
        (Level::Note, Format::Text) => "note",
        (Level::Unverified | Level::Note, Format::Github) => "warning",
    };
    let about = bare(file.as_ref().unwrap_or(session));
    match format {
        Format::Text => format!("{level:<6}{about}{}: {}", bare(&short), bare(what)),
        Format::Github => {
            let file =
                file.clone().unwrap_or_else(|| below.join(Records::path(session)).to_string_lossy().into_owned());
            let title = property(&format!("{about}{short}"));
            format!("::{level} file={},title={title}::{}", property(&file), message(what))
        }
    }
}

/// The text of a workflow command, as GitHub Actions reads it: on one line, or a title could begin a command of its own.
fn message(text: &str) -> String {
    bare(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The same for a property, which a `,` or a `:` would end.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_command_whatever_it_says() {
        let finding = Finding {
            level: Level::Error,
            session: "X-1,line=9::x\n::add-mask::a".into(),
            file: None,
            commit: Some("12345\n::e".into()),
            what: "50%\r\n::error::forged\u{2028}::stop-commands::x".into(),
        };
        for format in [Format::Text, Format::Github] {
            let line = line(&finding, format, Path::new("app"));
            assert!(!line.contains(['\n', '\r', '\u{2028}']), "{line}");
        }
        let line = line(&finding, Format::Github, Path::new("app"));
        let (properties, text) =
            line.strip_prefix("::error ").and_then(|rest| rest.split_once("::")).expect("a command");
        assert_eq!(properties.matches([',', ':']).count(), 1, "one comma, between file and title: {properties}");
        assert!(properties.starts_with("file=app/docs/sessions/records/X-1%2Cline=9"), "{properties}");
        assert!(text.starts_with("50%25"), "{text}");
    }
}
