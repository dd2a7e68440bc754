//! Settings of plugins.toml on the trust screen: what is new, what has changed, what is gone, and what each is worth. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use super::trust_origins::Place;
use super::trust_screen::Item;
use crate::plugin::{Change, Grants, ProjectSettings, SettingChange, worth};
use crate::project::{MANIFEST, key_parts};
use crate::quote::quote;

#[derive(Debug, Default)]
pub(super) struct SettingItems {
    pub(super) new: Vec<Item>,
    pub(super) changed: Vec<Item>,
    pub(super) removed: Vec<Item>,
}

/// What is asked for. `own` says which plugins are part of this program with the grants that they have by default: a first
/// yes has one line for all of them, [`bundled_line`].
pub(super) fn setting_items(change: &Change, first: bool, own: impl Fn(&str) -> bool) -> SettingItems {
    let gone = plugins_with_source(&change.removed);
    let mut items = SettingItems::default();
    let mut new: Vec<&SettingChange> = change.new.iter().collect();
    // What a plugin is and may do stands before how it is set up, and plugins of this program after all others.
    new.sort_by_cached_key(|one| match Key::of(&one.key) {
        Key::Plugin { name, field } => (u8::from(own(&name)), name, rank(&field)),
        Key::Other => (2, String::new(), 0),
    });
    for one in new {
        let key = Key::of(&one.key);
        // The commands themselves are shown, and the order says nothing where all is new.
        let said_elsewhere = match &key {
            Key::Plugin { name, field } => own(name) && (field == "source" || field.starts_with("grant.")),
            Key::Other => matches!(one.key.as_str(), "project.checks" | "plugins" | "repositories"),
        };
        if !(first && said_elsewhere) {
            items.new.extend(of_one(one, &key));
        }
    }
    for one in &change.changed {
        items.changed.extend(of_one(one, &Key::of(&one.key)));
    }
    for one in &change.removed {
        let key = Key::of(&one.key);
        let of_gone = |name: &str, field: &str| gone.contains(&name.to_owned()) && field != "source";
        if !matches!(&key, Key::Plugin { name, field } if of_gone(name, field)) {
            items.removed.push(removed(one, &key));
        }
    }
    items
}

/// The plugins that are part of this program, and what they can do. They need no approval of their own.
pub(super) fn bundled_line(settings: &ProjectSettings, own: impl Fn(&str) -> bool) -> Option<String> {
    let mut plugins: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for (key, value) in &settings.0 {
        let Key::Plugin { name, field } = Key::of(key) else { continue };
        if !own(&name) {
            continue;
        }
        let powers = plugins.entry(name).or_default();
        let Some(grants) = field.strip_prefix("grant.").and_then(|power| grants(power, value)) else { continue };
        if worth(&grants).iter().any(|one| one.any_program) {
            powers.push("runs any program");
        }
        if worth(&grants).iter().any(|one| one.key == "repository" && one.pattern == "commit") {
            powers.push("commits");
        }
    }
    let one = |(name, powers): (&String, &Vec<&str>)| match powers.is_empty() {
        true => quote(name),
        false => format!("{} ({})", quote(name), powers.join(", ")),
    };
    let names: Vec<String> = plugins.iter().map(one).collect();
    (!names.is_empty()).then(|| format!("  plugins that are part of this program: {}", names.join(", ")))
}

/// A dotted key, as far as it is about one plugin.
enum Key {
    Plugin { name: String, field: String },
    Other,
}

impl Key {
    fn of(key: &str) -> Self {
        let parts = key_parts(key);
        match &parts[..] {
            [plugin, name, field @ ..] if plugin == "plugin" && !field.is_empty() => {
                Self::Plugin { name: name.to_string(), field: dotted(field) }
            }
            _ => Self::Other,
        }
    }
}

fn rank(field: &str) -> usize {
    let first = ["source", "path", "native", "digest", "grant.run", "grant.write", "grant.repository", "grant.read"];
    first.iter().position(|known| *known == field).unwrap_or(first.len())
}

/// A key as it is shown: a part that is not plain could pass for more than a key.
fn dotted(parts: &[impl AsRef<str>]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let one = |part: &str| if !part.is_empty() && part.chars().all(plain) { part.to_owned() } else { quote(part) };
    parts.iter().map(|part| one(part.as_ref())).collect::<Vec<_>>().join(".")
}

