//! Whether a session's revisions can be taken down again: by the text of their `downgrade()`, and by trying on the scratch
//! database. What that is, its URL does not tell: the same database has many spellings. So it must be empty when it is first
//! tried on, and is marked then; and the project's env.py must find the mark with the scratch URL, and must not find it with
//! the project's own settings.

use std::collections::BTreeSet;

use session_sdk::{CommandKind, Error, Outcome, Result};

use crate::Config;
use crate::graph::{Graph, Target};
use crate::output::{blame, masked};
use crate::project::{Own, Project};
use crate::revision::{Down, Revision, downgrade};
use crate::tool::Tool;

/// What is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reversible {
    Yes,
    No(String),
    NotTried(String),
}

impl Reversible {
    pub fn said(&self) -> String {
        match self {
            Self::Yes => "reversible: yes (up, down and up again on the scratch database)".to_owned(),
            Self::No(why) => format!("reversible: no, {why}"),
            Self::NotTried(why) => format!("reversible: not tried: {why}"),
        }
    }
}

/// What the text of `downgrade()` says; none where it may well work.
pub fn by_text(own: &[Own]) -> Option<Reversible> {
    own.iter().find_map(|own| {
        let what = match downgrade(&own.text).0 {
            Down::Does | Down::Nothing => return None,
            Down::Empty => "is empty",
            Down::Raises => "raises",
            Down::Missing => "is not there",
        };
        Some(Reversible::No(format!("downgrade() of {} {what}", own.path)))
    })
}

/// Takes the revisions up, down and up on the scratch database.
pub fn tried(config: &Config, project: &Project, graph: &Graph, own: &[Revision]) -> Reversible {
    let Some(url) = config.scratch_url.as_deref() else { return Reversible::NotTried("no scratch-url".into()) };
    if project.settings.get("sqlalchemy.url").as_deref() == Some(url) {
        return Reversible::NotTried(OWN.into());
    }
    let mut trial = Trial::new(config, project, graph, own, url);
    match trial.run(url) {
        Ok(reversible) => reversible,
        Err(error) => Reversible::NotTried(masked(&error.to_string())),
    }
}

const OWN: &str = "scratch-url is the project's own database";

struct Trial<'a> {
    alembic: Tool,
    /// Our own env.py on the scratch database: marks it, takes the mark away, prints the schema.
    mark: Tool,
    unmark: Tool,
    dump: Tool,
    /// The project's env.py, to the database of its own settings and to the scratch one: is it marked?
    real: Tool,
    scratch: Tool,
    graph: &'a Graph,
    own: BTreeSet<&'a str>,
    revisions: &'a [Revision],
}

