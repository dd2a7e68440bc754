//! What is said where approval is missing: why nothing ran, and what a person types. The question itself is `approve.rs`.

use session_core::approval::SettingChange;
use session_core::quote::without_middle;
use session_engine::plugin::{Listing, Source};
use session_engine::project::{MANIFEST, key_parts};

use super::app::App;
use super::approve::is_untracked;
use super::ask::Ask;
use super::error::{CommandError, ErrorKind};
use super::words::{count, first_line};

/// Settings and commands that are named; how many more there are, is said.
const MOST: usize = 5;
/// Characters of one value.
const LONGEST: usize = 200;

/// Nothing of a clone runs before its user has approved it.
pub(crate) fn not_approved(message: impl Into<String>) -> CommandError {
    CommandError::new(message).kind(ErrorKind::NotTrusted)
}

/// A person was asked, and said no.
pub(crate) fn said_no() -> CommandError {
    not_approved("you said no, so nothing ran")
        .hint("session trust --commands prints all that was asked")
        .hint("session trust asks again")
}

/// The question cannot be put.
pub(crate) fn no_terminal(options: &str, by_agent: bool) -> CommandError {
    approval_hints(not_approved("this needs your approval, but there is no terminal"), options, by_agent)
}

/// What a person types. To approve is a person's affair, so an agent is not told the command that does it unasked.
pub(crate) fn approval_hints(error: CommandError, options: &str, by_agent: bool) -> CommandError {
    let error = error
        .hint(format!("a person types `session trust{options}` in a terminal"))
        .hint(format!("`session trust --dry-run{options}` shows what would be approved"));
    if by_agent { error } else { error.hint(format!("only in CI: `session trust --yes{options}`")) }
}

/// Why nothing runs, where nobody can be asked.
pub(crate) fn refusal(app: &App<'_>, listing: &Listing, ask: &Ask) -> CommandError {
    let error = if ask.first { first(app) } else { changed(app, listing, ask) };
    let files = changed_files(ask);
    let own = |name: &&String| {
        // A file that git tracks is anybody's, and its new bytes are never accepted unseen.
        listing.component(name).is_some_and(|(path, _)| is_untracked(&app.project, path))
    };
    let error = approval_hints(error, "", app.is_agent());
    let is_set_up = app.project.has_manifest || !ask.first;
    let error = if is_set_up { error } else { error.hint("`session init NAME` sets a project of your own up") };
    let error = files
        .iter()
        .filter(own)
        .fold(error, |error, name| error.hint(format!("if you build `{name}` yourself: `session trust --dev {name}`")));
    error.with("asked", ask.json())
}

fn first(app: &App<'_>) -> CommandError {
    let error = not_approved(format!("{} is not approved", app.project.root.display()));
    match app.trust.earlier() {
        Some(earlier) => error.because(format!(
            "approvals of the older version, in {}, do not count, because they hold no contents; session asks once more",
            earlier.display()
        )),
        None => error.because("you have not approved this clone yet; until then session runs nothing of it"),
    }
}

fn changed(app: &App<'_>, listing: &Listing, ask: &Ask) -> CommandError {
    let file = |name: &String| format!("the file of the plugin `{name}` changed since you approved it");
    let files = changed_files(ask);
    let lists = [&ask.change.new, &ask.change.changed, &ask.change.removed];
    let settings: Vec<&SettingChange> = lists.into_iter().flatten().filter(|one| file_of(one).is_none()).collect();
    let Some(message) = what_changed(app, listing, &settings) else {
        let mut files = files.iter().map(file);
        let error = not_approved(files.next().unwrap_or_else(|| "this project changed".to_owned()));
        return files.fold(error, CommandError::because);
    };
    let error = settings.iter().take(MOST).fold(not_approved(message), |error, one| error.because(setting(one)));
    files.iter().map(file).fold(and_more(error, settings.len()), CommandError::because)
}

/// The source of settings that differ; none where none does.
fn what_changed(app: &App<'_>, listing: &Listing, settings: &[&SettingChange]) -> Option<String> {
    // The defaults of this program are grants, and the plugins themselves.
    let is_default = |one: &&SettingChange| match &key_parts(&one.key)[..] {
        [plugin, name, field, ..] if plugin == "plugin" => {
            let table = app.project.manifest.plugins.iter().find(|table| table.name == *name);
            let bundled = listing.source(name) == Some(&Source::Bundled);
            bundled && (field == "source" || field == "grant") && table.is_none_or(|table| table.grant.is_none())
        }
        _ => false,
    };
    let own_keys = settings.iter().any(|one| one.before.is_some() && !is_default(one));
    Some(match settings {
        [] => return None,
        _ if !app.project.has_manifest && own_keys => {
            format!("{MANIFEST} was removed, and the defaults need your approval")
        }
        all if !app.project.has_manifest || all.iter().all(is_default) => {
            "the default plugins or their grants differ from those that you approved".to_owned()
        }
        _ => format!("{MANIFEST} changed, and you have not approved the change"),
    })
}

/// Plugins whose files have other bytes.
fn changed_files(ask: &Ask) -> Vec<String> {
    ask.change.changed.iter().filter_map(file_of).collect()
}

/// The plugin whose bytes differ; none where the change is about anything else.
fn file_of(one: &SettingChange) -> Option<String> {
    let both = one.before.is_some() && one.now.is_some();
    match &key_parts(&one.key)[..] {
        [plugin, name, field] if both && plugin == "plugin" && field == "digest" => Some(name.clone().into_owned()),
        _ => None,
    }
}

/// As plugins.toml has it.
fn setting(one: &SettingChange) -> String {
    let Some(now) = &one.now else { return format!("no longer there: `{}`", one.key) };
    let toml = serde_json::from_str::<toml::Value>(now).ok().map(|value| value.to_string());
    // A text of several lines is one line in JSON.
    let toml = toml.filter(|text| !text.contains('\n'));
    format!("`{} = {}`", one.key, without_middle(toml.as_ref().unwrap_or(now), LONGEST))
}

/// Why a session's checks do not run, where nobody can be asked. `new`: their commands.
pub(crate) fn new_commands(id: &str, new: &[&str], options: &str, by_agent: bool) -> CommandError {
    let error = not_approved(format!("{id} has {} that you have not approved", count(new.len(), "command")));
    let error = new.iter().take(MOST).fold(error, |error, text| error.because(format!("new: {}", first_line(text))));
    approval_hints(and_more(error, new.len()), options, by_agent)
}

fn and_more(error: CommandError, all: usize) -> CommandError {
    if all > MOST { error.because(format!("… and {} more", all - MOST)) } else { error }
}
