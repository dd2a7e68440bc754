//! What a simple command runs: programs that only start another one, shells in the shell, and those that destroy.

use super::script::{Input, Shell, assigned};
use super::word::{Part, Word};
use super::{Grade, data, git, removal};

const SHELLS: [&str; 8] = ["sh", "bash", "zsh", "dash", "ksh", "ash", "fish", "busybox"];
const INTERPRETERS: [&str; 8] = ["python", "python3", "node", "ruby", "perl", "php", "deno", "bun"];
const FETCHED: &str = "it runs what a server answers at that moment";

impl Shell<'_> {
    /// Looks at one simple command; what it hands to the next one in the pipe.
    pub(super) fn command(&mut self, words: &[Word], input: Input) -> Input {
        let Some(first) = words.first() else { return input };
        if first.is_fetched() {
            self.report(Grade::Elsewhere, words, FETCHED);
            return Input::default();
        }
        let Some(program) = first.text() else { return Input { text: None, fetched: input.fetched } };
        let name = program.rsplit('/').next().unwrap_or(&program);
        let here = self.here.clone();
        if let Some(rest) = started(self, name, words) {
            let output = if rest.is_empty() { input } else { self.command(rest, input) };
            // `env -C` holds for what it starts.
            self.here = here;
            return output;
        }
        match name {
            "echo" | "printf" => return Input { text: said(&words[1..]), fetched: false },
            "cat" | "tee" if words.len() == 1 || name == "tee" => return input,
            "cd" | "pushd" => self.change_folder(words),
            "export" | "local" | "declare" | "typeset" | "readonly" => {
                let all: Vec<_> = words[1..].iter().filter_map(assigned).collect();
                all.into_iter().for_each(|(name, value)| self.set(&name, value));
            }
            "read" | "mapfile" | "unset" => {
                words[1..].iter().for_each(|word| self.set(&word.shown(), Word::unknown(format!("${}", word.shown()))));
            }
            "eval" | "trap" => {
                if words.iter().any(Word::is_fetched) {
                    self.report(Grade::Elsewhere, words, FETCHED);
                    return Input::default();
                }
                let count = if name == "eval" { words.len() } else { words.len().min(2) };
                let text = words[1..count].iter().map(Word::shown).collect::<Vec<_>>().join(" ");
                self.script(&text);
            }
            "xargs" | "parallel" => {
                let from = data::behind_options(words, &["-I", "-n", "-P", "-L", "-d", "-a", "-E", "-s", "-j"]);
                let mut run = words[from..].to_vec();
                run.push(Word::unknown("what it reads"));
                self.command(&run, Input::default());
            }
            "git" => git::git(self, words),
            "rm" | "rmdir" | "unlink" | "shred" | "truncate" => removal::remove(self, words),
            "find" => removal::find(self, words),
            _ if SHELLS.contains(&name) || matches!(name, "source" | "." | "su") => self.inner(words, &input),
            _ if INTERPRETERS.contains(&name) => self.interpreter(words, &input),
            _ => data::look(self, name, words, &input),
        }
        Input { text: None, fetched: input.fetched || data::fetches(name) }
    }

    fn change_folder(&mut self, words: &[Word]) {
        let to = words[1..].iter().find(|word| !matches!(word.text().as_deref(), Some("--" | "-P" | "-L")));
        self.here = match to {
            Some(word) => self.here.of(self.ground, word),
            None => self.here.of(self.ground, &Word(vec![Part::Home])),
        };
    }

    /// A shell: what `-c` gives it, else a script, else what it reads.
    fn inner(&mut self, words: &[Word], input: &Input) {
        if words[1..].iter().any(Word::is_fetched) {
            self.report(Grade::Elsewhere, words, FETCHED);
            return;
        }
        let command = |word: &Word| {
            let text = word.text().unwrap_or_default();
            text == "--command" || text.starts_with('-') && !text.starts_with("--") && text.ends_with('c')
        };
        if let Some(at) = words.iter().position(command) {
            // What is not known stays as it is written: a variable of the outer shell may be one of the inner, too.
            words.get(at + 1).map(Word::shown).into_iter().for_each(|text| self.subshell(&text));
            return;
        }
        let script = words[1..].iter().find(|word| !word.text().is_some_and(|text| text.starts_with(['-', '+'])));
        if script.is_none() || words.iter().any(|word| word.text().as_deref() == Some("-s")) {
            self.read_input(words, input);
        }
    }

    fn read_input(&mut self, words: &[Word], input: &Input) {
        if input.fetched {
            self.report(Grade::Elsewhere, words, FETCHED);
        }
        input.text.clone().into_iter().for_each(|text| self.subshell(&text));
    }

    fn interpreter(&mut self, words: &[Word], input: &Input) {
        let texts: Vec<String> = words.iter().map(|word| word.text().unwrap_or_default()).collect();
        if let Some(at) = texts.iter().position(|text| text == "-m") {
            self.command(&words[at + 1..], Input::default());
            return;
        }
        let reads = texts[1..].iter().all(|text| text.starts_with('-'));
        if input.fetched && reads || words[1..].iter().any(Word::is_fetched) {
            self.report(Grade::Elsewhere, words, FETCHED);
            return;
        }
        // `python manage.py flush`, `node node_modules/.bin/sequelize db:drop`
        if let Some(name) = texts.get(1).filter(|text| !text.starts_with('-')) {
            data::look(self, name.rsplit('/').next().unwrap_or(name), &words[1..], &Input::default());
        }
    }
}

