//! Weeks of headings.

/// `Week 3 (2026-01-19 to 2026-01-23)` is 3.
pub fn week(title: &str) -> Option<u32> {
    let rest = title.strip_prefix("Week ")?;
    rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())].parse().ok()
}
