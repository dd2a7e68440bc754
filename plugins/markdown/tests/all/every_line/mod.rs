//! Every line of a session lies in exactly one of its parts: metadata, dependencies, checks, message, files or text.
//!
//! Each non-blank line of each plan is deleted, and doubled, in turn. What is read must change, and in one place:
//!
//! - A line of **content** changes one part of its own session and nothing else. Where that is the text, exactly this
//!   line is gone, or there once more. Line numbers and spans do not count, nor do the marks of fences in a text.
//! - A line of **structure** (see `splitter`) may change more, but only of its own session; a fence, a tag, or a line
//!   that opens or ends sessions, also of those behind it. `---` changes nothing. And nothing is dropped: where a line
//!   of structure goes, each line of text is still in some part of some session. That is not asked where the rules
//!   themselves drop it: headings that come out of their fence end the session, an ID that stands twice is left out.
//! - A line **outside** of all sessions is nobody's: no session changes.
//!
//! What is excepted has a name (`Exception`), a condition that this test looks at itself, and a count.
#![expect(clippy::disallowed_methods, reason = "a test reads files of the repository")]

mod parts;
mod splitter;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use parts::{Parts, Read, TEXT};
use splitter::{Class, Line, Structure, split};

/// Why a line of content changes nothing, or two parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Exception {
    /// `session_id`, `title` and `phase` in the metadata say again what a heading says.
    Again,
    /// `dependencies: none`, `Status: pending`: it says what holds without it.
    None,
    /// A comment in a shell fence of checks says something to people, and it stands with its command.
    Comment,
    /// `git add` before the `git commit` that holds the message, or what stands behind its closing quote.
    Staging,
    /// The body of an element is the prompt, verbatim (R5): what is read of it as well stays there.
    Element,
    /// Checks and message that stand inside a fenced prompt (R3).
    Fenced,
    /// Doubled only: an item of a set, or a key with its value, is the same when it is said twice.
    Twice,
}

impl Exception {
    /// Of what stands in the text as well, the text is one of the two.
    fn may_be_two(self, changes: &[Change]) -> bool {
        let two = matches!(self, Self::Element | Self::Fenced);
        two && changes.len() == 2 && changes.iter().any(|change| change.part == TEXT)
    }
}

/// How often the line stands in the document then, and what that is called.
const TRIES: [(usize, &str); 2] = [(0, "deleted"), (2, "doubled")];

/// Lines of content of each plan, and how many tries of them (two for each line) are excepted. A test that looks at
/// nothing would pass; these numbers are what it has looked at.
const COUNTS: [Counts; 13] = [
    ("broken.md", 39, &[(Exception::Again, 32), (Exception::None, 2), (Exception::Comment, 2), (Exception::Twice, 12)]),
    (
        "harbor.md",
        115,
        &[(Exception::Again, 25), (Exception::None, 4), (Exception::Element, 10), (Exception::Twice, 43)],
    ),
    ("hello.md", 23, &[(Exception::Again, 6), (Exception::None, 4), (Exception::Comment, 2), (Exception::Twice, 10)]),
    (
        "pipeline.md",
        293,
        &[
            (Exception::Again, 43),
            (Exception::None, 6),
            (Exception::Comment, 6),
            (Exception::Staging, 6),
            (Exception::Fenced, 9),
            (Exception::Twice, 86),
        ],
    ),
    ("ARCHIVE_PROMPTS.md", 21, &[(Exception::Staging, 2), (Exception::Twice, 8)]),
    ("MUSEUM_PROMPTS.md", 16, &[(Exception::None, 2), (Exception::Twice, 6)]),
    ("backend-plan.md", 21, &[(Exception::None, 2), (Exception::Twice, 12)]),
    ("STAMP_PROMPTS.md", 18, &[(Exception::Twice, 5)]),
    ("BAKERY_PROMPTS.md", 18, &[(Exception::Again, 2), (Exception::None, 2), (Exception::Twice, 5)]),
    ("PUPPET_PLAN.md", 3, &[]),
    ("CABLECAR_PROMPTS.md", 12, &[(Exception::Twice, 4)]),
    ("hotfix.md", 22, &[(Exception::None, 6), (Exception::Twice, 11)]),
    ("KILN_PROMPTS.md", 29, &[(Exception::Again, 4), (Exception::None, 4), (Exception::Twice, 15)]),
];

