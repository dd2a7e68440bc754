//! The plugins of a project: from plugins.toml, or the default list, to what can be run.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use session_sdk::{Error, Event};
use thiserror::Error;

use super::bundled::{self, DEFAULT};
use super::grants::{Grants, RepositoryGrant};
use super::inspect::{InspectError, Inspection, inspect};
use super::native::{Native, NativeError};
use super::wasm::{Cache, Engine, Loaded};
use super::{Calls, HandlerEnd};
use crate::digest::digest;
use crate::project::{OnError, PluginTable, Project};
use crate::session::DocumentPlaces;

/// Where a plugin comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Bundled,
    /// A component, relative to the root.
    Component(String),
    /// A shared library, relative to the root.
    Native(String),
}

/// One plugin, ready to be asked what it handles. Its code is loaded at its first step.
#[derive(Debug)]
pub struct Plugin {
    pub name: String,
    pub source: Source,
    /// `sha256:…` of its bytes.
    pub digest: String,
    pub inspection: Inspection,
    pub grants: Grants,
    pub on_error: OnError,
    pub timeout: Option<Duration>,
    pub config: Value,
    code: Code,
}

#[derive(Debug)]
enum Code {
    Bundled(&'static [u8]),
    Component(Vec<u8>),
    Native(Native),
}

#[derive(Debug, Error)]
pub enum PluginError {
    #[error("there is no bundled plugin `{name}`")]
    Unknown { name: String, nearest: Option<String> },
    #[error("cannot read the plugin `{name}` at {}", path.display())]
    Read { name: String, path: PathBuf, source: std::io::Error },
    #[error("the plugin `{name}` at {path} cannot be used")]
    Inspect { name: String, path: String, source: InspectError },
    #[error("the native plugin `{name}` at {path} cannot be used")]
    Native { name: String, path: String, source: NativeError },
    #[error("the native plugin `{name}` is not allowed to run")]
    NotAllowed { name: String, digest: String },
    #[error("the plugin `{name}` at {path} is not in {revision}")]
    NotThere { name: String, path: String, revision: String },
    #[error("the native plugin `{name}` is not loaded from {revision}")]
    NativeOf { name: String, revision: String },
    #[error("the plugin `{name}` at {path} cannot be read from {revision}")]
    Unread { name: String, path: String, revision: String, source: Error },
    #[error("[plugin.config] of `{name}` has a value that JSON cannot hold")]
    Config { name: String, source: serde_json::Error },
}

/// A plugin of the list that cannot be used: what it would handle is not known.
#[derive(Debug)]
pub struct LoadFailure {
    pub name: String,
    pub on_error: OnError,
    pub error: PluginError,
}

/// All plugins of the project in their order. Native ones are loaded only where `allow_native` says so: loading runs
/// their code.
///
/// # Errors
/// The first that cannot be used.
pub fn load(project: &Project, allow_native: impl Fn(&str, &str) -> bool) -> Result<Vec<Plugin>, PluginError> {
    let (plugins, failures) = load_usable(project, allow_native);
    failures.into_iter().next().map_or(Ok(plugins), |failure| Err(failure.error))
}

/// The same for who can go on without some: those that can be used, and those that cannot.
pub fn load_usable(project: &Project, allow_native: impl Fn(&str, &str) -> bool) -> (Vec<Plugin>, Vec<LoadFailure>) {
    // A plugins.toml that lists none is about something else.
    let default = default_tables();
    let listed = &project.manifest.plugins;
    let (mut plugins, mut failures) = (Vec::new(), Vec::new());
    for table in if listed.is_empty() { &default } else { listed } {
        match one(project, table, &allow_native) {
            Ok(plugin) => plugins.push(plugin),
            Err(error) => failures.push(LoadFailure { name: table.name.clone(), on_error: table.on_error, error }),
        }
    }
    (plugins, failures)
}

/// Plugins of a commit, which only read.
#[derive(Debug)]
pub struct Reading {
    pub plugins: Vec<Plugin>,
    pub failures: Vec<LoadFailure>,
    /// Where their grants would let them write documents.
    pub places: DocumentPlaces,
}

/// The plugins of a commit's plugins.toml, with the bytes that its tree holds: `file` gives them. They are trusted to read
/// and to nothing else, whatever that file grants them. Native libraries are code of this machine, and none is loaded.
pub fn load_of(
    tables: &[PluginTable],
    revision: &str,
    file: impl Fn(&str) -> Result<Option<Vec<u8>>, Error>,
) -> Reading {
    let default = default_tables();
    let parts = |table: &PluginTable| -> Result<Parts, PluginError> {
        let (name, revision) = (table.name.clone(), revision.to_owned());
        let path = match (&table.path, &table.native) {
            (None, None) => return bundled(&name),
            (None, Some(_)) => return Err(PluginError::NativeOf { name, revision }),
            (Some(path), _) => path.clone(),
        };
        match file(&path) {
            Ok(Some(bytes)) => component_of(&name, &path, bytes),
            Ok(None) => Err(PluginError::NotThere { name, path, revision }),
            Err(source) => Err(PluginError::Unread { name, path, revision, source }),
        }
    };
    let (mut plugins, mut failures): (Vec<Plugin>, _) = (Vec::new(), Vec::new());
    for table in if tables.is_empty() { &default } else { tables } {
        match parts(table).and_then(|parts| made(table, parts)) {
            Ok(plugin) => plugins.push(plugin),
            Err(error) => failures.push(LoadFailure { name: table.name.clone(), on_error: table.on_error, error }),
        }
    }
    // Whoever lists only a native one, or one that was never committed, is audited by those inside the binary.
    if !plugins.iter().any(|plugin| plugin.handles(Event::Audit)) {
        let others = default.iter().filter(|table| !plugins.iter().any(|plugin| plugin.name == table.name));
        let others = others.filter_map(|table| bundled(&table.name).and_then(|parts| made(table, parts)).ok());
        let able: Vec<Plugin> = others.filter(|plugin| plugin.handles(Event::Audit)).collect();
        plugins.extend(able);
    }
    let settles = plugins.iter().filter(|plugin| plugin.handles(Event::Settle));
    let places = DocumentPlaces::of(settles.map(|plugin| &plugin.grants));
    for plugin in &mut plugins {
        let Grants { read, repository, .. } = std::mem::take(&mut plugin.grants);
        let repository = repository.map(|_| RepositoryGrant::Read);
        plugin.grants = Grants { read, repository, ..Grants::default() };
    }
    Reading { plugins, failures, places }
}

/// Where those inside the binary write documents, wherever they are not listed any more.
pub fn bundled_places() -> DocumentPlaces {
    let grants: Vec<Grants> = DEFAULT.iter().map(|name| bundled::default_grants(name)).collect();
    DocumentPlaces::of(&grants)
}

fn default_tables() -> Vec<PluginTable> {
    DEFAULT.iter().map(|name| PluginTable { name: (*name).to_owned(), ..PluginTable::default() }).collect()
}

fn one(
    project: &Project,
    table: &PluginTable,
    allow_native: &impl Fn(&str, &str) -> bool,
) -> Result<Plugin, PluginError> {
    let name = table.name.clone();
    let parts = match (&table.path, &table.native) {
        (Some(path), _) => component(project, &name, path)?,
        (None, Some(path)) => native(project, &name, path, allow_native)?,
        (None, None) => bundled(&name)?,
    };
    made(table, parts)
}

fn made(table: &PluginTable, (source, digest, inspection, code): Parts) -> Result<Plugin, PluginError> {
    let name = table.name.clone();
    let grants = table.grant.clone().unwrap_or_else(|| match source {
        Source::Bundled => bundled::default_grants(&name),
        _ => Grants::default(),
    });
    let config =
        serde_json::to_value(&table.config).map_err(|source| PluginError::Config { name: name.clone(), source })?;
    let (on_error, timeout) = (table.on_error, table.timeout);
    Ok(Plugin { name, source, digest, inspection, grants, on_error, timeout, config, code })
}

type Parts = (Source, String, Inspection, Code);

fn bundled(name: &str) -> Result<Parts, PluginError> {
    let Some(found) = bundled::find(name) else {
        let nearest =
            bundled::names().max_by(|a, b| strsim::jaro_winkler(name, a).total_cmp(&strsim::jaro_winkler(name, b)));
        let nearest = nearest.filter(|known| strsim::jaro_winkler(name, known) > 0.7).map(str::to_owned);
        return Err(PluginError::Unknown { name: name.to_owned(), nearest });
    };
    let inspection = inspect(found.bytes).map_err(|source| PluginError::Inspect {
        name: name.to_owned(),
        path: "(bundled)".into(),
        source,
    })?;
    Ok((Source::Bundled, found.digest.to_owned(), inspection, Code::Bundled(found.bytes)))
}

fn read(project: &Project, name: &str, path: &str) -> Result<(PathBuf, Vec<u8>, String), PluginError> {
    let whole = project.root.join(path);
    let bytes = std::fs::read(&whole).map_err(|source| PluginError::Read {
        name: name.to_owned(),
        path: whole.clone(),
        source,
    })?;
    let digest = digest(&bytes);
    Ok((whole, bytes, digest))
}

fn component(project: &Project, name: &str, path: &str) -> Result<Parts, PluginError> {
    let (_, bytes, _) = read(project, name, path)?;
    component_of(name, path, bytes)
}

fn component_of(name: &str, path: &str, bytes: Vec<u8>) -> Result<Parts, PluginError> {
    let digest = digest(&bytes);
    let inspection = inspect(&bytes).map_err(|source| PluginError::Inspect {
        name: name.to_owned(),
        path: path.to_owned(),
        source,
    })?;
    Ok((Source::Component(path.to_owned()), digest, inspection, Code::Component(bytes)))
}

fn native(
    project: &Project,
    name: &str,
    path: &str,
    allow_native: &impl Fn(&str, &str) -> bool,
) -> Result<Parts, PluginError> {
    let (whole, _, digest) = read(project, name, path)?;
    if !allow_native(name, &digest) {
        return Err(PluginError::NotAllowed { name: name.to_owned(), digest });
    }
    let native = Native::load(&whole).map_err(|source| PluginError::Native {
        name: name.to_owned(),
        path: path.to_owned(),
        source,
    })?;
    let inspection =
        Inspection { handles: native.handles.clone(), asks: Vec::new(), contract: native.contract.clone() };
    Ok((Source::Native(path.to_owned()), digest, inspection, Code::Native(native)))
}

/// What runs components: one engine and one cache for all plugins of this process, made at the first step.
pub struct Runtime {
    engine: OnceCell<Engine>,
    cache: Cache,
    /// By digest: a plugin has several steps in one event.
    loaded: RefCell<HashMap<String, Loaded>>,
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime").field("cache", &self.cache).finish_non_exhaustive()
    }
}

