//! Reading takes time in proportion to the document, whatever stands in it: of four times the text at most eight times
//! the time. A ratio and never a time, of what this thread has computed: the machine has other work.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use session_plugin_markdown::reader;

/// Makes a document of `n` units.
type Make = fn(usize) -> String;

const KINDS: &[(&str, Make)] = &[
    ("sessions", |n| numbered(n, "## Session A-{}: x\n### Prompt\nx\n")),
    ("one id again and again", |n| "## Session A-1: x\n".repeat(n)),
    ("bare headings", |n| numbered(n, "## A-{}: x\n")),
    ("headings that are none", |n| opened("### Session A-2 x\n", n)),
    ("phases", |n| opened("# PHASE 1\n", n)),
    ("phases in a fence", |n| opened("```\n", 1) + &"# PHASE 1\n".repeat(n) + "```\n"),
    ("phases behind unclosed fences", |n| opened("```a\n# PHASE 1\n", n)),
    ("sessions in unclosed fences", |n| numbered(n, "```a\n## Session A-{}: x\n")),
    ("fences before the first session", |n| "```a\n# PHASE 1\n".repeat(n) + "## Session A-1: x\n"),
    ("fences of growing length", |n| {
        opened("", 1) + &(3..n / 40).rev().map(|m| "`".repeat(m) + "\n").collect::<String>()
    }),
    ("nested fences", |n| opened("```a\n", n) + &"```\n".repeat(n)),
    ("prompts that never end", |n| opened("### Prompt\n```md\n", n)),
    ("prompts whose fences cross", |n| opened("```p\n### Prompt\n````md\n```\n", n)),
    ("prompts below blank lines", |n| opened("### Prompt\n", 1) + &"\n".repeat(n) + "x\n" + &"```\n```\n".repeat(n)),
    ("underlined text", |n| opened("x\n---\n\ny\n===\n\n", n)),
    ("comments that never end", |n| opened("<!-- x\n", n)),
    ("comments", |n| opened("<!-- x\ny -->\n", n)),
    ("commented sessions", |n| numbered(n, "<!--\n## Session A-{}: x\n-->\n")),
    ("conflicts", |n| opened("<<<<<<< a\n=======\n>>>>>>> b\n", n)),
    ("elements that never end", |n| numbered(n, "<session id=\"A-{}\">\n")),
    ("one element again and again", |n| "<session id=\"A-1\">\nx\n".repeat(n)),
    ("elements", |n| numbered(n, "<session id=\"A-{}\">\n<metadata>\n</metadata>\n</session>\n")),
    ("elements in a fence", |n| "```xml\n".to_owned() + &numbered(n, "<session id=\"A-{}\">\nx\n</session>\n")),
    ("one long check", |n| element("<verification>\n<check>\n", "words and words\n", n)),
    ("checks of an element", |n| element("<verification>\n", "<check>x\n", n)),
    ("requires", |n| element("", "<requires>A-2</requires>\n", n)),
    ("tags", |n| element("<metadata>\n", "<a b='c'>d</a>\n", n)),
    ("boxes", |n| section("Verification", &numbered(n, "- [ ] `a {}`\n"))),
    ("equal boxes", |n| section("Verification", &"- [ ] `a`\n".repeat(n))),
    ("commands", |n| section("Verification", &format!("```sh\n{}```\n", numbered(n, "a {}\n")))),
    ("setup", |n| section("Verification", &format!("```sh\n{}```\n", "cd x\na\n".repeat(n)))),
    ("here-documents", |n| {
        section("Verification", &format!("```sh\ncat{}\n{}```\n", " <<A".repeat(n), "A\n".repeat(n)))
    }),
    ("open quotes", |n| section("Verification", &"```sh\necho \"\n```\n".repeat(n))),
    ("flags of a commit", |n| section("Git Commit", &format!("git commit{}\n", " -m 'a'".repeat(n)))),
    ("half flags of a commit", |n| section("Git Commit", &format!("git commit{}\n", " -x".repeat(n)))),
    ("documents of a commit", |n| section("Git Commit", &format!("git commit{}\n", " -m \"$(cat <<E\nE\n".repeat(n)))),
    ("dependencies", |n| section("Metadata", &format!("depends_on: {}\n", numbered(n, "A-{}, ")))),
    ("notes of dependencies", |n| section("Metadata", &format!("depends_on: {}\n", "(A and ".repeat(n)))),
    ("joined dependencies", |n| section("Metadata", &format!("depends_on: {}\n", "A-1 and ".repeat(n)))),
    ("dependencies with a section", |n| section("Dependencies", &numbered(n, "- A-{}: x\nk: v\n"))),
    ("items in code", |n| section("Metadata", &format!("depends_on: {}\n", "`a`b, ".repeat(n)))),
    ("prose with joins", |n| section("Metadata", &format!("depends_on: all {}\n", "a and [b ".repeat(n)))),
    ("sentences", |n| section("Metadata", &"all of it depends on A-2, depends on\n".repeat(n))),
    ("mappings", |n| section("Metadata", &format!("{}\n", "{metadata: {a: b, ".repeat(n)))),
    ("commas of a mapping", |n| section("Metadata", &format!("{{{}}}\n", "\"a\": 1, b, ".repeat(n)))),
    ("tables with keys across", |n| section("Metadata", &"| Phase | Size |\n|---|---|\n| 1 | M |\n\n".repeat(n))),
    ("tags of dependencies", |n| element("", "<depends>\nA-2\n", n)),
    ("sessions around which a fence closes", |n| numbered(n, "````a\n## Session A-{}: x\n```\n````\n")),
    ("bare fences in a fence", |n| {
        "## Session A-1: x\n````a\n## Session A-2: x\n".to_owned() + &"````\n````\n".repeat(n)
    }),
    ("fences of data", |n| section("Metadata", &"```yaml\nphase: 1\n```\n".repeat(n))),
    ("words for dependencies", |n| section("Metadata", &format!("depends_on: {}\n", "word, ".repeat(n)))),
    ("ranges", |n| numbered(n / 20, "## Session A-{}: x\ndepends_on: BE-001 through BE-100\n")),
    ("neighbours", |n| section("Metadata", &format!("parallel_with: {}\n", numbered(n, "A-{}, ")))),
    ("keys", |n| section("Metadata", &numbered(n, "modle: x\nkey_{}: y\n"))),
    ("a list that never ends", |n| section("Metadata", &format!("files: [\n{}", "\"a\",\n".repeat(n)))),
    ("keys in one line", |n| section("Metadata", &format!("**A:** b{}\n", " | **C:** d".repeat(n)))),
    ("fences of metadata", |n| section("Metadata", &"```rust\nx: y\n```\n".repeat(n))),
    ("metadata again and again", |n| opened("### Metadata\nphase: 1\n", n)),
    ("agents", |n| section("Sub-Agents", &numbered(n, "- **A{}** (r): x\n  - y\n"))),
    ("agents in tables", |n| section("Sub-Agents", &numbered(n, "| A{} | b | c |\n"))),
    ("labels", |n| opened("\n**Prompt:**\n\n**Context:**\n", n)),
    ("labels of checks", |n| opened("**Verify:**\n- a\n\n**If it fails:**\n```a\nb\n```\n", n)),
    ("labels of messages", |n| opened("Commit:\nfeat: a\n", n)),
    ("labels without a value", |n| opened("Files:\n\nx\n\n**Files:**\n", n)),
    ("fences of labels that never end", |n| opened("**Verify:**\n```text\n", n)),
    ("criteria", |n| section("Acceptance Criteria", &"- a\n  b\n  c\nprose\n".repeat(n))),
    ("headings about failure", |n| section("Verification", &"#### Undo\n- [ ] a\n#### More\n- [ ] `b`\n".repeat(n))),
    ("near misses", |n| opened("## A-2/3: x\n", n)),
    ("sessions that wait for all", |n| numbered(n, "## Session A-{}: x\nDepends on: all previous sessions\n")),
    ("a plan in its order", |n| numbered(n, "## A-{}: x\ny\n### A-{}: z\n")),
    ("criteria of an element", |n| element("<success_criteria>\n", "<criterion>x</criterion>\n", n)),
    ("one long line", |n| opened("", 1) + &"`*_<#|[](=- ".repeat(n) + "\n### Prompt\n" + &"# ".repeat(n)),
    ("long headings", |n| format!("## Session A-1: {}\n## {}\n", "[](*".repeat(n), "1.) [x] 🔧 ".repeat(n))),
    ("nothing but line ends", |n| opened("\n", n * 4)),
    ("carriage returns", |n| opened("x\r", n)),
    ("nothing to read", |n| "\0 \t".repeat(n)),
];

