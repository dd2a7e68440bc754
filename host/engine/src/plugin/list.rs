//! The plugins of a project: from plugins.toml, or the default list, to what can be run.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use session_core::approval::{ListedPlugin, ProjectSettings};
use session_core::bundle::BundledPlugins;
use session_core::digest::digest;
use session_core::grants::Grants;
use session_core::nearest::{WORDS, nearest};
use session_system::Refusal;
use session_types::{Error, Event};
use thiserror::Error;

use super::component::component_bytes;
use super::inspect::{InspectError, Inspection, inspect};
use super::library::{LibraryError, NativeLibrary};
use super::native::{Native, NativeError};
use super::wasm::{Cache, Engine, Loaded};
use super::{Calls, HandlerEnd};
use crate::project::{OnError, PluginTable, Project};

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
    Component(Arc<Vec<u8>>),
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
    NotAllowed { name: String, digest: String, beside: Vec<(String, String)> },
    #[error("the plugin `{name}` at {path} is not in {revision}")]
    NotThere { name: String, path: String, revision: String },
    #[error("the native plugin `{name}` is not loaded from {revision}")]
    NativeOf { name: String, revision: String },
    #[error("the plugin `{name}` at {path} cannot be read from {revision}")]
    Unread { name: String, path: String, revision: String, source: Box<Error> },
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

/// The plugins of a project with the bytes of their files, read once: what is approved is what is loaded and run.
#[derive(Clone, Debug)]
pub struct Listing {
    bundled: BundledPlugins,
    plugins: Vec<ListedFile>,
}

#[derive(Clone, Debug)]
struct ListedFile {
    table: PluginTable,
    source: Source,
    grants: Grants,
    /// Of a component.
    file: Option<PluginFile>,
    /// Of a native library.
    native: Option<Arc<NativeFile>>,
}

#[derive(Debug)]
struct NativeFile {
    library: Result<NativeLibrary, Arc<LibraryError>>,
    /// The project's state folder: what is loaded is copied there.
    home: PathBuf,
}

#[derive(Clone, Debug)]
struct PluginFile {
    whole: PathBuf,
    /// With their digest.
    bytes: Result<(Arc<Vec<u8>>, String), Arc<std::io::Error>>,
}

impl Listing {
    /// Reads the files of all plugins. Nothing of them is loaded.
    pub fn read(project: &Project, bundled: BundledPlugins) -> Self {
        // A plugins.toml that lists none is about something else.
        let default = PluginTable::of_bundled(bundled);
        let listed = &project.manifest.plugins;
        let tables = if listed.is_empty() { &default } else { listed };
        Self { bundled, plugins: tables.iter().map(|table| ListedFile::read(project, table, bundled)).collect() }
    }

    /// One plugin that stands in no folder: a bundled one, or a component of these bytes.
    pub(super) fn given(table: &PluginTable, bytes: Option<Vec<u8>>, bundled: BundledPlugins) -> Self {
        let path = bytes.as_ref().and(table.path.clone());
        let source = path.clone().map_or(Source::Bundled, Source::Component);
        let file = bytes.map(|bytes| {
            let digest = digest(&bytes);
            PluginFile { whole: path.unwrap_or_default().into(), bytes: Ok((Arc::new(bytes), digest)) }
        });
        let grants = ListedFile::grants(table, &source, bundled);
        Self { bundled, plugins: vec![ListedFile { table: table.clone(), source, grants, file, native: None }] }
    }

