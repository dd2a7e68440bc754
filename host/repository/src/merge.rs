//! What git does with two versions of a file: its merge driver, the versions it keeps of a conflicted file, and its own
//! merge of plain text. Its conflict markers are read by `conflict` of session-types. What a document means is the plugins'.

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
