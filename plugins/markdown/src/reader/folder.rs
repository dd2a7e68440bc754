//! A folder as a plan: one session per file, read in natural order. What a file holds is read by `document.rs`.

use std::cmp::Ordering;
use std::collections::HashMap;

use session_sdk::{PlanDocument, Result, Warning, files};

use super::document::{Order, Part, depend_on_order, no_session, read_file, unknown_parallel};
use super::heading::is_phase;
use super::session::Found;
use super::warning::{about, short, warning};

/// Reads every Markdown file below a folder whose names are known; none where there is no session.
///
/// # Errors
/// A folder that cannot be listed.
pub fn read(folder: &str, names: Vec<String>, order: Order) -> Result<Option<PlanDocument>> {
    let mut plan = Plan { order, ..Plan::default() };
    for path in paths(folder, names)? {
        plan.file(&path, folder);
    }
    Ok(plan.document())
}

/// Whether a name is that of a Markdown file.
pub fn is_markdown(path: &str) -> bool {
    let lower = path.to_lowercase();
    lower.ends_with(".md") || lower.ends_with(".markdown")
}

/// Paths of all Markdown files, `BE-2` before `BE-10`. Hidden folders and those of packages hold none of the plan's.
fn paths(folder: &str, names: Vec<String>) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![(folder.trim_end_matches('/').to_owned(), names)];
    while let Some((folder, names)) = open.pop() {
        for name in names {
            let path = if folder.is_empty() || folder == "." { name.clone() } else { format!("{folder}/{name}") };
            match path.strip_suffix('/') {
                Some(_) if name.starts_with('.') || name == "node_modules/" => {}
                Some(path) => open.push((path.to_owned(), files::list(path)?)),
                None if is_markdown(&name) => found.push(path),
                None => {}
            }
        }
    }
    found.sort_by(|a, b| natural(a, b));
    Ok(found)
}

/// Folder by folder, and numbers by what they count.
fn natural(a: &str, b: &str) -> Ordering {
    let mut pairs = a.split('/').zip(b.split('/')).map(|(a, b)| natural_name(a, b));
    pairs.find(|order| order.is_ne()).unwrap_or_else(|| a.matches('/').count().cmp(&b.matches('/').count()))
}

fn natural_name(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (Some(first), Some(second)) = (a.chars().next(), b.chars().next()) else { return a.len().cmp(&b.len()) };
        if first.is_ascii_digit() && second.is_ascii_digit() {
            let (left, right) = (digits(a), digits(b));
            let value = |text: &str| text.trim_start_matches('0').to_owned();
            let by_value = value(left).len().cmp(&value(right).len()).then_with(|| value(left).cmp(&value(right)));
            let order = by_value.then_with(|| left.len().cmp(&right.len()));
            if order.is_ne() {
                return order;
            }
            (a, b) = (&a[left.len()..], &b[right.len()..]);
        } else if first != second {
            return first.cmp(&second);
        } else {
            (a, b) = (&a[first.len_utf8()..], &b[second.len_utf8()..]);
        }
    }
}

fn digits(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())]
}

/// What the files read so far give.
#[derive(Default)]
struct Plan {
    project: Option<String>,
    found: Vec<Found>,
    warnings: Vec<Warning>,
    /// Path and line of each ID.
    places: HashMap<String, (String, usize)>,
    /// One of them is written in the documented dialect.
    dialect: bool,
    order: Order,
}

impl Plan {
    fn file(&mut self, path: &str, folder: &str) {
        let text = match files::read_text(path) {
            Ok(Some(text)) => text,
            // Gone since the folder was listed.
            Ok(None) => return,
            Err(error) => {
                let why = error.causes.first().map_or("it cannot be read", String::as_str);
                self.warn(path, warning(1, "unreadable", format!("{}: {why}; it is left out", error.message)));
                return;
            }
        };
        let name = path.rsplit('/').next().unwrap_or(path);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let below = path.strip_prefix(folder).unwrap_or(path);
        let phase = below.rsplit('/').skip(1).find(|name| is_phase(name));
        let part = read_file(&text, stem, phase);
        let index = matches!(stem.to_lowercase().as_str(), "readme" | "index" | "_index");
        self.part(path, index, part);
    }

    fn part(&mut self, path: &str, index: bool, part: Part) {
        if part.found.is_empty() && part.warnings.is_empty() && !index {
            self.warn(path, no_session());
            return;
        }
        // Of the files only the one for the whole folder speaks for it, but any is better than none.
        self.project = if index { part.project.or(self.project.take()) } else { self.project.take().or(part.project) };
        self.dialect |= part.dialect;
        let of_another = |id: &str| self.places.get(id).map(|(before, at)| format!("{before}:{at}"));
        let taken: HashMap<String, String> =
            part.found.iter().filter_map(|f| Some((f.session.id.clone(), of_another(&f.session.id)?))).collect();
        let about_taken = |warning: &Warning| warning.session.as_ref().is_some_and(|id| taken.contains_key(id));
        part.warnings.into_iter().filter(|w| !about_taken(w)).for_each(|warning| self.warn(path, warning));
        for mut found in part.found {
            let (id, line) = (found.session.id.clone(), found.session.line);
            if let Some(before) = taken.get(&id) {
                let message =
                    format!("{} stands in {before} already; the one in {path}:{line} is left out", short(&id));
                self.warn(path, about(&id, line, "duplicate-id", message));
                continue;
            }
            self.places.insert(id, (path.to_owned(), line));
            found.session.path = Some(path.to_owned());
            self.found.push(found);
        }
    }

    fn warn(&mut self, path: &str, warning: Warning) {
        self.warnings.push(Warning { path: Some(path.to_owned()), ..warning });
    }

    fn document(mut self) -> Option<PlanDocument> {
        if self.found.is_empty() {
            return None;
        }
        depend_on_order(&mut self.found, self.dialect, self.order);
        self.warnings.extend(unknown_parallel(&self.found));
        let at = |warning: &Warning| (warning.line, warning.column);
        self.warnings.sort_by(|a, b| {
            let paths = natural(a.path.as_deref().unwrap_or_default(), b.path.as_deref().unwrap_or_default());
            paths.then_with(|| at(a).cmp(&at(b)))
        });
        let sessions = self.found.into_iter().map(|found| found.session).collect();
        Some(PlanDocument { project: self.project, sessions, warnings: self.warnings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn natural_order() {
        let mut names =
            ["b/BE-10.md", "b/BE-2.md", "a/z.md", "b/BE-02.md", "README.md", "b/BE-2/x.md", "phase-10/a", "phase-9/a"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(
            names,
            ["README.md", "a/z.md", "b/BE-2/x.md", "b/BE-2.md", "b/BE-02.md", "b/BE-10.md", "phase-9/a", "phase-10/a"]
        );
    }
}
