//! Rollback with the database: real alembic on SQLite, and on a PostgreSQL that the test starts itself.

mod database;
mod heads;
mod killed;
mod messages;
mod plan;
mod program;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::git::has;
use crate::support::{Ran, Sandbox, target};
use database::Database;

/// Python, alembic and drivers, in an environment that `.ci/run` makes; none where it is not there.
fn tools() -> Option<PathBuf> {
    let folder = target().join("test-tools/bin");
    has(&folder.join("alembic").to_string_lossy()).then_some(folder)
}

/// A project with migrations, and the database that they are about.
struct Shop {
    s: Sandbox,
    tools: PathBuf,
    database: Database,
}

/// The URL comes from the environment: another clone is of the same database.
const ENV: &str = r#"
import os
from alembic import context
from sqlalchemy import create_engine

url = os.environ.get("DATABASE_URL") or context.config.get_main_option("sqlalchemy.url")
if context.is_offline_mode():
    context.configure(url=url, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"#;

const INI: &str = "[alembic]\nscript_location = %(here)s/migrations\nprepend_sys_path = .\nsqlalchemy.url = sqlite:///not-this-one.db\n";

impl Shop {
    /// A plan of these sessions, each of which depends on the one before where `chained`, set up and committed.
    fn new(tools: PathBuf, database: Database, ids: &[&str], chained: bool) -> Self {
        let mut s = Sandbox::new();
        s.environment = environment(&tools, &database);
        s.write("alembic.ini", INI);
        s.write("migrations/env.py", ENV);
        s.write("migrations/script.py.mako", "# unused\n");
        s.write(".gitignore", "__pycache__/\n");
        let mut plan = "# Shop\n".to_owned();
        for (i, id) in ids.iter().enumerate() {
            let before = i.checked_sub(1).filter(|_| chained);
            let depends = before.map_or(String::new(), |before| format!("- **Depends on:** {}\n\n", ids[before]));
            let check = "### Verification Commands\n\n```sh\nalembic upgrade heads\n```\n";
            write!(plan, "\n## Session {id}: Step {id}\n\n{depends}{check}").unwrap();
        }
        s.write("docs/SHOP_PROMPTS.md", &plan);
        let shop = Self { s, tools, database };
        shop.session("init Shop").ok();
        shop.s.git("add .");
        shop.s.git("commit --quiet -m setup");
        shop
    }

    fn sqlite(ids: &[&str], chained: bool) -> Option<Self> {
        let tools = tools()?;
        Some(Self::new(tools.clone(), Database::sqlite(&tools), ids, chained))
    }

    fn session(&self, arguments: &str) -> Ran {
        self.s.session(arguments)
    }

    fn alembic(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.s.command("alembic", &self.s.root).args(arguments).output().unwrap())
    }

    /// The same project with another database; the one that it had before.
    fn use_database(&mut self, database: Database) -> Database {
        let before = std::mem::replace(&mut self.database, database);
        self.s.environment = environment(&self.tools, &self.database);
        before
    }

    /// A session that adds a revision on top of these, with a table of its own; complete.
    fn session_with(&self, id: &str, revision: &str, down: &[&str]) {
        self.begun_with(id, revision, down);
        self.session(&format!("complete -m \"feat: {revision}\"")).ok();
        self.database.fill(&format!("t_{revision}"));
    }

    fn begun_with(&self, id: &str, revision: &str, down: &[&str]) {
        self.session(&format!("start {id}")).ok();
        self.revision(revision, down, &made(revision), &dropped(revision));
        self.s.write(&format!("src/{revision}.py"), &format!("# uses t_{revision}\n"));
    }

    fn revision(&self, revision: &str, down: &[&str], up: &str, back: &str) {
        let down = match down {
            [] => "None".to_owned(),
            [one] => format!("{one:?}"),
            several => format!("({})", several.iter().map(|one| format!("{one:?}")).collect::<Vec<_>>().join(", ")),
        };
        let text = format!(
            "\"\"\"add {revision}\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\n\nrevision = {revision:?}\n\
             down_revision = {down}\nbranch_labels = None\ndepends_on = None\n\n\ndef upgrade():\n    {up}\n\n\n\
             def downgrade():\n    {back}\n"
        );
        self.s.write(&format!("migrations/versions/{revision}_add.py"), &text);
    }

    /// Revisions that the database is at.
    fn current(&self) -> Vec<String> {
        let ran = self.alembic(&["current"]).ok();
        let mut at: Vec<String> =
            ran.out.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
        at.sort();
        at
    }

    /// Everything that a rollback must bring back: schema and data, revision, and the tree without documents.
    fn world(&self) -> World {
        let document = |line: &&str| {
            let path = line.rsplit('\t').next().unwrap();
            path.starts_with("docs/") || matches!(path, "plugins.toml" | ".gitattributes")
        };
        let tree = self.s.git("ls-tree -r HEAD");
        let tree: Vec<&str> = tree.lines().filter(|line| !document(line)).collect();
        let tree = tree.join("\n");
        World { schema: self.database.dump(), current: self.current(), tree }
    }

    /// As before; history only grew, nothing is left in the working tree, and the row says so and nothing else.
    fn is_back(&self, before: &World, id: &str, head: &str, progress: &str) {
        assert_eq!(&self.world(), before, "{id}");
        self.s.git(&format!("merge-base --is-ancestor {head} HEAD"));
        assert_eq!(self.s.git("status --porcelain"), "", "{id}");
        let now = self.progress();
        let differ: Vec<(&str, &str)> = progress.lines().zip(now.lines()).filter(|(old, new)| old != new).collect();
        assert_eq!((differ.len(), progress.lines().count()), (1, now.lines().count()), "{differ:?}");
        let (old, new) = differ[0];
        assert!(old.contains(id) && old.replace("✅ Done", "↩️ Rolled back") == new, "{old}\n{new}");
        let ours = |subject: &&String| **subject == format!("revert: roll back {id}");
        assert_eq!(self.s.subjects().iter().filter(ours).count(), 1, "{id}");
    }

    fn progress(&self) -> String {
        self.s.read("docs/progress/SHOP_PROGRESS.md")
    }

    /// Rolls back, and everything is as it was.
    fn taken_back(&self, before: &World, id: &str, options: &str) -> Ran {
        let (head, progress) = (self.s.git("rev-parse HEAD"), self.progress());
        let ran = self.session(format!("rollback {id} --yes {options}").trim_end()).ok();
        self.is_back(before, id, &head, &progress);
        ran
    }
}

/// The tools in the path, and the database.
fn environment(tools: &Path, database: &Database) -> Vec<(&'static str, String)> {
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    vec![("PATH", path), ("DATABASE_URL", database.url()), ("PYTHONDONTWRITEBYTECODE", "1".to_owned())]
}

#[derive(Clone, Debug, PartialEq)]
struct World {
    schema: String,
    current: Vec<String>,
    tree: String,
}

fn made(revision: &str) -> String {
    format!(
        "op.create_table(\"t_{revision}\", sa.Column(\"id\", sa.Integer, primary_key=True), sa.Column(\"name\", sa.Text))"
    )
}

fn dropped(revision: &str) -> String {
    format!("op.drop_table(\"t_{revision}\")")
}
