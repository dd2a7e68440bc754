//! What a project asks its user for, and how that differs from what was approved. Pure: the effective plugins.toml as
//! flat settings, so that every key counts, those that a later version adds too. Where approvals stand is `trust.rs`.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use session_types::Check;

use crate::digest::digest;
use crate::grants::Grants;

/// The effective plugins.toml: dotted keys as TOML writes them, with values as JSON. Values that are the default are left
/// out, so that a newer binary does not ask for its new keys; default grants stand in it, so that wider ones ask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProjectSettings(pub BTreeMap<String, String>);

/// A plugin of the effective list, as far as the user is asked about it.
#[derive(Clone, Debug)]
pub struct ListedPlugin<'p> {
    pub name: &'p str,
    /// `bundled`, `component` or `native`.
    pub source: &'static str,
    pub grants: &'p Grants,
    /// Of its file; none for a bundled plugin, and where the file cannot be read.
    pub digest: Option<&'p str>,
}

/// One setting that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettingChange {
    /// As TOML writes it: `plugin.checklist.grant.run`.
    pub key: String,
    /// JSON; none where it was not approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// JSON; none where it is not asked for any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
}

/// What is asked for against what was approved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Change {
    pub new: Vec<SettingChange>,
    pub changed: Vec<SettingChange>,
    pub removed: Vec<SettingChange>,
    /// Provably less than was approved: it is not asked for.
    pub less: Vec<SettingChange>,
}

/// Digest of a command as it runs: its text, what goes before it, its shell and its directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandDigest(String);

impl CommandDigest {
    /// `directory`: where the check runs, relative to the root.
    pub fn of(check: &Check, directory: &str) -> Self {
        let all = serde_json::json!([check.shell, check.setup, directory, check.text]);
        Self(digest(all.to_string().as_bytes()))
    }

    /// As the settings have it.
    pub fn known(digest: &str) -> Self {
        Self(digest.to_owned())
    }
}

impl fmt::Display for CommandDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What every session must have: asking for more is no question, asking for less is one.
const REQUIRED: [&str; 2] = ["project.require-checks", "project.require-manual"];

