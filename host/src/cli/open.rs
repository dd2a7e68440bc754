//! From a folder to a project whose plugins can be asked: for commands that read, and for those that run an event. What a
//! plugin that cannot be used would do is not known, so it stands in the way of events and of no other command.

use super::app::{App, Start, now};
use super::error::{CommandError, Kind};
use crate::plugin::{LoadFailure, Plugin, Runtime, Trust, asks, load_usable};
use crate::project::{OnError, Project};

impl<'s> App<'s> {
    /// Finds the project and loads its plugins, where the user approved what they ask for. For commands that only read: a
    /// plugin that cannot be used is named, and stands in the way of none of them.
    pub(super) fn open(start: &'s Start) -> Result<Self, CommandError> {
        let app = Self::open_project(start, Project::find(&start.folder())?)?;
        for failure in &app.failures {
            app.ui().warn(format!("{}; it is not asked here", reason(&failure.error)));
        }
        Ok(app)
    }

    /// As [`App::open`], for commands that run an event: what a plugin that cannot be used would do in it is not known.
    pub(super) fn open_for_event(start: &'s Start) -> Result<Self, CommandError> {
        let project = Project::find(&start.folder())?;
        let trust = Trust::read(&start.trust_path()?)?;
        // Before anything is approved: a native library has to be allowed first.
        let (plugins, failures) = load_usable(&project, |name, digest| trust.allows_native(&project, name, digest));
        let app = Self { failures, ..Self::with(start, project, plugins)? };
        let app = app.refuse_failures()?;
        refuse_untrusted(&app.project, &trust, &app.plugins)?;
        crate::effects::ask_git_carefully(false);
        take_over(&app.project, &trust)?;
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

    /// As [`App::open`], for a project that was found, without a word on plugins that cannot be used.
    pub(super) fn open_project(start: &'s Start, project: Project) -> Result<Self, CommandError> {
        let trust = Trust::read(&start.trust_path()?)?;
        let (plugins, failures) = load_usable(&project, |name, digest| trust.allows_native(&project, name, digest));
        refuse_untrusted(&project, &trust, &plugins)?;
        // Without plugins.toml nobody was asked.
        crate::effects::ask_git_carefully(!project.has_manifest);
        take_over(&project, &trust)?;
        Ok(Self { failures, ..Self::with(start, project, plugins)? })
    }

    /// As [`App::open`], for a project that was just made or approved.
    pub(super) fn with(start: &'s Start, project: Project, plugins: Vec<Plugin>) -> Result<Self, CommandError> {
        let runtime = Runtime::new(&start.cache()?);
        Ok(Self { start, project, plugins, failures: Vec::new(), runtime, now: now()? })
    }
}

/// Nothing of a plugins.toml runs before its user has approved it.
fn refuse_untrusted(project: &Project, trust: &Trust, plugins: &[Plugin]) -> Result<(), CommandError> {
    if project.has_manifest && !trust.covers(project, &asks(project, plugins)) {
        let known = trust.of(project).is_some();
        let why = if known {
            "plugins.toml asks for more than you approved"
        } else {
            "you have not approved its plugins.toml yet"
        };
        return Err(CommandError::new(format!("{} is not trusted", project.root.display()))
            .kind(Kind::NotTrusted)
            .because(why)
            .hint("session trust"));
    }
    Ok(())
}

/// What was set up before there was a repository is known in it too.
fn take_over(project: &Project, trust: &Trust) -> Result<(), CommandError> {
    if trust.before_git(project).is_none() {
        return Ok(());
    }
    let moved = project.home.take_over(&project.root);
    moved
        .map_err(|e| CommandError::from(e).while_("the state of before `git init` cannot be moved into the repository"))
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
