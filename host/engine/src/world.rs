//! Does what a host call asks for, once the intent is written and the grant is there.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use session_types::replay::assumed_outcome;
use session_types::{Answer, Change, CommandKind, CommitRequest, Error, Head, Outcome, Request, RevertRequest, Run};
use tempfile::TempDir;

use session_repository::Repo;
use session_system::Beside;
use session_system::{Files, Seen};
use session_system::{Hooks, Limits, Running, log_path};

/// Limit of a command that names none.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(600);

/// Everything outside this process, as one step sees it.
pub struct World {
    root: PathBuf,
    /// Folder whose repository the calls are about.
    repository: PathBuf,
    repo: Option<Repo>,
    files: Files,
    dry_run: bool,
    /// `SESSION_NOW` fixes the clock: every program is then reported to have taken 0 ms.
    clock_stands: bool,
    scan: SharedScan,
    children: HashMap<u32, Child>,
    logs: PathBuf,
    next_log: u32,
    planned: Vec<PlannedEffect>,
    /// In a dry run: files that the host itself would have written by then.
    expected: Vec<String>,
    /// Something was asked for that is no look at a file or folder.
    beyond_files: bool,
}

/// What the working tree looked like a moment ago: a rehearsal and the run behind it look at it once.
#[derive(Debug, Default)]
pub struct Scan {
    last: Option<(PathBuf, Instant, Vec<Change>)>,
    /// It took so long that files must have been read which have not changed: the index should learn that.
    slow: bool,
}

/// Of one command.
pub type SharedScan = Rc<RefCell<Scan>>;

/// A look costs no more than this, and this for each file, where the index knows them all.
const LOOK: Duration = Duration::from_millis(50);
const LOOK_EACH: Duration = Duration::from_micros(20);

/// So long nobody looks again. What is committed is read when it is committed, however old the list of names.
const MOMENT: Duration = Duration::from_secs(1);

impl Scan {
    /// Something has changed, or may have.
    pub fn forget(&mut self) {
        self.last = None;
    }

    fn recent(&self, repository: &Path) -> Option<Vec<Change>> {
        let (of, at, changes) = self.last.as_ref()?;
        (of == repository && at.elapsed() < MOMENT).then(|| changes.clone())
    }
}

enum Child {
    /// With the files of its run, which are gone once it was waited for.
    Running(Running, Option<TempDir>),
    /// A dry run does not run it.
    Planned,
    /// It ran before this process was, and a person says that it succeeded.
    Assumed,
}

/// What a dry run would have done besides writing files.
#[derive(Clone, Debug)]
pub enum PlannedEffect {
    Command { plugin: String, argv: Vec<String> },
    Commit { plugin: String, request: CommitRequest },
    Revert { plugin: String, request: RevertRequest },
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("root", &self.root).field("dry_run", &self.dry_run).finish_non_exhaustive()
    }
}

impl World {
    /// # Errors
    /// Where the root cannot be opened.
    pub fn new(root: &Path, repository: &Path, logs: PathBuf, dry_run: bool, scan: SharedScan) -> Result<Self, Error> {
        let files = Files::new(root, dry_run)?;
        Ok(Self {
            root: root.to_owned(),
            repository: repository.to_owned(),
            repo: None,
            files,
            dry_run,
            clock_stands: false,
            scan,
            children: HashMap::new(),
            logs,
            next_log: 1,
            planned: Vec::new(),
            expected: Vec::new(),
            beyond_files: false,
        })
    }

    /// Links in the project may also lead into these repositories of it.
    #[must_use]
    pub fn beside(self, repositories: Beside) -> Self {
        Self { files: self.files.beside(repositories), ..self }
    }

    /// Whether the clock stands. Time limits still hold: they use the monotonic clock.
    #[must_use]
    pub fn clock_stands(self, clock_stands: bool) -> Self {
        Self { clock_stands, ..self }
    }

    pub fn dry_run(&self) -> bool {
        self.dry_run
    }

    /// From now on repository calls are about this folder's repository.
    pub fn set_repository(&mut self, folder: &Path) {
        if self.repository != folder {
            self.repository = folder.to_owned();
            self.repo = None;
        }
    }

    pub fn planned(&self) -> &[PlannedEffect] {
        &self.planned
    }

    /// From now on what is written is a document.
    pub fn begin_settle(&mut self) {
        self.files.begin_settle();
    }

    pub fn files(&self) -> &Files {
        &self.files
    }

    /// In a dry run: the file as if it held this.
    ///
    /// # Errors
    /// A path that leads out.
    pub fn pretend(&mut self, path: &str, content: &[u8]) -> Result<(), Error> {
        self.files.write(path, content)
    }

    /// In a dry run: the host itself would write this file.
    pub fn expect(&mut self, path: &str) {
        self.expected.push(path.to_owned());
    }

    /// What a call answered that was done by an earlier process: a file that has changed since is not overwritten.
    pub fn saw(&self, request: &Request, answer: &Answer) {
        if let (Request::FileRead { path }, Answer::Content { content }) = (request, answer) {
            self.files.saw(path, content.as_ref().map(|content| content.0.as_slice()));
        }
    }