fn plugins_with_source(changes: &[SettingChange]) -> Vec<String> {
    let name = |one: &SettingChange| match Key::of(&one.key) {
        Key::Plugin { name, field } if field == "source" => Some(name),
        _ => None,
    };
    changes.iter().filter_map(name).collect()
}

/// A setting that is asked for: new, or another than before.
fn of_one(one: &SettingChange, key: &Key) -> Vec<Item> {
    let (before, now) = (one.before.as_deref(), one.now.as_deref().unwrap_or_default());
    let place = Some(Place::Setting { key: one.key.clone() });
    match key {
        Key::Plugin { name, field } => {
            let whose = format!("plugin {}", quote(name));
            if let Some(power) = field.strip_prefix("grant.") {
                return of_grant(one, &whose, power, before, now);
            }
            let (text, place) = match field.as_str() {
                "source" => (source(&whose, before, now), place),
                "digest" => (changed(&format!("{whose}: its file"), before, now), plugin_file(one, now)),
                _ => (changed(&format!("{whose}: {field}"), before, now), place),
            };
            let mut item = Item { lines: vec![text], place, ..Item::default() };
            match field.as_str() {
                "on-error" if now == "\"warn\"" => {
                    item.lines.push("    Its failures stop nothing.".to_owned());
                }
                "config.allow" => {
                    item.lines.push("    These checks may run although they destroy something.".to_owned());
                }
                _ => {}
            }
            vec![item]
        }
        Key::Other => of_list(one, before, now).unwrap_or_else(|| {
            vec![Item { lines: vec![changed(&dotted(&key_parts(&one.key)), before, now)], place, ..Item::default() }]
        }),
    }
}

fn of_grant(one: &SettingChange, whose: &str, power: &str, before: Option<&str>, now: &str) -> Vec<Item> {
    let Some(asked) = grants(power, now) else {
        // Of a kind that this version does not know.
        let text = changed(&format!("{whose}: {power}"), before, now);
        return vec![Item {
            lines: vec![text, "    What this grant is worth is not known.".into()],
            ..Item::default()
        }];
    };
    let known = before.and_then(|before| grants(power, before)).map(|known| worth(&known)).unwrap_or_default();
    let mut items: Vec<Item> = Vec::new();
    let new = worth(&asked).into_iter().filter(|worth| !known.contains(worth)).map(|worth| {
        let place = Place::Element { key: one.key.clone(), text: worth.pattern.clone() };
        let lines =
            vec![format!("{whose}: {} {}", worth.key, quote(&worth.pattern)), format!("    {}", worth.sentence)];
        Item { lines, place: Some(place), ..Item::default() }
    });
    items.extend(new);
    let asked = worth(&asked);
    items.extend(known.iter().filter(|worth| !asked.contains(worth)).map(|worth| Item {
        lines: vec![format!("{whose}: no longer {} {}", worth.key, quote(&worth.pattern))],
        place: Some(Place::Setting { key: one.key.clone() }),
        ..Item::default()
    }));
    items
}

/// A list by what is new in it and what is gone; none of what is no list.
fn of_list(one: &SettingChange, before: Option<&str>, now: &str) -> Option<Vec<Item>> {
    let list = |json: &str| serde_json::from_str::<Vec<Value>>(json).ok();
    let (before, now) = (before.map_or(Some(Vec::new()), list)?, list(now)?);
    let key = dotted(&key_parts(&one.key));
    let item = |value: &Value, line: String| {
        let text = value.as_str().or_else(|| value.get("run").and_then(Value::as_str)).unwrap_or_default().to_owned();
        let place = Place::Element { key: one.key.clone(), text };
        Item { lines: vec![line], place: Some(place), ..Item::default() }
    };
    let added = now.iter().filter(|value| !before.contains(value));
    let mut items: Vec<Item> = added.map(|value| item(value, format!("{key}: {}", shown(value)))).collect();
    let gone = before.iter().filter(|value| !now.contains(value));
    items.extend(gone.map(|value| Item {
        lines: vec![format!("{key}: no longer {}", shown(value))],
        place: Some(Place::Gone { path: MANIFEST.to_owned() }),
        ..Item::default()
    }));
    // What stays may stand in another order, which decides what runs first.
    let stays = |list: &[Value], other: &[Value]| -> Vec<Value> {
        list.iter().filter(|value| other.contains(value)).cloned().collect()
    };
    let (was, is) = (stays(&before, &now), stays(&now, &before));
    if was != is {
        let order = |list: &[Value]| list.iter().map(shown).collect::<Vec<_>>().join(", ");
        let line = format!("{key}: another order: {} -> {}", order(&was), order(&is));
        items.push(Item { lines: vec![line], place: Some(Place::Setting { key: one.key.clone() }), ..Item::default() });
    }
    Some(items)
}

