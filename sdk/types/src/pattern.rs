//! Patterns of files as plans have them: which paths one matches, and whether two of them can match one same file. Host
//! and plugins read `files` by this alone, so that what `plan check` says of a pattern holds for a commit. No crate that
//! is kept well intersects; patterns of grants are the host's, and strict.
//!
//! ```
//! use session_types::pattern::Pattern;
//!
//! assert!(Pattern::parse("src/nib/ (new)").matches("src/nib/a/b.rs"));
//! assert!(!Pattern::parse("src/*.rs").matches("src/nib/a.rs"));
//! ```

mod segment;

use segment::{Segment, can_be_equal};

/// `{a,b}{c,d}…` doubles with each group.
const MOST_ALTERNATIVES: usize = 64;
/// Names without an extension that are files all the same.
const FILES: [&str; 14] = [
    "BUILD",
    "CHANGELOG",
    "CODEOWNERS",
    "Dockerfile",
    "Gemfile",
    "Jenkinsfile",
    "Justfile",
    "LICENSE",
    "Makefile",
    "Procfile",
    "README",
    "Rakefile",
    "WORKSPACE",
    "justfile",
];

/// `*` and `?` stay in one folder, `**` is any folders, `[abc]`, `[!a-z]`, `{a,b}`, `\` takes a character as it is.
/// `src/api/` is everything below it; so is `src/api`, since a plan does not say what is a folder: a name with a dot
/// (`main.rs`) or a known one (`Makefile`) is a file. Letters' case counts. Everything is a pattern: an unclosed bracket
/// is a bracket. A note behind it counts for nothing: `a.rs (new)`, `a.rs — as it is`, and what follows a pattern in
/// backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    routes: Vec<Route>,
}

/// One alternative of a pattern, from the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    segments: Vec<Segment>,
    /// What every path that it matches begins with.
    pub prefix: String,
    /// What every path that it matches ends with, from its end.
    pub tail: String,
}

impl Pattern {
    pub fn parse(text: &str) -> Self {
        let text = without_note(text);
        Self { routes: expand(text).iter().filter_map(|text| Route::parse(text)).collect() }
    }

    /// A path from where the pattern begins, with `/` between its names.
    pub fn matches(&self, path: &str) -> bool {
        let names = path.split('/').filter(|name| !matches!(*name, "" | "."));
        let names: Vec<Segment> = names.map(|name| Segment::Literal(name.to_owned())).collect();
        self.routes.iter().any(|route| route.matches(&names))
    }

    /// Its alternatives, for whoever compares many patterns.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// Some path is matched by both.
    pub fn meets(&self, other: &Self) -> bool {
        self.routes.iter().any(|a| other.routes.iter().any(|b| a.meets(b)))
    }
}

impl Route {
    fn parse(text: &str) -> Option<Self> {
        let names = text.trim().split('/').filter(|name| !matches!(*name, "" | "."));
        let mut segments: Vec<Segment> = names.map(Segment::parse).collect();
        let is_root = segments.is_empty();
        if is_root && !text.contains(['/', '.']) {
            return None;
        }
        match segments.last() {
            Some(Segment::Literal(name)) if !text.ends_with('/') => {
                if is_folder(name) {
                    segments.push(Segment::Folders);
                }
            }
            Some(Segment::Wild(_)) if !text.ends_with('/') => {}
            Some(Segment::Folders) => segments.push(Segment::name()),
            _ => segments.extend([Segment::Folders, Segment::name()]),
        }
        let tail = segments.last().map(Segment::tail).unwrap_or_default();
        Some(Self { prefix: prefix(&segments), tail, segments })
    }

    /// Some path is matched by both.
    pub fn meets(&self, other: &Self) -> bool {
        let agree = |a: &str, b: &str| a.starts_with(b) || b.starts_with(a);
        let folders = |segment: &Segment| *segment == Segment::Folders;
        agree(&self.prefix, &other.prefix)
            && (agree(&self.tail, &other.tail)
                && can_be_equal(&self.segments, &other.segments, folders, Segment::meets)
                || self.holds(other)
                || other.holds(self))
    }

