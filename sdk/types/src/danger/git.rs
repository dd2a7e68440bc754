//! What git does to the project's own history, index and files, by the command that is typed.

use super::Grade;
use super::place::Place;
use super::script::Shell;
use super::word::{Part, Word};

/// `git …`, with all its words.
pub(super) fn git(shell: &mut Shell<'_>, words: &[Word]) {
    let mut here = shell.here.clone();
    let mut at = 1;
    while let Some(word) = words.get(at) {
        let text = word.text().unwrap_or_default();
        match text.as_str() {
            "-C" => {
                here = words.get(at + 1).map_or(here.clone(), |folder| here.of(shell.ground, folder));
                at += 2;
            }
            "-c" | "--config-env" => {
                alias(shell, words.get(at + 1));
                at += 2;
            }
            "--git-dir" | "--work-tree" | "--namespace" | "--super-prefix" | "--attr-source" => at += 2,
            option if option.starts_with('-') => at += 1,
            _ => break,
        }
    }
    // What is done to a repository that was made a moment ago is nobody's loss.
    if here == Place::Scratch {
        return;
    }
    let Some(command) = words.get(at).and_then(Word::text) else { return };
    if let Some(why) = why(&command, &words[at + 1..]) {
        shell.report(Grade::Project, words, why);
    }
}

/// `-c alias.x='!…'` is a command under another name.
fn alias(shell: &mut Shell<'_>, setting: Option<&Word>) {
    let Some(text) = setting.and_then(Word::text) else { return };
    let Some((_, value)) = text.split_once('=').filter(|(key, _)| key.to_lowercase().starts_with("alias.")) else {
        return;
    };
    match value.strip_prefix('!') {
        Some(command) => shell.subshell(command),
        None => shell.subshell(&format!("git {value}")),
    }
}

fn why(command: &str, arguments: &[Word]) -> Option<&'static str> {
    let texts: Vec<String> = arguments.iter().map(|word| word.text().unwrap_or_default()).collect();
    let has = |names: &[&str]| texts.iter().any(|text| names.contains(&text.as_str()));
    // `-D`, `-rD`: letters of one dash.
    let letter = |letters: &[char]| {
        texts.iter().any(|text| text.starts_with('-') && !text.starts_with("--") && text.contains(letters))
    };
    let dry = has(&["-n", "--dry-run"]) || has(&["-h", "--help"]);
    let first = texts.first().map_or("", String::as_str);
    let plain = texts.iter().filter(|text| !text.starts_with('-')).count();
    let found = match command {
        "reset" => Some("it takes commits from the branch, or throws unsaved changes away"),
        "clean" => (!dry && !letter(&['n'])).then_some("it removes files that no commit holds"),
        // A name may be that of a file, which is overwritten then; a new branch overwrites nothing.
        "checkout" if letter(&['b']) && !letter(&['f', 'B']) && !has(&["--", "--force"]) => None,
        "checkout" | "restore" => Some("it overwrites changes that no commit holds"),
        // Git itself keeps changes when it switches, unless it is told not to.
        "switch" => (letter(&['f', 'C']) || has(&["--force", "--discard-changes", "--force-create"]))
            .then_some("it overwrites changes that no commit holds, or moves a branch"),
        "push" => (!dry).then_some("it changes the repository that others share"),
        "commit" => (!dry).then_some("it makes a commit, which is for `session complete`"),
        "stash" => (!matches!(first, "list" | "show")).then_some("it takes changes out of the working tree"),
        "branch" => {
            let changes = letter(&['d', 'D', 'm', 'M', 'f', 'C']) || has(&["--delete", "--move", "--force"]);
            changes.then_some("it removes or moves a branch")
        }
        "tag" => (letter(&['d', 'f']) || has(&["--delete", "--force"])).then_some("it removes or moves a tag"),
        "rebase" | "merge" | "cherry-pick" | "revert" | "am" | "pull" | "filter-branch" | "filter-repo"
        | "fast-import" => Some("it changes the history of the branch"),
        "rm" => (!dry).then_some("it removes files that git tracks"),
        "mv" => (!dry).then_some("it moves files that git tracks"),
        "gc" | "prune" | "repack" => Some("it may remove commits that no branch holds"),
        "reflog" => matches!(first, "expire" | "delete").then_some("it removes what leads back to lost commits"),
        "update-ref" | "replace" => (!has(&["-l", "--list"])).then_some("it changes what branches and commits are"),
        "symbolic-ref" => (plain > 1 || has(&["-d", "--delete"])).then_some("it changes what HEAD is"),
        "worktree" => matches!(first, "remove" | "prune" | "move").then_some("it removes or moves a working tree"),
        // Without force git keeps what has changed in there.
        "submodule" => {
            let forced = first == "update" && (letter(&['f']) || has(&["--force"]));
            (forced || matches!(first, "deinit" | "foreach")).then_some("it may throw away changes in submodules")
        }
        "read-tree" | "checkout-index" => Some("it overwrites the index or files that no commit holds"),
        "bisect" => (!matches!(first, "log" | "view" | "visualize")).then_some("it checks other commits out"),
        "lfs" => matches!(first, "migrate" | "prune").then_some("it changes the history, or removes large files"),
        _ => None,
    };
    // `git reset -h` explains; a word that is not known may be anything.
    let unknown = arguments.iter().any(|word| word.0.iter().any(|part| matches!(part, Part::Unknown { .. })));
    found.filter(|_| unknown || !has(&["-h", "--help"]))
}
