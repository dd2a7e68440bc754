//! Commands on the trust screen: each once, with its shell, its setup and its folder, what of it destroys something, and
//! how many sessions have it. Pure.

use session_core::quote::{beyond_ascii, quote};
use session_core::session::is_refused;
use session_types::{Check, duration};
use session_workflow::{Ask, AskedCommand};

use super::trust_origins::Place;
use super::trust_screen::{Item, thousands};

/// New commands that destroy something, the other new ones, and those that are approved already.
pub(super) fn command_items(ask: &Ask) -> (Vec<Item>, Vec<Item>, Vec<Item>) {
    let is_dangerous = |command: &&AskedCommand| !command.dangers.is_empty();
    let of = |wanted: &dyn Fn(&&AskedCommand) -> bool| -> Vec<Item> {
        // Commands of every session first: whoever starts any session runs them.
        let (project, planned): (Vec<_>, Vec<_>) =
            ask.commands.iter().filter(wanted).partition(|command| command.project);
        project.into_iter().chain(planned).map(item).collect()
    };
    (
        of(&|command| command.new && is_dangerous(command)),
        of(&|command| command.new && !is_dangerous(command)),
        of(&|command| !command.new),
    )
}

fn item(command: &AskedCommand) -> Item {
    let check = &command.check;
    let group = match (command.project, command.sessions.first()) {
        (true, _) => Some("every session".to_owned()),
        (false, Some(id)) => Some(format!("session {}", quote(id))),
        (false, None) => None,
    };
    Item { group, lines: lines(command), place: place(check, command) }
}

fn lines(command: &AskedCommand) -> Vec<String> {
    let check = &command.check;
    let others = if command.project { 0 } else { command.sessions.len() };
    let others = if others > 1 { format!("  (in {} sessions)", thousands(others)) } else { String::new() };
    let mut lines = vec![format!("$ {}{others}", quote(&check.text))];
    lines.extend(command.dangers.iter().map(|danger| format!("    {danger}")));
    let mut add = |label: &str, text: String| lines.push(format!("    {label}: {text}"));
    check.shell.iter().for_each(|shell| add("shell", quote(shell)));
    if command.directory != "." {
        add("in folder", quote(&command.directory));
    }
    if [&check.text].into_iter().chain(&check.setup).any(|text| beyond_ascii(text)) {
        add("note", "it has letters beyond ASCII, which may look like others".to_owned());
    }
    check.timeout.iter().for_each(|milliseconds| add("time limit", duration::shown(*milliseconds)));
    check.setup.iter().for_each(|line| add("setup", quote(line)));
    check.paths.iter().for_each(|pattern| add("only where this was changed", quote(pattern)));
    lines
}

/// The lines of a command, and those of its setup that stand above it.
fn place(check: &Check, command: &AskedCommand) -> Option<Place> {
    if command.project {
        return Some(Place::Element { key: "project.checks".to_owned(), text: check.text.clone() });
    }
    let path = command.path.clone()?;
    let first = check.line?;
    let lines = (first..first + check.text.lines().count().max(1)).collect();
    Some(Place::Lines { path, lines, above: check.setup.clone() })
}

/// What the screen shows beside commands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shown {
    /// Lines of settings that are asked for.
    pub(super) new: usize,
    pub(super) changed: usize,
    pub(super) removed: usize,
    /// Plugins that a first yes lets work here, and that are part of this program.
    pub(super) own: usize,
    /// Plugins that are asked for and are not part of this program.
    pub(super) foreign: usize,
}

/// Such a plan may ask for anything, and nobody sees it here.
const UNREAD: &str = "  The plan cannot be read: a yes approves none of its commands, and session asks for them later.";