/// What a step gives a handler besides its input.
pub struct Step {
    pub calls: Box<dyn Calls>,
    /// When the step must be over.
    pub deadline: Option<Instant>,
    /// Milliseconds since 1970 at which the guest's clocks stand.
    pub clock: u64,
    /// Seeds the guest's randomness.
    pub seed: u64,
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Step").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

impl Runtime {
    /// Compiled components are kept in this folder, which is the user's own.
    pub fn new(cache: &Path) -> Self {
        Self { engine: OnceCell::new(), cache: Cache::new(cache), loaded: RefCell::default() }
    }

    /// Compiles what is not in the cache yet, all at once: when a project is set up or approved, not at its first event.
    pub fn warm(&self, plugins: &[Plugin]) {
        let Ok(engine) = self.engine() else { return };
        let cache = &self.cache;
        std::thread::scope(|scope| {
            for plugin in plugins {
                let (name, digest, bytes) = (&plugin.name, &plugin.digest, plugin.bytes());
                // Whoever needs it will hear of it, and compiles it where no thread is to be had here.
                let compile = move || {
                    if let Some(Err(error)) = bytes.map(|bytes| cache.load(engine, digest, bytes)) {
                        tracing::debug!(plugin = name, %error, "cannot be compiled");
                    }
                };
                _ = std::thread::Builder::new().spawn_scoped(scope, compile);
            }
        });
    }

