//! From a folder to a project whose plugins can be asked: for commands that read, and for those that run an event. Reading
//! never asks for approval: what is not approved is left out, and no program is started. What a plugin that cannot be used
//! would do is not known, so it stands in the way of events and of no other command. The question is `approve.rs`.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::app::{App, Start, now};
use super::approve::Standing;
use super::error::{CommandError, Kind};
use crate::plugin::{Listing, LoadFailure, Plugin, PluginError, Runtime, Trust};
use crate::project::{OnError, Project};

impl<'s> App<'s> {
    /// Finds the project and loads the plugins that the user has approved, and bundled ones. For commands that only read:
    /// a plugin that cannot be used is named, and stands in the way of none of them.
    pub(super) fn open(start: &'s Start) -> Result<Self, CommandError> {
        let app = Self::open_project(start, Project::find(&start.folder())?)?;
        for failure in &app.failures {
            app.ui().warn(format!("{}; it is not asked here", reason(&failure.error)));
        }
        if !app.left_out.is_empty() {
            let names = super::ui::some_of(&app.left_out);
            app.ui().warn(format!("{names}: not asked here, because you have not approved that yet (session trust)"));
        }
        Ok(app)
    }

    /// As [`App::open`], for commands that run an event: all that may run is approved, or asked for.
    pub(super) fn open_for_event(start: &'s Start) -> Result<Self, CommandError> {
        let project = Project::find(&start.folder())?;
        let listing = Listing::read(&project);
        let standing = Standing::of(start, &project, &listing)?;
        // Before anything is approved: a native library has to be allowed first.
        let app = Self::whole(start, project, &listing, &standing, |_, _| false)?.refuse_failures()?;
        super::approve::for_event(&app, &listing, &standing)?;
        crate::effects::ask_git_carefully(false);
        app.take_over(&standing)?;
        Ok(app)
    }

    /// Stops where a plugin of the list cannot be used, unless its failures are only warnings.
    pub(super) fn refuse_failures(mut self) -> Result<Self, CommandError> {
        let warn = |failure: &LoadFailure| failure.on_error == OnError::Warn;
        if let Some(at) = self.failures.iter().position(|failure| !warn(failure)) {
            let failure = self.failures.swap_remove(at);
            let hint = format!("or remove `{}` from plugins.toml, where the event needs it no more", failure.name);
            return Err(CommandError::from(failure.error).hint(hint));
        }
        for failure in &self.failures {
            self.ui().warn(format!("{}; it is left out", reason(&failure.error)));
        }
        Ok(self)
    }

    /// As [`App::open`], for a project that was found, without a word on plugins that are not asked.
    pub(super) fn open_project(start: &'s Start, project: Project) -> Result<Self, CommandError> {
        let listing = Listing::read(&project);
        let standing = match Standing::of(start, &project, &listing) {
            Ok(standing) => standing,
            Err(error) => {
                // Who only looks needs no approval.
                let causes: String = error.causes.iter().map(|cause| format!(": {cause}")).collect();
                start.ui.warn(format!("nothing here counts as approved: {}{causes}", error.message));
                Standing::none(&project, &listing)
            }
        };
        if standing.change.asks() {
            return Self::restricted(start, project, &listing, &standing);
        }
        crate::effects::ask_git_carefully(false);
        let app = Self::whole(start, project, &listing, &standing, |_, _| false)?;
        app.take_over(&standing)?;
        Ok(app)
    }

    /// With bundled plugins, and with those others that were approved just as they are. No program is started for any.
    pub(super) fn restricted(
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

    /// With all plugins of the list.
    pub(super) fn whole(
        start: &'s Start,
        project: Project,
        listing: &Listing,
        standing: &Standing,
        allow_native: impl Fn(&str, &str) -> bool,
    ) -> Result<Self, CommandError> {
        let (plugins, failures) =
            listing.load(|name, digest| standing.allows_native(name, digest) || allow_native(name, digest));
        let app = Self::with(start, project, plugins)?;
        Ok(Self { failures, programs: true, commands: RefCell::new(standing.commands()), ..app })
    }

    /// With these plugins, before the user has approved anything.
    pub(super) fn with(start: &'s Start, project: Project, plugins: Vec<Plugin>) -> Result<Self, CommandError> {
        let runtime = Runtime::new(&start.cache()?);
        let trust = Trust::of(&start.settings()?, &project);
        let (commands, required) = (RefCell::new(BTreeSet::new()), RefCell::new(None));
        let (failures, left_out, programs) = (Vec::new(), Vec::new(), false);
        let now = now()?;
        Ok(Self { start, project, plugins, failures, left_out, programs, trust, commands, required, runtime, now })
    }

    /// What was set up before there was a repository is known in it too.
    pub(super) fn take_over(&self, standing: &Standing) -> Result<(), CommandError> {
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
            })?;
        }
        Ok(())
    }
}

/// Nothing of a clone runs before its user has approved it.
pub(super) fn not_approved(message: String) -> CommandError {
    CommandError::new(message).kind(Kind::NotTrusted)
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
