//! Compiled components, kept in the user's own cache: keyed by digest, engine version and settings. Compiled code is
//! native code, so it is never accepted from anywhere else. The one `unsafe` is loading it.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::io::Read as _;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use session_system::PrivateFolder;
use session_types::Error;
use wasmtime::component::Component;

use super::engine::Engine;

/// No component compiles to more.
const MOST: u64 = 1 << 30;

#[derive(Debug)]
pub(in super::super) struct Cache {
    path: PathBuf,
    /// Opened at the first look; none where it is not only ours.
    folder: OnceLock<Option<PrivateFolder>>,
}

impl Cache {
    pub(in super::super) fn new(folder: &Path) -> Self {
        Self { path: folder.join("components"), folder: OnceLock::new() }
    }

    /// The component, from the cache or compiled now. A cache that cannot be written costs time, nothing else.
    pub(in super::super) fn load(&self, engine: &Engine, digest: &str, bytes: &[u8]) -> Result<Component, Error> {
        let broken =
            |e: wasmtime::Error| Error::new("the plugin cannot be compiled").because(e.root_cause().to_string());
        let folder = self.folder.get_or_init(|| PrivateFolder::open(&self.path)).as_ref();
        let name = name(engine, digest);
        if let Some(component) = folder.and_then(|folder| stored(engine, folder, &name)) {
            return Ok(component);
        }
        tracing::info!(digest, "compiling a plugin");
        let code = engine.engine.precompile_component(bytes).map_err(broken)?;
        if let Some(folder) = folder {
            match folder.replace(&name, &code, true) {
                Ok(()) => {
                    if let Some(component) = stored(engine, folder, &name) {
                        return Ok(component);
                    }
                }
                Err(e) => tracing::warn!(name, error = %e, "cannot keep a compiled plugin"),
            }
        }
        Component::new(&engine.engine, bytes).map_err(broken)
    }
}

fn name(engine: &Engine, digest: &str) -> String {
    let mut hasher = DefaultHasher::new();
    engine.engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{}-{:016x}.cwasm", digest.replace(':', "-"), hasher.finish())
}

fn stored(engine: &Engine, folder: &PrivateFolder, name: &str) -> Option<Component> {
    let (mut file, metadata) = folder.file(name).filter(|(_, metadata)| metadata.len() <= MOST)?;
    // By its handle, so that it is the file that was looked at, and is mapped and not copied.
    let handle = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    #[expect(unsafe_code, reason = "loading compiled code")]
    // SAFETY: the opened file belongs to the user, has one name, and nobody else can write to it, nor to its folder or to
    // any folder on the way there; wasmtime itself refuses code of another version or other settings.
    let component = unsafe {
        if handle.exists() {
            Component::deserialize_file(&engine.engine, handle)
        } else {
            let mut code = Vec::with_capacity(usize::try_from(metadata.len()).ok()?);
            file.read_to_end(&mut code).ok()?;
            Component::deserialize(&engine.engine, code)
        }
    };
    component.map_err(|e| tracing::warn!(name, error = %e, "a compiled plugin is not usable")).ok()
}
