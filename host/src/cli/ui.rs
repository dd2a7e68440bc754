//! The one place that prints. Data goes to stdout, everything else to stderr; plain lines where it is no terminal.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, IsTerminal as _, Write as _};
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use serde_json::{Value, json};
use session_core::quote::{bare, fold};
use session_core::session::CheckResult;
use session_engine::dispatch::{Notice, Watch};
use session_types::{CheckKind, Level, Verdict};
use session_workflow::{Approvals, CommandError, ErrorKind, Front, seconds, some_of, verdict};

use super::foreign::{colourless, one_line, printed, spoken};
use super::trace;
use super::trust_screen::{question, screen};
use super::visible::{json_visible, visible};

/// Version of all JSON on stdout; fields are only added.
const SCHEMA: u32 = 1;
/// Lines of a failed check that are shown; the whole stands in its log.
const TAIL: usize = 20;
/// Columns of the longest usual prefix.
const PREFIX: usize = 13;

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LogFormat {
    Text,
    Json,
}

/// As `--help` lists them.
pub(super) const fn exit_code(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Failed => 1,
        ErrorKind::Usage => 2,
        ErrorKind::Checks => 3,
        ErrorKind::Stuck => 4,
        ErrorKind::NotTrusted => 5,
        ErrorKind::Bug => 255,
    }
}

#[derive(Debug)]
pub(super) struct Ui {
    pub(super) json: bool,
    verbose: u8,
    format: LogFormat,
    bars: Mutex<HashMap<String, ProgressBar>>,
    lost: AtomicBool,
}

const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();

fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

impl Ui {
    pub(super) fn new(json: bool, verbose: u8, format: LogFormat) -> Self {
        Self { json, verbose, format, bars: Mutex::default(), lost: AtomicBool::new(false) }
    }

