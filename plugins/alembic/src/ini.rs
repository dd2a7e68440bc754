//! alembic's settings: where its files are, and a copy of them with other places. Pure.

use configparser::ini::{Ini, IniDefault};
use session_sdk::{Error, Result};

use crate::python::{Line, Token};
use crate::python::{Value, assignment, lines};

/// What of `alembic.ini`, and of `[tool.alembic]` in `pyproject.toml`, matters here.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    ini: Ini,
    section: String,
    /// Absolute folder of the file, which `%(here)s` stands for.
    here: String,
    toml: Vec<(String, Value)>,
}

impl Settings {
    /// # Errors
    /// Where the file is none that Python could read.
    pub fn read(ini: &str, toml: Option<&str>, section: &str, here: &str) -> Result<Self> {
        let mut parser = IniDefault::default();
        parser.multiline = true;
        // `-n Prod` means no `[prod]`.
        parser.case_sensitive = true;
        // As Python has it: a `#` behind a value belongs to it, and passwords have one.
        parser.inline_comment_symbols = Some(Vec::new());
        parser.delimiters = vec!['=', ':'];
        let mut parsed = Ini::new_from_defaults(parser);
        parsed.read(ini.to_owned()).map_err(|e| Error::new("alembic.ini does not parse").because(e))?;
        let toml = toml.map(tool_alembic).unwrap_or_default();
        Ok(Self { ini: parsed, section: section.to_owned(), here: here.to_owned(), toml })
    }

    /// Whether a `pyproject.toml` is alembic's, too.
    pub fn is_in(toml: &str) -> bool {
        toml.lines().any(|line| line.trim_end() == "[tool.alembic]")
    }

    /// Whether there is such a section; what `pyproject.toml` says has none.
    pub fn has_section(&self) -> bool {
        self.ini.sections().contains(&self.section) || !self.toml.is_empty()
    }

    fn raw(&self, key: &str) -> Option<String> {
        self.ini.get(&self.section, key).or_else(|| self.ini.get("DEFAULT", key))
    }

    /// A value with what it refers to.
    pub fn get(&self, key: &str) -> Option<String> {
        self.raw(key).map(|value| self.interpolated(&value, 8)).or_else(|| {
            let found = self.toml.iter().find(|(name, _)| name == key)?;
            if let Value::Text(text) = &found.1 { Some(self.interpolated(text, 8)) } else { None }
        })
    }