/// What a program starts that only starts another one; none where it is no such program.
fn started<'w>(shell: &mut Shell<'_>, name: &str, words: &'w [Word]) -> Option<&'w [Word]> {
    let with_values: &[&str] = match name {
        "sudo" | "doas" => &["-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T", "-U", "--user", "--group", "--chdir"],
        "env" => &["-u", "--unset", "-C", "--chdir", "-S", "--split-string"],
        "nice" | "ionice" | "chrt" => &["-n", "-c", "-p", "--adjustment"],
        "timeout" | "gtimeout" => &["-k", "-s", "--kill-after", "--signal"],
        "stdbuf" => &["-i", "-o", "-e"],
        "strace" | "ltrace" => &["-o", "-e", "-p", "-s", "-u", "-E"],
        "xvfb-run" => &["-n", "-s", "-e", "-f", "-w", "-p"],
        "flock" => &["-w", "-E", "--timeout", "--conflict-exit-code"],
        "dotenv" | "dotenvx" | "dotenv-cli" => &["-f", "-e", "-v", "-p"],
        "chroot" | "unshare" | "coproc" | "entr" | "busybox" | "cross-env" | "cross-env-shell" => &[],
        "time" | "nohup" | "command" | "builtin" | "exec" | "setsid" | "caffeinate" | "chronic" | "unbuffer"
        | "watch" => &["-n", "-a", "-f", "-o"],
        // Runners of a project's own environment.
        "uv" | "poetry" | "pipenv" | "pdm" | "hatch" | "rye" | "pixi" | "mise" | "asdf" | "direnv" | "nix" => {
            let at = words.iter().position(|word| matches!(word.text().as_deref(), Some("run" | "exec")))?;
            let from =
                at + data::behind_options(&words[at..], &["--with", "--extra", "-p", "--python", "--group", "-e"]);
            return Some(&words[from..]);
        }
        "npx" | "bunx" | "pnpx" => &["-p", "--package"],
        "script" => {
            text_of(shell, words, &["-c", "--command"]);
            return Some(&[]);
        }
        "npm" => {
            let exec = words.get(1).and_then(Word::text).is_some_and(|word| word == "exec" || word == "x");
            let from = 1 + data::behind_options(words.get(1..)?, &["-p", "--package"]);
            return exec.then(|| &words[from.min(words.len())..]);
        }
        "bundle" | "pnpm" | "yarn" => {
            let exec = words.get(1).and_then(Word::text).is_some_and(|word| word == "exec" || word == "dlx");
            return exec.then(|| &words[2..]);
        }
        _ => return None,
    };
    let mut from = data::behind_options(words, with_values);
    match name {
        "env" => {
            text_of(shell, words, &["-S", "--split-string"]);
            if let Some(pair) =
                words.windows(2).find(|pair| matches!(pair[0].text().as_deref(), Some("-C" | "--chdir")))
            {
                shell.here = shell.here.of(shell.ground, &pair[1]);
            }
            from += words[from..].iter().take_while(|word| assigned(word).is_some()).count();
        }
        "npx" => text_of(shell, words, &["-c", "--call"]),
        "flock" => {
            text_of(shell, words, &["-c", "--command"]);
            from += 1;
        }
        "chroot" => from += 1,
        "dotenv" | "dotenvx" if words.get(from).and_then(Word::text).is_some_and(|word| word == "run") => {
            from += data::behind_options(&words[from..], &["-f"]);
        }
        "cross-env" | "cross-env-shell" => {
            from += words[from..].iter().take_while(|word| assigned(word).is_some()).count();
        }
        "sudo" => from += words[from..].iter().take_while(|word| assigned(word).is_some()).count(),
        "timeout" | "gtimeout" => from += 1,
        // `command -v git` asks where it is.
        "command" if words.get(1).and_then(Word::text).is_some_and(|word| word.starts_with("-v") || word == "-V") => {
            from = words.len();
        }
        // Its command is one text, or words.
        "watch" => {
            let text = words[from.min(words.len())..].iter().map(Word::shown).collect::<Vec<_>>().join(" ");
            shell.subshell(&text);
            from = words.len();
        }
        _ => {}
    }
    Some(&words[from.min(words.len())..])
}

/// The text that an option hands to a shell, as its own word or behind `=`.
fn text_of(shell: &mut Shell<'_>, words: &[Word], options: &[&str]) {
    for (at, word) in words.iter().enumerate() {
        let shown = word.shown();
        let behind = options.iter().find_map(|option| shown.strip_prefix(option)?.strip_prefix('='));
        let text = match behind {
            Some(text) => Some(text.to_owned()),
            None if options.contains(&shown.as_str()) => words.get(at + 1).map(Word::shown),
            None => None,
        };
        text.into_iter().for_each(|text| shell.subshell(&text));
    }
}

/// What `echo` and `printf` write, where it is known.
fn said(words: &[Word]) -> Option<String> {
    let texts = words.iter().map(Word::text).collect::<Option<Vec<String>>>()?;
    let texts = texts.into_iter().skip_while(|text| matches!(text.as_str(), "-n" | "-e" | "-ne" | "-en" | "--"));
    Some(texts.collect::<Vec<_>>().join(" ").replace("\\n", "\n"))
}
