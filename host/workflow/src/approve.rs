//! Whether a project is approved as it is now, and the question where it is not. What is asked is `ask.rs`, how it looks is
//! `trust_screen.rs`, why nothing ran `refusal.rs`, and the answer is kept by `plugin/trust.rs`.

use std::collections::BTreeSet;
use std::path::Path;

use session_core::approval::{Change, CommandDigest, ProjectSettings};
use session_core::session::{Input, Overview, SessionState};
use session_engine::plugin::{Approval, Listing, Trust};
use session_engine::project::Project;
use session_types::Session;

use super::app::{App, Start};
use super::ask::Ask;
use super::error::CommandError;
use super::find_plan::Found;
use super::front::Approvals;
use super::refusal::{new_commands, refusal, said_no};

/// A project against what its user has approved.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) approval: Option<Approval>,
    /// What was approved in this folder when it was in no repository yet.
    pub(crate) before_git: Option<Approval>,
    /// All settings as they are now.
    pub(crate) asked: ProjectSettings,
    pub(crate) change: Change,
    from_before_git: bool,
}

impl Standing {
    pub(crate) fn of(start: &Start, project: &Project, listing: &Listing) -> Result<Self, CommandError> {
        let trust = Trust::of(start.settings()?, project);
        let (here, before_git) = (trust.approval()?, trust.approval_before_git()?);
        let from_before_git = here.is_none() && before_git.is_some();
        let mut standing = Self::new(project, listing, here.or_else(|| before_git.clone()));
        let dev = standing.dev(start, project, listing)?;
        standing.change.take_bytes(&dev.iter().map(String::as_str).collect::<Vec<_>>());
        Ok(Self { before_git, from_before_git, ..standing })
    }

    /// Where the user's settings cannot be read.
    pub(crate) fn none(project: &Project, listing: &Listing) -> Self {
        Self::new(project, listing, None)
    }

    fn new(project: &Project, listing: &Listing, approval: Option<Approval>) -> Self {
        let asked = listing.settings(project);
        let known = approval.as_ref().and_then(|approval| approval.settings.as_ref());
        let change = Change::between(known, &asked);
        Self { approval, before_git: None, asked, change, from_before_git: false }
    }

    /// Plugins whose new bytes are taken without a question: for a while, and as long as git does not track the file.
    fn dev(&self, start: &Start, project: &Project, listing: &Listing) -> Result<Vec<String>, CommandError> {
        let dev = self.approval.iter().flat_map(|approval| &approval.dev);
        let now = start.caller.clock.now()?.timestamp();
        let mut names = Vec::new();
        for (name, until) in dev {
            let holds = until.parse().is_ok_and(|until: jiff::Timestamp| now < until);
            let untracked = |path: &str| is_untracked(project, path);
            if holds && listing.component(name).is_some_and(|(path, _)| untracked(path)) {
                names.push(name.clone());
            }
        }
        Ok(names)
    }

    pub(crate) fn is_of_before_git(&self) -> bool {
        self.from_before_git
    }

    /// Whether a plugin was approved just as it is.
    pub(crate) fn knows(&self, plugin: &str) -> bool {
        let settings = self.approval.as_ref().and_then(|approval| approval.settings.as_ref());
        settings.is_some_and(|settings| settings.has_plugin(plugin)) && !self.change.is_about(plugin)
    }

    pub(crate) fn allows_native(&self, name: &str, digest: &str) -> bool {
        let settings = self.approval.as_ref().and_then(|approval| approval.settings.as_ref());
        settings.is_some_and(|settings| settings.has_native(name, digest))
    }

    pub(crate) fn commands(&self) -> BTreeSet<CommandDigest> {
        self.approval.as_ref().map(|approval| approval.commands.clone()).unwrap_or_default()
    }

    pub(crate) fn is_first(&self) -> bool {
        self.approval.as_ref().is_none_or(|approval| approval.settings.is_none())
    }
}

/// Whether no repository tracks a file of the project, so that no pull changes it. Where none can say, one may.
pub(crate) fn is_untracked(project: &Project, path: &str) -> bool {
    let whole = project.root.join(path);
    // A link may lead to a file that git tracks, and be tracked itself.
    let real = whole.canonicalize().ok();
    std::iter::once(whole)
        .chain(real)
        .all(|file| session_repository::is_tracked(&project.root, &file).is_ok_and(|tracked| !tracked))
}

/// What is asked for: the plan is read by those plugins that may run already.
pub(crate) fn ask(
    app: &App<'_>,
    listing: &Listing,
    standing: &Standing,
    plan: Option<&Path>,
) -> Result<Ask, CommandError> {
    let (commands, unread) = if standing.change.asks() {
        let reader = App::restricted(app.start, app.project.clone(), listing, standing)?;
        reader.commands_to_ask(plan)?
    } else {
        app.commands_to_ask(plan)?
    };
    let first = standing.is_first();
    Ok(Ask {
        first,
        earlier: first && app.trust.earlier().is_some(),
        settings: standing.asked.clone(),
        change: standing.change.clone(),
        commands,
        unread,
    })
}

