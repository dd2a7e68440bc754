//! What holds for every plugins.toml: it is understood, or the error names the file and can be shown. What is understood
//! asks for all that stands in it: one key more, another value or another order is a question.

use session_core::approval::{Change, ListedPlugin, ProjectSettings};
use session_core::grants::Grants;
use session_engine::project::Manifest;

/// Panics where anything of it does not hold.
pub fn holds(text: &str) {
    let error = match Manifest::parse(text, "plugins.toml") {
        Ok(manifest) => return asks_for_all(&manifest),
        Err(error) => error,
    };
    let mut shown = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        shown += &error.to_string();
        cause = error.source();
    }
    assert!(shown.contains("plugins.toml"), "{shown}");
}

fn asks_for_all(manifest: &Manifest) {
    let approved = settings(manifest, &manifest.table);
    let asks = |table: &toml::Table| Change::between(Some(&approved), &settings(manifest, table)).asks();
    assert!(!asks(&manifest.table), "the same asks");
    // A key that nothing knows yet: a later version may mean something by it.
    let mut more = manifest.table.clone();
    more.insert("zz-later".to_owned(), 1.into());
    assert!(asks(&more), "one table more");
    for at in 0..manifest.plugins.len() {
        let mut more = manifest.table.clone();
        let Some(plugin) = more.get_mut("plugin").and_then(|all| all.get_mut(at)).and_then(toml::Value::as_table_mut)
        else {
            return;
        };
        plugin.insert("zz-later".to_owned(), 1.into());
        assert!(asks(&more), "one key more of the plugin {at}");
        let mut more = manifest.table.clone();
        let config =
            more["plugin"][at].as_table_mut().unwrap().entry("config").or_insert_with(|| toml::Table::new().into());
        if let Some(config) = config.as_table_mut() {
            let other = config.get("shell").map_or(1, |value| if *value == 1.into() { 2 } else { 1 });
            config.insert("shell".to_owned(), other.into());
            assert!(asks(&more), "another shell of the plugin {at}");
        }
    }
    let names: Vec<&str> = manifest.plugins.iter().map(|table| table.name.as_str()).collect();
    if names.len() > 1 {
        let mut turned = manifest.table.clone();
        if let Some(all) = turned.get_mut("plugin").and_then(toml::Value::as_array_mut) {
            all.reverse();
            assert!(asks(&turned), "another order of {names:?}");
        }
    }
}

/// As the host lists plugins, but for files and default grants.
fn settings(manifest: &Manifest, table: &toml::Table) -> ProjectSettings {
    let grants = Grants::default();
    let listed = manifest.plugins.iter().map(|plugin| ListedPlugin {
        name: &plugin.name,
        source: "component",
        grants: plugin.grant.as_ref().unwrap_or(&grants),
        digest: None,
    });
    ProjectSettings::of(table, &listed.collect::<Vec<_>>())
}