    /// Children from now on have numbers above this one.
    pub fn count_from(&mut self, last: u32) {
        self.next_log = self.next_log.max(last + 1);
    }

    /// A child that ran before, under its number or a new one.
    pub fn assume(&mut self, child: Option<u32>) -> u32 {
        let number = child.unwrap_or(self.next_log);
        self.count_from(number);
        self.children.insert(number, Child::Assumed);
        number
    }

    /// Whether a write, a removal or a commit was done, by looking: what is asked for is as the journal keeps it.
    /// `died` is when the process that asked was last alive.
    ///
    /// # Errors
    /// Where it cannot be looked at, or the repository is on another branch than it was.
    pub fn look(&mut self, request: &Request, from: Option<&Head>, died: SystemTime) -> Result<Option<Answer>, Error> {
        if matches!(request, Request::Commit(_) | Request::Revert(_) | Request::Changes) {
            self.repo()?.clear_locks(died)?;
        }
        Ok(match request {
            Request::FileWrite { path, content } => {
                let there = Seen::File(content.to_text());
                (self.files.look(path, &there)? == there).then_some(Answer::Done)
            }
            Request::FileRemove { path } => {
                (self.files.look(path, &Seen::Nothing)? == Seen::Nothing).then_some(Answer::Done)
            }
            Request::Commit(request) => match from {
                Some(from) => self.repo()?.made(request, from)?.map(Answer::Committed),
                None => None,
            },
            Request::Revert(request) => match from {
                Some(from) => self.repo()?.reverted(request, from)?.map(Answer::Committed),
                None => None,
            },
            _ => None,
        })
    }

    /// Refuses to go on where a commit was made that the branch does not hold any more.
    ///
    /// # Errors
    /// Names both, and the way back.
    pub fn refuse_lost(&mut self, commit: &str, branch: Option<&str>) -> Result<(), Error> {
        self.repo()?.refuse_lost(commit, branch)
    }

    /// Where the repository stands, before a commit is made.
    ///
    /// # Errors
    /// Where there is none.
    pub fn position(&mut self) -> Result<Head, Error> {
        self.repo()?.position()
    }

    /// Whether all that was asked for were files and folders to read.
    pub fn only_read_files(&self) -> bool {
        !self.beyond_files
    }

    /// Does one call. Facts, checks and log lines are not the world's.
    ///
    /// # Errors
    /// What the plugin is told.
    pub fn perform(&mut self, plugin: &str, request: &Request, hooks: &mut Hooks<'_>) -> Result<Answer, Error> {
        self.beyond_files |= !matches!(request, Request::FileRead { .. } | Request::FileList { .. });
        if request.is_effect() && !self.dry_run {
            self.scan.borrow_mut().forget();
        }
        Ok(match request {
            Request::FileRead { path } => Answer::Content { content: self.files.read(path)?.map(session_types::Bytes) },
            Request::FileWrite { path, content } => self.files.write(path, &content.0).map(|()| Answer::Done)?,
            Request::FileRemove { path } => self.files.remove(path).map(|()| Answer::Done)?,
            Request::FileList { path } => Answer::Names { names: self.files.list(path)? },
            Request::Wait { child } => Answer::Outcome(self.wait(*child)?),
            Request::Head => Answer::Head(self.repo()?.head()?),
            Request::Changes => Answer::Changes { changes: self.changes()? },
            Request::Tree(request) => Answer::Tree { tree: self.repo()?.tree(request)? },
            Request::Commit(request) => {
                let dry_run = self.dry_run;
                let request = &if dry_run { self.differing(request)? } else { request.clone() };
                let committed = self.repo()?.commit(request, dry_run, hooks)?;
                if committed.planned {
                    self.planned.push(PlannedEffect::Commit { plugin: plugin.to_owned(), request: request.clone() });
                }
                Answer::Committed(committed)
            }
            Request::Revert(request) => {
                let dry_run = self.dry_run;
                let committed = self.repo()?.revert(request, dry_run, hooks)?;
                if dry_run {
                    self.planned.push(PlannedEffect::Revert { plugin: plugin.to_owned(), request: request.clone() });
                }
                Answer::Committed(committed)
            }
            Request::FileAt { commit, path } => {
                Answer::Content { content: self.repo()?.file_at(commit, path)?.map(session_types::Bytes) }
            }
            Request::Diff { since, paths } => Answer::Diff { text: self.repo()?.diff(since.as_deref(), paths)? },
            Request::History(request) => Answer::History { commits: self.repo()?.history(request)? },
            Request::PatchId { commit } => Answer::PatchId { id: self.repo()?.patch_id(commit)? },
            Request::Exclude { path } => {
                let dry_run = self.dry_run;
                self.repo()?.exclude(path, dry_run).map(|()| Answer::Done)?
            }
            // Programs are begun by `spawn`, which knows the number that they had before.
            Request::Spawn(_)
            | Request::Log { .. }
            | Request::Progress { .. }
            | Request::FactGet { .. }
            | Request::FactSet { .. }
            | Request::Check { .. } => {
                return Err(Error::new("a call that is not the world's reached it: a bug of session"));
            }
        })
    }

