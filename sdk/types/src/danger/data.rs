//! Commands that may destroy data elsewhere: databases, containers, clouds, other machines. A table of the common ones;
//! a program that is not in it is not judged.

use super::Grade;
use super::script::{Input, Shell};
use super::word::Word;

/// Programs that run SQL or the like, which they are given or read.
const CLIENTS: [&str; 25] = [
    "psql",
    "pgcli",
    "mysql",
    "mariadb",
    "mycli",
    "sqlite3",
    "litecli",
    "duckdb",
    "sqlcmd",
    "sqlplus",
    "usql",
    "cqlsh",
    "clickhouse",
    "clickhouse-client",
    "cockroach",
    "mongosh",
    "mongo",
    "redis-cli",
    "valkey-cli",
    "bq",
    "snowsql",
    "isql",
    "trino",
    "beeline",
    "wrangler",
];

/// A program, and the word of its arguments that destroys.
const DESTROYS: [(&str, &[&str], &str); 32] = [
    ("mysqladmin", &["drop"], "it removes a database"),
    ("kubectl", &["delete", "drain"], "it removes what runs in a cluster"),
    ("oc", &["delete"], "it removes what runs in a cluster"),
    ("helm", &["uninstall", "delete", "rollback"], "it changes what runs in a cluster"),
    ("terraform", &["destroy", "apply"], "it changes servers"),
    ("tofu", &["destroy", "apply"], "it changes servers"),
    ("pulumi", &["destroy", "up"], "it changes servers"),
    ("aws", &["rm", "rb"], "it removes data in a cloud"),
    ("gsutil", &["rm", "rb"], "it removes data in a cloud"),
    ("gcloud", &["delete"], "it removes data in a cloud"),
    ("az", &["delete", "purge"], "it removes data in a cloud"),
    ("heroku", &["pg:reset", "apps:destroy", "addons:destroy"], "it removes data in a cloud"),
    ("fly", &["destroy"], "it removes data in a cloud"),
    ("flyctl", &["destroy"], "it removes data in a cloud"),
    ("gh", &["delete"], "it removes something on GitHub"),
    ("supabase", &["reset"], "it empties a database"),
    ("prisma", &["reset", "--force-reset"], "it empties a database"),
    ("rails", RAILS, "it empties or removes a database"),
    ("rake", RAILS, "it empties or removes a database"),
    ("mix", &["ecto.drop", "ecto.reset", "ecto.rollback"], "it empties or removes a database"),
    ("artisan", ARTISAN, "it empties a database"),
    ("manage.py", &["flush", "reset_db", "sqlflush", "zero"], "it empties a database, or takes it back"),
    ("flyway", &["clean", "undo"], "it empties a database, or takes it back"),
    ("liquibase", &["rollback", "dropAll", "drop-all"], "it empties a database, or takes it back"),
    ("django-admin", &["flush", "reset_db"], "it empties a database"),
    ("sequelize", &["db:drop", "db:migrate:undo", "db:migrate:undo:all"], "it takes a database back, or removes it"),
    (
        "sequelize-cli",
        &["db:drop", "db:migrate:undo", "db:migrate:undo:all"],
        "it takes a database back, or removes it",
    ),
    ("knex", &["migrate:rollback", "migrate:down"], "it takes a database back"),
    ("typeorm", &["schema:drop", "migration:revert"], "it takes a database back, or empties it"),
    ("console", &["doctrine:database:drop", "doctrine:schema:drop"], "it empties or removes a database"),
    ("dbmate", &["drop", "down", "rollback"], "it takes a database back, or removes it"),
    ("sqlx", &["drop", "reset", "revert"], "it takes a database back, or removes it"),
];
const RAILS: &[&str] = &["db:drop", "db:reset", "db:purge", "db:rollback", "db:migrate:reset", "db:schema:load"];
const ARTISAN: &[&str] = &["migrate:fresh", "migrate:refresh", "migrate:reset", "migrate:rollback", "db:wipe"];

/// Programs that destroy whatever they are given.
const ALWAYS: [(&str, &str); 9] = [
    ("dropdb", "it removes a database"),
    ("dropuser", "it removes a user of a database"),
    ("wipefs", "it destroys a file system"),
    ("fdisk", "it changes a disk"),
    ("parted", "it changes a disk"),
    ("shutdown", "it ends this machine"),
    ("reboot", "it ends this machine"),
    ("poweroff", "it ends this machine"),
    ("halt", "it ends this machine"),
];

/// It gets something from a server.
pub(super) fn fetches(program: &str) -> bool {
    matches!(program, "curl" | "wget" | "fetch" | "http" | "https" | "aria2c")
}

/// The place of the first word that is no option and no value of one.
pub(super) fn behind_options(words: &[Word], with_values: &[&str]) -> usize {
    let mut at = 1;
    while let Some(text) = words.get(at).map(|word| word.text().unwrap_or_default()) {
        if text == "--" {
            return at + 1;
        }
        if !text.starts_with('-') || text.len() < 2 {
            return at;
        }
        at += if with_values.contains(&text.as_str()) { 2 } else { 1 };
    }
    words.len()
}

