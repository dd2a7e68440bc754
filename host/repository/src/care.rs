//! Asking git in a clone that its user has not approved. The answers are needed (`status`, `show`, `plan`), and git would run
//! programs to find some of them: a watcher of files, hooks, filters, another git in a submodule, whatever fetches what a
//! partial clone lacks. `.git/config` names them, and a folder that was unpacked brings its own. So git is told to do
//! without: no program is run. Without its filter a file may then count as changed that is not.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Until somebody says that this clone is approved.
static CAREFUL: AtomicBool = AtomicBool::new(!cfg!(test));

/// For this process: whether questions to git must run nothing that the repository names. They must not from the beginning;
/// with `false` whoever calls says that the user has approved this clone.
pub fn ask_git_carefully(careful: bool) {
    CAREFUL.store(careful, Ordering::Relaxed);
}

pub(super) fn is_careful() -> bool {
    CAREFUL.load(Ordering::Relaxed)
}

/// Settings that name no program.
const QUIET: [(&str, &str); 3] = [("core.fsmonitor", "false"), ("core.hooksPath", "/dev/null"), ("core.pager", "cat")];
/// No fetch, by git or by anything that it starts; no question on the terminal; nothing written in passing.
const VARIABLES: [(&str, &str); 5] = [
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_PAGER", "cat"),
];
/// Of every filter that the configuration knows, by the last word of its key: nothing to run, and no failure without it.
const FILTERS: [(&str, &str); 4] = [("clean", ""), ("smudge", ""), ("process", ""), ("required", "false")];

/// Has a run of git do without programs. `filters` are keys of the configuration.
pub(super) fn quieten(command: &mut Command, filters: &[String]) {
    let of_filter = |key: &String| {
        let word = key.rsplit('.').next().unwrap_or_default();
        let (_, value) = FILTERS.into_iter().find(|(known, _)| word.eq_ignore_ascii_case(known))?;
        Some((key.clone(), value))
    };
    let fixed = QUIET.into_iter().map(|(key, value)| (key.to_owned(), value));
    let settings: Vec<(String, &str)> = fixed.chain(filters.iter().filter_map(of_filter)).collect();
    // Behind those that the user has given, and stronger than any file.
    let given =
        std::env::var("GIT_CONFIG_COUNT").ok().and_then(|count| count.parse::<usize>().ok()).unwrap_or_default();
    for (at, (key, value)) in settings.iter().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{}", given + at), key);
        command.env(format!("GIT_CONFIG_VALUE_{}", given + at), value);
    }
    command.env("GIT_CONFIG_COUNT", (given + settings.len()).to_string());
    command.envs(VARIABLES);
}

/// The git of the user's PATH. An entry that is no whole path would mean the folder that git is run in, which is the
/// project's: there may lie another program of that name.
pub(super) fn program() -> &'static Path {
    static FOUND: LazyLock<PathBuf> = LazyLock::new(|| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        found(&path).unwrap_or_else(|| PathBuf::from("git"))
    });
    &FOUND
}

fn found(path: &OsString) -> Option<PathBuf> {
    let entries = std::env::split_paths(path).filter(|entry| entry.is_absolute());
    entries.map(|entry| entry.join("git")).find(|git| super::paths::is_executable(git))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_that_names_a_program() {
        let mut command = Command::new("git");
        let filters = ["filter.a=b.c.clean", "filter.a.Required", "filter.a.process", "filter.a.other"];
        quieten(&mut command, &filters.map(str::to_owned));
        let given: Vec<(String, String)> = command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value?.to_str()?.to_owned())))
            .collect();
        let of = |name: &str| given.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!((of("GIT_CONFIG_COUNT"), of("GIT_NO_LAZY_FETCH")), (Some("6"), Some("1")));
        assert_eq!((of("GIT_CONFIG_KEY_0"), of("GIT_CONFIG_VALUE_0")), (Some("core.fsmonitor"), Some("false")));
        assert_eq!((of("GIT_CONFIG_KEY_3"), of("GIT_CONFIG_VALUE_3")), (Some("filter.a=b.c.clean"), Some("")));
        assert_eq!((of("GIT_CONFIG_KEY_4"), of("GIT_CONFIG_VALUE_4")), (Some("filter.a.Required"), Some("false")));
    }

    #[test]
    fn a_git_of_the_project_is_not_run() {
        let folder = tempfile::tempdir().expect("temp");
        assert_eq!(found(&OsString::from(":.:bin")), None);
        std::fs::write(folder.path().join("git"), "").expect("written");
        assert_eq!(found(&folder.path().into()), None, "no program");
    }
}
