//! Keys of a session, and what it waits for.

use std::collections::HashSet;
use std::ops::Range;

use session_sdk::Warning;

use super::agents::agents;
use super::body::fence_or_all;
use super::column::line_of;
use super::depends::{begins, mentions, names};
use super::fence::{Fence, closing, outside_fences};
use super::heading::heading;
use super::key_names::{Field, is_blocked, suggestion, waits};
use super::keys::{Key, is_prose, is_wrapper, item, keys, name, unlabelled};
use super::lines::Line;
use super::paths::paths;
use super::places::Place;
use super::session::{Reading, first_number};
use super::warning::{about, short};

impl Reading<'_, '_> {
    /// Keys of the first fence with data, and of the other ones and the lines around it what that has not: prose there
    /// is for people. But what a session waits for is read wherever it stands.
    pub(super) fn metadata(&mut self, range: Range<usize>, head: bool) {
        let lines = self.unread(&range);
        let fences = data_fences(&lines);
        let fences: Vec<_> =
            fences.into_iter().filter(|(fence, inside)| !head || is_metadata(fence, &lines[inside.clone()])).collect();
        let Some((fence, inside)) = fences.first() else {
            let toml = lines.iter().find(|line| !line.is_blank()).is_some_and(|line| line.text.trim_end() == "+++");
            let lines = if head { outside_fences(&lines) } else { lines };
            self.block(&lines, toml);
            return;
        };
        let inner = &lines[inside.clone()];
        let mut known: Vec<Field> = keys(inner, fence.is_toml()).iter().filter_map(|key| key.field).collect();
        self.put_fence(&lines, inside);
        self.block(inner, fence.is_toml());
        for (fence, inside) in &fences[1..] {
            self.put_fence(&lines, inside);
            self.missing(keys(&lines[inside.clone()], fence.is_toml()), &mut known);
        }
        self.missing(keys(&outside_fences(&lines), false), &mut known);
    }

