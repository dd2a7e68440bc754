//! What the session's own diff says about its evidence: tests that are gone, skipped or ask for less, placeholders, and
//! scripts that decide about a check and were changed. Each is a reason to look, and none a failure: all of them can be
//! right. What a single line says is `marks.rs`.

use session_sdk::Check;

use crate::command::{self, scripts};
use crate::marks::{asserts, asserts_nothing, defines_test, is_stub, skips};

/// One file of a unified diff.
#[derive(Debug, Default, PartialEq, Eq)]
struct File<'d> {
    path: &'d str,
    new: bool,
    /// New, and may be run.
    executable: bool,
    deleted: bool,
    added: Vec<&'d str>,
    removed: Vec<&'d str>,
}

/// The session's diff.
#[derive(Debug, Default)]
pub struct Changes<'d> {
    files: Vec<File<'d>>,
}

/// Most lines that are quoted of one kind.
const QUOTED: usize = 5;

impl<'d> Changes<'d> {
    /// Reads a unified diff as git writes it. Lines in hunks begin with `+`, `-` or a space, so headers cannot be
    /// mistaken once the counts of a hunk are kept to.
    pub fn read(diff: &'d str) -> Self {
        let mut files: Vec<File<'d>> = Vec::new();
        let (mut old, mut new) = (0_usize, 0_usize);
        for line in diff.lines() {
            let Some(file) = files.last_mut().filter(|_| old + new > 0) else {
                if let Some(names) = line.strip_prefix("diff --git ") {
                    files.push(File { path: name(names), ..File::default() });
                } else if let Some(file) = files.last_mut() {
                    file.new |= line.starts_with("new file mode");
                    file.executable |= line.starts_with("new file mode 100755");
                    file.deleted |= line.starts_with("deleted file mode");
                    if let Some(hunk) = line.strip_prefix("@@ ") {
                        (old, new) = counts(hunk);
                    }
                }
                continue;
            };
            match line.as_bytes().first() {
                Some(b'+') => {
                    file.added.push(&line[1..]);
                    new = new.saturating_sub(1);
                }
                Some(b'-') => {
                    file.removed.push(&line[1..]);
                    old = old.saturating_sub(1);
                }
                Some(b'\\') => {}
                _ => (old, new) = (old.saturating_sub(1), new.saturating_sub(1)),
            }
        }
        Self { files }
    }

