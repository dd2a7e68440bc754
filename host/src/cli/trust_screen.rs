//! What a person reads before the answer to `session trust`: what is new first, each with the commit that brought it. Every
//! foreign string is quoted on one line, so that none of them looks like a line of ours; the summary and the question come
//! after all of them. What a setting is worth is `trust_settings.rs`, how a command looks `trust_commands.rs`, whence
//! something comes `trust_origins.rs`.

use std::os::unix::ffi::OsStrExt as _;

use session_core::quote::{quote, quote_bytes, without_middle};
use session_engine::project::key_parts;
use session_repository::OwnProgram;
use session_workflow::{App, Approvals, Ask, AskedCommand, GitProgram, GitPrograms};

use super::trust_commands::{Shown, command_items, many, summary};
use super::trust_origins::{Origins, Place};
use super::trust_settings::{bundled_lines, plugin_names, setting_items};
use super::ui::Ui;

/// One thing on the screen: lines that are quoted already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Item {
    /// What it belongs to, such as a session. It stands once above the items that share it.
    pub(super) group: Option<String>,
    pub(super) lines: Vec<String>,
    /// Where it stands in the project.
    pub(super) place: Option<Place>,
}

/// Items below one heading.
#[derive(Clone, Debug, Default)]
struct Section {
    title: String,
    items: Vec<Item>,
    /// Within limits. What is not shown here is in `session trust --commands`.
    short: bool,
}

/// Items of one section on the screen: more than one reads before an answer.
const MOST: usize = 100;
/// Lines of one item, such as a check with a long setup.
const LINES: usize = 30;
/// Characters of one line.
const LONGEST: usize = 2_000;

/// Shows all that is asked for, ends with the summary. The question comes right after it.
pub(super) fn screen(ui: &Ui, app: &App<'_>, ask: &Ask) {
    ui.title(match (ask.first, ask.change.asks()) {
        (true, _) => "Nothing of this project is approved in this clone yet.",
        (false, true) => "This project has changed since you approved it.",
        (false, false) => "This project has commands that you have not approved.",
    });
    ui.say_folded(&format!("  project: {}", quote_bytes(app.project.root.as_os_str().as_bytes())));
    if ask.earlier {
        ui.say("  Approvals of the older version do not count, because they hold no contents.");
    }
    lines(app, ask, true).iter().for_each(|line| ui.say_folded(line));
    summary(ask, shown(app, ask)).iter().for_each(|line| ui.say_folded(line));
}

/// What is asked behind it: who may do what.
pub(super) fn question(ask: &Ask) -> String {
    let commands = ask.new_commands().count();
    let plugins = if ask.first { plugin_names(&ask.settings).count() } else { 0 };
    let settings = setting_items(ask, false, |_| false);
    let changes = if ask.first { 0 } else { settings.new.len() + settings.changed.len() + settings.removed.len() };
    let mut what = Vec::new();
    for (number, name) in [(changes, "change"), (commands, "command"), (plugins, "plugin")] {
        match number {
            0 => {}
            1 => what.push(format!("this {name}")),
            // One `these` is enough.
            _ if what.last().is_some_and(|before: &String| before.starts_with("these ")) => {
                what.push(many(number, name));
            }
            _ => what.push(format!("these {}", many(number, name))),
        }
    }
    match (what.is_empty(), changes) {
        (true, _) => "May these settings count in this clone?".to_owned(),
        (false, 0) => format!("May {} run in this clone?", what.join(" and ")),
        (false, _) => format!("May {} count in this clone?", what.join(" and ")),
    }
}

/// How much there is on the screen.
fn shown(app: &App<'_>, ask: &Ask) -> Shown {
    let own = |name: &str| is_own(app, ask, name);
    let settings = setting_items(ask, false, own);
    let plugins: Vec<String> = plugin_names(&ask.settings).collect();
    Shown {
        new: settings.new.len(),
        changed: settings.changed.len(),
        removed: settings.removed.len(),
        own: if ask.first { plugins.iter().filter(|name| own(name)).count() } else { 0 },
        foreign: plugins.iter().filter(|name| ask.change.is_about(name) && !is_bundled(ask, name)).count(),
    }
}

/// `session trust --commands`: the same without limits, and with what is approved already, to stdout. Nothing is asked.
pub(super) fn commands(ui: &Ui, asked: &Approvals<'_>) {
    let (app, ask) = (asked.app, asked.ask);
    lines(app, ask, false).iter().for_each(|line| ui.out_folded(line));
    summary(ask, shown(app, ask)).iter().for_each(|line| ui.out_folded(line));
}

/// Programs that git of this clone runs, whole.
pub(super) fn program_lines(app: &App<'_>, programs: &GitPrograms) -> Vec<String> {
    let (items, mut lines) = (program_items(app, programs), Vec::new());
    if !items.is_empty() {
        let section = Section { title: PROGRAMS.to_owned(), items, short: false };
        section.show(&mut Origins::of(app), &mut Vec::new(), &mut lines);
    }
    lines
}

