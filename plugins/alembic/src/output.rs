//! What alembic prints, read; and the same fit to be shown, without passwords. Pure. The texts in the tests are recorded.

use session_sdk::{Error, Outcome};

/// One block of `alembic current --verbose`; `multidb` prints one per database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Database {
    /// Without its password.
    pub url: String,
    pub heads: Vec<String>,
}

const CURRENT: &str = "Current revision(s) for ";

/// Reads `alembic current --verbose`.
pub fn current(text: &str) -> Vec<Database> {
    let mut databases: Vec<Database> = Vec::new();
    for line in text.lines() {
        if let Some(url) = line.strip_prefix(CURRENT) {
            databases.push(Database { url: masked(url.trim_end().trim_end_matches(':')), heads: Vec::new() });
        } else if let (Some(rest), Some(database)) = (line.strip_prefix("Rev: "), databases.last_mut()) {
            database.heads.extend(rest.split_whitespace().next().map(str::to_owned));
        }
    }
    databases
}

/// One entry of `alembic history --verbose`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    pub revision: String,
    pub down: Vec<String>,
    pub depends: Vec<String>,
    pub labels: Vec<String>,
    /// Absolute.
    pub path: String,
    pub message: String,
}

/// Reads `alembic history --verbose`.
pub fn history(text: &str) -> Vec<Entry> {
    let list = |text: &str| -> Vec<String> {
        text.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty() && id != "<base>").collect()
    };
    let mut entries: Vec<Entry> = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("Rev: ") {
            let revision = rest.split_whitespace().next().unwrap_or_default().to_owned();
            entries.push(Entry { revision, ..Entry::default() });
            continue;
        }
        let Some(entry) = entries.last_mut() else { continue };
        match line.split_once(": ") {
            Some(("Parent" | "Merges", ids)) => entry.down = list(ids),
            Some(("Also depends on", ids)) => entry.depends = list(ids),
            Some(("Branch names", ids)) => entry.labels = list(ids),
            Some(("Path", path)) => path.clone_into(&mut entry.path),
            _ if entry.message.is_empty() && line.starts_with("    ") => line.trim().clone_into(&mut entry.message),
            _ => {}
        }
    }
    entries
}

/// Whether a failed change leaves nothing behind: by the database, and as alembic says it.
pub fn transactional(stderr: &str, databases: &[Database]) -> bool {
    let said: Vec<bool> = stderr
        .lines()
        .filter_map(|line| match line {
            line if line.contains("Will assume transactional DDL") => Some(true),
            line if line.contains("Will assume non-transactional DDL") => Some(false),
            _ => None,
        })
        .collect();
    let is = |database: &Database, names: &[&str]| names.iter().any(|name| database.url.starts_with(name));
    // These commit each change of a table at once, whatever env.py claims.
    if databases.iter().any(|database| is(database, &["sqlite", "mysql", "mariadb", "oracle"])) {
        return false;
    }
    if said.is_empty() {
        !databases.is_empty() && databases.iter().all(|database| is(database, &["postgres", "mssql"]))
    } else {
        said.iter().all(|said| *said)
    }
}

/// Whether a change of the schema was begun. Where the log is off, nobody knows, and it may have been.
pub fn begun(stderr: &str) -> bool {
    stderr.contains("Running downgrade") || !stderr.contains("Will assume")
}

/// What alembic says of its failure, in its own last lines.
pub fn blame(mut error: Error, outcome: &Outcome) -> Error {
    if outcome.timed_out {
        error = error.because("it ran out of time (`timeout` in [plugin.config] of alembic)");
    }
    let (stdout, stderr) = (outcome.stdout.to_text(), outcome.stderr.to_text());
    if let Some(failed) =
        stdout.lines().rev().chain(stderr.lines().rev()).find_map(|line| line.strip_prefix("FAILED: "))
    {
        return error.because(masked(failed.trim()));
    }
    let noise = |line: &&str| {
        let line = line.trim();
        line.is_empty()
            || line.starts_with("INFO ")
            || line.starts_with("(Background on")
            || line.starts_with("[SQL: SELECT")
    };
    let lines: Vec<&str> = stderr.lines().rev().filter(|line| !noise(line)).take(3).collect();
    if lines.is_empty() && !outcome.timed_out {
        let code = outcome.code.map_or("ended by a signal".to_owned(), |code| format!("exit code {code}"));
        return error.because(code);
    }
    lines
        .into_iter()
        .rev()
        .filter(|line| !line.starts_with("    "))
        .fold(error, |error, line| error.because(masked(line.trim())))
}

