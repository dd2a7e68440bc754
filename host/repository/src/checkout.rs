//! Bringing files of the working tree to what a tree has, and back again where the commit that they were for is not made.
//! Each file is replaced at once. A kill leaves some files as they were and others as they shall be, which the same call
//! takes for its own and goes on (`occupant`).

use std::io;
use std::path::{Path, PathBuf};

use git2::{Oid, Repository};
use session_system::Door;
use session_system::scratch_folder;
use session_system::{make_own, open_own};
use session_types::Error;
use tempfile::TempDir;

use super::args::Args;
use super::binary::plainly;
use super::git::checked;
use super::library::{Conversions, GITLINK, failed};
use super::occupant::{Occupant, Stamp};
use super::repo::Repo;
use super::reversal::{Objects, Reversal, Turn};

const LINK: u32 = 0o120_000;
const PROGRAM: u32 = 0o100_755;
/// By these files others are converted, so they come first.
const ATTRIBUTES: &str = ".gitattributes";

/// Files that were changed, and what they were.
pub(super) struct Placed<'r> {
    repo: &'r Repo,
    door: Door,
    /// The files from before, by number. Links to them where the file system can: they come back with their own times.
    kept: TempDir,
    done: Vec<Done>,
}

struct Done {
    path: String,
    was: Option<PathBuf>,
    /// Of what was put there.
    now: Option<Stamp>,
}

/// New content of one file.
enum Source {
    Bytes(Vec<u8>),
    File(PathBuf),
}

