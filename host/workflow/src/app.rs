//! What use cases share: the project, its plugins, what the user trusts, and what is known of all sessions.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Zoned;
use session_core::approval::{CommandDigest, ProjectSettings};
use session_core::bundle::BundledPlugins;
use session_core::nearest::{IDS, nearest};
use session_core::session::{Condition, EventKind, Overview, Plan, SessionState};
use session_engine::dispatch::{Dispatcher, Setting, Watch};
use session_engine::plugin::{LoadFailure, Plugin, Runtime, Trust};
use session_engine::project::{Project, ProjectLock};
use session_system::Limit;
use session_system::Lock;
use session_types::{Event, Merge, Merged, Project as ProjectInfo, Status, Task, Timestamp};

use super::caller::{Caller, program};
use super::error::CommandError;
use super::front::Front;

/// What is there before any project is.
#[derive(Clone, Debug)]
pub struct Start {
    /// The folder in which the project is looked for.
    pub folder: PathBuf,
    pub front: Arc<dyn Front>,
    pub caller: Caller,
    /// The word for what was asked for, such as `complete`: in locks, names of logs and hints.
    pub command: &'static str,
    /// The plugins inside the binary.
    pub bundled: BundledPlugins,
}

/// A project that was found, ready for use cases.
pub struct App<'s> {
    pub(crate) start: &'s Start,
    pub project: Project,
    pub plugins: Vec<Plugin>,
    /// Plugins of the list that are not among them.
    pub(crate) failures: Vec<LoadFailure>,
    /// Names of those that the user has not approved, in a command that only reads.
    pub(crate) left_out: Vec<String>,
    /// Whether plugins may start programs: only where all of the project is approved.
    pub(crate) programs: bool,
    pub(crate) trust: Trust,
    /// Commands that the user has approved in this clone.
    pub(crate) commands: RefCell<BTreeSet<CommandDigest>>,
    /// Settings that require more than was approved. The next event keeps them.
    pub(crate) required: RefCell<Option<ProjectSettings>>,
    /// Documents that a version before this one listed in the state folder, as far as they count.
    pub(crate) unsigned: OnceCell<BTreeSet<String>>,
    pub(crate) runtime: Runtime,
    pub(crate) now: Zoned,
}

impl Start {
    /// Folder of the user's own settings.
    pub(crate) fn settings(&self) -> Result<&Path, CommandError> {
        self.caller.settings.as_deref().ok_or_else(no_home)
    }

    pub(crate) fn cache(&self) -> Result<&Path, CommandError> {
        self.caller.cache.as_deref().ok_or_else(no_home)
    }
}

fn no_home() -> CommandError {
    CommandError::new("your home folder is not known").hint("set HOME")
}

