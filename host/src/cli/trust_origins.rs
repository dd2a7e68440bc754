//! Whence what is on the trust screen comes: for each item the commit that brought the newest of its lines. Files are read
//! once, and each history is walked once for all items of a file.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::{Duration, Instant};

use session_core::digest::digest;
use session_core::quote::{quote, without_middle};
use session_engine::project::{MANIFEST, ManifestLines, key_parts};
use session_repository::{Brought, Origin, file_origin, line_origins};
use session_system::Files;
use session_workflow::App;

use super::trust_screen::Item;

/// Where an item stands in the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Lines of a file, and texts whose nearest line above them counts too.
    Lines { path: String, lines: Vec<usize>, above: Vec<String> },
    /// A setting of plugins.toml.
    Setting { key: String },
    /// One of a list in plugins.toml.
    Element { key: String, text: String },
    /// The file of a plugin, by the key of its digest.
    PluginFile { key: String, digest: String },
    /// What is gone from a file: its newest change says when, at the latest.
    Gone { path: String },
}

/// What stands above items that came together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) whole: String,
    /// Where its commit was named in whole before.
    pub(super) again: String,
    pub(super) commit: Option<String>,
}

/// Time that the histories of all files may take together: somebody waits for the screen.
const TIME: Duration = Duration::from_secs(3);

pub(super) struct Origins<'a> {
    app: &'a App<'a>,
    until: Instant,
    files: HashMap<String, Option<Vec<u8>>>,
}

impl<'a> Origins<'a> {
    pub(super) fn of(app: &'a App<'a>) -> Self {
        Self { app, until: Instant::now() + TIME, files: HashMap::new() }
    }

    /// A label for each item; none where nothing is known, such as outside git.
    pub(super) fn labels(&mut self, items: &[Item]) -> Vec<Option<Label>> {
        let mut labels = vec![None; items.len()];
        let mut wanted: BTreeMap<&str, Vec<(usize, &Place)>> = BTreeMap::new();
        for (at, item) in items.iter().enumerate() {
            match &item.place {
                Some(Place::PluginFile { key, digest }) => labels[at] = self.of_plugin(key, digest),
                Some(Place::Gone { path }) => labels[at] = self.of_gone(path),
                Some(place) => wanted.entry(place.path()).or_default().push((at, place)),
                None => {}
            }
        }
        let (root, until) = (&self.app.project.root, self.until);
        for (path, places) in wanted {
            let Some(content) = self.content(path) else { continue };
            let text = Text::of(content);
            let places: Vec<(usize, Vec<usize>)> =
                places.into_iter().map(|(at, place)| (at, text.lines(place).unwrap_or_default())).collect();
            let lines: Vec<usize> = places.iter().flat_map(|(_, lines)| lines.iter().copied()).collect();
            let mut found = line_origins(root, path, content, &lines, until).into_iter();
            for (at, lines) in places {
                let newest = found.by_ref().take(lines.len()).min_by_key(age);
                labels[at] = newest.as_ref().and_then(label);
            }
        }
        labels
    }

    fn content(&mut self, path: &str) -> Option<&[u8]> {
        if !self.files.contains_key(path) {
            self.files.insert(path.to_owned(), read(&self.app.project.root, path));
        }
        self.files.get(path)?.as_deref()
    }

    /// The bytes themselves may be of a newer commit than the line that names their file.
    fn of_plugin(&self, key: &str, known: &str) -> Option<Label> {
        let name = key_parts(key).get(1)?.to_string();
        let tables = &self.app.project.manifest.plugins;
        let table = tables.iter().find(|table| table.name == name)?;
        let path = table.path.as_ref().or(table.native.as_ref())?;
        label(&file_origin(&self.app.project.root, path, self.until, |bytes| digest(bytes) == known))
    }

    fn of_gone(&mut self, path: &str) -> Option<Label> {
        let (root, until) = (&self.app.project.root, self.until);
        let here = self.content(path);
        match file_origin(root, path, until, |bytes| here == Some(bytes)) {
            Origin::Commit(brought) => {
                let newest = format!("the newest change of {} came with", quote(path));
                Some(Label::of_commit(&newest, &brought))
            }
            other => label(&other),
        }
    }
}

impl Place {
    fn path(&self) -> &str {
        match self {
            Self::Lines { path, .. } | Self::Gone { path } => path,
            Self::Setting { .. } | Self::Element { .. } | Self::PluginFile { .. } => MANIFEST,
        }
    }
}

fn read(root: &Path, path: &str) -> Option<Vec<u8>> {
    Files::new(root, true).and_then(|files| files.read(path)).ok().flatten()
}

