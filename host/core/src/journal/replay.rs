//! What the journal says of an event that was cut off: what of it is done, and what is not known. Pure.

use session_types::replay::{Call, Replay};
use session_types::{Answer, Event, Request, Summary, Timestamp};

use super::record::{Begun, Entry, StepEnding};
use crate::session::Input;

/// An event without an end.
#[derive(Clone, Debug)]
pub struct CutOff {
    pub input: Input,
    pub number: u32,
    /// When it began; handlers are told the same time again.
    pub began: Timestamp,
    /// Whether its checks all held, and for what.
    pub verified: Option<Verified>,
    pub steps: Vec<CutStep>,
}

/// What checks hold for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// No program was asked: for any files.
    Anything,
    Tree(String),
    /// Nothing knows the tree.
    Unknown,
}

/// The last run of one step.
#[derive(Clone, Debug)]
pub struct CutStep {
    pub plugin: String,
    pub event: Event,
    /// Place of its beginning among the event's entries.
    pub begins: usize,
    pub calls: Vec<Call>,
    pub ending: Option<StepEnding>,
}

impl CutOff {
    /// Reads the entries of one event, its beginning first; none where it has an end or is none.
    pub fn read(entries: &[(Timestamp, Entry)]) -> Option<Self> {
        let ((began, Entry::Began { number, input, .. }), rest) = entries.split_first()? else { return None };
        if rest.iter().any(|(_, entry)| matches!(entry, Entry::Ended { .. })) {
            return None;
        }
        let mut cut =
            Self { input: input.clone(), number: *number, began: began.clone(), verified: None, steps: Vec::new() };
        for (at, (_, entry)) in (1..).zip(rest) {
            match entry {
                Entry::Verified { asked: false, .. } => cut.verified = Some(Verified::Anything),
                Entry::Verified { tree, .. } => {
                    cut.verified = Some(tree.clone().map_or(Verified::Unknown, Verified::Tree));
                }
                Entry::Step { plugin, event, .. } => {
                    cut.steps.retain(|step| step.plugin != *plugin || step.event != *event);
                    if *event == Event::Verify {
                        cut.verified = None;
                    }
                    let (plugin, event) = (plugin.clone(), *event);
                    cut.steps.push(CutStep { plugin, event, begins: at, calls: Vec::new(), ending: None });
                }
                entry => cut.steps.last_mut().into_iter().for_each(|step| step.take(entry)),
            }
        }
        Some(cut)
    }

    /// Whether something has been changed that a new attempt would change again, or may have been. What verification
    /// does can be done again: that is what checks are.
    pub fn has_changed(&self) -> bool {
        self.steps.iter().any(|step| step.event != Event::Verify && step.has_changed()) || self.in_doubt().is_some()
    }

    /// The step with a command of which nobody knows how it ended.
    pub fn in_doubt(&self) -> Option<(&CutStep, Request)> {
        self.steps.iter().filter(|step| step.ending.is_none()).find_map(|step| {
            let request = Replay::new(step.calls.clone(), None).in_doubt().cloned()?;
            Some((step, request))
        })
    }

    /// Whether the work that was verified is in a commit already.
    pub fn has_committed(&self) -> bool {
        let committed =
            |call: &Call| matches!(&call.answer, Some(Ok(Answer::Committed(made))) if made.commit.is_some());
        self.steps.iter().filter(|step| step.event == Event::Complete).any(|step| step.calls.iter().any(committed))
    }

    /// Leaves out the steps that have made one of these commits: they run anew.
    pub fn forget(&mut self, mut gone: impl FnMut(&str) -> bool) {
        let mut lost = |call: &Call| match &call.answer {
            Some(Ok(Answer::Committed(made))) => made.commit.as_deref().is_some_and(&mut gone),
            _ => false,
        };
        self.steps.retain(|step| !step.calls.iter().any(&mut lost));
    }

    /// The number of the last child, so that new ones get others.
    pub fn last_child(&self) -> u32 {
        let child = |call: &Call| match call.answer {
            Some(Ok(Answer::Child { child })) => Some(child),
            _ => None,
        };
        self.steps.iter().flat_map(|step| &step.calls).filter_map(child).max().unwrap_or(0)
    }

    pub fn step(&self, plugin: &str, event: Event) -> Option<&CutStep> {
        self.steps.iter().find(|step| step.plugin == plugin && step.event == event)
    }
}

impl CutStep {
    fn take(&mut self, entry: &Entry) {
        match entry {
            Entry::Intent { request, .. } => self.calls.push(Call { request: request.clone(), answer: None }),
            Entry::Answered { call, answer } => {
                if let Some(call) = self.calls.get_mut(*call as usize) {
                    call.answer = Some(answer.clone());
                }
            }
            Entry::StepEnded { ending } => self.ending = Some(ending.clone()),
            _ => {}
        }
    }

    /// An effect was done.
    pub fn has_changed(&self) -> bool {
        self.calls.iter().any(|call| call.request.is_effect() && matches!(call.answer, Some(Ok(_))))
    }

    /// What it said in the end, where it is done.
    pub fn summary(&self) -> Option<&Summary> {
        match &self.ending {
            Some(StepEnding::Done { summary }) => Some(summary),
            _ => None,
        }
    }
}

/// The call that the entries end with, where it has no answer: its number, and where the repository stood before it.
pub fn open_call(entries: &[(Timestamp, Entry)]) -> Option<(u32, &Request, Option<&session_types::Head>)> {
    let last = entries
        .iter()
        .rev()
        .map(|(_, entry)| entry)
        .find(|entry| !matches!(entry, Entry::Child(_) | Entry::Resumed { .. }))?;
    match last {
        Entry::Intent { call, request, from } => Some((*call, request, from.as_ref())),
        _ => None,
    }
}

/// The programs of which the entries do not say that they have ended.
pub fn children(entries: &[(Timestamp, Entry)]) -> Vec<&Begun> {
    let mut running: Vec<(Option<u32>, &Begun)> = Vec::new();
    let mut asked = None;
    for (_, entry) in entries {
        match entry {
            Entry::Child(begun) => running.push((None, begun)),
            Entry::Intent { request, .. } => asked = Some(request),
            Entry::Answered { answer, .. } => match (asked.take(), answer) {
                (Some(Request::Spawn(_)), Ok(Answer::Child { child })) => {
                    running
                        .iter_mut()
                        .filter(|(number, _)| number.is_none())
                        .for_each(|(number, _)| *number = Some(*child));
                }
                (Some(Request::Wait { child }), _) => running.retain(|(number, _)| number.is_some_and(|n| n != *child)),
                // A commit by git, or a program that could not be begun after all.
                _ => running.retain(|(number, _)| number.is_some()),
            },
            _ => {}
        }
    }
    running.into_iter().map(|(_, begun)| begun).collect()
}

/// The commits that the event itself has made, documents apart, and the branch that they were made on.
pub fn commits(entries: &[(Timestamp, Entry)]) -> Vec<(&str, Option<&str>)> {
    let (mut found, mut branch) = (Vec::new(), None);
    for (_, entry) in entries {
        match entry {
            Entry::Ended { .. } => break,
            Entry::Intent { from, .. } => branch = from.as_ref().and_then(|from| from.branch.as_deref()),
            Entry::Answered { answer: Ok(Answer::Committed(made)), .. } => {
                found.extend(made.commit.as_deref().map(|commit| (commit, branch)));
            }
            _ => {}
        }
    }
    found
}