/// What stopped the trial: the migration, or something else.
enum Stop {
    No(String),
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl<'a> Trial<'a> {
    fn new(config: &Config, project: &Project, graph: &'a Graph, own: &'a [Revision], url: &str) -> Self {
        let absolute = |path: &String| project.absolute(path);
        let versions: Vec<String> = project.versions.iter().map(absolute).collect();
        let script = absolute(&project.script);
        // Python reads a string as JSON writes it.
        let folder = serde_json::Value::from(script.as_str()).to_string();
        let seen = include_str!("seen_env.py").replace("{folder}", &folder);
        let tool = |script: &str, url: Option<&str>, env: Option<&str>| {
            let ini = project.settings.copy(script, &versions, url);
            let env = env.map(|env| ("env.py".to_owned(), env.as_bytes().to_vec()));
            let files = [("alembic.ini".to_owned(), ini.into_bytes())].into_iter().chain(env);
            let tool = Tool::new(config, project, files.collect());
            let name = config.url_env.as_deref().filter(|_| url.is_some());
            name.into_iter().fold(tool, |tool, name| tool.with_env(name, url.unwrap_or_default()))
        };
        let alembic = tool(&script, Some(url), None);
        let ours = |work: &str| {
            let url = url.replace('%', "%%");
            let ini = format!("[alembic]\nscript_location = %(here)s\nsqlalchemy.url = {url}\nwork = {work}\n");
            let env = include_bytes!("scratch_env.py").to_vec();
            alembic.in_place_of([("alembic.ini".into(), ini.into_bytes()), ("env.py".into(), env)].into())
        };
        Self {
            mark: ours("mark"),
            unmark: ours("unmark"),
            dump: ours("schema"),
            real: tool("%(here)s", None, Some(&seen)),
            scratch: tool("%(here)s", Some(url), Some(&seen)),
            alembic,
            graph,
            own: own.iter().map(|r| r.revision.as_str()).collect(),
            revisions: own,
        }
    }

    fn run(&mut self, url: &str) -> Result<Reversible> {
        self.is_scratch()?;
        let current = self.alembic.current()?;
        // Where several databases are asked, nobody knows that each of them is the scratch one.
        if current.databases.len() != 1 || current.databases[0].url != masked(url) {
            return Err(elsewhere(&format!("it connects to {}", current.urls())));
        }
        match self.up_and_down(&current.heads().map(str::to_owned).collect::<Vec<_>>()) {
            Ok(()) => Ok(Reversible::Yes),
            Err(Stop::No(why)) => Ok(Reversible::No(why)),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    /// # Errors
    /// Where it is not beyond doubt that nobody's data is in the database.
    fn is_scratch(&mut self) -> Result<()> {
        let outcome = self.mark.run(CommandKind::Repeatable, &["current"])?;
        ok(&outcome, || Error::new("the scratch database does not answer"))?;
        let said = outcome.stdout.to_text();
        if let Some(table) = said.lines().find_map(|line| line.strip_prefix("-- taken ")) {
            let what = "scratch-url names a database with tables of its own";
            return Err(Error::new(format!("{what} ({table}); empty it first")));
        }
        let made = said.lines().any(|line| line == "-- made");
        if !made && !said.lines().any(|line| line == "-- found") {
            return Err(Error::new("the scratch database does not tell its tables"));
        }
        let checked = self.is_another();
        if checked.is_err() && made {
            // Marked by mistake; an empty one is as it was.
            _ = self.unmark.run(CommandKind::Repeatable, &["current"])?;
        }
        checked
    }

    fn is_another(&mut self) -> Result<()> {
        let unknown = "the project's own database cannot be asked whether it is the scratch one";
        let real = marks(&mut self.real).map_err(|error| Error { message: unknown.into(), ..error })?;
        if real.is_empty() {
            return Err(Error::new(unknown).because("env.py migrates nothing"));
        }
        if real.contains(&true) {
            return Err(Error::new(OWN));
        }
        let scratch = marks(&mut self.scratch)?;
        if scratch.as_slice() == [true] { Ok(()) } else { Err(elsewhere("it connects to another database")) }
    }

    fn up_and_down(&mut self, heads: &[String]) -> Result<(), Stop> {
        let mut applied = self.graph.ancestors(heads.iter().map(String::as_str), true);
        // What an earlier trial has left.
        for target in self.targets(&applied)? {
            self.go(&["downgrade", &target.name()])?.map_err(Stop::Failed)?;
            applied.retain(|id| !target.takes.iter().any(|taken| taken == id));
        }
        let parents: BTreeSet<&String> = self.revisions.iter().flat_map(|r| r.down.iter().chain(&r.depends)).collect();
        for parent in parents {
            if !self.own.contains(parent.as_str()) && !applied.contains(parent.as_str()) {
                self.go(&["upgrade", parent])?.map_err(Stop::Failed)?;
            }
        }
        let tops: Vec<&str> =
            self.own.iter().copied().filter(|id| self.graph.children(id, true).is_disjoint(&self.own)).collect();
        let mut then = self.graph.ancestors(self.own.iter().copied(), true);
        then.extend(applied);
        let targets = self.targets(&then)?;
        let before = self.schema()?;
        self.up(&tops)?;
        let up = self.schema()?;
        for target in &targets {
            let no = |error: Error| Stop::No(format!("alembic downgrade {} fails: {}", target.name(), because(&error)));
            self.go(&["downgrade", &target.name()])?.map_err(no)?;
        }
        let no = |what: &str, line: String| Err(Stop::No(format!("{what}: {line}")));
        if let Some(line) = difference(&before, &self.schema()?) {
            return no("its downgrade leaves another schema than there was before", line);
        }
        self.up(&tops)?;
        match difference(&up, &self.schema()?) {
            Some(line) => no("the second upgrade makes another schema than the first", line),
            None => Ok(()),
        }
    }

    fn up(&mut self, tops: &[&str]) -> Result<(), Stop> {
        for top in tops {
            let no = |error: Error| Stop::No(format!("alembic upgrade {top} fails: {}", because(&error)));
            self.go(&["upgrade", top])?.map_err(no)?;
        }
        Ok(())
    }

    fn targets(&self, applied: &BTreeSet<&str>) -> Result<Vec<Target>, Stop> {
        let error = |id| Stop::No(format!("{id} cannot be taken down alone"));
        self.graph.targets(&self.own, applied).map_err(error)
    }

    /// The inner error is alembic's, the outer one of who could not run it.
    fn go(&mut self, arguments: &[&str]) -> Result<Result<(), Error>> {
        let outcome = self.alembic.run(CommandKind::Repeatable, arguments)?;
        let error = || Error::new(format!("`alembic {}` failed on the scratch database", arguments.join(" ")));
        Ok(ok(&outcome, error))
    }

    fn schema(&mut self) -> Result<Vec<String>> {
        let outcome = self.dump.run(CommandKind::Query, &["current"])?;
        ok(&outcome, || Error::new("the scratch database does not tell its schema"))?;
        let text = outcome.stdout.to_text();
        Ok(text.lines().skip_while(|line| *line != "-- schema").map(str::to_owned).collect())
    }
}

/// Of each database that env.py connects to, whether it is marked.
fn marks(tool: &mut Tool) -> Result<Vec<bool>> {
    let outcome = tool.run(CommandKind::Query, &["current"])?;
    ok(&outcome, || Error::new("env.py fails with scratch-url"))?;
    let text = outcome.stdout.to_text();
    let words = text.lines().filter_map(|line| line.strip_prefix("-- session_scratch "));
    Ok(words.map(|word| word == "yes").collect())
}

fn elsewhere(where_to: &str) -> Error {
    Error::new(format!("env.py does not take its URL from sqlalchemy.url: set url-env ({where_to})"))
}

fn ok(outcome: &Outcome, error: impl FnOnce() -> Error) -> Result<(), Error> {
    if outcome.success() { Ok(()) } else { Err(blame(error(), outcome)) }
}

fn because(error: &Error) -> &str {
    error.causes.first().map_or(error.message.as_str(), String::as_str)
}

/// The first line that is in one of them only.
fn difference(before: &[String], after: &[String]) -> Option<String> {
    let short = |line: &String| line.chars().take(160).collect::<String>();
    let more = after.iter().find(|line| !before.contains(line)).map(|line| format!("there is now {}", short(line)));
    more.or_else(|| {
        before.iter().find(|line| !after.contains(line)).map(|line| format!("there is no more {}", short(line)))
    })
}