/// The risk, and then what a yes is about: lines of ours.
pub(super) fn summary(ask: &Ask, shown: Shown) -> Vec<String> {
    if !ask.asks() {
        return vec![match ask.commands.len() {
            0 => "Everything is approved.".to_owned(),
            commands => format!("Everything is approved: {}.", many(commands, "command")),
        }];
    }
    let mut lines = risk(ask, shown);
    // All is new where nothing was approved.
    let (command, setting) = if ask.first { ("command", "setting") } else { ("new command", "new setting") };
    let asked = [
        (ask.new_commands().count(), command),
        (shown.new, setting),
        (shown.changed, "changed setting"),
        (shown.removed, "removed setting"),
    ];
    let mut parts: Vec<String> =
        asked.iter().filter(|(number, _)| *number > 0).map(|(number, what)| many(*number, what)).collect();
    if ask.unread {
        lines.push(UNREAD.to_owned());
    }
    let own = if shown.own == 0 { None } else { Some(format!("the {} of this program", many(shown.own, "plugin"))) };
    let begin =
        if ask.first && ask.commands.is_empty() && !ask.unread { "This project has no commands yet. " } else { "" };
    let known = ask.commands.iter().filter(|command| !command.new).count();
    let known = match known {
        0 => String::new(),
        1 => " 1 command is approved already.".to_owned(),
        known => format!(" {} are approved already.", many(known, "command")),
    };
    lines.push(match own {
        Some(own) if parts.is_empty() => format!("{begin}A yes lets {own} work here.{known}"),
        own => {
            parts.extend(own);
            format!("{begin}A yes approves {}.{known}", list(&parts))
        }
    });
    lines
}

/// What a yes may cost, from the worst that is known of what is new.
fn risk(ask: &Ask, shown: Shown) -> Vec<String> {
    let (dangerous, harmless): (Vec<_>, Vec<_>) = ask.new_commands().partition(|command| !command.dangers.is_empty());
    let is_refused = |command: &&AskedCommand| command.dangers.iter().any(|danger| is_refused(danger));
    let refused = dangerous.iter().copied().filter(|command| is_refused(command)).count();
    let allowed = dangerous.len() - refused;
    let mut lines = Vec::new();
    let running = many(harmless.len() + allowed, "command");
    let runs = if harmless.len() + allowed == 1 { "runs" } else { "run" };
    match (harmless.len() + allowed, allowed) {
        (0, _) => {}
        (_, 0) => lines.push(format!("  {running} {runs} with your rights; none is known to destroy data.")),
        (_, 1) => {
            lines.push(format!(
                "  {running} {runs} with your rights; 1 of them destroys data, and `allow` lets it run."
            ));
        }
        (_, allowed) => lines.push(format!(
            "  {running} {runs} with your rights; {} of them destroy data, and `allow` lets them run.",
            thousands(allowed)
        )),
    }
    match refused {
        0 => {}
        1 => lines.push("  1 command destroys data and will not run: `allow` does not name it.".to_owned()),
        refused => lines
            .push(format!("  {} destroy data and will not run: `allow` does not name them.", many(refused, "command"))),
    }
    if ask.change.asks() {
        lines.push(match shown.foreign {
            0 if ask.first => "  No plugin comes from outside this program.".to_owned(),
            0 => "  No new plugin comes from outside this program.".to_owned(),
            1 => "  1 plugin comes from outside this program.".to_owned(),
            foreign => format!("  {} come from outside this program.", many(foreign, "plugin")),
        });
    }
    lines
}

/// `2 commands`.
pub(super) fn many(number: usize, what: &str) -> String {
    format!("{} {what}{}", thousands(number), if number == 1 { "" } else { "s" })
}

