//! Where alembic lives in the project: its settings, its folders, and the revisions in them. Reads files and commits, and
//! runs nothing; that is `tool.rs`.

use std::collections::BTreeMap;

use session_sdk::{Context, Error, Result, files, repository};

use crate::Config;
use crate::graph::Graph;
use crate::ini::{Settings, from_root};
use crate::revision::{Read, Revision, read};

#[derive(Debug)]
pub struct Project {
    /// Absolute.
    pub root: String,
    /// Folder of the settings, relative to the root; empty for the root itself. Alembic runs there, as people run it.
    pub folder: String,
    /// Name of the settings, where it is not the one that alembic looks for itself.
    pub file: Option<String>,
    pub settings: Settings,
    /// The settings are in a commit only.
    pub gone: bool,
    /// Folder of `env.py`, relative to the root.
    pub script: String,
    /// Folders of revisions, relative to the root.
    pub versions: Vec<String>,
    recursive: bool,
}

/// A revision file that the session has added.
#[derive(Clone, Debug)]
pub struct Own {
    pub path: String,
    pub text: String,
    /// In a commit only.
    pub gone: bool,
}

const INI: &str = "alembic.ini";
const PYPROJECT: &str = "pyproject.toml";
/// Folders below the root that are looked into.
const BELOW: usize = 100;

impl Project {
    /// None where the project has no alembic, or none that says where its migrations are. `last` is a commit that may hold
    /// settings that are gone.
    ///
    /// # Errors
    /// Settings that cannot be read.
    pub fn find<D>(config: &Config, cx: &Context<D>, last: Option<&str>) -> Result<Option<Self>> {
        let wanted = config.config.as_deref().map(|path| path.rsplit_once('/').unwrap_or(("", path)));
        let folders = match wanted {
            Some((folder, _)) => vec![folder.to_owned()],
            None => folders(cx)?,
        };
        let name = wanted.map_or(INI, |(_, name)| name);
        for commit in [None, last] {
            let read = |path: &str| match commit {
                None => text_of(path),
                Some(commit) => Ok(repository::file_at(commit, path)?.map(lossy)),
            };
            for folder in &folders {
                let is_toml = name == PYPROJECT;
                let ini = read(&join(folder, if is_toml { INI } else { name }))?;
                let toml = read(&join(folder, PYPROJECT))?.filter(|text| Settings::is_in(text));
                if ini.is_none() && toml.is_none() {
                    continue;
                }
                let root = cx.project.root.trim_end_matches('/').to_owned();
                let here = format!("{root}/{folder}").trim_end_matches('/').to_owned();
                let section = config.name.as_deref().unwrap_or("alembic");
                let settings = Settings::read(&ini.unwrap_or_default(), toml.as_deref(), section, &here)?;
                let file = Some(name.to_owned()).filter(|name| name != INI && !is_toml);
                if config.name.is_some() && !settings.has_section() {
                    return Err(misled("name", section, "the settings have no such section"));
                }
                let found = Self::of(settings, root, folder.clone(), file, commit.is_some());
                return found.map_or(Ok(None), |found| Ok(Some(found)));
            }
            if last.is_none() {
                break;
            }
        }
        match config.config.as_deref() {
            Some(path) => Err(misled("config", path, "there is no such file")),
            None => Ok(None),
        }
    }

    fn of(settings: Settings, root: String, folder: String, file: Option<String>, gone: bool) -> Option<Self> {
        let script = settings.script()?;
        let script = match script.split_once(':') {
            // Below a package, wherever Python finds that.
            Some((package, rest)) => {
                let below = format!("{}/{rest}", package.replace('.', "/"));
                let mut from = settings.sys_path();
                from.insert(0, ".".into());
                let places = from.iter().filter_map(|path| from_root(&root, &folder, &format!("{path}/{below}")));
                let places: Vec<String> = places.collect();
                let there = |path: &&String| files::list(path).is_ok_and(|names| !names.is_empty());
                places.iter().find(there).or(places.first())?.clone()
            }
            None => from_root(&root, &folder, &script)?,
        };
        let listed = settings.versions();
        let listed = listed.iter().filter_map(|path| from_root(&root, &folder, path));
        let mut versions: Vec<String> = listed.collect();
        if versions.is_empty() {
            versions.push(join(&script, "versions"));
        }
        let recursive = settings.recursive();
        Some(Self { root, folder, file, settings, gone, script, versions, recursive })
    }

    /// Whether alembic takes a file of this path for a revision.
    pub fn is_revision(&self, path: &str) -> bool {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let below = |of: &String| folder.strip_prefix(of.as_str()).is_some_and(|rest| rest.starts_with('/'));
        name.ends_with(".py")
            && !name.starts_with("__init__")
            && !name.starts_with(".#")
            && self.versions.iter().any(|of| folder == of || (self.recursive && below(of)))
    }

