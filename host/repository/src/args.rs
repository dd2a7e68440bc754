//! What git is told. The words are this program's own, objects and references are named by types that cannot be an option,
//! and what others wrote stands where git cannot take it for one: behind the `=` of an option, or behind `--`. There is no
//! way in for any other text, so that a plugin, a record or a branch name never says what git does.

use std::ffi::{OsStr, OsString};

use session_core::object_id::ObjectId;

use super::revision::RefName;

/// Arguments of one run of git.
#[derive(Clone, Debug, Default)]
pub(super) struct Args {
    words: Vec<OsString>,
}

impl Args {
    pub(super) fn of<const N: usize>(words: [&'static str; N]) -> Self {
        Self::default().and(words)
    }

    #[must_use]
    pub(super) fn and<const N: usize>(self, words: [&'static str; N]) -> Self {
        self.with(words)
    }

    #[must_use]
    pub(super) fn object(self, id: &ObjectId) -> Self {
        self.with([id.as_str()])
    }

    /// What an object leads to, such as its `^{tree}`.
    #[must_use]
    pub(super) fn peeled(self, id: &ObjectId, to: &'static str) -> Self {
        self.with([format!("{id}{to}")])
    }

    /// Without what this commit reaches.
    #[must_use]
    pub(super) fn hiding(self, id: &ObjectId) -> Self {
        self.with([format!("^{id}")])
    }

    #[must_use]
    pub(super) fn reference(self, name: &RefName) -> Self {
        self.with([name.as_str()])
    }

    /// `--name=value`: the value may be anything.
    #[must_use]
    pub(super) fn option(self, name: &'static str, value: impl AsRef<OsStr>) -> Self {
        debug_assert!(name.starts_with("--") && !name.contains('='), "{name} takes no value");
        let mut word = OsString::from(name);
        word.push("=");
        word.push(value);
        self.with([word])
    }

    /// One line of a file, counted from 1, where git takes ranges.
    #[must_use]
    pub(super) fn line(self, number: usize) -> Self {
        self.with([format!("-L{number},{number}")])
    }

    /// Last of all: a setting's key, and its value as it stands where there is one to set.
    pub(super) fn setting(self, key: &str, value: Option<&str>) -> Self {
        self.and(["--end-of-options"]).with([key]).with(value)
    }

    /// Last of all: files by their names from the top of the working tree, each meant as it stands.
    pub(super) fn files<T: AsRef<str>>(self, paths: impl IntoIterator<Item = T>) -> Self {
        let literal = |path: T| format!(":(top,literal){}", path.as_ref());
        self.and(["--"]).with(paths.into_iter().map(literal))
    }

    /// The same for commands that take names and no patterns.
    pub(super) fn names(self, path: &str) -> Self {
        self.and(["--"]).with([path])
    }

    fn with(mut self, words: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.words.extend(words.into_iter().map(Into::into));
        self
    }

    /// In front of these.
    pub(super) fn before(self, args: Self) -> Self {
        self.with(args.words)
    }

    pub(super) fn words(&self) -> &[OsString] {
        &self.words
    }

    /// The command, for messages and logs.
    pub(super) fn command(&self) -> &str {
        let mut words = self.words.iter().filter_map(|word| word.to_str());
        words.find(|word| !word.starts_with('-') && !word.contains('=')).unwrap_or_default()
    }
}

impl<const N: usize> From<[&'static str; N]> for Args {
    fn from(words: [&'static str; N]) -> Self {
        Self::of(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_no_option() {
        let id = ObjectId::parse(&"a".repeat(40)).expect("a name");
        let args =
            Args::of(["log", "--first-parent"]).option("--grep", "--output=x").object(&id).files(["--output=y", "*"]);
        let words: Vec<&str> = args.words().iter().filter_map(|word| word.to_str()).collect();
        assert_eq!(&words[..4], ["log", "--first-parent", "--grep=--output=x", id.as_str()]);
        assert_eq!(&words[4..], ["--", ":(top,literal)--output=y", ":(top,literal)*"]);
        assert_eq!((args.command(), Args::of(["-c", "a=b", "status"]).command()), ("log", "status"));
    }
}
