//! A plan of four sessions with migrations and data, taken back one by one: from where it was made, and from a fresh clone.

use super::database::{Database, Postgres};
use super::{Shop, World, tools};
use crate::support::Sandbox;

const IDS: [&str; 4] = ["SH-01", "SH-02", "SH-03", "SH-04"];

/// The four sessions, and the world before each.
fn made(database: Database, tools: std::path::PathBuf) -> (Shop, Vec<World>) {
    let shop = Shop::new(tools, database, &IDS, true);
    let mut worlds = Vec::new();
    for (n, id) in IDS.iter().enumerate() {
        worlds.push(shop.world());
        let revision = format!("r{n}");
        let before = n.checked_sub(1).map(|n| format!("r{n}"));
        match n {
            // Data of an earlier one changes, and comes back.
            2 => {
                shop.begun_with(id, &revision, &[before.as_deref().unwrap()]);
                let up = format!("{}; op.execute(\"UPDATE t_r0 SET name = 'changed'\")", super::made(&revision));
                let back = format!("{}; op.execute(\"UPDATE t_r0 SET name = 'kept'\")", super::dropped(&revision));
                shop.revision(&revision, &["r1"], &up, &back);
                shop.session("complete -m \"feat: r2\"").ok();
                shop.database.fill("t_r2");
            }
            // With a checkpoint on the way, which holds the migration.
            3 => {
                shop.begun_with(id, &revision, &[before.as_deref().unwrap()]);
                shop.session("checkpoint -m half").ok();
                shop.s.write("src/more.py", "more\n");
                shop.session("complete -m \"feat: r3\"").ok();
                shop.database.fill("t_r3");
            }
            _ => shop.session_with(id, &revision, &before.iter().map(String::as_str).collect::<Vec<_>>()),
        }
    }
    (shop, worlds)
}

/// The second is refused with its dependants; then the last, then all.
fn all_back(shop: &Shop, worlds: &[World]) {
    let head = shop.s.git("rev-parse HEAD");
    let now = shop.world();
    let said = [
        "SH-02 cannot be rolled back",
        "SH-03 is done",
        "SH-04 is done",
        "session rollback SH-04, session rollback SH-03 first",
    ];
    shop.session("rollback SH-02 --yes").fails(1, &said);
    assert_eq!((shop.world(), shop.s.git("rev-parse HEAD")), (now, head));
    for (world, id) in worlds.iter().zip(IDS).rev() {
        let ran = shop.taken_back(world, id, "");
        assert!(ran.err.contains("DROP TABLE") && !ran.err.contains("secret"), "{ran:?}");
    }
    shop.session("status --check").ok();
    shop.session("audit").ok();
}

fn in_a_fresh_clone(mut shop: Shop) -> Shop {
    let clone: Sandbox = shop.s.clone_fresh();
    // Another person, who knows nothing but what is committed, and the database.
    shop.s = clone;
    shop.session("trust --yes").ok();
    shop
}

#[test]
fn sqlite_from_where_it_was_made() {
    let Some(tools) = tools() else { return };
    let (shop, worlds) = made(Database::sqlite(&tools), tools);
    all_back(&shop, &worlds);
    // The next attempt begins clean.
    shop.session_with("SH-01", "again", &[]);
    assert_eq!(shop.current(), ["again"]);
    let record: serde_json::Value = serde_json::from_str(&shop.s.read("docs/sessions/records/SH-01.json")).unwrap();
    assert_eq!((record["attempt"].as_u64(), record["status"].as_str()), (Some(2), Some("done")));
    shop.session("audit").ok();
}

#[test]
fn sqlite_from_a_fresh_clone() {
    let Some(tools) = tools() else { return };
    let (shop, worlds) = made(Database::sqlite(&tools), tools);
    all_back(&in_a_fresh_clone(shop), &worlds);
}

#[test]
fn postgresql_from_where_it_was_made() {
    let (Some(tools), Some(server)) = (tools(), Postgres::start()) else { return };
    let (shop, worlds) = made(Database::Postgres(server), tools);
    all_back(&shop, &worlds);
}

#[test]
fn postgresql_from_a_fresh_clone() {
    let (Some(tools), Some(server)) = (tools(), Postgres::start()) else { return };
    let (shop, worlds) = made(Database::Postgres(server), tools);
    all_back(&in_a_fresh_clone(shop), &worlds);
}
