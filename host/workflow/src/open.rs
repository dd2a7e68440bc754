//! From a folder to a project whose plugins can be asked: for commands that read, and for those that run an event. Reading
//! never asks for approval: what is not approved is left out, and no program is started. What a plugin that cannot be used
//! would do is not known, so it stands in the way of events and of no other command. The question is `approve.rs`.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;

use session_core::session::{EventKind, Overview};
use session_engine::plugin::{Listing, LoadFailure, Plugin, PluginError, Runtime, Trust};
use session_engine::project::{OnError, Project};

use super::app::{App, Start};
use super::approve::Standing;
use super::error::CommandError;

impl<'s> App<'s> {
    /// Finds the project and loads the plugins that the user has approved, and bundled ones. For commands that only read:
    /// a plugin that cannot be used is named, and stands in the way of none of them.
    pub fn open(start: &'s Start) -> Result<Self, CommandError> {
        let app = Self::open_project(start, Project::find(&start.folder)?)?;
        for failure in &app.failures {
            app.warn(format!("{}; it is not asked here", reason(&failure.error)));
        }
        if !app.left_out.is_empty() {
            let names: Vec<String> = app.left_out.iter().map(|name| format!("`{name}`")).collect();
            let (plugins, them) = if names.len() == 1 { ("plugin", "it") } else { ("plugins", "them") };
            app.warn(format!(
                "session left out the {plugins} {}: you have not approved {them}. Type `session trust`.",
                super::words::some_of(&names)
            ));
        }
        Ok(app)
    }

    /// As [`App::open`], for commands that run an event: all that may run is approved, or asked for.
    pub(crate) fn open_for_event(start: &'s Start) -> Result<Self, CommandError> {
        Self::open_unless(start, |_| Ok(()))
    }

    /// The same for an event of one session: the one that is named, else the one that is active here.
    pub(crate) fn open_for_session(start: &'s Start, id: Option<&str>, kind: EventKind) -> Result<Self, CommandError> {
        Self::open_unless(start, |reader| {
            // Journals say enough in most cases, and nothing is warned of twice.
            let (open, stuck) = reader.open_sessions()?;
            let under_way = Overview { open, stuck, ..Overview::default() };
            if let Ok(state) = reader.session_for(&under_way, id, kind) {
                return Ok(reader.condition(state).allow(&state.session.id, kind)?);
            }
            let overview = reader.overview(None)?;
            if id.is_some() && !reader.knows_plan(&overview) {
                return Ok(());
            }
            reader.session_for(&overview, id, kind).map(drop)
        })
    }

    /// Whether all that may be in the plan is known: a plugin that is left out may be the one that reads it.
    pub(crate) fn knows_plan(&self, overview: &Overview) -> bool {
        self.left_out.is_empty() && overview.unread.is_none()
    }

