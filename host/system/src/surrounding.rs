//! The repository that a surrounding git works on, as its hooks and aliases see it in the environment. Programs that the
//! host starts must not take it for theirs: `git init` of a check would change the user's repository. The host's own git
//! calls honour these variables (`repository/place.rs`).

use std::ffi::OsString;
use std::process::Command;

/// Variables that name a repository or a part of one: they are about the repository of the project's root, and never
/// about another one that the project has beside it. `git rev-parse --local-env-vars` lists them, and
/// settings besides.
pub const NAMING: [&str; 13] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_GRAFT_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_NO_REPLACE_OBJECTS",
];

/// Settings of one run of git, which it hands to what it starts. `GIT_CONFIG_COUNT` is set by people only, and stays.
const SETTINGS: [&str; 3] = ["GIT_CONFIG_PARAMETERS", "GIT_CONFIG", "GIT_INTERNAL_SUPER_PREFIX"];

/// Takes them out of a program's environment.
pub fn without_surrounding_git(command: &mut Command) -> &mut Command {
    for name in foreign(|name| std::env::var_os(name)) {
        command.env_remove(name);
    }
    command
}

/// What a program must not inherit. Git puts the folder of its programs into `GIT_EXEC_PATH` and `PATH` of everything that it
/// starts, and `GIT_PREFIX` into the environment of aliases; and it names a working tree only where somebody told it to. So a
/// person named the repository where there are both folders, and no git around it.
fn foreign(value: impl Fn(&str) -> Option<OsString>) -> Vec<&'static str> {
    let in_path = |folder: OsString| {
        let path = value("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|entry| entry.as_os_str() == folder)
    };
    let by_git = value("GIT_PREFIX").is_some() || value("GIT_EXEC_PATH").is_some_and(in_path);
    let by_person = !by_git && value("GIT_DIR").is_some() && value("GIT_WORK_TREE").is_some();
    let repository = NAMING.into_iter().filter(|_| !by_person);
    repository.chain(SETTINGS.into_iter().filter(|_| by_git)).filter(|name| value(name).is_some()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Vec<&'static str> {
        foreign(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn what_git_hands_on_is_told_from_what_a_person_says() {
        let user = [("GIT_DIR", "/home/kim/dotfiles"), ("GIT_WORK_TREE", "/home/kim")];
        assert!(of(&user).is_empty() && of(&[]).is_empty());
        let all = |more: &[(&'static str, &'static str)]| of(&user.iter().chain(more).copied().collect::<Vec<_>>());
        assert_eq!(all(&[("GIT_PREFIX", "")]), ["GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX"]);
        let hook = [("GIT_EXEC_PATH", "/usr/lib/git-core"), ("PATH", "/usr/lib/git-core:/usr/bin")];
        assert_eq!(all(&hook), ["GIT_DIR", "GIT_WORK_TREE"]);
        let set_by_hand = [("GIT_EXEC_PATH", "/opt/git-core"), ("PATH", "/usr/bin")];
        assert!(all(&set_by_hand).is_empty());
        assert_eq!(of(&[("GIT_DIR", ".git"), ("GIT_INDEX_FILE", ".git/index")]), ["GIT_DIR", "GIT_INDEX_FILE"]);
        assert_eq!(of(&[("GIT_PREFIX", ""), ("GIT_CONFIG_PARAMETERS", "x"), ("GIT_CONFIG_COUNT", "1")]).len(), 2);
        assert!(
            of(&[("GIT_CONFIG_COUNT", "1"), ("GIT_AUTHOR_NAME", "Kim"), ("GIT_CEILING_DIRECTORIES", "/")]).is_empty()
        );
    }
}
