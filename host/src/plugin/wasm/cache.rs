//! Compiled components, kept in the user's own cache: keyed by digest, engine version and settings. Compiled code is
//! native code, so it is never accepted from anywhere else. The one `unsafe` is loading it.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use session_sdk::Error;
use wasmtime::component::Component;

use super::engine::Engine;

#[derive(Debug)]
pub(in super::super) struct Cache {
    folder: PathBuf,
}

impl Cache {
    pub(in super::super) fn new(folder: &Path) -> Self {
        Self { folder: folder.join("components") }
    }

    /// The component, from the cache or compiled now. A cache that cannot be written costs time, nothing else.
    pub(in super::super) fn load(&self, engine: &Engine, digest: &str, bytes: &[u8]) -> Result<Component, Error> {
        let broken =
            |e: wasmtime::Error| Error::new("the plugin cannot be compiled").because(e.root_cause().to_string());
        let path = self.path(engine, digest);
        if let Some(component) = path.as_deref().and_then(|path| stored(engine, path)) {
            return Ok(component);
        }
        tracing::info!(digest, "compiling a plugin");
        let code = engine.engine.precompile_component(bytes).map_err(broken)?;
        if let Some(path) = &path {
            match crate::effects::replace(path, &code) {
                Ok(()) => {
                    if let Some(component) = stored(engine, path) {
                        return Ok(component);
                    }
                }
                Err(e) => tracing::warn!(path = %path.display(), error = %e, "cannot keep a compiled plugin"),
            }
        }
        Component::new(&engine.engine, bytes).map_err(broken)
    }

    /// Where the compiled form stands; none where the folder cannot be made or is not only ours.
    fn path(&self, engine: &Engine, digest: &str) -> Option<PathBuf> {
        if !crate::effects::private_folder(&self.folder) {
            return None;
        }
        let mut hasher = DefaultHasher::new();
        engine.engine.precompile_compatibility_hash().hash(&mut hasher);
        let name = digest.replace(':', "-");
        Some(self.folder.join(format!("{name}-{:016x}.cwasm", hasher.finish())))
    }
}

fn stored(engine: &Engine, path: &Path) -> Option<Component> {
    if !path.is_file() {
        return None;
    }
    #[expect(unsafe_code, reason = "loading compiled code")]
    // SAFETY: only this program writes to the folder, which belongs to the user and which nobody else can write to;
    // wasmtime itself refuses code of another version or other settings.
    let component = unsafe { Component::deserialize_file(&engine.engine, path) };
    component.map_err(|e| tracing::warn!(path = %path.display(), error = %e, "a compiled plugin is not usable")).ok()
}