/// Keeps an answer: from now on all of it may run.
pub(crate) fn keep(app: &App<'_>, ask: &Ask) -> Result<std::path::PathBuf, CommandError> {
    app.project.home.hide();
    let digests = || ask.commands.iter().map(|command| command.digest.clone());
    let path = app.trust.change(|approval| {
        if ask.change.asks() {
            approval.dev.retain(|name, _| !ask.change.is_about(name));
            approval.settings = Some(ask.settings.clone());
        }
        approval.commands.extend(digests());
        sign(app, approval);
    })?;
    app.commands.borrow_mut().extend(digests());
    Ok(path)
}

/// Keeps who approves, and when.
pub(crate) fn sign(app: &App<'_>, approval: &mut Approval) {
    approval.by = Some(app.by());
    approval.at = Some(app.stamp().0);
}

/// Before an event: goes on where all is approved, asks where somebody can answer, and refuses otherwise.
pub(crate) fn for_event(app: &App<'_>, listing: &Listing, standing: &Standing) -> Result<(), CommandError> {
    if !standing.change.asks() {
        let known = standing.approval.as_ref().and_then(|approval| approval.settings.clone());
        if known.is_some_and(|mut known| known.require(&standing.asked)) {
            *app.required.borrow_mut() = Some(standing.asked.clone());
        }
        return Ok(());
    }
    let ask = ask(app, listing, standing, None)?;
    if !app.front().can_ask() {
        return Err(refusal(app, listing, &ask));
    }
    let approvals = Approvals { app, ask: &ask };
    app.front().shows(&approvals);
    if !app.front().agrees(&approvals) {
        return Err(said_no());
    }
    keep(app, &ask)?;
    app.warm();
    app.register_driver();
    Ok(())
}

/// Keeps what is required in addition, unless it is a dry run that requires it.
pub(crate) fn keep_required(app: &App<'_>) -> Result<(), CommandError> {
    let Some(asked) = app.required.take() else { return Ok(()) };
    // To require more needs no question, and to require less again shall.
    app.trust.change(|approval| _ = approval.settings.as_mut().is_some_and(|known| known.require(&asked)))?;
    Ok(())
}

/// Before an event that runs checks, or freezes them: those that were never approved in this clone are asked for once.
pub(crate) fn commands(
    app: &App<'_>,
    overview: &Overview,
    input: &Input,
    state: Option<&SessionState>,
) -> Result<(), CommandError> {
    let Some(session) = verified(input, state) else { return Ok(()) };
    let new: Vec<_> = app.commands_of(&session).into_iter().filter(|command| command.new).collect();
    if new.is_empty() {
        return Ok(());
    }
    let mut all = app.commands(overview);
    all.extend(
        new.iter().filter(|one| all.iter().all(|known| known.digest != one.digest)).cloned().collect::<Vec<_>>(),
    );
    let (settings, change) = (ProjectSettings::default(), Change::default());
    let ask = Ask { first: false, earlier: false, settings, change, commands: all, unread: false };
    if !app.front().can_ask() {
        let texts: Vec<&str> = new.iter().map(|command| command.check.text.as_str()).collect();
        let options = other_plan(app, &session);
        return Err(new_commands(&session.id, &texts, &options, app.is_agent()).with("asked", ask.json()));
    }
    let approvals = Approvals { app, ask: &ask };
    app.front().shows(&approvals);
    if !app.front().agrees(&approvals) {
        return Err(said_no());
    }
    keep(app, &ask).map(drop)
}

/// What names the plan of a session, where it is none that is found without a word.
fn other_plan(app: &App<'_>, session: &Session) -> String {
    let Some(source) = &session.source else { return String::new() };
    let found = match app.find_plan(None) {
        Ok(Found::One(plan)) => plan.session(&session.id).is_some_and(|planned| plan.file(planned) == source.path),
        Ok(Found::Several(plans)) => plans.iter().any(|plan| plan.path == source.path),
        _ => false,
    };
    if found { String::new() } else { format!(" --plan {}", super::words::quoted(&source.path)) }
}

/// The session with the checks that an event would run or freeze.
fn verified(input: &Input, state: Option<&SessionState>) -> Option<Session> {
    match input {
        Input::Start { session, .. } => Some(session.as_ref().clone()),
        Input::Verify { accepted, .. } | Input::Complete { accepted, .. } => {
            let mut session = state?.session.clone();
            if let Some(accepted) = accepted {
                session.checks.clone_from(&accepted.checks);
            }
            Some(session)
        }
        _ => None,
    }
}
