//! A sandbox per test: its own home, repository and clock, and nothing of the user's.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::TempDir;

/// The binary under test.
pub(crate) const SESSION: &str = env!("CARGO_BIN_EXE_session");

/// A folder with a home and a project in it.
pub(crate) struct Sandbox {
    folder: TempDir,
    pub(crate) root: PathBuf,
    /// What programs find besides the usual.
    pub(crate) environment: Vec<(&'static str, String)>,
    agrees: AtomicBool,
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Sandbox {
    /// A folder without a repository.
    pub(crate) fn bare() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("project");
        std::fs::create_dir_all(&root).unwrap();
        std::fs::create_dir_all(folder.path().join("home")).unwrap();
        Self { folder, root, environment: Vec::new(), agrees: AtomicBool::new(true) }
    }

    /// A repository with an identity and no commit.
    pub(crate) fn new() -> Self {
        let sandbox = Self::bare();
        sandbox.git("init --quiet --initial-branch=main");
        sandbox.git("config user.name Kim");
        sandbox.git("config user.email kim@example.com");
        sandbox
    }

    /// A repository with one commit and the hello plan, set up.
    pub(crate) fn hello() -> Self {
        let sandbox = Self::new();
        sandbox.write("docs/HELLO_PROMPTS.md", &data("plans/hello.md"));
        sandbox.git("add .");
        sandbox.git("commit --quiet -m plan");
        sandbox.session("init Hello").ok();
        sandbox
    }

    /// The hello plan with one plugin more, from a guest.
    pub(crate) fn with_guest(guest: &str, grant: &str) -> Self {
        let sandbox = Self::hello();
        sandbox.add_plugin(&format!("name = \"{guest}\"\npath = \"tools/{guest}.wasm\"\n{grant}"));
        sandbox.copy(&self::guest(guest), &format!("tools/{guest}.wasm"));
        sandbox.git("add tools");
        sandbox.git("commit --quiet -m tools");
        sandbox.session("trust --yes").ok();
        sandbox
    }

    pub(crate) fn add_plugin(&self, table: &str) {
        let text = self.read("plugins.toml");
        self.write("plugins.toml", &format!("{text}\n[[plugin]]\n{table}\n"));
    }

    /// Puts `allow` into the settings of the plugin that runs checks, and approves it. Entries are in quotes.
    pub(crate) fn allow(&self, entries: &str) -> Ran {
        let text = self.read("plugins.toml");
        let line = format!("name = \"checklist\"\n[plugin.config]\nallow = [{entries}]\n");
        self.write("plugins.toml", &text.replacen("name = \"checklist\"\n", &line, 1));
        self.session("trust --yes")
    }

    /// The same repository elsewhere, with another home: another person.
    pub(crate) fn clone_fresh(&self) -> Self {
        let clone = Self::bare();
        std::fs::remove_dir(&clone.root).unwrap();
        run(clone.command("git", clone.folder.path()).args(["clone", "--quiet"]).arg(&self.root).arg(&clone.root));
        let clone = Self { environment: self.environment.clone(), ..clone };
        clone.git("config user.name Sam");
        clone.git("config user.email sam@example.com");
        clone
    }

    /// What was copied is another clone: its approval shall hold for it as before.
    pub(crate) fn approve_copy(&self) {
        use std::os::unix::fs::MetadataExt as _;
        let Ok(about) = std::fs::metadata(self.path(".git/session/clone")) else { return };
        let born = about.created().ok().map(|born| born.duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos());
        let token = self.read(".git/session/clone");
        self.approve_token(&token, &about.ino().to_string(), born.map(|born| born.to_string()).as_deref());
    }

    /// The approval of this token, for a file of it with another inode and time of birth.
    pub(crate) fn approve_token(&self, token: &str, inode: &str, born: Option<&str>) {
        let path = self.home().join(format!(".config/session/trust/{}.toml", token.trim()));
        let Ok(text) = std::fs::read_to_string(&path) else { return };
        let born = born.map(|born| format!("born = {born}\n")).unwrap_or_default();
        let lines = text.lines().map(|line| match line.split_once(" = ") {
            Some(("inode", _)) => format!("inode = {inode}\n{born}"),
            Some(("born", _)) => String::new(),
            _ => format!("{line}\n"),
        });
        let text: String = lines.collect();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn copy(&self, from: &Path, to: &str) {
        let to = self.path(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from, to).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    pub(crate) fn exists(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    /// A program with nothing of the user's environment.
    pub(crate) fn command(&self, program: &str, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(folder).stdin(Stdio::null());
        for name in ["PATH", "LD_LIBRARY_PATH"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command.env("HOME", self.home()).env("GIT_CONFIG_NOSYSTEM", "1").env("TZ", "UTC").env("USER", "kim");
        // One cache for all tests: compiling the same components again proves nothing.
        command.env("XDG_CACHE_HOME", target().join("e2e-cache"));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    pub(crate) fn session_command(&self, arguments: &str) -> Command {
        let mut command = self.command(SESSION, &self.root);
        command.args(words(arguments)).env("SESSION_NOW", "2026-03-02T09:00:00Z");
        command
    }

    /// From now on nobody says yes: for tests about approval.
    pub(crate) fn unattended(self) -> Self {
        self.agrees.store(false, Ordering::Relaxed);
        self
    }

    /// Runs `session` with the arguments, quoted as in a shell. Where it asks for approval, somebody says yes: most tests
    /// are about something else.
    pub(crate) fn session(&self, arguments: &str) -> Ran {
        self.session_with(arguments, |_| {})
    }

    /// The same with the folder or the environment that `set` gives it.
    pub(crate) fn session_with(&self, arguments: &str, set: impl Fn(&mut Command)) -> Ran {
        let run = |arguments: &str| {
            let mut command = self.session_command(arguments);
            set(&mut command);
            Ran::of(command.output().unwrap())
        };
        let ran = run(arguments);
        let asks = ran.code == 5 && self.agrees.load(Ordering::Relaxed) && !arguments.starts_with("trust");
        // The question names the options that are needed.
        let of = |name: &str| {
            let value = arguments.split_once(&format!("{name} ")).and_then(|(_, rest)| rest.split(' ').next());
            value.map(|value| format!(" {name} {value}")).unwrap_or_default()
        };
        let yes = || run(&format!("trust --yes{}{}", of("--project"), of("--plan")));
        if asks && yes().code == 0 { run(arguments) } else { ran }
    }

    /// Runs git and gives its output.
    pub(crate) fn git(&self, arguments: &str) -> String {
        let output = run(self.command("git", &self.root).args(words(arguments)));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Subjects of all commits, newest first.
    pub(crate) fn subjects(&self) -> Vec<String> {
        self.git("log --format=%s").lines().map(str::to_owned).collect()
    }

    /// Exit code, stdout and stderr in one text, with everything that differs between runs replaced.
    pub(crate) fn shown(&self, arguments: &str) -> String {
        let ran = self.session(arguments);
        self.plain(&format!(
            "$ session {arguments}\nexit: {}\n--- stdout\n{}--- stderr\n{}",
            ran.code, ran.out, ran.err
        ))
    }

    /// A text without this sandbox's paths.
    pub(crate) fn plain(&self, text: &str) -> String {
        let folder = self.folder.path().canonicalize().unwrap();
        text.replace(&*self.root.to_string_lossy(), "[ROOT]").replace(&*folder.to_string_lossy(), "[SANDBOX]")
    }
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// It went well.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{self:#?}");
        self
    }

    /// It ended with this code, and said all of these.
    #[track_caller]
    pub(crate) fn fails(self, code: i32, said: &[&str]) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        for text in said {
            assert!(self.err.contains(text), "`{text}` is not in {self:#?}");
        }
        assert!(code != 1 || self.err.contains("hint:"), "no hint in {self:#?}");
        self
    }

    /// As [`Ran::fails`], for what no hint can mend.
    #[track_caller]
    pub(crate) fn fails_broken(self, code: i32, said: &[&str]) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        for text in said {
            assert!(self.err.contains(text), "`{text}` is not in {self:#?}");
        }
        self
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:#?}"))
    }
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// Splits at spaces outside double quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words
}

/// Whether a process with exactly these arguments runs.
pub(crate) fn runs(arguments: &[&str]) -> bool {
    let line: Vec<u8> = arguments.iter().flat_map(|argument| argument.bytes().chain([0])).collect();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let mut lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    lines.any(|found| found == line)
}

/// Whether no such process runs, at once or shortly: a signal takes its time on a busy machine.
pub(crate) fn ends(arguments: &[&str]) -> bool {
    (0..100).any(|_| {
        let gone = !runs(arguments);
        if !gone {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        gone
    })
}

/// A command of `session` with a terminal, for what only people see.
pub(crate) fn on_terminal_command(s: &Sandbox, arguments: &str) -> Command {
    let mut command = s.command("script", &s.root);
    command.args(["-qec", &format!("{SESSION} {arguments}"), "/dev/null"]);
    command
}

/// Runs a command and types this into it. Both streams of a terminal are one.
pub(crate) fn fed(command: &mut Command, input: &str) -> Ran {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
    Ran::of(child.wait_with_output().unwrap())
}

/// `session` on a terminal, where somebody types this.
pub(crate) fn on_terminal(s: &Sandbox, arguments: &str, input: &str) -> Ran {
    fed(&mut on_terminal_command(s, arguments), input)
}

/// Every file below a folder with its content, to see that nothing has changed.
pub(crate) fn everything(folder: &Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(everything(&path));
        } else {
            found.insert(path.clone(), std::fs::read(&path).unwrap_or_default());
        }
    }
    found
}

/// The workspace's target folder.
pub(crate) fn target() -> PathBuf {
    Path::new(SESSION).ancestors().nth(2).unwrap().to_owned()
}

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A file of `tests/data`.
pub(crate) fn data(path: &str) -> String {
    let path = workspace().join("tests/data").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn cargo(arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(workspace()).args(arguments).arg("--locked").args(["-p", "session-guests"]);
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"] {
        command.env_remove(name);
    }
    run(&mut command);
}

/// A guest as a component. All are built once, with the profile and the folder of the bundled plugins.
pub(crate) fn guest(name: &str) -> PathBuf {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = target().join("plugins");
        let target = folder.to_string_lossy().into_owned();
        cargo(&["build", "--examples", "--profile", "plugin", "--target", "wasm32-wasip2", "--target-dir", &target]);
        folder.join("wasm32-wasip2/plugin/examples")
    });
    let path = BUILT.join(format!("{name}.wasm"));
    assert!(path.is_file(), "there is no guest {name}");
    path
}

/// The same source as a shared library.
pub(crate) fn native_guest(name: &str) -> PathBuf {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = target().join("native");
        let target = folder.to_string_lossy().into_owned();
        cargo(&["build", "--example", "commits", "--features", "native", "--target-dir", &target]);
        folder.join("debug/examples")
    });
    let (prefix, ending) = if cfg!(target_os = "macos") { ("lib", "dylib") } else { ("lib", "so") };
    BUILT.join(format!("{prefix}{name}.{ending}"))
}