/// Without passwords: in URLs, in their queries, and as drivers write them.
pub fn masked(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, url) = rest.split_at(at + 3);
        out.push_str(before);
        // Quotes and brackets end a URL, or stand in its password: up to the last at sign all is the password's.
        let word = url.find(char::is_whitespace).unwrap_or(url.len());
        let sure = url[..word].rfind('@').unwrap_or(0);
        let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>');
        let end = url[sure..].find(ends).map_or(url.len(), |end| sure + end);
        let (url, after) = url.split_at(end);
        // A password may hold a slash, a colon or an at sign that nobody has escaped.
        let authority = url.find('?').map_or(url, |query| &url[..query]);
        match (authority.rfind('@'), authority.find(':')) {
            (Some(at), Some(colon)) if colon < at => {
                out.push_str(&url[..=colon]);
                out.push_str("***");
                out.push_str(&url[at..]);
            }
            _ => out.push_str(url),
        }
        rest = after;
    }
    out.push_str(rest);
    ["password=", "passwd=", "pwd=", "secret=", "token="].iter().fold(out, |text, key| masked_value(&text, key))
}

fn masked_value(text: &str, key: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let (mut out, mut at) = (String::new(), 0);
    while let Some(found) = lower[at..].find(key).map(|found| at + found + key.len()) {
        let value = &text[found..];
        // Quoted, it may hold anything.
        let quote = value.chars().next().filter(|c| matches!(c, '\'' | '"'));
        if let Some(inside) = quote.and_then(|quote| value[1..].find(quote)) {
            out.push_str(&text[at..=found]);
            out.push_str("***");
            at = found + 1 + inside;
            continue;
        }
        let end = value
            .find(|c: char| c.is_whitespace() || matches!(c, '&' | ';' | '\'' | '"' | ')' | ','))
            .unwrap_or(value.len());
        out.push_str(&text[at..found]);
        out.push_str(if end > 0 { "***" } else { "" });
        at = found + end;
    }
    out + &text[at..]
}

#[cfg(test)]
mod tests {
    use session_sdk::Bytes;

    use super::*;

    /// alembic 1.20.1, and the same from 1.7.7.
    const VERBOSE: &str = "Current revision(s) for sqlite:///app.db:
Rev: o1 (head)
Parent: a2
Path: /tmp/alx/sq/migrations/versions/own.py

    own message
    
    Revision ID: o1
    Revises: 'a2'
    Create Date: 2026-01-01 00:00:00

Rev: m1 (head) (mergepoint)
Merges: o1, l1
Branch names: shop
Path: /tmp/alx/sq/migrations/versions/mrg.py

    merge it
    
    Revision ID: m1
    Revises: o1, l1
";

    #[test]
    fn current_is_read() {
        let database = |url: &str, heads: &[&str]| Database {
            url: url.into(),
            heads: heads.iter().map(|head| (*head).to_owned()).collect(),
        };
        assert_eq!(current(VERBOSE), [database("sqlite:///app.db", &["o1", "m1"])]);
        let two = "Current revision(s) for sqlite:///two.db:\nCurrent revision(s) for postgresql+psycopg://bob:***@h:5/one:\nRev: a\n";
        let expected = [database("sqlite:///two.db", &[]), database("postgresql+psycopg://bob:***@h:5/one", &["a"])];
        assert_eq!(current(two), expected);
        assert_eq!(current("hello from env.py\nRev: a\n"), []);
    }

