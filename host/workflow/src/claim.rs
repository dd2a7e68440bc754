//! One active session per working tree of each repository: `start` takes the tree that its session works in, whatever
//! ends or pauses the session gives it back. The notes are `project/claim.rs`.

use std::path::{Path, PathBuf};

use session_core::session::{Input, Overview, SessionState};
use session_engine::dispatch::Recorder;
use session_engine::project::{Claim, Claims};
use session_system::Lock;
use session_types::{Session, Status};

use super::app::App;
use super::error::CommandError;
use super::place::{fate, gone};

/// A working tree that was taken for a session. Given back when this is dropped, unless the session is active then.
#[must_use = "the working tree is given back as soon as this is dropped"]
pub(crate) struct Claimed {
    claims: Claims,
    claim: Claim,
    _lock: Lock,
}

impl Drop for Claimed {
    fn drop(&mut self) {
        if !holds(&self.claim) {
            self.claims.remove(&self.claim);
        }
    }
}

/// Takes the working tree for what is about to become active; none for any other event, and outside git.
pub(crate) fn take(
    app: &App<'_>,
    overview: &Overview,
    input: &Input,
    state: Option<&SessionState>,
    dry_run: bool,
) -> Result<Option<Claimed>, CommandError> {
    let session = match (input, state) {
        (Input::Start { session, .. }, _) => session.as_ref(),
        // One that is done may go on from where it is taken back to.
        (Input::Rollback { session: Some(session), .. }, _) => session.as_ref(),
        (Input::Rollback { .. }, Some(state)) => &state.session,
        _ => return Ok(None),
    };
    take_for(app, overview, session, input.kind().cannot(), dry_run)
}

/// The same for a session that is brought to this working tree.
pub(crate) fn take_for(
    app: &App<'_>,
    overview: &Overview,
    session: &Session,
    cannot: &str,
    dry_run: bool,
) -> Result<Option<Claimed>, CommandError> {
    let folder = folder(app, session);
    let Some(claims) = Claims::of(&folder) else { return Ok(None) };
    let claim = claims.claim(&session.id, &app.project.root, &app.project.home.folder);
    refuse_unnoted(app, overview, session, (&folder, cannot))?;
    if dry_run {
        refuse_others(app, &claims, &claim, (&folder, cannot), true)?;
        return Ok(None);
    }
    let lock = claims.lock(app.user())?;
    refuse_others(app, &claims, &claim, (&folder, cannot), false)?;
    claims.put(&claim).map_err(|e| {
        CommandError::from(e).while_(format!("{} cannot be taken for {}", folder.display(), session.id))
    })?;
    Ok(Some(Claimed { claims, claim, _lock: lock }))
}

/// Gives the working tree of a session back that is not active any more.
pub(crate) fn free(app: &App<'_>, state: &SessionState) {
    let session = &state.session;
    if let Some(claims) = Claims::of(&folder(app, session)) {
        let claim = claims.claim(&session.id, &app.project.root, &app.project.home.folder);
        if !holds(&claim) {
            claims.remove(&claim);
        }
    }
}

/// Where the session works: the repository that plugins.toml names, else the project itself.
fn folder(app: &App<'_>, session: &Session) -> PathBuf {
    let named = session.metadata.repository.as_deref();
    let table = app.project.manifest.repositories.iter().find(|table| Some(table.name.as_str()) == named);
    let folder = table.map_or_else(|| app.project.root.clone(), |table| app.project.root.join(&table.path));
    folder.canonicalize().unwrap_or(folder)
}

/// A session that an older version has started left no note: of this project's own, the other working trees are looked at.
fn refuse_unnoted(
    app: &App<'_>,
    overview: &Overview,
    session: &Session,
    (folder, cannot): (&Path, &str),
) -> Result<(), CommandError> {
    let named = session.metadata.repository.as_deref();
    let Some(table) = app.project.manifest.repositories.iter().find(|table| Some(table.name.as_str()) == named) else {
        return Ok(());
    };
    let same = |state: &&SessionState| {
        let active = state.session.status == Status::Active && state.session.id != session.id;
        let there = || Path::new(&state.worktree).join(&table.path).canonicalize();
        active && state.session.metadata.repository.as_deref() == named && there().is_ok_and(|there| there == folder)
    };
    let Some(other) = overview.open.values().find(same) else { return Ok(()) };
    let (id, there) = (&other.session.id, Path::new(&other.worktree));
    Err(taken(&session.id, cannot, id, folder, there, app.is_gone(other)))
}

fn refuse_others(
    app: &App<'_>,
    claims: &Claims,
    mine: &Claim,
    (folder, cannot): (&Path, &str),
    dry_run: bool,
) -> Result<(), CommandError> {
    let unread = |e: std::io::Error| CommandError::from(e).while_("what works in this working tree is not known");
    for other in claims.others(mine).map_err(unread)? {
        if !holds(&other) {
            // Its journal says that it is over, or is gone with its project.
            if !other.state.is_dir() && other.session != mine.session {
                let (id, project) = (&other.session, other.project.display());
                app.warn(format!("{id} of {project} had taken this working tree, and that project is gone"));
            }
            if !dry_run {
                claims.remove(&other);
            }
            continue;
        }
        let is_gone = gone(&other.project, &other.state);
        return Err(taken(&mine.session, cannot, &other.session, folder, &other.project, is_gone));
    }
    Ok(())
}

fn taken(id: &str, cannot: &str, other: &str, folder: &Path, there: &Path, is_gone: bool) -> CommandError {
    let (what, is_folder) = (fate(there), there.is_dir());
    let there = there.display();
    let error = CommandError::new(format!("{id} {cannot}: {other} is active in {}", folder.display()))
        .because(format!("{other} was started in {there}"))
        .because("a working tree has one active session, so that every change belongs to one");
    if is_gone {
        let why = if is_folder { "" } else { ": it was removed or moved" };
        let error = error.because(format!("{there} {what}{why}"));
        return error.hint(format!("session resume {other} --here, in another working tree of that project"));
    }
    let there = session_types::shell::path(&there.to_string());
    error.hint(format!("cd {there}, then session complete or session pause"))
}

/// Whether the session is active as its journal has it. One that cannot be read may be.
fn holds(claim: &Claim) -> bool {
    let journal = claim.state.join("open").join(format!("{}.jsonl", claim.session));
    if !journal.is_file() {
        return false;
    }
    match Recorder::read(&journal) {
        Ok(Some(state)) => state.condition_under_lock().holds_tree() && Path::new(&state.worktree) == claim.project,
        Ok(None) => false,
        Err(_) => true,
    }
}
