//! What of a command can be told from its text: that it cannot fail, or that its exit code is another program's.

use session_sdk::Check;

/// How a simple command is joined to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Joint {
    First,
    And,
    Or,
    Then,
    Pipe,
}

/// Programs that only pass on what they are given, and succeed at it.
const FILTERS: [&str; 14] =
    ["tail", "head", "tee", "cat", "sed", "awk", "sort", "less", "more", "wc", "tr", "cut", "uniq", "column"];

/// What makes the command prove less than it seems to.
pub fn flags(check: &Check, shell: &str) -> Vec<String> {
    let mut flags = Vec::new();
    let strict = |line: &String| line.split_whitespace().take(2).eq(["set", "-e"]);
    if !check.setup.iter().any(strict) {
        flags.extend(never_fails(&check.text).map(|why| format!("it cannot fail: {why}")));
    }
    if matches!(shell.rsplit('/').next(), Some("true" | ":" | "echo" | "printf" | "cat" | "test")) {
        flags.push(format!("it is run by `{shell}`, which is no shell"));
    }
    let Some(parts) = parts(&check.text) else { return flags };
    let Some(((joint, last), before)) = parts.split_last() else {
        flags.push("it runs nothing, so it cannot fail".to_owned());
        return flags;
    };
    let piped = check.setup.iter().any(|line| line.contains("pipefail"))
        || check.text.contains("pipefail")
        || shell.contains("pipefail");
    let program = last.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
    if *joint == Joint::Pipe && !piped && FILTERS.contains(&program) {
        let real = before.last().map(|(_, words)| words.join(" ")).unwrap_or_default();
        flags.push(format!("its exit code is that of `{program}`, not of `{real}` (set -o pipefail in bash)"));
    }
    if check.text.trim_end().ends_with('&') && !check.text.trim_end().ends_with("&&") {
        flags.push("it runs in the background, so nobody waits for its exit code".to_owned());
    }
    flags
}

/// Why a script ends with 0 whatever happens in it.
pub fn never_fails(text: &str) -> Option<String> {
    // A trap is more than a list of commands, and this one says by itself what comes of it.
    if let Some(trap) = text.lines().find(|line| line.trim_start().starts_with("trap ") && line.contains("EXIT"))
        && trap.contains("exit 0")
    {
        return Some("a trap ends it with 0".to_owned());
    }
    let parts = parts(text)?;
    let ((joint, last), before) = parts.split_last()?;
    let strict = before.iter().any(|(_, words)| {
        words.first().is_some_and(|word| word == "set") && words.iter().any(|word| word.starts_with("-e"))
    });
    let whole = before.is_empty() || matches!(joint, Joint::Or) || *joint == Joint::Then && !strict;
    if whole && succeeds(last) {
        return Some(format!("it ends with `{}`", last.join(" ")));
    }
    // A shell in the shell: what it is given is a script, too.
    match last.as_slice() {
        [shell, option, inner, ..] if whole && matches!(shell.as_str(), "sh" | "bash" | "dash") && option == "-c" => {
            never_fails(inner)
        }
        _ => None,
    }
}

