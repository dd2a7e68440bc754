//! The whole name of an object of git. Whoever holds one can hand it to git: it is neither an option nor a range, nor a
//! name that means another object tomorrow. What a revision in words means is for `session-repository` to find out. Pure.

use std::fmt;

use session_types::hash::short;

/// 40 digits, or 64 where a repository uses SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(String);

impl ObjectId {
    /// None where the text is anything else. Git writes them in lower case, and so does the host.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        (matches!(text.len(), 40 | 64) && digits).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As people read it.
    pub fn short(&self) -> &str {
        short(&self.0)
    }

    /// What git takes for no object, as long as this one.
    #[must_use]
    pub fn nothing(&self) -> Self {
        Self("0".repeat(self.0.len()))
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ObjectId> for String {
    fn from(id: ObjectId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_else_is_the_name_of_an_object() {
        for length in [40, 64] {
            assert!(ObjectId::parse(&"0a".repeat(length / 2)).is_some());
        }
        let long = "a".repeat(39);
        for text in [
            "",
            "a1b2c3d",
            "HEAD",
            "--output=x",
            &format!("{long}\n"),
            &format!("-{long}"),
            &"A".repeat(40),
            &"a".repeat(41),
        ] {
            assert_eq!(ObjectId::parse(text), None, "{text:?}");
        }
    }
}
