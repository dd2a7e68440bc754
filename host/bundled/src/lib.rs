//! The plugins inside the binary: their bytes and their `plugin.toml`. Which these are, and in which order, stands in
//! `plugins/bundled.toml`; the build script builds them.
#![deny(unsafe_code)]

use session_core::bundle::{BundledPlugin, BundledPlugins};

include!(concat!(env!("OUT_DIR"), "/bundled.rs"));

/// All bundled plugins, in the order of `plugins/bundled.toml`.
pub const PLUGINS: BundledPlugins = BundledPlugins(BUNDLED);

#[cfg(test)]
mod tests {
    use super::PLUGINS;

    #[test]
    fn each_says_what_it_is_granted() {
        for plugin in PLUGINS.0 {
            let grants = plugin.grants().unwrap_or_else(|e| panic!("plugins/{}/plugin.toml: {e}", plugin.name));
            assert!(grants != session_core::grants::Grants::default(), "{} could do nothing", plugin.name);
        }
    }
}
