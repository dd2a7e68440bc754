//! What each grant is worth to somebody who writes the plugin, in a sentence for the person who decides. Pure. No sentence
//! calls a grant harmless: what a program does with its arguments, nobody here knows.

use crate::grants::{Grants, RepositoryGrant};
use crate::quote::quote;

/// One line of a grant, as plugins.toml has it, and its worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worth {
    /// `run`, `read`, `write` or `repository`.
    pub key: &'static str,
    /// A pattern of the plugin's author: quote it.
    pub pattern: String,
    /// What it names of the pattern stands in quotes.
    pub sentence: String,
    /// As good as a shell.
    pub any_program: bool,
}

const ANY: &str = "This grant lets the plugin run any program.";

/// Programs that run others, or code that is an argument, a variable or a file of the project's: shells, interpreters,
/// programs that start others, with others' rights or on others' machines, and those that their options make do it.
const RUNNERS: &str = "\
    sh bash zsh dash ash ksh mksh fish csh tcsh elvish nu pwsh busybox toybox python pypy node nodejs deno bun perl \
    ruby php lua luajit tclsh awk gawk mawk nawk sed jshell java julia Rscript osascript gdb lldb env xargs find fd \
    nohup time timeout nice ionice setsid stdbuf script watch parallel strace entr systemd-run at crontab flock \
    chroot unshare nsenter sudo doas su ssh rsync git tar vim";
/// Programs that install or run what a package, an image or a build file of the project says.
const BUILDERS: &str = "\
    make gmake cmake ninja meson bazel buck2 just task rake ant mvn mvnw gradle gradlew sbt cargo rustup go npm npx \
    pnpm pnpx yarn bunx pip pip3 pipx uv uvx poetry pdm hatch tox nox conda mamba bundle gem composer dotnet swift \
    cabal stack mix nix brew apt apt-get dnf apk docker docker-compose podman kubectl pre-commit";
/// Programs that load code of the project: its tests, settings or migrations.
const LOADERS: &str = "\
    pytest alembic django-admin flask jest vitest mocha eslint tsc ruff mypy terraform";
/// Programs that write where their arguments say, so that the next shell or hook runs it.
const WRITERS: &str = "cp mv ln install dd tee curl wget chmod patch unzip scp";

/// Every line of a grant with its worth, in the order of plugins.toml.
pub fn worth(grants: &Grants) -> Vec<Worth> {
    let of = |key, patterns: &[String], say: fn(&str) -> (String, bool)| -> Vec<Worth> {
        let one = |pattern: &String| {
            let (sentence, any_program) = say(pattern);
            Worth { key, pattern: pattern.clone(), sentence, any_program }
        };
        patterns.iter().map(one).collect()
    };
    let mut all = of("run", &grants.run, of_run);
    all.extend(of("read", &grants.read, |pattern| (of_read(pattern), false)));
    all.extend(of("write", &grants.write, |pattern| (of_write(pattern), false)));
    all.extend(grants.repository.map(|grant| Worth {
        key: "repository",
        pattern: match grant {
            RepositoryGrant::Read => "read".to_owned(),
            RepositoryGrant::Commit => "commit".to_owned(),
        },
        sentence: of_repository(grant).to_owned(),
        any_program: false,
    }));
    all
}

/// What a plugin of this program does with the grants that it has by default, in a few words: whoever has the program
/// has the plugin, so that only its kind of work is news.
pub fn work(grants: &Grants) -> String {
    let mut all = Vec::new();
    let list = |names: &mut dyn Iterator<Item = &str>| names.map(quote).collect::<Vec<_>>().join(", ");
    if grants.run.iter().any(|pattern| pattern == "**") {
        all.push("runs commands".to_owned());
    } else if !grants.run.is_empty() {
        let mut programs: Vec<&str> = Vec::new();
        for program in grants.run.iter().filter_map(|pattern| pattern.split_whitespace().next()) {
            let name = program.rsplit('/').next().unwrap_or(program);
            if !programs.contains(&name) {
                programs.push(name);
            }
        }
        all.push(format!("runs {}", list(&mut programs.into_iter())));
    }
    if !grants.read.is_empty() {
        all.push("reads files".to_owned());
    }
    if !grants.write.is_empty() {
        all.push(format!("writes {}", list(&mut grants.write.iter().map(String::as_str))));
    }
    match grants.repository {
        Some(RepositoryGrant::Read) => all.push("reads commits".to_owned()),
        Some(RepositoryGrant::Commit) => all.push("commits".to_owned()),
        None => {}
    }
    if all.is_empty() { "works on what session gives it".to_owned() } else { all.join("; ") }
}

