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
    let bookkeeping =
        |lines: &Vec<&str>| lines.iter().any(|l| l.contains("alembic_version") || l.contains("version_num"));
    statements.retain(|lines| !lines.is_empty() && !bookkeeping(lines));
    statements
}

fn marked(lines: Vec<&str>) -> Vec<String> {
    let text = lines.join(" ").to_ascii_uppercase();
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    let has = |pair: [&str; 2]| words.windows(2).any(|two| two == pair);
    let loses = match words.first().copied() {
        // An index, a constraint or a view can be made again.
        Some("DROP") => !matches!(words.get(1), Some(&("INDEX" | "VIEW" | "TRIGGER" | "FUNCTION" | "PROCEDURE"))),
        Some("DELETE" | "TRUNCATE" | "UPDATE" | "MERGE" | "REPLACE") => true,
        Some("ALTER") => {
            let kept = ["CONSTRAINT", "DEFAULT", "NOT", "IDENTITY", "INDEX", "KEY", "FOREIGN", "PRIMARY", "CHECK"];
            words.windows(2).any(|pair| pair[0] == "DROP" && !kept.contains(&pair[1]))
                || words.iter().any(|word| matches!(*word, "TYPE" | "MODIFY" | "CHANGE"))
        }
        Some("CREATE" | "INSERT" | "COMMENT" | "GRANT" | "REVOKE" | "SET") => false,
        // A query may change what it likes, and of the rest nobody knows what it does.
        Some("WITH" | "SELECT") => has(["DELETE", "FROM"]) || words.contains(&"UPDATE"),
        _ => true,
    };
    let mark = |(n, line): (usize, &str)| format!("{} {line}", if loses && n == 0 { '!' } else { ' ' });
    lines.into_iter().enumerate().map(mark).collect()
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
        ] {
            assert!(preview(yes)[0].starts_with('!'), "{yes}");
        }
        for no in [
            "ALTER TABLE a DROP CONSTRAINT b;",
            "ALTER TABLE a ALTER COLUMN b DROP NOT NULL;",
            "CREATE TABLE dropped (a int);",
            "INSERT INTO a VALUES ('delete');",
            "DROP VIEW v;",
        ] {
            assert!(preview(no)[0].starts_with(' '), "{no}");
        }
        assert_eq!(preview("-- Running downgrade o1 -> a2\n\nGO\n"), Vec::<String>::new());
        assert_eq!(preview("DROP TABLE a\n\nGO\n\nDELETE FROM alembic_version\n\nGO\n"), ["! DROP TABLE a"]);
    }
}
