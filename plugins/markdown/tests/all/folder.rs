//! A folder as a plan, through the plugin and a host in memory.

use session_plugin_markdown::Markdown;
use session_sdk::testing::{Host, context};
use session_sdk::{Event, Plan, PlanDocument};

fn read(files: &[(&str, &str)]) -> Option<PlanDocument> {
    read_bytes(&files.iter().map(|(path, text)| (*path, text.as_bytes())).collect::<Vec<_>>(), "docs/plan")
}

fn read_bytes(files: &[(&str, &[u8])], path: &str) -> Option<PlanDocument> {
    let mut host = Host::default();
    host.set(|world| {
        world.files.extend(files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())));
    });
    host.run::<Markdown, _, _>(&context(Event::Plan, Plan { path: path.into() })).expect("an answer")
}

fn places(plan: &PlanDocument) -> Vec<(&str, &str, usize)> {
    plan.sessions.iter().map(|s| (s.id.as_str(), s.path.as_deref().unwrap_or("none"), s.line)).collect()
}

fn warnings(plan: &PlanDocument) -> Vec<(&str, &str, usize)> {
    plan.warnings.iter().map(|w| (w.kind.as_str(), w.path.as_deref().unwrap_or("none"), w.line)).collect()
}

#[test]
fn one_session_per_file_in_natural_order() {
    let plan = read(&[
        ("docs/plan/README.md", "# Payroll — Implementation Prompts\n\nWords.\n"),
        ("docs/plan/BE-10.md", "## Prompt\n\nten\n"),
        ("docs/plan/BE-2.md", "# Matcher\n\nDepends on: BE-10\nparallel_with: FE-7\n\n## Prompt\n\ntwo\n"),
        (
            "docs/plan/notes/other.markdown",
            "---\nsession_id: \"FE-01\"\ntitle: Screen\nrepository: web\n---\n\n## Prompt\n\nx\n",
        ),
        ("docs/plan/phase-2 (Week 3)/a.md", "text\n\n# DB-01: Ledger\n\n## Prompt\n\ny\n"),
        ("docs/plan/phase-2 (Week 3)/picture.png", "no text"),
        ("docs/plan/.hidden/BE-99.md", "## Prompt\n\nz\n"),
    ])
    .expect("a plan");
    assert_eq!(
        places(&plan),
        [
            ("BE-2", "docs/plan/BE-2.md", 1),
            ("BE-10", "docs/plan/BE-10.md", 1),
            ("FE-01", "docs/plan/notes/other.markdown", 1),
            ("DB-01", "docs/plan/phase-2 (Week 3)/a.md", 3),
        ]
    );
    assert_eq!(plan.project.as_deref(), Some("Payroll"));
    assert_eq!(warnings(&plan), [("unknown-parallel", "docs/plan/BE-2.md", 4)]);
    let titles: Vec<&str> = plan.sessions.iter().map(|s| s.title.as_str()).collect();
    assert_eq!(titles, ["Matcher", "", "Screen", "Ledger"]);
    assert_eq!(plan.sessions[0].depends_on, ["BE-10"]);
    assert_eq!(plan.sessions[2].metadata.repository.as_deref(), Some("web"));
    let phase = &plan.sessions[3].metadata;
    assert_eq!((phase.phase.as_deref(), phase.week), (Some("2"), Some(3)));
    assert!(plan.sessions.iter().all(|s| !s.prompt.is_empty() && s.span.is_some()));
}

#[test]
fn what_a_folder_gets_wrong_is_named_with_its_file() {
    let plan = read_bytes(
        &[
            ("docs/plan/a.md", b"## Session A-1: x\n\n### Prompt\n\np\n"),
            ("docs/plan/b.md", b"\n## Session A-1: again\n\n## Session A-2: y\n\n### Prompt\n\nq\n"),
            ("docs/plan/c.md", b"only words\n"),
            ("docs/plan/d.md", b"ab\xff\n"),
        ],
        "docs/plan",
    )
    .expect("a plan");
    assert_eq!(places(&plan), [("A-1", "docs/plan/a.md", 1), ("A-2", "docs/plan/b.md", 4)]);
    assert_eq!(
        warnings(&plan),
        [
            ("duplicate-id", "docs/plan/b.md", 2),
            ("no-session", "docs/plan/c.md", 1),
            ("unreadable", "docs/plan/d.md", 1)
        ]
    );
    let said: Vec<&str> = plan.warnings.iter().map(|w| w.message.as_str()).collect();
    assert!(said[0].contains("docs/plan/a.md:1") && said[0].contains("docs/plan/b.md:2"), "{said:?}");
    assert!(said[2].contains("byte 2"), "{said:?}");
}

#[test]
fn a_folder_without_a_session_and_other_files_are_no_plan() {
    assert_eq!(read(&[("docs/plan/README.md", "# P\n"), ("docs/plan/x.md", "words\n")]), None);
    assert_eq!(read_bytes(&[("plan.txt", b"## Session A-1: x\n")], "plan.txt"), None);
    let file = read_bytes(&[("plan.md", b"## Session A-1: x\n")], "plan.md").expect("a plan");
    assert_eq!((places(&file), file.warnings[0].path.as_deref()), (vec![("A-1", "none", 1)], None));
}