fn of_run(pattern: &str) -> (String, bool) {
    let mut tokens = pattern.split_whitespace();
    let Some(program) = tokens.next() else { return ("This grant runs nothing.".to_owned(), false) };
    let rest: Vec<&str> = tokens.collect();
    let is_open = |token: &&str| matches!(*token, "*" | "**");
    let any_arguments = rest.iter().any(is_open);
    let name = program.rsplit('/').next().unwrap_or(program);
    // `python3.12` is as good as `python`.
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let is = |list: &str| list.split_whitespace().any(|known| known == name || known == plain);
    if program.contains('*') || (any_arguments && is(RUNNERS)) {
        return (ANY.to_owned(), true);
    }
    let name = quote(name);
    if any_arguments && is(BUILDERS) {
        return (format!("{ANY} {name} runs what its arguments and files of this project say."), true);
    }
    if any_arguments && is(WRITERS) {
        return (format!("{ANY} {name} can write a file that a shell or a hook runs later."), true);
    }
    let arguments = if any_arguments { "arguments of the plugin's choice" } else { "these arguments only" };
    if program.contains('/') && !program.starts_with('/') {
        let whose = if program.starts_with("../") { "a file beside this project" } else { "a file of this project" };
        return (
            format!("This grant runs {whose} with {arguments}. Who changes the file decides what it does."),
            false,
        );
    }
    if is(LOADERS) {
        return (format!("{name} runs code of this project, such as its settings, tests or migrations."), false);
    }
    if is(RUNNERS) || is(BUILDERS) {
        return (format!("This grant runs {name} with {arguments}. It may run code of this project."), false);
    }
    (format!("This grant runs {name} with {arguments}. It is worth what {name} can do."), false)
}

fn of_read(pattern: &str) -> String {
    match is_everything(pattern) {
        true => "The plugin can read every file below the project, ignored ones such as .env too.".to_owned(),
        false => "The plugin can read these files, ignored ones too.".to_owned(),
    }
}

fn of_write(pattern: &str) -> String {
    match is_everything(pattern) {
        true => "The plugin can change or remove any file of the project, scripts and hooks that you run later too.",
        false => "The plugin can change or remove these files. If you or a check runs one, it can run any program.",
    }
    .to_owned()
}

const fn of_repository(grant: RepositoryGrant) -> &'static str {
    match grant {
        RepositoryGrant::Read => "The plugin can read every commit of the repository.",
        RepositoryGrant::Commit => "The plugin can put commits on your branch under your name.",
    }
}

/// Whether a pattern of paths leaves nothing out but, at most, what lies in the top folder.
fn is_everything(pattern: &str) -> bool {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    pattern.starts_with("**") && pattern.trim_matches(['*', '/']).is_empty()
        || matches!(pattern, "*/**" | "{**,*}" | "{*,**}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pattern: &str) -> (String, bool) {
        of_run(pattern)
    }

    #[test]
    fn as_good_as_a_shell() {
        for open in [
            "**",
            "* build",
            "sh **",
            "/bin/bash -c *",
            "python3.12 **",
            "python3 -m pytest *",
            "git **",
            "git log **",
            "env **",
            "npm **",
            "uv run --no-sync alembic **",
            "cp * *",
            "curl **",
            "s* x",
            ".venv/bin/python **",
        ] {
            let (sentence, any_program) = of(open);
            assert!(any_program && sentence.starts_with(ANY), "{open}: {sentence}");
        }
    }

    #[test]
    fn every_other_pattern_has_its_own_sentence() {
        for (pattern, said) in [
            (
                ".venv/bin/alembic **",
                "a file of this project with arguments of the plugin's choice. Who changes the file",
            ),
            ("./x", "This grant runs a file of this project with these arguments only. Who"),
            ("../.venv/bin/alembic **", "a file beside this project"),
            ("alembic **", "\"alembic\" runs code of this project"),
            ("sh ci/test.sh", "\"sh\" with these arguments only. It may run code of this project"),
            (
                "notify-send *",
                "\"notify-send\" with arguments of the plugin's choice. It is worth what \"notify-send\" can do",
            ),
            ("/usr/bin/true", "\"true\" with these arguments only"),
            ("", "runs nothing"),
        ] {
            let (sentence, any_program) = of(pattern);
            assert!(sentence.contains(said) && !any_program, "{pattern}: {sentence}");
        }
    }

    #[test]
    fn the_work_of_a_plugin_in_a_few_words() {
        let of = |text: &str| work(&toml::from_str(text).expect("valid"));
        assert_eq!(of("run = [\"**\"]"), "runs commands");
        assert_eq!(
            of("run = [\"jj **\", \".venv/bin/jj **\", \"uv run jj **\"]\nread = [\"**\"]\nrepository = \"read\""),
            "runs \"jj\", \"uv\"; reads files; reads commits"
        );
        assert_eq!(of("write = [\"a\\n\", \"b\"]\nrepository = \"commit\""), r#"writes "a\n", "b"; commits"#);
        assert_eq!(of(""), "works on what session gives it");
    }

    #[test]
    fn grants_of_each_kind() {
        let grants: Grants = toml::from_str(
            "run = [\"jj **\"]\nread = [\"**\", \"docs/*\"]\nwrite = [\"**\", \"**/*\", \"out/**\"]\nrepository = \"commit\"",
        )
        .expect("valid");
        let all = worth(&grants);
        let keys: Vec<&str> = all.iter().map(|one| one.key).collect();
        assert_eq!(keys, ["run", "read", "read", "write", "write", "write", "repository"]);
        let said = |at: usize, what: &str| assert!(all[at].sentence.contains(what), "{:?}", all[at]);
        said(1, "such as .env");
        said(3, "hooks that you run later");
        said(4, "hooks that you run later");
        said(5, "these files");
        said(6, "under your name");
        assert!(all.iter().all(|one| !one.any_program && !one.sentence.contains("safe")));
    }
}
