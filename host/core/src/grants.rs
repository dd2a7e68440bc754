//! What a plugin may do. Pure: patterns against requests.

use std::fmt;

use globset::GlobBuilder;
use serde::{Deserialize, Serialize};
use session_types::{Error, Request};

/// `[plugin.grant]`: everything that is not here is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Grants {
    /// Patterns over the arguments as executed: `*` is one argument, `**` any number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub run: Vec<String>,
    /// Patterns over paths from the root: `*` stays in one folder, `**` does not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub read: Vec<String>,
    /// Patterns of paths to write or remove; what can be written can be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub write: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<RepositoryGrant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RepositoryGrant {
    Read,
    Commit,
}

impl Grants {
    /// # Errors
    /// Names the line of plugins.toml that would grant it.
    pub fn allow(&self, plugin: &str, request: &Request) -> Result<(), Error> {
        let refused = |what: String, line: String| {
            Err(Error::new(format!("the plugin `{plugin}` may not {what}"))
                .hint(format!("add `{line}` to [plugin.grant] of `{plugin}` in plugins.toml, then session trust")))
        };
        match request {
            Request::FileRead { path } | Request::FileList { path } => {
                let allowed =
                    [&self.read, &self.write].into_iter().flatten().any(|pattern| path_matches(pattern, path));
                if allowed { Ok(()) } else { refused(format!("read {path}"), format!("read = [\"{path}\"]")) }
            }
            Request::FileWrite { path, .. } | Request::FileRemove { path } => {
                let allowed = self.write.iter().any(|pattern| path_matches(pattern, path));
                if allowed { Ok(()) } else { refused(format!("write {path}"), format!("write = [\"{path}\"]")) }
            }
            Request::Spawn(run) => {
                let allowed = self.run.iter().any(|pattern| run_matches(pattern, &run.argv));
                let argv = run.argv.join(" ");
                let program = run.argv.first().map_or("", String::as_str);
                if allowed { Ok(()) } else { refused(format!("run `{argv}`"), format!("run = [\"{program} **\"]")) }
            }
            Request::Head
            | Request::Changes
            | Request::Tree { .. }
            | Request::History { .. }
            | Request::Diff { .. }
            | Request::PatchId { .. }
            | Request::FileAt { .. } => match self.repository {
                Some(_) => Ok(()),
                None => refused("read the repository".into(), "repository = \"read\"".into()),
            },
            Request::Commit(_) | Request::Revert(_) | Request::Exclude { .. } => match self.repository {
                Some(RepositoryGrant::Commit) => Ok(()),
                _ => refused("commit".into(), "repository = \"commit\"".into()),
            },
            Request::Wait { .. }
            | Request::Log { .. }
            | Request::Progress { .. }
            | Request::FactGet { .. }
            | Request::FactSet { .. }
            | Request::Check { .. } => Ok(()),
        }
    }

    /// The same or fewer: nothing in `asked` goes beyond what was approved.
    pub fn cover(&self, asked: &Self) -> bool {
        let subset = |mine: &[String], theirs: &[String]| {
            theirs.iter().all(|pattern| mine.contains(pattern) || mine.iter().any(|known| known == "**"))
        };
        subset(&self.run, &asked.run)
            && subset(&self.read, &asked.read)
            && subset(&self.write, &asked.write)
            && self.repository >= asked.repository
    }

    /// A grant of these is a grant of everything: what they run can do anything.
    pub fn is_open(&self) -> bool {
        const OPEN: [&str; 14] = [
            "sh", "bash", "zsh", "dash", "fish", "python", "python3", "node", "perl", "ruby", "env", "git", "ssh",
            "sudo",
        ];
        self.run.iter().any(|pattern| {
            let first = pattern.split_whitespace().next().unwrap_or_default();
            first.contains('*') || OPEN.contains(&first.rsplit('/').next().unwrap_or(first))
        })
    }
}

impl fmt::Display for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        for (name, patterns) in [("run", &self.run), ("read", &self.read), ("write", &self.write)] {
            if !patterns.is_empty() {
                parts.push(format!("{name} {}", patterns.join(", ")));
            }
        }
        match self.repository {
            Some(RepositoryGrant::Read) => parts.push("read the repository".into()),
            Some(RepositoryGrant::Commit) => parts.push("commit".into()),
            None => {}
        }
        if parts.is_empty() { f.write_str("nothing") } else { f.write_str(&parts.join("; ")) }
    }
}

