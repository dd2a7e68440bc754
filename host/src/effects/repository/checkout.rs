//! Bringing files of the working tree to what a tree has, and back again where the commit that they were for is not made.
//! Each file is replaced at once. A kill leaves some files as they were and others as they shall be, which the same call
//! takes for its own and goes on (`standing`).

use std::io;
use std::path::{Path, PathBuf};

use git2::Oid;
use session_sdk::Error;
use tempfile::TempDir;

use super::args::Args;
use super::git::checked;
use super::library::GITLINK;
use super::needed::Conversions;
use super::reader::plainly;
use super::repo::{Repo, failed};
use super::standing::{Stamp, Standing};
use super::undone::{Held, Objects, Turn, Undone};
use crate::effects::replace::{put, put_link, scratch_folder};

const LINK: u32 = 0o120_000;
const PROGRAM: u32 = 0o100_755;
/// By these files others are converted, so they come first.
const ATTRIBUTES: &str = ".gitattributes";

/// Files that were changed, and what they were.
pub(super) struct Placed<'r> {
    repo: &'r Repo,
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
    pub(super) fn place(&self, undone: &Undone, standing: &[Standing]) -> Result<Placed<'_>, Error> {
        let kept = scratch_folder(&self.git_dir)
            .map_err(|e| Error::new("cannot keep the files as they are").because(e.to_string()))?;
        let mut placed = Placed { repo: self, kept, done: Vec::new() };
        match self.place_all(undone, standing, &mut placed) {
            Ok(()) => Ok(placed),
            Err(error) => Err(placed.put_back(error)),
        }
    }

    fn place_all(&self, undone: &Undone, standing: &[Standing], placed: &mut Placed<'_>) -> Result<(), Error> {
        let differs = |(turn, standing): &(&Turn, &Standing)| !turn.is_link() && standing.found != turn.after;
        let todo: Vec<(&Turn, &Standing)> = undone.turns.iter().zip(standing).filter(differs).collect();
        // What goes makes room for what comes: a folder where a file is, or the other way round.
        for (turn, standing) in todo.iter().filter(|(turn, _)| turn.after.is_none()) {
            placed.set_aside(turn, standing)?;
            remove(&self.top, &turn.path).map_err(|e| not_written("remove", &turn.path, &e))?;
            placed.is_there();
        }
        let comes: Vec<&(&Turn, &Standing)> = todo.iter().filter(|(turn, _)| turn.after.is_some()).collect();
        let name = |turn: &Turn| turn.path.rsplit('/').next() == Some(ATTRIBUTES);
        for attributes in [true, false] {
            let these: Vec<&(&Turn, &Standing)> =
                comes.iter().copied().filter(|(turn, _)| name(turn) == attributes).collect();
            let turns: Vec<&Turn> = these.iter().map(|(turn, _)| *turn).collect();
            let (_folder, sources) = self.sources(undone, &turns)?;
            for ((turn, standing), source) in these.iter().zip(sources) {
                placed.set_aside(turn, standing)?;
                let mode = turn.after.as_ref().map_or(0, |held| held.mode);
                self.write(&turn.path, source, mode).map_err(|e| not_written("write", &turn.path, &e))?;
                placed.is_there();
            }
        }
        // An empty folder, as git itself makes one for a submodule that comes: what is in it is not this repository's.
        let links = undone.turns.iter().filter(|turn| turn.after.as_ref().is_some_and(|held| held.mode == GITLINK));
        links.for_each(|turn| _ = std::fs::create_dir_all(self.top.join(&turn.path)));
        Ok(())
    }

    /// What the files of these turns hold, through the filters of the user where they convert.
    fn sources(&self, undone: &Undone, turns: &[&Turn]) -> Result<(Option<TempDir>, Vec<Source>), Error> {
        let Objects::Memory(memory) = &undone.objects else { return self.checked_out(undone, turns) };
        if let Some(repo) = self.objects() {
            let conversions = Conversions::of(repo);
            if turns.iter().any(|turn| conversions.concern_new(Path::new(&turn.path))) {
                return self.checked_out(undone, turns);
            }
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
    fn checked_out(&self, undone: &Undone, turns: &[&Turn]) -> Result<(Option<TempDir>, Vec<Source>), Error> {
        let folder = scratch_folder(&self.git_dir)
            .map_err(|e| Error::new("cannot make a temporary folder").because(e.to_string()))?;
        if turns.is_empty() {
            return Ok((Some(folder), Vec::new()));
        }
        let held = || turns.iter().filter_map(|turn| Some((turn, turn.after.as_ref()?)));
        let git = match &undone.objects {
            Objects::Folder { git, .. } => git.clone(),
            Objects::Memory(memory) => {
                self.keep_blobs(memory, held().map(|(_, held)| held)).map_err(|e| failed("keep the files", &e))?;
                self.git().clone()
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

    /// Git reads no other process's memory. The commit that follows needs them anyway.
    fn keep_blobs<'h>(
        &self,
        memory: &git2::Repository,
        all: impl Iterator<Item = &'h Held>,
    ) -> Result<(), git2::Error> {
        let Some(repo) = self.objects() else { return Ok(()) };
        for held in all {
            repo.blob(memory.find_blob(Oid::from_str(&held.id)?)?.content())?;
        }
        Ok(())
    }

    fn write(&self, path: &str, source: Source, mode: u32) -> io::Result<()> {
        let whole = self.top.join(path);
        // Folders that hold no file any more, or never did.
        if whole.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
            remove_empty(&whole)?;
        }
        if mode == LINK {
            let target = match source {
                Source::Bytes(bytes) => bytes,
                Source::File(path) => match std::fs::read_link(&path) {
                    Ok(target) => target.into_os_string().into_encoded_bytes(),
                    // Git makes a plain file of it where the user says that there are no links.
                    Err(_) => return put(&whole, &mut std::fs::File::open(path)?, false),
                },
            };
            let target: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(&target);
            return put_link(&whole, Path::new(target));
        }
        match source {
            Source::Bytes(bytes) => put(&whole, &mut bytes.as_slice(), mode == PROGRAM),
            Source::File(path) => put(&whole, &mut std::fs::File::open(path)?, mode == PROGRAM),
        }
    }
}

impl Placed<'_> {
    /// Keeps the file that is there, and sees that it is still the one that was looked at.
    fn set_aside(&mut self, turn: &Turn, standing: &Standing) -> Result<(), Error> {
        let whole = self.repo.top.join(&turn.path);
        if !standing.still(&whole) {
            return Err(Error::new(format!("{} was changed by somebody else in this very moment", turn.path))
                .because("what they wrote would be lost"));
        }
        let was = if standing.found.is_some() {
            let kept = self.kept.path().join(self.done.len().to_string());
            keep(&whole, &kept).map_err(|e| not_written("keep", &turn.path, &e))?;
            Some(kept)
        } else {
            None
        };
        self.done.push(Done { path: turn.path.clone(), was, now: Stamp::of(&whole) });
        Ok(())
    }

    /// Remembers the last file as it is now.
    fn is_there(&mut self) {
        if let Some(done) = self.done.last_mut() {
            done.now = Stamp::of(&self.repo.top.join(&done.path));
        }
    }

    /// What somebody has written meanwhile (a person, while the user's hooks ran, or a hook) is not ours to throw away:
    /// where it is kept now, if there is any.
    fn keep_changed(&self) -> io::Result<Vec<(String, PathBuf)>> {
        let changed = |done: &&Done| {
            let now = Stamp::of(&self.repo.top.join(&done.path));
            now.is_some() && now != done.now
        };
        let changed: Vec<&Done> = self.done.iter().filter(changed).collect();
        if changed.is_empty() {
            return Ok(Vec::new());
        }
        let folder = tempfile::Builder::new().prefix("kept-by-session-").tempdir_in(&self.repo.git_dir)?.keep();
        let mut kept = Vec::new();
        for done in changed {
            let to = folder.join(&done.path);
            to.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            copy(&self.repo.top.join(&done.path), &to)?;
            kept.push((done.path.clone(), to));
        }
        Ok(kept)
    }

    /// All files as they were, and the error with what could not be put back.
    pub(super) fn put_back(self, mut error: Error) -> Error {
        let top = &self.repo.top;
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
            if let Err(e) = remove(top, &done.path) {
                left.push(format!("{} is not as it was: {e}", done.path));
            }
        }
        for done in self.done.iter().rev() {
            let Some(kept) = &done.was else { continue };
            if let Err(e) = bring_back(kept, &top.join(&done.path)) {
                left.push(format!("{} is not as it was: {e}", done.path));
            }
        }
        for line in left {
            error = error.because(line);
        }
        error
    }
}

