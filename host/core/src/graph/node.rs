//! A session as drawings see it. What a session really is stands in `session/state.rs`.

use session_types::Status;

/// One session of a plan. `depends_on` is as the plan has it: unknown IDs, its own ID and doubles may stand in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    pub id: String,
    pub title: String,
    pub state: NodeState,
    pub depends_on: Vec<String>,
    /// Patterns of the files that it may change, see [`session_types::pattern`].
    pub files: Vec<String>,
}

/// A status, and the two things that a reader of a graph asks besides it: can it start, and did its checks fail?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NodeState {
    #[default]
    Pending,
    Ready,
    Active,
    Paused,
    Done,
    Failed,
    RolledBack,
}

/// How a state looks, as `#rrggbb`; text on `fill` has a contrast of 7:1 at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colours {
    pub fill: &'static str,
    pub line: &'static str,
    pub text: &'static str,
}

impl NodeState {
    /// In the order of legends.
    pub const ALL: [Self; 7] =
        [Self::Done, Self::Active, Self::Paused, Self::Failed, Self::RolledBack, Self::Ready, Self::Pending];

    /// `ready` and `failed` add to a status and never contradict it: what is done stays done. A session that was rolled
    /// back is shown as such even where it could start again, since that says more.
    pub const fn of(status: Status, ready: bool, failed: bool) -> Self {
        match status {
            Status::Done => Self::Done,
            Status::Active | Status::Paused if failed => Self::Failed,
            Status::Active => Self::Active,
            Status::Paused => Self::Paused,
            Status::RolledBack => Self::RolledBack,
            Status::Pending | Status::Unknown if ready => Self::Ready,
            Status::Pending | Status::Unknown => Self::Pending,
        }
    }

    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::RolledBack => "rolled back",
        }
    }

    /// One column wide, and none that terminals replace by an emoji.
    pub const fn symbol(self) -> char {
        match self {
            Self::Pending => '○',
            Self::Ready => '▷',
            Self::Active => '●',
            Self::Paused => '‖',
            Self::Done => '✓',
            Self::Failed => '✗',
            Self::RolledBack => '↶',
        }
    }

    /// As an identifier of Mermaid and CSS.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::RolledBack => "rolledback",
            other => other.word(),
        }
    }

    pub const fn colours(self) -> Colours {
        let (fill, line, text) = match self {
            Self::Pending => ("#ffffff", "#6e7781", "#24292f"),
            Self::Ready => ("#ddf4ff", "#0969da", "#0a3069"),
            Self::Active => ("#fff3b0", "#9a6700", "#4d2d00"),
            Self::Paused => ("#f3e8ff", "#8250df", "#3e1f79"),
            Self::Done => ("#dafbe1", "#1a7f37", "#044f1e"),
            Self::Failed => ("#ffe2e0", "#cf222e", "#6e0011"),
            Self::RolledBack => ("#ffe8d6", "#bc4c00", "#5c2400"),
        };
        Colours { fill, line, text }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn luminance(hex: &str) -> f64 {
        let part = |at: usize| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        let linear = |c: f64| if c <= 0.03928 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
        0.2126 * linear(part(1)) + 0.7152 * linear(part(3)) + 0.0722 * linear(part(5))
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_and_lines_can_be_told_from_what_is_behind_them() {
        for state in NodeState::ALL {
            let Colours { fill, line, text } = state.colours();
            assert!(contrast(fill, text) >= 7.0, "{state:?}: {}", contrast(fill, text));
            assert!(contrast(fill, line) >= 3.0 && contrast("#ffffff", line) >= 3.0, "{state:?}");
        }
    }

    #[test]
    fn states_differ_without_colour() {
        assert_eq!(NodeState::ALL.iter().map(|s| s.symbol()).collect::<BTreeSet<_>>().len(), 7);
        assert_eq!(NodeState::ALL.iter().map(|s| s.word()).collect::<BTreeSet<_>>().len(), 7);
    }

    #[test]
    fn a_status_is_refined_and_never_contradicted() {
        let of = NodeState::of;
        assert_eq!(of(Status::Pending, true, false), NodeState::Ready);
        assert_eq!(of(Status::Pending, false, true), NodeState::Pending);
        assert_eq!(of(Status::Active, false, true), NodeState::Failed);
        assert_eq!(of(Status::Done, true, true), NodeState::Done);
        assert_eq!(of(Status::RolledBack, true, false), NodeState::RolledBack);
        assert_eq!(of(Status::Unknown, false, false), NodeState::Pending);
    }
}
