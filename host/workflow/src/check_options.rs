//! What verify and complete have in common: what is confirmed, what is run again, and which checks count.

use session_core::session::{Accepted, Overview, SessionState, listed};
use session_types::{CheckKind, Task};
use similar::TextDiff;

use super::app::App;
use super::error::CommandError;
use super::freeze::changed_checks;
use super::words::quoted;

/// What a caller says of the verification.
#[derive(Clone, Debug, Default)]
pub struct CheckOptions {
    /// Texts of manual items that are confirmed; `*` is all of them.
    pub attest: Vec<String>,
    /// Whether commands run that passed for these very files already.
    pub fresh: bool,
    /// Whether the checks as the plan has them now count, instead of those that were frozen at start.
    pub accept_checks: bool,
}

/// What verification is asked for.
pub(crate) struct Asked {
    /// Texts of manual items that are confirmed here.
    pub(crate) attest: Vec<String>,
    pub(crate) fresh: bool,
    pub(crate) accepted: Option<Accepted>,
}

impl CheckOptions {
    pub(crate) fn asked(self, app: &App<'_>, overview: &Overview, state: &SessionState) -> Result<Asked, CommandError> {
        let accepted = self.accepted(app, overview, state);
        let checks = accepted.as_ref().map_or(&state.session.checks, |accepted| &accepted.checks);
        let manual = || checks.iter().filter(|check| check.kind == CheckKind::Manual);
        if let Some(wrong) = self.attest.iter().find(|text| *text != "*" && !manual().any(|check| check.text == **text))
        {
            let error = CommandError::usage(format!("no manual item reads `{wrong}`"));
            return Err(manual()
                .fold(error, |error, check| error.hint(format!("session verify --attest {}", quoted(&check.text)))));
        }
        Ok(Asked { attest: self.attest, fresh: self.fresh, accepted })
    }

    /// Shows how the plan's checks differ from the frozen ones, which count until somebody says otherwise.
    fn accepted(&self, app: &App<'_>, overview: &Overview, state: &SessionState) -> Option<Accepted> {
        let session = &state.session;
        // An event that was cut off goes on as it was begun.
        let now = changed_checks(app, overview, session).filter(|_| app.condition(state).endless().is_none());
        let Some(now) = now else {
            if self.accept_checks {
                app.say(format!("The checks of {} are those of the plan already.", session.id));
            }
            return None;
        };
        let (old, new) = (listed(&session.checks), listed(&now));
        let diff = TextDiff::from_lines(&old, &new).unified_diff().context_radius(0).to_string();
        let lines = diff.lines().filter(|line| !line.starts_with("@@"));
        app.say(format!("The checks of {} have changed since it was started:", session.id));
        lines.for_each(|line| app.say(format!("  {line}")));
        if !self.accept_checks {
            app.warn("those from the start count; --accept-checks takes the new ones over, and is recorded");
            return None;
        }
        let by = app.by();
        app.warn(format!("checks were changed after start, accepted by {by}"));
        Some(Accepted { at: app.stamp(), by, diff, checks: now })
    }
}

/// Asks for the manual items that nobody has confirmed, where somebody can be asked and it is no agent.
pub(crate) fn ask_for(app: &App<'_>, state: &SessionState, task: Option<&Task>, asked: &mut Asked) {
    if app.condition(state).is_under_way() || !app.front().can_ask() || app.is_agent() {
        return;
    }
    for text in unconfirmed(app, state, task, asked) {
        if app.front().ask(&format!("Does this hold: {text}?")) {
            asked.attest.push(text);
        }
    }
}

/// Texts of the manual items that nobody has confirmed, in this attempt or now. Where a person must, an agent does not.
pub(crate) fn unconfirmed(app: &App<'_>, state: &SessionState, task: Option<&Task>, asked: &Asked) -> Vec<String> {
    let person = app.project.manifest.project.require_manual;
    let by_agent = person && app.is_agent();
    let checks = asked.accepted.as_ref().map_or(&state.session.checks, |accepted| &accepted.checks);
    let before = |text: &String| {
        let known = state.confirmed.iter().find(|known| known.evidence.check == *text);
        known.map(|known| !(person && known.evidence.agent))
    };
    let ticked = |text: &String| task.is_some_and(|task| task.ticked.contains(text));
    let attested = |text: &String| asked.attest.iter().any(|item| item == "*" || item == text);
    let confirmed = |text: &String| match before(text) {
        _ if attested(text) => !by_agent,
        Some(counts) => counts,
        None => ticked(text) && !by_agent,
    };
    let manual = checks.iter().filter(|check| check.kind == CheckKind::Manual).map(|check| &check.text);
    manual.filter(|text| !confirmed(text)).cloned().collect()
}
