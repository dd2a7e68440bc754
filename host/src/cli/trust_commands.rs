//! Commands on the trust screen: each once, with its shell, its setup and its folder, what of it destroys something, and
//! how many sessions have it. Pure.

use session_sdk::Check;

use super::ask::{Ask, AskedCommand};
use super::trust_origins::Place;
use super::trust_screen::{Item, thousands};
use crate::quote::{beyond_ascii, quote};

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
    check.timeout.iter().for_each(|milliseconds| add("time limit", super::ui::seconds(*milliseconds)));
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

/// What a yes is about, in one line of ours.
pub(super) fn summary(ask: &Ask) -> String {
    let new: Vec<&AskedCommand> = ask.new_commands().collect();
    let dangerous = new.iter().filter(|command| !command.dangers.is_empty()).count();
    let mut parts = Vec::new();
    if !new.is_empty() {
        let destroy = if dangerous == 1 { "destroys" } else { "destroy" };
        let of = if dangerous > 0 {
            format!(" ({} of them {destroy} something)", thousands(dangerous))
        } else {
            String::new()
        };
        parts.push(format!("{}{of}", many(new.len(), "new command")));
    }
    let change = &ask.change;
    for (number, what) in [
        (change.new.len(), "new setting"),
        (change.changed.len(), "changed setting"),
        (change.removed.len(), "removed setting"),
    ] {
        if number > 0 {
            parts.push(many(number, what));
        }
    }
    let asked = if parts.is_empty() { "nothing new".to_owned() } else { parts.join(", ") };
    let known = ask.commands.len() - new.len();
    let known = if known > 0 { format!(" {} approved already.", many(known, "command")) } else { String::new() };
    let unread = if ask.unread {
        " The plan cannot be read, so no command of it is part of this: session asks for them before they run."
    } else {
        ""
    };
    format!("A yes approves {asked}.{known}{unread}")
}

fn many(number: usize, what: &str) -> String {
    format!("{} {what}{}", thousands(number), if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::{Change, CommandDigest, ProjectSettings};

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
        assert_eq!(summary(&all), "A yes approves 2 new commands. 1 command approved already.");
    }
}