    fn load(&self, plugin: &Plugin, bytes: &[u8]) -> Result<Loaded, Error> {
        if let Some(loaded) = self.loaded.borrow().get(&plugin.digest) {
            return Ok(loaded.clone());
        }
        let engine = self.engine()?;
        let loaded = engine.link(&self.cache.load(engine, &plugin.digest, bytes)?)?;
        self.loaded.borrow_mut().insert(plugin.digest.clone(), loaded.clone());
        Ok(loaded)
    }

    fn engine(&self) -> Result<&Engine, Error> {
        if self.engine.get().is_none() {
            let _ = self.engine.set(Engine::new()?);
        }
        self.engine.get().ok_or_else(|| Error::new("there is no engine"))
    }
}

impl Plugin {
    pub fn handles(&self, event: Event) -> bool {
        self.inspection.handles.contains(&event)
    }

    /// What `allow` in its settings says: checks that destroy something and run for all that. By contract the key means
    /// this in the settings of every plugin that runs checks.
    pub fn allow(&self) -> Vec<String> {
        let entries = self.config.get("allow").and_then(Value::as_array).into_iter().flatten();
        entries.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Runs one handler in a fresh instance.
    pub fn run(&self, runtime: &Runtime, event: Event, input: &str, step: Step) -> HandlerEnd {
        if let Code::Native(native) = &self.code {
            return native.run(event, input, step);
        }
        let prepared = runtime.load(self, self.bytes().unwrap_or_default());
        match prepared.and_then(|component| Ok((runtime.engine()?, component))) {
            Ok((engine, component)) => engine.run(&component, &self.inspection.contract, event, input, step),
            Err(error) => HandlerEnd::Trapped(error),
        }
    }

    /// Loads the code, so that the time it takes is not the step's.
    ///
    /// # Errors
    /// Where it cannot be compiled.
    pub fn prepare(&self, runtime: &Runtime) -> Result<(), Error> {
        self.bytes().map_or(Ok(()), |bytes| runtime.load(self, bytes).map(drop))
    }

    /// Of a component; none for a native library, which is loaded already.
    fn bytes(&self) -> Option<&[u8]> {
        match &self.code {
            Code::Native(_) => None,
            Code::Bundled(bytes) => Some(bytes),
            Code::Component(bytes) => Some(bytes),
        }
    }
}