    /// In a dry run: the request without the paths that the commit would not change. Files that would be written by then
    /// are not in the working tree yet.
    fn differing(&mut self, request: &CommitRequest) -> Result<CommitRequest, Error> {
        if request.fold.is_some() {
            return Ok(request.clone());
        }
        let planned: Vec<_> = self.files.planned().into_iter().map(|file| (file.path, file.before.is_none())).collect();
        let changed = self.changes()?.into_iter().map(|change| (change.path, change.status == "added"));
        let asked = |path: &str| {
            request
                .paths
                .iter()
                .any(|asked| asked == path || (asked.ends_with('/') && path.starts_with(asked.as_str())))
        };
        let expected = self.expected.iter().map(|path| (path.clone(), !self.root.join(path).exists()));
        let all =
            changed.chain(planned).chain(expected).filter(|(path, new)| asked(path) && !(request.tracked && *new));
        let mut paths: Vec<String> = all.map(|(path, _)| path).collect();
        paths.sort();
        paths.dedup();
        Ok(CommitRequest { paths, ..request.clone() })
    }

    fn changes(&mut self) -> Result<Vec<Change>, Error> {
        let slow = self.scan.borrow().slow;
        if let Some(changes) = self.scan.borrow().recent(&self.repository).filter(|_| self.dry_run || !slow) {
            return Ok(changes);
        }
        // Only where the journal knows of it: a kill then leaves a lock that the next run may remove.
        let (refresh, begun) = (slow && !self.dry_run, Instant::now());
        let repo = self.repo()?;
        if refresh {
            repo.refresh_index();
        }
        let (changes, files) = (repo.changes()?, repo.size());
        let slow = !refresh && begun.elapsed() > LOOK + LOOK_EACH * files;
        let last = Some((self.repository.clone(), Instant::now(), changes.clone()));
        *self.scan.borrow_mut() = Scan { last, slow };
        Ok(changes)
    }

    fn repo(&mut self) -> Result<&Repo, Error> {
        if self.repo.is_none() {
            self.repo = Some(Repo::open(&self.root, &self.repository)?);
        }
        self.repo.as_ref().ok_or_else(|| Error::new("there is no repository"))
    }

    /// Starts a program, under a number that it had before or a new one.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn spawn(
        &mut self,
        plugin: &str,
        run: &Run,
        deadline: Option<Instant>,
        hooks: &mut Hooks<'_>,
        again: Option<u32>,
    ) -> Result<u32, Error> {
        self.beyond_files = true;
        let number = again.unwrap_or(self.next_log);
        self.count_from(number);
        if self.dry_run && run.kind != CommandKind::Query {
            self.planned.push(PlannedEffect::Command { plugin: plugin.to_owned(), argv: run.argv.clone() });
            self.children.insert(number, Child::Planned);
            return Ok(number);
        }
        self.scan.borrow_mut().forget();
        let folder = self.folder(run.directory.as_deref())?;
        let asked = run.timeout.map_or(COMMAND_TIMEOUT, Duration::from_millis);
        let left = deadline.map_or(asked, |deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            return Err(Error::new(format!("`{}` was not run", run.argv.join(" ")))
                .because(format!("the time of the step is used up (`timeout` of {plugin} in plugins.toml)")));
        }
        let limits = Limits { timeout: asked.min(left) };
        let (prepared, files) = session_system::prepared(run)?.unzip();
        let run = prepared.as_ref().unwrap_or(run);
        let running = Running::spawn(run, &folder, &log_path(&self.logs, plugin, number), limits, hooks)?;
        if let Some(begun) = &running.begun {
            (hooks.begun)(begun.clone());
        }
        self.children.insert(number, Child::Running(running, files));
        Ok(number)
    }

    /// A folder to run in: below the root, or in a repository that the project names.
    fn folder(&self, path: Option<&str>) -> Result<PathBuf, Error> {
        let Some(path) = path.filter(|path| *path != ".") else { return Ok(self.root.clone()) };
        let whole = self.root.join(path);
        // A folder that is not there is for the spawn to name.
        let Ok(real) = whole.canonicalize() else { return Ok(whole) };
        let allowed = [&self.root, &self.repository]
            .into_iter()
            .any(|top| top.canonicalize().is_ok_and(|top| real.starts_with(top)));
        if allowed { Ok(real) } else { Err(Error::new(format!("{path} is outside the project and its repositories"))) }
    }

    fn wait(&mut self, child: u32) -> Result<Outcome, Error> {
        self.scan.borrow_mut().forget();
        match self.children.remove(&child) {
            Some(Child::Running(running, _files)) => {
                let outcome = running.wait()?;
                Ok(if self.clock_stands { Outcome { milliseconds: 0, ..outcome } } else { outcome })
            }
            Some(Child::Planned) => Ok(Outcome { planned: true, ..Outcome::default() }),
            Some(Child::Assumed) => Ok(assumed_outcome()),
            None => Err(Error::new(format!("there is no child {child} to wait for"))),
        }
    }
}