    fn matches(&self, names: &[Segment]) -> bool {
        let folders = |segment: &Segment| *segment == Segment::Folders;
        can_be_equal(&self.segments, names, folders, Segment::meets) || self.is_above(names)
    }

    /// The other goes on below what looked like a file here (`v1.2`, `v1.2/api.rs`): then it is a folder.
    fn holds(&self, other: &Self) -> bool {
        self.is_above(&other.segments)
    }

    fn is_above(&self, names: &[Segment]) -> bool {
        self.is_literal() && names.len() > self.segments.len() && names.starts_with(&self.segments)
    }

    /// It matches one path alone.
    pub fn is_literal(&self) -> bool {
        self.segments.iter().all(|segment| matches!(segment, Segment::Literal(_)))
    }
}

/// What people write behind a pattern for one another. `app/(auth)/page.tsx` and `report (1).pdf` are names.
fn without_note(text: &str) -> &str {
    let text = text.trim();
    if let Some((quoted, _)) = text.strip_prefix('`').and_then(|text| text.split_once('`')) {
        return quoted.trim();
    }
    let noted = |text: &str| text.ends_with(')').then(|| text.rfind(" (")).flatten();
    let end = [" — ", " – "].into_iter().filter_map(|dash| text.find(dash)).min().or_else(|| noted(text));
    end.filter(|end| *end > 0).map_or(text, |end| text[..end].trim_end())
}

fn is_folder(name: &str) -> bool {
    !name.trim_start_matches('.').contains('.') && !FILES.contains(&name)
}

fn prefix(segments: &[Segment]) -> String {
    let mut prefix = String::new();
    for (index, segment) in segments.iter().enumerate() {
        prefix += &segment.prefix();
        if !matches!(segment, Segment::Literal(_)) {
            break;
        }
        // `api` with anything below may be `api` itself.
        if segments[index + 1..].iter().any(|after| *after != Segment::Folders) {
            prefix.push('/');
        }
    }
    prefix
}

/// Without `{a,b}`: the innermost group first, until none is left. A pattern that has too many alternatives becomes
/// everything below the folder where they begin: a warning too many is better than one that is missing.
fn expand(text: &str) -> Vec<String> {
    let (mut done, mut open) = (Vec::new(), vec![text.to_owned()]);
    while let Some(text) = open.pop() {
        let Some((start, end)) = group(&text) else {
            done.push(text);
            continue;
        };
        let (before, inner, after) = (&text[..start], &text[start + 1..end], &text[end + 1..]);
        let parts: Vec<&str> = inner.split(',').collect();
        if done.len() + open.len() + parts.len() > MOST_ALTERNATIVES {
            return vec![wider(&text)];
        }
        open.extend(parts.iter().map(|part| format!("{before}{part}{after}")));
    }
    done
}

fn wider(text: &str) -> String {
    let folder = text[..text.find(['{', '*', '?', '[', '\\']).unwrap_or(0)].rfind('/').map_or("", |at| &text[..=at]);
    format!("{folder}**")
}

