//! The commands that verifications of a project would run, each with where it runs and what of it destroys something, for
//! the user to approve. The question is `approve.rs`.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use session_core::approval::CommandDigest;
use session_core::session::{Overview, Plan};
use session_engine::project::{MANIFEST, ProjectCheck};
use session_types::{Check, CheckKind, Session};

use super::app::App;
use super::approve::sign;
use super::ask::AskedCommand;
use super::error::CommandError;

/// Commands, each once.
#[derive(Default)]
struct Commands {
    list: Vec<AskedCommand>,
    places: HashMap<CommandDigest, usize>,
}

/// Where a session works, and where its checks are written.
#[derive(Clone, Copy, Default)]
struct Ground<'g> {
    repository: Option<&'g str>,
    below: Option<&'g str>,
    path: Option<&'g str>,
}

impl App<'_> {
    /// Of plugins.toml, of the plan, and of sessions that are under way.
    pub(crate) fn commands(&self, overview: &Overview) -> Vec<AskedCommand> {
        let mut all = Commands::default();
        let table = &self.project.manifest.project;
        let tables = self.project.manifest.repositories.iter();
        let grounds: Vec<Option<&str>> =
            [None].into_iter().chain(tables.map(|table| Some(table.name.as_str()))).collect();
        for repository in grounds {
            let here = |check: &&ProjectCheck| check.repository.is_none() || check.repository.as_deref() == repository;
            let checks: Vec<Check> = table.checks.iter().filter(here).map(ProjectCheck::check).collect();
            self.add(&mut all, None, &checks, Ground { repository, ..Ground::default() });
        }
        // Where none of several is chosen, any of them may be.
        let several = overview.plans.iter().filter_map(|found| self.plan(&found.path).ok());
        let plans: Vec<Arc<Plan>> = overview.plan.iter().cloned().chain(several.map(Arc::new)).collect();
        for (plan, planned) in plans.iter().flat_map(|plan| plan.document.sessions.iter().map(move |one| (plan, one))) {
            let meta = &planned.metadata;
            let repository = self.project.repository_of(&planned.id, meta.repository.as_deref());
            let here = |check: &&ProjectCheck| check.repository.is_none() || check.repository == repository;
            let mut checks = planned.checks.clone();
            checks.extend(table.checks.iter().filter(here).map(ProjectCheck::check));
            let below = meta.working_directory.as_deref();
            let path = Some(plan.file(planned));
            let ground = Ground { repository: repository.as_deref(), below, path };
            self.add(&mut all, Some(&planned.id), &checks, ground);
        }
        for state in overview.open.values() {
            self.add_session(&mut all, &state.session);
        }
        all.list
    }

    /// Of one session, as it is frozen.
    pub(crate) fn commands_of(&self, session: &Session) -> Vec<AskedCommand> {
        let mut all = Commands::default();
        self.add_session(&mut all, session);
        all.list
    }

    /// Commands that a person typed here may run: for the rest of this command, and from then on where it is no dry run.
    pub(crate) fn approve_typed(&self, session: &Session, typed: &[String], dry_run: bool) -> Result<(), CommandError> {
        let digests = || {
            let commands = self.commands_of(session).into_iter();
            commands.filter(|command| command.new && typed.contains(&command.check.text) && !command.project)
        };
        let new: Vec<CommandDigest> = digests().map(|command| command.digest).collect();
        if new.is_empty() {
            return Ok(());
        }
        if !dry_run {
            self.trust.change(|approval| {
                approval.commands.extend(new.iter().cloned());
                sign(self, approval);
            })?;
        }
        self.commands.borrow_mut().extend(new);
        Ok(())
    }

    /// The commands that there are to approve, and whether those of the plan are missing because it cannot be read.
    ///
    /// # Errors
    /// The plan that is named cannot be read.
    pub(crate) fn commands_to_ask(&self, plan: Option<&Path>) -> Result<(Vec<AskedCommand>, bool), CommandError> {
        match self.overview(plan) {
            Ok(overview) => {
                let unread = overview.unread.is_some();
                Ok((self.commands(&overview), unread))
            }
            Err(error) if plan.is_some() => Err(error),
            Err(error) => {
                self.warn(format!("the plan cannot be shown: {}", error.message));
                Ok((self.commands(&Overview::default()), true))
            }
        }
    }

    fn add_session(&self, all: &mut Commands, session: &Session) {
        let meta = &session.metadata;
        let (repository, below) = (meta.repository.as_deref(), meta.working_directory.as_deref());
        let path = session.source.as_ref().map(|source| source.path.as_str());
        let ground = Ground { repository, below, path };
        self.add(all, Some(&session.id), &session.checks, ground);
    }

    fn add(&self, all: &mut Commands, session: Option<&str>, checks: &[Check], ground: Ground<'_>) {
        let marks = self.marks(checks, ground.repository, ground.below);
        let known = self.commands.borrow();
        for (check, dangers) in checks.iter().zip(marks).filter(|(check, _)| check.kind == CheckKind::Command) {
            let directory = check.directory.clone().unwrap_or_else(|| self.directory(ground));
            let digest = CommandDigest::of(check, &directory);
            let at = *all.places.entry(digest.clone()).or_insert(all.list.len());
            if at == all.list.len() {
                let (new, sessions) = (!known.contains(&digest), Vec::new());
                let check = Check { ticked: false, ..check.clone() };
                let path = if check.project { Some(MANIFEST) } else { ground.path.filter(|_| check.line.is_some()) };
                let path = path.map(str::to_owned);
                all.list.push(AskedCommand { check, directory, path, sessions, project: false, new, dangers, digest });
            }
            if let Some(command) = all.list.get_mut(at) {
                command.project |= check.project;
                let more = session.filter(|id| command.sessions.last().is_none_or(|last| last != id));
                command.sessions.extend(more.map(str::to_owned));
            }
        }
    }

    /// The session's working directory in its repository, relative to the root: as the plugin that runs checks has it.
    fn directory(&self, ground: Ground<'_>) -> String {
        let tables = &self.project.manifest.repositories;
        let table = tables.iter().find(|table| Some(table.name.as_str()) == ground.repository);
        match (table.map_or(".", |table| table.path.as_str()), ground.below) {
            (".", Some(below)) => below.to_owned(),
            (root, Some(below)) => format!("{root}/{below}"),
            (root, None) => root.to_owned(),
        }
    }
}