/// Name of the plan, its lines of content, and the exceptions among them.
type Counts = (&'static str, usize, &'static [(Exception, usize)]);

#[test]
fn every_line_lies_in_exactly_one_part() {
    let mut report = String::new();
    for (name, text, starts) in plans() {
        let plan = Plan { lines: split(&text, &starts), before: parts::read(&text), text: &text };
        if plan.before.sessions.len() != starts.len() {
            report +=
                &format!("\n{name}: {} sessions, and its golden has {}", plan.before.sessions.len(), starts.len());
            continue;
        }
        let found = plan.tries();
        for (line, failure) in &found.failures {
            report += &format!("\n{name}:{line}: {failure}");
        }
        let counts: Vec<(Exception, usize)> = found.excepted.into_iter().collect();
        let expected = COUNTS.iter().find(|(plan, ..)| *plan == name);
        if expected.is_none_or(|(_, content, excepted)| *content != found.content || *excepted != counts) {
            report += &format!("\n{name}: looked at {} lines of content, excepted {counts:?}", found.content);
        }
    }
    assert!(report.is_empty(), "{report}");
}

/// Every plan in Markdown with its name and the lines on which its golden says that sessions begin.
fn plans() -> Vec<(String, String, Vec<usize>)> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data");
    let mut goldens: Vec<(PathBuf, PathBuf)> = Vec::new();
    for path in entries(&data.join("plans")) {
        let name = path.to_string_lossy();
        goldens.extend(
            name.strip_suffix(".md").map(|stem| (PathBuf::from(format!("{stem}.expected.json")), path.clone())),
        );
    }
    for folder in entries(&data.join("kinds")) {
        let golden = folder.join("expected.json");
        let plan = json(&golden)["plan"].as_str().map(|plan| folder.join(plan)).expect("`plan` names the plan");
        goldens.push((golden, plan));
    }
    let mut found = Vec::new();
    for (golden, plan) in goldens {
        let golden = json(&golden);
        let sessions = golden["sessions"].as_array().expect("sessions");
        let in_files = sessions.iter().any(|session| session.get("path").is_some());
        if sessions.is_empty() || in_files || plan.extension().is_none_or(|ending| ending != "md") {
            continue;
        }
        let starts = sessions.iter().filter_map(|session| usize::try_from(session["line"].as_u64()?).ok()).collect();
        let name = plan.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        found.push((name, std::fs::read_to_string(&plan).expect("a plan"), starts));
    }
    assert!(found.len() > 10, "{} plans", found.len());
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut found: Vec<PathBuf> = entries.collect();
    found.sort();
    found
}

fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

/// One plan, taken apart by the splitter and by the reader.
struct Plan<'a> {
    text: &'a str,
    lines: Vec<Line<'a>>,
    before: Read,
}

/// What trying some lines has shown.
#[derive(Default)]
struct Found {
    content: usize,
    excepted: BTreeMap<Exception, usize>,
    /// By line, from 1.
    failures: BTreeMap<usize, String>,
}

impl Found {
    fn except(&mut self, exception: Exception) {
        *self.excepted.entry(exception).or_default() += 1;
    }

    fn add(&mut self, other: Self) {
        self.content += other.content;
        self.failures.extend(other.failures);
        for (exception, count) in other.excepted {
            *self.excepted.entry(exception).or_default() += count;
        }
    }
}

/// A part of a session that is not what it was.
#[derive(Debug, PartialEq)]
struct Change {
    session: usize,
    part: &'static str,
}

