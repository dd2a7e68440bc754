//! Commands that remove files: what git tracks, and what lies outside of the project.

use super::Grade;
use super::place::{Place, name_matches};
use super::script::Shell;
use super::word::{Part, Word};

/// `rm`, `rmdir`, `unlink`, `shred`, `truncate`, with their arguments.
pub(super) fn remove(shell: &mut Shell<'_>, words: &[Word]) {
    let program = words.first().and_then(Word::text).unwrap_or_default();
    let is_rm = program.ends_with("rm");
    let mut recursive = false;
    let mut paths = Vec::new();
    let (mut options, mut skip) = (true, false);
    for word in &words[1..] {
        let text = word.text().unwrap_or_default();
        if skip {
            skip = false;
        } else if options && text == "--" {
            options = false;
        } else if options && text.starts_with('-') && text.len() > 1 {
            let short = !text.starts_with("--");
            recursive |= is_rm && (short && text.contains(['r', 'R']) || text == "--recursive");
            // The size, and how often.
            skip = !is_rm && matches!(text.as_str(), "-s" | "--size" | "-n" | "--iterations" | "-r" | "--reference");
        } else {
            paths.push(word);
        }
    }
    for path in paths {
        if let Some(why) = removal_of(shell, path, recursive) {
            shell.report(Grade::Project, words, why);
            return;
        }
    }
}

/// Why a path must not be removed.
fn removal_of(shell: &Shell<'_>, path: &Word, recursive: bool) -> Option<String> {
    let tracked = |path: &str| format!("it removes {path}, which git tracks");
    if let [Part::Found { root, name }] = path.0.as_slice() {
        return found_by(shell, root, name.as_deref());
    }
    let place = shell.here.of(shell.ground, path);
    match place {
        Place::Scratch => None,
        Place::Unknown(shown) => {
            Some(format!("it removes {shown}, and the text of the check does not say where that leads"))
        }
        Place::Outside(shown) => {
            let passing = shown.starts_with("/tmp/") || shown.starts_with("/var/tmp/") || shown == "/dev/null";
            (recursive || !passing).then(|| format!("it removes {shown}, which lies outside of the project"))
        }
        Place::Inside(path) if path.is_empty() => recursive.then(|| "it removes the whole project".to_owned()),
        Place::Inside(path) if is_state(&path) => Some(format!("it removes {path}, where the history is kept")),
        Place::Inside(path) => (shell.ground.tracks)(&|file| is_at_or_below(&path, file)).then(|| tracked(&path)),
    }
}

/// Why what `find` finds must not be removed.
pub(super) fn found_by(shell: &Shell<'_>, root: &Word, name: Option<&str>) -> Option<String> {
    let shown = root.shown();
    let names = name.map_or(String::new(), |name| format!(" named {name}"));
    match shell.here.of(shell.ground, root) {
        Place::Scratch => None,
        Place::Unknown(_) => {
            Some(format!("it removes files below {shown}, and the text of the check does not say where that leads"))
        }
        Place::Outside(_) => Some(format!("it removes files below {shown}, which lies outside of the project")),
        Place::Inside(folder) => {
            let is_found = |file: &str| {
                let below = if folder.is_empty() { Some(file) } else { below(&folder, file) };
                below.is_some_and(|rest| name.is_none_or(|name| rest.split('/').any(|part| name_matches(name, part))))
            };
            (shell.ground.tracks)(&is_found).then(|| format!("it removes files{names} below {shown}, which git tracks"))
        }
    }
}

fn is_state(path: &str) -> bool {
    [".git", ".session"].iter().any(|state| path.split('/').next().is_some_and(|first| name_is(first, state)))
}

fn name_is(pattern: &str, name: &str) -> bool {
    // A shell's `*` takes no name that begins with a dot.
    pattern == name || pattern.starts_with('.') && name_matches(pattern, name)
}

/// The file is what the path names, name by name, or lies below it.
fn is_at_or_below(path: &str, file: &str) -> bool {
    let mut names = file.split('/');
    path.split('/').all(|pattern| names.next().is_some_and(|name| name_matches(pattern, name)))
}

fn below<'f>(folder: &str, file: &'f str) -> Option<&'f str> {
    if !is_at_or_below(folder, file) {
        return None;
    }
    let mut rest = file;
    for _ in folder.split('/') {
        rest = rest.split_once('/').map_or("", |(_, rest)| rest);
    }
    Some(rest)
}

/// `find`: what it removes, and what it runs for each file.
pub(super) fn find(shell: &mut Shell<'_>, words: &[Word]) {
    let text = |word: &Word| word.text().unwrap_or_default();
    let is_root = |word: &&Word| !text(word).starts_with(['-', '(', '!']);
    let mut roots: Vec<Word> = words[1..].iter().take_while(is_root).cloned().collect();
    if roots.is_empty() {
        roots.push(Word::literal("."));
    }
    let named = words.windows(2).find(|pair| matches!(text(&pair[0]).as_str(), "-name" | "-iname"));
    let name = named.and_then(|pair| pair[1].text());
    for (at, word) in words.iter().enumerate() {
        match text(word).as_str() {
            "-delete" => {
                let why = roots.iter().find_map(|root| found_by(shell, root, name.as_deref()));
                why.into_iter().for_each(|why| shell.report(Grade::Project, words, why));
            }
            "-exec" | "-execdir" | "-ok" | "-okdir" => {
                let run = words[at + 1..].iter().take_while(|word| !matches!(text(word).as_str(), ";" | "+"));
                let run: Vec<Word> = run.cloned().collect();
                for root in &roots {
                    let found = || Word(vec![Part::Found { root: root.clone(), name: name.clone() }]);
                    let fill = |word: &Word| if text(word) == "{}" { found() } else { word.clone() };
                    let run: Vec<Word> = run.iter().map(fill).collect();
                    shell.command(&run, super::script::Input::default());
                }
            }
            _ => {}
        }
    }
}
