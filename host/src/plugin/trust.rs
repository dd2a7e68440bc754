//! What the user has approved. A repository cannot trust itself: plugins.toml asks, and the answer stands in the
//! user's own settings, per git common dir.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use session_sdk::Event;
use thiserror::Error;

use super::grants::Grants;
use super::list::{Plugin, Source};
use crate::effects::Limit;
use crate::project::Project;

/// The user's settings file with all approvals.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Trust {
    #[serde(rename = "project")]
    pub approvals: Vec<Approval>,
}

/// One project that was approved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Approval {
    /// The git common dir, else the root.
    pub identity: PathBuf,
    /// Folder of plugins.toml below the top of the working tree.
    pub folder: PathBuf,
    pub plugins: BTreeMap<String, Approved>,
    /// Commands that every session runs.
    pub checks: Vec<String>,
    /// Paths of repositories that commands may run in.
    pub repositories: Vec<String>,
    /// What every session must have: asking for less asks again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// Checks that destroy something and may run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Approved {
    /// `bundled`, or the path.
    pub source: String,
    /// Digest of a native library; any other plugin is approved by path and grants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub native: Option<String>,
    pub grants: Grants,
}

#[derive(Debug, Error)]
pub enum TrustError {
    #[error("cannot read the settings {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the settings {} are damaged", path.display())]
    Parse { path: PathBuf, source: Box<toml::de::Error> },
    #[error("cannot write the settings {}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("the settings have no TOML form")]
    Toml(#[from] toml::ser::Error),
}

/// Where approvals stand.
pub fn settings_path(config: &Path) -> PathBuf {
    config.join("trust.toml")
}

/// What a project asks for now. Native libraries are asked for by digest, so `native` must have read them.
pub fn asks(project: &Project, plugins: &[Plugin]) -> Approval {
    let (identity, folder) = identity(project);
    let one = |plugin: &Plugin| {
        let (source, native) = match &plugin.source {
            Source::Bundled => ("bundled".to_owned(), None),
            Source::Component(path) => (path.clone(), None),
            Source::Native(path) => (path.clone(), Some(plugin.digest.clone())),
        };
        (plugin.name.clone(), Approved { source, native, grants: plugin.grants.clone() })
    };
    Approval {
        identity,
        folder,
        plugins: plugins.iter().map(one).collect(),
        checks: project.manifest.project.checks.iter().map(|check| check.run.clone()).collect(),
        requires: requires(project),
        allow: plugins.iter().filter(|plugin| plugin.handles(Event::Verify)).flat_map(Plugin::allow).collect(),
        repositories: project.manifest.repositories.iter().map(|table| table.path.clone()).collect(),
    }
}

fn requires(project: &Project) -> Vec<String> {
    let table = &project.manifest.project;
    let all = [("require-checks", table.require_checks), ("require-manual", table.require_manual)];
    all.into_iter().filter(|(_, on)| *on).map(|(name, _)| name.to_owned()).collect()
}

fn identity(project: &Project) -> (PathBuf, PathBuf) {
    let top = crate::effects::work_tree(&project.root);
    let folder = top.and_then(|top| project.root.strip_prefix(top).ok().map(Path::to_owned)).unwrap_or_default();
    (project.home.identity.clone(), folder)
}

impl Trust {
    /// # Errors
    /// Unreadable or damaged; no file is no approval.
    pub fn read(path: &Path) -> Result<Self, TrustError> {
        let text = match crate::effects::read_own(path, Limit::OWN) {
            Ok(text) => String::from_utf8_lossy(&text).into_owned(),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(TrustError::Read { path: path.to_owned(), source }),
        };
        toml::from_str(&text).map_err(|e| TrustError::Parse { path: path.to_owned(), source: Box::new(e) })
    }

    /// # Errors
    /// Where the disk does not take it.
    pub fn write(&self, path: &Path) -> Result<(), TrustError> {
        let text = toml::to_string_pretty(self)?;
        crate::effects::replace(path, text.as_bytes())
            .map_err(|source| TrustError::Write { path: path.to_owned(), source })
    }

    pub fn of(&self, project: &Project) -> Option<&Approval> {
        let (identity, folder) = identity(project);
        let known = self.approvals.iter().find(|approval| approval.identity == identity && approval.folder == folder);
        known.or_else(|| self.before_git(project))
    }

    /// What was approved in this very folder when it was in no repository yet.
    pub fn before_git(&self, project: &Project) -> Option<&Approval> {
        let here = |approval: &&Approval| approval.identity == project.root && approval.folder.as_os_str().is_empty();
        self.approvals.iter().find(here)
    }

    /// The same or fewer grants of the same plugins pass.
    pub fn covers(&self, project: &Project, asked: &Approval) -> bool {
        self.of(project).is_some_and(|approved| {
            let known = |mine: &[String], theirs: &[String]| theirs.iter().all(|one| mine.contains(one));
            known(&approved.checks, &asked.checks)
                && known(&asked.requires, &approved.requires)
                && known(&approved.repositories, &asked.repositories)
                && known(&approved.allow, &asked.allow)
                && asked.plugins.iter().all(|(name, ask)| {
                    approved.plugins.get(name).is_some_and(|known| {
                        known.source == ask.source && known.native == ask.native && known.grants.cover(&ask.grants)
                    })
                })
        })
    }

    /// Whether the user allowed these very bytes of a native library.
    pub fn allows_native(&self, project: &Project, name: &str, digest: &str) -> bool {
        let approved = self.of(project).and_then(|approval| approval.plugins.get(name));
        approved.is_some_and(|approved| approved.native.as_deref() == Some(digest))
    }

    pub fn approve(&mut self, approval: Approval) {
        // Projects that are gone are forgotten: another one may stand in their place some day.
        self.approvals.retain(|known| {
            (known.identity != approval.identity || known.folder != approval.folder) && known.identity.exists()
        });
        self.approvals.push(approval);
    }
}