    /// The marks of a fence of metadata: of what it holds the keys of a session are read, and the rest is text.
    fn put_fence(&mut self, lines: &[Line<'_>], inside: &Range<usize>) {
        let marks = [inside.start.checked_sub(1), Some(inside.end)];
        marks.into_iter().flatten().filter_map(|at| lines.get(at)).for_each(|line| self.put_line(line.number));
    }

    fn missing(&mut self, mut keys: Vec<Key<'_>>, known: &mut Vec<Field>) {
        let waits = |key: &Key<'_>| key.values.iter().any(|(value, _)| names(value));
        keys.retain(|key| {
            key.field.is_some_and(|field| !known.contains(&field) || field == Field::Dependencies && waits(key))
        });
        known.extend(keys.iter().filter_map(|key| key.field));
        self.keys(&keys);
    }

    pub(super) fn block(&mut self, lines: &[Line<'_>], toml: bool) {
        let found = keys(lines, toml);
        if let Some(at) = found.iter().position(|key| key.field == Some(Field::SubAgents)) {
            let (from, to) = (found[at].line, found.get(at + 1).map_or(usize::MAX, |key| key.line));
            let inside = lines.iter().filter(|line| (from..to).contains(&line.number));
            // What is neither a list nor deeper is none of theirs.
            let belongs = |line: &&Line<'_>| {
                line.number == from || line.is_blank() || line.text.starts_with([' ', '\t', '-', '[', '>', '|'])
            };
            let inside = inside.copied().take_while(|line| belongs(&line)).collect::<Vec<_>>();
            self.found.session.metadata.subagents = agents(&inside, 0);
            if !self.frame.ours {
                inside.iter().for_each(|line| self.put_line(line.number));
            }
        }
        self.keys(&found);
    }

    pub(super) fn keys(&mut self, keys: &[Key<'_>]) {
        for key in keys {
            match key.field {
                Some(field) => self.key(field, key),
                None => self.mistyped(key),
            }
            if !self.frame.ours && !self.body.is_empty() {
                self.place(key);
            }
        }
    }

    /// A key of a session is read; any other is text, even in a fence.
    fn place(&mut self, key: &Key<'_>) {
        // Prerequisites are for people, too.
        let whole = |value: &str| value.split([',', ';']).all(|item| names(item.trim()));
        let read = match key.field {
            Some(Field::Prerequisites) => key.values.iter().all(|(value, _)| whole(value)),
            Some(_) => true,
            None => is_wrapper(key),
        };
        let place = if read { Place::Read } else { Place::Text };
        for line in key.values.iter().map(|(_, line)| *line).chain([key.line]) {
            let at = self.index(line);
            if key.field == Some(Field::Dependencies) && is_prose(self.body[at].text) {
                continue;
            }
            self.places.put(at..at + 1, place);
        }
    }

    fn key(&mut self, field: Field, key: &Key<'_>) {
        let session = &mut self.found.session;
        let meta = &mut session.metadata;
        match field {
            Field::Title if session.title.is_empty() => session.title = key.text().unwrap_or_default(),
            Field::Project => self.found.project = self.found.project.take().or_else(|| key.text()),
            Field::Phase => meta.phase = key.text(),
            Field::Week => meta.week = key.text().and_then(|text| first_number(&text)),
            Field::Track => meta.track = key.text(),
            Field::Repository => meta.repository = key.text(),
            Field::WorkingDirectory => meta.working_directory = key.text().filter(|path| !is_nowhere(path)),
            Field::Execution => meta.execution = key.text(),
            Field::Size => meta.size = key.text(),
            Field::EstimatedTime => meta.estimated_time = key.text(),
            Field::Files if self.frame.ours => meta.files = key.list(),
            Field::Files => meta.files.extend(key.list().iter().flat_map(|item| listed_paths(item))),
            Field::Skills => meta.skills = key.list(),
            Field::Model => meta.model = key.text(),
            Field::Thinking => meta.thinking = key.text().map(|text| text.to_lowercase()),
            Field::Ultrathink if is_yes(key) => meta.thinking = Some("ultrathink".into()),
            // Said on purpose, so neither a mark nor a rule may say otherwise; a mode that is named says more.
            Field::Ultrathink if meta.thinking.is_none() && is_no(key) => meta.thinking = Some("standard".into()),
            Field::MaxThinkingTokens => meta.max_thinking_tokens = key.text(),
            Field::Temperature => meta.temperature = key.text(),
            Field::Dependencies | Field::Prerequisites => {
                self.found.names_dependencies |= field == Field::Dependencies;
                key.values.iter().for_each(|(value, line)| self.depends_on(field, value, *line));
            }
            Field::ParallelWith => key.values.iter().for_each(|(value, line)| self.found.parallel.read(value, *line)),
            Field::Status => self.status = self.status.take().or_else(|| key.text()),
            Field::SessionId | Field::Title | Field::SubAgents | Field::Ultrathink => {}
        }
    }

    /// Prerequisites are not only sessions: those that begin with none are for people.
    pub(super) fn depends_on(&mut self, field: Field, value: &str, line: usize) {
        if field == Field::Dependencies {
            self.depends.read(value, line);
            return;
        }
        let items = value.split([',', ';']).filter(|item| begins(item.trim()) || mentions(item));
        for item in items {
            self.found.names_dependencies |= names(item.trim());
            self.depends.read(item, line);
        }
    }

    fn mistyped(&mut self, key: &Key<'_>) {
        let waits = || waits(&key.name) && key.values.iter().any(|(value, _)| names(value));
        if let Some(meant) = waits().then_some("depends_on").or_else(|| suggestion(&key.name)) {
            let message = format!("`{}` is no known key; was `{meant}` meant?", short(&key.name));
            let column = line_of(self.lines, key.line).map_or(1, |line| self.columns.of(line, &key.name));
            let found = about(self.frame.id, key.line, "unknown-key", message);
            self.warnings.push(Warning { column, ..found });
        }
    }

    /// A section of its own: keys, bullets, a table, or text that begins as dependencies do. Below a deeper heading only
    /// items of a list count, and none that wait for this session.
    pub(super) fn dependencies(&mut self, range: Range<usize>, field: Field) {
        let all = self.unread(&range);
        let deeper = |line: &Line<'_>| heading(line).is_some_and(|heading| heading.strict);
        let first = outside_fences(&all).into_iter().find(deeper).map(|line| line.number);
        let at = first.and_then(|number| all.iter().position(|line| line.number == number)).unwrap_or(all.len());
        let (above, below) = all.split_at(at);
        let lines = fence_or_all(above);
        if lines.len() < above.len() {
            // Prose around a fence is for people, but for what names sessions.
            lines.iter().for_each(|line| self.put_line(line.number));
            let fence: Vec<usize> =
                above.iter().filter(|line| Fence::of(line).is_some()).map(|line| line.number).collect();
            fence.into_iter().for_each(|line| self.put_line(line));
            self.listed(&outside_fences(above), field);
        }
        self.dependency_lines(lines, field);
        let mut waits = true;
        for line in outside_fences(below) {
            match heading(&line).filter(|heading| heading.strict) {
                Some(heading) => waits = !speaks_of_later(heading.text),
                None if waits && item(line.text.trim()).is_some() => self.listed(&[line], field),
                None => {}
            }
        }
    }

    /// Lines that begin with an ID, in a list or not.
    fn listed(&mut self, lines: &[Line<'_>], field: Field) {
        for line in lines.iter().filter(|line| names(item(line.text.trim()).unwrap_or(line.text))) {
            self.depends_on(field, item(line.text.trim()).unwrap_or(line.text), line.number);
            self.put_line(line.number);
        }
    }

    fn dependency_lines(&mut self, lines: &[Line<'_>], field: Field) {
        let mut found = keys(lines, false);
        // `BE-01: Title` is a dependency, not a key, and so is a row of a table; `**Task:** BE-01` is one, too.
        let rows: HashSet<usize> =
            lines.iter().filter(|line| line.mark() == Some(b'|')).map(|line| line.number).collect();
        let is_id = |key: &Key<'_>| begins(&key.name.to_uppercase().replace('_', "-"));
        let labels = |key: &Key<'_>| !is_blocked(&key.name) && key.values.iter().any(|(value, _)| names(value));
        found.retain(|key| key.field.is_some() || !is_id(key) && !rows.contains(&key.line) && !labels(key));
        let of_key = |key: &Key<'_>| key.values.iter().map(|(_, line)| *line).chain([key.line]).collect::<Vec<_>>();
        let taken: HashSet<usize> = found.iter().flat_map(of_key).collect();
        self.keys(&found);
        let mut ruled = false;
        for line in lines.iter().filter(|line| !line.is_blank() && !taken.contains(&line.number)) {
            let text = line.text.trim();
            let Some(row) = text.strip_prefix('|') else {
                ruled = false;
                if !text.starts_with(['#', '<']) && !text.trim_matches('-').is_empty() {
                    self.dependency_line(text, field, line.number);
                }
                continue;
            };
            let mut cells = row.split('|').map(str::trim).filter(|cell| !cell.is_empty());
            self.put_line(line.number);
            if row.trim_matches(['|', '-', ':', ' ']).is_empty() {
                ruled = true;
            } else if let Some(cell) = cells.clone().find(|cell| names(cell)).or_else(|| cells.next().filter(|_| ruled))
            {
                self.depends_on(field, cell, line.number);
            }
        }
    }

    /// An item, or text. Prose that only speaks of sessions is text, and a warning: `After this, BE-03 can begin.`
    fn dependency_line(&mut self, text: &str, field: Field, line: usize) {
        let value = item(text).unwrap_or(text);
        let blocked = value.split_once(':').and_then(|(key, _)| name(key)).is_some_and(|name| is_blocked(&name));
        if blocked {
            // It says who waits for this session, and is text.
        } else if field == Field::Prerequisites {
            self.depends_on(field, value, line);
            if value.split([',', ';']).all(|item| names(item.trim())) {
                self.put_line(line);
            }
        } else if is_sentence(text) {
            self.depends.reject(text, line);
        } else if item(text).is_some()
            || begins(value)
            || begins(value.trim_start_matches(['*', '_']))
            || names(unlabelled(value))
        {
            self.depends_on(field, unlabelled(value), line);
            self.put_line(line);
        } else {
            self.depends.reject(text, line);
        }
    }
}

/// `BE-03 and BE-04 can begin after this one.`
fn is_sentence(text: &str) -> bool {
    let text = text.trim_end_matches(['*', '_']);
    item(text).is_none() && text.ends_with('.') && text.split_whitespace().count() > 5
}

/// A heading about what comes after the session.
fn speaks_of_later(title: &str) -> bool {
    let title = title.to_lowercase();
    ["block", "enable", "after", "later", "next", "parallel", "follow", "needed by", "required by", "used by"]
        .iter()
        .any(|word| title.contains(word) && !title.contains("blocked by"))
}

/// A path of a list of files, or a pattern that is written without any of the marks of a path.
fn listed_paths(item: &str) -> Vec<String> {
    let found = paths(item);
    let bare = found.is_empty() && !item.contains(char::is_whitespace) && !item.is_empty();
    if bare { vec![item.to_owned()] } else { found }
}

/// A working directory that is none.
fn is_nowhere(path: &str) -> bool {
    let path = path.trim().to_lowercase();
    matches!(path.as_str(), "n/a" | "na" | "none" | "—" | "-" | "any") || path.starts_with("any ")
}

/// The fences that may hold keys, each with its lines: those with a language for data before those without, which may
/// as well show a map of the sessions.
fn data_fences<'a>(lines: &[Line<'a>]) -> Vec<(Fence<'a>, Range<usize>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = lines[at..].iter().position(|line| Fence::of(line).is_some()) {
        let open = at + open;
        let end = closing(&lines[open..]).map_or(lines.len(), |end| open + end);
        let fence = Fence::of(&lines[open]).filter(Fence::is_data);
        found.extend(fence.map(|fence| (fence, open + 1..end)));
        at = (end + 1).min(lines.len());
    }
    found.sort_by_key(|(fence, _)| fence.is_prose());
    found
}

/// Right below a heading a fence is metadata where it begins with a key, else it is text.
fn is_metadata(fence: &Fence<'_>, inside: &[Line<'_>]) -> bool {
    let first = || keys(inside, fence.is_toml()).first().is_some_and(|key| key.field.is_some());
    let begins =
        || inside.iter().find(|line| !line.is_blank()).is_some_and(|line| !keys(&[*line], fence.is_toml()).is_empty());
    if fence.is_prose() {
        begins() && first()
    } else {
        keys(inside, fence.is_toml()).iter().any(|key| key.field.is_some())
    }
}

fn is_yes(key: &Key<'_>) -> bool {
    key.text().is_some_and(|text| matches!(text.to_lowercase().as_str(), "true" | "yes" | "on"))
}

fn is_no(key: &Key<'_>) -> bool {
    key.text().is_some_and(|text| matches!(text.to_lowercase().as_str(), "false" | "no" | "off"))
}