    fn interpolated(&self, value: &str, depth: usize) -> String {
        let (mut out, mut rest) = (String::new(), value);
        while let Some(at) = rest.find('%') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let name = rest.strip_prefix('(').and_then(|name| name.split_once(")s"));
            match name {
                _ if rest.starts_with('%') => {
                    out.push('%');
                    rest = &rest[1..];
                }
                Some((name, after)) => {
                    let found =
                        if name == "here" { Some(self.here.clone()) } else { self.raw(name).filter(|_| depth > 0) };
                    let found =
                        found.map(|found| if name == "here" { found } else { self.interpolated(&found, depth - 1) });
                    out.push_str(&found.unwrap_or_default());
                    rest = after;
                }
                None => out.push('%'),
            }
        }
        out + rest
    }

    /// A list as alembic splits it: by `path_separator`, its older name, or as it was before there was either.
    fn list(&self, key: &str, legacy: &[char]) -> Vec<String> {
        let Some(text) = self.get(key) else {
            let found = self.toml.iter().find(|(name, _)| name == key);
            let list = found.and_then(|(_, value)| value.clone().list()).unwrap_or_default();
            return list.iter().map(|item| self.interpolated(item, 8)).collect();
        };
        let separator = self.get("path_separator");
        let separator = separator.or_else(|| self.get("version_path_separator").filter(|_| key == "version_locations"));
        let split =
            |by: &[char]| text.split(by).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
        match separator.as_deref() {
            Some("os" | ":") => split(&[':']),
            Some("space") => split(&[' ', '\t', '\n']),
            Some("newline") => split(&['\n']),
            Some(";") => split(&[';']),
            _ => split(legacy),
        }
    }

    /// Where the migrations are, as it is written; none where nothing says so.
    pub fn script(&self) -> Option<String> {
        self.get("script_location").filter(|location| !location.is_empty())
    }

    /// Folders of revisions as they are written; none where there is only the usual one.
    pub fn versions(&self) -> Vec<String> {
        self.list("version_locations", &[' ', ',', '\n'])
    }

    pub fn sys_path(&self) -> Vec<String> {
        self.list("prepend_sys_path", &[' ', ',', ':', '\n'])
    }

    pub fn recursive(&self) -> bool {
        let said = self.get("recursive_version_locations").map(|value| value.to_ascii_lowercase());
        let in_toml =
            || self.toml.iter().any(|(name, value)| name == "recursive_version_locations" && *value == Value::Unread);
        said.map_or_else(in_toml, |said| matches!(said.as_str(), "true" | "yes" | "on" | "1"))
    }

    /// The same with other places, as text. Folders are absolute, or begin with `%(here)s`, which is then the copy's own.
    pub fn copy(&self, script: &str, versions: &[String], url: Option<&str>) -> String {
        let mut copy = self.ini.clone();
        let here = self.here.replace('%', "%%");
        for value in copy.get_mut_map().values_mut().flat_map(|section| section.values_mut()).flatten() {
            *value = value.replace("%(here)s", &here);
        }
        let mut set = |key: &str, value: String| _ = copy.set(&self.section, key, Some(value));
        set("script_location", script.to_owned());
        if !versions.is_empty() {
            let escaped = versions.iter().map(|path| match path.strip_prefix("%(here)s") {
                Some(_) => path.clone(),
                None => path.replace('%', "%%"),
            });
            set("version_locations", escaped.collect::<Vec<_>>().join(":"));
        }
        let sys_path = self.sys_path();
        if !sys_path.is_empty() {
            set("prepend_sys_path", sys_path.join(":").replace('%', "%%"));
        }
        // Before 1.16 the one, since then the other.
        set("version_path_separator", "os".into());
        set("path_separator", "os".into());
        if let Some(url) = url {
            set("sqlalchemy.url", url.replace('%', "%%"));
        }
        copy.writes()
    }
}

/// Keys of `[tool.alembic]`. TOML's strings and lists are Python's, as far as paths go.
fn tool_alembic(toml: &str) -> Vec<(String, Value)> {
    let Some(start) = toml.find("[tool.alembic]") else { return Vec::new() };
    let is_table = |line: &Line| line.tokens.first() == Some(&Token::Sign('['));
    let lines = lines(&toml[start..]);
    let own = lines.iter().skip(1).take_while(|line| !is_table(line));
    let mut keys: Vec<(String, Value)> =
        own.filter_map(assignment).map(|(name, value)| (name.to_owned(), value)).collect();
    // `true` is no literal of the scanner's; `false` is the same as nothing.
    keys.retain(|(name, _)| !toml.contains(&format!("{name} = false")));
    keys
}

