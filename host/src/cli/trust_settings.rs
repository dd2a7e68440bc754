//! Settings of plugins.toml on the trust screen: what is new, what has changed, what is gone, and what each is worth. Pure.

use serde_json::{Map, Value};
use session_core::approval::{ProjectSettings, SettingChange};
use session_core::grants::Grants;
use session_core::quote::quote;
use session_core::worth::{work, worth};
use session_engine::project::{MANIFEST, key_parts};
use session_workflow::Ask;

use super::trust_origins::Place;
use super::trust_screen::Item;

#[derive(Debug, Default)]
pub(super) struct SettingItems {
    pub(super) new: Vec<Item>,
    pub(super) changed: Vec<Item>,
    pub(super) removed: Vec<Item>,
    /// Approved already, or less than that.
    pub(super) known: Vec<Item>,
}

/// What is asked for. `own` says which plugins are part of this program with the grants that they have by default: a first
/// yes has one line for each of them, [`bundled_lines`]. With `whole` nothing is left to another part of the screen.
pub(super) fn setting_items(ask: &Ask, whole: bool, own: impl Fn(&str) -> bool) -> SettingItems {
    let change = &ask.change;
    let gone = plugins_with_source(&change.removed);
    let mut items = SettingItems::default();
    for one in sorted(change.new.iter(), &own) {
        let key = Key::of(&one.key);
        // The order says nothing where all is new.
        let said_elsewhere = match &key {
            Key::Plugin { name, field } => own(name) && (field == "source" || field.starts_with("grant.")),
            Key::Other => matches!(one.key.as_str(), "plugins" | "repositories"),
        };
        if whole || !(ask.first && said_elsewhere) {
            items.new.extend(of_one(one, &key, ask, whole));
        }
    }
    for one in &change.changed {
        items.changed.extend(of_one(one, &Key::of(&one.key), ask, whole));
    }
    for one in &change.removed {
        let key = Key::of(&one.key);
        let of_gone = |name: &str, field: &str| gone.contains(&name.to_owned()) && field != "source";
        if !matches!(&key, Key::Plugin { name, field } if of_gone(name, field)) {
            items.removed.push(removed(one, &key));
        }
    }
    let asked: Vec<&str> = change.keys().collect();
    let known = ask.settings.0.iter().filter(|(key, _)| !asked.contains(&key.as_str()));
    let known = known.map(|(key, now)| SettingChange { key: key.clone(), before: None, now: Some(now.clone()) });
    for one in sorted(known.collect::<Vec<_>>().iter(), own) {
        // When it came is no news.
        let of_known = of_one(one, &Key::of(&one.key), ask, true);
        items.known.extend(of_known.into_iter().map(|item| Item { place: None, ..item }));
    }
    items
}

/// What a plugin is and may do stands before how it is set up, and plugins of this program after all others.
fn sorted<'c>(changes: impl Iterator<Item = &'c SettingChange>, own: impl Fn(&str) -> bool) -> Vec<&'c SettingChange> {
    let mut sorted: Vec<&SettingChange> = changes.collect();
    sorted.sort_by_cached_key(|one| match Key::of(&one.key) {
        Key::Plugin { name, field } => (u8::from(own(&name)), name, rank(&field)),
        Key::Other => (2, String::new(), 0),
    });
    sorted
}

/// The plugins that are part of this program, and what each does. They need no approval of their own.
pub(super) fn bundled_lines(settings: &ProjectSettings, own: impl Fn(&str) -> bool) -> Vec<String> {
    let names = plugin_names(settings).filter(|name| own(name));
    names.map(|name| format!("    {}: {}", quote(&name), work(&all_grants(settings, &name)))).collect()
}

pub(super) fn plugin_names(settings: &ProjectSettings) -> impl Iterator<Item = String> {
    settings.0.keys().filter_map(|key| match Key::of(key) {
        Key::Plugin { name, field } if field == "source" => Some(name),
        _ => None,
    })
}

