//! Where tracing goes: to stderr with `-v`, and to `run.log` of a command that runs an event. Each event is one line,
//! whatever stands in it, and nothing of it steers a terminal.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;

use session_core::session::RedactedLines;
use session_system::LogFile;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, filter::LevelFilter};

use super::foreign::{coloured, one_line};
use super::visible::json_visible;

/// Sets tracing up, for as many `-v` as were given. `screen` is where people look, a terminal or not.
pub(super) fn begin(verbose: u8, json: bool, (screen, terminal): (fn() -> io::Stderr, bool), file: Option<&Path>) {
    let level = match verbose {
        0 => LevelFilter::OFF,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let screen = move || Lines { to: screen(), json };
    let screen = tracing_subscriber::fmt::layer().with_writer(screen).with_target(false).with_ansi(terminal);
    let screen = if json { screen.json().with_filter(level).boxed() } else { screen.with_filter(level).boxed() };
    let file = file.and_then(|path| LogFile::open(path).ok());
    let file = file.map(|file| {
        let file = Mutex::new(Lines { to: Kept { file, secrets: RedactedLines::default() }, json });
        let layer = tracing_subscriber::fmt::layer().with_writer(file).with_target(false).with_ansi(false);
        if json {
            layer.json().with_filter(LevelFilter::DEBUG).boxed()
        } else {
            layer.with_filter(LevelFilter::DEBUG).boxed()
        }
    });
    if file.is_some() || level != LevelFilter::OFF {
        // A second call in one process would be a bug, and logs are not worth failing for.
        let _ = tracing_subscriber::registry().with(screen).with(file).try_init();
    }
}

/// Takes an event with each call, as the subscriber gives it, and makes one line of it.
struct Lines<W> {
    to: W,
    json: bool,
}

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let line = if self.json { json_visible(text).into_owned() } else { coloured(text) };
        self.to.write_all(format!("{}\n", line.replace('\n', "\u{240a}")).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// A log on disk.
struct Kept {
    file: LogFile,
    secrets: RedactedLines,
}

impl Write for Kept {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.file.line(&mut self.secrets, one_line_of(line).as_bytes())?;
        self.file.flush()?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// There are no colours in a file.
fn one_line_of(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    format!("{}\n", one_line(text.trim_end_matches('\n')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(json: bool, event: &str) -> String {
        let mut lines = Lines { to: Vec::new(), json };
        lines.write_all(event.as_bytes()).expect("written");
        String::from_utf8(lines.to).expect("text")
    }

    #[test]
    fn an_event_is_one_line_and_steers_nothing() {
        assert_eq!(
            written(false, "\x1b[2mDEBUG\x1b[0m a\nerror: b\x1b[1A\n"),
            "\x1b[2mDEBUG\x1b[0m a␊error: b␛[1A\x1b[0m\n"
        );
        assert_eq!(written(true, "{\"a\":\"b\u{202e}\u{9b}\"}\n"), "{\"a\":\"b\\u202e\\u009b\"}\n");
    }
}
