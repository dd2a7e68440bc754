//! The form of an ID that may name a file. A plan's reader gives IDs, and records and journals carry them on, from whatever
//! clone they came.

/// Longest ID: it stands in names of files with an ending behind it.
const LONGEST: usize = 64;
/// Names that some system, or this program, keeps for itself, before the first dot.
const RESERVED: [&str; 6] = ["project", "claims", "con", "aux", "nul", "prn"];

/// Whether an ID names a file below the folder it is meant for, and no other, on every system.
pub fn is_safe(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let head = id.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let port = |name: &str| {
        head.strip_prefix(name).is_some_and(|number| number.len() == 1 && number.bytes().all(|b| b.is_ascii_digit()))
    };
    id.len() <= LONGEST
        && id.starts_with(|c: char| c.is_ascii_alphanumeric())
        && id.chars().all(plain)
        && !id.contains("..")
        && ![".", ".lock", "-rollback"].iter().any(|end| id.ends_with(end))
        && !RESERVED.contains(&head.as_str())
        && !port("com")
        && !port("lpt")
}

#[cfg(test)]
mod tests {
    use super::is_safe;

    #[test]
    fn only_names_of_files() {
        for id in ["BE-04", "T001", "1.2", "018.P3", "BACK-222.1", "a_b", "1", "com10"] {
            assert!(is_safe(id), "{id}");
        }
        let long = "a".repeat(65);
        for id in [
            "",
            ".",
            "..",
            "a..b",
            "../x",
            "a/b",
            "a b",
            "-a",
            ".a",
            "a.",
            "a.lock",
            "A-1-rollback",
            "project",
            "CON",
            "nul.1",
            "com1",
            "lpt9.x",
            "a\n",
            "é",
            "a@1",
            &long,
        ] {
            assert!(!is_safe(id), "{id:?}");
        }
    }
}
