//! Histories of migrations that are no line: two heads, merges, a first revision, files that are gone, and what the record
//! does not know.

use super::Shop;
use super::database::Database;

/// A revision that is there, and two sessions on branches of their own that both build on it, merged.
fn two_heads() -> Option<Shop> {
    let shop = Shop::sqlite(&["SH-01", "SH-02", "SH-03", "SH-04"], false)?;
    shop.session_with("SH-01", "r0", &[]);
    for (id, revision) in [("SH-02", "ra"), ("SH-03", "rb")] {
        shop.s.git(&format!("switch --quiet -c {revision} main"));
        shop.session_with(id, revision, &["r0"]);
        // The other branch knows nothing of this revision, so neither may the database meanwhile.
        shop.alembic(&["downgrade", "r0"]).ok();
        shop.s.git("switch --quiet main");
    }
    shop.s.git("merge --quiet --no-edit ra");
    shop.s.git("merge --quiet --no-edit rb");
    shop.alembic(&["upgrade", "heads"]).ok();
    ["t_ra", "t_rb"].iter().for_each(|table| shop.database.fill(table));
    assert_eq!(shop.current(), ["ra", "rb"]);
    Some(shop)
}

#[test]
fn each_of_two_heads_takes_down_only_its_own() {
    let Some(shop) = two_heads() else { return };
    let tables = |shop: &Shop| {
        let dump = shop.database.dump();
        ["t_r0", "t_ra", "t_rb"].map(|table| dump.contains(&format!("INSERT INTO \"{table}\"")))
    };
    assert_eq!(tables(&shop), [true, true, true]);
    let ran = shop.session("rollback SH-02 --yes").ok();
    assert!(ran.err.contains("DROP TABLE t_ra") && !ran.err.contains("DROP TABLE t_rb"), "{ran:?}");
    assert_eq!((shop.current(), tables(&shop)), (vec!["rb".to_owned()], [true, false, true]));
    assert!(!shop.s.exists("migrations/versions/ra_add.py") && shop.s.exists("migrations/versions/rb_add.py"));
    shop.session("rollback SH-03 --yes").ok();
    assert_eq!((shop.current(), tables(&shop)), (vec!["r0".to_owned()], [true, false, false]));
}

#[test]
fn a_merge_revision_goes_back_to_both_heads() {
    let Some(shop) = two_heads() else { return };
    let before = shop.world();
    shop.session("start SH-04").ok();
    shop.revision("rm", &["ra", "rb"], "pass", "pass");
    let ran = shop.session("complete -m \"feat: merge heads\"").ok();
    assert!(
        ran.err.contains("reversible: ") && !ran.err.contains("reversible: no,"),
        "a merge has nothing to undo: {ran:?}"
    );
    assert_eq!(shop.current(), ["rm"]);
    // A head that the merge builds on stays where it is.
    shop.session("rollback SH-02 --yes").fails(1, &["rm builds on it", "session rollback SH-04 first"]);
    shop.taken_back(&before, "SH-04", "");
}

#[test]
fn the_first_migration_of_a_project() {
    let Some(shop) = Shop::sqlite(&["SH-01", "SH-02"], true) else { return };
    let before = shop.world();
    shop.session_with("SH-01", "r0", &[]);
    let ran = shop.taken_back(&before, "SH-01", "");
    assert!(ran.err.contains("r0@base"), "{ran:?}");
    assert_eq!(shop.current(), Vec::<String>::new());
}

#[test]
fn verify_fails_where_a_session_makes_two_heads() {
    let Some(shop) = Shop::sqlite(&["SH-01", "SH-02", "SH-03", "SH-04"], false) else { return };
    shop.session_with("SH-01", "r0", &[]);
    shop.session_with("SH-02", "ra", &["r0"]);
    shop.begun_with("SH-03", "rb", &["r0"]);
    shop.session("complete -m \"feat: rb\"").fails(3, &["alembic merge", "ra rb"]);
    assert_eq!(shop.session("status --json").json()["active"], "SH-03");
    shop.session("rollback --yes").ok();
    // Who has not touched migrations is not bothered by them.
    shop.revision("rb", &["r0"], &super::made("rb"), &super::dropped("rb"));
    shop.s.git("add -A migrations");
    shop.s.git("commit --quiet -m \"two heads by hand\"");
    shop.session("start SH-04").ok();
    shop.s.write("src/other.py", "other\n");
    let ran = shop.session("verify");
    assert!(!ran.err.contains("one alembic head"), "{ran:?}");
}

