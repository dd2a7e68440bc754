//! Assertions over all that may become of one step: it is killed, its journal is cut, its effects fail, it runs twice.
//! How a step is killed and gone on with is `step.rs`.

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::host::Host;
use super::state::{State, difference};
use super::step::{Boundary, Trap, parsed};
use crate::Result;
use crate::plugin::Plugin;
use crate::replay::{Doubt, divergence};
use crate::{Answer, Effect, Outcome, Request};
use crate::{Context, Settle};

/// What an assertion has tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    /// Runs that were disturbed. It is 0 where the handler has no effect (see [the module](super)), so assert the number
    /// that you expect: a handler that does nothing survives everything.
    pub cases: usize,
    /// The cases in which a person had to decide about a command, and how.
    pub doubts: Vec<String>,
}

/// Kills the handler at every boundary of every effect and goes on with it: world and answer must be those of a run that
/// nothing disturbs.
///
/// # Panics
/// Names the effect, the boundary and what differs.
#[track_caller]
pub fn survives_kills<P, D, S>(make: impl Fn() -> Host, context: &Context<D>) -> Tried
where
    P: Plugin + 'static,
    D: Serialize,
    S: DeserializeOwned,
{
    told(context, kills::<P, D, S>(&make, context))
}

/// Lets the handler run to its end, then cuts the journal at every entry and goes on. The world stays as the whole run
/// has left it: that is what a power cut may leave, when files reached the disk and the end of the journal did not. What
/// comes out must be the world of a run that nothing disturbs.
///
/// Facts and checks are kept in the journal, so they are cut with it. A command that may not run twice is different from
/// other effects: the host has its intent on the disk before it runs it. So a journal without the intent means that the
/// command has not run, and here it is taken out of [`World::ran`](super::World::ran).
///
/// # Panics
/// Names the last entry of the journal and what differs.
#[track_caller]
pub fn survives_cuts<P, D, S>(make: impl Fn() -> Host, context: &Context<D>) -> Tried
where
    P: Plugin + 'static,
    D: Serialize,
    S: DeserializeOwned,
{
    told(context, cuts::<P, D, S>(&make, context))
}

/// Kills the handler at every boundary of every effect and runs it from the start in the world that is left: the world
/// must become that of a run that nothing disturbs. In the context of the second run, `earlier` has what the first run has
/// done. `again` changes what else the host would tell it: for settle give [`written`], for other events `|_| {}`.
///
/// ```
/// use session_sdk::testing::{self, Host, context};
/// use session_sdk::{CommitRequest, Context, Event, Plugin, Result, Settle, Summary, files, repository};
///
/// /// Writes a report last of all, and commits what this settle has written.
/// #[derive(Default)]
/// struct Report;
///
/// #[session_sdk::plugin]
/// impl Plugin for Report {
///     fn settle(&mut self, cx: &Context<Settle>) -> Result<Summary> {
///         let text = format!("{} sessions\n", cx.data.sessions.len());
///         let mut written = cx.data.written.clone();
///         if files::read_text("report.txt")?.as_deref() != Some(&text) {
///             files::write("report.txt", &text)?;
///             written.push("report.txt".into());
///         }
///         if written.is_empty() {
///             return Ok(Summary::quiet());
///         }
///         repository::commit(&CommitRequest { message: "report".into(), paths: written, ..CommitRequest::default() })?;
///         Ok(Summary::new("reported"))
///     }
/// }
///
/// let cx = context(Event::Settle, Settle { reason: "complete".into(), ..Settle::default() });
/// // Killed behind the write, the second run finds the file as it should be: only the host can tell that it is new.
/// let tried = testing::survives_restarts::<Report, _, Summary>(Host::default, &cx, testing::written);
/// assert_eq!(tried.cases, 8, "the file and the commit, each at four boundaries");
/// ```
///
/// # Panics
/// Names the effect, the boundary and what differs.
#[track_caller]
pub fn survives_restarts<P, D, S>(
    make: impl Fn() -> Host,
    context: &Context<D>,
    again: impl Fn(&mut Context<D>),
) -> Tried
where
    P: Plugin + 'static,
    D: Serialize + Clone,
    S: DeserializeOwned,
{
    told(context, restarts::<P, D, S>(&make, context, &again))
}

/// Has every effect fail in its turn: the handler must answer an error and have no further effect. Where one of `tolerated`
/// begins the brief of the effect ([`Request::brief`]), the handler must go on instead, and answer no error.
///
/// # Panics
/// Names the effect and what the handler did.
#[track_caller]
pub fn stops_at_failures<P, D, S>(make: impl Fn() -> Host, context: &Context<D>, tolerated: &[&str]) -> Tried
where
    P: Plugin + 'static,
    D: Serialize,
    S: DeserializeOwned,
{
    told(context, failures::<P, D, S>(&make, context, tolerated))
}

