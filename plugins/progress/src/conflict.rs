//! Files with conflict markers, as git leaves them: where the first stands, and the versions that it was made of. How
//! versions are brought together is `merge.rs`.

use crate::table::{fences, split};

/// Which version a line belongs to.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    All,
    Ours,
    Base,
    Theirs,
}

/// Line (from 1) of the first conflict outside fences: three markers in their order.
pub fn first_marker(text: &str) -> Option<usize> {
    parts(&split(text)).0.first().map(|region| region + 1)
}

/// Takes a file with conflict markers apart into base, ours and theirs; no base where one of the conflicts shows none.
pub fn split_conflict(text: &str) -> Option<(Option<String>, String, String)> {
    let lines = split(text);
    let (starts, parts) = parts(&lines);
    if starts.is_empty() {
        return None;
    }
    let version = |part: Part| -> String {
        let held = lines.iter().zip(&parts).filter(|(_, of)| **of == Some(part) || **of == Some(Part::All));
        held.map(|(line, _)| line.as_str()).collect()
    };
    let has_base = |start: &usize| {
        let end = (*start..lines.len()).find(|i| lines[*i].starts_with(">>>>>>> ")).unwrap_or(lines.len());
        lines[*start..end].iter().any(|line| is_base(line))
    };
    let base = starts.iter().all(has_base).then(|| version(Part::Base));
    Some((base, version(Part::Ours), version(Part::Theirs)))
}

/// First line of each conflict, and the version of each line; none for a marker.
fn parts(lines: &[String]) -> (Vec<usize>, Vec<Option<Part>>) {
    let (mut starts, mut parts) = (Vec::new(), vec![Some(Part::All); lines.len()]);
    let fenced = fences(lines);
    let mut i = 0;
    while i < lines.len() {
        // Only the first marker must stand outside fences: a side may open one that the other side closes.
        match (!fenced[i] && lines[i].starts_with("<<<<<<< ")).then(|| region(&lines[i..])).flatten() {
            Some(found) => {
                starts.push(i);
                let end = i + found.len();
                parts.splice(i..end, found);
                i = end;
            }
            None => i += 1,
        }
    }
    (starts, parts)
}

/// The conflict that the first line opens; none where the other markers are missing.
fn region(lines: &[String]) -> Option<Vec<Option<Part>>> {
    let mut part = Part::Ours;
    let mut parts = vec![None];
    for line in &lines[1..] {
        let next = match part {
            Part::Ours if is_base(line) => Some(Part::Base),
            Part::Ours | Part::Base if line.trim_end() == "=======" => Some(Part::Theirs),
            Part::Theirs if line.starts_with(">>>>>>> ") => {
                parts.push(None);
                return Some(parts);
            }
            _ if line.starts_with("<<<<<<< ") => return None,
            _ => None,
        };
        parts.push(next.is_none().then_some(part));
        part = next.unwrap_or(part);
    }
    None
}

fn is_base(line: &str) -> bool {
    line.starts_with("||||||| ") || line.trim_end() == "|||||||"
}