#[test]
fn a_revision_whose_file_is_gone_from_the_tree() {
    let Some(shop) = Shop::sqlite(&["SH-01", "SH-02"], true) else { return };
    shop.session_with("SH-01", "r0", &[]);
    let before = shop.world();
    shop.session_with("SH-02", "r1", &["r0"]);
    let work = shop.s.git("log --format=%H --fixed-strings \"--grep=Session-Id: SH-02\" -1");
    shop.s.git(&format!("revert --no-edit {work}"));
    assert!(!shop.s.exists("migrations/versions/r1_add.py"));
    assert!(shop.alembic(&["current"]).out.contains("Can't locate revision"));
    let ran = shop.session("rollback SH-02 --yes").ok();
    assert!(ran.err.contains("DROP TABLE t_r1"), "{ran:?}");
    assert_eq!(shop.world(), before);
    assert_eq!(shop.s.git("status --porcelain"), "");
}

#[test]
fn a_revision_that_is_applied_and_not_recorded() {
    let Some(shop) = Shop::sqlite(&["SH-01"], true) else { return };
    let before = shop.world();
    // The plugin came later than the session.
    let listed = shop.s.read("plugins.toml");
    assert!(listed.contains("name = \"alembic\""), "{listed}");
    shop.s.write("plugins.toml", &listed.replace("[[plugin]]\nname = \"alembic\"\n", ""));
    shop.s.git("commit --quiet -am unlisted");
    shop.session("trust --yes").ok();
    shop.session_with("SH-01", "r0", &[]);
    assert!(!shop.s.read("docs/sessions/records/SH-01.json").contains("migration.own"));
    shop.s.write("plugins.toml", &listed);
    shop.s.git("commit --quiet -am listed");
    shop.session("trust --yes").ok();
    shop.session("rollback SH-01 --yes").ok();
    assert_eq!(shop.world().schema, before.schema);
}

#[test]
fn another_database_is_asked_for_and_taken_down_later() {
    let Some(mut shop) = Shop::sqlite(&["SH-01"], true) else { return };
    let before = shop.database.dump();
    shop.session_with("SH-01", "r0", &[]);
    let other = Database::sqlite(&shop.tools);
    let first = shop.use_database(other);
    // Nobody has brought this one up to date: is it the right one?
    let said = ["r0 is not applied in", "is it the right database?", "session rollback SH-01 --yes"];
    shop.session("rollback SH-01").fails(1, &said);
    assert!(shop.s.exists("migrations/versions/r0_add.py"));
    shop.session("rollback SH-01 --yes").ok();
    assert!(!shop.s.exists("migrations/versions/r0_add.py"));
    // The first one still has it, and its way down is in git.
    drop(shop.use_database(first));
    assert!(shop.database.dump() != before);
    let ran = shop.session("rollback SH-01 --only alembic --yes").ok();
    assert!(ran.err.contains("took down r0"), "{ran:?}");
    assert_eq!((shop.database.dump(), shop.current()), (before, Vec::<String>::new()));
    shop.session("rollback SH-01 --only alembic --yes").fails(1, &["nothing to take back", "r0 is not applied"]);
    assert!(shop.progress().contains("| SH-01 | ↩️ Rolled back |"));
}

#[test]
fn what_one_database_has_seen_says_nothing_of_another() {
    let Some(mut shop) = Shop::sqlite(&["SH-01"], true) else { return };
    shop.session_with("SH-01", "r0", &[]);
    shop.session("rollback SH-01 --only alembic --yes").ok();
    let first = shop.use_database(Database::sqlite(&shop.tools));
    shop.session("rollback SH-01").fails(1, &["r0 is not applied in", "is it the right database?"]);
    drop(shop.use_database(first));
    shop.session("rollback SH-01").ok();
}

#[test]
fn a_later_database_that_fails_is_not_called_done() {
    let Some(mut shop) = Shop::sqlite(&["SH-01"], true) else { return };
    shop.session("start SH-01").ok();
    // What a migration reads lies beside it, and comes back with it.
    shop.s.write("migrations/versions/sql/down.sql", "DROP TABLE t_r0");
    let read = "op.execute((__import__('pathlib').Path(__file__).parent / 'sql/down.sql').read_text())";
    shop.revision("r0", &[], &super::made("r0"), read);
    shop.session("complete -m \"feat: r0\"").ok();
    let other = Database::sqlite(&shop.tools);
    let first = shop.use_database(other);
    shop.alembic(&["upgrade", "r0"]).ok();
    let other = shop.use_database(first);
    shop.session("rollback SH-01 --yes").ok();
    drop(shop.use_database(other));
    shop.database.run("ALTER TABLE t_r0 RENAME TO away");
    let only = "rollback SH-01 --only alembic --yes";
    let ran = shop.session(only).fails(4, &["no such table: t_r0", "session resume --yes runs it again"]);
    let hints = ran.err.lines().filter(|line| line.starts_with("hint:"));
    hints.for_each(|hint| assert!(!hint.contains("{scratch}"), "nobody can type that: {hint}"));
    shop.session("resume --yes").fails(4, &["no such table: t_r0"]);
    shop.database.run("ALTER TABLE away RENAME TO t_r0");
    let ran = shop.session("resume --yes").ok();
    assert!(ran.err.contains("took down r0") && !shop.database.dump().contains("t_r0"), "{ran:?}");
    assert!(!shop.session("status").ok().err.contains("rollback of"));
}