    /// The effective plugins.toml.
    pub fn settings(&self, project: &Project) -> ProjectSettings {
        let of = |plugin: &'_ ListedFile| {
            let source = match plugin.source {
                Source::Bundled => "bundled",
                Source::Component(_) => "component",
                Source::Native(_) => "native",
            };
            (source, plugin.digest().map(str::to_owned))
        };
        let known: Vec<_> = self.plugins.iter().map(of).collect();
        let listed = self.plugins.iter().zip(&known).map(|(plugin, (source, digest))| ListedPlugin {
            name: &plugin.table.name,
            source,
            grants: &plugin.grants,
            digest: digest.as_deref(),
        });
        ProjectSettings::of(&project.manifest.table, &listed.collect::<Vec<_>>())
    }

    /// What can be used before the user has approved all: bundled plugins with no more than their default grants, and
    /// those others that `known` names. No native library is among them. The second part: names of those left out.
    pub fn restricted(&self, known: impl Fn(&str) -> bool) -> (Self, Vec<String>) {
        let mut left_out = Vec::new();
        let mut plugins = Vec::new();
        for plugin in &self.plugins {
            let mut plugin = plugin.clone();
            let name = &plugin.table.name;
            match plugin.source {
                Source::Bundled => {
                    let default = self.bundled.default_grants(name);
                    if !default.cover(&plugin.grants) {
                        plugin.grants = default;
                    }
                }
                Source::Component(_) if known(name) => {}
                Source::Component(_) | Source::Native(_) => {
                    left_out.push(name.clone());
                    continue;
                }
            }
            plugins.push(plugin);
        }
        (Self { bundled: self.bundled, plugins }, left_out)
    }

    /// Where the file of a component stands, relative to the root, and its digest; none for any other plugin.
    pub fn component(&self, name: &str) -> Option<(&str, &str)> {
        let plugin = self.plugins.iter().find(|plugin| plugin.table.name == name)?;
        match &plugin.source {
            Source::Component(path) => Some((path, plugin.digest()?)),
            _ => None,
        }
    }

    /// The files of a native library; none for any other plugin, or where they cannot be read.
    pub fn native(&self, name: &str) -> Option<&NativeLibrary> {
        let plugin = self.plugins.iter().find(|plugin| plugin.table.name == name)?;
        plugin.native.as_ref()?.library.as_ref().ok()
    }

    /// Where a plugin comes from; none where the list has none of that name.
    pub fn source(&self, name: &str) -> Option<&Source> {
        self.plugins.iter().find(|plugin| plugin.table.name == name).map(|plugin| &plugin.source)
    }

    /// Names of all plugins.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.plugins.iter().map(|plugin| plugin.table.name.as_str())
    }

    /// All plugins in their order, ready to be asked what they handle; those that cannot be used apart. Native ones are
    /// loaded only where `allow_native` says so: loading runs their code.
    pub fn load(&self, allow_native: impl Fn(&str, &str) -> bool) -> (Vec<Plugin>, Vec<LoadFailure>) {
        let (mut plugins, mut failures) = (Vec::new(), Vec::new());
        for listed in &self.plugins {
            match listed.load(&allow_native, self.bundled) {
                Ok(plugin) => plugins.push(plugin),
                Err(error) => {
                    let (name, on_error) = (listed.table.name.clone(), listed.table.on_error);
                    failures.push(LoadFailure { name, on_error, error });
                }
            }
        }
        (plugins, failures)
    }

    /// The same where each must be of use.
    ///
    /// # Errors
    /// The first that cannot be used.
    pub fn load_all(&self, allow_native: impl Fn(&str, &str) -> bool) -> Result<Vec<Plugin>, PluginError> {
        let (plugins, failures) = self.load(allow_native);
        failures.into_iter().next().map_or(Ok(plugins), |failure| Err(failure.error))
    }
}

impl ListedFile {
    fn read(project: &Project, table: &PluginTable, bundled: BundledPlugins) -> Self {
        let (source, path) = match (&table.path, &table.native) {
            (Some(path), _) => (Source::Component(path.clone()), Some(path)),
            (None, Some(path)) => (Source::Native(path.clone()), Some(path)),
            (None, None) => (Source::Bundled, None),
        };
        let grants = Self::grants(table, &source, bundled);
        let is_native = matches!(source, Source::Native(_));
        let file = path.filter(|_| !is_native).map(|path| PluginFile::read(project, path));
        let native = path.filter(|_| is_native).map(|path| {
            let content = |whole: &Path| {
                let below = whole.strip_prefix(&project.root).unwrap_or(whole);
                component_bytes(project, &below.to_string_lossy(), whole)
            };
            let library = NativeLibrary::read(&project.root, path, &content).map_err(Arc::new);
            Arc::new(NativeFile { library, home: project.home.folder.clone() })
        });
        Self { table: table.clone(), source, grants, file, native }
    }

    fn grants(table: &PluginTable, source: &Source, bundled: BundledPlugins) -> Grants {
        table.grant.clone().unwrap_or_else(|| match source {
            Source::Bundled => bundled.default_grants(&table.name),
            _ => Grants::default(),
        })
    }

    fn digest(&self) -> Option<&str> {
        if let Some(native) = &self.native {
            return native.library.as_ref().ok().map(|library| library.digest.as_str());
        }
        self.file.as_ref()?.bytes.as_ref().ok().map(|(_, digest)| digest.as_str())
    }