    /// What of the whole diff makes the evidence weaker.
    pub fn flags(&self) -> Vec<String> {
        let mut flags = Vec::new();
        let tests = || self.files.iter().filter(|file| is_test(file.path));
        let base = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let moved = |gone: &File<'_>| self.files.iter().any(|file| file.new && base(file.path) == base(gone.path));
        for file in tests().filter(|file| file.deleted && !moved(file)) {
            flags.push(format!("{} is deleted, a file of tests", file.path));
        }
        let kept = || self.files.iter().filter(|file| !file.deleted || moved(file));
        let number = |lines: &dyn Fn(&File<'d>) -> Vec<&'d str>| -> usize {
            kept().flat_map(lines).filter(|line| defines_test(line)).count()
        };
        let (gone, come) = (number(&|file| file.removed.clone()), number(&|file| file.added.clone()));
        if gone > come {
            let fewer = gone - come;
            flags.push(format!("{fewer} {} fewer than at start", if fewer == 1 { "test" } else { "tests" }));
        }
        // A test that is gone takes its assertions along: that is said already.
        let asserted = |lines: &dyn Fn(&File<'d>) -> Vec<&'d str>| -> usize {
            let lines = kept().filter(|file| is_test(file.path)).flat_map(lines);
            lines.filter(|line| asserts(line)).count()
        };
        let (lost, won) = (asserted(&|file| file.removed.clone()), asserted(&|file| file.added.clone()));
        if lost > won && gone <= come {
            let fewer = lost - won;
            flags.push(format!("{fewer} {} fewer than at start", if fewer == 1 { "assertion" } else { "assertions" }));
        }
        let empty = tests().flat_map(|file| {
            file.added.iter().filter(|line| asserts_nothing(line)).map(move |line| (file.path, line.trim()))
        });
        flags.extend(empty.take(QUOTED).map(|(path, line)| format!("{path} asserts nothing: `{}`", short(line))));
        let skipped = self.files.iter().filter(|file| !is_prose(file.path)).flat_map(|file| {
            let was = file.removed.iter().filter(|line| skips(line)).count();
            file.added.iter().filter(|line| skips(line)).skip(was).map(move |line| (file.path, line.trim()))
        });
        flags.extend(skipped.take(QUOTED).map(|(path, line)| format!("{path} skips tests: `{}`", short(line))));
        let stubs =
            self.files.iter().filter(|file| !is_test(file.path) && !is_prose(file.path)).flat_map(|file| {
                file.added.iter().filter(|line| is_stub(line)).map(move |line| (file.path, line.trim()))
            });
        flags.extend(stubs.take(QUOTED).map(|(path, line)| format!("{path} has a placeholder: `{}`", short(line))));
        flags
    }

    /// Scripts and settings of one command that are changed by the session, and programs that it has put before those
    /// that are meant.
    pub fn of_command(&self, check: &Check, shell: &str, directory: &str) -> Vec<String> {
        let file = |name: &str| {
            let path = joined(directory, name);
            self.files.iter().find(|file| !file.deleted && file.path == path)
        };
        let mut flags: Vec<String> = Vec::new();
        let mut say = |flag: String| {
            if !flags.contains(&flag) {
                flags.push(flag);
            }
        };
        if shell.contains('/') && file(shell).is_some() {
            say(format!("it is run by `{shell}`, which the session has written"));
        }
        for text in check.setup.iter().chain([&check.text]) {
            for script in scripts(text) {
                let program = script.rsplit('/').next().unwrap_or(&script).to_owned();
                let settings = settings_of(&program).iter().map(|name| (*name).to_owned());
                for name in std::iter::once(script.clone()).chain(settings) {
                    match file(&name).filter(|_| !is_test(&name)) {
                        Some(file) if file.new => {
                            command::never_fails(&file.added.join("\n")).iter().for_each(|why| {
                                say(format!("`{name}` cannot fail: {why}"));
                            });
                        }
                        Some(_) => say(format!("it runs by `{name}`, which the session has changed")),
                        None => {}
                    }
                }
                let shadow = self.files.iter().filter(|file| file.new && shadows(file, &script, text, directory));
                shadow.for_each(|file| {
                    say(format!("the session has added `{}`, which is named like the program that it runs", file.path));
                });
            }
        }
        flags
    }
}

/// `a/old b/new`: the new name, which is the old one where the file is deleted.
fn name(names: &str) -> &str {
    let whole = names.trim_matches('"');
    // Both are equal where nothing was renamed, so the text has two halves of one length.
    let half = whole.len() / 2;
    match (whole.get(half + 1..), whole.find(" b/")) {
        (Some(second), _) if second.starts_with("b/") && whole.as_bytes().get(half) == Some(&b' ') => &second[2..],
        (_, Some(at)) => whole[at + 3..].trim_matches('"'),
        _ => whole,
    }
}

/// `-1,3 +1,5 @@ …`: lines of the hunk on both sides.
fn counts(hunk: &str) -> (usize, usize) {
    let mut sides = hunk.split(' ').take(2).map(|side| {
        let count = side.split(',').nth(1).map_or(Some(1), |count| count.parse().ok());
        count.unwrap_or(0)
    });
    (sides.next().unwrap_or(0), sides.next().unwrap_or(0))
}

/// A name as a command in `directory` says it, from the root.
fn joined(directory: &str, name: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(name.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// A new file that is taken for the program that a command names without a path: one that can be run, or a module of
/// Python where a known tool is called as one.
fn shadows(file: &File<'_>, program: &str, command: &str, directory: &str) -> bool {
    const MODULES: [&str; 9] = ["unittest", "pytest", "doctest", "coverage", "mypy", "ruff", "flake8", "tox", "nox"];
    let name = file.path.rsplit('/').next().unwrap_or(file.path);
    if file.executable && !program.contains('/') && name == program {
        return true;
    }
    let module = |module: &&str| {
        let at = |path: String| joined(directory, &path) == file.path;
        command.contains(&format!("-m {module}")) && (at(format!("{module}.py")) || at(format!("{module}/__init__.py")))
    };
    program.starts_with("python") && MODULES.iter().any(module)
}

/// Files that say what a program does when it is called by its name alone.
fn settings_of(program: &str) -> &'static [&'static str] {
    match program {
        "make" | "gmake" => &["Makefile", "makefile", "GNUmakefile"],
        "npm" | "yarn" | "pnpm" | "bun" => &["package.json"],
        "just" => &["justfile", "Justfile"],
        "tox" => &["tox.ini"],
        "pytest" | "py.test" => &["pytest.ini", "conftest.py", "tests/conftest.py"],
        "nox" => &["noxfile.py"],
        "jest" => &["jest.config.js", "jest.config.ts"],
        "gradle" | "gradlew" => &["build.gradle", "build.gradle.kts"],
        "rake" => &["Rakefile"],
        _ => &[],
    }
}

fn is_prose(path: &str) -> bool {
    [".md", ".txt", ".rst", ".adoc"].iter().any(|ending| path.ends_with(ending))
}

/// By the names that test runners look for.
fn is_test(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next().unwrap_or(name);
    let folder = |part: &str| matches!(part, "test" | "tests" | "__tests__" | "spec" | "specs" | "e2e");
    folders.split('/').any(folder)
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_spec")
        || name.contains(".test.")
        || name.contains(".spec.")
        || (stem.ends_with("Test") || stem.ends_with("Tests")) && (name.ends_with(".java") || name.ends_with(".cs"))
}

fn short(line: &str) -> String {
    let mut text: String = line.chars().take(80).collect();
    if text.len() < line.len() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str = "\
diff --git a/tests/test_a.py b/tests/test_a.py
index 1..2 100644
--- a/tests/test_a.py
+++ b/tests/test_a.py
@@ -1,5 +1,3 @@
-def test_one():
-    assert f() == 1
+@pytest.mark.skip(reason=\"later\")
 def test_two():
     pass
--- a line that looks like a header
diff --git a/tests/old_test.go b/tests/old_test.go
deleted file mode 100644
--- a/tests/old_test.go
+++ /dev/null
@@ -1 +0,0 @@
-func TestOld(t *testing.T) {}
diff --git a/src/a b.rs b/src/a b.rs
new file mode 100644
--- /dev/null
+++ b/src/a b.rs
@@ -0,0 +1,2 @@
+fn a() { panic!(\"not implemented\") }
+fn quit() { exit(1) }
diff --git a/Makefile b/Makefile
--- a/Makefile
+++ b/Makefile
@@ -1 +1 @@
-test: ; pytest
+test: ; true
";

    #[test]
    fn a_diff_is_read() {
        let changes = Changes::read(DIFF);
        let paths: Vec<&str> = changes.files.iter().map(|file| file.path).collect();
        assert_eq!(paths, ["tests/test_a.py", "tests/old_test.go", "src/a b.rs", "Makefile"]);
        assert_eq!(changes.files[0].removed.len(), 3, "what looks like a header is a line: {:?}", changes.files[0]);
        assert!(changes.files[1].deleted && changes.files[2].new);
    }

    #[test]
    fn what_weakens_evidence_is_named() {
        assert_eq!(
            Changes::read(DIFF).flags(),
            [
                "tests/old_test.go is deleted, a file of tests",
                "1 test fewer than at start",
                "tests/test_a.py skips tests: `@pytest.mark.skip(reason=\"later\")`",
                "src/a b.rs has a placeholder: `fn a() { panic!(\"not implemented\") }`",
            ]
        );
        let moved = DIFF
            .replace("src/a b.rs", "sub/old_test.go")
            .replace("fn a() { panic!(\"not implemented\") }", "func TestOld(t *testing.T) {}");
        assert!(!Changes::read(&moved).flags().iter().any(|flag| flag.contains("deleted")), "moved");
        assert!(Changes::read("").flags().is_empty());
    }

    #[test]
    fn what_decides_about_a_command_is_named() {
        let changes = Changes::read(DIFF);
        let of = |text: &str, directory: &str| {
            changes.of_command(&Check { text: text.into(), ..Check::default() }, "sh", directory).join("; ")
        };
        assert_eq!(of("make test", "."), "it runs by `Makefile`, which the session has changed");
        assert_eq!(of("make test", "sub"), "");
        assert_eq!(of("bash ../Makefile", "sub"), "it runs by `../Makefile`, which the session has changed");
        assert_eq!(of("pytest tests/test_a.py", "."), "", "tests are what sessions write");
    }

    #[test]
    fn what_the_session_puts_before_a_program_is_named() {
        let new = |path: &str, mode: &str, line: &str| {
            format!(
                "diff --git a/{path} b/{path}\nnew file mode {mode}\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+{line}\n"
            )
        };
        let of = |diff: &str, setup: &[&str], text: &str, shell: &str| {
            let setup = setup.iter().map(|line| (*line).to_owned()).collect();
            let check = Check { text: text.into(), setup, ..Check::default() };
            Changes::read(diff).of_command(&check, shell, ".").join("; ")
        };
        let (tool, data) = (new("bin/pytest", "100755", "exit 0"), new("bin/pytest", "100644", "data"));
        assert!(of(&tool, &[], "pytest -q", "sh").contains("the session has added `bin/pytest`"));
        assert_eq!(of(&tool, &[], "./other/pytest", "sh") + &of(&data, &[], "pytest -q", "sh"), "");
        let module = new("unittest.py", "100644", "pass");
        assert!(of(&module, &[], "python3 -m unittest", "sh").contains("`unittest.py`"));
        assert_eq!(of(&new("mine.py", "100644", "pass"), &[], "python3 -m mine", "sh"), "", "what it is to write");
        let script = new("ci.sh", "100644", "exit 0");
        assert_eq!(of(&script, &[], "sh ci.sh", "sh"), "`ci.sh` cannot fail: it ends with `exit 0`");
        assert_eq!(of(&new("ci.sh", "100644", "make"), &[], "sh ci.sh", "sh"), "");
        assert_eq!(of(&script, &[], "make", "./ci.sh"), "it is run by `./ci.sh`, which the session has written");
        assert_eq!(
            of(DIFF, &["source ./Makefile"], "x", "sh"),
            "it runs by `./Makefile`, which the session has changed"
        );
    }

    #[test]
    fn assertions_that_are_gone_are_counted_once() {
        let of = |hunk: &str| {
            let (minus, plus) = (hunk.matches("\n-").count() + 1, hunk.matches("\n+").count());
            let diff = format!("diff --git a/tests/a.rs b/tests/a.rs\n@@ -1,{minus} +1,{plus} @@\n{hunk}\n");
            Changes::read(&diff).flags().join("; ")
        };
        assert_eq!(of("-    assert!(a);\n-    assert!(b);\n+    assert!(a);"), "1 assertion fewer than at start");
        assert_eq!(
            of("-    assert!(a);\n-    assert!(b);\n+    assert!(true);\n+    x();"),
            "1 assertion fewer than at start; tests/a.rs asserts nothing: `assert!(true);`"
        );
        assert_eq!(of("-    assert!(a);\n+    assert_eq!(a, b);"), "");
        assert_eq!(of("-#[test]\n-fn a() {}\n-    assert!(a);"), "1 test fewer than at start");
    }
}