/// A path of alembic's from the root: relative, without `.` and `..`. None where it leaves the root.
pub fn from_root(root: &str, folder: &str, path: &str) -> Option<String> {
    let whole = match path.strip_prefix('/') {
        Some(_) => path.strip_prefix(root)?.strip_prefix('/')?.to_owned(),
        None => format!("{folder}/{path}"),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The active lines of what `alembic init` 1.20.1 writes.
    const MADE: &str = "# A generic, single database configuration.

[alembic]
# path to migration scripts.
script_location = %(here)s/migrations
prepend_sys_path = .
path_separator = os

sqlalchemy.url = postgresql://bob:s%%40#c@db/app

[loggers]
keys = root,sqlalchemy

[logger_root]
level = WARNING
handlers = console
qualname =

[formatter_generic]
format = %(levelname)-5.5s [%(name)s] %(message)s
datefmt = %H:%M:%S
";

    fn settings(ini: &str) -> Settings {
        Settings::read(ini, None, "alembic", "/p/api").expect("it parses")
    }

    #[test]
    fn settings_are_read_as_python_reads_them() {
        let made = settings(MADE);
        assert_eq!(made.script().as_deref(), Some("/p/api/migrations"));
        assert_eq!(made.get("sqlalchemy.url").as_deref(), Some("postgresql://bob:s%40#c@db/app"));
        assert!(made.versions().is_empty() && !made.recursive());
        let own = settings(
            "[DEFAULT]\nbase = %(here)s/x\n[alembic]\nscript_location: %(base)s/m\nrecursive_version_locations = true\n",
        );
        assert_eq!((own.script().as_deref(), own.recursive()), (Some("/p/api/x/m"), true));
    }

    #[test]
    fn lists_are_split_as_each_version_of_alembic_does() {
        for (separator, written) in [
            ("path_separator = os", "a:b"),
            ("version_path_separator = os", "a:b"),
            ("version_path_separator = space", "a b"),
            ("path_separator = newline", "\n  a\n  b"),
            ("path_separator = ;", "a;b"),
            ("", "a b"),
            ("", "a, b"),
        ] {
            let read = settings(&format!("[alembic]\n{separator}\nversion_locations = {written}\n"));
            assert_eq!(read.versions(), ["a", "b"], "{separator} {written:?}");
        }
    }

    #[test]
    fn pyproject_is_read_where_the_ini_says_nothing() {
        let toml = "[project]\nname = \"x\"\n[tool.alembic]\nscript_location = \"%(here)s/m\"\nversion_locations = [\n  \"%(here)s/a\", # one\n  \"b\"\n]\nprepend_sys_path = [\n    \".\"\n]\nrecursive_version_locations = true\n[tool.other]\nscript_location = \"no\"\n";
        assert!(Settings::is_in(toml) && !Settings::is_in("[tool.ruff]\n"));
        let read = Settings::read("[alembic]\nsqlalchemy.url = x\n", Some(toml), "alembic", "/p").expect("it parses");
        assert_eq!(
            (read.script().as_deref(), read.versions()),
            (Some("/p/m"), vec!["/p/a".to_owned(), "b".to_owned()])
        );
        assert_eq!((read.sys_path(), read.recursive()), (vec![".".to_owned()], true));
    }

    #[test]
    fn a_copy_means_the_same_places() {
        let text = settings(MADE).copy(
            "/p/api/migrations",
            &["/p/api/migrations/versions".into(), "%(here)s/versions".into()],
            Some("sqlite:///a%b"),
        );
        let copy = Settings::read(&text, None, "alembic", "/scratch").expect(&text);
        assert_eq!(copy.versions(), ["/p/api/migrations/versions", "/scratch/versions"]);
        assert_eq!(copy.get("sqlalchemy.url").as_deref(), Some("sqlite:///a%b"));
        assert!(text.contains("format=%(levelname)-5.5s [%(name)s] %(message)s"), "{text}");
        let lines = settings("[alembic]\nprepend_sys_path = . src\nversion_locations = \n  a\n  b\nname = x\n").copy(
            "s",
            &[],
            None,
        );
        let copy = Settings::read(&lines, None, "alembic", "/s").expect(&lines);
        assert_eq!(copy.sys_path(), [".", "src"], "{lines}");
    }

    #[test]
    fn paths_are_from_the_root() {
        assert_eq!(from_root("/p", "api", "migrations").as_deref(), Some("api/migrations"));
        assert_eq!(from_root("/p", "api", "../m/./v").as_deref(), Some("m/v"));
        assert_eq!(from_root("/p", "", "/p/m").as_deref(), Some("m"));
        assert_eq!(from_root("/p", "", "/q/m"), None);
        assert_eq!(from_root("/p", "", "../m"), None);
        assert_eq!(from_root("/p", "", "/pq/m"), None);
    }
}
