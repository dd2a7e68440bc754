//! What git does with two versions of a file: its merge driver, the versions it keeps of a conflicted file, its
//! conflict markers, and its own merge of plain text. What a document means is the plugins'.

use std::path::Path;

use git2::{MergeFileInput, MergeFileOptions};
use session_types::{Error, Merge};

use super::library::failed;
use super::repo::Repo;

/// The name in `.gitattributes` and in the clone's configuration.
pub const DRIVER: &str = "session";

/// Two versions of a file, and the last one that both come from where it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    pub base: Option<String>,
    pub ours: String,
    pub theirs: String,
}

impl Versions {
    pub fn of(self, path: &str) -> Merge {
        Merge { path: path.to_owned(), base: self.base, ours: self.ours, theirs: self.theirs, conflicted: None }
    }
}

/// Has git call this program for the files that `.gitattributes` names. In the clone's own configuration: git takes no
/// commands from a repository's files. True where it was not so before.
///
/// # Errors
/// Where the configuration cannot be written. Outside git there is nothing to do.
pub fn register_driver(root: &Path, program: &str) -> Result<bool, Error> {
    let Ok(repo) = Repo::open(root, root) else { return Ok(false) };
    let driver = driver_command(program);
    let key = |name: &str| format!("merge.{DRIVER}.{name}");
    repo.configure(&[(key("name"), "session: tables row by row"), (key("driver"), &driver)])
}

/// What git runs to merge documents.
pub fn driver_command(program: &str) -> String {
    format!("{program} progress --merge %O %A %B --path %P")
}

/// What the index keeps of a file in conflict; none where git knows of no conflict in it.
pub fn conflict(root: &Path, path: &str) -> Option<Versions> {
    let [base, ours, theirs] = Repo::open(root, root).ok()?.stages(path);
    Some(Versions { base, ours: ours?, theirs: theirs? })
}

/// Takes a record with conflict markers apart; none where it has none. The base is known only where every place shows it
/// (`merge.conflictStyle = diff3`). Documents are taken apart by their plugins: in Markdown a marker may be an example.
pub fn split_conflict(text: &str) -> Option<Versions> {
    #[derive(PartialEq)]
    enum In {
        Both,
        Ours,
        Base,
        Theirs,
    }
    let (mut base, mut ours, mut theirs) = (String::new(), String::new(), String::new());
    let (mut place, mut places, mut bases) = (In::Both, 0, 0);
    for line in text.split_inclusive('\n') {
        match (&place, marker(line)) {
            (In::Both, Some('<')) => place = In::Ours,
            (In::Ours, Some('|')) => {
                place = In::Base;
                bases += 1;
            }
            (In::Ours | In::Base, Some('=')) => place = In::Theirs,
            (In::Theirs, Some('>')) => {
                place = In::Both;
                places += 1;
            }
            (In::Both, _) => [&mut base, &mut ours, &mut theirs].into_iter().for_each(|text| text.push_str(line)),
            (In::Ours, _) => ours.push_str(line),
            (In::Base, _) => base.push_str(line),
            (In::Theirs, _) => theirs.push_str(line),
        }
    }
    let whole = places > 0 && place == In::Both;
    whole.then_some(Versions { base: (bases == places).then_some(base), ours, theirs })
}

/// The character of a line that is a marker of git's: seven of them, and nothing else but a name behind a blank.
fn marker(line: &str) -> Option<char> {
    let line = line.trim_end_matches(['\r', '\n']);
    let mark = line.chars().next().filter(|c| matches!(c, '<' | '|' | '=' | '>'))?;
    let rest = line.trim_start_matches(mark);
    let named = rest.is_empty() || mark != '=' && rest.starts_with(' ');
    (line.len() - rest.len() == 7 && named).then_some(mark)
}

/// Git's own merge of plain text: the result, and whether it holds conflict markers.
///
/// # Errors
/// What libgit2 says.
pub fn merge_text(versions: &Versions) -> Result<(String, bool), Error> {
    fn input(text: &str) -> MergeFileInput<'_> {
        let mut input = MergeFileInput::new();
        input.content(text.as_bytes());
        input
    }
    let merge = || -> Result<(String, bool), git2::Error> {
        // libgit2 is set up by whatever opens something, and this opens nothing.
        git2::Config::new()?;
        let base = input(versions.base.as_deref().unwrap_or_default());
        let (ours, theirs) = (input(&versions.ours), input(&versions.theirs));
        let mut options = MergeFileOptions::new();
        options.our_label("ours").their_label("theirs");
        let merged = git2::merge_file(&base, &ours, &theirs, Some(&mut options))?;
        Ok((String::from_utf8_lossy(merged.content()).into_owned(), !merged.is_automergeable()))
    };
    merge().map_err(|e| failed("merge", &e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conflict_markers_are_taken_apart() {
        let text = "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> x\nd";
        let found = split_conflict(text).expect("a conflict");
        assert_eq!(found, Versions { base: None, ours: "a\nb\nd".into(), theirs: "a\nc\nd".into() });
        let text = "<<<<<<< HEAD\nb\n||||||| 12\no\n=======\nc\n>>>>>>> x\n";
        assert_eq!(split_conflict(text).expect("a conflict").base.as_deref(), Some("o\n"));
        let text = "<<<<<<< HEAD\nTitle\n==========\n=======\nc\n>>>>>>> x\n";
        assert_eq!(split_conflict(text).expect("a conflict").ours, "Title\n==========\n", "an underlined heading");
        assert_eq!(split_conflict("a\n=======\nb\n"), None, "a rule of Markdown is no conflict");
        assert_eq!(split_conflict("<<<<<<< HEAD\nb\n=======\n"), None, "it does not end");
    }

    #[test]
    fn plain_text_merges_as_git_does() {
        let versions = |ours: &str, theirs: &str| Versions {
            base: Some("1\n2\n3\n4\n5\n".into()),
            ours: ours.into(),
            theirs: theirs.into(),
        };
        let merged = merge_text(&versions("0\n2\n3\n4\n5\n", "1\n2\n3\n4\n6\n")).expect("merges");
        assert_eq!(merged, ("0\n2\n3\n4\n6\n".to_owned(), false));
        let (text, conflicts) = merge_text(&versions("1\n2\na\n4\n5\n", "1\n2\nb\n4\n5\n")).expect("merges");
        assert!(conflicts && text.contains("<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n"), "{text}");
    }
}
