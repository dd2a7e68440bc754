//! What the user has approved. A repository cannot trust itself: plugins.toml asks, and the answer stands in the user's
//! own settings, one file per clone. What is asked and what goes beyond an answer is `approval.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use session_core::approval::{CommandDigest, ProjectSettings};
use session_system::{CloneToken, Limit, clone_token, make_clone_token, remove_own, replace_private, text_own};
use session_system::{Lock, LockError};
use thiserror::Error;

use crate::project::{ClonePlace, Project};

/// What the user approved of one project in one clone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Approval {
    /// Folder of the project below the top of the working tree.
    pub folder: PathBuf,
    /// Working trees that git's own folder does not name as its own.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub trees: BTreeSet<PathBuf>,
    /// Name of the project whose `init` has begun and is not through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init: Option<String>,
    /// Who approved something last, as in attestations, and when, in RFC 3339. Files of before have neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Commands of checks that may run.
    #[serde(with = "lines", skip_serializing_if = "BTreeSet::is_empty")]
    pub commands: BTreeSet<CommandDigest>,
    /// Documents that the host wrote in this clone, or saw plugins write. They stand here and not in the state folder,
    /// which can come with the files: no check, no hook and no guard reads what they name.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub documents: BTreeSet<String>,
    /// None where nothing was approved yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<ProjectSettings>,
    /// Plugins whose new bytes are taken, and until when, in RFC 3339.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub dev: BTreeMap<String, String>,
}

/// The file of one clone.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct CloneFile {
    /// The folder that holds the state: the git common dir, else the root.
    path: PathBuf,
    /// Of the token: a clone that was moved keeps both, a copy has others, and so has what was unpacked in its place.
    inode: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    born: Option<u64>,
    #[serde(rename = "project")]
    projects: Vec<Approval>,
}