impl Plan<'_> {
    /// Each line is tried alone, so that several processors can; half of them, as other tests measure times.
    fn tries(&self) -> Found {
        let threads = std::thread::available_parallelism().map_or(1, |count| usize::from(count).div_ceil(2));
        let mut all = Found::default();
        std::thread::scope(|scope| {
            let share = |first: usize| (first..self.lines.len()).step_by(threads);
            let started: Vec<_> = (0..threads)
                .map(|first| {
                    scope.spawn(move || {
                        let mut found = Found::default();
                        share(first).for_each(|at| self.try_line(at, &mut found));
                        found
                    })
                })
                .collect();
            started.into_iter().for_each(|thread| all.add(thread.join().expect("no panic")));
        });
        all
    }

    fn try_line(&self, at: usize, found: &mut Found) {
        let line = &self.lines[at];
        let failures = match (line.class, line.owner) {
            (Class::Blank, _) => Vec::new(),
            (Class::Content, Some(owner)) => self.content(line, owner, found),
            (Class::Content, None) => self.outside(line),
            (Class::Structure(structure), owner) => self.structure(line, structure, owner),
        };
        if !failures.is_empty() {
            let owner = line.owner.map_or("nobody's", |owner| &self.before.sessions[owner].0);
            found.failures.insert(at + 1, format!("`{}` ({owner}): {}", line.text.trim(), failures.join("; ")));
        }
    }

    /// The document without this line, or with it twice.
    fn read(&self, line: &Line<'_>, times: usize) -> Read {
        let whole = &self.text[line.start..line.end];
        let ended = if whole.ends_with('\n') { whole.to_owned() } else { format!("{whole}\n") };
        let middle = if times == 2 { ended + whole } else { String::new() };
        parts::read(&format!("{}{middle}{}", &self.text[..line.start], &self.text[line.end..]))
    }

    fn changes(&self, after: &[(String, Parts)]) -> Vec<Change> {
        let mut changes = Vec::new();
        for (session, (id, before)) in self.before.sessions.iter().enumerate() {
            let Some((_, after)) = after.iter().find(|(other, _)| other == id) else {
                changes.push(Change { session, part: "session" });
                continue;
            };
            changes.extend(
                before.iter().filter(|(part, value)| after[*part] != **value).map(|(part, _)| Change { session, part }),
            );
        }
        if after.iter().any(|(id, _)| self.before.sessions.iter().all(|(other, _)| other != id)) {
            changes.push(Change { session: self.before.sessions.len(), part: "session" });
        }
        changes
    }

    fn content(&self, line: &Line<'_>, owner: usize, found: &mut Found) -> Vec<String> {
        found.content += 1;
        let excepted = self.exception(line, owner);
        let mut place = None;
        let mut failures = Vec::new();
        failures.extend(excepted.filter(|it| *it == Exception::None).and_then(|_| self.named_instead(line, owner)));
        for (times, what) in TRIES {
            let after = self.read(line, times);
            let mut changes = self.changes(&after.sessions);
            if changes.len() == 2 && self.only_names_differ(owner, &after.sessions) {
                changes.retain(|change| change.part != TEXT);
            }
            let of_owner = changes.iter().all(|change| change.session == owner);
            match (changes.as_slice(), excepted) {
                ([Change { part, .. }], _) if of_owner => {
                    place = place.or(Some(*part));
                    let wrong =
                        (*part == TEXT).then(|| self.text_differs(line, owner, &after.sessions, times)).flatten();
                    failures.extend(wrong.map(|wrong| format!("{what}: {wrong}")));
                }
                ([], Some(excepted)) => found.except(excepted),
                ([], None) if times == 2 && place.is_some_and(|place| may_be_said_twice(line, place)) => {
                    found.except(Exception::Twice);
                }
                (changes, Some(excepted)) if of_owner && excepted.may_be_two(changes) => found.except(excepted),
                (changes, _) => failures.push(format!("{what}: {}", self.named(changes))),
            }
        }
        failures
    }

    /// Where it names another session instead of `none`, one part changes.
    fn named_instead(&self, line: &Line<'_>, owner: usize) -> Option<String> {
        let word = ["none", "None"].into_iter().find(|word| line.text.contains(word))?;
        let (other, _) = self.before.sessions.iter().enumerate().find(|(at, _)| *at != owner)?.1;
        let changed = line.text.replacen(word, other, 1);
        let start = line.start + line.text.len();
        let text = format!("{}{changed}{}", &self.text[..line.start], &self.text[start..]);
        let changes = self.changes(&parts::read(&text).sessions);
        let right = matches!(changes.as_slice(), [change] if change.session == owner);
        (!right).then(|| format!("with {other} for {word}: {}", self.named(&changes)))
    }

    fn named(&self, changes: &[Change]) -> String {
        let name = |change: &Change| {
            let id = self.before.sessions.get(change.session).map_or("a new one", |(id, _)| id);
            format!("{id} {}", change.part)
        };
        match changes {
            [] => "nothing changes".to_owned(),
            changes => format!("changes {}", changes.iter().map(name).collect::<Vec<_>>().join(", ")),
        }
    }

    /// How often each line stands in the text now, less how often it stood there.
    fn text_changes<'s>(&'s self, owner: usize, after: &'s [(String, Parts)]) -> BTreeMap<&'s str, isize> {
        let (id, before) = &self.before.sessions[owner];
        let after = after.iter().find(|(other, _)| other == id).map(|(_, parts)| &parts[TEXT]);
        let mut counts: BTreeMap<&str, isize> = BTreeMap::new();
        strings(&before[TEXT]).for_each(|text| *counts.entry(text.trim()).or_default() -= 1);
        after.into_iter().flat_map(strings).for_each(|text| *counts.entry(text.trim()).or_default() += 1);
        counts.retain(|_, count| *count != 0);
        counts
    }

    /// A label or heading with nothing left below it is text.
    fn only_names_differ(&self, owner: usize, after: &[(String, Parts)]) -> bool {
        let is_name = |line: &Line<'_>| line.owner == Some(owner) && line.class == Class::Structure(Structure::Name);
        let names = |text: &&str| self.lines.iter().any(|line| is_name(line) && line.text.trim() == *text);
        let changes = self.text_changes(owner, after);
        !changes.is_empty() && changes.keys().all(names)
    }

    /// The lines of the text must differ by this line and no other.
    fn text_differs(&self, line: &Line<'_>, owner: usize, after: &[(String, Parts)], times: usize) -> Option<String> {
        let counts = self.text_changes(owner, after);
        let expected = if times == 0 { -1 } else { 1 };
        let is_it = |(text, count): (&&str, &isize)| *text == line.text.trim() && *count == expected;
        let right = counts.len() == 1 && counts.iter().all(is_it);
        (!right).then(|| format!("lines of the text change by {counts:?}"))
    }

    fn outside(&self, line: &Line<'_>) -> Vec<String> {
        let changes = TRIES.map(|(times, what)| (what, self.changes(&self.read(line, times).sessions)));
        let changes = changes.into_iter().filter(|(_, changes)| !changes.is_empty());
        changes.map(|(what, changes)| format!("{what}: {}", self.named(&changes))).collect()
    }

    fn structure(&self, line: &Line<'_>, structure: Structure, owner: Option<usize>) -> Vec<String> {
        // A heading that opens a session twice is a duplicate, which is another rule (R14).
        let tries = if structure == Structure::Unit { &TRIES[..1] } else { &TRIES[..] };
        let first = owner.unwrap_or(0);
        let allowed = |change: &Change| match structure {
            Structure::Unit => true,
            Structure::Bracket => change.session >= first,
            Structure::Name => change.session == first,
            Structure::Rule => line.depth > 0 && change.session == first,
        };
        let mut failures = Vec::new();
        for (times, what) in tries {
            let after = self.read(line, *times);
            let changes = self.changes(&after.sessions);
            if !changes.iter().all(allowed) {
                failures.push(format!("{what}: {}", self.named(&changes)));
            } else if self.drops_nothing(line, structure, &after)
                && let Some(lost) = self.lost(line, &after)
            {
                failures.push(format!("{what}: drops `{lost}`"));
            }
        }
        failures
    }

    /// Whether no rule says that text is dropped now.
    fn drops_nothing(&self, line: &Line<'_>, structure: Structure, after: &Read) -> bool {
        let Some(owner) = line.owner.filter(|_| structure != Structure::Unit) else { return false };
        // In a fence they are text; outside they end the session.
        let ends = |other: &&Line<'_>| other.owner == Some(owner) && other.depth > 0 && other.text.starts_with(['#']);
        let ended = structure == Structure::Bracket && self.lines.iter().any(|line| ends(&line));
        !ended && after.doubles == self.before.doubles
    }

    /// A line of some session's text that is in no part of any session any more. Lines that may have become structure
    /// there say nothing by themselves.
    fn lost(&self, gone: &Line<'_>, after: &Read) -> Option<String> {
        let mut all = after.warned.clone();
        after.sessions.iter().flat_map(|(_, parts)| parts.values()).for_each(|value| gather(value, &mut all));
        let all = all.replace("**", "");
        let structure = |text: &str| text.starts_with(['#', '`', '~', '-']) && !text.starts_with("- ") || is_tag(text);
        let texts = self.before.sessions.iter().flat_map(|(_, parts)| strings(&parts[TEXT])).map(str::trim);
        // Where a tag goes, other tags may be keys; and a line may be what the session waits for now.
        let tag = |text: &str| gone.text.trim().starts_with('<') && text.starts_with('<');
        let waits = |text: &str| tag(text) || self.before.sessions.iter().any(|(id, _)| text.contains(id.as_str()));
        let mut lost =
            texts.filter(|text| !structure(text) && !waits(text) && *text != gone.text.trim() && !says(&all, text));
        lost.next().map(str::to_owned)
    }

    /// Looked at by this test itself: the reader's word is not enough.
    fn exception(&self, line: &Line<'_>, owner: usize) -> Option<Exception> {
        let text = line.text.trim();
        let shell = line.fence.as_deref().is_some_and(|info| ["sh", "bash"].contains(&info));
        let (key, value) = key(text);
        if key.is_empty() && says_none(&value) || NONE_KEYS.contains(&key.as_str()) && says_none(&value) {
            return Some(Exception::None);
        }
        if shell && line.depth == 1 && line.section.starts_with("verification") && text.starts_with("# ") {
            return Some(Exception::Comment);
        }
        let beside = text.starts_with("git add ") || text.ends_with('"') || text == "---";
        if shell && line.depth == 1 && line.section == "git commit" && beside {
            return Some(Exception::Staging);
        }
        if line.section == "metadata" && self.says_again(owner, &key, &value) {
            return Some(Exception::Again);
        }
        if ["system_config", "skills", "dependencies"].contains(&line.section.as_str()) && text.starts_with('<') {
            return Some(Exception::Element);
        }
        (line.section == "prompt" && line.depth > 0).then_some(Exception::Fenced)
    }

    fn says_again(&self, owner: usize, key: &str, value: &str) -> bool {
        let (id, parts) = &self.before.sessions[owner];
        let metadata = &parts["metadata"];
        match key {
            "session_id" => value == id,
            "title" => metadata["title"] == value,
            "phase" => metadata["phase"] == value,
            _ => false,
        }
    }
}

