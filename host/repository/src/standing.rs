//! Whether the paths that a revert changes are free to change: what the index and the working tree hold of them is what
//! HEAD has, or just what they are to become, as after a kill. Nothing is written here.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use session_types::Error;

use super::git::checked;
use super::library::is_left_alone;
use super::listed::Sorted;
use super::paths::{is_special, unseen};
use super::reader::plainly;
use super::repo::{Repo, converted, failed};
use super::undone::{Held, Turn, in_memory};

/// Paths that one message names.
const NAMED: usize = 5;

/// What is there of a path.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// In the index.
    pub(super) staged: Option<Held>,
    /// In the working tree, as a commit would take it.
    pub(super) found: Option<Held>,
    /// The user says that git shall not look at it.
    alone: bool,
    /// Of the file, from before it was read.
    stamp: Option<Stamp>,
}

/// A file with the same stamp is the one that was looked at: its number, its size, and when it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp(u64, u64, i64, i64);

impl Stamp {
    pub(super) fn of(path: &Path) -> Option<Self> {
        let metadata = path.symlink_metadata().ok().filter(|metadata| !metadata.is_dir())?;
        Some(Self(metadata.ino(), metadata.size(), metadata.mtime(), metadata.mtime_nsec()))
    }
}

impl Standing {
    /// Whether a file is the one that was looked at, or none where there was none.
    pub(super) fn still(&self, path: &Path) -> bool {
        Stamp::of(path) == self.stamp
    }
}

/// What lies at a path.
enum Place {
    Nothing,
    File,
    Folder,
    /// Something on the way to it is no folder.
    Behind(String),
}

impl Repo {
    /// Of each path in turn.
    ///
    /// # Errors
    /// Names what is not committed, or stands in the way.
    pub(super) fn free(&self, turns: &[Turn]) -> Result<Vec<Standing>, Error> {
        if let Some(turn) = turns.iter().find(|turn| turn.swaps_link()) {
            // One of the two would have to be removed, and a submodule may hold what nobody has elsewhere.
            return Err(Error::new(format!(
                "{} would change places with a submodule",
                self.relative_to_root(&turn.path)
            ))
            .because("what the submodule's folder holds is not this repository's to remove or to fetch")
            .hint("git revert those commits by hand"));
        }
        let places = turns.iter().map(|turn| self.place_of(&turn.path)).collect::<Result<Vec<_>, Error>>()?;
        let is_file = |place: &&Place| matches!(place, Place::File);
        let files = turns.iter().zip(&places).filter(|(turn, place)| is_file(place) && !turn.is_link());
        let files: Vec<&str> = files.map(|(turn, _)| turn.path.as_str()).collect();
        let stamp = |(turn, place): (&Turn, &Place)| match place {
            Place::File => Stamp::of(&self.top.join(&turn.path)),
            _ => None,
        };
        let stamps: Vec<Option<Stamp>> = turns.iter().zip(&places).map(stamp).collect();
        let mut standing = self.standing(turns, &files)?;
        standing.iter_mut().zip(stamps).for_each(|(standing, stamp)| standing.stamp = stamp);
        if let Some((turn, _)) = turns.iter().zip(&standing).find(|(_, standing)| standing.alone) {
            let path = self.relative_to_root(&turn.path);
            return Err(Error::new(format!("{path} would change, and git does not look at it here"))
                .because("a sparse checkout leaves it out, or it is assumed to be unchanged")
                .hint(format!(
                    "git sparse-checkout disable, or git update-index --no-skip-worktree --no-assume-unchanged {}",
                    session_types::shell::path(&path)
                )));
        }
        let going: BTreeSet<&str> =
            turns.iter().filter(|turn| turn.after.is_none()).map(|turn| turn.path.as_str()).collect();
        let mut wrong: BTreeMap<String, &str> = BTreeMap::new();
        for ((turn, place), standing) in turns.iter().zip(&places).zip(&standing) {
            let in_way = self.in_way(turn, place, &going)?;
            wrong.extend(in_way.into_iter().map(|path| (path, "stands in the way of what comes back")));
            if !is_free(turn, standing) {
                let why = match (&turn.before, &standing.found) {
                    (None, Some(_)) => "stands in the way of what comes back",
                    _ => "has changes that are not committed",
                };
                wrong.insert(turn.path.clone(), why);
            }
        }
        if wrong.is_empty() {
            return Ok(standing);
        }
        let mut error = Error::new("files that would change hold what is not committed");
        for (path, why) in wrong.iter().take(NAMED) {
            error = error.because(format!("{} {why}", self.relative_to_root(path)));
        }
        if let Some(more) = wrong.len().checked_sub(NAMED).filter(|more| *more > 0) {
            error = error.because(format!("and {more} more"));
        }
        Err(error.hint("commit or move them away first, then the same command again"))
    }

