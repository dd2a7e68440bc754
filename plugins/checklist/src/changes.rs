//! What the session's own diff says about its evidence: tests that are gone or skipped, placeholders, and scripts that
//! decide about a check and were changed. Each is a reason to look, and none a failure: all of them can be right.

use session_sdk::Check;

use crate::command::scripts;

/// One file of a unified diff.
#[derive(Debug, Default, PartialEq, Eq)]
struct File<'d> {
    path: &'d str,
    new: bool,
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
        let skipped = self.files.iter().flat_map(|file| {
            let was = file.removed.iter().filter(|line| skips(line)).count();
            file.added.iter().filter(|line| skips(line)).skip(was).map(move |line| (file.path, line.trim()))
        });
        flags.extend(skipped.take(QUOTED).map(|(path, line)| format!("{path} skips tests: `{}`", short(line))));
        let stubs =
            self.files.iter().filter(|file| !is_test(file.path) && !is_prose(file.path)).flat_map(|file| {
                file.added.iter().filter(|line| is_stub(line)).map(move |line| (file.path, line.trim()))
            });
        flags.extend(stubs.take(QUOTED).map(|(path, line)| format!("{path} has a placeholder: `{}`", short(line))));
        let settings = self.files.iter().filter(|file| !file.new && decides(file.path));
        flags.extend(settings.map(|file| format!("{} was changed, which says what counts as verified", file.path)));
        flags
    }

    /// Scripts and settings of one command that were there before the session and are changed by it.
    pub fn of_command(&self, check: &Check, directory: &str) -> Vec<String> {
        let changed = |name: &str| {
            let path = joined(directory, name);
            self.files.iter().any(|file| !file.new && file.path == path)
        };
        let mut found: Vec<String> = Vec::new();
        for script in scripts(&check.text) {
            let program = script.rsplit('/').next().unwrap_or(&script).to_owned();
            let settings = settings_of(&program).iter().map(|name| (*name).to_owned());
            for name in std::iter::once(script.clone()).chain(settings) {
                if changed(&name) && !is_test(&name) && !found.contains(&name) {
                    found.push(name);
                }
            }
        }
        found.iter().map(|name| format!("it runs by `{name}`, which the session has changed")).collect()
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

/// Says what every session is checked by.
fn decides(path: &str) -> bool {
    path == "plugins.toml"
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

fn defines_test(line: &str) -> bool {
    const BEGINS: [&str; 14] = [
        "def test_",
        "async def test_",
        "#[test]",
        "#[tokio::test",
        "func Test",
        "it(",
        "it.each(",
        "test(",
        "test.each(",
        "@Test",
        "[Fact]",
        "[Test]",
        "TEST(",
        "TEST_F(",
    ];
    let line = line.trim_start();
    BEGINS.iter().any(|begin| line.starts_with(begin))
}

fn skips(line: &str) -> bool {
    const MARKS: [&str; 24] = [
        "#[ignore",
        "pytest.mark.skip",
        "pytest.mark.xfail",
        "pytest.skip(",
        "unittest.skip",
        "self.skipTest(",
        "it.skip(",
        "test.skip(",
        "describe.skip(",
        "it.only(",
        "test.only(",
        "describe.only(",
        "it.todo(",
        "test.todo(",
        "xit(",
        "xdescribe(",
        "fit(",
        "fdescribe(",
        "t.Skip(",
        "t.SkipNow(",
        "@Disabled",
        "@Ignore",
        "[Ignore",
        "(Skip =",
    ];
    let line = line.trim_start();
    // `exit(` holds `xit(`.
    let whole = |mark: &str| {
        let before = |at: usize| line[..at].chars().next_back();
        line.match_indices(mark).any(|(at, _)| before(at).is_none_or(|c| !c.is_alphanumeric() && c != '_'))
    };
    MARKS.iter().any(|mark| whole(mark))
}

fn is_stub(line: &str) -> bool {
    const MARKS: [&str; 9] = [
        "todo!(",
        "unimplemented!(",
        "raise NotImplementedError",
        "NotImplementedException(",
        "Error(\"not implemented",
        "Error('not implemented",
        "panic(\"not implemented",
        "panic!(\"not implemented",
        "TODO: implement",
    ];
    let line = line.trim();
    let lower = line.to_lowercase();
    MARKS.iter().any(|mark| line.contains(mark) || lower.contains(&mark.to_lowercase()))
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
+fn a() { todo!() }
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
                "src/a b.rs has a placeholder: `fn a() { todo!() }`",
            ]
        );
        let moved = DIFF
            .replace("src/a b.rs", "sub/old_test.go")
            .replace("fn a() { todo!() }", "func TestOld(t *testing.T) {}");
        assert!(!Changes::read(&moved).flags().iter().any(|flag| flag.contains("deleted")), "moved");
        assert!(Changes::read("").flags().is_empty());
    }

    #[test]
    fn what_decides_about_a_command_is_named() {
        let changes = Changes::read(DIFF);
        let of = |text: &str, directory: &str| {
            changes.of_command(&Check { text: text.into(), ..Check::default() }, directory).join("; ")
        };
        assert_eq!(of("make test", "."), "it runs by `Makefile`, which the session has changed");
        assert_eq!(of("make test", "sub"), "");
        assert_eq!(of("bash ../Makefile", "sub"), "it runs by `../Makefile`, which the session has changed");
        assert_eq!(of("pytest tests/test_a.py", "."), "", "tests are what sessions write");
    }
}
