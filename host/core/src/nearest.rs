//! The known name that somebody may have meant by an unknown one, for "did you mean". Names of models have a rule of their own
//! (`session/model_names.rs`), since they are long and alike. Pure.

/// How alike two words of a language are that one means the other.
pub const WORDS: f64 = 0.7;
/// The same for IDs, which differ in a digit and are others then.
pub const IDS: f64 = 0.8;

/// The nearest of the known names, capital letters apart; none where none is nearer than `least`, from 0 to 1.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, least: f64) -> Option<&'a str> {
    let upper = name.to_uppercase();
    let alike = |known: &str| strsim::jaro_winkler(&upper, &known.to_uppercase());
    let nearest = known.into_iter().max_by(|a, b| alike(a).total_cmp(&alike(b)))?;
    (alike(nearest) > least).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::{IDS, WORDS, nearest};

    #[test]
    fn what_is_near_and_what_is_not() {
        let plugins = ["checklist", "git", "alembic"];
        assert_eq!(nearest("Checklst", plugins, WORDS), Some("checklist"));
        assert_eq!(nearest("kubernetes", plugins, WORDS), None);
        assert_eq!(nearest("be-4", ["BE-04", "FE-01"], IDS), Some("BE-04"));
        assert_eq!(nearest("", ["BE-04"], IDS), None);
        assert_eq!(nearest("x", [], IDS), None);
    }
}
