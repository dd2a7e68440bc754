//! Weeks: the number in a heading, and the one that a day falls into, counted from the document's Started line.

use jiff::civil::Date;
use session_sdk::{Row, Timestamp};

/// The days a document counts its weeks by.
#[derive(Clone, Copy, Debug)]
pub struct Calendar(Date);

impl Calendar {
    pub fn from(started: &str) -> Option<Self> {
        date(started).map(Self)
    }

    /// The calendar of a document that has weeks and says when it was started.
    pub fn of<S: AsRef<str>>(lines: &[S]) -> Option<Self> {
        let lines = || lines.iter().map(|line| line.as_ref().trim());
        let has_weeks = lines().any(|line| line.starts_with("### Week "));
        let started = lines().find_map(|line| line.strip_prefix("> **Started:**"));
        started.filter(|_| has_weeks).and_then(|text| Self::from(text.trim()))
    }

    /// From the plan, else from the day on which the session was started, else from today's.
    pub fn week(self, row: &Row, now: &Timestamp) -> Option<u32> {
        let day = date(row.started.as_ref().unwrap_or(now).date());
        row.week.or_else(|| day.map(|day| self.week_of(day)))
    }

    /// What lies before the start is week 1.
    fn week_of(self, day: Date) -> u32 {
        let days = day.duration_since(self.0).as_hours() / 24;
        u32::try_from(days / 7).unwrap_or_default() + 1
    }
}

/// `Week 3 (2026-01-19 to 2026-01-23)` is 3.
pub fn week(title: &str) -> Option<u32> {
    let rest = title.strip_prefix("Week ")?;
    rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())].parse().ok()
}

/// `2026-01-02` with anything behind it.
fn date(text: &str) -> Option<Date> {
    let mut parts = text.get(..10)?.split('-');
    let mut number = || parts.next()?.parse::<i16>().ok();
    let (year, month, day) = (number()?, number()?, number()?);
    Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_count_from_the_start() {
        let calendar = Calendar::of(&["> **Started:** 2025-12-29\r\n", "### Week 1\r\n"]).expect("weeks");
        let week = |day: &str| calendar.week(&Row::default(), &Timestamp(format!("{day}T09:00:00+01:00")));
        assert_eq!(week("2025-12-29"), Some(1));
        assert_eq!(week("2026-01-04"), Some(1));
        assert_eq!(week("2026-01-05"), Some(2));
        assert_eq!(week("2026-03-02"), Some(10));
        assert_eq!(week("2025-12-01"), Some(1), "before the start");
        assert_eq!(week("2026-13-01"), None, "no date");
        assert!(Calendar::of(&["> **Started:** 2025-12-29"]).is_none(), "no weeks");
    }
}
