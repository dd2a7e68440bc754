//! Each way in which a rollback with a database is refused or stuck: what is on screen, that nothing is changed, and that
//! the way on works.

use super::database::{Database, Postgres};
use super::{Shop, dropped, made};
use crate::support::{Ran, Sandbox, everything};

/// One session with a revision, complete; another before it.
fn shop() -> Option<Shop> {
    let shop = Shop::sqlite(&["SH-01", "SH-02", "SH-03"], false)?;
    shop.session_with("SH-01", "r0", &[]);
    shop.session_with("SH-02", "r1", &["r0"]);
    Some(shop)
}

fn files(s: &Sandbox) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let ours = |path: &std::path::Path| path.to_string_lossy().contains(".git/session/");
    everything(&s.root).into_iter().filter(|(path, _)| !ours(path)).collect()
}

/// Refused, and nothing is changed: what is shown.
fn refused(shop: &Shop, arguments: &str, code: i32, said: &[&str]) {
    let (before, dump) = (files(&shop.s), shop.database.dump());
    let ran = shop.session(arguments).fails(code, said);
    println!("$ session {arguments}\n{}", ran.err);
    assert_eq!(shop.database.dump(), dump);
    assert!(files(&shop.s) == before, "something has changed");
}

#[test]
fn nobody_is_there_to_agree() {
    let Some(shop) = shop() else { return };
    let said = ["! DROP TABLE t_r1", "there is no terminal to ask on", "session rollback SH-02 --yes"];
    refused(&shop, "rollback SH-02", 1, &said);
}

#[test]
fn another_revision_builds_on_it() {
    let Some(shop) = shop() else { return };
    let said = ["r0 cannot be taken down: r1 builds on it", "is session SH-02's", "session rollback SH-02 first"];
    refused(&shop, "rollback SH-01 --yes --force", 1, &said);
}

#[test]
fn the_database_does_not_answer() {
    let Some(mut shop) = shop() else { return };
    std::fs::remove_file(shop.database.file()).unwrap();
    std::fs::create_dir(shop.database.file()).unwrap();
    let before = files(&shop.s);
    let ran = shop.session("rollback SH-02 --yes").fails(1, &["nothing was changed", "unable to open database file"]);
    println!("{}", ran.err);
    assert!(files(&shop.s) == before);
    // Nothing of it is needed to begin or finish work, which only warns.
    let ran = shop.session("start SH-03").ok();
    assert!(ran.err.contains("warning"), "{ran:?}");
    drop(shop.use_database(Database::sqlite(&shop.tools)));
}

#[test]
fn neither_applied_nor_recorded() {
    let Some(mut shop) = shop() else { return };
    // A record from before the plugin, and another database.
    let path = "docs/sessions/records/SH-02.json";
    let record = shop.s.read(path);
    let own = record.lines().find(|line| line.contains("migration.own")).unwrap().to_owned();
    shop.s.write(path, &record.replace(&format!("{own}\n"), ""));
    shop.s.git("commit --quiet -am \"docs: an older record\"");
    drop(shop.use_database(Database::sqlite(&shop.tools)));
    shop.alembic(&["upgrade", "r0"]).ok();
    refused(&shop, "rollback SH-02 --yes", 1, &["r1 is not applied", "another database", "--force"]);
    shop.session("rollback SH-02 --yes --force").ok();
    assert!(!shop.s.exists("migrations/versions/r1_add.py"));
}

#[test]
fn a_downgrade_that_raises() {
    let Some(shop) = Shop::sqlite(&["SH-01"], false) else { return };
    shop.session("start SH-01").ok();
    shop.revision("r0", &[], &made("r0"), "raise NotImplementedError(\"no way back\")");
    let ran = shop.session("complete -m \"feat: r0\"").ok();
    assert!(ran.err.contains("reversible: no"), "{ran:?}");
    refused(&shop, "rollback SH-01 --yes", 1, &["r0", "raises"]);
}

#[test]
fn later_work_on_the_same_lines() {
    let Some(shop) = shop() else { return };
    shop.s.write("src/r1.py", "# another thing\n");
    shop.s.git("commit --quiet -am \"fix: by hand\"");
    refused(&shop, "rollback SH-02 --yes", 1, &["src/r1.py was changed later by", "fix: by hand"]);
}

#[test]
fn a_file_with_changes_of_its_own() {
    let Some(shop) = shop() else { return };
    shop.s.write("src/r1.py", "# not committed\n");
    refused(&shop, "rollback SH-02 --yes", 1, &["src/r1.py"]);
}

#[test]
fn somebody_elses_revision_is_removed() {
    let Some(shop) = shop() else { return };
    shop.session("start SH-03").ok();
    shop.revision("r2", &["r1"], &made("r2"), &dropped("r2"));
    shop.alembic(&["upgrade", "r2"]).ok();
    let file = "migrations/versions/r1_add.py";
    std::fs::remove_file(shop.s.path(file)).unwrap();
    let way = format!("git checkout -- {file}, then session rollback SH-03");
    refused(&shop, "rollback --yes", 1, &[&format!("{file} is removed, and nobody has committed that"), &way]);
    shop.s.git(&format!("checkout --quiet -- {file}"));
    shop.session("rollback SH-03 --yes").ok();
    assert_eq!(shop.current(), ["r1"]);
}

