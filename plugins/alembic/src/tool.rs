//! The alembic program: which one, in which folder, with which arguments, and for how long. What its output means is
//! `output.rs`.

use std::collections::BTreeMap;

use session_sdk::command::Command;
use session_sdk::{CommandKind, Error, Outcome, Result, files};

use crate::Config;
use crate::output::{self, Database, blame, masked};
use crate::project::{Project, join};

/// More than the history of any project prints.
const LIMIT: u64 = 16 << 20;

#[derive(Clone, Debug)]
pub struct Tool {
    /// Programs with their first arguments, best first. One that is not there gives way to the next.
    pub programs: Vec<Vec<String>>,
    /// Those of them that nobody here can look at: each may give way to the next for any reason.
    linked: Vec<String>,
    directory: Option<String>,
    options: Vec<String>,
    env: Vec<(String, String)>,
    scratch: BTreeMap<String, Vec<u8>>,
    timeout: u64,
}

/// Where the databases stand.
#[derive(Clone, Debug)]
pub struct Current {
    pub databases: Vec<Database>,
    pub transactional: bool,
}

impl Current {
    pub fn heads(&self) -> impl Iterator<Item = &str> {
        self.databases.iter().flat_map(|database| &database.heads).map(String::as_str)
    }

    pub fn urls(&self) -> String {
        self.databases.iter().map(|database| database.url.as_str()).collect::<Vec<_>>().join(", ")
    }
}

impl Tool {
    /// `scratch` are files for each run: with an `alembic.ini` among them, that one is used.
    pub fn new(config: &Config, project: &Project, scratch: BTreeMap<String, Vec<u8>>) -> Self {
        let mut options = Vec::new();
        let file = if scratch.contains_key("alembic.ini") {
            Some("{scratch}/alembic.ini".to_owned())
        } else {
            project.file.clone()
        };
        options.extend(file.into_iter().flat_map(|file| ["-c".to_owned(), file]));
        options.extend(config.name.iter().flat_map(|name| ["-n".to_owned(), name.clone()]));
        options.extend(config.x.iter().flat_map(|x| ["-x".to_owned(), x.clone()]));
        let linked = || {
            let all = environments(&project.folder).into_iter();
            all.filter(|(_, is_link)| *is_link).map(|(program, _)| program).collect()
        };
        let found = || (programs(&project.folder), linked());
        let (programs, linked) =
            config.command.as_ref().map_or_else(found, |command| (vec![command.argv()], Vec::new()));
        Self {
            programs,
            linked,
            directory: Some(project.folder.clone()).filter(|folder| !folder.is_empty()),
            options,
            env: Vec::new(),
            scratch,
            timeout: config.timeout.0,
        }
    }

    #[must_use]
    pub fn within(mut self, milliseconds: u64) -> Self {
        self.timeout = self.timeout.min(milliseconds);
        self
    }

    #[must_use]
    pub fn with_env(mut self, key: &str, value: &str) -> Self {
        self.env.push((key.to_owned(), value.to_owned()));
        self
    }

    /// With other files, and none of the user's own options: for an environment of ours.
    #[must_use]
    pub fn in_place_of(&self, scratch: BTreeMap<String, Vec<u8>>) -> Self {
        let options = vec!["-c".to_owned(), "{scratch}/alembic.ini".to_owned()];
        Self { scratch, options, ..self.clone() }
    }

    /// The program in use, where it is in a virtual environment that is a link.
    pub fn behind_link(&self) -> Option<&str> {
        let program = self.programs.first()?.first()?;
        self.linked.contains(program).then_some(program.as_str())
    }

    /// As a person would type it; without what is for one run only, and without the values of `-x`.
    pub fn typed(&self, arguments: &[&str]) -> String {
        self.fit(arguments).join(" ")
    }

    /// The arguments, fit to be shown.
    pub fn fit(&self, arguments: &[&str]) -> Vec<String> {
        let mut before = String::new();
        let hidden = |argument: String| {
            let key = argument.split_once('=').map(|(key, _)| key);
            let shown = match key.filter(|_| before == "-x") {
                Some(key) => format!("{key}=***"),
                None => masked(&argument),
            };
            before = argument;
            shown
        };
        self.argv(arguments).into_iter().map(hidden).collect()
    }

    /// What a person can look with; files that are brought back for one run only are not there for anybody else.
    pub fn look(&self) -> String {
        if self.scratch.is_empty() {
            masked(&self.typed(&["current"]))
        } else {
            "SELECT version_num FROM alembic_version".to_owned()
        }
    }

    pub fn argv(&self, arguments: &[&str]) -> Vec<String> {
        let program = self.programs.first().into_iter().flatten();
        let arguments = arguments.iter().map(|argument| (*argument).to_owned());
        program.chain(&self.options).cloned().chain(arguments).collect()
    }