impl Repo {
    /// The files as the result has them.
    ///
    /// # Errors
    /// A disk that does not take them, or a filter of the user's that fails; all files are then as they were.
    pub(super) fn place(&self, reversal: &Reversal, occupants: &[Occupant]) -> Result<Placed<'_>, Error> {
        let kept = scratch_folder(&self.site.git_dir)
            .map_err(|e| Error::new("cannot keep the files as they are").because(e.to_string()))?;
        let door = Door::of_tracked(&self.site.top)
            .map_err(|e| Error::new(format!("cannot open {}", self.site.top.display())).because(e.to_string()))?;
        let mut placed = Placed { repo: self, door, kept, done: Vec::new() };
        match self.place_all(reversal, occupants, &mut placed) {
            Ok(()) => Ok(placed),
            Err(error) => Err(placed.put_back(error)),
        }
    }

    fn place_all(&self, reversal: &Reversal, occupants: &[Occupant], placed: &mut Placed<'_>) -> Result<(), Error> {
        let differs = |(turn, occupant): &(&Turn, &Occupant)| !turn.is_link() && occupant.found != turn.after;
        let todo: Vec<(&Turn, &Occupant)> = reversal.turns.iter().zip(occupants).filter(differs).collect();
        // What goes makes room for what comes: a folder where a file is, or the other way round.
        for (turn, occupant) in todo.iter().filter(|(turn, _)| turn.after.is_none()) {
            placed.set_aside(turn, occupant)?;
            placed.door.remove_with_folders(&turn.path).map_err(|e| not_written("remove", &turn.path, &e))?;
            placed.is_there();
        }
        let comes: Vec<&(&Turn, &Occupant)> = todo.iter().filter(|(turn, _)| turn.after.is_some()).collect();
        let name = |turn: &Turn| turn.path.rsplit('/').next() == Some(ATTRIBUTES);
        for attributes in [true, false] {
            let these: Vec<&(&Turn, &Occupant)> =
                comes.iter().copied().filter(|(turn, _)| name(turn) == attributes).collect();
            let turns: Vec<&Turn> = these.iter().map(|(turn, _)| *turn).collect();
            let (_folder, sources) = self.sources(reversal, &turns)?;
            for ((turn, occupant), source) in these.iter().zip(sources) {
                placed.set_aside(turn, occupant)?;
                let mode = turn.after.as_ref().map_or(0, |held| held.mode);
                write(&placed.door, &turn.path, source, mode).map_err(|e| not_written("write", &turn.path, &e))?;
                placed.is_there();
            }
        }
        // An empty folder, as git itself makes one for a submodule that comes: what is in it is not this repository's.
        let links = reversal.turns.iter().filter(|turn| turn.after.as_ref().is_some_and(|held| held.mode == GITLINK));
        links.for_each(|turn| _ = placed.door.make_folder(&turn.path));
        Ok(())
    }

    /// What the files of these turns hold, through the filters of the user where they convert.
    fn sources(&self, reversal: &Reversal, turns: &[&Turn]) -> Result<(Option<TempDir>, Vec<Source>), Error> {
        let Objects::Memory(memory) = &reversal.objects else { return self.checked_out(reversal, turns) };
        let conversions = Conversions::of(memory);
        if turns.iter().any(|turn| conversions.concern_new(Path::new(&turn.path))) {
            return self.checked_out(reversal, turns);
        }
        let read = |turn: &&Turn| -> Result<Source, git2::Error> {
            let id = turn.after.as_ref().map(|held| held.id.as_str()).unwrap_or_default();
            Ok(Source::Bytes(memory.find_blob(Oid::from_str(id)?)?.content().to_owned()))
        };
        let sources = turns.iter().map(read).collect::<Result<_, _>>().map_err(|e| failed("read the files", &e))?;
        Ok((None, sources))
    }

    /// By git into a folder of their own, all at once: a filter may be a program that takes long to start. The attributes
    /// are those of the working tree.
    fn checked_out(&self, reversal: &Reversal, turns: &[&Turn]) -> Result<(Option<TempDir>, Vec<Source>), Error> {
        let folder = scratch_folder(&self.site.git_dir)
            .map_err(|e| Error::new("cannot make a temporary folder").because(e.to_string()))?;
        if turns.is_empty() {
            return Ok((Some(folder), Vec::new()));
        }
        let held = || turns.iter().filter_map(|turn| Some((turn, turn.after.as_ref()?)));
        let git = match &reversal.objects {
            Objects::Folder { git, .. } => git.clone(),
            // Git reads no other process's memory, and the repository itself is not for what may never be committed.
            Objects::Memory(memory) => {
                let write = || -> Result<PathBuf, git2::Error> {
                    let store = Repository::init_bare(folder.path().join("store"))?;
                    for (_, held) in held() {
                        store.blob(memory.find_blob(Oid::from_str(&held.id)?)?.content())?;
                    }
                    Ok(store.path().join("objects"))
                };
                let objects = write().map_err(|e| failed("make a temporary object folder", &e))?;
                self.git().with("GIT_OBJECT_DIRECTORY", objects)
            }
        };
        let git = git.with("GIT_INDEX_FILE", folder.path().join("index"));
        let lines: String =
            held().map(|(turn, held)| format!("{:o} {}\t{}\0", held.mode, held.id, turn.path)).collect();
        plainly(&git, ["update-index", "-z", "--index-info"], Some(lines.as_bytes()))?;
        // With a slash behind it, or it would be the beginning of each name.
        let args =
            Args::of(["checkout-index", "--quiet", "-z", "--stdin"]).option("--prefix", folder.path().join("files/"));
        let list: String = turns.iter().map(|turn| format!("{}\0", turn.path)).collect();
        let output = git.fed(args, Some(list.as_bytes()))?;
        checked("convert the files", output)?;
        let sources = turns.iter().map(|turn| Source::File(folder.path().join("files").join(&turn.path))).collect();
        Ok((Some(folder), sources))
    }
}

