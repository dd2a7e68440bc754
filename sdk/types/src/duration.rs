//! Lengths of time as people write them in the configuration of a plugin: `30s`, `10m`, `1h`.

/// Milliseconds; none where the text is no such length, is zero, or does not fit.
pub fn milliseconds(text: &str) -> Option<u64> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[number.len()..] {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    let length: u64 = number.trim().parse().ok()?;
    length.checked_mul(unit).filter(|length| *length > 0)
}

/// The same backwards; `1500ms`, which no configuration may say, where it is no whole number of seconds.
pub fn shown(milliseconds: u64) -> String {
    let units = [(3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let whole = units.iter().find(|(unit, _)| milliseconds > 0 && milliseconds.is_multiple_of(*unit));
    whole.map_or_else(|| format!("{milliseconds}ms"), |(unit, name)| format!("{}{name}", milliseconds / unit))
}

#[cfg(test)]
mod tests {
    use super::{milliseconds, shown};

    #[test]
    fn as_people_write_them() {
        for (text, expected) in [("30s", 30_000), ("10m", 600_000), ("1h", 3_600_000), ("2 m", 120_000)] {
            assert_eq!(milliseconds(text), Some(expected), "{text}");
        }
        for text in ["", "0s", "10", "m", "-1m", "1d", "1.5h", "99999999999999999999s", "18446744073709551615h"] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
        assert_eq!([0, 1_500, 90_000, 300_000, 7_200_000].map(shown), ["0ms", "1500ms", "90s", "5m", "2h"]);
    }
}