    fn load(&self, allow_native: &impl Fn(&str, &str) -> bool, plugins: BundledPlugins) -> Result<Plugin, PluginError> {
        let table = &self.table;
        let name = table.name.clone();
        let (digest, inspection, code) = match (&self.source, &self.file, &self.native) {
            (Source::Component(path), Some(file), _) => component(&name, path, file)?,
            (Source::Native(path), _, Some(file)) => native(&name, path, file, allow_native)?,
            _ => bundled(&name, plugins)?,
        };
        let config =
            serde_json::to_value(&table.config).map_err(|source| PluginError::Config { name: name.clone(), source })?;
        let (source, grants) = (self.source.clone(), self.grants.clone());
        let (on_error, timeout) = (table.on_error, table.timeout);
        Ok(Plugin { name, source, digest, inspection, grants, on_error, timeout, config, code })
    }
}

type Parts = (String, Inspection, Code);

fn bundled(name: &str, plugins: BundledPlugins) -> Result<Parts, PluginError> {
    let Some(found) = plugins.find(name) else {
        let nearest = nearest(name, plugins.names(), WORDS).map(str::to_owned);
        return Err(PluginError::Unknown { name: name.to_owned(), nearest });
    };
    let inspection = inspect(found.bytes).map_err(|source| PluginError::Inspect {
        name: name.to_owned(),
        path: "(bundled)".into(),
        source,
    })?;
    Ok((found.digest.to_owned(), inspection, Code::Bundled(found.bytes)))
}

impl PluginFile {
    fn read(project: &Project, path: &str) -> Self {
        let whole = project.root.join(path);
        let read = component_bytes(project, path, &whole).map(|bytes| {
            let digest = digest(&bytes);
            (Arc::new(bytes), digest)
        });
        Self { whole, bytes: read.map_err(Arc::new) }
    }

    fn known(&self, name: &str) -> Result<(&Arc<Vec<u8>>, &String), PluginError> {
        let unread = |error: &Arc<std::io::Error>| PluginError::Read {
            name: name.to_owned(),
            path: self.whole.clone(),
            source: same(error),
        };
        self.bytes.as_ref().map(|(bytes, digest)| (bytes, digest)).map_err(unread)
    }
}

fn component(name: &str, path: &str, file: &PluginFile) -> Result<Parts, PluginError> {
    let (bytes, digest) = file.known(name)?;
    let inspection = inspect(bytes).map_err(|source| PluginError::Inspect {
        name: name.to_owned(),
        path: path.to_owned(),
        source,
    })?;
    Ok((digest.clone(), inspection, Code::Component(Arc::clone(bytes))))
}

fn native(
    name: &str,
    path: &str,
    file: &NativeFile,
    allow_native: &impl Fn(&str, &str) -> bool,
) -> Result<Parts, PluginError> {
    let wrong = |source| PluginError::Native { name: name.to_owned(), path: path.to_owned(), source };
    let library = file.library.as_ref().map_err(|error| match &**error {
        LibraryError::Read { name: file, source } if file == path => {
            PluginError::Read { name: name.to_owned(), path: PathBuf::from(path), source: same(source) }
        }
        _ => wrong(NativeError::Library(Arc::clone(error))),
    })?;
    let digest = library.digest.clone();
    if !allow_native(name, &digest) {
        let beside = library.beside().map(|(name, digest)| (name.to_owned(), digest.to_owned())).collect();
        return Err(PluginError::NotAllowed { name: name.to_owned(), digest, beside });
    }
    let native = Native::load(library, &[&file.home, &std::env::temp_dir()]).map_err(wrong)?;
    let inspection =
        Inspection { handles: native.handles.clone(), asks: Vec::new(), contract: native.contract.clone() };
    Ok((digest, inspection, Code::Native(native)))
}

fn same(error: &std::io::Error) -> std::io::Error {
    if let Some(refusal) = Refusal::of(error) {
        return refusal.clone().into();
    }
    let text = || std::io::Error::new(error.kind(), error.to_string());
    error.raw_os_error().map_or_else(text, std::io::Error::from_raw_os_error)
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

    /// A plugin's words never stand alone: its message bears its name. Where it is none of ours, causes and hints do, too:
    /// what to type next is its advice, and not this program's.
    pub fn words(&self, error: Error) -> Error {
        let Error { mut message, mut causes, mut hint, stuck } = error;
        message = format!("{}: {message}", self.name);
        if self.source != Source::Bundled {
            let says = |text: &str| format!("{} says: {text}", self.name);
            causes = causes.iter().flat_map(|cause| cause.lines()).map(says).collect();
            hint = hint.map(|hint| hint.lines().map(says).collect::<Vec<_>>().join("\n"));
        }
        Error { message, causes, hint, stuck }
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
            Code::Component(bytes) => Some(bytes.as_slice()),
        }
    }
}
