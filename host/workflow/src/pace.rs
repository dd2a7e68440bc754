//! How the active session is doing against its estimate.

use session_types::Timestamp;

use session_core::session::{Execution, SessionState, Size, minutes, overrun};

/// How the active session is doing against its estimate.
#[derive(Debug, serde::Serialize)]
pub struct Pace {
    /// Minutes that it was active, pauses apart.
    pub minutes: u32,
    pub estimated: Option<u32>,
    pub overrun: Option<u32>,
    /// Minutes since the last checkpoint, where one is due.
    pub checkpoint_due: Option<u32>,
}

impl Pace {
    /// A long session should keep something every hour.
    const HOUR: u32 = 60;

    pub fn of(state: &SessionState, now: &Timestamp) -> Self {
        let whole = |seconds: i64| u32::try_from(seconds / 60).unwrap_or(0);
        let meta = &state.session.metadata;
        let spent = whole(state.seconds(now));
        let estimated = meta.estimated_time.as_deref().and_then(minutes);
        // Work before the last checkpoint is kept.
        let kept = state.session.checkpoints.last().map_or(0, |last| whole(state.seconds(&last.at)));
        let since = spent.saturating_sub(kept);
        let heavy = Execution::read(meta).size == Some(Size::Heavy);
        let due = since >= if heavy { Self::HOUR / 2 } else { Self::HOUR };
        Self {
            minutes: spent,
            estimated,
            overrun: estimated.and_then(|estimated| overrun(estimated, spent)),
            checkpoint_due: due.then_some(since),
        }
    }
}
