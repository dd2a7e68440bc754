//! The SQL of `alembic downgrade FROM:TO --sql`, fit to be shown: without alembic's own bookkeeping, and with a mark on
//! what loses data. Pure.

/// Lines to be shown. One that begins with `!` loses data.
pub fn preview(sql: &str) -> Vec<String> {
    statements(sql).into_iter().flat_map(marked).collect()
}

/// Statements, one per list; comments, transactions and bookkeeping are left out.
fn statements(sql: &str) -> Vec<Vec<&str>> {
    let mut statements = vec![Vec::new()];
    for line in sql.lines().map(str::trim_end) {
        let open = statements.last_mut().expect("there is always one");
        let is_word = |word: &str| line.trim_end_matches(';').eq_ignore_ascii_case(word);
        if line.is_empty() || is_word("go") {
            // A blank line ends what had no semicolon.
            if line.is_empty() && open.is_empty() {
                continue;
            }
            if is_word("go") {
                statements.push(Vec::new());
            }
            continue;
        }
        if open.is_empty()
            && (line.starts_with("--") || ["begin", "commit", "begin transaction"].into_iter().any(is_word))
        {
            continue;
        }
        open.push(line);
        if line.ends_with(';') {
            statements.push(Vec::new());
        }
    }
    statements.retain(|lines| !lines.is_empty() && !is_bookkeeping(&lines.join(" ")));
    statements
}

/// Exactly a change of alembic's own table, whatever its schema; what only mentions it is the migration's.
fn is_bookkeeping(statement: &str) -> bool {
    let text: String = statement.chars().filter(|c| !matches!(c, '"' | '`' | '[' | ']')).collect();
    let upper = text.to_ascii_uppercase();
    if upper.trim_end().trim_end_matches(';').contains(';') {
        return false;
    }
    let words: Vec<&str> = upper.split(|c: char| c.is_whitespace() || matches!(c, '(' | ';')).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let table = match words.as_slice() {
        ["INSERT", "INTO", table, ..]
        | ["DELETE", "FROM", table, ..]
        | ["CREATE" | "DROP", "TABLE", table, ..]
        | ["UPDATE", table, ..] => table,
        _ => return false,
    };
    table.rsplit('.').next() == Some("ALEMBIC_VERSION")
}

/// Without comments and without what stands in quotes, in capitals; none where a quote does not end.
fn bare(text: &str) -> Option<String> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(c) = rest.chars().next() {
        let (end, skip) = match c {
            '-' if rest.starts_with("--") => (rest.find('\n').unwrap_or(rest.len()), true),
            '/' if rest.starts_with("/*") => (2 + rest[2..].find("*/")? + 2, true),
            '\'' => (1 + rest[1..].find('\'')? + 1, true),
            c => (c.len_utf8(), false),
        };
        out.push_str(if skip { " " } else { &rest[..end] });
        rest = &rest[end..];
    }
    Some(out.to_ascii_uppercase())
}

fn marked(lines: Vec<&str>) -> Vec<String> {
    let whole = bare(&lines.join("\n"));
    let loses = whole.is_none_or(|whole| whole.split(';').any(loses));
    let mark = |(n, line): (usize, &str)| format!("{} {line}", if loses && n == 0 { '!' } else { ' ' });
    lines.into_iter().enumerate().map(mark).collect()
}