fn all_grants(settings: &ProjectSettings, plugin: &str) -> Grants {
    let mut table = Map::new();
    for (key, value) in &settings.0 {
        if let Key::Plugin { name, field } = Key::of(key)
            && name == plugin
            && let Some(power) = field.strip_prefix("grant.")
            && let Ok(value) = serde_json::from_str(value)
        {
            table.insert(power.to_owned(), value);
        }
    }
    serde_json::from_value(Value::Object(table)).unwrap_or_default()
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
fn of_one(one: &SettingChange, key: &Key, ask: &Ask, whole: bool) -> Vec<Item> {
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
                "digest" => (file(&whose, before, now, whole), plugin_file(one, now)),
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
        Key::Other => of_list(one, before, now, if whole { None } else { Some(ask) }).unwrap_or_else(|| {
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

/// A list by what is new in it and what is gone; none of what is no list. A check that stands among the commands of `ask`
/// stands there only.
fn of_list(one: &SettingChange, before: Option<&str>, now: &str, ask: Option<&Ask>) -> Option<Vec<Item>> {
    let list = |json: &str| serde_json::from_str::<Vec<Value>>(json).ok();
    let (before, now) = (before.map_or(Some(Vec::new()), list)?, list(now)?);
    let (key, added, gone) = match one.key.as_str() {
        "plugins" => ("order of plugins".to_owned(), "+ ", "- "),
        "repositories" => ("order of repositories".to_owned(), "+ ", "- "),
        key => (dotted(&key_parts(key)), "", "no longer "),
    };
    let is_checks = one.key == "project.checks";
    let is_command = |value: &Value| is_checks && ask.is_some_and(|ask| is_new_command(ask, value, &now));
    // That it is gone says what its order was.
    let without: Vec<String> = match ask.filter(|_| one.key == "plugins") {
        Some(ask) => plugins_with_source(&ask.change.removed),
        None => Vec::new(),
    };
    let is_plugin = |value: &Value| value.as_str().is_some_and(|name| without.iter().any(|gone| gone == name));
    let item = |value: &Value, line: String| {
        let text = value.as_str().or_else(|| value.get("run").and_then(Value::as_str)).unwrap_or_default().to_owned();
        let place = Place::Element { key: one.key.clone(), text };
        Item { lines: vec![line], place: Some(place), ..Item::default() }
    };
    let more = now.iter().filter(|value| !before.contains(value) && !is_command(value));
    let mut items: Vec<Item> = more.map(|value| item(value, format!("{key}: {added}{}", shown(value)))).collect();
    let less = before.iter().filter(|value| !now.contains(value) && !is_plugin(value));
    items.extend(less.map(|value| Item {
        lines: vec![format!("{key}: {gone}{}", shown(value))],
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
        let what = if added.is_empty() { "another order: " } else { "" };
        let line = format!("{key}: {what}{} -> {}", order(&was), order(&is));
        items.push(Item { lines: vec![line], place: Some(Place::Setting { key: one.key.clone() }), ..Item::default() });
    }
    Some(items)
}

/// Whether a check of plugins.toml is shown as a new command with all that it says. The command shows no repository, and
/// of two checks with the same text only one.
fn is_new_command(ask: &Ask, check: &Value, all: &[Value]) -> bool {
    let run = |value: &Value| value.as_str().or_else(|| value.get("run").and_then(Value::as_str)).map(str::to_owned);
    let Some(text) = run(check) else { return false };
    let is_single = all.iter().filter(|value| run(value).as_ref() == Some(&text)).count() == 1;
    let mut commands = ask.commands.iter().filter(|command| command.project && command.check.text == text).peekable();
    is_single && check.get("repository").is_none() && commands.peek().is_some() && commands.all(|command| command.new)
}

/// It stands below a heading that says so.
fn removed(one: &SettingChange, key: &Key) -> Item {
    let before = one.before.as_deref().unwrap_or_default();
    let line = match (key, one.key.as_str()) {
        (Key::Plugin { name, field }, _) if field == "source" => {
            format!("plugin {}, so nothing of what it does is done", quote(name))
        }
        (Key::Plugin { name, field }, _) => {
            format!("plugin {}: {} = {}", quote(name), field, value(before))
        }
        (Key::Other, "project.require-checks") => {
            "require-checks. A session can be complete without a command that verifies it.".to_owned()
        }
        (Key::Other, "project.require-manual") => {
            "require-manual. A session can be complete with manual items that nobody confirmed.".to_owned()
        }
        (Key::Other, "project.checks") => {
            let list: Vec<Value> = serde_json::from_str(before).unwrap_or_default();
            let lines = list.iter().map(|check| format!("the check {} of every session", shown(check)));
            return Item { lines: lines.collect(), place: gone_from_manifest(), ..Item::default() };
        }
        (Key::Other, key) => format!("{} = {}", dotted(&key_parts(key)), value(before)),
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

/// The bytes of a plugin, by the begin of their digest where the whole is too long.
fn file(whose: &str, before: Option<&str>, now: &str, whole: bool) -> String {
    let text = |json: &str| {
        let digest: Option<String> = serde_json::from_str(json).ok();
        let hex = digest.as_deref().and_then(|digest| digest.strip_prefix("sha256:"));
        match hex.filter(|hex| !whole && hex.len() == 64 && hex.chars().all(|c| c.is_ascii_hexdigit())) {
            Some(hex) => format!("sha256:{}…", &hex[..12]),
            None => value(json),
        }
    };
    match before {
        Some(before) => format!("{whose}: its file: {} -> {}", text(before), text(now)),
        None => format!("{whose}: its file = {}", text(now)),
    }
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

/// A JSON value as TOML has it, each text in it in quotes of ours.
fn value(json: &str) -> String {
    serde_json::from_str(json).map_or_else(|_| quote(json), |value: Value| shown(&value))
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quote(text),
        Value::Bool(_) | Value::Number(_) | Value::Null => value.to_string(),
        // A check without more is its command.
        Value::Object(table) if table.len() == 1 && table.contains_key("run") => shown(&table["run"]),
        Value::Object(table) if table.is_empty() => "{}".to_owned(),
        Value::Object(table) => {
            let one = |(key, value): (&String, &Value)| format!("{} = {}", dotted(&[key]), shown(value));
            format!("{{ {} }}", table.iter().map(one).collect::<Vec<_>>().join(", "))
        }
        Value::Array(values) => format!("[{}]", values.iter().map(shown).collect::<Vec<_>>().join(", ")),
    }
}

fn grants(power: &str, json: &str) -> Option<Grants> {
    let value: Value = serde_json::from_str(json).ok()?;
    serde_json::from_value(serde_json::json!({power: value})).ok()
}

#[cfg(test)]
mod tests {
    use session_types::Check;

    use super::*;
    use session_core::approval::{Change, CommandDigest};
    use session_workflow::AskedCommand;

    /// A check of plugins.toml that nobody approved.
    fn new_check(text: &str) -> AskedCommand {
        let check = Check { text: text.into(), project: true, ..Check::default() };
        AskedCommand {
            digest: CommandDigest::of(&check, "."),
            check,
            directory: ".".into(),
            path: Some(MANIFEST.into()),
            sessions: Vec::new(),
            project: true,
            new: true,
            dangers: Vec::new(),
        }
    }

    fn change(key: &str, before: Option<&str>, now: Option<&str>) -> SettingChange {
        SettingChange { key: key.into(), before: before.map(str::to_owned), now: now.map(str::to_owned) }
    }

    fn ask(first: bool, change: Change, commands: Vec<AskedCommand>) -> Ask {
        let now = |one: &SettingChange| Some((one.key.clone(), one.now.clone()?));
        let settings = ProjectSettings(change.new.iter().chain(&change.changed).filter_map(now).collect());
        Ask { first, earlier: false, unread: false, settings, change, commands }
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
        let ask = ask(true, all, vec![new_check("make")]);
        let items = setting_items(&ask, false, |name| name == "git");
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
                r#"plugin "bell": config."a\nb" = [1, "x"]"#,
                "project.name = \"P\"",
            ]
        );
        assert_eq!(bundled_lines(&ask.settings, |name| name == "git"), ["    \"git\": commits"]);
        assert_eq!(items.known.len(), 0);
        // Without limits nothing is left to another part of the screen.
        let whole = setting_items(&ask, true, |name| name == "git");
        let more = [
            "plugin \"git\": part of this program",
            "plugin \"git\": repository \"commit\"",
            "project.checks: \"make\"",
        ];
        more.iter().for_each(|line| assert!(lines(&whole.new).contains(line), "{line}"));
    }

    #[test]
    fn a_check_that_stands_among_the_commands_stands_there_only() {
        let shown = |checks: &str, commands: Vec<AskedCommand>| {
            let changed = vec![change("project.checks", Some("[{\"run\":\"a\"}]"), Some(checks))];
            let ask = ask(false, Change { changed, ..Change::default() }, commands);
            let items = setting_items(&ask, false, |_| true);
            lines(&items.changed).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(shown(r#"[{"run":"a"},{"run":"b"}]"#, vec![new_check("b")]), [""; 0]);
        // What the command does not say stands here.
        let known = AskedCommand { new: false, ..new_check("b") };
        assert_eq!(shown(r#"[{"run":"a"},{"run":"b"}]"#, vec![known]), ["project.checks: \"b\""]);
        let limited = r#"[{"run":"a"},{"repository":"x","run":"b"}]"#;
        assert_eq!(shown(limited, vec![new_check("b")]), ["project.checks: { repository = \"x\", run = \"b\" }"]);
        let twice = r#"[{"run":"a"},{"run":"b"},{"paths":["x"],"run":"b"}]"#;
        assert_eq!(shown(twice, vec![new_check("b")]).len(), 2);
        assert_eq!(shown(r#"[{"run":"a"},{"run":"b"}]"#, Vec::new()).len(), 1);
    }

    #[test]
    fn settings_that_are_approved_can_be_had() {
        let mut ask = ask(false, Change::default(), Vec::new());
        ask.settings.0.insert("plugin.q.grant.run".into(), "[\"sh **\"]".into());
        ask.settings.0.insert("project.name".into(), "\"P\"".into());
        let items = setting_items(&ask, true, |_| false);
        let shown =
            ["plugin \"q\": run \"sh **\"", "    This grant lets the plugin run any program.", "project.name = \"P\""];
        assert_eq!(lines(&items.known), shown);
        assert!(items.new.is_empty());
    }

    #[test]
    fn what_differs_is_named_and_what_is_lost() {
        let digest = |c: char| format!("\"sha256:{}\"", c.to_string().repeat(64));
        let all = Change {
            changed: vec![
                change("plugin.p.grant.run", Some("[\"jj **\",\"a\"]"), Some("[\"jj **\",\"**\"]")),
                change("plugin.p.config.shell", Some("\"sh\""), Some("\"zsh\\n\"")),
                change("plugin.p.source", Some("\"bundled\""), Some("\"native\"")),
                change("plugins", Some("[\"a\",\"b\"]"), Some("[\"b\",\"c\",\"a\"]")),
                change("project.checks", Some("[{\"run\":\"a\"},{\"run\":\"b\"}]"), Some("[{\"run\":\"a\"}]")),
                change("project.plan", Some("\"A.md\""), Some("\"B.md\"")),
                change("plugin.r.digest", Some(&digest('a')), Some(&digest('b'))),
                change("plugin.r.digest", Some("\"sha256:x\\n\""), Some("\"y\"")),
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
        let items = setting_items(&ask(false, all, Vec::new()), false, |_| true);
        assert_eq!(
            lines(&items.changed),
            [
                "plugin \"p\": run \"**\"",
                "    This grant lets the plugin run any program.",
                "plugin \"p\": no longer run \"a\"",
                r#"plugin "p": config.shell: "sh" -> "zsh\n""#,
                "plugin \"p\": part of this program -> NATIVE: trusted code without a sandbox",
                "order of plugins: + \"c\"",
                "order of plugins: \"a\", \"b\" -> \"b\", \"a\"",
                "project.checks: no longer \"b\"",
                "project.plan: \"A.md\" -> \"B.md\"",
                "plugin \"r\": its file: sha256:aaaaaaaaaaaa… -> sha256:bbbbbbbbbbbb…",
                r#"plugin "r": its file: "sha256:x\n" -> "y""#,
            ]
        );
        assert_eq!(
            lines(&items.removed),
            [
                "plugin \"q\", so nothing of what it does is done",
                "require-checks. A session can be complete without a command that verifies it.",
                "the check \"make\" of every session",
                "project.name = \"P\"",
            ]
        );
    }
}