    /// Paths of the revision files that are there.
    ///
    /// # Errors
    /// Folders that cannot be read.
    pub fn paths(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let mut open = self.versions.clone();
        while let Some(folder) = open.pop() {
            for name in files::list(&folder)? {
                match name.strip_suffix('/') {
                    Some("__pycache__") => {}
                    Some(below) if self.recursive => open.push(join(&folder, below)),
                    Some(_) => {}
                    None => found.push(join(&folder, &name)),
                }
            }
        }
        found.retain(|path| self.is_revision(path));
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// The revisions of these files, and those files that only alembic can read.
    ///
    /// # Errors
    /// Files that cannot be read.
    pub fn revisions(&self, paths: &[String]) -> Result<(Graph, Vec<String>)> {
        let (mut graph, mut unread) = (Graph::default(), Vec::new());
        for path in paths {
            let text = text_of(path)?.unwrap_or_default();
            match read(path, &text) {
                Read::Revision(revision) => graph.0.push(revision),
                Read::Unread => unread.push(path.clone()),
                Read::Other => {}
            }
        }
        Ok((graph, unread))
    }

    /// Of these paths the revision files, as they are in the working tree, else as a commit has them. One that is in
    /// neither was never kept, so nothing can be said of it.
    ///
    /// # Errors
    /// Files or commits that cannot be read.
    pub fn own(&self, paths: &[String], last: Option<&str>) -> Result<Vec<Own>> {
        let mut own = Vec::new();
        for path in paths.iter().filter(|path| self.is_revision(path)) {
            let here = text_of(path)?;
            let gone = here.is_none();
            let text = match (here, last) {
                (None, Some(last)) => repository::file_at(last, path)?.map(lossy),
                (here, _) => here,
            };
            let text = text.filter(|text| read(path, text) != Read::Other);
            own.extend(text.map(|text| Own { path: path.clone(), text, gone }));
        }
        Ok(own)
    }

    /// Absolute form of a path from the root.
    pub fn absolute(&self, path: &str) -> String {
        format!("{}/{path}", self.root)
    }

    /// Files that bring back what is gone, for a folder that alembic is pointed to; none where nothing is.
    ///
    /// # Errors
    /// Commits that cannot be read.
    pub fn brought_back(
        &self,
        gone: &[&Own],
        added: &[String],
        last: Option<&str>,
    ) -> Result<BTreeMap<String, Vec<u8>>> {
        let mut files = BTreeMap::new();
        let env = join(&self.script, "env.py");
        let has_env = text_of(&env)?.is_some();
        if gone.is_empty() && has_env && !self.gone {
            return Ok(files);
        }
        let mut versions: Vec<String> = self.versions.iter().map(|path| self.absolute(path)).collect();
        versions.push("%(here)s/versions".into());
        let mut script = self.absolute(&self.script);
        if let Some(last) = last.filter(|_| !has_env) {
            script = "%(here)s".into();
            for name in ["env.py", "script.py.mako"] {
                let content = repository::file_at(last, &join(&self.script, name))?;
                files.extend(content.map(|content| (name.to_owned(), content)));
            }
        }
        for own in gone {
            let name = own.path.rsplit('/').next().unwrap_or_default();
            files.insert(format!("versions/{name}"), own.text.clone().into_bytes());
            // What lies beside it may be read by it, such as SQL.
            let folder = &own.path[..own.path.len() - name.len()];
            let beside = added.iter().filter_map(|path| Some((path, path.strip_prefix(folder)?)));
            for (path, rest) in beside.filter(|(path, _)| !self.is_revision(path)) {
                let content = match (files::read(path)?, last) {
                    (None, Some(last)) => repository::file_at(last, path)?,
                    (here, _) => here,
                };
                files.extend(content.map(|content| (format!("versions/{rest}"), content)));
            }
        }
        files.insert(INI.into(), self.settings.copy(&script, &versions, None).into_bytes());
        Ok(files)
    }
}

/// Where `alembic.ini` may be: where the session works, else at the top.
///
/// # Errors
/// A root that cannot be listed.
fn folders<D>(cx: &Context<D>) -> Result<Vec<String>> {
    let metadata = cx.session.as_ref().map(|session| &session.metadata);
    let repository = metadata.and_then(|m| m.repository.as_deref());
    let repository = repository.and_then(|name| cx.project.repositories.iter().find(|known| known.name == name));
    let repository = repository.map_or("", |known| known.path.as_str());
    let working = metadata.and_then(|m| m.working_directory.as_deref()).unwrap_or_default();
    let root = cx.project.root.trim_end_matches('/');
    let mut folders = Vec::new();
    for path in [join(repository, working), repository.to_owned(), String::new()] {
        // One beside the project is out of reach.
        if let Some(path) = from_root(root, "", &path).filter(|path| !folders.contains(path)) {
            folders.push(path);
        }
    }
    // As often as not it stands in `backend/`.
    let below = files::list(".")?.into_iter().filter_map(|name| name.strip_suffix('/').map(str::to_owned));
    let below =
        below.filter(|name| !name.starts_with('.') && !matches!(name.as_str(), "node_modules" | "target" | "venv"));
    folders.extend(below.take(BELOW).filter(|path| !folders.contains(path)).collect::<Vec<_>>());
    Ok(folders)
}

/// What a person has said, and is not so.
fn misled(key: &str, value: &str, why: &str) -> Error {
    let error = Error::new(format!("{key} = {value:?} in [plugin.config] of alembic leads nowhere")).because(why);
    error.hint(format!("correct `{key}` in plugins.toml"))
}

pub fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() || folder == "." {
        name.to_owned()
    } else {
        format!("{}/{name}", folder.trim_end_matches('/'))
    }
}

pub fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

/// # Errors
/// Not readable, or outside the root.
pub fn text_of(path: &str) -> Result<Option<String>> {
    Ok(files::read(path)?.map(lossy))
}

/// The revision that a file of ours holds.
pub fn revision_of(own: &Own) -> Option<Revision> {
    match read(&own.path, &own.text) {
        Read::Revision(revision) => Some(revision),
        Read::Unread | Read::Other => None,
    }
}