fn loses(text: &str) -> bool {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    let has = |pair: [&str; 2]| words.windows(2).any(|two| two == pair);
    match words.first().copied() {
        // An index, a constraint or a view can be made again.
        Some("DROP") => {
            words.contains(&"CASCADE")
                || !matches!(words.get(1), Some(&("INDEX" | "VIEW" | "TRIGGER" | "FUNCTION" | "PROCEDURE")))
        }
        Some("DELETE" | "TRUNCATE" | "UPDATE" | "MERGE" | "REPLACE") => true,
        Some("ALTER") => {
            let kept = ["CONSTRAINT", "DEFAULT", "NOT", "IDENTITY", "INDEX", "KEY", "FOREIGN", "PRIMARY", "CHECK"];
            words.windows(2).any(|pair| pair[0] == "DROP" && !kept.contains(&pair[1]))
                || words.iter().any(|word| matches!(*word, "TYPE" | "MODIFY" | "CHANGE"))
        }
        Some("CREATE" | "INSERT" | "COMMENT" | "GRANT" | "REVOKE" | "SET") => false,
        // A query may change what it likes, and of the rest nobody knows what it does.
        Some("WITH" | "SELECT") => has(["DELETE", "FROM"]) || words.contains(&"UPDATE"),
        // What was a comment only has no words.
        None => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bookkeeping_is_left_out_and_losses_are_marked() {
        // alembic 1.20.1 on PostgreSQL 15, two revisions.
        let sql = "BEGIN;

-- Running downgrade o2 -> o1

ALTER TABLE t_o1 DROP COLUMN x;

UPDATE alembic_version SET version_num='o1' WHERE alembic_version.version_num = 'o2';

-- Running downgrade o1 -> a2

DROP INDEX ix_a;

CREATE TABLE back (
	id INTEGER NOT NULL
);

DROP TABLE t_o1;

INSERT INTO alembic_version (version_num) VALUES ('l2') RETURNING version_num;

UPDATE alembic_version SET version_num='a2' WHERE alembic_version.version_num = 'o1';

COMMIT;

";
        let expected = [
            "! ALTER TABLE t_o1 DROP COLUMN x;",
            "  DROP INDEX ix_a;",
            "  CREATE TABLE back (",
            "  \tid INTEGER NOT NULL",
            "  );",
            "! DROP TABLE t_o1;",
        ];
        assert_eq!(preview(sql), expected);
    }

    #[test]
    fn what_loses_data_is_told_from_what_does_not() {
        for yes in [
            "drop table a;",
            "DELETE FROM a;",
            "TRUNCATE a;",
            "DROP TYPE mood;",
            "ALTER TABLE a DROP b;",
            "DROP SCHEMA x CASCADE;",
            "UPDATE users SET email = NULL;",
            "ALTER TABLE a ALTER COLUMN age TYPE SMALLINT;",
            "ALTER TABLE a MODIFY age SMALLINT;",
            "WITH x AS (DELETE FROM users RETURNING 1) SELECT 1;",
            "DO $$ BEGIN PERFORM 1; END $$;",
            "CALL clean_up();",
            "DROP TABLE version_num_of_app;",
            "DELETE FROM users WHERE x IN (SELECT version_num FROM alembic_version);",
            "/* why */ DELETE FROM a;",
            "INSERT INTO a VALUES (1); DELETE FROM a;",
            "DELETE FROM alembic_version; DROP TABLE users;",
            "DROP FUNCTION f() CASCADE;",
            "INSERT INTO a VALUES ('--'); DELETE FROM b;",
            "INSERT INTO a VALUES ('it\\'s'); DELETE FROM b;",
            "DROP VIEW v CASCADE;",
        ] {
            assert!(preview(yes)[0].starts_with('!'), "{yes}");
        }
        for no in [
            "ALTER TABLE a DROP CONSTRAINT b;",
            "ALTER TABLE a ALTER COLUMN b DROP NOT NULL;",
            "CREATE TABLE dropped (a int);",
            "INSERT INTO a VALUES ('delete');",
            "DROP VIEW v;",
            "INSERT INTO a VALUES ('x; drop table y -- z');",
        ] {
            assert!(preview(no)[0].starts_with(' '), "{no}");
        }
        for own in [
            "DELETE FROM \"app\".\"alembic_version\" WHERE x = 1;",
            "DROP TABLE alembic_version;",
            "UPDATE [dbo].[alembic_version] SET version_num='a';",
            "CREATE TABLE `alembic_version` (version_num VARCHAR(32));",
        ] {
            assert_eq!(preview(own), Vec::<String>::new(), "{own}");
        }
        assert_eq!(preview("-- Running downgrade o1 -> a2\n\nGO\n"), Vec::<String>::new());
        assert_eq!(preview("DROP TABLE a\n\nGO\n\nDELETE FROM alembic_version\n\nGO\n"), ["! DROP TABLE a"]);
    }
}
