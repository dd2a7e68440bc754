//! A rollback with two downgrades is killed, cut off and failed in every place: each revision goes down once, and who is
//! asked is asked about the one that nobody knows of.

use session_plugin_alembic::Alembic;
use session_sdk::testing::{Host, stops_at_failures, survives_cuts, survives_kills};
use session_sdk::{Context, Rollback, Summary};

use crate::world::{self, make, rollback};

/// The run behind its rehearsal.
fn rehearsed() -> Context<Rollback> {
    let mut cx = rollback(&["o1", "o2"]);
    cx.dry_run = true;
    cx.data.force = true;
    let plan: Summary = make(&["o1", "o2"]).run::<Alembic, _, _>(&cx).expect("it is refused nothing");
    cx.dry_run = false;
    cx.data.rehearsed = plan.rehearsed;
    cx
}

/// The world in which the downgrades have gone through: what is asked behind them finds them gone.
fn after() -> Host {
    make(&[])
}

#[test]
fn a_rollback_survives_every_kill_and_cut() {
    let cx = rehearsed();
    let tried = survives_kills::<Alembic, _, Summary>(after, &cx);
    assert_eq!(tried.cases, 8, "two downgrades, each at four boundaries");
    // Only before the intent it is known that a downgrade has not run.
    assert_eq!(tried.doubts.len(), 6, "{:#?}", tried.doubts);
    assert!(!survives_cuts::<Alembic, _, Summary>(after, &cx).doubts.is_empty());
}

#[test]
fn a_downgrade_that_cannot_be_run_is_the_last() {
    let tried = stops_at_failures::<Alembic, _, Summary>(after, &rehearsed(), &[]);
    assert_eq!(tried.cases, 2);
}

#[test]
fn an_undisturbed_run_asks_alembic_three_times_and_leaves_what_it_took() {
    let mut host = after();
    let summary: Summary = host.run::<Alembic, _, _>(&rehearsed()).expect("nothing disturbs it");
    assert_eq!(summary.message, format!("took down o1, o2 in {}", world::URL));
    let left = host.world();
    assert_eq!(left.ran, ["alembic downgrade o1@a1", "alembic downgrade o2@a1"]);
    assert_eq!(left.facts["migration.down"], format!(r#"{{"{}":["o1","o2"]}}"#, world::URL));
    let spawned = left.calls.iter().filter(|call| call.name() == "spawn").count();
    assert_eq!(spawned, 3, "two downgrades and a look");
}