#[test]
fn settings_below_the_root_are_found() {
    let Some(shop) = Shop::sqlite(&["SH-01"], true) else { return };
    shop.s.git("config core.quotePath false");
    std::fs::create_dir(shop.s.path("backend")).unwrap();
    for name in ["alembic.ini", "migrations"] {
        std::fs::rename(shop.s.path(name), shop.s.path(&format!("backend/{name}"))).unwrap();
    }
    shop.s.write(
        "docs/SHOP_PROMPTS.md",
        &shop.s.read("docs/SHOP_PROMPTS.md").replace("alembic up", "alembic -c backend/alembic.ini up"),
    );
    shop.s.git("add -A");
    shop.s.git("commit --quiet -m \"below a folder\"");
    shop.session("start SH-01").ok();
    shop.revision("r0", &[], &super::made("r0"), &super::dropped("r0"));
    std::fs::create_dir_all(shop.s.path("backend/migrations/versions")).unwrap();
    let from = shop.s.path("migrations/versions/r0_add.py");
    std::fs::rename(from, shop.s.path("backend/migrations/versions/r0_add.py")).unwrap();
    std::fs::remove_dir_all(shop.s.path("migrations")).unwrap();
    shop.session("complete -m \"feat: r0\"").ok();
    assert!(shop.database.dump().contains("t_r0"));
    let ran = shop.session("rollback SH-01 --yes").ok();
    assert!(ran.err.contains("took down r0"), "{ran:?}");
    assert!(!shop.database.dump().contains("t_r0"));
}

#[test]
fn migrations_alone() {
    let Some(shop) = Shop::sqlite(&["SH-01", "SH-02"], true) else { return };
    shop.session_with("SH-01", "r0", &[]);
    let before = shop.world();
    shop.session_with("SH-02", "r1", &["r0"]);
    let tree = shop.s.git("rev-parse HEAD^{tree}:src");
    shop.session("rollback SH-02 --only alembic --yes").ok();
    let now = shop.world();
    assert_eq!((&now.schema, &now.current), (&before.schema, &before.current));
    assert_eq!(shop.s.git("rev-parse HEAD^{tree}:src"), tree, "the work stays");
    assert!(shop.progress().contains("| SH-02 | ✅ Done |"));
    // The rest follows, and finds the database where it is.
    let ran = shop.session("rollback SH-02").ok();
    assert!(!ran.err.contains("DROP TABLE"), "{ran:?}");
    assert_eq!(shop.world(), before);
}

#[test]
fn a_part_of_a_session_takes_its_part_of_the_migrations() {
    let Some(shop) = Shop::sqlite(&["SH-01"], true) else { return };
    shop.begun_with("SH-01", "r0", &[]);
    shop.alembic(&["upgrade", "head"]).ok();
    shop.session("checkpoint -m first").ok();
    shop.revision("r1", &["r0"], &super::made("r1"), &super::dropped("r1"));
    shop.alembic(&["upgrade", "head"]).ok();
    // Not committed yet: it is kept, taken down, and undone.
    shop.session("rollback --to checkpoint --yes").ok();
    assert_eq!(shop.current(), ["r0"]);
    assert!(shop.s.exists("migrations/versions/r0_add.py") && !shop.s.exists("migrations/versions/r1_add.py"));
    assert_eq!(shop.session("status --json").json()["active"], "SH-01");
    shop.session("rollback --yes").ok();
    assert_eq!(shop.current(), Vec::<String>::new());
    assert!(!shop.s.exists("migrations/versions/r0_add.py"));
}

#[test]
fn a_session_without_migrations_asks_no_database() {
    let Some(shop) = Shop::sqlite(&["SH-01", "SH-02"], true) else { return };
    shop.session_with("SH-01", "r0", &[]);
    shop.session("start SH-02").ok();
    shop.s.write("src/plain.py", "plain\n");
    shop.session("complete -m \"feat: plain\"").ok();
    std::fs::remove_file(shop.database.file()).unwrap();
    shop.session("rollback SH-02").ok();
    assert!(!shop.database.file().exists(), "nobody has looked");
}