fn removed(one: &SettingChange, key: &Key) -> Item {
    let before = one.before.as_deref().unwrap_or_default();
    let line = match (key, one.key.as_str()) {
        (Key::Plugin { name, field }, _) if field == "source" => {
            format!("no longer: plugin {}, so nothing of what it does is done", quote(name))
        }
        (Key::Plugin { name, field }, _) => {
            format!("no longer: plugin {}: {} = {}", quote(name), field, value(before))
        }
        (Key::Other, "project.require-checks") => {
            "no longer: require-checks. A session can be complete without a command that verifies it.".to_owned()
        }
        (Key::Other, "project.require-manual") => {
            "no longer: require-manual. A session can be complete with manual items that nobody confirmed.".to_owned()
        }
        (Key::Other, "project.checks") => {
            let list: Vec<Value> = serde_json::from_str(before).unwrap_or_default();
            let lines = list.iter().map(|check| format!("no longer: the check {} of every session", shown(check)));
            return Item { lines: lines.collect(), place: gone_from_manifest(), ..Item::default() };
        }
        (Key::Other, key) => format!("no longer: {} = {}", dotted(&key_parts(key)), value(before)),
    };
    Item { lines: vec![line], place: gone_from_manifest(), ..Item::default() }
}

fn gone_from_manifest() -> Option<Place> {
    Some(Place::Gone { path: MANIFEST.to_owned() })
}

fn source(whose: &str, before: Option<&str>, now: &str) -> String {
    let kind = |source: &str| match source {
        "\"bundled\"" => "part of this program".to_owned(),
        "\"component\"" => "a component, in a sandbox".to_owned(),
        "\"native\"" => "NATIVE: trusted code without a sandbox".to_owned(),
        other => value(other),
    };
    let before = before.map(|before| format!("{} -> ", kind(before))).unwrap_or_default();
    format!("{whose}: {before}{}", kind(now))
}

/// Which file it is, the key does not say.
fn plugin_file(one: &SettingChange, now: &str) -> Option<Place> {
    let digest = serde_json::from_str(now).ok()?;
    Some(Place::PluginFile { key: one.key.clone(), digest })
}

fn changed(key: &str, before: Option<&str>, now: &str) -> String {
    match before {
        Some(before) => format!("{key}: {} -> {}", value(before), value(now)),
        None => format!("{key} = {}", value(now)),
    }
}

/// A JSON value: a text in quotes, all else as JSON in quotes, which has a text's quotes inside.
fn value(json: &str) -> String {
    serde_json::from_str(json).map_or_else(|_| quote(json), |value: Value| shown(&value))
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quote(text),
        Value::Bool(_) | Value::Number(_) | Value::Null => value.to_string(),
        // A check without more is its command.
        Value::Object(table) if table.len() == 1 && table.contains_key("run") => shown(&table["run"]),
        other => quote(&other.to_string()),
    }
}

