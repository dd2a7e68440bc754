//! `session plan check`: what is wrong with a plan, each with its line shown and the place underlined.

use std::borrow::Cow;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde_json::json;
use session_core::session::{Overview, Plan, PlanError};
use session_engine::project::Texts;
use session_types::Warning;
use session_workflow::{App, CommandError, count, plan_warnings};

use super::foreign::one_line;
use super::ui::Ui;

/// Errors, and warnings, that are shown; the others are counted.
const SHOWN: usize = 20;
/// Characters of a line that are shown around the place.
const WIDTH: usize = 160;

pub(super) fn run(ui: &Ui, app: &App<'_>, overview: &Overview, plan: &Plan) -> Result<(), CommandError> {
    let errors = plan.errors();
    let warnings = plan_warnings(app, overview, plan);
    let sessions = plan.document.sessions.len();
    let found = json!({"path": plan.path, "sessions": sessions, "errors": errors, "warnings": warnings});
    if ui.json && errors.is_empty() {
        ui.answer("plan check", json!({"check": found}));
        return Ok(());
    }
    if !ui.json {
        let texts = Texts::new(&app.project);
        let show = |level: Level<'static>, place: Place<'_>| -> Result<(), CommandError> {
            ui.out_styled(place.shown(level, &texts)?);
            Ok(())
        };
        for error in errors.iter().take(SHOWN) {
            show(Level::ERROR, Place::of_error(plan, error))?;
        }
        for warning in warnings.iter().take(SHOWN) {
            show(Level::WARNING, Place::of_warning(plan, warning))?;
        }
        for (found, what) in [(errors.len(), "error"), (warnings.len(), "warning")] {
            if found > SHOWN {
                ui.warn(format!("and {} more: session plan check --json", count(found - SHOWN, what)));
            }
        }
    }
    if errors.is_empty() {
        let warned =
            if warnings.is_empty() { String::new() } else { format!(", {}", count(warnings.len(), "warning")) };
        ui.say(format!("{}: {}, no error{warned}", plan.path, count(sessions, "session")));
        return Ok(());
    }
    Err(CommandError::new(format!("{} has {}", plan.path, count(errors.len(), "error")))
        .hint("correct the lines that are shown; session next names what can start all the same")
        .with("check", found))
}

/// One line each, below a list of sessions.
pub(super) fn brief(ui: &Ui, plan: &Plan, warnings: &[Warning], errors: &[PlanError]) {
    for warning in warnings.iter().take(SHOWN) {
        let path = warning.path.as_deref().unwrap_or(&plan.path);
        ui.warn(format!("{path}:{}:{}: {}", warning.line, warning.column, cut(&warning.message)));
    }
    if warnings.len() > SHOWN {
        ui.warn(format!("and {} more: session plan check --json", warnings.len() - SHOWN));
    }
    for error in errors.iter().take(SHOWN) {
        let place = Place::of_error(plan, error);
        ui.warn(format!("{}:{}: {}", place.path, error.line, error.message));
    }
    if errors.len() > SHOWN {
        ui.warn(format!("and {} more: session plan check --json", count(errors.len() - SHOWN, "error")));
    }
}

/// A line of a plan, and what in it is meant.
struct Place<'a> {
    path: &'a str,
    line: usize,
    /// Underlined where it is found in the line, else the whole line is.
    word: Option<&'a str>,
    message: &'a str,
}

impl<'a> Place<'a> {
    fn of_error(plan: &'a Plan, error: &'a PlanError) -> Self {
        let path = plan.session(&error.session).map_or(plan.path.as_str(), |session| plan.file(session));
        // Of a cycle, the line is where its first session names the next.
        let word = if error.kind == "cycle" { error.ids.get(1) } else { error.ids.first() };
        Self { path, line: error.line, word: word.map(String::as_str), message: &error.message }
    }

    fn of_warning(plan: &'a Plan, warning: &'a Warning) -> Self {
        let path = warning.path.as_deref().unwrap_or(&plan.path);
        // What a message quotes is what it is about.
        let word = warning.message.split('`').nth(1);
        Self { path, line: warning.line, word, message: &warning.message }
    }

    fn shown(&self, level: Level<'static>, texts: &Texts<'_>) -> Result<String, CommandError> {
        let line = one_line(&texts.line(self.path, self.line)?.unwrap_or_default()).replace('\t', " ");
        let path = one_line(self.path);
        let (line, start, end) = window(&line, self.word);
        let snippet = Snippet::source(line.as_str())
            .line_start(self.line)
            .path(path.as_str())
            .annotation(AnnotationKind::Primary.span(start..end));
        let message = one_line(self.message);
        let message = cut(&message);
        let report = &[level.primary_title(message.as_ref()).element(snippet)];
        // Colours are taken away again where the output is no terminal.
        Ok(Renderer::styled().render(report))
    }
}

/// A message may quote a line of any length.
fn cut(message: &str) -> Cow<'_, str> {
    match message.char_indices().nth(2 * WIDTH) {
        Some((at, _)) => Cow::Owned(format!("{}…", &message[..at])),
        None => Cow::Borrowed(message),
    }
}

/// The part of a line that is shown, and the bytes in it that are underlined.
fn window(line: &str, word: Option<&str>) -> (String, usize, usize) {
    let blank = line.len() - line.trim_start().len();
    let found = word.filter(|word| !word.is_empty()).and_then(|word| Some((line.find(word)?, word.len())));
    let (start, length) = found.unwrap_or((blank, line.trim().len()));
    let back = line[..start].char_indices().rev().nth(WIDTH / 2).map_or(0, |(at, _)| at);
    let part: String = line[back..].chars().take(WIDTH).collect();
    let (start, end) = (start - back, (start - back + length).min(part.len()));
    let end = (start..=end).rev().find(|at| part.is_char_boundary(*at)).unwrap_or(start);
    (part, start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let line = format!("{}BE-09{}", "ß".repeat(5_000), "x".repeat(5_000));
        let (part, start, end) = window(&line, Some("BE-09"));
        assert_eq!((&part[start..end], part.chars().count()), ("BE-09", WIDTH));
        let (part, start, end) = window("  dependencies: BE-09", Some("absent"));
        assert_eq!(&part[start..end], "dependencies: BE-09");
        assert_eq!(window("", None), (String::new(), 0, 0));
    }
}
