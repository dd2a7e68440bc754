//! Sub-agents in every notation that people use for them: YAML, TOML and XML, bullets, headings with bullets below, and
//! tables.

use session_sdk::SubAgent;

use super::fence::Fence;
use super::heading::{heading, plain, unnumbered};
use super::keys::{bullet, name, pair};
use super::lines::Line;
use super::tag::{Tag, attribute, decoded, tag};
use super::value::{inline_list, scalar};

/// What is being read.
#[derive(Default)]
struct Reading {
    agents: Vec<SubAgent>,
    /// The list that bullets go to.
    list: String,
    /// Indent of the bullet or key that named the last agent.
    indent: usize,
    /// Columns of the table that the line stands in.
    columns: Vec<String>,
    /// An `<agent>` is open.
    element: bool,
}

/// Agents in the lines of a section; its own heading has this level.
pub fn agents(lines: &[Line<'_>], level: usize) -> Vec<SubAgent> {
    let mut reading = Reading::default();
    for line in lines.iter().filter(|line| !line.is_blank()) {
        if Fence::of(line).is_some() {
            continue;
        }
        match line.mark() {
            Some(b'<') => reading.tag(line),
            Some(b'|') => reading.row(line.text),
            Some(b'#') => reading.heading(line, level),
            _ => reading.text(line),
        }
    }
    reading.agents.retain(|agent| !matches!(agent.name.to_lowercase().as_str(), "" | "none" | "n/a"));
    reading.agents
}

impl Reading {
    fn open(&mut self, agent: SubAgent, indent: usize) {
        self.agents.push(agent);
        self.indent = indent;
        self.list = "responsibilities".into();
    }

    /// `#### SchemaDesigner (architect)`, deeper than the section itself: others only stand behind it.
    fn heading(&mut self, line: &Line<'_>, level: usize) {
        let Some(heading) = heading(line).filter(|heading| heading.level > level) else { return };
        let (name, role) = name_and_role(heading.text);
        self.open(SubAgent { name, role, ..SubAgent::default() }, 0);
    }

    fn text(&mut self, line: &Line<'_>) {
        let indent = line.text.len() - line.text.trim_start().len();
        let text = line.text.trim();
        let item = bullet(text).or_else(|| unnumbered(text));
        let pair = pair(item.unwrap_or(text)).or_else(|| assignment(text));
        match pair {
            Some((key, value)) if matches!(key.as_str(), "name" | "agent") => {
                self.open(SubAgent { name: scalar(value).to_owned(), ..SubAgent::default() }, indent);
            }
            Some((key, value)) if is_field(&key) => self.field(&key, value),
            Some((_, "")) if item.is_none() && indent > 0 && (self.agents.is_empty() || indent <= self.indent) => {
                let name = text.trim_end_matches(':').trim_matches(['"', '\'']).to_owned();
                self.open(SubAgent { name, ..SubAgent::default() }, indent);
            }
            _ => {
                if let Some(item) = item {
                    self.item(item, indent);
                }
            }
        }
    }

    /// A bullet: an agent of its own, or something about the one above where it is deeper or below its heading.
    fn item(&mut self, item: &str, indent: usize) {
        let named = described(item);
        match named {
            Some((name, role, what)) if self.agents.is_empty() || indent <= self.indent && self.by_bullet() => {
                let responsibilities = Some(what.to_owned()).filter(|what| !what.is_empty()).into_iter().collect();
                self.open(SubAgent { name, role, responsibilities, ..SubAgent::default() }, indent);
                self.columns = vec!["bullet".into()];
            }
            _ => self.add(scalar(item).to_owned()),
        }
    }

    /// Whether agents are bullets here, and so the next bullet of the same depth is the next agent.
    fn by_bullet(&self) -> bool {
        self.columns.first().is_some_and(|first| first == "bullet")
    }

    fn field(&mut self, key: &str, value: &str) {
        let value = scalar(value);
        let Some(agent) = self.agents.last_mut() else { return };
        match key {
            "role" | "purpose" => agent.role = Some(value.to_owned()),
            "model" => agent.model = Some(value.to_owned()),
            _ if value.is_empty() => self.list = key.to_owned(),
            _ => inline_list(value).for_each(|item| put(agent, key, item.to_owned())),
        }
    }

    fn add(&mut self, item: String) {
        if let Some(agent) = self.agents.last_mut() {
            put(agent, &self.list, item);
        }
    }

    /// The first row of a table names the columns; without such a row they are agent, role, files.
    fn row(&mut self, text: &str) {
        let cells: Vec<&str> = text.trim().trim_matches('|').split('|').map(str::trim).collect();
        let names: Vec<String> = cells.iter().filter_map(|cell| name(cell.trim_matches('*'))).collect();
        if names.first().is_some_and(|first| is_name(first)) {
            self.columns = names;
            return;
        }
        if cells.iter().all(|cell| cell.chars().all(|c| matches!(c, '-' | ':' | ' '))) {
            return;
        }
        if self.columns.is_empty() {
            self.columns = ["agent", "role", "files"].map(String::from).to_vec();
        }
        self.open(SubAgent { name: bare(cells[0]), ..SubAgent::default() }, 0);
        for (column, cell) in self.columns.clone().iter().zip(&cells).skip(1).filter(|(_, cell)| !cell.is_empty()) {
            let cell = cell.replace('`', "");
            self.field(if column == "responsibility" { "responsibilities" } else { column }, &cell);
        }
    }

    /// `<agent name="…" role="…">`, with `<role>` and `<files>` inside it.
    fn tag(&mut self, line: &Line<'_>) {
        let Some(tag) = tag(line.text) else { return };
        match (tag.name, tag.closing) {
            ("agent" | "subagent" | "sub_agent", true) => self.element = false,
            ("agent" | "subagent" | "sub_agent", false) => self.element(&tag),
            ("name", false) if self.element => {
                if let Some(agent) = self.agents.last_mut() {
                    agent.name = inner(&tag);
                }
            }
            (key, false) if self.element => {
                let key = plural(key);
                self.list = key.to_owned();
                let text = inner(&tag);
                if !text.is_empty() {
                    self.field(key, &text);
                }
            }
            _ => {}
        }
    }

    fn element(&mut self, tag: &Tag<'_>) {
        let of = |key| attribute(tag.attributes, key).map(decoded);
        let (named, role, model) = (of("name").or_else(|| of("id")), of("role"), of("model"));
        let text = inner(tag);
        let short = named.is_none() && !text.is_empty();
        let name = named.unwrap_or_else(|| text.clone());
        self.open(SubAgent { name, role, model, ..SubAgent::default() }, 0);
        if !short && !text.is_empty() {
            self.add(text);
        }
        self.element = !tag.attributes.ends_with('/');
    }
}

/// The text of an element that ends on its line, or what of it stands there.
fn inner(tag: &Tag<'_>) -> String {
    decoded(tag.rest.split("</").next().unwrap_or_default().trim())
}

fn plural(key: &str) -> &str {
    match key {
        "file" => "files",
        "responsibility" | "task" => "responsibilities",
        "constraint" => "constraints",
        key => key,
    }
}

fn put(agent: &mut SubAgent, list: &str, item: String) {
    match list {
        "responsibilities" | "tasks" => agent.responsibilities.push(item),
        "files" | "scope" => agent.files.push(item),
        "constraints" => agent.constraints.push(item),
        _ => {}
    }
}

fn is_field(key: &str) -> bool {
    let lists = ["responsibilities", "tasks", "files", "scope", "constraints"];
    matches!(key, "role" | "purpose" | "model" | "sub_agents" | "subagents" | "agents") || lists.contains(&key)
}

fn is_name(column: &str) -> bool {
    matches!(column, "agent" | "name" | "sub_agent" | "subagent")
}

/// `name = "A"`.
fn assignment(text: &str) -> Option<(String, &str)> {
    let (key, value) = text.split_once('=')?;
    Some((name(key)?, value.trim()))
}

/// `**Name** (role): what it does`, `**Name** — what it does`, `Name: what it does`.
fn described(item: &str) -> Option<(String, Option<String>, &str)> {
    let marks = [": ", "： ", " — ", " – ", " - "];
    let bold = item.strip_prefix("**").and_then(|rest| rest.split_once("**"));
    let (head, what) = match bold {
        Some((_, rest)) => {
            let note = rest.trim_start().starts_with('(').then(|| rest.find(')')).flatten().map_or(0, |at| at + 1);
            (&item[2..item.len() - rest.len() + note], &rest[note..])
        }
        None => {
            let at = marks.iter().filter_map(|mark| item.find(mark)).min();
            (&item[..at.unwrap_or(item.len())], &item[at.unwrap_or(item.len())..])
        }
    };
    let (name, role) = name_and_role(&head.replace("**", ""));
    let words = name.split_whitespace().count();
    let what = what.trim().trim_start_matches([':', '：', '—', '–', '-']).trim();
    (1..=4).contains(&words).then_some((name, role, what))
}

/// `Agent 1: SchemaDesigner (architect)`.
fn name_and_role(text: &str) -> (String, Option<String>) {
    let text = plain(text.trim()).trim_end_matches(':');
    let (text, role) = match text.rsplit_once('(') {
        Some((text, role)) if role.ends_with(')') => (text.trim(), Some(role.trim_end_matches(')').trim().to_owned())),
        _ => (text, None),
    };
    let counted = text.split_once(':').filter(|(head, _)| {
        let head = head.to_lowercase();
        ["agent ", "sub-agent ", "subagent "].iter().any(|word| head.starts_with(word)) && head.len() < 14
    });
    (bare(counted.map_or(text, |(_, name)| name)), role)
}

fn bare(text: &str) -> String {
    text.replace("**", "").trim().trim_matches(['`', '*', '_', ':']).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    fn read(text: &str) -> Vec<SubAgent> {
        agents(&lines(text), 3)
    }

    #[test]
    fn every_notation_names_the_same_agents() {
        for text in [
            "sub_agents:\n  - name: Schema\n    role: tables\n    files:\n      - a/**\n  - name: Api\n    files: [b]\n",
            "subagents:\n- name: Schema\n  role: tables\n  files: [a/**]\n- name: \"Api\"\n  files:\n  - b\n",
            "- name: Schema\n  role: tables\n  files: a/**\n- name: Api\n  files: b\n",
            "agents:\n  Schema:\n    role: tables\n    files: [a/**]\n  Api:\n    files: [b]\n",
            "[[sub_agents]]\nname = \"Schema\"\nrole = \"tables\"\nfiles = [\"a/**\"]\n[[sub_agents]]\nname = \"Api\"\nfiles = [\"b\"]\n",
            "- **Schema** (tables): decides\n  - Files: a/**\n- **Api**: answers\n  - Files: b\n",
            "- Schema (tables): decides\n  - files: a/**\n- Api: answers\n  - files: b\n",
            "1. **Schema (tables)** — decides\n   - **Files:** a/**\n2. **Api** — answers\n   - **Files:** b\n",
            "#### Schema (tables)\n- decides\n- **Files:** `a/**`\n\n#### Agent 2: Api\n- Files: b\n",
            "| Agent | Role | Files |\n|---|---|---|\n| **Schema** | tables | `a/**` |\n| Api | | b |\n",
            "<agent name=\"Schema\" role=\"tables\">\n<files>a/**</files>\n</agent>\n<agent>\n<name>Api</name>\n<files>\n<file>b</file>\n</files>\n</agent>\n",
        ] {
            let found = read(text);
            let names: Vec<&str> = found.iter().map(|agent| agent.name.as_str()).collect();
            assert_eq!(names, ["Schema", "Api"], "{text}");
            assert_eq!(found[0].role.as_deref(), Some("tables"), "{text}");
            assert_eq!((found[0].files.join(" "), found[1].files.join(" ")), ("a/**".into(), "b".into()), "{text}");
        }
    }

    #[test]
    fn responsibilities_are_what_stands_below() {
        let found = read("#### Schema\n- one\n- two: three\n\n#### Api\nprose\n- Responsibilities:\n  - four\n");
        assert_eq!(found[0].responsibilities, ["one", "two: three"]);
        assert_eq!(found[1].responsibilities, ["four"]);
        let found = read("- Schema: one\n- Api - two\n");
        assert_eq!(found[1].responsibilities, ["two"]);
        assert_eq!(read("- **Schema**\n  - role: r: x\n")[0].role.as_deref(), Some("r: x"));
    }

    #[test]
    fn words_for_none_are_no_agents() {
        assert_eq!(read("None\n").len() + read("- none\n").len() + read("N/A - one session\n").len(), 0);
        assert_eq!(read("### Other section\n- x\n").len(), 1, "a bullet that nobody named is an agent of one word");
    }
}