/// `a, b and c`.
fn list(parts: &[String]) -> String {
    match parts {
        [] => "nothing new".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use session_core::approval::{Change, CommandDigest, ProjectSettings, SettingChange};

    fn command(text: &str, change: impl Fn(&mut AskedCommand)) -> AskedCommand {
        let check = Check { text: text.into(), line: Some(3), ..Check::default() };
        let digest = CommandDigest::of(&check, ".");
        let mut command = AskedCommand {
            check,
            directory: ".".into(),
            path: Some("PLAN.md".into()),
            sessions: vec!["A-1".into()],
            project: false,
            new: true,
            dangers: Vec::new(),
            digest,
        };
        change(&mut command);
        command
    }

    fn ask(commands: Vec<AskedCommand>) -> Ask {
        let (settings, change) = (ProjectSettings::default(), Change::default());
        Ask { first: false, earlier: false, settings, change, commands, unread: false }
    }

    #[test]
    fn all_that_decides_what_runs_is_shown() {
        let all = ask(vec![command("a\nb", |command| {
            command.check.shell = Some("bash\n".into());
            command.check.setup = vec!["cd x".into(), "export A=\u{202e}".into()];
            command.check.paths = vec!["web/**".into()];
            command.directory = "web\r".into();
            command.sessions.push("A-2".into());
            command.dangers = vec!["! gone".into()];
        })]);
        let (dangerous, new, _) = command_items(&all);
        assert!(new.is_empty());
        assert_eq!(dangerous[0].group.as_deref(), Some("session \"A-1\""));
        assert_eq!(
            dangerous[0].lines,
            [
                r#"$ "a\nb"  (in 2 sessions)"#,
                "    ! gone",
                r#"    shell: "bash\n""#,
                r#"    in folder: "web\r""#,
                "    note: it has letters beyond ASCII, which may look like others",
                r#"    setup: "cd x""#,
                r#"    setup: "export A=\u{202e}""#,
                r#"    only where this was changed: "web/**""#,
            ]
        );
        let above = vec!["cd x".to_owned(), "export A=\u{202e}".to_owned()];
        assert_eq!(dangerous[0].place, Some(Place::Lines { path: "PLAN.md".into(), lines: vec![3, 4], above }));
    }

    #[test]
    fn commands_of_every_session_come_first() {
        let all = ask(vec![
            command("true", |_| {}),
            command("make", |command| command.project = true),
            command("old", |command| command.new = false),
        ]);
        let (_, new, known) = command_items(&all);
        assert_eq!((new[0].lines[0].as_str(), new[0].group.as_deref()), ("$ \"make\"", Some("every session")));
        assert_eq!((new[1].lines[0].as_str(), known.len()), ("$ \"true\"", 1));
        assert_eq!(
            summary(&all, Shown::default()),
            [
                "  2 commands run with your rights; none is known to destroy data.",
                "A yes approves 2 new commands. 1 command is approved already."
            ]
        );
        assert_eq!(
            summary(&ask(vec![command("old", |command| command.new = false)]), Shown::default()),
            ["Everything is approved: 1 command."]
        );
    }

    #[test]
    fn what_will_not_run_is_counted_apart() {
        let dangerous = |whether: &str| {
            let danger = format!("! destroys history: \"x\": y {whether}");
            command(whether, move |command| command.dangers = vec![danger.clone()])
        };
        let all = ask(vec![
            dangerous("(allowed)"),
            dangerous("(it does not run without `allow`)"),
            dangerous("(allowed) "),
            command("true", |_| {}),
        ]);
        assert_eq!(
            summary(&all, Shown::default()),
            [
                "  2 commands run with your rights; 1 of them destroys data, and `allow` lets it run.",
                "  2 commands destroy data and will not run: `allow` does not name them.",
                "A yes approves 4 new commands."
            ]
        );
    }

    #[test]
    fn a_first_yes_names_the_plugins() {
        let new = vec![SettingChange { key: "project.name".into(), before: None, now: Some("\"P\"".into()) }];
        let first =
            |commands| Ask { first: true, change: Change { new: new.clone(), ..Change::default() }, ..ask(commands) };
        let shown = Shown { new: 2, own: 5, ..Shown::default() };
        let last = |ask: &Ask, shown: Shown| summary(ask, shown).pop().expect("one");
        assert_eq!(
            last(&first(vec![command("a", |_| {})]), shown),
            "A yes approves 1 command, 2 settings and the 5 plugins of this program."
        );
        assert_eq!(
            last(&first(Vec::new()), shown),
            "This project has no commands yet. A yes approves 2 settings and the 5 plugins of this program."
        );
        assert_eq!(
            last(&first(Vec::new()), Shown { new: 0, ..shown }),
            "This project has no commands yet. A yes lets the 5 plugins of this program work here."
        );
        let lines = summary(&first(Vec::new()), Shown { foreign: 2, ..shown });
        assert_eq!(lines[0], "  2 plugins come from outside this program.");
    }
}
