//! Whether the paths that a revert changes are free to change: what the index and the working tree hold of them is what
//! HEAD has, or just what they are to become, as after a kill. Nothing is written here.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use session_types::Error;

use super::library::GITLINK;
use super::paths::{is_special, unseen};
use super::repo::Repo;
use super::reversal::{Held, Turn};

/// Paths that one message names.
const NAMED: usize = 5;

/// What is there of a path.
#[derive(Debug, Default)]
pub(super) struct Occupant {
    /// In the index.
    pub(super) staged: Option<Held>,
    /// In the working tree, as a commit would take it.
    pub(super) found: Option<Held>,
    /// The user says that git shall not look at it.
    pub(super) alone: bool,
    /// Of the file, from before it was read.
    pub(super) stamp: Option<Stamp>,
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

impl Occupant {
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
    pub(super) fn free(&self, turns: &[Turn]) -> Result<Vec<Occupant>, Error> {
        if let Some(turn) = turns.iter().find(|turn| turn.swaps_link()) {
            // One of the two would have to be removed, and a submodule may hold what nobody has elsewhere.
            return Err(Error::new(format!(
                "{} would change places with a submodule",
                self.site.relative_to_root(&turn.path)
            ))
            .because("what the submodule's folder holds is not this repository's to remove or to fetch")
            .hint("git revert those commits by hand"));
        }
        let places = turns.iter().map(|turn| self.place_of(&turn.path)).collect::<Result<Vec<_>, Error>>()?;
        let is_file = |place: &&Place| matches!(place, Place::File);
        let files = turns.iter().zip(&places).filter(|(turn, place)| is_file(place) && !turn.is_link());
        let files: Vec<&str> = files.map(|(turn, _)| turn.path.as_str()).collect();
        let stamp = |(turn, place): (&Turn, &Place)| match place {
            Place::File => Stamp::of(&self.site.top.join(&turn.path)),
            _ => None,
        };
        let stamps: Vec<Option<Stamp>> = turns.iter().zip(&places).map(stamp).collect();
        let mut occupants = self.reader.occupants(turns, &files)?;
        occupants.iter_mut().zip(stamps).for_each(|(occupant, stamp)| occupant.stamp = stamp);
        if let Some((turn, _)) = turns.iter().zip(&occupants).find(|(_, occupant)| occupant.alone) {
            let path = self.site.relative_to_root(&turn.path);
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
        for ((turn, place), occupant) in turns.iter().zip(&places).zip(&occupants) {
            let in_way = self.in_way(turn, place, &going)?;
            wrong.extend(in_way.into_iter().map(|path| (path, "stands in the way of what comes back")));
            if !is_free(turn, occupant) {
                let why = match (&turn.before, &occupant.found) {
                    (None, Some(_)) => "stands in the way of what comes back",
                    _ => "has changes that are not committed",
                };
                wrong.insert(turn.path.clone(), why);
            }
        }
        if wrong.is_empty() {
            return Ok(occupants);
        }
        let mut error = Error::new("files that would change hold what is not committed");
        for (path, why) in wrong.iter().take(NAMED) {
            error = error.because(format!("{} {why}", self.site.relative_to_root(path)));
        }
        if let Some(more) = wrong.len().checked_sub(NAMED).filter(|more| *more > 0) {
            error = error.because(format!("and {more} more"));
        }
        Err(error.hint("commit or move them away first, then the same command again"))
    }

    fn place_of(&self, path: &str) -> Result<Place, Error> {
        for (at, _) in path.match_indices('/') {
            let folder = &path[..at];
            match self.site.top.join(folder).symlink_metadata() {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(_) => return Ok(Place::Behind(folder.to_owned())),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Place::Nothing),
                Err(e) => return Err(unseen(folder, &e.to_string())),
            }
        }
        match self.site.top.join(path).symlink_metadata() {
            Ok(metadata) if metadata.is_dir() => Ok(Place::Folder),
            Ok(_) if is_special(&self.site.top, path) => Err(unseen(path, "it is neither a file nor a folder")),
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
            Place::Folder if after.mode != GITLINK => {
                let mut found = Vec::new();
                #[expect(clippy::disallowed_methods, reason = "names of a working tree, which git tracks")]
                for entry in ignore::WalkBuilder::new(self.site.top.join(&turn.path)).standard_filters(false).build() {
                    let entry = entry.map_err(|e| unseen(&turn.path, &e.to_string()))?;
                    let path = entry.path().strip_prefix(&self.site.top).unwrap_or(entry.path());
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
}

/// As HEAD has it, or as it shall be: then the index may have it already, or not yet. The folder of a submodule is left
/// alone, as git leaves it in a checkout; only what is staged of it counts.
fn is_free(turn: &Turn, occupant: &Occupant) -> bool {
    let Occupant { staged, found, .. } = occupant;
    if turn.is_link() {
        return *staged == turn.before || *staged == turn.after;
    }
    (*found == turn.before && *staged == turn.before)
        || (*found == turn.after && (*staged == turn.before || *staged == turn.after))
}
