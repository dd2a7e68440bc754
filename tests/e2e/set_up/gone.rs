//! What is under way or done is known without its plan: the plan's file, or the plugin that reads it, may be gone.

use crate::support::{Sandbox, data};

const WITHOUT: &str = "records and journals say what is known without the plan";

/// HI-01 is done and HI-02 active; then the plan cannot be read any more.
fn without_plan(lost: Lost, named: bool) -> Sandbox {
    let s = Sandbox::hello();
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    s.session("start HI-02").ok();
    s.write("farewell.txt", "goodbye\n");
    if !named {
        let text = s.read("plugins.toml").replace("plan = \"docs/HELLO_PROMPTS.md\"\n", "");
        s.write("plugins.toml", &text);
    }
    match lost {
        Lost::File => std::fs::remove_file(s.path("docs/HELLO_PROMPTS.md")).unwrap(),
        Lost::Reader => {
            let text = s.read("plugins.toml").replace("[[plugin]]\nname = \"markdown\"\n", "");
            s.write("plugins.toml", &text);
        }
        Lost::Sessions => s.write("docs/HELLO_PROMPTS.md", "# Nothing\n"),
    }
    s
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Lost {
    File,
    Reader,
    Sessions,
}

#[test]
fn every_command_that_needs_no_plan_goes_on_without() {
    for lost in [Lost::File, Lost::Reader, Lost::Sessions] {
        for named in [true, false] {
            println!("{lost:?}, named in plugins.toml: {named}");
            let s = without_plan(lost, named);
            let progress = s.read("docs/progress/HELLO_PROGRESS.md");
            let ran = s.session("status").ok();
            assert!(ran.out.contains("HI-01  done") && ran.out.contains("HI-02  active"), "{ran:?}");
            assert_eq!(ran.err.contains(WITHOUT), named, "{ran:?}");
            assert!(!ran.err.contains("2 of 2 done") && !ran.err.contains("of 2 done"), "{ran:?}");
            for arguments in ["show HI-01", "show", "log", "log HI-01", "audit", "progress", "resume", "note kept"] {
                s.session(arguments).ok();
            }
            s.session("checkpoint -m half").ok();
            s.session("verify").ok();
            s.session("pause").ok();
            s.session("start HI-02").ok();
            s.session("complete").ok();
            assert_eq!(s.subjects()[1], "feat(letter): add farewell");
            let now = s.read("docs/progress/HELLO_PROGRESS.md");
            let rows = |text: &str| text.lines().filter(|line| line.starts_with("| HI-0")).count();
            assert_eq!((rows(&now), rows(&progress)), (3, 3), "what the plan said stays: {now}");
            // These need it.
            s.session("next").fails(1, &["docs/HELLO_PROMPTS.md"][usize::from(!named)..]);
            s.session("start HI-03").fails(1, &["there is no session HI-03"]);
            s.session("rollback HI-02 --yes").ok();
            assert!(!s.exists("farewell.txt"));
            s.session("rollback HI-01 --yes").ok();
            assert!(s.session("status").ok().out.contains("HI-01  rolled back"));
            s.session("start FIX-01 --title \"Mend it\" --check true").ok();
        }
    }
}

#[test]
fn a_rollback_without_the_plan_says_what_it_cannot_know() {
    let s = without_plan(Lost::File, true);
    s.session("complete").ok();
    let ran = s.session("rollback HI-01 --yes").ok();
    assert!(ran.err.contains("which sessions depend on HI-01 stands in the plan"), "{ran:?}");
}

/// What a person wrote into the task file is not lost in silence.
#[test]
fn without_a_reader_the_task_file_is_not_read_and_that_is_said() {
    let s = without_plan(Lost::Reader, true);
    let ran = s.session("complete").ok();
    assert!(ran.err.contains("no plugin reads docs/sessions/SESSION.md"), "{ran:?}");
}

/// A dependency that is under way is known from its journal.
#[test]
fn an_active_session_that_depends_on_it_is_known_from_its_journal() {
    let s = Sandbox::hello();
    s.write(
        "docs/HELLO_PROMPTS.md",
        &data("plans/hello.md").replace("dependencies: none\nparallel_with: HI-01", "dependencies: HI-01"),
    );
    s.session("start HI-01").ok();
    s.write("greeting.txt", "hello\n");
    s.session("complete").ok();
    s.session("start HI-02").ok();
    s.session("pause").ok();
    std::fs::remove_file(s.path("docs/HELLO_PROMPTS.md")).unwrap();
    s.session("rollback HI-01 --yes").fails(1, &["1 session built on it", "HI-02 is paused"]);
}