/// In RFC 3339 with the user's own offset.
pub(crate) fn stamp(now: &Zoned) -> Timestamp {
    Timestamp(now.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

impl<'s> App<'s> {
    /// Compiles plugins that are new here, so that the first event need not.
    pub(crate) fn warm(&self) {
        self.runtime.warm(&self.plugins);
    }

    pub(crate) fn front(&self) -> &dyn Front {
        self.start.front.as_ref()
    }

    pub(crate) fn warn(&self, text: impl AsRef<str>) {
        self.front().warned(text.as_ref());
    }

    pub(crate) fn say(&self, text: impl AsRef<str>) {
        self.front().told(text.as_ref());
    }

    /// Who runs the command, for locks.
    pub(crate) fn user(&self) -> &str {
        &self.start.caller.user
    }

    /// Whether a coding agent runs the command, and no person.
    pub(crate) fn is_agent(&self) -> bool {
        self.start.caller.agent.is_some()
    }

    /// Who confirms something, for the record: as git knows the person, and the agent where one is at work.
    pub(crate) fn by(&self) -> String {
        let person = session_repository::user_name(&self.project.root).unwrap_or_else(|| self.user().to_owned());
        match &self.start.caller.agent {
            Some(agent) => format!("the agent {agent}, for {person}"),
            None => person,
        }
    }

    pub fn stamp(&self) -> Timestamp {
        stamp(&self.now)
    }

    /// A path as it was typed here, from the root; one that leads elsewhere stays as it is.
    pub(crate) fn typed(&self, path: &str) -> String {
        let typed = Path::new(path);
        let here = self.start.caller.here.as_ref().and_then(|here| here.canonicalize().ok());
        let Some(here) = here else { return path.to_owned() };
        let mut whole = if here.starts_with(&self.project.root) { here } else { self.project.root.clone() };
        for part in typed.components() {
            match part {
                std::path::Component::ParentDir => _ = whole.pop(),
                std::path::Component::CurDir => {}
                part => whole.push(part),
            }
        }
        // Hints name paths from the root, and are typed wherever one stands.
        if whole.symlink_metadata().is_err() && self.project.root.join(path).symlink_metadata().is_ok() {
            return path.to_owned();
        }
        whole.strip_prefix(&self.project.root).map_or(path.to_owned(), |path| path.to_string_lossy().into_owned())
    }

    pub fn worktree(&self) -> String {
        self.project.root.to_string_lossy().into_owned()
    }

    /// Folder for this command's logs, and the log file in it. Older ones are cleared away.
    pub(crate) fn begin_logs(&self) -> PathBuf {
        let all = self.project.home.logs();
        let named = |number| format!("{}-{}-{number}", self.now.strftime("%Y%m%dT%H%M%S"), self.start.command);
        // Messages name the folder, and where the clock stands two runs say the same.
        let free = |number: &u32| all.join(named(*number)).symlink_metadata().is_err();
        let number = if self.start.caller.clock.stands() { (1..).find(free) } else { None };
        self.project.home.hide();
        super::old_logs::remove(&all);
        let folder = all.join(named(number.unwrap_or_else(std::process::id)));
        // One by one, since a umask may leave the user without a right of their own.
        for folder in [&self.project.home.folder, &all, &folder] {
            if let Err(e) = session_system::own_folder(folder) {
                self.warn(format!("cannot make {}, so this run leaves no log: {e}", folder.display()));
                break;
            }
        }
        self.front().log_to(Some(&folder.join("run.log")));
        folder
    }

    pub fn dispatcher(&self, plan: Option<&Plan>, logs: PathBuf) -> Dispatcher<'_> {
        self.dispatcher_by(self.user().to_owned(), plan, logs)
    }

    /// The same where somebody is named for the record.
    pub(crate) fn dispatcher_by(&self, by: String, plan: Option<&Plan>, logs: PathBuf) -> Dispatcher<'_> {
        let watch: Arc<dyn Watch> = self.start.front.clone();
        let info = ProjectInfo {
            name: self.project.name(plan.and_then(|plan| plan.document.project.as_deref())),
            root: self.worktree(),
            plan: plan.map(|plan| plan.path.clone()),
            repositories: self.project.repositories(),
            branch: None,
        };
        let setting = Setting {
            project: &self.project,
            plugins: &self.plugins,
            runtime: &self.runtime,
            programs: self.programs,
            watch,
            now: self.stamp(),
            clock_stands: self.start.caller.clock.stands(),
            info,
            by,
            agent: self.is_agent(),
            logs,
        };
        Dispatcher::new(setting, self)
    }

    /// Reads a plan.
    pub(crate) fn plan(&self, path: &str) -> Result<Plan, CommandError> {
        let dispatcher = self.dispatcher(None, self.project.home.logs());
        Ok(Plan::new(path.to_owned(), dispatcher.read_plan(path, self.start.cache()?)?))
    }

    /// Brings two versions of a document together; none where no plugin says that it is its own.
    pub(crate) fn merge(&self, merge: &Merge) -> Result<Option<Merged>, CommandError> {
        Ok(self.dispatcher(None, self.project.home.logs()).merge(merge)?)
    }

    /// Has git merge documents by this program, in this clone.
    pub(crate) fn register_driver(&self) {
        if !self.plugins.iter().any(|plugin| plugin.handles(Event::Merge)) {
            return;
        }
        if let Err(error) = session_repository::register_driver(&self.project.root, &program()) {
            self.warn(format!("git will not merge the documents row by row: {error}"));
        }
    }

    /// The session that a command is about: the one that is named, else the one that is active here.
    pub(crate) fn session<'o>(
        &self,
        overview: &'o Overview,
        id: Option<&str>,
    ) -> Result<&'o SessionState, CommandError> {
        self.refuse_stuck(overview, id)?;
        let Some(id) = id else {
            return overview.active(&self.worktree()).ok_or_else(|| self.none_active(overview));
        };
        if let Some(state) = overview.live(id) {
            let elsewhere = state.session.status == Status::Active && state.worktree != self.worktree();
            return if elsewhere { Err(self.other_worktree(state)) } else { Ok(state) };
        }
        self.refuse_unknown(overview, id)?;
        let status = overview.status(id).word();
        let error = CommandError::new(format!("{id} is {status}, not active"));
        Err(if overview.status(id) == Status::Done {
            error.hint(format!("session next names what can start; session rollback {id} takes it back"))
        } else {
            error.hint(format!("session start {id}"))
        })
    }

    /// The same for an event that may have been cut off behind its end, when the session was not active any more.
    pub(crate) fn session_for<'o>(
        &self,
        overview: &'o Overview,
        id: Option<&str>,
        kind: EventKind,
    ) -> Result<&'o SessionState, CommandError> {
        let unfinished = |state: &&SessionState| {
            let ended = self.condition(state).unsettled().is_some_and(|input| input.kind() == kind);
            let put_away = kind == EventKind::Complete && state.session.status == Status::Done;
            state.worktree == self.worktree() && id.is_none_or(|id| id == state.session.id) && (ended || put_away)
        };
        self.session(overview, id).or_else(|error| overview.open.values().find(unfinished).ok_or(error))
    }

    /// The ID that a reading command is about: the one that is named, else that of the active session.
    pub fn id(&self, overview: &Overview, id: Option<&str>) -> Result<String, CommandError> {
        let id = match id {
            Some(id) => id.to_owned(),
            None => self.session(overview, None)?.session.id.clone(),
        };
        self.refuse_unknown(overview, &id)?;
        Ok(id)
    }

    /// Refuses an ID that nothing knows.
    pub(crate) fn refuse_unknown(&self, overview: &Overview, id: &str) -> Result<(), CommandError> {
        let planned = overview.plan.iter().flat_map(|plan| &plan.document.sessions).map(|s| s.id.as_str());
        if overview.plan.as_ref().is_some_and(|plan| plan.session(id).is_some())
            || overview.open.contains_key(id)
            || overview.records.contains_key(id)
            || overview.damaged.contains_key(id)
        {
            return Ok(());
        }
        if !overview.plans.is_empty() {
            let starts = self.start.command == "start";
            let command = if starts { format!("session start {id}") } else { "session status".to_owned() };
            return Err(super::find_plan::several(&overview.plans, &command)
                .while_(format!("it is not clear in which plan {id} stands")));
        }
        let whence = match (&overview.plan, &overview.unread) {
            (Some(plan), _) => format!("{} has none of that ID", plan.path),
            (None, Some(unread)) => unread.clone(),
            (None, None) => "no plan was found".to_owned(),
        };
        let error = CommandError::new(format!("there is no session {id}")).because(whence);
        let nearest = nearest(id, planned, IDS);
        Err(match nearest {
            Some(nearest) => error.hint(format!("did you mean {nearest}?")),
            None if overview.plan.is_some() => error.hint("session plan lists them"),
            None => {
                let id = id.to_uppercase();
                let id = if super::freeze::check_id(&id).is_ok() { &id } else { "FIX-01" };
                error.hint(format!("session start {id} --title \"…\" starts one without a plan"))
            }
        })
    }

    /// Takes a session's lock: it has one running event at a time.
    pub(crate) fn lock(&self, id: &str) -> Result<Lock, CommandError> {
        let holder = format!("`session {}` of {} (process {})", self.start.command, self.user(), std::process::id());
        let lock = Lock::take(&self.project.home.session_lock(id), &holder);
        lock.map_err(|e| CommandError::from(e).while_(format!("{id} is busy")))
    }

    /// Whether a command is at work on a session: its lock names a process that is there.
    pub fn is_running(&self, id: &str) -> bool {
        Lock::holder(&self.project.home.session_lock(id))
            .and_then(|holder| holder.rsplit_once("process ")?.1.trim_end_matches(')').parse().ok())
            .is_some_and(session_system::is_session)
    }

    /// The condition of a session that another command may be at work on.
    pub fn condition<'o>(&self, state: &'o SessionState) -> Condition<'o> {
        state.condition(|| self.is_running(&state.session.id))
    }

    /// Takes the short lock over what sessions share.
    pub(crate) fn lock_project(&self) -> Result<ProjectLock, CommandError> {
        Ok(self.project.home.lock_project(self.user())?)
    }

    /// What a person has written into the task file.
    ///
    /// # Errors
    /// A file that is there and cannot be read: ticks, message and notes in it would not count.
    pub(crate) fn task(&self, state: &SessionState) -> Result<Option<Task>, CommandError> {
        let known = || Ok(state.session.task.clone());
        let Some(path) = state.task_file.as_deref().filter(|_| state.session.status == Status::Active) else {
            return known();
        };
        let unread = |e: CommandError| {
            e.while_(format!("{path} cannot be read, and what you wrote there would not count"))
                .hint("correct it, or move it away")
        };
        let Some(bytes) = self.project.read(path, Limit::TASK_FILE).map_err(|e| unread(e.into()))? else {
            return known();
        };
        let document = self.dispatcher(None, self.project.home.logs()).read_if_known(path);
        let Some(document) = document.map_err(|e| unread(e.into()))? else {
            let reader = self.plugins.iter().any(|plugin| plugin.handles(Event::Plan));
            self.warn(match reader {
                true => format!("{path} holds no task file any more"),
                false => format!("no plugin reads {path}: what you wrote there does not count"),
            });
            return known();
        };
        let session = document.sessions.into_iter().find(|session| session.id == state.session.id);
        Ok(session.map(|session| {
            let notes = session.notes.and_then(|span| bytes.get(span.start..span.end));
            Task {
                ticked: session.checks.into_iter().filter(|check| check.ticked).map(|check| check.text).collect(),
                commit_message: session.commit_message,
                notes: notes.map(|notes| String::from_utf8_lossy(notes).into_owned()),
            }
        }))
    }
}

impl std::fmt::Debug for App<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("start", self.start).field("project", &self.project).finish_non_exhaustive()
    }
}
