//! IDs of sessions: `BE-04`, `E2E-01`, `SOL-SKILLS-01`, `BE-04-v2`.

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