    /// Whether somebody can be asked.
    pub(super) fn can_ask(&self) -> bool {
        !self.json && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks yes or no. No answer counts as no.
    pub(super) fn ask(&self, question: &str) -> bool {
        let _ = write!(anstream::stderr().lock(), "{} [y/N] ", one_line(question));
        let _ = io::stderr().flush();
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
    }

    /// Sets tracing up: to stderr with `-v`, and to a file where the command runs an event.
    pub(super) fn log_to(&self, file: Option<&Path>) {
        let screen: (fn() -> io::Stderr, bool) = (io::stderr, io::stderr().is_terminal());
        trace::begin(self.verbose, matches!(self.format, LogFormat::Json), screen, file);
    }

    /// A line of data. A reader that has gone away is no error: the work is done all the same.
    pub(super) fn out(&self, text: impl AsRef<str>) {
        self.keep(writeln!(io::stdout().lock(), "{}", one_line(text.as_ref())));
    }

    /// Several lines of data, of which the caller made lines: a foreign text among them is quoted, or stands behind a mark.
    pub(super) fn out_lines(&self, text: impl AsRef<str>) {
        self.keep(writeln!(io::stdout().lock(), "{}", visible(text.as_ref())));
    }

    /// A line that was made for a terminal, colours included: its maker has seen to what else stands in it.
    pub(super) fn out_styled(&self, text: impl AsRef<str>) {
        self.keep(writeln!(anstream::stdout().lock(), "{}", text.as_ref()));
    }

    /// A text as it is, byte for byte; on a terminal only what that can show.
    pub(super) fn raw(&self, text: &str) {
        let shown = if io::stdout().is_terminal() { visible(text) } else { Cow::Borrowed(text) };
        self.keep(io::stdout().lock().write_all(shown.as_bytes()));
    }

    /// As [`Ui::out`], for a line whose foreign parts are quoted.
    pub(super) fn out_folded(&self, line: &str) {
        let width = io::stdout().is_terminal().then(|| columns(io::stdout()));
        folded(line, width).iter().for_each(|line| self.out(line));
    }

    fn keep(&self, written: io::Result<()>) {
        if written.is_err_and(|e| e.kind() != io::ErrorKind::BrokenPipe) {
            self.lost.store(true, Ordering::Relaxed);
        }
    }

    /// Whether an answer could not be written: a file that is full must not pass for a short answer.
    pub(super) fn lost_output(&self) -> bool {
        self.keep(io::stdout().flush());
        self.lost.load(Ordering::Relaxed)
    }

    /// What a command answers in JSON.
    pub(super) fn answer(&self, command: &str, mut value: Value) {
        if let Some(object) = value.as_object_mut() {
            object.insert("schema".into(), json!(SCHEMA));
            object.insert("command".into(), json!(command));
        }
        self.keep(writeln!(io::stdout().lock(), "{}", json_visible(&value.to_string())));
    }

    /// As [`Ui::answer`], for what is too long to be held: written as it is made, schema and command included.
    pub(super) fn answer_as<T: Serialize>(&self, command: &'static str, value: &T) -> io::Result<()> {
        #[derive(Serialize)]
        struct Answer<'v, T> {
            #[serde(flatten)]
            value: &'v T,
            schema: u32,
            command: &'static str,
        }
        let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let mut json = serde_json::Serializer::with_formatter(&mut out, VisibleJson);
        let written = Answer { value, schema: SCHEMA, command }.serialize(&mut json);
        match written.map_err(io::Error::from).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()) {
            // A reader that has gone away is no error.
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(e),
            _ => Ok(()),
        }
    }

    /// A sentence about what is going on.
    pub(super) fn say(&self, text: impl AsRef<str>) {
        self.say_styled(&one_line(text.as_ref()));
    }

    /// As [`Ui::say`], for a line whose foreign parts are quoted. On a terminal it is broken here and not there: a line
    /// that begins with what a foreign string has in its middle may look like one of ours.
    pub(super) fn say_folded(&self, line: &str) {
        let width = io::stderr().is_terminal().then(|| columns(io::stderr()));
        folded(line, width).iter().for_each(|line| self.say(line));
    }

    /// What plugins say, each line with whose it is.
    pub(super) fn say_for(&self, all: &[(String, Vec<String>)]) {
        for (plugin, texts) in all {
            let lines = texts.iter().flat_map(|text| spoken(text.trim_end(), None));
            lines.for_each(|line| self.say(format!("{plugin}: {line}")));
        }
    }

    /// What a plugin or one of its programs says while it is at work, behind its name.
    fn say_behind(&self, plugin: &str, lines: Vec<String>) {
        lines.iter().for_each(|line| self.say_styled(&format!("{} {line}", prefix(plugin))));
    }

    fn say_styled(&self, text: &str) {
        if !self.json {
            self.line(text);
        }
    }

    pub(super) fn title(&self, text: impl AsRef<str>) {
        self.say_styled(&paint(BOLD, &one_line(text.as_ref())));
    }

    /// A title with an empty line before it.
    pub(super) fn heading(&self, text: impl AsRef<str>) {
        self.say_styled("");
        self.title(text);
    }

    pub(super) fn warn(&self, text: impl AsRef<str>) {
        self.marked(YELLOW, "warning:", text.as_ref());
    }

    /// Why an event has committed nothing, or would commit nothing.
    pub(super) fn warn_uncommitted(&self, why: Option<&str>, dry_run: bool) {
        if let Some(why) = why {
            let verb = if dry_run { "would be" } else { "is" };
            self.warn(format!("nothing {verb} committed: {why}"));
        }
    }

    /// A plugin's own warning.
    fn warn_of(&self, plugin: &str, text: &str) {
        spoken(text, None).iter().for_each(|line| self.warn(format!("{plugin}: {line}")));
    }

    /// A line with its mark, and behind it those that its text has more, which are none of ours.
    fn marked(&self, style: Style, mark: &str, text: &str) {
        let text = visible(text);
        let mut lines = text.split('\n');
        self.line(&format!("{} {}", paint(style, mark), lines.next().unwrap_or_default()));
        lines.for_each(|line| self.line(&format!("  \u{2502} {line}")));
    }

    fn line(&self, text: &str) {
        let bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        let print = || _ = writeln!(anstream::stderr().lock(), "{text}");
        match bars.values().next() {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    pub(super) fn error(&self, command: &str, error: &CommandError) {
        if self.json {
            let kind = match error.kind {
                ErrorKind::Failed => "failed",
                ErrorKind::Usage => "usage",
                ErrorKind::Checks => "checks",
                ErrorKind::Stuck => "stuck",
                ErrorKind::NotTrusted => "not-trusted",
                ErrorKind::Bug => "bug",
            };
            let value = json!({"kind": kind, "message": error.message, "causes": error.causes, "hints": error.hints});
            let mut answer = json!({"error": value, "exit": exit_code(error.kind)});
            if let (Some(data), Some(object)) = (&error.data, answer.as_object_mut()) {
                object.insert(data.0.to_owned(), data.1.clone());
            }
            self.answer(command, answer);
        }
        self.marked(RED, "error:", error.message.trim_end());
        error.causes.iter().for_each(|cause| self.marked(YELLOW, "caused by:", cause.trim_end()));
        error.hints.iter().for_each(|hint| self.marked(GREEN, "hint:", hint.trim_end()));
        if error.kind == ErrorKind::Bug {
            self.line("This is a bug of session: please report it with the log of this run.");
        }
    }

    fn check(&self, check: &CheckResult, known: bool) {
        let evidence = &check.evidence;
        let mark = verdict(check.verdict);
        let style = match check.verdict {
            Verdict::Passed | Verdict::Attested => GREEN,
            Verdict::Failed => RED,
            Verdict::Skipped | Verdict::Unconfirmed => YELLOW,
        };
        let text = evidence.check.lines().next().unwrap_or_default();
        let more = if evidence.check.contains('\n') { " …" } else { "" };
        let text =
            if evidence.kind == CheckKind::Command { format!("`{text}{more}`") } else { format!("{text}{more}") };
        let mut facts = Vec::new();
        facts.extend(evidence.exit.filter(|code| *code != 0).map(|code| format!("exit code {code}")));
        let known_command = known && evidence.kind == CheckKind::Command;
        if known && !known_command {
            facts.extend(evidence.at.as_ref().map(|at| format!("confirmed {}", at.minute())));
        }
        if known_command {
            let at = evidence.at.as_ref().map(session_types::Timestamp::minute).unwrap_or_default();
            facts.push(format!("verified {at} for the same files; --fresh runs it again"));
        }
        facts.extend(evidence.milliseconds.filter(|_| !known).map(seconds));
        facts.extend(evidence.directory.as_ref().filter(|d| *d != ".").map(|d| format!("in {d}")));
        facts.extend(evidence.by.as_ref().map(|by| format!("by {by}")));
        facts.extend(evidence.reason.clone());
        let facts = one_line(&facts.join(", "));
        let facts = if facts.is_empty() { facts } else { paint(DIM, &format!("  ({facts})")) };
        self.say_styled(&format!("  {} {}{facts}", paint(style, &format!("{mark:<11}")), one_line(&text)));
        // On a terminal the output was shown as it came.
        let tail = evidence.tail.as_deref().filter(|_| check.verdict == Verdict::Failed && !io::stderr().is_terminal());
        let tail = tail.map(|tail| last_lines(tail, TAIL)).unwrap_or_default();
        self.say_behind(&check.plugin, tail.into_iter().map(colourless).collect());
        for flag in evidence.flags.iter().filter(|_| !known_command) {
            self.warn(one_line(&format!("{text}: {flag}")));
        }
    }

    fn changed_by_checks(&self, paths: &[String], left_out: &[String]) {
        self.say(format!("  the checks changed {}", some_of(paths)));
        if !left_out.is_empty() {
            self.say(format!(
                "  not the session's work, so in no commit of it: {} (session complete --include FILE takes one)",
                some_of(left_out)
            ));
        }
    }

    /// No bar is drawn any more.
    pub(super) fn stop_bars(&self) {
        self.bars.lock().unwrap_or_else(PoisonError::into_inner).drain().for_each(|(_, bar)| bar.finish_and_clear());
    }

    fn progress(&self, plugin: &str, done: u64, total: u64, message: &str) {
        if self.json || !io::stderr().is_terminal() {
            return;
        }
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = bars.entry(plugin.to_owned()).or_insert_with(|| {
            let bar = if total == 0 { ProgressBar::new_spinner() } else { ProgressBar::new(total) };
            bar.set_draw_target(ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{prefix:>10} │ {bar:20} {pos}/{len} {wide_msg}") {
                bar.set_style(style);
            }
            bar.with_prefix(plugin.to_owned())
        });
        bar.set_position(done);
        bar.set_message(bare(message));
        if total > 0 && done >= total {
            bar.finish_and_clear();
            bars.remove(plugin);
        }
    }
}

fn columns(stream: impl AsFd) -> usize {
    terminal_size::terminal_size_of(stream).map_or(80, |(width, _)| usize::from(width.0))
}

/// A line in pieces as wide as the terminal, each but the first with a mark of ours.
fn folded(line: &str, width: Option<usize>) -> Vec<String> {
    const MARK: &str = "    ⤷ ";
    let Some(width) = width else { return vec![line.to_owned()] };
    let mark = MARK.chars().count();
    let pieces = fold(line, width.max(mark + 10), mark).into_iter().enumerate();
    pieces.map(|(at, piece)| if at == 0 { piece.to_owned() } else { format!("{MARK}{piece}") }).collect()
}

fn last_lines(text: &str, count: usize) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].to_vec()
}