/// Commands that a person approves without a question, whole.
pub(super) fn command_lines(app: &App<'_>, commands: &[AskedCommand]) -> Vec<String> {
    let new = || commands.iter().map(|command| AskedCommand { new: true, ..command.clone() }).collect();
    let ask = Ask { commands: new(), ..Ask::default() };
    let (dangerous, new, _) = command_items(&ask);
    let (mut origins, mut said, mut lines) = (Origins::of(app), Vec::new(), Vec::new());
    for (title, items) in [("commands that destroy something:", dangerous), ("commands:", new)] {
        if !items.is_empty() {
            let section = Section { title: title.to_owned(), items, short: false };
            section.show(&mut origins, &mut said, &mut lines);
        }
    }
    lines
}

const PROGRAMS: &str = "git of this clone runs, because its own configuration or its hooks say so:";

fn lines(app: &App<'_>, ask: &Ask, short: bool) -> Vec<String> {
    let mut sections = Vec::new();
    let mut add = |title: String, items: Vec<Item>| {
        if !items.is_empty() {
            sections.push(Section { title, items, short });
        }
    };
    let own = |name: &str| is_own(app, ask, name);
    let settings = setting_items(ask, !short, own);
    add("new settings:".to_owned(), settings.new);
    add("changed settings:".to_owned(), settings.changed);
    add("no longer:".to_owned(), settings.removed);
    let (dangerous, new, known) = command_items(ask);
    add("new commands that destroy something:".to_owned(), dangerous);
    add("new commands:".to_owned(), new);
    if !short {
        add("commands that are approved already:".to_owned(), known);
        add("settings that are approved already:".to_owned(), settings.known);
    }
    add(PROGRAMS.to_owned(), program_items(app, &GitPrograms::of(app)));
    let mut lines = Vec::new();
    let bundled = if ask.first && short { bundled_lines(&ask.settings, own) } else { Vec::new() };
    if !bundled.is_empty() {
        lines.push("  plugins of this program:".to_owned());
        lines.extend(bundled);
    }
    let (mut origins, mut said) = (Origins::of(app), Vec::new());
    sections.iter().for_each(|section| section.show(&mut origins, &mut said, &mut lines));
    lines
}

/// Whether a plugin is part of this program and has the grants that it has by default.
fn is_own(app: &App<'_>, ask: &Ask, name: &str) -> bool {
    let tables = &app.project.manifest.plugins;
    let has_own_grant = tables.iter().any(|table| table.name == name && table.grant.is_some());
    !has_own_grant && is_bundled(ask, name)
}

/// Whether a plugin is part of this program, whatever it is granted.
fn is_bundled(ask: &Ask, name: &str) -> bool {
    let source = ask.settings.0.iter().find(|(key, _)| {
        let parts = key_parts(key);
        matches!(&parts[..], [plugin, own, field] if plugin == "plugin" && own == name && field == "source")
    });
    source.is_some_and(|(_, source)| source == "\"bundled\"")
}

impl Section {
    /// `said`: commits that were named in whole already.
    fn show(&self, origins: &mut Origins<'_>, said: &mut Vec<String>, lines: &mut Vec<String>) {
        let (items, most, longest) =
            if self.short { (MOST, LINES, LONGEST) } else { (usize::MAX, usize::MAX, usize::MAX) };
        let shown = &self.items[..self.items.len().min(items)];
        lines.push(format!("  {}", self.title));
        let labels = origins.labels(shown);
        let (mut origin, mut group) = (None, None);
        for (item, label) in shown.iter().zip(labels) {
            if label != origin {
                if let Some(label) = &label {
                    let known = label.commit.as_ref().is_some_and(|commit| said.contains(commit));
                    lines.push(format!("    {}:", if known { &label.again } else { &label.whole }));
                    said.extend(label.commit.clone().filter(|_| !known));
                }
                (origin, group) = (label, None);
            }
            if item.group != group {
                lines.extend(item.group.iter().map(|group| format!("      {group}:")));
                group.clone_from(&item.group);
            }
            lines.extend(item.lines.iter().take(most).map(|line| format!("        {}", without_middle(line, longest))));
            more(item.lines.len().saturating_sub(most), "            ", " lines", lines);
        }
        more(self.items.len() - shown.len(), "    ", "", lines);
    }
}

fn more(left: usize, indent: &str, what: &str, lines: &mut Vec<String>) {
    if left > 0 {
        lines.push(format!("{indent}… and {} more{what}: session trust --commands", thousands(left)));
    }
}

fn program_items(app: &App<'_>, programs: &GitPrograms) -> Vec<Item> {
    let line = |one: &GitProgram| match one {
        GitProgram::Unread(why) => format!("it cannot be read, so expect anything: {}", quote(why)),
        GitProgram::Known(one) => program_line(app, one),
    };
    programs.0.iter().map(|one| Item { lines: vec![line(one)], ..Item::default() }).collect()
}

fn program_line(app: &App<'_>, one: &OwnProgram) -> String {
    let place = one.place.strip_prefix(&app.project.root).unwrap_or(&one.place);
    let place = quote_bytes(place.as_os_str().as_bytes());
    match &one.key {
        Some(key) => format!("{} = {} ({}), in {place}", quote(key), quote(&one.value), one.when),
        None => format!("the hook {place}"),
    }
}

/// `9,876`.
pub(super) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_can_be_read() {
        assert_eq!([7, 999, 1000, 9876, 1_234_567].map(thousands), ["7", "999", "1,000", "9,876", "1,234,567"]);
    }
}