/// Runs the handler, and once more in the world that it has left: that must change nothing.
///
/// # Panics
/// Names what differs.
#[track_caller]
pub fn may_run_twice<P, D, S>(make: impl Fn() -> Host, context: &Context<D>) -> Tried
where
    P: Plugin + 'static,
    D: Serialize,
    S: DeserializeOwned,
{
    told(context, twice::<P, D, S>(&make, context))
}

/// The last argument of [`survives_restarts`] for settle: puts the files that were written before the kill into
/// `data.written`, as the host does.
pub fn written(context: &mut Context<Settle>) {
    for effect in &context.earlier {
        if let Effect::Wrote { path } = effect
            && !context.data.written.contains(path)
        {
            context.data.written.push(path.clone());
        }
    }
}

type Told = Result<Tried, String>;

#[track_caller]
fn told<D>(context: &Context<D>, result: Told) -> Tried {
    match result {
        Ok(tried) => tried,
        Err(what) => panic!("{}: {what}", context.event),
    }
}

/// A run that nothing disturbs, and what came of it.
struct Calm {
    host: Host,
    answer: Result<Value>,
    state: State,
}

impl Calm {
    /// # Errors
    /// Where the handler fails though nothing disturbs it, and where it does something else in an equal world.
    fn run<P: Plugin + 'static, D: Serialize, S: DeserializeOwned>(
        make: &impl Fn() -> Host,
        context: &Context<D>,
    ) -> Result<Self, String> {
        let calm = Self::assuming::<P, D>(make, context, BTreeSet::new());
        let answer = calm.answer.as_ref().map_err(|e| format!("it fails, though nothing disturbs it: {e}"))?;
        parsed::<S>(answer.to_string()).map_err(|e| format!("its answer is not what the host takes: {e}"))?;
        // Else each place below would tell of a symptom of this.
        let (again, host) = (Self::assuming::<P, D>(make, context, BTreeSet::new()), calm.host.world());
        let (journal, again) = (&host.step.journal, &again.host.world().step.journal);
        let differs =
            |at: &usize| journal.get(*at).map(|call| &call.request) != again.get(*at).map(|call| &call.request);
        if let Some(at) = (0..journal.len()).find(differs) {
            let error = divergence(&journal[at].request, again.get(at).map(|call| &call.request));
            return Err(format!("run twice in equal worlds, {error}"));
        }
        drop(host);
        Ok(calm)
    }

    /// The commands of these effects are told to have succeeded with nothing to say: so they are where a person says it.
    fn assuming<P: Plugin + 'static, D: Serialize>(
        make: &impl Fn() -> Host,
        context: &Context<D>,
        assume: BTreeSet<usize>,
    ) -> Self {
        let mut host = make();
        host.set(|world| world.step.assume = assume);
        host.begin();
        let answer = host.answered::<P, D>(context).and_then(parsed);
        let state = host.world().state();
        Self { host, answer, state }
    }

    fn effects(&self) -> Vec<Request> {
        self.host.world().step.journal.iter().map(|call| &call.request).filter(|r| r.is_effect()).cloned().collect()
    }

    /// # Errors
    /// Says what of the world differs.
    fn same_world(&self, host: &Host) -> Result<(), String> {
        difference(&self.state, &host.world().state()).map_or(Ok(()), Err)
    }

    /// # Errors
    /// Says how the answer differs. What an error says is compared only with another error.
    fn same_answer(&self, answer: &Result<Value>) -> Result<(), String> {
        match answer {
            _ if *answer == self.answer => Ok(()),
            Ok(answer) => Err(format!("it answers {answer}, undisturbed {}", shown(&self.answer))),
            Err(error) => Err(format!("it fails: {error}")),
        }
    }
}

fn shown(answer: &Result<Value>) -> String {
    answer.as_ref().map_or_else(|e| format!("the error: {e}"), Value::to_string)
}