fn numbered(n: usize, unit: &str) -> String {
    (1..=n).map(|i| unit.replace("{}", &i.to_string())).collect()
}

fn opened(unit: &str, n: usize) -> String {
    format!("## Session A-1: x\n{}", unit.repeat(n))
}

fn section(name: &str, body: &str) -> String {
    format!("## Session A-1: x\n\n### {name}\n\n{body}")
}

fn element(head: &str, unit: &str, n: usize) -> String {
    format!("<session id=\"A-1\">\n{head}{}", unit.repeat(n))
}

fn time(text: &str) -> Duration {
    let computed = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("a time");
    let start = computed();
    std::hint::black_box(reader::read(text));
    computed() - start
}

/// Units that take long enough to be told from noise; none where half a million of them do not.
fn units(make: Make) -> Option<usize> {
    let mut doubled = std::iter::successors(Some(500), |n| Some(n * 2)).take_while(|n| *n < 600_000);
    doubled.find(|n| time(&make(*n)) > Duration::from_millis(2))
}

/// Time per byte of the larger text against that of the smaller: some units grow as they are counted.
fn ratio(make: Make) -> f64 {
    let Some(n) = units(make) else { return 1.0 };
    let (small, large) = (make(n), make(4 * n));
    let per_byte = |text: &str| {
        let best = (0..3).map(|_| time(text)).min().unwrap_or_default();
        best.as_secs_f64() / text.len() as f64
    };
    per_byte(&large) / per_byte(&small)
}

#[test]
fn four_times_the_text_takes_no_eight_times_the_time() {
    for (kind, make) in KINDS {
        // A neighbour that takes the processor's cache disturbs one measurement, not eight in a row.
        let linear = (0..8).any(|_| ratio(*make) < 2.0);
        assert!(linear, "{kind}");
    }
}
