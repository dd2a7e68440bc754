//! Lengths of time as people write them in plans, in minutes. Not for plugins.toml, which takes jiff's form only and
//! refuses the rest (`project/manifest.rs`).

use jiff::Span;

/// A working day and week, which is what an estimate means by them.
const DAY: f64 = 8.0 * 60.0;
const WEEK: f64 = 5.0 * DAY;

/// Words before a number that do not change it.
const HEDGES: [&str; 20] = [
    "about",
    "approx",
    "approximately",
    "around",
    "at",
    "ca",
    "circa",
    "est",
    "estimated",
    "less",
    "max",
    "maximum",
    "more",
    "most",
    "roughly",
    "some",
    "than",
    "under",
    "up",
    "over",
];

/// `45 min`, `~1,5 h`, `1h30`, `2-3 hours` (the larger), `half a day`; a number alone is minutes. What stands in
/// parentheses or behind the time is a note. None for what is no time, and for nought.
pub fn minutes(text: &str) -> Option<u32> {
    let text =
        without_notes(text).to_lowercase().replace('½', " half ").replace("1/2", " half ").replace(" to ", " – ");
    let minutes = match ends(&text).as_slice() {
        [only] => amount(only, None)?,
        [low, high] => range(low, high)?,
        // A date or a version.
        _ => return None,
    };
    (minutes >= 0.5 && minutes <= f64::from(u32::MAX)).then(|| minutes.round() as u32)
}

/// By how many minutes a session took longer than it was thought to.
pub fn overrun(estimate_minutes: u32, elapsed_minutes: u32) -> Option<u32> {
    elapsed_minutes.checked_sub(estimate_minutes).filter(|over| *over > 0)
}

/// Without what stands in parentheses.
pub(super) fn without_notes(text: &str) -> String {
    let mut depth = 0_usize;
    let keep = |c: &char| match c {
        '(' | '[' => {
            depth += 1;
            false
        }
        ')' | ']' => {
            depth = depth.saturating_sub(1);
            false
        }
        _ => depth == 0,
    };
    text.chars().filter(keep).collect()
}

/// The ends of a range: a dash parts only where a number follows it.
fn ends(text: &str) -> Vec<&str> {
    let mut ends = Vec::new();
    let mut start = 0;
    for (at, dash) in text.match_indices(['-', '–', '—', '‑']) {
        let after = at + dash.len();
        if tokens(&text[after..]).next().and_then(value).is_some() {
            ends.push(&text[start..at]);
            start = after;
        }
    }
    ends.push(&text[start..]);
    ends
}

/// The larger end. Each lends the other its unit: `2-3 hours`, `1 h - 2`.
fn range(low: &str, high: &str) -> Option<f64> {
    match (amount(low, unit(high)), amount(high, unit(low))) {
        (Some(low), Some(high)) => Some(low.max(high)),
        // `45 min – one break`
        (Some(low), None) => Some(low),
        // `up to 2 hours`; but `BE-45` is no time
        (None, high) => high.filter(|_| tokens(low).all(|token| HEDGES.contains(&token))),
    }
}

/// `unit`: what a number without one counts, where the other end of a range says so.
fn amount(text: &str, unit: Option<f64>) -> Option<f64> {
    let text = text.trim();
    // jiff reads `1:30` only with seconds.
    let clock = || format!("{text}:00").parse::<Span>().ok().filter(|_| text.contains(':'));
    match text.parse::<Span>().ok().or_else(clock) {
        Some(span) => of_span(&span),
        None => of_words(text, unit),
    }
}

/// Months are no estimate of a session, and `2 hours ago` is none at all.
fn of_span(span: &Span) -> Option<f64> {
    let sane = span.get_years() == 0 && span.get_months() == 0 && !span.is_negative();
    let days = f64::from(span.get_weeks()) * WEEK + f64::from(span.get_days()) * DAY;
    let minutes = f64::from(span.get_hours()) * 60.0 + span.get_minutes() as f64 + span.get_seconds() as f64 / 60.0;
    sane.then_some(days + minutes)
}

/// What jiff refuses: hedges, capitals, number words, `and`, a last number without its unit, a note behind.
fn of_words(text: &str, lent: Option<f64>) -> Option<f64> {
    let (mut total, mut last, mut number) = (None::<f64>, lent, None::<f64>);
    for token in tokens(text) {
        if let Some(value) = value(token).filter(|_| number.is_none() || token == "half") {
            number = Some(number.unwrap_or(0.0) + value);
        } else if let Some(minutes) = unit_minutes(token).filter(|_| number.is_some() || counts_alone(token)) {
            total = Some(total.unwrap_or(0.0) + number.take().unwrap_or(1.0) * minutes);
            last = Some(minutes);
        } else if !(matches!(token, "a" | "an" | "and" | "of") || HEDGES.contains(&token)) {
            // A note, as in `45 min per module`; its number was part of it.
            return total;
        }
    }
    match (total, number, last) {
        (total, None, _) => total,
        // `an hour and a half`
        (Some(total), Some(number), Some(last)) if number < 1.0 => Some(total + number * last),
        // `1h30`
        (Some(total), Some(number), Some(60.0)) => Some(total + number),
        (Some(total), Some(_), _) => Some(total),
        (None, Some(number), Some(lent)) => Some(number * lent),
        // `1.5` is as likely hours.
        (None, Some(number), None) => Some(number).filter(|number| number.fract() == 0.0),
    }
}