    #[test]
    fn history_is_read() {
        let entries = history(&VERBOSE.replace("Parent: a2", "Parent: <base>\nAlso depends on: b1, b2"));
        assert_eq!(entries.len(), 2);
        assert_eq!(
            (entries[0].down.as_slice(), entries[0].depends.as_slice()),
            (&[][..], &["b1".into(), "b2".into()][..])
        );
        assert_eq!((entries[1].message.as_str(), entries[1].labels.as_slice()), ("merge it", &["shop".into()][..]));
        assert_eq!(entries[1].down, ["o1", "l1"]);
        assert_eq!(entries[1].path, "/tmp/alx/sq/migrations/versions/mrg.py");
    }

    #[test]
    fn passwords_are_nowhere() {
        for (text, expected) in [
            ("postgresql://bob:s3cret@db/app", "postgresql://bob:***@db/app"),
            (
                "at postgresql+psycopg://bob:s3/c:r@t@db:5432/app?x=1 now",
                "at postgresql+psycopg://bob:***@db:5432/app?x=1 now",
            ),
            ("mysql://bob@db/app", "mysql://bob@db/app"),
            ("sqlite:///app.db", "sqlite:///app.db"),
            ("sqlite:////tmp/a:b.db", "sqlite:////tmp/a:b.db"),
            ("'postgresql://b:x@h/a' and \"mysql://c:y@h/b\"", "'postgresql://b:***@h/a' and \"mysql://c:***@h/b\""),
            ("postgresql:///app?host=h&password=s3cret&user=b", "postgresql:///app?host=h&password=***&user=b"),
            ("host=h PASSWORD=s3cret user=b", "host=h PASSWORD=*** user=b"),
            ("mssql+pyodbc:///?odbc_connect=UID=b;PWD=x;", "mssql+pyodbc:///?odbc_connect=UID=b;PWD=***;"),
            ("password= and nothing", "password= and nothing"),
            ("host=h password='s3 cret' user=b", "host=h password='***' user=b"),
            ("(postgresql://bob:pa'ss<w>ord@db/x)", "(postgresql://bob:***@db/x)"),
            ("no url: at all @ home", "no url: at all @ home"),
            ("ü://é:ß@ü", "ü://é:***@ü"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }

    #[test]
    fn whether_it_is_transactional_is_said_or_known() {
        let of = |url: &str| [Database { url: url.into(), heads: vec![] }];
        let line = "INFO  [alembic.runtime.migration] Will assume non-transactional DDL.";
        assert!(!transactional(line, &of("postgresql://h/a")), "what alembic says counts");
        let claims = "INFO  [alembic.runtime.migration] Will assume transactional DDL.";
        assert!(transactional(claims, &of("cockroachdb://h/a")));
        assert!(!transactional(claims, &of("sqlite:///a")), "env.py claims it, and pysqlite does not keep it");
        assert!(transactional("", &of("postgresql+asyncpg://h/a")));
        assert!(!transactional("", &of("sqlite:///a")) && !transactional("", &[]));
        assert!(begun("Running downgrade b -> a") && begun("") && !begun(line));
    }

    fn causes(stdout: &str, stderr: &str) -> Vec<String> {
        let bytes = |text: &str| Bytes(text.as_bytes().to_vec());
        let outcome = Outcome { code: Some(1), stdout: bytes(stdout), stderr: bytes(stderr), ..Outcome::default() };
        blame(Error::new("x"), &outcome).causes
    }

    #[test]
    fn a_failure_is_told_in_alembics_last_words() {
        let missing = "Current revision(s) for sqlite:///app.db:\nFAILED: Can't locate revision identified by 'm1'\n";
        assert_eq!(causes(missing, "INFO  [a] b\n"), ["Can't locate revision identified by 'm1'"]);
        let down = "Traceback (most recent call last):
  File \"/tmp/alv/lib/python3.11/site-packages/psycopg/connection.py\", line 126, in connect
    raise last_ex.with_traceback(None)
sqlalchemy.exc.OperationalError: (psycopg.OperationalError) connection failed: connection to server at \"127.0.0.1\", port 1 failed: Connection refused
	Is the server running on that host and accepting TCP/IP connections?
(Background on this error at: https://sqlalche.me/e/21/e3q8)
";
        let told = causes("", down);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].ends_with("Connection refused") && told[1].starts_with("Is the server running"));
        assert_eq!(causes("", ""), ["exit code 1"]);
    }
}