impl Front for Ui {
    fn warned(&self, text: &str) {
        self.warn(text);
    }

    fn told(&self, text: &str) {
        self.say(text);
    }

    fn told_by(&self, all: &[(String, Vec<String>)]) {
        self.say_for(all);
    }

    fn can_ask(&self) -> bool {
        Self::can_ask(self)
    }

    fn ask(&self, question: &str) -> bool {
        Self::ask(self, question)
    }

    fn shows(&self, asked: &Approvals<'_>) {
        screen(self, asked.app, asked.ask);
    }

    fn agrees(&self, asked: &Approvals<'_>) -> bool {
        Self::ask(self, &question(asked.ask))
    }

    fn log_to(&self, file: Option<&Path>) {
        Self::log_to(self, file);
    }

    /// Ctrl-C and its like end the programs too: they are in process groups of their own.
    fn may_be_stopped(self: Arc<Self>, stop: fn()) {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let set = ctrlc::set_handler(move || {
                stop();
                self.stop_bars();
                self.say("Stopped. Nothing is lost: type the same command again, or session resume.");
                std::process::exit(130);
            });
            if let Err(e) = set {
                tracing::warn!(error = %e, "Ctrl-C will not end running programs");
            }
        });
    }
}

impl Watch for Ui {
    fn notice(&self, notice: &Notice<'_>) {
        match notice {
            Notice::StepBegan { plugin, event } => tracing::debug!(plugin, %event, "step"),
            Notice::Line { plugin, text, .. } => {
                if io::stderr().is_terminal() {
                    self.say_behind(plugin, printed(text, width()));
                }
            }
            Notice::Command { plugin, argv, directory } => {
                tracing::info!(plugin, command = argv.join(" "), directory, "runs");
            }
            Notice::Log { plugin, level, message } => match level {
                Level::Debug => tracing::debug!(plugin, "{message}"),
                Level::Info => self.say_behind(plugin, spoken(message, width())),
                Level::Warn => self.warn_of(plugin, message),
            },
            Notice::Progress { plugin, done, total, message } => self.progress(plugin, *done, *total, message),
            Notice::Check { check, known } => self.check(check, *known),
            Notice::ChangedByChecks { paths, left_out } => self.changed_by_checks(paths, left_out),
            Notice::Flag { flag } => self.warn(one_line(flag)),
            Notice::StepDone { plugin, message } => self.say_behind(plugin, spoken(message, width())),
            Notice::VerifiesAgain => self.say("The files have changed since they were verified: the checks run again."),
            Notice::StepWarned { plugin, error } => {
                // Its name stands in front already.
                let without = |text: &str, mark: &str| {
                    let rest = text.strip_prefix(*plugin).and_then(|rest| rest.strip_prefix(mark));
                    rest.unwrap_or(text).to_owned()
                };
                let causes = error.causes.iter().map(|cause| without(cause, " says: "));
                let said: Vec<String> = [without(&error.message, ": ")].into_iter().chain(causes).collect();
                self.warn_of(plugin, &said.join(": "));
            }
        }
    }
}

fn prefix(plugin: &str) -> String {
    paint(DIM, &format!("{plugin:>10} │"))
}

/// Columns of the terminal behind a prefix; none where it is no terminal.
fn width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stderr()).ok()?;
    usize::from(size.ws_col).checked_sub(PREFIX)
}

/// As JSON is written anyway, but that nothing in it steers a terminal.
struct VisibleJson;

impl serde_json::ser::Formatter for VisibleJson {
    fn write_string_fragment<W: io::Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        writer.write_all(json_visible(fragment).as_bytes())
    }
}
