//! A rollback with a migration, killed before each change: in the end there is one downgrade and one revert.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::Shop;
use crate::crash::{Stage, has_strace, share};

const ROLLBACK: &str = "rollback SH-02 --yes";

#[test]
fn rollback_with_a_migration() {
    if !has_strace() {
        return;
    }
    let Some(Shop { s, tools, database }) = made() else { return };
    let file = database.file();
    let saved = std::fs::read(&file).unwrap();
    let stage = Stage::save(s);
    stage.s.session(ROLLBACK).ok();
    let (world, dump) = (stage.world(), database.dump());
    assert!(!dump.contains("t_r1"), "{dump}");
    let restore = || {
        stage.restore();
        std::fs::write(&file, &saved).unwrap();
    };
    restore();
    let calls = stage.calls(ROLLBACK);
    restore();
    let (mut cases, mut doubts) = (0, 0);
    for at in share(calls.len(), 14) {
        let case = format!("killed before change {at} of {}, {:?}", calls.len(), calls[at]);
        stage.kill_before(&calls[at], ROLLBACK);
        let mut ran = stage.s.session(ROLLBACK);
        if ran.code == 4 {
            doubts += 1;
            assert!(
                ran.err.contains("alembic downgrade") && ran.err.contains("session resume --retry"),
                "{case}: {ran:?}"
            );
            ran = stage.s.session("resume --retry");
        }
        let over = ran.err.contains("SH-02 is rolled back already");
        assert!(ran.code == 0 || over, "{case}: {ran:#?}");
        assert_eq!(database.dump(), dump, "{case}");
        let found = stage.world();
        let diff = similar::TextDiff::from_lines(&world, &found);
        assert!(world == found, "{case}:\n{}", diff.unified_diff().context_radius(2));
        restore();
        cases += 1;
    }
    println!("rollback with a migration: killed before {cases} of {} changes, {doubts} times in doubt", calls.len());
    assert!(cases > 10);
    drop(tools);
}

fn made() -> Option<Shop> {
    let shop = Shop::sqlite(&["SH-01", "SH-02"], true)?;
    shop.session_with("SH-01", "r0", &[]);
    shop.session_with("SH-02", "r1", &["r0"]);
    Some(shop)
}

/// Killed while the downgrade runs, which goes on without it.
fn killed_in_the_downgrade() -> Option<Shop> {
    let shop = Shop::sqlite(&["SH-01"], false)?;
    shop.session("start SH-01").ok();
    let back = format!("__import__(\"time\").sleep(2); {}", super::dropped("r0"));
    shop.revision("r0", &[], &super::made("r0"), &back);
    shop.session("complete -m \"feat: r0\"").ok();
    let mut command = shop.s.session_command("rollback SH-01 --yes");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let runs = || {
        let read = |process: &std::fs::DirEntry, what: &str| {
            let bytes = std::fs::read(process.path().join(what)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        // Of this database: other tests run beside.
        let mine = |process: &std::fs::DirEntry| read(process, "environ").contains(&shop.database.url());
        std::fs::read_dir("/proc").unwrap().flatten().any(|process| {
            let line = read(&process, "cmdline");
            line.contains("alembic\0downgrade\0r0@base") && !line.contains("--sql") && mine(&process)
        })
    };
    let end = Instant::now() + Duration::from_secs(60);
    while !runs() {
        assert!(Instant::now() < end, "the downgrade never runs");
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    Some(shop)
}

#[test]
fn whether_a_downgrade_has_run_is_for_a_person_to_say_and_every_way_on_works() {
    for way in ["--retry", "--assume-done", "--abort"] {
        let Some(shop) = killed_in_the_downgrade() else { return };
        let said = ["nobody knows whether `alembic downgrade r0@base` of alembic has run", "session resume --retry"];
        shop.session("rollback SH-01 --yes").fails(4, &said);
        shop.session("start SH-01").fails(1, &[]);
        shop.session(&format!("resume {way}")).ok();
        // Whatever was said, the database is down: the program had outlived its killer.
        assert_eq!(shop.current(), Vec::<String>::new(), "{way}");
        let done = way == "--abort";
        assert_eq!(shop.s.exists("migrations/versions/r0_add.py"), done, "{way}");
        if done {
            let ran = shop.session("rollback SH-01 --yes").ok();
            assert!(ran.err.contains("r0 is not applied"), "{ran:?}");
        }
        let reverts = shop.s.subjects().iter().filter(|subject| subject.starts_with("revert:")).count();
        assert_eq!((reverts, shop.s.exists("migrations/versions/r0_add.py")), (1, false), "{way}");
    }
}
