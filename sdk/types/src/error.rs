//! The one error of the boundary: what a handler answers and what a host call answers. Its JSON form is part of the
//! contract.

use std::fmt;

use serde::{Deserialize, Serialize};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, for a person: what could not be done, why, and what to type next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Error {
    /// What could not be done, naming the object; lower case, no final stop.
    pub message: String,
    /// Why, outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// A command to type or a line to change; several ways on are a line each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Neither forward nor back without a person.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stuck: bool,
}

impl Error {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn stuck(mut self) -> Self {
        self.stuck = true;
        self
    }

    /// From the text at the boundary: its JSON form, or any other text as the message.
    pub fn from_text(text: &str) -> Self {
        serde_json::from_str(text).ok().filter(|e: &Self| !e.message.is_empty()).unwrap_or_else(|| Self::new(text))
    }

    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| self.message.clone())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.causes.iter().try_for_each(|cause| write!(f, ": {cause}"))
    }
}

impl std::error::Error for Error {}

/// Says what could not be done; what it was before becomes the cause.
pub trait ResultExt<T> {
    fn context(self, message: impl FnOnce() -> String) -> Result<T>;
}

impl<T> ResultExt<T> for Result<T, Error> {
    fn context(self, message: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|e| {
            let mut causes = vec![e.message];
            causes.extend(e.causes);
            Error { message: message(), causes, ..e }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_no_json_is_the_message() {
        assert_eq!(Error::from_text("disk full"), Error::new("disk full"));
        assert_eq!(Error::from_text("{\"a\": 1}").message, "{\"a\": 1}");
        let all = Error::new("a").because("b").hint("c").stuck();
        assert_eq!(Error::from_text(&all.to_text()), all);
    }
}
