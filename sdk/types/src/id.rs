//! IDs of sessions: `BE-04`, `E2E-01`, `SOL-SKILLS-01`, `BE-04-v2`. From the strictest form to the widest: what plans write
//! (`is_id`), what a cell names beyond doubt (`is_unmistakable`), what the host starts (`may_start`), what may name a file
//! (`is_safe`). Pure. Which words people put before an ID is the readers' affair.

/// Longest ID that may name a file: an ending stands behind it.
const LONGEST: usize = 64;
/// Names that some system, or this program, keeps for itself, before the first dot.
const RESERVED: [&str; 6] = ["project", "claims", "con", "aux", "nul", "prn"];

/// `[A-Z][A-Z0-9]*(-[A-Z][A-Z0-9]*)*-\d+[a-z]?(-[a-z0-9]+)?` at the start of the text; the ID and what follows it.
pub fn leading(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let run = |from: usize, is: fn(&u8) -> bool| bytes[from..].iter().take_while(|b| is(b)).count();
    let mut at = 0;
    loop {
        if !bytes.get(at).is_some_and(u8::is_ascii_uppercase) {
            return None;
        }
        at += run(at, |b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if bytes.get(at) != Some(&b'-') {
            return None;
        }
        at += 1;
        if bytes.get(at).is_some_and(u8::is_ascii_digit) {
            break;
        }
    }
    at += run(at, u8::is_ascii_digit);
    if bytes.get(at).is_some_and(u8::is_ascii_lowercase) {
        at += 1;
    }
    if bytes.get(at) == Some(&b'-') {
        let suffix = run(at + 1, |b| b.is_ascii_lowercase() || b.is_ascii_digit());
        at += if suffix > 0 { suffix + 1 } else { 0 };
    }
    let (id, rest) = text.split_at(at);
    if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') { None } else { Some((id, rest)) }
}

/// The text begins as an ID does, whatever comes behind its first digit.
pub fn begins(text: &str) -> bool {
    let head = text.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-')).unwrap_or(text.len());
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text[..head].match_indices('-').any(|(at, _)| text[at + 1..].starts_with(|c: char| c.is_ascii_digit()))
}

/// Its letters with the last dash: `BE-`, `SOL-SKILLS-`.
pub fn letters(id: &str) -> &str {
    parts(id).map_or(id, |(letters, ..)| letters)
}

/// The whole text is one ID.
pub fn is_id(text: &str) -> bool {
    leading(text).is_some_and(|(_, rest)| rest.is_empty())
}

/// Prefix with its dash, digits, and what follows them: `BE-`, `04`, `-v2`.
pub fn parts(id: &str) -> Option<(&str, &str, &str)> {
    let dash = id.char_indices().find(|(i, c)| *c == '-' && id[i + 1..].starts_with(|d: char| d.is_ascii_digit()))?.0;
    let digits = id[dash + 1..].find(|c: char| !c.is_ascii_digit()).map_or(id.len(), |n| dash + 1 + n);
    Some((&id[..=dash], &id[dash + 1..digits], &id[digits..]))
}

/// The ID that a file's name begins with: `BE-04`, `BE-04-v2`, and not the words behind it, as in `BE-04-matcher-engine`.
pub fn of_file(stem: &str) -> Option<&str> {
    let (prefix, digits, rest) = parts(stem)?;
    let bare = &stem[..prefix.len() + digits.len()];
    let letter = rest.starts_with(|c: char| c.is_ascii_lowercase());
    let letter = usize::from(letter && rest[1..].chars().next().is_none_or(|c| !c.is_alphanumeric()));
    let version = rest[letter..].strip_prefix('-').map_or("", |word| word.split(['-', '_', ' ']).next().unwrap_or(""));
    let is_version = version.starts_with('v') && version[1..].parse::<u32>().is_ok();
    let end = bare.len() + letter + if is_version { version.len() + 1 } else { 0 };
    let ends = stem[end..].chars().next().is_none_or(|c| !c.is_alphanumeric());
    Some(&stem[..end]).filter(|id| ends && is_id(id))
}

/// A word in a table that can only be an ID: a part behind a dash begins with the number. `OAuth-v2` in a title is none.
pub fn is_unmistakable(word: &str) -> bool {
    may_start(word) && word.split('-').skip(1).any(|part| part.starts_with(|c: char| c.is_ascii_digit()))
}

/// What the host starts, whichever plugin read the plan: it stands in trailers, where `-rollback` marks reverts.
pub fn may_start(id: &str) -> bool {
    let (head, number) = id.split_once('-').unwrap_or((id, ""));
    let plain = id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    head.starts_with(|c: char| c.is_ascii_uppercase())
        && plain
        && number.contains(|c: char| c.is_ascii_digit())
        && !id.ends_with("-rollback")
}

/// Whether an ID names a file below the folder it is meant for, and no other, on every system. Records and journals
/// carry IDs from whatever clone they came.
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
    use super::*;

    #[test]
    fn each_form_holds_the_stricter_ones() {
        for (id, forms) in [
            ("BE-04-v2", [true; 4]),
            ("BE-04-Fix", [false, true, true, true]),
            ("OAuth-v2", [false, false, true, true]),
            ("T001", [false, false, false, true]),
            ("Total", [false, false, false, true]),
            ("BE-04-rollback", [true, false, false, false]),
            ("BE-04 ", [false; 4]),
            ("", [false; 4]),
        ] {
            assert_eq!([is_id(id), is_unmistakable(id), may_start(id), is_safe(id)], forms, "{id:?}");
        }
    }

    #[test]
    fn ids_of_files() {
        for (stem, id) in [
            ("BE-04", Some("BE-04")),
            ("BE-04b", Some("BE-04b")),
            ("BE-04-v2", Some("BE-04-v2")),
            ("BE-04-v2-matcher", Some("BE-04-v2")),
            ("F-01-first", Some("F-01")),
            ("SOL-SKILLS-01_the words", Some("SOL-SKILLS-01")),
            ("BE-04bc", None),
            ("notes", None),
            ("2026-01-02", None),
        ] {
            assert_eq!(of_file(stem), id, "{stem}");
        }
    }

    #[test]
    fn ids_as_people_write_them() {
        for id in ["BE-04", "E2E-01", "SOL-SKILLS-01", "BE-04-v2", "BE-04b", "X-1"] {
            assert!(is_id(id), "{id}");
        }
        for not in ["be-04", "BE04", "BE-", "4-BE", "BE-04bc", "ÉA-1", "UTF-"] {
            assert!(!is_id(not), "{not}");
        }
        assert_eq!(leading("BE-04: x"), Some(("BE-04", ": x")));
        assert_eq!(leading("BE-01-BE-03"), Some(("BE-01", "-BE-03")));
        assert_eq!(parts("SOL-A-01-v2"), Some(("SOL-A-", "01", "-v2")));
    }

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
