//! One written value: without quotes and comments, and inline lists spelled out. Which key it belongs to is `keys.rs`.

use memchr::memchr_iter;

/// Without quotes, without a YAML comment, and without the comma of a JSON line.
pub fn scalar(value: &str) -> &str {
    let value = value.trim();
    if let Some(inner) = quoted(value) {
        return inner;
    }
    let value = uncommented(value);
    let value = match value.as_bytes() {
        [.., b'"' | b'\'' | b'`' | b']', b','] => &value[..value.len() - 1],
        _ => value,
    };
    match value.as_bytes() {
        [first @ (b'"' | b'\'' | b'`'), inner @ .., last] if first == last && !inner.contains(first) => {
            &value[1..value.len() - 1]
        }
        _ => value,
    }
}

/// What stands in quotes with nothing but a comment behind it: a `#` in there is no comment.
fn quoted(value: &str) -> Option<&str> {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let (inner, rest) = value[1..].split_once(quote)?;
    let rest = rest.trim_start();
    (rest.is_empty() || rest.starts_with('#')).then_some(inner)
}

pub fn uncommented(value: &str) -> &str {
    let bytes = value.as_bytes();
    // `#12` is an issue, which somebody may have meant as a value.
    let issue = |at: usize| bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
    let comment = memchr_iter(b'#', bytes).find(|at| (*at == 0 || bytes[at - 1] == b' ') && !issue(*at));
    comment.map_or(value, |at| value[..at].trim_end())
}

pub fn inline_list(text: &str) -> impl Iterator<Item = &str> {
    let text = text.trim();
    let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    inner.split(',').map(scalar).filter(|item| !item.is_empty())
}

/// `N/A`, `none`, `—`: somebody filled the place in and has nothing for it.
pub fn says_none(text: &str) -> bool {
    let text = text.trim().trim_matches(['`', '*', '_', '"']).trim_end_matches('.').to_lowercase();
    matches!(text.as_str(), "n/a" | "na" | "none" | "—" | "–" | "-")
}
