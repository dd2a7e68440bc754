//! A project with alembic in memory, for `refusals.rs` and `crash.rs`. What alembic answers was recorded from 1.20.1.

use session_sdk::testing::{Host, context};
use session_sdk::{Back, Bytes, Commit, Context, Event, Outcome, Rollback};

pub const VERSIONS: &str = "migrations/versions";
pub const URL: &str = "postgresql+psycopg://bob:***@db/app";
const INI: &str = "[alembic]\nscript_location = %(here)s/migrations\npath_separator = os\n";

pub fn file(revision: &str, down: &str) -> String {
    format!(
        "\"\"\"make {revision}\"\"\"\nrevision = '{revision}'\ndown_revision = {down}\nbranch_labels = None\n\
         depends_on = None\n\n\ndef upgrade():\n    op.create_table('t')\n\n\ndef downgrade():\n    op.drop_table('t')\n"
    )
}

pub fn path(revision: &str) -> String {
    format!("{VERSIONS}/{revision}.py")
}

/// `a1` was there before the session; `o1` and, on another branch, `o2` are its own.
pub fn make(heads: &[&str]) -> Host {
    let mut host = Host::default();
    host.set(|world| {
        world.files.insert("alembic.ini".into(), INI.into());
        world.files.insert("migrations/env.py".into(), b"# env".to_vec());
        for (revision, down) in [("a1", "None"), ("o1", "'a1'"), ("o2", "'a1'")] {
            world.files.insert(path(revision), file(revision, down).into_bytes());
        }
        for (argv, stdout) in [
            ("alembic current --verbose", current(heads)),
            ("alembic downgrade o1:o1@a1 --sql", sql("o1")),
            ("alembic downgrade o2:o2@a1 --sql", sql("o2")),
            ("alembic downgrade o1@a1", String::new()),
            ("alembic downgrade o2@a1", String::new()),
        ] {
            world.commands.insert(argv.into(), ended(0, &stdout, TRANSACTIONAL));
        }
        let message = "feat: theirs\n\nSession-Id: T-09\n".to_owned();
        let files = vec![path("x1")];
        world.history = vec![Commit { commit: "c9".into(), message, files, ..Commit::default() }];
    });
    host
}

pub const TRANSACTIONAL: &str = "INFO  [alembic.runtime.migration] Context impl PostgresqlImpl.\n\
    INFO  [alembic.runtime.migration] Will assume transactional DDL.\n";

pub fn current(heads: &[&str]) -> String {
    let heads = heads.iter().map(|head| format!("Rev: {head} (head)\nParent: a1\nPath: /test/{}\n\n", path(head)));
    format!("Current revision(s) for {URL}:\n{}", heads.collect::<String>())
}

fn sql(revision: &str) -> String {
    format!(
        "BEGIN;\n\n-- Running downgrade {revision} -> a1\n\nDROP TABLE t;\n\n\
         DELETE FROM alembic_version WHERE alembic_version.version_num = '{revision}';\n\nCOMMIT;\n\n"
    )
}

pub fn ended(code: i32, stdout: &str, stderr: &str) -> Outcome {
    let bytes = |text: &str| Bytes(text.as_bytes().to_vec());
    Outcome { code: Some(code), stdout: bytes(stdout), stderr: bytes(stderr), ..Outcome::default() }
}

pub fn rollback(added: &[&str]) -> Context<Rollback> {
    let added = added.iter().map(|revision| path(revision)).collect();
    let back = Back { added, last: Some("last".into()), ..Back::default() };
    context(Event::Rollback, Rollback { back, ..Rollback::default() })
}
