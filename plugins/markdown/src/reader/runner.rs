//! Whether the text of a bare `<check>` is a command or prose (R13 of the format's rulings). In doubt it is prose: what
//! is wrongly manual is asked for, what is wrongly a command would run.

/// Programs that checks begin with, and the words that may follow as their sub-commands.
const RUNNERS: [(&str, &[&str]); 44] = [
    ("alembic", &["upgrade", "downgrade", "heads", "current", "check", "history", "branches"]),
    ("bash", &[]),
    ("bun", &["test", "run", "x"]),
    ("bundle", &["exec"]),
    ("cargo", &["test", "build", "run", "check", "clippy", "fmt", "doc", "bench", "nextest", "deny", "audit"]),
    ("composer", &["test", "run", "validate"]),
    ("curl", &[]),
    ("deno", &["test", "run", "lint", "check"]),
    ("docker", &["compose", "build", "run", "exec"]),
    ("docker-compose", &["up", "run", "exec", "config"]),
    ("dotnet", &["test", "build", "run", "format"]),
    ("eslint", &[]),
    ("git", &["diff", "status", "log", "grep", "show", "ls-files"]),
    ("go", &["test", "build", "vet", "run", "generate"]),
    ("gradle", &["test", "build", "check"]),
    ("grep", &[]),
    ("jest", &[]),
    ("just", &[]),
    ("kubectl", &["get", "apply", "diff", "rollout"]),
    ("make", &[]),
    ("mix", &["test", "format", "compile"]),
    ("mvn", &["test", "verify", "package"]),
    ("mypy", &[]),
    ("node", &[]),
    ("npm", &["test", "run", "ci", "install", "exec", "start", "audit"]),
    ("npx", &[]),
    ("php", &[]),
    ("phpunit", &[]),
    ("pip", &["check", "install", "list"]),
    ("pnpm", &["test", "run", "install", "exec", "lint", "build"]),
    ("poetry", &["run", "check", "install"]),
    ("psql", &[]),
    ("pytest", &[]),
    ("python", &[]),
    ("python3", &[]),
    ("rake", &[]),
    ("rspec", &[]),
    ("ruff", &["check", "format"]),
    ("sh", &[]),
    ("terraform", &["plan", "validate", "fmt"]),
    ("tox", &[]),
    ("tsc", &[]),
    ("uv", &["run", "sync", "lock"]),
    ("yarn", &["test", "run", "install", "lint", "build"]),
];

/// The command in the text: without prose in parentheses behind it.
pub(super) fn command(text: &str) -> Option<&str> {
    let text = text.trim();
    let bare = match text.rfind(" (") {
        Some(at) if text.ends_with(')') => text[..at].trim_end(),
        _ => text,
    };
    let mut words = bare.split_whitespace();
    let first = words.next()?;
    let rest: Vec<&str> = words.collect();
    let is_path = first.contains('/');
    if is_document(first) || reads_as_prose(&rest) {
        return None;
    }
    let runner = RUNNERS.iter().find(|(name, _)| *name == first);
    if runner.is_none() && !is_path {
        return None;
    }
    let sub_command = runner.is_some_and(|(_, subs)| rest.first().is_some_and(|word| subs.contains(word)));
    (rest.len() <= 1 || sub_command || rest.iter().any(|word| is_argument(word))).then_some(bare)
}

/// A file that is no program, such as `src/door.rs`.
fn is_document(word: &str) -> bool {
    const PROGRAMS: [&str; 12] = ["sh", "bash", "zsh", "py", "rb", "pl", "js", "mjs", "ts", "php", "exe", "bat"];
    let name = word.rsplit('/').next().unwrap_or(word);
    name.rsplit_once('.').is_some_and(|(stem, ending)| !stem.is_empty() && !PROGRAMS.contains(&ending))
}

/// `git status is clean`, `npm test passes`: a verb behind plain words says what shall be so.
fn reads_as_prose(arguments: &[&str]) -> bool {
    const VERBS: [&str; 45] = [
        "agrees",
        "are",
        "builds",
        "compile",
        "compiles",
        "completes",
        "contains",
        "does",
        "exits",
        "exists",
        "fails",
        "finishes",
        "gives",
        "has",
        "have",
        "is",
        "lists",
        "logs",
        "must",
        "opens",
        "outputs",
        "pass",
        "passes",
        "prints",
        "produces",
        "reports",
        "refuses",
        "rejects",
        "renders",
        "responds",
        "returns",
        "runs",
        "says",
        "shall",
        "should",
        "shows",
        "starts",
        "stays",
        "stops",
        "succeed",
        "succeeds",
        "terminates",
        "was",
        "works",
        "writes",
    ];
    // Behind a flag or in quotes a word is the program's.
    let own = |word: &&&str| !word.starts_with(['-', '"', '\'', '$', '|', '&', '>', '<', ';']);
    let is_verb = |word: &str| VERBS.contains(&word.trim_end_matches([',', '.', ':']));
    // At the end, one that tells what happens is prose behind whatever flags.
    let tells = arguments.len() > 1 && arguments.last().is_some_and(|word| word.ends_with('s') && is_verb(word));
    tells || arguments.iter().take_while(own).any(|word| is_verb(word))
}

/// A flag, a path or an operator: prose has none of them.
fn is_argument(word: &str) -> bool {
    let flag =
        word.strip_prefix('-').is_some_and(|rest| rest.trim_start_matches('-').starts_with(char::is_alphanumeric));
    let file = word
        .split_once('.')
        .is_some_and(|(stem, ending)| !stem.is_empty() && ending.starts_with(char::is_alphanumeric));
    let operator = matches!(word, "|" | "||" | "&&" | ">" | ">>" | "<" | ";" | "2>&1");
    flag || file || operator || (word.contains('/') && word.len() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_prose() {
        for (text, found) in [
            ("pytest", Some("pytest")),
            ("npm test (all green)", Some("npm test")),
            ("npm run build", Some("npm run build")),
            ("cargo test -p berths", Some("cargo test -p berths")),
            ("python tools/load.py data.csv (prints 41)", Some("python tools/load.py data.csv")),
            ("./check.sh", Some("./check.sh")),
            ("make test", Some("make test")),
            ("make sure the log is empty", None),
            ("go home before midnight please", None),
            ("Crane 3 (under repair) cannot be booked", None),
            ("The tests pass", None),
            ("git status is clean", None),
            ("npm test passes", None),
            ("python kiln.py prints the temperature", None),
            ("src/door.rs compiles", None),
            ("/potter review door.md shows no remark", None),
            ("cargo build succeeds", None),
            ("README.md", None),
            ("docs/README.md", None),
            ("cargo build --release (no warnings)", Some("cargo build --release")),
            ("make -C kiln door", Some("make -C kiln door")),
            ("python -m pytest tests -q passes", None),
            ("grep -q pass build/log.txt", Some("grep -q pass build/log.txt")),
            ("python3 -m pytest tests -k \"owner is known\"", Some("python3 -m pytest tests -k \"owner is known\"")),
            ("./bin/check", Some("./bin/check")),
            ("", None),
        ] {
            assert_eq!(command(text), found, "{text}");
        }
        assert!(RUNNERS.is_sorted_by_key(|(name, _)| *name));
    }
}