pub(super) fn look(shell: &mut Shell<'_>, name: &str, words: &[Word], input: &Input) {
    let texts: Vec<String> = words[1..].iter().map(|word| word.text().unwrap_or_default()).collect();
    let has = |wanted: &str| texts.iter().any(|text| text == wanted);
    if texts.iter().any(|text| text == "--help") {
        return;
    }
    let mut report = |why: &str| shell.report(Grade::Elsewhere, words, why);
    if let Some((_, why)) = ALWAYS.iter().find(|(program, _)| *program == name) {
        report(why);
    }
    if let Some((_, _, why)) =
        DESTROYS.iter().find(|(program, destroys, _)| *program == name && destroys.iter().any(|word| has(word)))
    {
        report(why);
    }
    match name {
        "alembic" | "flask" => migrate(shell, words, &texts),
        "docker" | "podman" | "docker-compose" | "podman-compose" | "nerdctl" => contain(shell, words, &texts),
        "ssh" => other_machine(shell, words),
        "dd" if texts.iter().any(|text| text.starts_with("of=/dev/") && text != "of=/dev/null") => {
            report("it writes over a disk");
        }
        "aws" if texts.iter().any(|text| text.starts_with("delete-") || text.starts_with("terminate-")) => {
            report("it removes data in a cloud");
        }
        _ if name.starts_with("mkfs") => report("it destroys a file system"),
        _ if CLIENTS.contains(&name) && !has(":memory:") => {
            let shown = words[1..].iter().map(Word::shown);
            let read = input.text.iter().cloned();
            if let Some(statement) = shown.chain(read).find_map(|text| statement(&text)) {
                shell.report(Grade::Elsewhere, words, format!("it runs {statement}, which destroys data"));
            }
        }
        _ => {}
    }
}

/// Down, where nothing behind it goes up again.
fn migrate(shell: &mut Shell<'_>, words: &[Word], texts: &[String]) {
    let has = |wanted: &str| texts.iter().any(|text| text == wanted);
    if has("--sql") {
        return;
    }
    if has("upgrade") {
        shell.upgrade();
    } else if has("downgrade") {
        shell.report_downgrade(words, "it takes a database back, and no upgrade stands behind it in the same check");
    }
}

fn contain(shell: &mut Shell<'_>, words: &[Word], texts: &[String]) {
    let has = |wanted: &str| texts.iter().any(|text| text == wanted);
    let volumes = texts.iter().any(|text| {
        text.starts_with("--volumes") || text.starts_with('-') && !text.starts_with("--") && text.contains('v')
    });
    let at = texts.iter().position(|text| text == "down");
    if at.is_some_and(|at| texts[at..].iter().any(|text| text == "-v" || text.starts_with("--volumes"))) {
        shell.report(Grade::Elsewhere, words, "it removes the volumes of containers, and so their data");
    } else if has("volume") && (has("rm") || has("prune")) || has("prune") && volumes {
        shell.report(Grade::Elsewhere, words, "it removes volumes, and so their data");
    } else if let Some(at) = texts.iter().position(|text| text == "exec") {
        // What runs in there has other files, and may have the same data.
        let inside = &words[at + 1..];
        let from = behind_options(inside, &["-e", "--env", "-u", "--user", "-w", "--workdir", "--index"]) + 1;
        if let Some(name) = inside.get(from).and_then(Word::text) {
            let inside = inside[from..].to_vec();
            match name.as_str() {
                "sh" | "bash" => _ = shell.command(&inside, Input::default()),
                name => look(shell, name.rsplit('/').next().unwrap_or(name), &inside, &Input::default()),
            }
        }
    }
}

fn other_machine(shell: &mut Shell<'_>, words: &[Word]) {
    let from =
        behind_options(words, &["-i", "-p", "-l", "-o", "-F", "-J", "-L", "-R", "-D", "-W", "-b", "-c", "-E"]) + 1;
    let text = words.get(from..).unwrap_or_default().iter().map(Word::shown).collect::<Vec<_>>().join(" ");
    if let Some(danger) = super::of_text(&text, &super::Ground::default()).first() {
        shell.report(Grade::Elsewhere, words, format!("on another machine {}", danger.why));
    }
}

/// A statement that destroys data, in the words of SQL and its like.
fn statement(text: &str) -> Option<String> {
    const WHAT: [&str; 21] = [
        "TABLE",
        "DATABASE",
        "SCHEMA",
        "INDEX",
        "VIEW",
        "MATERIALIZED",
        "COLUMN",
        "ROLE",
        "USER",
        "TYPE",
        "SEQUENCE",
        "FUNCTION",
        "TRIGGER",
        "EXTENSION",
        "OWNED",
        "CONSTRAINT",
        "TABLESPACE",
        "KEYSPACE",
        "COLLECTION",
        "POLICY",
        "TEMPORARY",
    ];
    let upper = text.to_uppercase();
    let words: Vec<&str> =
        upper.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).collect();
    if upper.contains("DROPDATABASE(") {
        return Some("dropDatabase".to_owned());
    }
    let pair = words.windows(2).find(|pair| match pair[0] {
        "DROP" => WHAT.contains(&pair[1]),
        "DELETE" => pair[1] == "FROM",
        _ => false,
    });
    if let Some(pair) = pair {
        return Some(pair.join(" "));
    }
    words.iter().find(|word| matches!(**word, "TRUNCATE" | "FLUSHALL" | "FLUSHDB")).map(|word| (*word).to_owned())
}