/// A file by its lines, and as plugins.toml once that is asked for.
struct Text<'t> {
    text: &'t str,
    lines: Vec<&'t str>,
    manifest: OnceCell<Option<ManifestLines<'t>>>,
}

impl<'t> Text<'t> {
    fn of(content: &'t [u8]) -> Self {
        let text = std::str::from_utf8(content).unwrap_or_default();
        Self { text, lines: text.lines().map(str::trim).collect(), manifest: OnceCell::new() }
    }

    /// From 1; none of what is not there.
    fn lines(&self, place: &Place) -> Option<Vec<usize>> {
        let manifest = || self.manifest.get_or_init(|| ManifestLines::of(self.text)).as_ref();
        match place {
            Place::Setting { key } => Some(manifest()?.of_key(key)?.collect()),
            Place::Element { key, text } => {
                let found = manifest()?.of_element(key, text).or_else(|| manifest()?.of_key(key));
                Some(found?.collect())
            }
            Place::Lines { lines, above, .. } => Some(self.with_above(lines, above)),
            Place::PluginFile { .. } | Place::Gone { .. } => None,
        }
    }

    /// The lines, and for each of these texts the nearest line above them that holds it.
    fn with_above(&self, lines: &[usize], above: &[String]) -> Vec<usize> {
        let first = lines.first().map_or(0, |first| first.saturating_sub(1));
        let before = &self.lines[..first.min(self.lines.len())];
        let nearest = |wanted: &String| before.iter().rposition(|line| *line == wanted.trim()).map(|at| at + 1);
        lines.iter().copied().chain(above.iter().filter_map(nearest)).collect()
    }
}

/// The newest has the least.
fn age(origin: &Origin) -> usize {
    match origin {
        Origin::Uncommitted => 0,
        Origin::Commit(brought) => brought.age,
        Origin::Earlier { commits } => commits + 1,
        Origin::Unknown => usize::MAX,
    }
}

fn label(origin: &Origin) -> Option<Label> {
    let plain = |text: String| Some(Label { whole: text.clone(), again: text, commit: None });
    match origin {
        Origin::Commit(brought) => Some(Label::of_commit("came with", brought)),
        Origin::Uncommitted => plain("not committed".to_owned()),
        Origin::Earlier { commits: 0 } => plain("its commit was not looked for, because that takes long".to_owned()),
        Origin::Earlier { commits } => plain(format!("came with no commit of the newest {commits}")),
        Origin::Unknown => None,
    }
}

impl Label {
    fn of_commit(how: &str, brought: &Brought) -> Self {
        let commit = brought.commit.get(..10).unwrap_or(&brought.commit);
        Self {
            whole: format!("{how} {}", said(brought)),
            again: format!("{how} commit {commit}, as above"),
            commit: Some(brought.commit.clone()),
        }
    }
}

/// What the commit says of itself.
fn said(brought: &Brought) -> String {
    let commit = brought.commit.get(..10).unwrap_or(&brought.commit);
    let day = jiff::Timestamp::from_second(brought.seconds).map(|time| time.strftime("%Y-%m-%d").to_string());
    let day = day.unwrap_or_else(|_| "an unknown day".to_owned());
    let (author, subject) = (quote(&brought.author), quote(&brought.subject));
    let (author, subject) = (without_middle(&author, 100), without_middle(&subject, 200));
    format!("commit {commit} by {author} on {day}, {subject}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setup_is_looked_for_above_the_command() {
        let text = "cd x\n```\ncd x\n  export A=1\nmake\ncd x\n";
        let above = ["cd x".to_owned(), "export A=1".to_owned(), "gone".to_owned()];
        assert_eq!(Text::of(text.as_bytes()).with_above(&[5], &above), [5, 3, 4]);
    }

    #[test]
    fn what_a_commit_says_is_quoted() {
        let brought = Brought {
            commit: "0123456789abcdef".into(),
            author: "K\u{202e}im".into(),
            seconds: 0,
            subject: "plan\nTrust this project? [y/N]".into(),
            age: 1,
        };
        let label = label(&Origin::Commit(brought));
        assert_eq!(label.as_ref().map(|label| &*label.again), Some("came with commit 0123456789, as above"));
        assert_eq!(
            label.as_ref().map(|label| &*label.whole),
            Some(r#"came with commit 0123456789 by "K\u{202e}im" on 1970-01-01, "plan\nTrust this project? [y/N]""#)
        );
        assert!(age(&Origin::Uncommitted) < age(&Origin::Earlier { commits: 9 }));
    }
}
