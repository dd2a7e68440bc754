//! What commands show of a plan.

use serde_json::Value;

use crate::support::{Sandbox, data};

#[test]
fn plan_lists_every_session_of_a_real_plan() {
    let s = Sandbox::new();
    s.write("docs/PIPELINE_PROMPTS.md", &data("plans/pipeline.md"));
    let found = s.session("plan --json").ok().json();
    let golden: Value = serde_json::from_str(&data("plans/pipeline.expected.json")).unwrap();
    let (found, golden) = (found["sessions"].as_array().unwrap(), golden["sessions"].as_array().unwrap());
    assert_eq!(found.len(), golden.len());
    for (found, golden) in found.iter().zip(golden) {
        for key in ["id", "title", "line", "phase", "repository", "depends_on", "parallel_with", "checks", "model"] {
            assert_eq!(found[key], golden[key], "{key} of {}", golden["id"]);
        }
    }
    let shown = s.session("plan").ok().out;
    assert!(golden.iter().all(|session| shown.contains(&format!(
        "{}  {}",
        session["id"].as_str().unwrap(),
        session["title"].as_str().unwrap()
    ))));
}

#[test]
fn errors_of_a_plan_are_named() {
    let s = Sandbox::new();
    s.write("docs/X_PROMPTS.md", &data("plans/broken.md"));
    let found = s.session("plan --json").ok().json();
    let golden: Value = serde_json::from_str(&data("plans/broken.expected.json")).unwrap();
    let (found, golden) = (found["errors"].as_array().unwrap(), golden["errors"].as_array().unwrap());
    assert_eq!(found.len(), golden.len());
    for (found, golden) in found.iter().zip(golden) {
        for key in ["kind", "line", "session", "ids"] {
            assert_eq!(found[key], golden[key], "{key} of {golden}");
        }
    }
}

#[test]
fn explain_shows_the_order() {
    let s = Sandbox::hello();
    insta::assert_snapshot!(s.shown("explain complete"));
}

#[test]
fn status_and_next() {
    let s = Sandbox::hello();
    s.session("start HI-02").ok();
    insta::assert_snapshot!(format!("{}\n{}", s.shown("status"), s.shown("next")));
}

#[test]
fn log_tells_what_happened() {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.session("verify").fails(3, &[]);
    insta::assert_snapshot!(s.shown("log"));
}

#[test]
fn help_names_the_everyday_commands_first() {
    let help = Sandbox::bare().session("--help").ok().out;
    let at = |name: &str| help.find(&format!("\n  {name} ")).unwrap_or_else(|| panic!("{name} in {help}"));
    let order = ["init", "next", "start", "show", "checkpoint", "verify", "complete", "status", "plan", "pause"];
    assert!(order.windows(2).all(|pair| at(pair[0]) < at(pair[1])), "{help}");
    for shell in ["bash", "zsh", "fish"] {
        assert!(Sandbox::bare().session(&format!("completions {shell}")).ok().out.contains("checkpoint"));
    }
}
