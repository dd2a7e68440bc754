//! The plugins inside the binary, as `main.rs` hands them over. The host's code names none of them.

use serde::Deserialize;

use crate::grants::Grants;

/// A plugin that the build put into the binary.
#[derive(Clone, Copy, Debug)]
pub struct BundledPlugin {
    pub name: &'static str,
    /// `sha256:…` of its bytes.
    pub digest: &'static str,
    pub bytes: &'static [u8],
    /// The text of its `plugin.toml`.
    pub manifest: &'static str,
}

/// All of them. A project without plugins.toml uses them in this order.
#[derive(Clone, Copy, Debug)]
pub struct BundledPlugins(pub &'static [BundledPlugin]);

/// What `plugin.toml` says that the host needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PluginManifest {
    grant: Grants,
}

impl BundledPlugins {
    pub fn find(self, name: &str) -> Option<&'static BundledPlugin> {
        self.0.iter().find(|plugin| plugin.name == name)
    }

    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|plugin| plugin.name)
    }

    /// What each is granted unless plugins.toml says otherwise; nothing to a plugin that is not among them.
    pub fn default_grants(self, name: &str) -> Grants {
        self.find(name).and_then(|plugin| plugin.grants().ok()).unwrap_or_default()
    }
}

impl BundledPlugin {
    /// # Errors
    /// Where its `plugin.toml` is no such file. A test of `session-bundled` reads them all.
    pub fn grants(&self) -> Result<Grants, toml::de::Error> {
        toml::from_str::<PluginManifest>(self.manifest).map(|manifest| manifest.grant)
    }
}
