//! Which checks of a session destroy something here: their texts are judged by the SDK, with what git tracks in this
//! project. How it is said is `session/danger.rs`.

use std::cell::OnceCell;

use session_core::session::{CheckSettings, Dangers, Input, SessionState, not_allowed, refusal};
use session_repository::tracked;
use session_types::danger::{Ground, of_check};
use session_types::{Check, Error, Event, Session};

use super::event::Dispatcher;
use crate::project::MANIFEST;

impl Dispatcher<'_> {
    /// What the checks of a session would destroy. The index is read only where a check removes files.
    pub fn dangers(&self, session: &Session) -> Dangers {
        self.dangers_of(
            &session.checks,
            session.metadata.repository.as_deref(),
            session.metadata.working_directory.as_deref(),
        )
    }

    /// The same of checks that run in a repository of the project, and in a folder below it.
    pub fn dangers_of(&self, checks: &[Check], repository: Option<&str>, below: Option<&str>) -> Dangers {
        let files: OnceCell<Option<Vec<String>>> = OnceCell::new();
        let tables = &self.setting.project.manifest.repositories;
        let read = || {
            let elsewhere = tables.iter().map(|table| self.setting.project.root.join(&table.path));
            let folders = [self.setting.project.root.clone()].into_iter().chain(elsewhere);
            let found: Result<Vec<_>, Error> =
                folders.map(|folder| tracked(&self.setting.project.root, &folder)).collect();
            let unread =
                |error| tracing::warn!(%error, "what git tracks is not known: each removal counts as one of it");
            found.map(|files| files.concat()).map_err(unread).ok()
        };
        let tracks = |is_it: &dyn Fn(&str) -> bool| {
            files.get_or_init(read).as_ref().is_none_or(|files| files.iter().any(|path| is_it(path)))
        };
        let root = self.setting.project.root.to_string_lossy();
        let repositories: Vec<String> = tables.iter().map(|table| table.path.clone()).collect();
        let own = tables.iter().find(|table| Some(table.name.as_str()) == repository).map_or(".", |table| &table.path);
        let own = below.map_or(own.to_owned(), |below| format!("{own}/{below}"));
        let of = |check: &Check| {
            let directory = check.directory.as_deref().unwrap_or(&own);
            let ground = Ground { root: &root, directory, repositories: &repositories, tracks: &tracks };
            of_check(check, &ground)
        };
        checks.iter().map(of).enumerate().filter(|(_, found)| !found.is_empty()).collect()
    }

    /// Texts that the project allows: `allow` in the settings of those plugins that run checks.
    pub fn allowed(&self) -> Vec<String> {
        let runners = self.setting.plugins.iter().filter(|plugin| plugin.handles(Event::Verify));
        runners.flat_map(crate::plugin::Plugin::allow).collect()
    }

    /// Why `complete` is refused before anything of it runs.
    pub(super) fn refuse_dangers(&self, state: Option<&SessionState>, input: &Input) -> Option<Error> {
        let Input::Complete { accepted, .. } = input else { return None };
        let mut session = state?.session.clone();
        if let Some(accepted) = accepted {
            session.checks.clone_from(&accepted.checks);
        }
        self.refused_checks(&session)
    }

    /// Checks of a session that do not run, as the refusal says it.
    pub(super) fn refused_checks(&self, session: &Session) -> Option<Error> {
        let dangers = self.dangers(session);
        if dangers.is_empty() {
            return None;
        }
        let allow = self.allowed();
        let left = not_allowed(&dangers, &allow);
        let runner = self.setting.plugins.iter().find(|plugin| plugin.handles(Event::Verify))?;
        let listed = !self.setting.project.manifest.plugins.is_empty();
        let unlisted: Vec<&str> =
            self.setting.plugins.iter().filter(|_| !listed).map(|plugin| plugin.name.as_str()).collect();
        let settings = CheckSettings { manifest: MANIFEST, runner: &runner.name, unlisted: &unlisted };
        (!left.is_empty()).then(|| refusal(session, &left, &allow, settings))
    }
}