fn kills<P: Plugin + 'static, D: Serialize, S: DeserializeOwned>(
    make: &impl Fn() -> Host,
    context: &Context<D>,
) -> Told {
    let calm = Calm::run::<P, D, S>(make, context)?;
    let mut tried = Tried::default();
    for (n, effect) in calm.effects().iter().enumerate() {
        for boundary in Boundary::ALL {
            let case = format!("killed {boundary} of effect {n}, {}", effect.brief());
            let mut host = make();
            killed::<P, D>(&mut host, context, n, boundary).map_err(|what| format!("{case}: {what}"))?;
            let decision = decide(&mut host);
            let case = tried.case(case, &decision);
            let answer: Result<Value> = host.resume::<P, D, _>(context, decision.doubt);
            let expected = decision.expected::<P, D>(make, context);
            let expected = expected.as_ref().unwrap_or(&calm);
            expected.same_answer(&answer).and(expected.same_world(&host)).map_err(|what| format!("{case}: {what}"))?;
        }
    }
    Ok(tried)
}

fn cuts<P: Plugin + 'static, D: Serialize, S: DeserializeOwned>(
    make: &impl Fn() -> Host,
    context: &Context<D>,
) -> Told {
    let calm = Calm::run::<P, D, S>(make, context)?;
    let journal = calm.host.world().step.journal.clone();
    let mut tried = Tried::default();
    for entries in 0..=2 * journal.len() {
        let last =
            entries.checked_sub(1).map(|at| (["the intent", "the answer"][at % 2], journal[at / 2].request.brief()));
        let last = last
            .map_or_else(|| "before its first entry".to_owned(), |(what, brief)| format!("after {what} of {brief}"));
        let mut host = cut(&calm.host, entries);
        let decision = decide(&mut host);
        let case = tried.case(format!("journal cut {last}"), &decision);
        let assumed = decision.expected::<P, D>(make, context);
        if let Some(assumed) = &assumed {
            // That run is the same up to here.
            host = cut(&assumed.host, entries);
        }
        let expected = assumed.as_ref().unwrap_or(&calm);
        let answer: Result<Value> = host.resume::<P, D, _>(context, decision.doubt);
        let failed = answer.as_ref().err().filter(|_| expected.answer.is_ok());
        let result = failed.map_or(Ok(()), |error| Err(format!("it fails: {error}")));
        result.and(expected.same_world(&host)).map_err(|what| format!("{case}: {what}"))?;
    }
    Ok(tried)
}

fn restarts<P: Plugin + 'static, D: Serialize + Clone, S: DeserializeOwned>(
    make: &impl Fn() -> Host,
    context: &Context<D>,
    again: &impl Fn(&mut Context<D>),
) -> Told {
    let calm = Calm::run::<P, D, S>(make, context)?;
    let mut tried = Tried::default();
    for (n, effect) in calm.effects().iter().enumerate() {
        for boundary in Boundary::ALL {
            let case = format!("killed {boundary} of effect {n}, {}, and run again", effect.brief());
            let case = tried.case(case, &Decision::default());
            let mut host = make();
            killed::<P, D>(&mut host, context, n, boundary).map_err(|what| format!("{case}: {what}"))?;
            host.restart();
            let mut context = context.clone();
            context.earlier.extend(host.world().step.done.iter().cloned());
            again(&mut context);
            let answer = host.answered::<P, D>(&context).map_err(|error| format!("it fails: {error}"));
            answer.and(calm.same_world(&host)).map_err(|what| format!("{case}: {what}"))?;
        }
    }
    Ok(tried)
}

fn failures<P: Plugin + 'static, D: Serialize, S: DeserializeOwned>(
    make: &impl Fn() -> Host,
    context: &Context<D>,
    tolerated: &[&str],
) -> Told {
    let calm = Calm::run::<P, D, S>(make, context)?;
    let mut tried = Tried::default();
    let mut unused: Vec<&str> = tolerated.to_vec();
    for (n, effect) in calm.effects().iter().enumerate() {
        let case = tried.case(format!("effect {n} failed, {}", effect.brief()), &Decision::default());
        let mut host = make();
        host.begin();
        host.set(|world| world.step.trap = Some(Trap::Fail(n)));
        let answer = host.answered::<P, D>(context);
        if tolerated.iter().any(|start| effect.brief().starts_with(start)) {
            unused.retain(|start| !effect.brief().starts_with(start));
            answer.map_err(|error| format!("{case}: that is tolerated, but it fails: {error}"))?;
            continue;
        }
        let world = host.world();
        let more = world.step.journal.iter().filter(|call| call.request.is_effect()).nth(n + 1);
        if let Some(more) = more {
            return Err(format!("{case}: it goes on with {}", more.request.brief()));
        }
        if let Ok(answer) = answer {
            return Err(format!("{case}: it answers no error but {answer}"));
        }
    }
    match unused.first() {
        Some(start) => Err(format!("no effect begins with `{start}`, which is tolerated")),
        None => Ok(tried),
    }
}