/// Whether a path from the root matches: `*` stays in one folder, `**` does not.
pub fn path_matches(pattern: &str, path: &str) -> bool {
    let path = path.strip_prefix("./").unwrap_or(path);
    // Most patterns are one of these; compiling the others costs more than the call itself.
    if pattern == "**" || pattern == path {
        return true;
    }
    if let Some(folder) = pattern.strip_suffix("/**").filter(|folder| !folder.contains(['*', '?', '[', '{'])) {
        return path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
            && !path.split('/').any(|part| part == "..");
    }
    GlobBuilder::new(pattern).literal_separator(true).build().is_ok_and(|glob| glob.compile_matcher().is_match(path))
}

fn run_matches(pattern: &str, argv: &[String]) -> bool {
    let tokens: Vec<&str> = pattern.split_whitespace().collect();
    fn matches(tokens: &[&str], argv: &[String]) -> bool {
        match (tokens.split_first(), argv.split_first()) {
            (None, rest) => rest.is_none(),
            (Some((&"**", [])), _) => true,
            (Some((&"**", rest)), _) => (0..=argv.len()).any(|skip| matches(rest, &argv[skip..])),
            (Some((token, tokens)), Some((arg, argv))) => (*token == "*" || token == arg) && matches(tokens, argv),
            (Some(_), None) => false,
        }
    }
    matches(&tokens, argv)
}

#[cfg(test)]
mod tests {
    use session_types::{Bytes, CommitRequest, Run};

    use super::*;

    fn run(argv: &str) -> Request {
        Request::Spawn(Run { argv: argv.split(' ').map(str::to_owned).collect(), ..Run::default() })
    }

    fn write(path: &str) -> Request {
        Request::FileWrite { path: path.into(), content: Bytes::default() }
    }

    fn grants(toml: &str) -> Grants {
        toml::from_str(toml).expect(toml)
    }

    #[test]
    fn run_patterns_are_over_arguments() {
        let g = grants("run = [\"jj **\", \"make *\", \"a ** z\"]");
        for yes in ["jj", "jj log -r @", "make test", "a z", "a b c z"] {
            assert!(g.allow("p", &run(yes)).is_ok(), "{yes}");
        }
        for no in ["jjx", "make", "make a b", "a", "sh -c jj", "/bin/jj"] {
            assert!(g.allow("p", &run(no)).is_err(), "{no}");
        }
    }

    #[test]
    fn a_refusal_names_the_line_to_add() {
        let none = Grants::default();
        for (request, line) in [
            (run("jj log"), "run = [\"jj **\"]"),
            (write("a/b"), "write = [\"a/b\"]"),
            (Request::FileRead { path: "x".into() }, "read = [\"x\"]"),
            (Request::Head, "repository = \"read\""),
            (Request::Commit(CommitRequest::default()), "repository = \"commit\""),
        ] {
            let error = none.allow("p", &request).expect_err(line);
            assert!(error.hint.as_deref().is_some_and(|hint| hint.contains(line)), "{error:?}");
        }
    }

    #[test]
    fn path_patterns() {
        let g = grants("write = [\"docs/*.md\", \"out/**\"]");
        for yes in ["docs/a.md", "out/a/b"] {
            assert!(g.allow("p", &write(yes)).is_ok(), "{yes}");
            assert!(g.allow("p", &Request::FileRead { path: yes.into() }).is_ok(), "what can be written can be read");
        }
        for no in ["docs/x/a.md", "output", "a.md", "out/../docs/x"] {
            assert!(g.allow("p", &write(no)).is_err(), "{no}");
        }
    }

    #[test]
    fn fewer_grants_are_covered_and_wider_are_not() {
        let approved = grants("run = [\"**\"]\nread = [\"a\"]\nrepository = \"read\"");
        assert!(approved.cover(&grants("run = [\"jj **\"]")));
        assert!(!approved.cover(&grants("read = [\"b\"]")));
        assert!(!approved.cover(&grants("repository = \"commit\"")));
        assert!(grants("run = [\"bash -c *\"]").is_open() && !grants("run = [\"jj **\"]").is_open());
    }
}
