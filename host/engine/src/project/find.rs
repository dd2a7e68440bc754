//! From a folder to a project: the root is the folder of plugins.toml, searched upwards, else the top of the working
//! tree, else the folder itself. The search ends at the top of the working tree: a repository inside another one is a
//! project of its own, and what lies above a repository was put there by somebody else, or for something else.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use session_types::{Error, Repository};

use super::home::Home;
use super::manifest::{FILE, Manifest, ManifestError};

/// A project that was found.
#[derive(Clone, Debug)]
pub struct Project {
    /// Absolute, without symbolic links.
    pub root: PathBuf,
    pub manifest: Manifest,
    /// False where there is no plugins.toml: the defaults hold.
    pub has_manifest: bool,
    /// Whether links may lead into listed repositories that lie outside the working tree: the user has approved
    /// plugins.toml as it is.
    pub opens_beside: bool,
    pub home: Home,
}

#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    #[error("{} is no folder", path.display())]
    NoFolder { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A repository that cannot be used, or files of another user.
    #[error(transparent)]
    Foreign(#[from] Error),
}

impl Project {
    /// # Errors
    /// The folder is not there, or its plugins.toml cannot be used.
    pub fn find(from: &Path) -> Result<Self, ProjectError> {
        let start = from.canonicalize().map_err(|source| ProjectError::NoFolder { path: from.to_owned(), source })?;
        if !start.is_dir() {
            let source = std::io::ErrorKind::NotADirectory.into();
            return Err(ProjectError::NoFolder { path: from.to_owned(), source });
        }
        let top = session_repository::top(&start)?;
        let folders = start.ancestors().take_while(|folder| match &top {
            Some(top) => folder.starts_with(&top.path),
            None => *folder == start || is_searched(folder),
        });
        if let Some(root) = folders.into_iter().find(|folder| folder.join(FILE).symlink_metadata().is_ok()) {
            session_repository::refuse_foreign(root, &[root.join(FILE)])?;
            let manifest = Manifest::read(&root.join(FILE))?;
            return Ok(Self {
                root: root.to_owned(),
                manifest,
                has_manifest: true,
                opens_beside: false,
                home: Home::around(root, top.and_then(|top| top.around)),
            });
        }
        let (root, around) = top.map_or((start, None), |top| (top.path, top.around));
        let home = Home::around(&root, around);
        Ok(Self { root, manifest: Manifest::default(), has_manifest: false, opens_beside: false, home })
    }

    /// The project's name: from plugins.toml, else from the plan, else the folder's.
    pub fn name(&self, plan: Option<&str>) -> String {
        let folder = || self.root.file_name().map_or("project".into(), |name| name.to_string_lossy().into_owned());
        self.manifest.project.name.clone().or(plan.map(str::to_owned)).unwrap_or_else(folder)
    }

    pub fn repositories(&self) -> Vec<Repository> {
        let tables = self.manifest.repositories.iter();
        tables.map(|r| Repository { name: r.name.clone(), path: r.path.clone(), prefix: r.prefix.clone() }).collect()
    }

    /// The repository of a session: the plan's, else by the prefix of its ID, else the only one.
    pub fn repository_of(&self, id: &str, planned: Option<&str>) -> Option<String> {
        let tables = &self.manifest.repositories;
        let prefix = |prefix: &String| id.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with('-'));
        planned
            .map(str::to_owned)
            .or_else(|| tables.iter().find(|table| table.prefix.iter().any(prefix)).map(|table| table.name.clone()))
            .or_else(|| (tables.len() == 1 && tables[0].prefix.is_empty()).then(|| tables[0].name.clone()))
    }
}

/// Outside git: not where other users write too, and not where every project of this user would find it.
fn is_searched(folder: &Path) -> bool {
    let shared = folder.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o002 != 0);
    let home = std::env::var_os("HOME").and_then(|home| Path::new(&home).canonicalize().ok());
    folder.parent().is_some() && !shared && home.as_deref() != Some(folder) && session_repository::is_own(folder)
}