/// It always ends with 0.
fn succeeds(words: &[String]) -> bool {
    // What it writes may be in a place that cannot be written.
    if words.iter().any(|word| word.contains('>')) {
        return false;
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(
        words.as_slice(),
        ["true" | ":" | "/bin/true" | "/usr/bin/true", ..]
            | ["exit", "0"]
            | ["echo" | "printf" | "export" | "unset", ..]
            | ["cd"]
            | ["cd", "." | ".."]
    ) || words.iter().all(|word| assigns(word))
}

/// A variable is set, and no command runs for its value.
fn assigns(word: &str) -> bool {
    let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    word.split_once('=').is_some_and(|(name, value)| is_name(name) && !value.contains(['`', '(']))
}

/// Simple commands with the words of each; none where the text is more than a list of them.
fn parts(text: &str) -> Option<Vec<(Joint, Vec<String>)>> {
    let mut parts: Vec<(Joint, Vec<String>)> = Vec::new();
    let (mut joint, mut words, mut word) = (Joint::First, Vec::new(), None::<String>);
    let mut chars = text.chars().peekable();
    let mut end = |joint: &mut Joint, next: Joint, words: &mut Vec<String>, word: &mut Option<String>| {
        words.extend(word.take());
        // Lines that follow on an operator belong to it.
        if !words.is_empty() {
            parts.push((*joint, std::mem::take(words)));
            *joint = next;
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '\\' => word.get_or_insert_default().extend(chars.next().filter(|c| *c != '\n')),
            '\'' => {
                let word = word.get_or_insert_default();
                word.extend(chars.by_ref().take_while(|c| *c != '\''));
            }
            '"' => {
                let word = word.get_or_insert_default();
                while let Some(c) = chars.next() {
                    match c {
                        '"' => break,
                        '\\' => word.extend(chars.next()),
                        c => word.push(c),
                    }
                }
            }
            '#' if word.is_none() => while chars.next_if(|c| *c != '\n').is_some() {},
            // Redirections name files and no commands.
            '>' if chars.next_if_eq(&'&').is_some() => word.get_or_insert_default().push_str(">&"),
            '&' if chars.next_if_eq(&'&').is_some() => end(&mut joint, Joint::And, &mut words, &mut word),
            '&' if chars.next_if_eq(&'>').is_some() => word.get_or_insert_default().push_str("&>"),
            '|' if chars.next_if_eq(&'|').is_some() => end(&mut joint, Joint::Or, &mut words, &mut word),
            '|' => {
                chars.next_if_eq(&'&');
                end(&mut joint, Joint::Pipe, &mut words, &mut word);
            }
            ';' | '\n' | '&' => end(&mut joint, Joint::Then, &mut words, &mut word),
            c if c.is_whitespace() => words.extend(word.take()),
            '<' if chars.peek() == Some(&'<') => return None,
            '(' | ')' | '{' | '}' if word.is_none() => return None,
            c => word.get_or_insert_default().push(c),
        }
    }
    end(&mut joint, Joint::Then, &mut words, &mut word);
    const COMPOUND: [&str; 8] = ["if", "for", "while", "until", "case", "function", "select", "trap"];
    let simple =
        |(_, words): &(Joint, Vec<String>)| words.first().is_none_or(|word| !COMPOUND.contains(&word.as_str()));
    parts.iter().all(simple).then_some(parts)
}

/// The programs that the command runs, and the scripts that it hands to an interpreter, as written.
pub fn scripts(text: &str) -> Vec<String> {
    const INTERPRETERS: [&str; 13] =
        ["sh", "bash", "zsh", "dash", "python", "python3", "node", "ruby", "perl", "deno", "php", "source", "."];
    let mut found = Vec::new();
    for (_, words) in parts(text).unwrap_or_default() {
        let mut words = words.into_iter().skip_while(|word| word.contains('=') || word == "!" || word == "env");
        let Some(program) = words.next() else { continue };
        let name = program.rsplit('/').next().unwrap_or(&program).to_owned();
        if INTERPRETERS.contains(&name.as_str()) {
            found.extend(words.find(|word| !word.starts_with('-')));
        }
        found.push(program);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        flags(&Check { text: text.into(), ..Check::default() }, "sh").join("; ")
    }

    #[test]
    fn a_command_that_cannot_fail_is_named() {
        for text in [
            "cargo test || true",
            "true",
            ":",
            "exit 0",
            "echo ok",
            "make; true",
            "make || echo failed",
            "make\ntrue",
            "make || :",
            "make || exit 0",
            "# nothing",
            "",
            "sh -c 'make || true'",
            "trap 'exit 0' EXIT; make",
            "cd .",
            "export A=1",
            "A=1 B=2",
        ] {
            assert!(of(text).contains("cannot fail"), "{text}: {}", of(text));
        }
        for text in [
            "cargo test",
            "cd web",
            "A=$(make)",
            "A=1 make",
            "cargo test && echo ok",
            "test -f a",
            "grep -q true a",
            "! grep -q todo src",
            "make || exit 1",
            "if make; then true; fi",
            "(make || true) && test -f a",
            "cat <<EOF | sh\ntrue\nEOF",
            "echo 'a || true' | grep -q a",
            "diff <(a) <(b)",
            "make 2>&1",
            "make &> log",
            "set -e; make; echo ok",
            "set -eu\nmake\necho ok",
            "sh -c 'make' && sh -c 'true && make'",
            "trap 'rm -f log' EXIT; make",
        ] {
            assert_eq!(of(text), "", "{text}");
        }
    }

    #[test]
    fn a_shell_that_is_none_is_named() {
        let of = |shell: &str| flags(&Check { text: "make".into(), ..Check::default() }, shell).join("; ");
        assert_eq!(of("/bin/true"), "it is run by `/bin/true`, which is no shell");
        assert_eq!(of("bash") + &of("/usr/bin/fish") + &of("./ci/shell"), "");
    }

    #[test]
    fn an_exit_code_of_another_program_is_named() {
        assert!(
            of("cargo test 2>&1 | tail -5").contains("that of `tail`, not of `cargo test"),
            "{}",
            of("cargo test 2>&1 | tail -5")
        );
        assert!(of("npm test | tee log").contains("`tee`"));
        for text in ["a | grep -q b", "set -o pipefail; a | tail", "a | tail && test -s b", "curl x | jq -e .ok"] {
            assert_eq!(of(text), "", "{text}");
        }
        assert!(of("sleep 9 &").contains("background"));
    }

    #[test]
    fn scripts_are_programs_and_what_interpreters_get() {
        assert_eq!(
            scripts("FOO=1 bash -x ci/check.sh a && ./run b | python3 t.py"),
            ["ci/check.sh", "bash", "./run", "t.py", "python3"]
        );
        assert_eq!(scripts("make test"), ["make"]);
    }
}
