//! Revisions and references as plugins, records and people name them: which texts are taken at all, and which object each
//! means. Behind this file there are whole names of objects only.

use git2::Reference;
use session_core::object_id::ObjectId;
use session_types::Error;

use super::repo::Repo;

/// Below this the host keeps its own.
pub(super) const OWN: &str = "refs/session/";
/// Longer than any name that git can keep in a file.
const LONGEST: usize = 1_024;
/// What stands in braces behind `^`.
const PEELED: [&str; 6] = ["", "commit", "tree", "tag", "blob", "object"];
/// And behind `@`, numbers apart.
const UPSTREAM: [&str; 3] = ["u", "upstream", "push"];

/// A text that names one object: no option, no range, no path, and no search, which could read a whole history.
#[derive(Clone, Copy, Debug)]
struct Revision<'t>(&'t str);

impl<'t> Revision<'t> {
    fn of(text: &'t str) -> Result<Self, Error> {
        match fault(text) {
            None => Ok(Self(text)),
            Some(why) => Err(Error::new(format!("{text:?} does not name a commit"))
                .because(why)
                .hint("give a branch, a tag or a hash; `git rev-parse` prints the hash of a revision")),
        }
    }
}

/// Why a text is not taken; none where it is.
fn fault(text: &str) -> Option<&'static str> {
    let odd = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '*' | '?' | '[');
    Some(match text {
        "" => "it is empty",
        _ if text.len() > LONGEST => "it is too long",
        _ if text.starts_with('-') => "it begins with `-`, so git would take it for an option",
        _ if text.starts_with('^') => "it begins with `^`, which means what a commit does not reach",
        _ if text.contains(odd) => "it holds a blank or a character that no name in git has",
        _ if text.contains("..") => "it is a range, not one commit",
        _ if text.contains(':') => "with `:` it names a file or a search",
        _ if !suffixes_are_plain(text) => {
            "behind `^` stands a number or a kind of object, behind `@` a number, `upstream` or `push`"
        }
        _ => return None,
    })
}

/// Behind `^` a number or a kind of object, behind `@` a number or an upstream branch: neither a search nor a date.
fn suffixes_are_plain(text: &str) -> bool {
    let braces = |rest: &str, known: &[&str]| {
        let within = rest.split_once('}').map(|(within, _)| within);
        let number = |text: &str| text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit());
        within.is_some_and(|within| known.contains(&within) || (known == UPSTREAM && number(within)))
    };
    text.match_indices(['^', '@']).all(|(at, sign)| {
        let rest = &text[at + 1..];
        match (sign, rest.strip_prefix('{')) {
            ("^", Some(rest)) => braces(rest, &PEELED),
            ("^", None) => rest.chars().next().is_none_or(|c| c.is_ascii_digit() || matches!(c, '^' | '~')),
            (_, Some(rest)) => braces(rest, &UPSTREAM),
            _ => true,
        }
    })
}

/// The whole name of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RefName(String);

impl RefName {
    /// None where git has no such names.
    pub(super) fn of(name: &str) -> Option<Self> {
        // What asks libgit2 does not stand a zero byte.
        (name.starts_with("refs/") && !name.contains('\0') && Reference::is_valid_name(name))
            .then(|| Self(name.to_owned()))
    }

    /// A branch of this repository.
    pub(super) fn of_branch(branch: &str) -> Option<Self> {
        Self::of(&format!("refs/heads/{branch}"))
    }

    /// One that a plugin may have made: it must be the host's own, since a branch or a tag would be somebody's work.
    ///
    /// # Errors
    /// Names it.
    pub(super) fn own(name: &str) -> Result<Self, Error> {
        Self::of(name).filter(|found| found.0.starts_with(OWN)).ok_or_else(|| {
            Error::new(format!("{name:?} is not taken for a place that keeps commits"))
                .because(format!("plugins keep commits below {OWN}, and nowhere else"))
        })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Repo {
    /// The commit that a text names; none where it is not here.
    ///
    /// # Errors
    /// A text that is not taken for a revision, or a repository that cannot be read.
    pub(super) fn commit_named(&self, text: &str) -> Result<Option<ObjectId>, Error> {
        self.object_named(text, "^{commit}")
    }

    /// The same.
    ///
    /// # Errors
    /// Also where it is not here.
    pub(super) fn known(&self, text: &str) -> Result<ObjectId, Error> {
        self.commit_named(text)?.ok_or_else(|| {
            let short = ObjectId::parse(text).map_or(text.to_owned(), |id| id.short().to_owned());
            Error::new(format!("there is no commit {short} here")).hint("git fetch --all, or git reflog, may find it")
        })
    }

    /// A tree, or that of a commit.
    ///
    /// # Errors
    /// As [`Repo::known`].
    pub(super) fn known_tree(&self, text: &str) -> Result<ObjectId, Error> {
        self.object_named(text, "^{tree}")?.ok_or_else(|| {
            Error::new(format!("there is no commit or tree {text} here"))
                .hint("git fetch --all, or git reflog, may find it")
        })
    }

    fn object_named(&self, text: &str, kind: &'static str) -> Result<Option<ObjectId>, Error> {
        let Revision(text) = Revision::of(text)?;
        self.reader.object_named(text, kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_texts_name_one_object() {
        for text in [
            "HEAD",
            "@",
            "HEAD~2000",
            "HEAD^",
            "HEAD^2~1^",
            "v1.0^{}",
            "main^{commit}",
            "feature@{2}",
            "@{u}",
            "@{-1}",
            "main@{upstream}",
            "refs/heads/-x",
            "refs/session/A-1/1",
            "origin/main",
            "a1b2c3d",
            "größe",
            "mail@host",
        ] {
            assert_eq!(fault(text), None, "{text}");
        }
        for text in [
            "",
            "-x",
            "--output=x",
            "^main",
            "a..b",
            "..--output=x",
            "a...b",
            "HEAD:file",
            ":/text",
            ":1:file",
            "HEAD^{/x}",
            "HEAD^{/(a+)+$}",
            "HEAD^!",
            "HEAD^@",
            "HEAD^-",
            "main@{yesterday}",
            "@{1 day ago}",
            "@{",
            "^{",
            "a b",
            "a\nb",
            "a\tb",
            "a\u{0}",
            "a\u{7f}",
            "a\\b",
            "refs/*",
            "x?",
            "x[",
            "a\u{a0}b",
            &"a".repeat(LONGEST + 1),
        ] {
            assert!(fault(text).is_some(), "{text:?}");
        }
    }

    #[test]
    fn commits_are_kept_in_the_hosts_own_place_only() {
        assert_eq!(RefName::own("refs/session/A-1/1").expect("ours").as_str(), "refs/session/A-1/1");
        for name in [
            "refs/heads/main",
            "refs/tags/v1",
            "refs/session",
            "refs/session/",
            "refs/session/../heads/main",
            "HEAD",
            "",
            "refs/session/a b",
            "refs/session/a\nb",
            "refs/session/a\0b",
            "refs/session/x.lock",
            "-refs/session/x",
            "refs/session//x",
        ] {
            RefName::own(name).expect_err(name);
        }
    }
}