#[test]
fn a_downgrade_that_does_nothing() {
    let Some(shop) = Shop::sqlite(&["SH-01"], false) else { return };
    shop.session("start SH-01").ok();
    shop.revision("r0", &[], &made("r0"), "pass");
    shop.session("complete -m \"feat: r0\"").ok();
    refused(&shop, "rollback SH-01", 1, &["! downgrade() of r0 is empty: what it made stays", "drop it by hand"]);
}

#[test]
fn alembic_is_not_there() {
    let Some(shop) = shop() else { return };
    let before = files(&shop.s);
    let mut command = shop.s.session_command("rollback SH-02 --yes");
    let ran = Ran::of(command.env("PATH", "/nowhere").output().unwrap());
    let ran = ran.fails(1, &["alembic"]);
    println!("{}", ran.err);
    assert!(files(&shop.s) == before);
}

/// The first statement of the downgrade is done, and the second fails: SQLite keeps the first.
fn half_way() -> Option<Shop> {
    let shop = Shop::sqlite(&["SH-01", "SH-02"], false)?;
    shop.session("start SH-01").ok();
    let up = format!("{}; {}", made("r0"), made("x"));
    let back = format!("{}; op.execute(\"DROP TABLE not_there\"); {}", dropped("r0"), dropped("x"));
    shop.revision("r0", &[], &up, &back);
    shop.session("complete -m \"feat: r0\"").ok();
    Some(shop)
}

#[test]
fn a_downgrade_that_stops_half_way_is_stuck_and_there_is_a_way_on() {
    let Some(shop) = half_way() else { return };
    let head = shop.s.git("rev-parse HEAD");
    let ran = shop.session("rollback SH-01 --yes").fails(
        4,
        &["r0 is still applied, but a part of downgrade() of r0 may be done", "session resume --yes runs it again"],
    );
    println!("{}", ran.err);
    assert_eq!(shop.s.git("log --format=%s -1"), "docs(progress): complete SH-01", "nothing is reverted");
    let ran = shop.session("status").ok();
    assert!(ran.err.contains("the rollback of SH-01 is stuck"), "{ran:?}");
    shop.session("start SH-02").fails(1, &["SH-01 is half rolled back", "session resume"]);
    // By hand, what is left of it.
    shop.database.run("DROP TABLE IF EXISTS t_r0; DROP TABLE t_x; DELETE FROM alembic_version;");
    shop.session("resume").ok();
    assert!(!shop.s.exists("migrations/versions/r0_add.py"));
    shop.s.git(&format!("merge-base --is-ancestor {head} HEAD"));
    shop.session("start SH-02").ok();
}

#[test]
fn one_that_is_given_up_stays_as_far_as_it_came() {
    let Some(shop) = half_way() else { return };
    shop.session("rollback SH-01 --yes").fails(4, &[]);
    let ran = shop.session("resume --abort").ok();
    assert!(ran.err.contains("given up"), "{ran:?}");
    assert!(shop.progress().contains("| SH-01 | ✅ Done |"));
    shop.session("start SH-02").ok();
}

#[test]
fn a_hook_that_refuses_the_revert_leaves_a_rollback_that_goes_on() {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(shop) = shop() else { return };
    shop.s.write(".git/hooks/pre-commit", "#!/bin/sh\necho not now >&2\nexit 1\n");
    let hook = shop.s.path(".git/hooks/pre-commit");
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    let ran = shop.session("rollback SH-02 --yes").fails(1, &["not now"]);
    println!("{}", ran.err);
    assert_eq!(shop.current(), ["r0"], "the database is down already");
    assert!(shop.s.exists("migrations/versions/r1_add.py"));
    std::fs::remove_file(hook).unwrap();
    let ran = shop.session("resume").ok();
    assert!(!ran.err.contains("DROP TABLE"), "it is not asked for again: {ran:?}");
    assert_eq!(shop.current(), ["r0"]);
    assert!(!shop.s.exists("migrations/versions/r1_add.py"));
    assert_eq!(shop.s.subjects().iter().filter(|subject| subject.starts_with("revert:")).count(), 1);
}

#[test]
fn what_fails_on_postgresql_has_changed_nothing() {
    let (Some(tools), Some(server)) = (super::tools(), Postgres::start()) else { return };
    let shop = Shop::new(tools, Database::Postgres(server), &["SH-01"], false);
    shop.session("start SH-01").ok();
    let back = format!("{}; op.execute(\"DROP TABLE not_there\")", dropped("r0"));
    shop.revision("r0", &[], &made("r0"), &back);
    shop.session("complete -m \"feat: r0\"").ok();
    let said = ["nothing has changed: r0 is still applied", "session rollback SH-01"];
    let head = shop.s.git("rev-parse HEAD");
    let ran = shop.session("rollback SH-01 --yes").fails(1, &said);
    assert!(!ran.err.contains("secret"), "{ran:?}");
    assert!(shop.database.dump().contains("t_r0") && shop.current() == ["r0"]);
    // As the hint says.
    shop.revision("r0", &[], &made("r0"), &dropped("r0"));
    shop.session("rollback SH-01 --only alembic --yes").ok();
    shop.s.git("checkout --quiet -- migrations/versions/r0_add.py");
    shop.session("rollback SH-01").ok();
    shop.s.git(&format!("merge-base --is-ancestor {head} HEAD"));
    assert_eq!(shop.current(), Vec::<String>::new());
}
