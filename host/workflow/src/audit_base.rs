//! The base that `session audit` judges a branch by: plugins.toml and the plugins as a commit has them that the branch
//! cannot change. Nothing of it is approved, since it may only read; nothing of the working tree is asked how to audit.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use session_core::object_id::ObjectId;
use session_core::session::{Asks, AuditPolicy, AuditRule, DocumentPlaces, Finding, Level, Record};
use session_engine::plugin::Reading;
use session_engine::project::{Home, MANIFEST, Manifest, ManifestError, Project, ProjectCheck, ProjectError, Records};
use session_repository::Base;
use session_system::{Limit, plain};
use session_types::Error;

use super::app::{App, Start};
use super::error::CommandError;

/// What a commit says that the branch cannot change.
pub(crate) struct AuditBase {
    base: Base,
    /// The root below the top of the repository; empty where it is the top.
    below: PathBuf,
    /// As it is at the base, and where the two parted.
    manifest: Manifest,
    at_fork: Manifest,
    pub(crate) places: DocumentPlaces,
}

impl AuditBase {
    /// The project as the base has it, with plugins that only read.
    pub(crate) fn open<'s>(start: &'s Start, name: &str) -> Result<(App<'s>, Self), CommandError> {
        let folder = start
            .folder
            .canonicalize()
            .map_err(|source| CommandError::from(ProjectError::NoFolder { path: start.folder.clone(), source }))?;
        // Somebody else's repository, or one whose working tree is elsewhere, is refused as for every other command.
        session_repository::top(&folder)?;
        let base = Base::open(&folder, name)?;
        let (root, below) = root(&base, &folder)?;
        let file = inside(&below, MANIFEST).unwrap_or_default();
        let (manifest, has_manifest) = match base.file(&file)? {
            Some(bytes) => (parsed(&bytes, &format!("{name}:{file}"))?, true),
            None => (Manifest::default(), false),
        };
        // What is damaged there asked for nothing.
        let at_fork = base.file_at_fork(&file)?.and_then(|bytes| parsed(&bytes, &file).ok()).unwrap_or_default();
        let Reading { plugins, failures, places } = Reading::of(&manifest.plugins, name, start.bundled, |path| {
            let file = inside(&below, path).ok_or_else(|| Error::new("it lies outside the repository"))?;
            base.file(&file)
        });
        let manifest_here = manifest.clone();
        let project =
            Project { home: Home::of(&root), root, manifest: manifest_here, has_manifest, opens_beside: false };
        let app = App::with(start, project, plugins)?;
        for failure in failures {
            let CommandError { message, causes, .. } = failure.error.into();
            let causes: String = causes.iter().map(|cause| format!(": {cause}")).collect();
            app.warn(format!("{message}{causes}; it is not asked here"));
        }
        Ok((app, Self { base, below, manifest, at_fork, places }))
    }

    /// As the person wrote it.
    pub(crate) fn name(&self) -> &str {
        &self.base.name
    }

    /// The whole hash.
    pub(crate) fn commit(&self) -> &ObjectId {
        &self.base.commit
    }

    /// The commits since that changed what decides: plugins.toml, and the plugins that it lists.
    pub(crate) fn changes(&self) -> Result<Vec<Finding>, CommandError> {
        let listed = self.manifest.plugins.iter().flat_map(|table| table.path.iter().chain(&table.native));
        let listed: BTreeSet<String> = listed.filter_map(|path| inside(&self.below, path)).collect();
        let file = inside(&self.below, MANIFEST).unwrap_or_default();
        let paths: Vec<String> = std::iter::once(file.clone()).chain(listed).collect();
        let finding = |path: String, commit| Finding {
            level: Level::Error,
            session: String::new(),
            what: match path == file {
                true => format!("this commit changes it, and the audit uses the one of {}", self.base.name),
                false => {
                    format!("this commit changes the code of a plugin, and the audit uses that of {}", self.base.name)
                }
            },
            file: Some(path),
            commit,
        };
        Ok(self.base.touched(&paths)?.into_iter().map(|touched| finding(touched.path, touched.commit)).collect())
    }

    /// What the base asks of sessions whose records are not in it as they are here.
    pub(crate) fn policy<'r>(
        &self,
        project: &Project,
        records: impl Iterator<Item = &'r Record>,
    ) -> Result<AuditPolicy, CommandError> {
        let mut sessions = BTreeSet::new();
        let door = project.door()?;
        for record in records {
            let path = Records::path(&record.id);
            let here = door.read(&path, Limit::RECORD).ok().flatten();
            let there = inside(&self.below, &path).map(|path| self.base.file(&path)).transpose()?.flatten();
            if there.is_none() || here != there {
                sessions.insert(record.id.clone());
            }
        }
        let before = rules(&self.at_fork);
        let late = |asks: &Asks| self.base.fork.is_some() && !before.contains(asks);
        let rules = rules(&self.manifest).into_iter().map(|asks| AuditRule { late: late(&asks), asks }).collect();
        Ok(AuditPolicy { name: format!("{}:{MANIFEST}", self.base.name), sessions, rules })
    }
}

fn rules(manifest: &Manifest) -> Vec<Asks> {
    let table = &manifest.project;
    let required = [(table.require_checks, Asks::Checks), (table.require_manual, Asks::Manual)];
    let required = required.into_iter().filter_map(|(asked, asks)| asked.then_some(asks));
    let check = |check: &ProjectCheck| Asks::Check {
        run: check.run.clone(),
        repository: check.repository.clone(),
        paths: check.paths.clone(),
    };
    required.chain(table.checks.iter().map(check)).collect()
}

fn parsed(bytes: &[u8], file: &str) -> Result<Manifest, CommandError> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let source = std::io::Error::new(std::io::ErrorKind::InvalidData, e);
        CommandError::from(ProjectError::from(ManifestError::Read { file: file.to_owned(), source }))
    })?;
    Manifest::parse(text, file).map_err(|e| ProjectError::from(e).into())
}

/// The folder of the nearest plugins.toml above, as the base has it: the branch may have moved its own. Else where the
/// working tree has one, else the top.
fn root(base: &Base, folder: &Path) -> Result<(PathBuf, PathBuf), CommandError> {
    let top = base.top();
    let below = |folder: &Path| folder.strip_prefix(&top).map(Path::to_owned).ok();
    let places: Vec<(&Path, PathBuf)> = folder.ancestors().map_while(|at| Some((at, below(at)?))).collect();
    for (at, below) in &places {
        let file = inside(below, MANIFEST).unwrap_or_default();
        if base.file(&file)?.is_some() {
            return Ok(((*at).to_owned(), below.clone()));
        }
    }
    let here = places.into_iter().find(|(at, _)| at.join(MANIFEST).is_file());
    Ok(here.map_or_else(|| (top.clone(), PathBuf::new()), |(at, below)| (at.to_owned(), below)))
}

/// A path from the root as one from the top; none where it leads out of the repository.
fn inside(below: &Path, path: &str) -> Option<String> {
    let whole = plain(&below.join(path)).filter(|whole| whole.is_relative())?;
    whole.to_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_repository() {
        let from = |below: &str, path: &str| inside(Path::new(below), path);
        assert_eq!(from("", "tools/x.wasm").as_deref(), Some("tools/x.wasm"));
        assert_eq!(from("app/web", "../x.wasm").as_deref(), Some("app/x.wasm"));
        for (below, path) in [("", "../x"), ("app", "../../x"), ("", "/etc/x")] {
            assert_eq!(from(below, path), None, "{path}");
        }
    }
}