#[derive(Debug, Error)]
pub enum TrustError {
    #[error("cannot read the settings {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the settings {} are damaged", path.display())]
    Parse { path: PathBuf, source: Box<toml::de::Error> },
    #[error("cannot write the settings {}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("cannot keep the token of this clone in {}", path.display())]
    Token { path: PathBuf, source: std::io::Error },
    #[error("the settings have no TOML form")]
    Toml(#[from] toml::ser::Error),
    #[error(transparent)]
    Lock(#[from] LockError),
}

/// The approvals of one project: where they stand, and where the clone is.
#[derive(Clone, Debug)]
pub struct Trust {
    /// The user's settings.
    settings: PathBuf,
    place: ClonePlace,
    /// The same folder when it was in no repository yet.
    before_git: Option<ClonePlace>,
}

impl Trust {
    pub fn of(settings: &Path, project: &Project) -> Self {
        let place = project.home.clone_place.clone();
        let outside = ClonePlace::outside_git(&project.root);
        let before_git = Some(outside).filter(|outside| outside.parent != place.parent);
        Self { settings: settings.to_owned(), place, before_git }
    }

    /// What holds here; none where nothing was approved in this very clone.
    ///
    /// # Errors
    /// Settings that cannot be read or are damaged.
    pub fn approval(&self) -> Result<Option<Approval>, TrustError> {
        let held = self.held(&self.place)?;
        let known = held.and_then(|(_, file)| file.projects.into_iter().find(|one| self.place.holds(one)));
        Ok(known)
    }

    /// What was approved in this very folder when it was in no repository yet.
    ///
    /// # Errors
    /// As [`Trust::approval`].
    pub fn approval_before_git(&self) -> Result<Option<Approval>, TrustError> {
        let Some(place) = &self.before_git else { return Ok(None) };
        let held = self.held(place)?;
        Ok(held.and_then(|(_, file)| file.projects.into_iter().find(|one| place.holds(one))))
    }

    /// Changes what holds here, and gives the clone a new token where none holds: one that came with the files, or was
    /// copied with them, is somebody else's.
    ///
    /// # Errors
    /// Where settings or token cannot be written.
    pub fn change(&self, change: impl FnOnce(&mut Approval)) -> Result<PathBuf, TrustError> {
        let folder = folder(&self.settings);
        let unwritten = |source| TrustError::Write { path: folder.clone(), source };
        private(&folder).map_err(unwritten)?;
        let _lock = Lock::wait(&folder.join("lock"), "session")?;
        let (token, mut file) = match self.held(&self.place)? {
            Some(held) => held,
            None => {
                let made = make_clone_token(&self.place.parent, self.place.name);
                let path = self.place.parent.join(self.place.name);
                (made.map_err(|source| TrustError::Token { path, source })?, CloneFile::default())
            }
        };
        (file.path, file.inode, file.born) = (self.place.parent.clone(), token.inode, token.born);
        let at = file.projects.iter().position(|one| one.folder == self.place.folder);
        let at = at.unwrap_or_else(|| {
            file.projects.push(Approval { folder: self.place.folder.clone(), ..Approval::default() });
            file.projects.len() - 1
        });
        if let Some(approval) = file.projects.get_mut(at) {
            if !self.place.holds(approval) {
                // Of another working tree that only says that it belongs to this repository.
                let known = std::mem::take(approval);
                (approval.folder, approval.trees) = (known.folder, known.trees);
            }
            approval.trees.extend(self.place.loose.clone());
            change(approval);
        }
        let path = path(&self.settings, &token);
        let text = toml::to_string(&file)?;
        replace_private(&path, text.as_bytes()).map_err(|source| TrustError::Write { path: path.clone(), source })?;
        Ok(path)
    }

    /// Forgets what [`Trust::change`] wrote where nothing had been approved before.
    pub fn forget(&self) {
        let nothing = |one: &Approval| one.settings.is_none() && one.commands.is_empty() && one.documents.is_empty();
        if let Ok(Some((token, file))) = self.held(&self.place)
            && file.projects.iter().all(nothing)
        {
            for path in [path(&self.settings, &token), self.place.parent.join(self.place.name).join("clone")] {
                if let Err(error) = remove_own(&path) {
                    tracing::debug!(path = %path.display(), %error, "it stays");
                }
            }
        }
    }

    /// Where a version before this one kept an approval of this project, by its path alone. It has no digests, so it does
    /// not count; the file is left alone.
    pub fn earlier(&self) -> Option<PathBuf> {
        let path = self.settings.join("trust.toml");
        let table: toml::Table = text_own(&path, Limit::OWN).ok()?.parse().ok()?;
        let same = |key: &str, path: &Path, project: &toml::Value| {
            project.get(key).and_then(toml::Value::as_str).unwrap_or_default() == path.to_string_lossy()
        };
        let here = |project: &&toml::Value| {
            let now = same("identity", &self.place.parent, project) && same("folder", &self.place.folder, project);
            let before = |place: &ClonePlace| same("identity", &place.parent, project);
            now || self.before_git.as_ref().is_some_and(before)
        };
        table.get("project")?.as_array()?.iter().find(here).map(|_| path)
    }

    /// The token that stands there with its file, where that file is about this very clone.
    fn held(&self, place: &ClonePlace) -> Result<Option<(CloneToken, CloneFile)>, TrustError> {
        let unread = |source| TrustError::Token { path: place.parent.join(place.name), source };
        let Some(token) = clone_token(&place.parent, place.name).map_err(unread)? else { return Ok(None) };
        let path = path(&self.settings, &token);
        let text = match text_own(&path, Limit::OWN) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(TrustError::Read { path, source }),
        };
        let file: CloneFile = toml::from_str(&text).map_err(|e| TrustError::Parse { path, source: Box::new(e) })?;
        // The path alone says nothing: somebody else's archive may have been unpacked there, with the token in it.
        let same = (file.inode, file.born) == (token.inode, token.born) && (file.path == place.parent || token.only);
        Ok(same.then_some((token, file)))
    }
}

fn folder(settings: &Path) -> PathBuf {
    settings.join("trust")
}

fn path(settings: &Path, token: &CloneToken) -> PathBuf {
    folder(settings).join(format!("{}.toml", token.word))
}

fn private(folder: &Path) -> std::io::Result<()> {
    if session_system::private_folder(folder) { Ok(()) } else { Err(std::io::ErrorKind::PermissionDenied.into()) }
}

impl ClonePlace {
    /// Whether an approval of this clone is about this project and this working tree.
    fn holds(&self, approval: &Approval) -> bool {
        approval.folder == self.folder && self.loose.as_ref().is_none_or(|tree| approval.trees.contains(tree))
    }
}

/// Many digests are one text, which is read faster than a list.
mod lines {
    use super::{BTreeSet, CommandDigest, Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(all: &BTreeSet<CommandDigest>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&all.iter().map(|one| format!("{one}\n")).collect::<String>())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeSet<CommandDigest>, D::Error> {
        Ok(String::deserialize(from)?.lines().map(CommandDigest::known).collect())
    }
}