impl Placed<'_> {
    /// Keeps the file that is there, and sees that it is still the one that was looked at.
    fn set_aside(&mut self, turn: &Turn, occupant: &Occupant) -> Result<(), Error> {
        let whole = self.repo.site.top.join(&turn.path);
        if !occupant.still(&whole) {
            return Err(Error::new(format!("{} was changed by somebody else in this very moment", turn.path))
                .because("what they wrote would be lost"));
        }
        let was = if occupant.found.is_some() {
            let kept = self.kept.path().join(self.done.len().to_string());
            self.keep(&turn.path, &kept).map_err(|e| not_written("keep", &turn.path, &e))?;
            Some(kept)
        } else {
            None
        };
        self.done.push(Done { path: turn.path.clone(), was, now: Stamp::of(&whole) });
        Ok(())
    }

    fn keep(&self, path: &str, to: &Path) -> io::Result<()> {
        self.door.spot(path, false)?.map_or(Err(io::ErrorKind::NotFound.into()), |spot| spot.keep(to))
    }

    /// Remembers the last file as it is now.
    fn is_there(&mut self) {
        if let Some(done) = self.done.last_mut() {
            done.now = Stamp::of(&self.repo.site.top.join(&done.path));
        }
    }

    /// What somebody has written meanwhile (a person, while the user's hooks ran, or a hook) is not ours to throw away:
    /// where it is kept now, if there is any.
    fn keep_changed(&self) -> io::Result<Vec<(String, PathBuf)>> {
        let changed = |done: &&Done| {
            let now = Stamp::of(&self.repo.site.top.join(&done.path));
            now.is_some() && now != done.now
        };
        let changed: Vec<&Done> = self.done.iter().filter(changed).collect();
        if changed.is_empty() {
            return Ok(Vec::new());
        }
        let folder = kept_folder(&self.repo.site.git_dir)?;
        let mut kept = Vec::new();
        for done in changed {
            let to = folder.join(&done.path);
            to.parent().map_or(Ok(()), make_own)?;
            self.keep(&done.path, &to)?;
            kept.push((done.path.clone(), to));
        }
        Ok(kept)
    }

    /// All files as they were, and the error with what could not be put back.
    pub(super) fn put_back(self, mut error: Error) -> Error {
        let mut left = Vec::new();
        match self.keep_changed() {
            Ok(kept) => {
                let line = |(path, to): (String, PathBuf)| {
                    format!("{path} was changed meanwhile; what was written there is kept in {}", to.display())
                };
                left.extend(kept.into_iter().map(line));
            }
            // Rather not as it was than lost.
            Err(e) => {
                return error.because(format!("files were changed meanwhile, and stay so: they cannot be kept ({e})"));
            }
        }
        for done in self.done.iter().rev() {
            if let Err(e) = self.door.remove_with_folders(&done.path) {
                left.push(format!("{} is not as it was: {e}", done.path));
            }
        }
        for done in self.done.iter().rev() {
            let Some(kept) = &done.was else { continue };
            if let Err(e) = self.door.spot_to_write(&done.path).and_then(|spot| spot.bring_back(kept)) {
                left.push(format!("{} is not as it was: {e}", done.path));
            }
        }
        for line in left {
            error = error.because(line);
        }
        error
    }
}

fn write(door: &Door, path: &str, source: Source, mode: u32) -> io::Result<()> {
    let spot = door.spot_to_write(path)?;
    // Folders that hold no file any more, or never did.
    spot.clear_empty_folder()?;
    match source {
        Source::Bytes(target) if mode == LINK => {
            let target: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(&target);
            spot.put_link(Path::new(target))
        }
        Source::File(path) if mode == LINK => match std::fs::read_link(&path) {
            Ok(target) => spot.put_link(&target),
            // Git makes a plain file of it where the user says that there are no links.
            Err(_) => spot.put(&mut open_own(&path)?, false),
        },
        Source::Bytes(bytes) => spot.put(&mut bytes.as_slice(), mode == PROGRAM),
        Source::File(path) => spot.put(&mut open_own(&path)?, mode == PROGRAM),
    }
}

/// A folder that stays.
#[expect(clippy::disallowed_methods, reason = "a new folder in one of git's")]
fn kept_folder(git_dir: &Path) -> io::Result<PathBuf> {
    Ok(tempfile::Builder::new().prefix("kept-by-session-").tempdir_in(git_dir)?.keep())
}

fn not_written(what: &str, path: &str, e: &io::Error) -> Error {
    Error::new(format!("cannot {what} {path}")).because(e.to_string())
}