fn twice<P: Plugin + 'static, D: Serialize, S: DeserializeOwned>(
    make: &impl Fn() -> Host,
    context: &Context<D>,
) -> Told {
    let Calm { mut host, state, .. } = Calm::run::<P, D, S>(make, context)?;
    host.restart();
    host.answered::<P, D>(context).map_err(|error| format!("run twice, it fails: {error}"))?;
    match difference(&state, &host.world().state()) {
        Some(what) => Err(format!("run twice: {what}")),
        None => Ok(Tried { cases: 1, ..Tried::default() }),
    }
}

fn killed<P: Plugin + 'static, D: Serialize>(
    host: &mut Host,
    context: &Context<D>,
    effect: usize,
    boundary: Boundary,
) -> Result<(), String> {
    match host.run_killed::<P, D, Value>(context, effect, boundary) {
        None => Ok(()),
        Some(answer) => Err(format!("in the same world it does not come there again; it answers {}", shown(&answer))),
    }
}

/// The host after a power cut that has left this much of the journal: an intent and an answer are an entry each.
fn cut(host: &Host, entries: usize) -> Host {
    let mut world = host.world().clone();
    let (facts, checks, ran) = (world.step.facts.clone(), world.step.checks, world.step.ran);
    world.facts = facts;
    world.checks.truncate(checks);
    world.ran.truncate(ran);
    world.step.journal.truncate(entries.div_ceil(2));
    if entries % 2 == 1
        && let Some(last) = world.step.journal.last_mut()
    {
        last.answer = None;
    }
    for call in &world.step.journal {
        match (call.request.clone(), &call.answer) {
            (Request::FactSet { key, value }, Some(Ok(Answer::Done))) => _ = world.facts.insert(key, value),
            (Request::Check { verdict, evidence }, Some(Ok(Answer::Done))) => world.checks.push((verdict, evidence)),
            (Request::Spawn(run), None | Some(Ok(_))) if call.request.is_effect() => world.ran.push(run.argv.join(" ")),
            _ => {}
        }
    }
    let effects = world.step.journal.iter().filter(|call| call.request.is_effect()).count();
    world.step.run.retain(|n| *n < effects);
    Host::of(world)
}

/// What a person says of commands in doubt.
#[derive(Default)]
struct Decision {
    doubt: Option<Doubt>,
    assume: BTreeSet<usize>,
    commands: Vec<String>,
}

impl Decision {
    /// The run to compare with, where it is another than the one that nothing disturbs.
    fn expected<P: Plugin + 'static, D: Serialize>(
        &self,
        make: &impl Fn() -> Host,
        context: &Context<D>,
    ) -> Option<Calm> {
        (!self.assume.is_empty()).then(|| Calm::assuming::<P, D>(make, context, self.assume.clone()))
    }
}

/// Done, where all have run and succeeded; else they shall run again. A run that comes to nothing by that is not counted.
fn decide(host: &mut Host) -> Decision {
    let open = host.world().step.open();
    if open.is_empty() {
        return Decision::default();
    }
    let commands: Vec<String> = open.iter().map(|(_, run)| run.argv.join(" ")).collect();
    let has_run = |n: &usize| host.world().step.run.contains(n);
    let succeeded = |argv: &String| host.world().commands.get(argv).is_some_and(Outcome::success);
    if open.iter().zip(&commands).all(|((n, _), argv)| has_run(n) && succeeded(argv)) {
        let assume = open.iter().map(|(n, _)| *n).collect();
        return Decision { doubt: Some(Doubt::AssumeDone), assume, commands };
    }
    let again: Vec<_> = open.iter().zip(&commands).filter(|((n, _), _)| has_run(n)).collect();
    let again: Vec<(usize, String)> = again.into_iter().map(|((n, _), argv)| (*n, argv.clone())).collect();
    host.set(|world| {
        for (n, argv) in again {
            world.step.run.remove(&n);
            if let Some(at) = world.ran.iter().rposition(|ran| *ran == argv) {
                world.ran.remove(at);
            }
        }
    });
    Decision { doubt: Some(Doubt::Retry), commands, ..Decision::default() }
}

impl Tried {
    /// Counts one, and says how it is called.
    fn case(&mut self, case: String, decision: &Decision) -> String {
        self.cases += 1;
        let how = match decision.doubt {
            None => return case,
            Some(Doubt::AssumeDone) => "assumed done",
            Some(Doubt::Retry) => "run again",
        };
        let case = format!("{case}, `{}` {how}", decision.commands.join("`, `"));
        self.doubts.push(case.clone());
        case
    }
}