fn not_written(what: &str, path: &str, e: &io::Error) -> Error {
    Error::new(format!("cannot {what} {path}")).because(e.to_string())
}

fn keep(from: &Path, to: &Path) -> io::Result<()> {
    // Of a link the link itself.
    if std::fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    copy(from, to)
}

/// Another file system has no room for a name only.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if from.symlink_metadata()?.is_symlink() {
        return std::os::unix::fs::symlink(std::fs::read_link(from)?, to);
    }
    std::fs::copy(from, to).map(drop)
}

fn bring_back(kept: &Path, path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    if path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
        remove_empty(path)?;
    }
    std::fs::rename(kept, path).or_else(|_| copy(kept, path))
}

/// A file, and the folders that held nothing else.
fn remove(top: &Path, path: &str) -> io::Result<()> {
    let whole = top.join(path);
    match std::fs::remove_file(&whole) {
        Err(e) if !matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Err(e),
        _ => {}
    }
    let mut folder = whole.parent();
    while let Some(empty) = folder.filter(|folder| *folder != top && folder.starts_with(top)) {
        if std::fs::remove_dir(empty).is_err() {
            break;
        }
        folder = empty.parent();
    }
    Ok(())
}

/// A folder in which there are folders only.
fn remove_empty(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_empty(&entry.path())?;
        }
    }
    std::fs::remove_dir(folder)
}
