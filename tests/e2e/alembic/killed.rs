//! A rollback with a migration, killed before each change: in the end there is one downgrade and one revert.

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