    /// Runs it to its end, whatever comes of it.
    ///
    /// # Errors
    /// Not there, not granted, or too much output.
    pub fn run(&mut self, kind: CommandKind, arguments: &[&str]) -> Result<Outcome> {
        loop {
            let mut argv = self.argv(arguments).into_iter();
            let mut command =
                Command::new(argv.next().unwrap_or_default()).args(argv).timeout(self.timeout).limit(LIMIT);
            command = match kind {
                CommandKind::Query => command.query(),
                CommandKind::Repeatable => command.repeatable(),
                CommandKind::Effect => command,
            };
            command = self.directory.iter().fold(command, |command, folder| command.directory(folder.as_str()));
            command = self.env.iter().fold(command, |command, (key, value)| command.env(key.as_str(), value.as_str()));
            command = self
                .scratch
                .iter()
                .fold(command, |command, (name, content)| command.scratch(name.as_str(), content.clone()));
            match command.output() {
                Err(_) if self.programs.len() > 1 && self.behind_link().is_some() => {
                    self.programs.remove(0);
                }
                // As the host words it where there is no such program.
                Err(error) if self.programs.len() > 1 && error.message.starts_with("there is no program") => {
                    self.programs.remove(0);
                }
                Err(error) if error.message.starts_with("there is no program") => {
                    return Err(Error::new("alembic is not there").because(masked(&error.message)).hint(INSTALL));
                }
                Err(error) => return Err(fit_to_show(error)),
                Ok(outcome) => return Ok(outcome),
            }
        }
    }

    /// Where the databases stand.
    ///
    /// # Errors
    /// In alembic's own words, where it or a database does not answer.
    pub fn current(&mut self) -> Result<Current> {
        let outcome = self.run(CommandKind::Query, &["current", "--verbose"])?;
        let databases = output::current(&outcome.stdout.to_text());
        if !outcome.success() {
            let urls = Current { databases, transactional: false }.urls();
            let what = if urls.is_empty() { "the database".to_owned() } else { urls };
            let error = blame(Error::new(format!("alembic cannot say where {what} stands")), &outcome);
            return Err(Error { hint: ways_on(&error), ..error });
        }
        if databases.is_empty() {
            return Err(Error::new("alembic does not say which database it has asked").because(format!(
                "`{}` printed no \"Current revision(s) for\"",
                masked(&self.typed(&["current", "--verbose"]))
            )));
        }
        let transactional = output::transactional(&outcome.stderr.to_text(), &databases);
        Ok(Current { databases, transactional })
    }
}

const INSTALL: &str = "install alembic, activate the environment that has it, or set command = \"…\" in [plugin.config] of alembic \
                       in plugins.toml";

/// Where the database itself is not what fails.
fn ways_on(error: &Error) -> Option<String> {
    let says = |text: &str| error.causes.iter().any(|cause| cause.contains(text));
    if says("No module named alembic") || says("No module named 'alembic'") {
        return Some(INSTALL.to_owned());
    }
    let elsewhere = "the database is at a revision that no file here has: bring its file here (git log --all finds it), or \
                     use the right database";
    says("Can't locate revision").then(|| elsewhere.to_owned())
}

/// What the host says may name the arguments, and `-x` may hold a URL.
fn fit_to_show(error: Error) -> Error {
    let hint = error.hint.unwrap_or_else(|| "set command = \"…\" in [plugin.config] of alembic in plugins.toml".into());
    let causes = error.causes.iter().map(|cause| masked(cause)).collect();
    Error { message: masked(&error.message), causes, hint: Some(masked(&hint)), stuck: error.stuck }
}

/// A folder that cannot be read is no reason to stop: the next program may do.
fn has(folder: &str, name: &str) -> bool {
    let folder = if folder.is_empty() { "." } else { folder };
    files::list(folder).is_ok_and(|names| names.iter().any(|known| known == name))
}

/// Alembic in the virtual environments of its folder and of the root, and whether that is a link. One is often a link into a
/// cache: files behind it are out of reach, and programs are not. A file of that name looks the same.
fn environments(folder: &str) -> Vec<(String, bool)> {
    let up = "../".repeat(if folder.is_empty() { 0 } else { folder.split('/').count() });
    let places = if folder.is_empty() { vec![("", "")] } else { vec![(folder, ""), ("", up.as_str())] };
    let mut found = Vec::new();
    for (folder, up) in places {
        let is_link = has(folder, ".venv");
        let is_there = has(&join(folder, ".venv/bin"), "alembic");
        if is_link || is_there {
            found.push((format!("{up}.venv/bin/alembic"), is_link));
        }
        if is_there {
            break;
        }
    }
    found
}

/// What people would type here: the project's own environment, else what is installed.
fn programs(folder: &str) -> Vec<Vec<String>> {
    let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mut programs: Vec<Vec<String>> = environments(folder).into_iter().map(|(program, _)| vec![program]).collect();
    if has(folder, "uv.lock") || has("", "uv.lock") {
        // Installing what is locked is not for us to do.
        programs.push(list(&["uv", "run", "--no-sync", "alembic"]));
    }
    programs.push(list(&["alembic"]));
    programs.push(list(&["python3", "-m", "alembic"]));
    programs
}
