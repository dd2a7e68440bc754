//! Which plugins run for an event, in which order, and what stops it. Pure; `session explain` shows it.

use session_types::Event;

use super::event::EventKind;

/// What of a plugin the schedule depends on.
#[derive(Clone, Debug)]
pub struct Handlers {
    pub name: String,
    pub events: Vec<Event>,
    /// `on-error = "warn"`.
    pub warn: bool,
}

/// The steps of one event, stage by stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    pub phase: Phase,
    pub event: Event,
    pub order: Order,
    pub rule: Rule,
    pub steps: Vec<StepPlan>,
}

/// One plugin's part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepPlan {
    /// Index in the list of plugins.
    pub plugin: usize,
    pub name: String,
    /// Its failure is a warning.
    pub warn: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// A dry run before anything is begun: what can be known beforehand is refused with nothing changed.
    Rehearse,
    Run,
    Settle,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Listed,
    Reversed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The first error stops.
    FirstError,
    /// All run; one failed check fails the event.
    AllRun,
    /// All run; the event's result stands.
    ResultStands,
}

/// Orders the steps of an event.
pub fn schedule(kind: EventKind, plugins: &[Handlers]) -> Vec<Stage> {
    let rehearse = |event| stage(Phase::Rehearse, event, Order::Listed, Rule::FirstError, plugins);
    let run = |event, rule| stage(Phase::Run, event, Order::Listed, rule, plugins);
    let mut stages = match kind {
        EventKind::Start => vec![rehearse(Event::Start), run(Event::Start, Rule::FirstError)],
        EventKind::Checkpoint => vec![rehearse(Event::Checkpoint), run(Event::Checkpoint, Rule::FirstError)],
        EventKind::Verify => vec![run(Event::Verify, Rule::AllRun)],
        EventKind::Complete => {
            vec![rehearse(Event::Complete), run(Event::Verify, Rule::AllRun), run(Event::Complete, Rule::FirstError)]
        }
        // The order in which things were made is the one in which they depend on one another: a database is taken back
        // while the files are there that say how.
        EventKind::Rollback => vec![
            rehearse(Event::Rollback),
            stage(Phase::Run, Event::Rollback, Order::Reversed, Rule::FirstError, plugins),
        ],
        EventKind::Pause | EventKind::Note => vec![],
    };
    stages.push(settle_stage(plugins));
    stages
}

/// The steps that bring the documents up to date: the last stage of every event, and all there is where no event happens.
pub fn settle_stage(plugins: &[Handlers]) -> Stage {
    stage(Phase::Settle, Event::Settle, Order::Reversed, Rule::ResultStands, plugins)
}

fn stage(phase: Phase, event: Event, order: Order, rule: Rule, plugins: &[Handlers]) -> Stage {
    let mut steps: Vec<StepPlan> = plugins
        .iter()
        .enumerate()
        .filter(|(_, plugin)| plugin.events.contains(&event))
        .map(|(i, plugin)| StepPlan { plugin: i, name: plugin.name.clone(), warn: plugin.warn })
        .collect();
    if order == Order::Reversed {
        steps.reverse();
    }
    Stage { phase, event, order, rule, steps }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugin(name: &str, events: &[Event]) -> Handlers {
        Handlers { name: name.into(), events: events.to_vec(), warn: false }
    }

    fn names(stage: &Stage) -> Vec<&str> {
        stage.steps.iter().map(|step| step.name.as_str()).collect()
    }

    #[test]
    fn complete_rehearses_verifies_runs_and_settles_in_reverse() {
        let plugins = [
            plugin("a", &[Event::Verify]),
            plugin("b", &[Event::Complete, Event::Settle]),
            plugin("c", &[Event::Complete, Event::Settle, Event::Verify]),
        ];
        let stages = schedule(EventKind::Complete, &plugins);
        let short: Vec<_> = stages.iter().map(|s| (s.phase, s.event, names(s))).collect();
        assert_eq!(
            short,
            [
                (Phase::Rehearse, Event::Complete, vec!["b", "c"]),
                (Phase::Run, Event::Verify, vec!["a", "c"]),
                (Phase::Run, Event::Complete, vec!["b", "c"]),
                (Phase::Settle, Event::Settle, vec!["c", "b"]),
            ]
        );
        assert_eq!(stages[1].rule, Rule::AllRun);
    }

    #[test]
    fn rollback_goes_backwards_after_a_rehearsal_in_order() {
        let plugins = [plugin("git", &[Event::Rollback]), plugin("alembic", &[Event::Rollback])];
        let short: Vec<_> =
            schedule(EventKind::Rollback, &plugins).iter().map(|s| (s.phase, names(s).join(" "))).collect();
        let expected = [(Phase::Rehearse, "git alembic"), (Phase::Run, "alembic git"), (Phase::Settle, "")];
        assert_eq!(short, expected.map(|(phase, names)| (phase, names.to_owned())));
    }

    #[test]
    fn every_event_settles() {
        for kind in EventKind::ALL {
            let stages = schedule(kind, &[plugin("a", &[Event::Settle])]);
            assert_eq!(stages.last().map(|s| (s.phase, s.steps.len())), Some((Phase::Settle, 1)), "{kind}");
        }
    }
}
