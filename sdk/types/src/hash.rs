//! Hashes of commits as people read them.

/// The first seven characters; all of it where it is shorter.
pub fn short(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn seven_characters_are_enough_to_read() {
        assert_eq!(short("0123456789abcdef"), "0123456");
        assert_eq!((short("012"), short("")), ("012", ""));
    }
}