    /// As [`App::open_for_event`]. `refuse` is called before the question, so that no user approves what cannot run. It is
    /// called only where an approval is missing, with a project that is read and runs nothing.
    pub(crate) fn open_unless(
        start: &'s Start,
        refuse: impl FnOnce(&App<'_>) -> Result<(), CommandError>,
    ) -> Result<Self, CommandError> {
        let project = Project::find(&start.folder)?;
        let listing = Listing::read(&project, start.bundled);
        let standing = Standing::of(start, &project, &listing)?;
        // Before anything is approved: a native library has to be allowed first.
        let mut app = Self::whole(start, project, &listing, &standing, |_, _| false)?.refuse_failures()?;
        // What was under way before `git init` is moved behind the question.
        if standing.change.asks() && standing.before_git.is_none() {
            refuse(&App::restricted(start, app.project.clone(), &listing, &standing)?)?;
        }
        super::approve::for_event(&app, &listing, &standing)?;
        app.project.opens_beside = true;
        session_repository::ask_git_carefully(false);
        app.take_over(&standing)?;
        Ok(app)
    }

    /// Stops where a plugin of the list cannot be used, unless its failures are only warnings.
    pub(crate) fn refuse_failures(mut self) -> Result<Self, CommandError> {
        let warn = |failure: &LoadFailure| failure.on_error == OnError::Warn;
        if let Some(at) = self.failures.iter().position(|failure| !warn(failure)) {
            let failure = self.failures.swap_remove(at);
            let hint = format!("or remove `{}` from plugins.toml, where the event needs it no more", failure.name);
            return Err(CommandError::from(failure.error).hint(hint));
        }
        for failure in &self.failures {
            self.warn(format!("{}; it is left out", reason(&failure.error)));
        }
        Ok(self)
    }

    /// As [`App::open`], for a project that was found, without a word on plugins that are not asked.
    pub(crate) fn open_project(start: &'s Start, project: Project) -> Result<Self, CommandError> {
        let listing = Listing::read(&project, start.bundled);
        let standing = match Standing::of(start, &project, &listing) {
            Ok(standing) => standing,
            Err(error) => {
                // Who only looks needs no approval.
                let causes: String = error.causes.iter().map(|cause| format!(": {cause}")).collect();
                start.front.warned(&format!("nothing here counts as approved: {}{causes}", error.message));
                Standing::none(&project, &listing)
            }
        };
        if standing.change.asks() {
            return Self::restricted(start, project, &listing, &standing);
        }
        session_repository::ask_git_carefully(false);
        let app = Self::whole(start, project, &listing, &standing, |_, _| false)?;
        app.take_over(&standing)?;
        Ok(app)
    }

    /// With bundled plugins, and with those others that were approved just as they are. No program is started for any.
    pub(crate) fn restricted(
        start: &'s Start,
        project: Project,
        listing: &Listing,
        standing: &Standing,
    ) -> Result<Self, CommandError> {
        let (_, mut broken) = listing.load(|_, _| false);
        let (listing, mut left_out) = listing.restricted(|name| standing.knows(name));
        let (plugins, mut failures) = listing.load(|_, _| false);
        // Of one that could not be used either way, that is what helps.
        broken.retain(|failure| match &failure.error {
            PluginError::NotAllowed { name, digest, .. } => !standing.allows_native(name, digest),
            _ => left_out.contains(&failure.name),
        });
        left_out.retain(|name| broken.iter().all(|failure| failure.name != *name));
        failures.extend(broken);
        let app = Self::with(start, project, plugins)?;
        Ok(Self { failures, left_out, commands: RefCell::new(standing.commands()), ..app })
    }

    /// With all plugins of the list. What is listed beside the project is open where all of it is approved.
    pub(crate) fn whole(
        start: &'s Start,
        project: Project,
        listing: &Listing,
        standing: &Standing,
        allow_native: impl Fn(&str, &str) -> bool,
    ) -> Result<Self, CommandError> {
        let project = Project { opens_beside: !standing.change.asks(), ..project };
        let (plugins, failures) =
            listing.load(|name, digest| standing.allows_native(name, digest) || allow_native(name, digest));
        let app = Self::with(start, project, plugins)?;
        Ok(Self { failures, programs: true, commands: RefCell::new(standing.commands()), ..app })
    }

    /// With these plugins, before the user has approved anything.
    pub(crate) fn with(start: &'s Start, project: Project, plugins: Vec<Plugin>) -> Result<Self, CommandError> {
        let runtime = Runtime::new(start.cache()?);
        let trust = Trust::of(start.settings()?, &project);
        let (commands, required) = (RefCell::new(BTreeSet::new()), RefCell::new(None));
        let (failures, left_out, programs) = (Vec::new(), Vec::new(), false);
        let (unsigned, now) = (OnceCell::new(), start.caller.clock.now()?);
        Ok(Self {
            start,
            project,
            plugins,
            failures,
            left_out,
            programs,
            trust,
            commands,
            required,
            unsigned,
            runtime,
            now,
        })
    }

    /// What was set up before there was a repository is known in it too.
    pub(crate) fn take_over(&self, standing: &Standing) -> Result<(), CommandError> {
        let Some(before) = &standing.before_git else { return Ok(()) };
        let moved = self.project.home.take_over(&self.project.root);
        moved.map_err(|e| {
            CommandError::from(e).while_("the state of before `git init` cannot be moved into the repository")
        })?;
        if standing.is_of_before_git() {
            self.trust.change(|approval| {
                approval.settings.clone_from(&before.settings);
                approval.commands.clone_from(&before.commands);
                approval.dev.clone_from(&before.dev);
                (approval.by, approval.at) = (before.by.clone(), before.at.clone());
            })?;
        }
        // Also where the repository has an approval of its own by now.
        let documents: Vec<String> = before.documents.iter().cloned().collect();
        self.keep_documents(&documents)
    }
}

/// All that is said of a failure, in one line.
fn reason(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        said.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    said
}