/// `an hour`
fn counts_alone(unit: &str) -> bool {
    matches!(unit, "minute" | "hour" | "day" | "week")
}

/// Numbers and words, apart also where nothing stands between them.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        let digit = rest.starts_with(|c: char| c.is_ascii_digit());
        let inside = |(at, c): &(usize, char)| match digit {
            true => c.is_ascii_digit() || (matches!(c, '.' | ',') && digit_at(rest, at + 1)),
            false => c.is_alphabetic(),
        };
        let end = rest.char_indices().find(|place| !inside(place)).map_or(rest.len(), |(at, _)| at);
        let (token, after) = rest.split_at(end.max(rest.chars().next().map_or(0, char::len_utf8)));
        rest = after;
        Some(token).filter(|token| !token.is_empty())
    })
}

fn digit_at(text: &str, at: usize) -> bool {
    text.as_bytes().get(at).is_some_and(u8::is_ascii_digit)
}

fn value(token: &str) -> Option<f64> {
    Some(match token {
        "half" => 0.5,
        "one" => 1.0,
        "two" => 2.0,
        "three" => 3.0,
        "four" => 4.0,
        _ => return token.replace(',', ".").parse().ok().filter(|_| digit_at(token, 0)),
    })
}

fn unit(text: &str) -> Option<f64> {
    tokens(text).find_map(unit_minutes)
}

fn unit_minutes(token: &str) -> Option<f64> {
    Some(match token {
        "m" | "min" | "mins" | "minute" | "minutes" | "minuten" => 1.0,
        "h" | "hr" | "hrs" | "hour" | "hours" | "std" | "stunde" | "stunden" => 60.0,
        "d" | "day" | "days" => DAY,
        "w" | "wk" | "week" | "weeks" => WEEK,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_write() {
        for (text, expected) in [
            ("45 min", Some(45)),
            ("45", Some(45)),
            ("45min", Some(45)),
            ("45 Minutes", Some(45)),
            ("45 min.", Some(45)),
            ("~45 minutes", Some(45)),
            ("about 45 mins", Some(45)),
            ("1h", Some(60)),
            ("1H", Some(60)),
            ("1 hr", Some(60)),
            ("an hour", Some(60)),
            ("1.5 h", Some(90)),
            ("1,5 hours", Some(90)),
            ("1.5 Hours", Some(90)),
            ("1½ hours", Some(90)),
            ("1 1/2 hours", Some(90)),
            ("1 and a half hours", Some(90)),
            ("an hour and a half", Some(90)),
            ("1h30", Some(90)),
            ("1h30m", Some(90)),
            ("1h 30", Some(90)),
            ("1 h 30 min", Some(90)),
            ("1 hour and 30 minutes", Some(90)),
            ("1 hour, 30 mins", Some(90)),
            ("1h + 30m", Some(90)),
            ("1:30", Some(90)),
            ("PT1H30M", Some(90)),
            ("90m", Some(90)),
            ("90 s", Some(2)),
            ("2-3 hours", Some(180)),
            ("2 - 3 h", Some(180)),
            ("2 to 3 hours", Some(180)),
            ("one to two hours", Some(120)),
            ("1.5–2 hours", Some(120)),
            ("3-2 hours", Some(180)),
            ("1 h - 2", Some(120)),
            ("30–45 min", Some(45)),
            ("45-60", Some(60)),
            ("45 min - 1 hour", Some(60)),
            ("45 min – one break", Some(45)),
            ("2-3 hours - maybe more", Some(180)),
            ("half an hour", Some(30)),
            ("half a day", Some(240)),
            ("½ day", Some(240)),
            ("1/2 day", Some(240)),
            ("0.5 days", Some(240)),
            ("1 day", Some(480)),
            ("1d", Some(480)),
            ("2 days", Some(960)),
            ("1 week", Some(2400)),
            ("3 weeks, two people", Some(7200)),
            ("< 30 min", Some(30)),
            ("> 60 min", Some(60)),
            ("up to 2 hours", Some(120)),
            ("1 hour (incl. review)", Some(60)),
            ("1 hour (or 2)", Some(60)),
            ("45 minutes per module", Some(45)),
            ("1 hour incl. 15 min review", Some(60)),
            ("⏱️ 45 min", Some(45)),
            ("none", None),
            ("?", None),
            ("", None),
            ("—", None),
            ("tbd", None),
            ("a few hours", None),
            ("hours", None),
            ("M", None),
            ("0", None),
            ("0 min", None),
            ("1.5", None),
            ("2 sessions", None),
            ("2 3 hours", None),
            ("3 months", None),
            ("2 hours ago", None),
            ("2026-01-02", None),
            ("BE-45", None),
            ("99999999999999999999 h", None),
            ("1e3", None),
            ("ünï", None),
        ] {
            assert_eq!(minutes(text), expected, "{text}");
        }
    }

    #[test]
    fn both_readers_agree() {
        for text in ["45 min", "1h", "1 h 30 min", "1.5 h", "1,5 hours", "2 days", "1 hour, 30 mins", "1 week", "90m"] {
            let span = text.parse::<Span>().unwrap();
            assert_eq!(of_span(&span), of_words(text, None), "{text}");
        }
    }

    #[test]
    fn overruns() {
        for (estimate, elapsed, over) in [(60, 59, None), (60, 60, None), (60, 61, Some(1)), (0, 5, Some(5))] {
            assert_eq!(overrun(estimate, elapsed), over);
        }
    }
}
