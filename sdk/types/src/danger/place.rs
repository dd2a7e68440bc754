//! Where a path of a command leads: into the project, out of it, or nobody can tell.

use super::Ground;
use super::word::{Part, Word};

/// A folder or file, by name only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the project or one of its repositories, relative to the root; empty is the root. Names may hold `*`.
    Inside(String),
    Outside(String),
    /// A temporary one that was made a moment ago.
    Scratch,
    /// As it is written.
    Unknown(String),
}

impl Place {
    pub(super) fn of_directory(ground: &Ground<'_>) -> Self {
        Self::inside(ground, ground.directory, ground.directory)
    }

    /// Where a word leads from here.
    pub(super) fn of(&self, ground: &Ground<'_>, word: &Word) -> Self {
        let shown = word.shown();
        // Where a part is not known behind a known one, it may be any name.
        let text = |part: &Part| match part {
            Part::Text { text, quoted: true } => text.replace(['*', '?', '['], "?"),
            Part::Text { text, quoted: false } => braces_as_star(text),
            _ => "*".to_owned(),
        };
        let mut parts = word.0.iter().skip_while(|part| matches!(part, Part::Text { text, .. } if text.is_empty()));
        let Some(first) = parts.next() else { return self.clone() };
        let behind: String = parts.map(text).collect();
        match first {
            Part::Home => Self::Outside(shown),
            Part::Scratch if !behind.contains("..") => Self::Scratch,
            Part::Here => self.below(ground, &format!(".{behind}"), &shown),
            Part::Text { .. } => self.below(ground, &(text(first) + &behind), &shown),
            Part::Found { root, .. } => self.of(ground, root),
            Part::Scratch | Part::Unknown { .. } => Self::Unknown(shown),
        }
    }

    fn below(&self, ground: &Ground<'_>, path: &str, shown: &str) -> Self {
        if path.starts_with('/') {
            let root = ground.root.trim_end_matches('/');
            let rest =
                path.strip_prefix(root).filter(|rest| !root.is_empty() && (rest.is_empty() || rest.starts_with('/')));
            return rest.map_or_else(|| Self::Outside(shown.to_owned()), |rest| Self::inside(ground, rest, shown));
        }
        match self {
            Self::Inside(here) => Self::inside(ground, &format!("{here}/{path}"), shown),
            Self::Scratch if path.split('/').any(|name| name == "..") => Self::Unknown(shown.to_owned()),
            Self::Scratch => Self::Scratch,
            Self::Outside(_) => Self::Outside(shown.to_owned()),
            Self::Unknown(_) => Self::Unknown(shown.to_owned()),
        }
    }

    /// A path from the root, where it does not leave the project.
    fn inside(ground: &Ground<'_>, path: &str, shown: &str) -> Self {
        let path = tidy(path);
        let holds = |folder: &String| {
            let folder = tidy(folder);
            path == folder || path.strip_prefix(&folder).is_some_and(|rest| rest.starts_with('/'))
        };
        let leaves = path == ".." || path.starts_with("../");
        if leaves && !ground.repositories.iter().any(holds) {
            return Self::Outside(shown.to_owned());
        }
        Self::Inside(path)
    }
}

/// Without `.`, empty names and `..` that can be resolved.
fn tidy(path: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." if names.last().is_some_and(|last| *last != "..") => _ = names.pop(),
            name => names.push(name),
        }
    }
    names.join("/")
}

/// `{a,b}` may be any of these names.
fn braces_as_star(text: &str) -> String {
    let Some((before, rest)) = text.split_once('{') else { return text.to_owned() };
    match rest.split_once('}') {
        Some((inside, behind)) if inside.contains(',') => format!("{before}*{}", braces_as_star(behind)),
        _ => text.to_owned(),
    }
}

/// Whether a name matches one with `*`, `?` and `[…]`, as a shell fills them in.
pub(super) fn name_matches(pattern: &str, name: &str) -> bool {
    let mut chars = pattern.chars();
    match chars.next() {
        None => name.is_empty(),
        Some('*') => {
            let rest = chars.as_str();
            name.char_indices().map(|(at, _)| at).chain([name.len()]).any(|at| name_matches(rest, &name[at..]))
        }
        Some(c) => {
            let mut left = name.chars();
            let Some(first) = left.next() else { return false };
            match c {
                '?' => name_matches(chars.as_str(), left.as_str()),
                '[' => match chars.as_str().split_once(']') {
                    // Which of them does not matter: one of them may be it.
                    Some((_, rest)) => name_matches(rest, left.as_str()),
                    None => first == '[' && name_matches(chars.as_str(), left.as_str()),
                },
                c => c == first && name_matches(chars.as_str(), left.as_str()),
            }
        }
    }
}