fn grants(power: &str, json: &str) -> Option<Grants> {
    let value: Value = serde_json::from_str(json).ok()?;
    serde_json::from_value(serde_json::json!({power: value})).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(key: &str, before: Option<&str>, now: Option<&str>) -> SettingChange {
        SettingChange { key: key.into(), before: before.map(str::to_owned), now: now.map(str::to_owned) }
    }

    fn lines(items: &[Item]) -> Vec<&str> {
        items.iter().flat_map(|item| &item.lines).map(String::as_str).collect()
    }

    #[test]
    fn new_settings_say_what_they_are_worth() {
        let new = [
            change("plugin.bell.source", None, Some("\"component\"")),
            change("plugin.bell.path", None, Some("\"tools/b\\u202e.wasm\"")),
            change("plugin.bell.grant.run", None, Some("[\"sh **\"]")),
            change("plugin.bell.grant.repository", None, Some("\"commit\"")),
            change("plugin.bell.grant.write", None, Some("[\"**\"]")),
            change("plugin.bell.on-error", None, Some("\"warn\"")),
            change("plugin.bell.config.\"a\\nb\"", None, Some("[1,\"x\"]")),
            change("plugin.git.source", None, Some("\"bundled\"")),
            change("plugin.git.grant.repository", None, Some("\"commit\"")),
            change("project.checks", None, Some("[{\"run\":\"make\"}]")),
            change("project.name", None, Some("\"P\"")),
        ];
        let all = Change { new: new.to_vec(), ..Change::default() };
        let items = setting_items(&all, true, |name| name == "git");
        assert_eq!(
            lines(&items.new),
            [
                "plugin \"bell\": a component, in a sandbox",
                r#"plugin "bell": path = "tools/b\u{202e}.wasm""#,
                "plugin \"bell\": run \"sh **\"",
                "    This grant lets the plugin run any program.",
                "plugin \"bell\": write \"**\"",
                "    The plugin can change or remove any file of the project, scripts and hooks that you run later too.",
                "plugin \"bell\": repository \"commit\"",
                "    The plugin can put commits on your branch under your name.",
                "plugin \"bell\": on-error = \"warn\"",
                "    Its failures stop nothing.",
                r#"plugin "bell": config."a\nb" = '[1,"x"]'"#,
                "project.name = \"P\"",
            ]
        );
        let settings = ProjectSettings(new.into_iter().filter_map(|one| Some((one.key, one.now?))).collect());
        let line = bundled_line(&settings, |name| name == "git").expect("one");
        assert_eq!(line, "  plugins that are part of this program: \"git\" (commits)");
    }

    #[test]
    fn what_differs_is_named_and_what_is_lost() {
        let all = Change {
            changed: vec![
                change("plugin.p.grant.run", Some("[\"jj **\",\"a\"]"), Some("[\"jj **\",\"**\"]")),
                change("plugin.p.config.shell", Some("\"sh\""), Some("\"zsh\\n\"")),
                change("plugin.p.source", Some("\"bundled\""), Some("\"native\"")),
                change("plugins", Some("[\"a\",\"b\"]"), Some("[\"b\",\"c\",\"a\"]")),
                change("project.checks", Some("[{\"run\":\"a\"},{\"run\":\"b\"}]"), Some("[{\"run\":\"a\"}]")),
                change("project.plan", Some("\"A.md\""), Some("\"B.md\"")),
            ],
            removed: vec![
                change("plugin.q.source", Some("\"bundled\""), None),
                change("plugin.q.grant.run", Some("[\"**\"]"), None),
                change("project.require-checks", Some("true"), None),
                change("project.checks", Some("[{\"run\":\"make\"}]"), None),
                change("project.name", Some("\"P\""), None),
            ],
            ..Change::default()
        };
        let items = setting_items(&all, false, |_| true);
        assert_eq!(
            lines(&items.changed),
            [
                "plugin \"p\": run \"**\"",
                "    This grant lets the plugin run any program.",
                "plugin \"p\": no longer run \"a\"",
                r#"plugin "p": config.shell: "sh" -> "zsh\n""#,
                "plugin \"p\": part of this program -> NATIVE: trusted code without a sandbox",
                "plugins: \"c\"",
                "plugins: another order: \"a\", \"b\" -> \"b\", \"a\"",
                "project.checks: no longer \"b\"",
                "project.plan: \"A.md\" -> \"B.md\"",
            ]
        );
        assert_eq!(
            lines(&items.removed),
            [
                "no longer: plugin \"q\", so nothing of what it does is done",
                "no longer: require-checks. A session can be complete without a command that verifies it.",
                "no longer: the check \"make\" of every session",
                "no longer: project.name = \"P\"",
            ]
        );
    }
}
