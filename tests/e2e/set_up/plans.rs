//! Which plan is meant: a file that holds no session is none, one plan is used, of several none is chosen.

use crate::support::{Sandbox, data};

const LOG: &str = "# Prompts\n\nNewest on top.\n\n## 2026-03-04\n\n### Prompt\n\n> Why does the bell ring twice?\n\n### What came back\n\nIt rang once per key.\n";

#[test]
fn a_log_of_prompts_is_no_plan_and_blocks_nothing() {
    let s = Sandbox::new();
    s.write("docs/PROMPTS.md", LOG);
    s.session("status").ok();
    s.session("next").fails(1, &["there is no plan", "docs/PROMPTS.md"]);
    s.session("start FIX-01 --title \"Mend the bell\" --check true").ok();
    assert!(s.session("status").ok().out.contains("FIX-01  active"));
    s.session("pause").ok();
    let s = Sandbox::new();
    s.write("docs/PROMPTS.md", LOG);
    let ran = s.session("init Bell").ok();
    assert!(ran.err.contains("no plugin reads docs/PROMPTS.md as a plan"), "{ran:?}");
    assert!(ran.err.contains("session init Bell --starter"), "{ran:?}");
    assert!(!s.exists("docs/BELL_PROMPTS.md"), "nobody asked for one");
    s.session("status").ok();
    s.session("start FIX-01 --title \"Mend the bell\" --check true").ok();
    s.session("init Bell --starter").ok();
    assert!(s.session("next").ok().out.contains("BE-01"));
    s.session("init Bell --starter").fails(1, &["is set up already"]);
}

#[test]
fn beside_a_real_plan_it_does_not_count() {
    let s = Sandbox::new();
    s.write("docs/PROMPTS.md", LOG);
    s.write("docs/HELLO_PROMPTS.md", &data("plans/hello.md"));
    assert!(s.session("next").ok().out.contains("HI-01"));
    s.session("init Hello").ok();
    assert!(s.read("plugins.toml").contains("plan = \"docs/HELLO_PROMPTS.md\""));
    s.session("start HI-01").ok();
}

#[test]
fn a_plan_of_another_name_is_used_and_named() {
    for path in ["docs/PLAN.md", "PLAN.md", "docs/MY_PLAN.md", "IMPLEMENTATION_PLAN.md", "docs/plans/2026-hello.md"] {
        let s = Sandbox::new();
        s.write(path, &data("plans/hello.md"));
        assert!(s.session("status").ok().out.contains("HI-01  ready"), "{path}");
        let ran = s.session("init Hello").ok();
        assert!(ran.err.contains(&format!("The plan {path} has 3 sessions")), "{ran:?}");
        assert!(s.read("plugins.toml").contains(&format!("plan = \"{path}\"")));
        assert!(!s.exists("docs/HELLO_PROMPTS.md"), "no plan is invented beside {path}");
        s.session("start HI-01").ok();
    }
}

#[test]
fn a_plan_that_cannot_be_read_is_named_and_none_is_invented() {
    let s = Sandbox::new();
    s.write("docs/PLAN.md", "# Plan\n\nFirst we think, then we build.\n");
    s.write("docs/explanation.md", "# Not a plan\n");
    let ran = s.session("init Bell").ok();
    assert!(ran.err.contains("no plugin reads docs/PLAN.md as a plan"), "{ran:?}");
    assert!(!ran.err.contains("explanation"), "{ran:?}");
    assert!(!s.exists("docs/BELL_PROMPTS.md"));
    let s = Sandbox::new();
    s.write("docs/PLAN.md", "# Plan\n\nFirst we think, then we build.\n");
    s.session("init Bell --starter").ok();
    assert!(s.exists("docs/BELL_PROMPTS.md") && s.read("plugins.toml").contains("plan = \"docs/BELL_PROMPTS.md\""));
    s.session("start BE-01").ok();
}

fn two() -> Sandbox {
    let s = Sandbox::new();
    s.write("docs/A_PROMPTS.md", &data("plans/hello.md"));
    s.write("docs/B_PROMPTS.md", &data("plans/hello.md").replace("HI-", "LO-").replace("## Session LO-03", "## Notes"));
    s
}

#[test]
fn of_two_plans_none_is_chosen_and_each_is_named() {
    let s = two();
    let both = |ran: &crate::support::Ran, command: &str| {
        for (path, sessions) in [("docs/A_PROMPTS.md", 3), ("docs/B_PROMPTS.md", 2)] {
            let ran = &ran.err;
            assert!(ran.contains(&format!("{command} --plan {path}")), "{command} {path}: {ran}");
            assert!(ran.contains(&format!("{sessions} sessions")), "{command} {sessions}: {ran}");
        }
    };
    both(&s.session("status").ok(), "session status");
    assert_eq!(s.session("status --json").ok().json()["plans"][1]["sessions"], 2);
    both(&s.session("next").fails(1, &["there are 2 plans"]), "session next");
    both(&s.session("plan").fails(1, &["there are 2 plans"]), "session plan");
    both(&s.session("start HI-01").fails(1, &["HI-01"]), "session start HI-01");
    // These take no --plan.
    both(&s.session("rollback HI-01").fails(1, &["in which plan HI-01 stands"]), "session status");
    both(&s.session("show HI-01").fails(1, &["in which plan HI-01 stands"]), "session status");
    both(&s.session("init Hello").fails(1, &["there are 2 plans"]), "session init Hello");
    assert!(!s.exists("plugins.toml") && !s.exists(".git/session/init-begun"));
    s.session("start FIX-01 --title \"Mend it\" --check true").ok();
    s.write("mended.txt", "x\n");
    s.session("complete").ok();
    let ran = s.session("status").ok();
    both(&ran, "session status");
    assert!(!ran.err.contains("1 of 1 done"), "{ran:?}");
    assert!(ran.out.contains("FIX-01  done"), "{ran:?}");
    s.session("start HI-01 --plan docs/A_PROMPTS.md").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
}

/// What a hint says must work: `1` is no ID, and a project that is set up takes a plan by `--starter` only.
#[test]
fn hints_without_a_plan_can_be_typed() {
    let s = Sandbox::new();
    s.write("docs/PLAN.md", "# Tide table\n\nOne day.\n");
    s.session("init Tide").ok();
    s.session("start 1").fails(1, &["there is no session 1", "session start FIX-01 --title"]);
    s.session("start BE-04").fails(1, &["session start BE-04 --title"]);
    s.session("next").fails(1, &["session init NAME --starter"]);
    s.session("init Tide --starter").ok();
    s.session("next").ok();
}