impl ProjectSettings {
    /// `table`: plugins.toml; `listed`: the plugins that it lists, or the default ones, in their order.
    pub fn of(table: &toml::Table, listed: &[ListedPlugin<'_>]) -> Self {
        let mut all = Self::default();
        let mut rest = match serde_json::to_value(table) {
            Ok(Value::Object(rest)) => rest,
            _ => Map::new(),
        };
        let tables = |name: &str, rest: &mut Map<String, Value>| match rest.remove(name) {
            Some(Value::Array(tables)) => tables,
            _ => Vec::new(),
        };
        let (plugins, repositories) = (tables("plugin", &mut rest), tables("repository", &mut rest));
        if let Some(project) = rest.get_mut("project").and_then(Value::as_object_mut) {
            REQUIRED.iter().filter_map(|key| key.strip_prefix("project.")).for_each(|key| {
                remove_default(project, key, &Value::Bool(false));
            });
            // A string is short for a table.
            let checks = project.get_mut("checks").and_then(Value::as_array_mut).into_iter().flatten();
            checks
                .filter(|check| check.is_string())
                .for_each(|check| *check = serde_json::json!({"run": check.take()}));
            remove_default(project, "checks", &Value::Array(Vec::new()));
        }
        for (key, value) in rest {
            all.put_all(&segment(&key), value);
        }
        all.put_repositories(repositories);
        let order: Vec<Value> = plugins.iter().filter_map(|table| table.get("name").cloned()).collect();
        if !order.is_empty() {
            all.put("plugins".to_owned(), &Value::Array(order));
        }
        for plugin in listed {
            let table = plugins.iter().find(|table| table.get("name").and_then(Value::as_str) == Some(plugin.name));
            all.put_plugin(plugin, table.and_then(Value::as_object).cloned().unwrap_or_default());
        }
        all
    }

    fn put_repositories(&mut self, tables: Vec<Value>) {
        let mut order = Vec::new();
        for table in tables {
            let Value::Object(mut table) = table else { continue };
            let name = table.remove("name").unwrap_or_default();
            let plain = name.as_str().unwrap_or_default().to_owned();
            // Two of one name are two: neither may hide the other.
            let count = order.iter().filter(|known| **known == name).count();
            remove_default(&mut table, "path", &Value::from("."));
            remove_default(&mut table, "prefix", &Value::Array(Vec::new()));
            let number = if count == 0 { String::new() } else { format!(".{}", count + 1) };
            let key = format!("repository.{}{number}", segment(&plain));
            for (field, value) in table {
                self.put_all(&format!("{key}.{}", segment(&field)), value);
            }
            order.push(name);
        }
        if !order.is_empty() {
            self.put("repositories".to_owned(), &Value::Array(order));
        }
    }

    fn put_plugin(&mut self, plugin: &ListedPlugin<'_>, mut table: Map<String, Value>) {
        let key = format!("plugin.{}", segment(plugin.name));
        table.remove("name");
        table.remove("grant");
        remove_default(&mut table, "on-error", &Value::from("stop"));
        remove_default(&mut table, "config", &Value::Object(Map::new()));
        for (field, value) in table {
            self.put_all(&format!("{key}.{}", segment(&field)), value);
        }
        self.put(format!("{key}.source"), &Value::from(plugin.source));
        if let Ok(Value::Object(grants)) = serde_json::to_value(plugin.grants) {
            grants.iter().for_each(|(power, value)| self.put(format!("{key}.grant.{}", segment(power)), value));
        }
        if let Some(digest) = plugin.digest {
            self.put(format!("{key}.digest"), &Value::from(digest));
        }
    }

    fn put(&mut self, key: String, value: &Value) {
        self.0.insert(key, canonical(value));
    }

    /// A table by its keys; an empty one is a value.
    fn put_all(&mut self, key: &str, value: Value) {
        match value {
            Value::Object(table) if !table.is_empty() => {
                table.into_iter().for_each(|(field, value)| self.put_all(&format!("{key}.{}", segment(&field)), value));
            }
            value => self.put(key.to_owned(), &value),
        }
    }

    /// Whether a native library of this name and of just these bytes is among them.
    pub fn has_native(&self, name: &str, digest: &str) -> bool {
        let is = |field: &str, value: &str| {
            self.get(&format!("plugin.{}.{field}", segment(name))) == Some(canonical(&Value::from(value)).as_str())
        };
        is("source", "native") && is("digest", digest)
    }

    /// Whether a plugin of this name is among them.
    pub fn has_plugin(&self, name: &str) -> bool {
        self.get(&format!("plugin.{}.source", segment(name))).is_some()
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Of one power of a plugin, by the key of that grant.
    fn grant(&self, key: &str) -> Option<Grants> {
        let (_, power) = key.rsplit_once('.')?;
        let Some(value) = self.get(key) else { return Some(Grants::default()) };
        let value: Value = serde_json::from_str(value).ok()?;
        serde_json::from_value(serde_json::json!({power: value})).ok()
    }

    /// Takes over what is asked for in addition and is no question, so that its removal is one.
    pub fn require(&mut self, asked: &Self) -> bool {
        let more = REQUIRED.into_iter().filter(|key| asked.get(key).is_some() && self.get(key).is_none());
        let more: Vec<&str> = more.collect();
        more.iter().for_each(|key| _ = self.0.insert((*key).to_owned(), "true".to_owned()));
        !more.is_empty()
    }
}

impl Change {
    /// All is new where nothing was approved.
    pub fn between(approved: Option<&ProjectSettings>, asked: &ProjectSettings) -> Self {
        let nothing = ProjectSettings::default();
        let approved = approved.unwrap_or(&nothing);
        let mut change = Self::default();
        let added = asked.0.keys().filter(|key| !approved.0.contains_key(*key));
        for key in approved.0.keys().chain(added) {
            let (before, now) = (approved.get(key), asked.get(key));
            if before == now {
                continue;
            }
            let list = match (before, now) {
                _ if is_less(approved, asked, key) => &mut change.less,
                (None, _) => &mut change.new,
                (_, None) => &mut change.removed,
                (Some(_), Some(_)) => &mut change.changed,
            };
            let (before, now) = (before.map(str::to_owned), now.map(str::to_owned));
            list.push(SettingChange { key: key.clone(), before, now });
        }
        change
    }

    /// Whether the user must be asked.
    pub fn asks(&self) -> bool {
        !(self.new.is_empty() && self.changed.is_empty() && self.removed.is_empty())
    }

    /// Takes new bytes of these plugins without a question.
    pub fn take_bytes(&mut self, plugins: &[&str]) {
        let keys: Vec<String> = plugins.iter().map(|name| format!("plugin.{}.digest", segment(name))).collect();
        let (taken, asked) = std::mem::take(&mut self.changed).into_iter().partition(|one| keys.contains(&one.key));
        self.changed = asked;
        self.less.extend::<Vec<SettingChange>>(taken);
    }

    /// Whether one plugin is asked for: its bytes, its grants or any of its settings.
    pub fn is_about(&self, plugin: &str) -> bool {
        let prefix = format!("plugin.{}.", segment(plugin));
        self.keys().any(|key| key.starts_with(&prefix))
    }

    /// Keys of all that must be asked for.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        [&self.new, &self.changed, &self.removed].into_iter().flatten().map(|change| change.key.as_str())
    }
}

/// Nothing that is asked for goes beyond what was approved, whatever else has changed.
fn is_less(approved: &ProjectSettings, asked: &ProjectSettings, key: &str) -> bool {
    if REQUIRED.contains(&key) {
        return approved.get(key).is_none();
    }
    let Some((plugin, field)) = split_plugin(key) else { return false };
    let source = format!("{plugin}.source");
    let source = approved.get(&source).filter(|source| asked.get(&format!("{plugin}.source")) == Some(source));
    // Of a plugin that is gone or new nothing is compared.
    let Some(source) = source else { return false };
    match field {
        // No file, so nothing of it can run.
        "digest" => asked.get(key).is_none(),
        // By contract what may run although it destroys something; a component could mean anything by it.
        "config.allow" if source == "\"bundled\"" => {
            let entries = |all: &ProjectSettings| match all.get(key).map(serde_json::from_str::<Vec<String>>) {
                None => Some(Vec::new()),
                Some(entries) => entries.ok(),
            };
            let (before, now) = (entries(approved), entries(asked));
            before.zip(now).is_some_and(|(before, now)| now.iter().all(|entry| before.contains(entry)))
        }
        field if field.starts_with("grant.") => {
            let (before, now) = (approved.grant(key), asked.grant(key));
            before.zip(now).is_some_and(|(before, now)| before.cover(&now))
        }
        _ => false,
    }
}

/// `plugin.NAME` and the rest of the key.
fn split_plugin(key: &str) -> Option<(&str, &str)> {
    let rest = key.strip_prefix("plugin.")?;
    // A name has no quote in it, so a quoted one ends at the next.
    let name = match rest.strip_prefix('"') {
        Some(quoted) => quoted.find('"')? + 2,
        None => rest.find('.')?,
    };
    let at = "plugin.".len() + name;
    Some((key.get(..at)?, key.get(at..)?.strip_prefix('.')?))
}

fn remove_default(table: &mut Map<String, Value>, key: &str, default: &Value) {
    if table.get(key) == Some(default) {
        table.remove(key);
    }
}

/// One part of a dotted key: quoted where it is not plain, so that two keys never read the same.
fn segment(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.chars().all(plain) { name.to_owned() } else { Value::from(name).to_string() }
}

/// JSON with sorted keys, whatever the features of the crates are.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(table) => {
            let sorted: BTreeMap<&String, String> = table.iter().map(|(key, value)| (key, canonical(value))).collect();
            let fields: Vec<String> =
                sorted.iter().map(|(key, value)| format!("{}:{value}", Value::from(key.as_str()))).collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(values) => format!("[{}]", values.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(run: &[&str]) -> Grants {
        Grants { run: run.iter().map(|run| (*run).to_owned()).collect(), ..Grants::default() }
    }

    fn settings(text: &str, listed: &[ListedPlugin<'_>]) -> ProjectSettings {
        ProjectSettings::of(&text.parse().expect(text), listed)
    }

    fn keys(changes: &[SettingChange]) -> Vec<&str> {
        changes.iter().map(|change| change.key.as_str()).collect()
    }

    #[test]
    fn a_file_is_flat_and_defaults_are_left_out() {
        let all = grants(&["**"]);
        let listed = [ListedPlugin { name: "a.b", source: "bundled", grants: &all, digest: None }];
        let flat = settings(
            "[project]\nname = 'P'\nchecks = ['make']\nrequire-checks = false\n[models]\nx = { y = 1 }\n\
             [[repository]]\nname = 'r'\npath = '.'\nprefix = ['B']\n[[plugin]]\nname = 'a.b'\non-error = 'stop'\n\
             [plugin.config]\nz = { }\n",
            &listed,
        );
        let shown: Vec<String> = flat.0.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        assert_eq!(
            shown,
            [
                "models.x.y = 1",
                "plugin.\"a.b\".config.z = {}",
                "plugin.\"a.b\".grant.run = [\"**\"]",
                "plugin.\"a.b\".source = \"bundled\"",
                "plugins = [\"a.b\"]",
                "project.checks = [{\"run\":\"make\"}]",
                "project.name = \"P\"",
                "repositories = [\"r\"]",
                "repository.r.prefix = [\"B\"]",
            ]
        );
    }

    #[test]
    fn no_two_files_read_the_same() {
        let none = Grants::default();
        let one = |name: &'static str| [ListedPlugin { name, source: "bundled", grants: &none, digest: None }];
        let of = |name: &'static str, config: &str| {
            settings(&format!("[[plugin]]\nname = '{name}'\n[plugin.config]\n{config}\n"), &one(name))
        };
        assert_ne!(of("a", "b.c = 1"), of("a", "'b.c' = 1"));
        assert_ne!(of("a", "x = { config = { y = 1 } }"), of("a.x", "y = 1"));
        let repositories = |text: &str| settings(text, &[]);
        assert_ne!(
            repositories("[[repository]]\nname = 'a'\npath = 'x'\n[[repository]]\nname = 'a'\npath = 'y'\n"),
            repositories("[[repository]]\nname = 'a'\npath = 'z'\n[[repository]]\nname = 'a'\npath = 'y'\n"),
        );
    }

    #[test]
    fn only_what_is_provably_less_is_no_question() {
        let (wide, narrow, other) = (grants(&["make **", "sh"]), grants(&["sh"]), grants(&["sh", "env"]));
        let of = |text: &str, grants: &Grants, source: &'static str, digest: Option<&'static str>| {
            settings(text, &[ListedPlugin { name: "p", source, grants, digest }])
        };
        let before = of("[[plugin]]\nname = 'p'\nconfig.allow = ['a', 'b']\n", &wide, "bundled", None);
        let change = |asked: &ProjectSettings| Change::between(Some(&before), asked);
        let less = change(&of(
            "project.require-checks = true\n[[plugin]]\nname = 'p'\nconfig.allow = ['b']\n",
            &narrow,
            "bundled",
            None,
        ));
        assert!(!less.asks(), "{less:?}");
        assert_eq!(keys(&less.less), ["plugin.p.config.allow", "plugin.p.grant.run", "project.require-checks"]);
        let wider = change(&of("[[plugin]]\nname = 'p'\nconfig.allow = ['a', 'c']\n", &other, "bundled", None));
        assert_eq!(keys(&wider.changed), ["plugin.p.config.allow", "plugin.p.grant.run"]);
        let mut required = before.clone();
        assert!(required.require(&of("project.require-checks = true\n", &wide, "bundled", None)));
        assert_eq!(keys(&Change::between(Some(&required), &before).removed), ["project.require-checks"]);
        let component = |digest, grants: &Grants| of("", grants, "component", digest);
        let known = component(Some("sha256:1"), &wide);
        assert!(Change::between(Some(&known), &component(Some("sha256:2"), &wide)).asks());
        assert!(!Change::between(Some(&known), &component(None, &narrow)).asks(), "no file");
        assert!(Change::between(Some(&before), &component(None, &narrow)).asks(), "bundled no more");
        assert!(Change::between(None, &known).asks());
        let mut built = Change::between(Some(&known), &component(Some("sha256:2"), &narrow));
        assert!(built.is_about("p") && !built.is_about("q"));
        built.take_bytes(&["p"]);
        assert!(!built.asks());
    }

    #[test]
    fn a_command_is_its_text_and_how_it_runs() {
        let check = Check { text: "make".into(), ..Check::default() };
        let shell = Check { shell: Some("bash".into()), ..check.clone() };
        let setup = Check { setup: vec!["cd x".into()], ..check.clone() };
        let all = [
            CommandDigest::of(&check, "."),
            CommandDigest::of(&check, "x"),
            CommandDigest::of(&shell, "."),
            CommandDigest::of(&setup, "."),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), 4);
        assert_eq!(CommandDigest::of(&Check { line: Some(3), ticked: true, ..check }, "."), all[0]);
    }
}