/// The first group that holds no other, as places of its braces.
fn group(text: &str) -> Option<(usize, usize)> {
    let mut start = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => start = Some(at),
            '}' => {
                if let Some(start) = start {
                    return Some((start, at));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_share_a_path() {
        for (a, b) in [
            ("src/main.rs", "./src//main.rs"),
            ("/src/main.rs", "src/main.rs"),
            ("src/*.rs", "src/main.rs"),
            ("src/**", "src/a/b/c.rs"),
            ("src/**/*.rs", "src/main.rs"),
            ("**/*.rs", "src/a/*/main.*"),
            ("**/tests/**", "src/tests/a.rs"),
            ("a/**/b/**/c", "a/b/c"),
            ("a/**/b/**/c.x", "a/*/x/c.?"),
            ("src/api/", "src/api/a.rs"),
            ("src/api", "src/api/a.rs"),
            ("src/api", "src/api/**/*.rs"),
            ("src/api", "src/**/api"),
            ("src/api", "src/"),
            ("src", "**/*.rs"),
            (".github", ".github/workflows/ci.yml"),
            ("v1.2", "v1.2/api.rs"),
            ("src/{a,b}.rs", "src/b.rs"),
            ("{src,lib/x}/*.rs", "lib/x/y.rs"),
            ("{a,{b,c}d}.rs", "cd.rs"),
            ("a{,.b}.rs", "a.rs"),
            (".", "src/main.rs"),
            ("**", "x"),
            ("*", "Makefile"),
            ("{a", "{a"),
            ("\\{a,b\\}.rs", "?a,b[}].rs"),
            ("[ab]/x.rs", "{b,c}/*.rs"),
            ("Größe/漢*", "Größe/漢字.md"),
        ] {
            let (x, y) = (Pattern::parse(a), Pattern::parse(b));
            assert!(x.meets(&y) && y.meets(&x), "{a} {b}");
        }
    }

    #[test]
    fn paths_that_a_pattern_matches() {
        for (pattern, path) in [
            ("src/**", "src/a/b.rs"),
            ("src/nib/", "src/nib/a.rs"),
            ("src/nib", "src/nib/x/a.rs"),
            ("./a.rs", "a.rs"),
            ("{a,b}.rs", "b.rs"),
            ("**/*.rs", "a.rs"),
            ("v1.2", "v1.2/api.rs"),
            ("a.rs (new)", "a.rs"),
            ("src/api/ (all of it)", "src/api/x.rs"),
            ("`src/a.rs` new", "src/a.rs"),
            ("a.rs — only the imports", "a.rs"),
            ("app/(auth)/page.tsx", "app/(auth)/page.tsx"),
            ("report (1).pdf", "report (1).pdf"),
            ("[ab]*", "b.rs"),
            ("../backend/src/**", "../backend/src/a.rs"),
        ] {
            assert!(Pattern::parse(pattern).matches(path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("src/*.rs", "src/a/b.rs"),
            ("src/**", "src"),
            ("src/nib", "src/nibs/a.rs"),
            ("a.rs", "b/a.rs"),
            ("a.rs", "a.rs.bak"),
            ("A.rs", "a.rs"),
            ("", "a.rs"),
            ("src/?.rs", "src/*"),
            ("src/*.py", "src/**"),
        ] {
            assert!(!Pattern::parse(pattern).matches(path), "{pattern} {path}");
        }
    }

    #[test]
    fn patterns_that_share_none() {
        for (a, b) in [
            ("src/main.rs", "src/lib.rs"),
            ("src/*.rs", "src/a/main.rs"),
            ("src/*.rs", "src/*.py"),
            ("src/a*", "src/b*"),
            ("src/**", "src2/a.rs"),
            ("src/main.rs", "**/*.py"),
            ("Makefile", "**/*.py"),
            ("src/api", "src/apix"),
            ("src/api/", "src/api2/a.rs"),
            ("*.rs", "src/main.rs"),
            ("src/?.rs", "src/ab.rs"),
            ("src/{a,b}.rs", "src/c.rs"),
            ("a/**/b/*.rs", "a/c/*.rs"),
            ("a/*/c.x", "a/b/b/c.x"),
            ("src/Main.rs", "src/main.rs"),
            ("", "src/main.rs"),
            (" ", "**"),
        ] {
            let (x, y) = (Pattern::parse(a), Pattern::parse(b));
            assert!(!x.meets(&y) && !y.meets(&x), "{a} {b}");
        }
    }

    #[test]
    fn too_many_alternatives_are_everything_below() {
        let many = Pattern::parse(&format!("src/x{}.rs", "{a,b}".repeat(40)));
        assert!(many.meets(&Pattern::parse("src/y.py")) && !many.meets(&Pattern::parse("lib/y.py")));
    }

    #[test]
    fn prefixes_begin_every_path() {
        for (text, expected) in [
            ("src/main.rs", "src/main.rs"),
            ("src/api", "src/api"),
            ("src/api/", "src/api/"),
            ("src/**/x", "src/"),
            ("src/ma*.rs", "src/ma"),
            ("**/x", ""),
        ] {
            assert_eq!(Pattern::parse(text).routes[0].prefix, expected);
        }
    }
}