    fn place_of(&self, path: &str) -> Result<Place, Error> {
        for (at, _) in path.match_indices('/') {
            let folder = &path[..at];
            match self.top.join(folder).symlink_metadata() {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(_) => return Ok(Place::Behind(folder.to_owned())),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Place::Nothing),
                Err(e) => return Err(unseen(folder, &e.to_string())),
            }
        }
        match self.top.join(path).symlink_metadata() {
            Ok(metadata) if metadata.is_dir() => Ok(Place::Folder),
            Ok(_) if is_special(&self.top, path) => Err(unseen(path, "it is neither a file nor a folder")),
            Ok(_) => Ok(Place::File),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Place::Nothing),
            Err(e) => Err(unseen(path, &e.to_string())),
        }
    }

    /// What would be lost under a path that comes: files in a folder of its name, or a file in the place of its folder.
    /// What goes itself is looked at under its own name.
    fn in_way(&self, turn: &Turn, place: &Place, going: &BTreeSet<&str>) -> Result<Vec<String>, Error> {
        let Some(after) = &turn.after else { return Ok(Vec::new()) };
        Ok(match place {
            Place::Behind(file) if !going.contains(file.as_str()) => vec![file.clone()],
            // A submodule's folder is its own affair.
            Place::Folder if after.mode != super::library::GITLINK => {
                let mut found = Vec::new();
                #[expect(clippy::disallowed_methods, reason = "names of a working tree, which git tracks")]
                for entry in ignore::WalkBuilder::new(self.top.join(&turn.path)).standard_filters(false).build() {
                    let entry = entry.map_err(|e| unseen(&turn.path, &e.to_string()))?;
                    let path = entry.path().strip_prefix(&self.top).unwrap_or(entry.path());
                    let path = path.to_string_lossy().into_owned();
                    let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                    if !is_folder && !going.contains(path.as_str()) {
                        found.push(path);
                    }
                }
                found
            }
            _ => Vec::new(),
        })
    }

    /// What the index holds, and what a commit would take of those that are files.
    pub(super) fn standing(&self, turns: &[Turn], files: &[&str]) -> Result<Vec<Standing>, Error> {
        let names: Vec<String> = files.iter().map(|path| (*path).to_owned()).collect();
        if self.reader().is_none_or(|repo| converted(repo, &names)) {
            return self.standing_by_git(turns, files);
        }
        let read = || -> Result<Vec<Standing>, git2::Error> {
            let repo = in_memory(self)?;
            let mut index = repo.index()?;
            let held = |entry: git2::IndexEntry| Held { mode: entry.mode, id: entry.id.to_string() };
            let mut all = Vec::new();
            for turn in turns {
                let path = Path::new(&turn.path);
                let known = index.get_path(path, 0);
                let alone = known.as_ref().is_some_and(is_left_alone);
                all.push(Standing { staged: known.map(held), alone, ..Standing::default() });
            }
            let files: BTreeSet<&str> = files.iter().copied().collect();
            for (turn, standing) in turns.iter().zip(&mut all) {
                if files.contains(turn.path.as_str()) && !standing.alone {
                    index.add_path(Path::new(&turn.path))?;
                    standing.found = index.get_path(Path::new(&turn.path), 0).map(held);
                }
            }
            Ok(all)
        };
        read().map_err(|e| failed("compare the working tree", &e))
    }

    fn standing_by_git(&self, turns: &[Turn], files: &[&str]) -> Result<Vec<Standing>, Error> {
        let listed = checked("read the index", self.git().output(["ls-files", "-v", "--stage", "-z", "--full-name"])?)?;
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let mut all: Vec<Standing> = turns.iter().map(|_| Standing::default()).collect();
        let at: BTreeMap<&str, usize> = turns.iter().enumerate().map(|(at, turn)| (turn.path.as_str(), at)).collect();
        for line in listed.split_terminator('\0') {
            let Some((tag, rest)) = line.split_once(' ') else { continue };
            let Some((held, path)) = entry(rest) else { continue };
            let Some(standing) = at.get(path).and_then(|at| all.get_mut(*at)) else { continue };
            standing.alone = tag == "S" || tag.starts_with(char::is_lowercase);
            standing.staged = Some(held);
        }
        // Who is refused anyway need not be read.
        if files.is_empty() || all.iter().any(|standing| standing.alone) {
            return Ok(all);
        }
        let (folder, git) = self.one_time_index(&Sorted::default(), false)?;
        self.copy_index(&folder.path().join("index"))?;
        let list: String = files.iter().map(|path| format!("{path}\0")).collect();
        plainly(&git, ["update-index", "-z", "--add", "--replace", "--stdin"], Some(list.as_bytes()))?;
        let files: BTreeSet<&str> = files.iter().copied().collect();
        for line in plainly(&git, ["ls-files", "--stage", "-z"], None)?.split_terminator('\0') {
            let Some((held, path)) = entry(line).filter(|(_, path)| files.contains(path)) else { continue };
            if let Some(standing) = at.get(path).and_then(|at| all.get_mut(*at)) {
                standing.found = Some(held);
            }
        }
        Ok(all)
    }

    /// The index itself, not HEAD: git takes files that it knows to be unchanged for what they were, though they would be
    /// converted otherwise today. With its time, since by that git tells which files may have changed unnoticed.
    #[expect(clippy::disallowed_methods, reason = "git's own index, copied with its time")]
    fn copy_index(&self, to: &Path) -> Result<(), Error> {
        let args = ["rev-parse", "--path-format=absolute", "--git-path", "index"];
        let index = PathBuf::from(self.git().text(args)?.trim_end_matches('\n'));
        let copy = || -> std::io::Result<()> {
            if !index.exists() {
                return Ok(());
            }
            let modified = index.metadata()?.modified()?;
            std::fs::copy(&index, to)?;
            std::fs::File::options().write(true).open(to)?.set_modified(modified)
        };
        copy().map_err(|e| Error::new("cannot make a temporary index").because(e.to_string()))
    }
}

/// As HEAD has it, or as it shall be: then the index may have it already, or not yet. The folder of a submodule is left
/// alone, as git leaves it in a checkout; only what is staged of it counts.
fn is_free(turn: &Turn, standing: &Standing) -> bool {
    let Standing { staged, found, .. } = standing;
    if turn.is_link() {
        return *staged == turn.before || *staged == turn.after;
    }
    (*found == turn.before && *staged == turn.before)
        || (*found == turn.after && (*staged == turn.before || *staged == turn.after))
}

/// `mode id stage`, a tab, the path.
fn entry(line: &str) -> Option<(Held, &str)> {
    let (about, path) = line.split_once('\t')?;
    let mut parts = about.split(' ');
    let mode = u32::from_str_radix(parts.next()?, 8).ok()?;
    Some((Held { mode, id: parts.next()?.to_owned() }, path))
}
