//! What holds for every two versions of plugins.toml, one approved and one asked for: where nothing is asked, the second
//! can do nothing that the first could not, by every setting and by what its grants let through.

use session_core::approval::{Change, ListedPlugin, ProjectSettings};
use session_core::grants::Grants;
use session_engine::plugin::Approval;
use session_engine::project::Manifest;
use session_types::{Bytes, CommitRequest, Request, Run};

/// Panics where anything of it does not hold. A form feed parts the two, and a second one the user's own settings file.
pub fn holds(text: &str) {
    let mut parts = text.split('\u{c}');
    let (approved, asked) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if let Some(settings) = parts.next() {
        settings_file(settings);
    }
    let read = |text: &str| Manifest::parse(text, "plugins.toml").ok();
    let (Some(approved), Some(asked)) = (read(approved), read(asked)) else { return };
    let (before, now) = (settings(&approved), settings(&asked));
    same(&before);
    assert!(!Change::between(Some(&before), &before).asks(), "the same asks");
    assert_eq!(Change::between(None, &now).asks(), !now.0.is_empty(), "what was never approved");
    let change = Change::between(Some(&before), &now);
    let listed = [&change.new, &change.changed, &change.removed, &change.less].into_iter().flatten();
    let listed: Vec<&str> = listed.map(|one| one.key.as_str()).collect();
    let differs = before.0.keys().chain(now.0.keys()).filter(|key| before.0.get(*key) != now.0.get(*key));
    for key in differs {
        assert!(listed.contains(&key.as_str()), "{key} differs, and nobody is told");
    }
    if !change.asks() {
        no_more(&before, &now, &approved, &asked);
    }
}

/// Nothing is asked: so everything that may be done now could be done before.
fn no_more(before: &ProjectSettings, now: &ProjectSettings, approved: &Manifest, asked: &Manifest) {
    for (key, value) in &now.0 {
        let stricter = matches!(key.as_str(), "project.require-checks" | "project.require-manual");
        let narrower = key.contains(".grant.") || key.ends_with(".config.allow");
        assert!(before.0.get(key) == Some(value) || stricter || narrower, "{key} = {value} was not approved");
    }
    for key in before.0.keys().filter(|key| !now.0.contains_key(*key)) {
        let less = key.contains(".grant.") || key.ends_with(".config.allow") || key.ends_with(".digest");
        assert!(less, "{key} is gone, and nobody is asked");
    }
    for table in &asked.plugins {
        let old = approved.plugins.iter().find(|old| old.name == table.name);
        let old = old.and_then(|old| old.grant.clone()).unwrap_or_default();
        let new = table.grant.clone().unwrap_or_default();
        for request in requests(&new).filter(|request| new.allow("x", request).is_ok()) {
            assert!(old.allow("x", &request).is_ok(), "{} may {request:?} now, and could not before", table.name);
        }
    }
}

/// What is done with a grant, for each of its patterns: with the pattern's own text, and with something for its stars.
fn requests(grants: &Grants) -> impl Iterator<Item = Request> {
    let filled =
        |pattern: &String| [pattern.clone(), pattern.replace('*', "x"), pattern.replace("**", "a/b").replace('*', "")];
    let read = grants.read.iter().flat_map(filled).map(|path| Request::FileRead { path });
    let write =
        grants.write.iter().flat_map(filled).map(|path| Request::FileWrite { path, content: Bytes(Vec::new()) });
    let run = grants.run.iter().flat_map(filled).map(|line| {
        let argv = line.split(' ').map(str::to_owned).collect();
        Request::Spawn(Run { argv, ..Run::default() })
    });
    let repository = [Request::Head, Request::Commit(CommitRequest::default())];
    read.chain(write).chain(run).chain(repository).collect::<Vec<_>>().into_iter()
}

/// As the host lists plugins, but for what is bundled: no file is read.
fn settings(manifest: &Manifest) -> ProjectSettings {
    let grants: Vec<Grants> = manifest.plugins.iter().map(|table| table.grant.clone().unwrap_or_default()).collect();
    let listed = manifest.plugins.iter().zip(&grants).map(|(table, grants)| ListedPlugin {
        name: &table.name,
        source: match (&table.path, &table.native) {
            (Some(_), _) => "component",
            (None, Some(_)) => "native",
            (None, None) => "bundled",
        },
        grants,
        digest: table.path.as_deref().or(table.native.as_deref()),
    });
    ProjectSettings::of(&manifest.table, &listed.collect::<Vec<_>>())
}

fn same(settings: &ProjectSettings) {
    let text = serde_json::to_string(settings).unwrap();
    assert_eq!(serde_json::from_str::<ProjectSettings>(&text).unwrap(), *settings);
}

/// The user's own file, which a person may edit: read and written, it says the same.
fn settings_file(text: &str) {
    let Ok(approval) = toml::from_str::<Approval>(text) else { return };
    let written = toml::to_string_pretty(&approval).unwrap();
    assert_eq!(toml::from_str::<Approval>(&written).unwrap(), approval, "{written}");
}
