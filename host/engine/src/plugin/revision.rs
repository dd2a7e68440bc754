//! The plugins of a commit: by its plugins.toml, with the bytes of its tree. They are trusted to read and to nothing else,
//! whatever that file grants them. Native libraries are code of this machine, and none is loaded from there.

use session_core::bundle::BundledPlugins;
use session_core::grants::{Grants, RepositoryGrant};
use session_core::session::DocumentPlaces;
use session_types::{Error, Event};

use super::list::{Listing, LoadFailure, Plugin, PluginError};
use crate::project::PluginTable;

/// Plugins that only read.
#[derive(Debug)]
pub struct Reading {
    pub plugins: Vec<Plugin>,
    pub failures: Vec<LoadFailure>,
    /// Where their grants would let them write documents.
    pub places: DocumentPlaces,
}

impl Reading {
    /// The plugins that a commit's plugins.toml lists; `file` gives the bytes of a file in its tree.
    pub fn of(
        tables: &[PluginTable],
        revision: &str,
        bundled: BundledPlugins,
        file: impl Fn(&str) -> Result<Option<Vec<u8>>, Error>,
    ) -> Self {
        let default = PluginTable::of_bundled(bundled);
        let bytes = |table: &PluginTable| -> Result<Option<Vec<u8>>, PluginError> {
            let (name, revision) = (table.name.clone(), revision.to_owned());
            let path = match (&table.path, &table.native) {
                (None, None) => return Ok(None),
                (None, Some(_)) => return Err(PluginError::NativeOf { name, revision }),
                (Some(path), _) => path.clone(),
            };
            match file(&path) {
                Ok(Some(bytes)) => Ok(Some(bytes)),
                Ok(None) => Err(PluginError::NotThere { name, path, revision }),
                Err(source) => Err(PluginError::Unread { name, path, revision, source: Box::new(source) }),
            }
        };
        let (mut plugins, mut failures) = (Vec::new(), Vec::new());
        for table in if tables.is_empty() { &default } else { tables } {
            match bytes(table) {
                Ok(bytes) => {
                    let (loaded, failed) = Listing::given(table, bytes, bundled).load(|_, _| false);
                    plugins.extend(loaded);
                    failures.extend(failed);
                }
                Err(error) => failures.push(LoadFailure { name: table.name.clone(), on_error: table.on_error, error }),
            }
        }
        // Whoever lists only a native one, or one that was never committed, is audited by those inside the binary.
        if !plugins.iter().any(|plugin| plugin.handles(Event::Audit)) {
            let others = default.iter().filter(|table| !plugins.iter().any(|plugin| plugin.name == table.name));
            let others = others.flat_map(|table| Listing::given(table, None, bundled).load(|_, _| false).0);
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
        Self { plugins, failures, places }
    }
}

/// Where those inside the binary write documents, wherever they are not listed any more.
pub fn bundled_places(bundled: BundledPlugins) -> DocumentPlaces {
    let grants: Vec<Grants> = bundled.names().map(|name| bundled.default_grants(name)).collect();
    DocumentPlaces::of(&grants)
}
