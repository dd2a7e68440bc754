//! What a session is and is checked by, as `start` freezes it; and whether that is what the plan says now.

use session_core::session::{Choice, ModelInput, Overview, Plan, choose, listed, minutes};
use session_engine::project::{ProjectCheck, Texts};
use session_types::id::may_start;
use session_types::{Check, CheckKind, ModelChoice, PlannedSession, Session, Source};

use super::app::App;
use super::error::CommandError;

/// The session as it is now: later edits of the plan do not change what is verified.
pub(crate) fn frozen(
    app: &App<'_>,
    overview: &Overview,
    id: &str,
    title: Option<&str>,
    checks: &[String],
) -> Result<Session, CommandError> {
    let planned = overview.plan.as_ref().and_then(|plan| Some((plan, plan.session(id)?)));
    let mut session = match planned {
        Some((plan, planned)) => from_plan(app, overview, plan, planned)?,
        None if title.is_some() || !checks.is_empty() => {
            check_id(id)?;
            Session { id: id.to_owned(), ..Session::default() }
        }
        None => {
            app.refuse_unknown(overview, id)?;
            return Err(CommandError::new(format!("{id} stands in no plan that was found"))
                .hint(format!("session start {id} --plan FILE")));
        }
    };
    if let Some(title) = title {
        title.clone_into(&mut session.title);
    }
    warn_repository(app, &session);
    session.model = Some(chosen(app, &session));
    session.attempt = overview.next_attempt(id);
    session.metadata.repository = app.project.repository_of(id, session.metadata.repository.as_deref());
    let given = |text: &String| Check { kind: CheckKind::Command, text: text.clone(), ..Check::default() };
    add(&mut session.checks, checks.iter().map(given));
    add(&mut session.checks, of_project(app, session.metadata.repository.as_deref()));
    Ok(session)
}

/// The checks as plan and plugins.toml have them now, where that is not what was frozen. What was given to `start` by
/// hand stays.
pub(crate) fn changed_checks(app: &App<'_>, overview: &Overview, session: &Session) -> Option<Vec<Check>> {
    let planned =
        overview.plan.as_ref().and_then(|plan| plan.session(&session.id)).filter(|_| session.source.is_some());
    let mut now: Vec<Check> = match planned {
        Some(planned) => planned.checks.iter().cloned().map(|check| Check { ticked: false, ..check }).collect(),
        None => session.checks.iter().filter(|check| check.line.is_some()).cloned().collect(),
    };
    add(&mut now, session.checks.iter().filter(|check| check.line.is_none() && !check.project).cloned());
    add(&mut now, of_project(app, session.metadata.repository.as_deref()));
    (listed(&now) != listed(&session.checks)).then_some(now)
}

fn of_project<'a>(app: &'a App<'_>, repository: Option<&'a str>) -> impl Iterator<Item = Check> + 'a {
    let checks = app.project.manifest.project.checks.iter();
    let here = move |check: &&ProjectCheck| check.repository.is_none() || check.repository.as_deref() == repository;
    checks.filter(here).map(ProjectCheck::check)
}

/// A command that stands there already is not run twice.
fn add(checks: &mut Vec<Check>, more: impl Iterator<Item = Check>) {
    for check in more {
        if !checks.iter().any(|known| (&known.text, &known.directory) == (&check.text, &check.directory)) {
            checks.push(check);
        }
    }
}

/// A name that plugins.toml does not have is a heading in documents and no place to work in: said, since the commits
/// land in the project's own repository.
fn warn_repository(app: &App<'_>, session: &Session) {
    let known: Vec<String> = app.project.repositories().into_iter().map(|table| table.name).collect();
    if let Some(name) = session.metadata.repository.as_deref().filter(|name| !known.iter().any(|table| table == name))
        && !known.is_empty()
    {
        let (id, known) = (&session.id, known.join(", "));
        app.warn(format!("{id} belongs to {name}, but plugins.toml has only {known}: it works in the project's own"));
    }
}

/// Who shall do it, and why; frozen with the session.
fn chosen(app: &App<'_>, session: &Session) -> ModelChoice {
    let meta = &session.metadata;
    let estimate = meta.estimated_time.as_deref().and_then(minutes);
    let prompt = session.prompt.as_deref().unwrap_or_default();
    let input = ModelInput { title: &session.title, prompt, metadata: meta, minutes: estimate };
    let Choice { choice, warnings } = choose(&app.project.manifest.models, &input);
    warnings.iter().for_each(|warning| app.warn(warning));
    choice
}

fn from_plan(
    app: &App<'_>,
    overview: &Overview,
    plan: &Plan,
    planned: &PlannedSession,
) -> Result<Session, CommandError> {
    let (texts, file) = (Texts::new(&app.project), plan.file(planned));
    let cut = |text| texts.cut(file, text);
    check_id(&planned.id)?;
    Ok(Session {
        id: planned.id.clone(),
        title: planned.title.clone(),
        source: Some(Source { path: file.to_owned(), line: planned.line }),
        dependencies: planned.depends_on.iter().map(|id| overview.dependency(id)).collect(),
        metadata: planned.metadata.clone(),
        context: cut(&planned.context)?,
        prompt: cut(&planned.prompt)?,
        expected_output: cut(&planned.expected_output)?,
        checks: planned.checks.iter().cloned().map(|check| Check { ticked: false, ..check }).collect(),
        commit_message: planned.commit_message.clone(),
        ..Session::default()
    })
}

/// IDs name files and trailers. The command line gives them, or a plugin that reads plans.
pub(crate) fn check_id(id: &str) -> Result<(), CommandError> {
    if may_start(id) {
        return Ok(());
    }
    Err(CommandError::usage(format!("`{id}` is no session ID"))
        .because("it begins with a capital letter, has a number, and does not end in -rollback, which marks reverts")
        .hint("IDs look like FIX-01 or E2E-02"))
}