/// A text or message holds the line twice then; not where a message is made of elements.
fn may_be_said_twice(line: &Line<'_>, part: &str) -> bool {
    part != TEXT && (part != "message" || line.text.trim().starts_with('<'))
}

const NONE_KEYS: [&str; 5] = ["dependencies", "depends_on", "parallel_with", "working_directory", "status"];

/// Key and value of `key: value`, `- **Key:** value` and `<key>value</key>`; no key where there is none.
fn key(text: &str) -> (String, String) {
    if let Some((key, rest)) = text.strip_prefix('<').and_then(|text| text.split_once('>')) {
        return (key.to_owned(), rest.split("</").next().unwrap_or_default().to_owned());
    }
    let plain = text.trim_start_matches("- ").replace("**", "");
    match plain.split_once(':') {
        Some((key, value)) => (key.trim().to_lowercase().replace([' ', '-'], "_"), value.trim().to_owned()),
        None => (String::new(), plain),
    }
}

fn says_none(value: &str) -> bool {
    let word = value.split([' ', '(']).next().unwrap_or_default().to_lowercase();
    ["none", "n/a", "any", "—", "pending"].contains(&word.as_str())
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Whether a line is there: as text, as an item or command without its marks, or as the value of its key, such as a
/// path.
fn says(all: &str, line: &str) -> bool {
    let plain = line.replace("**", "");
    let item = plain.trim_start_matches("- ").trim_start_matches("[ ] ").trim_start_matches("[x] ");
    let (_, value) = key(line);
    let code = value.split('`').nth(1).unwrap_or_default();
    [&plain, item, item.trim_matches('`'), &value, code].into_iter().any(|form| !form.is_empty() && all.contains(form))
}

fn is_tag(text: &str) -> bool {
    text.starts_with('<') && text.ends_with('>') && !text[1..].contains('<')
}

/// All texts in a value, each on its own line.
fn gather(value: &Value, to: &mut String) {
    match value {
        Value::String(text) => {
            to.push_str(text);
            to.push('\n');
        }
        Value::Array(list) => list.iter().for_each(|value| gather(value, to)),
        Value::Object(object) => object.values().for_each(|value| gather(value, to)),
        _ => {}
    }
}
