//! One engine for the process, and the life of one instance.

use std::time::Duration;

use session_types::{Error, Event};
use wasmtime::component::{Component, HasSelf, InstancePre, Linker};
use wasmtime::{Config, Store, Trap, UpdateDeadline};

use super::super::{HandlerEnd, Step};
use super::bindings::session::plugin as imports;
use super::guest::Guest;
use super::wasi;

/// How often a running guest is looked at.
const TICK: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(in super::super) struct Engine {
    pub(super) engine: wasmtime::Engine,
}

/// Counts epochs for as long as the engine lives: one thread for all steps of a command.
fn tick(engine: &wasmtime::Engine) -> std::io::Result<()> {
    let engine = engine.weak();
    let ticks = move || {
        loop {
            std::thread::sleep(TICK);
            let Some(engine) = engine.upgrade() else { return };
            engine.increment_epoch();
        }
    };
    std::thread::Builder::new().spawn(ticks).map(drop)
}

/// A component with its imports resolved: what all its steps of one command share.
#[derive(Clone)]
pub(in super::super) struct Loaded(InstancePre<Guest>);

impl Engine {
    /// Resolves the imports of a component.
    pub(in super::super) fn link(&self, component: &Component) -> Result<Loaded, Error> {
        let linked = self.linker(component).and_then(|linker| linker.instantiate_pre(component));
        linked.map(Loaded).map_err(|e| Error::new("the plugin cannot be linked").because(e.root_cause().to_string()))
    }

    pub(in super::super) fn new() -> Result<Self, Error> {
        let mut config = Config::new();
        config.wasm_component_model(true).epoch_interruption(true);
        let failed = |cause: String| Error::new("cannot make an engine for plugins").because(cause);
        let engine = wasmtime::Engine::new(&config).map_err(|e| failed(e.to_string()))?;
        tick(&engine).map_err(|e| failed(e.to_string()))?;
        Ok(Self { engine })
    }

    /// Runs one handler in a fresh instance.
    pub(in super::super) fn run(
        &self,
        loaded: &Loaded,
        contract: &str,
        event: Event,
        input: &str,
        step: Step,
    ) -> HandlerEnd {
        let mut store = Store::new(&self.engine, Guest::new(step));
        match self.call(&mut store, loaded, contract, event, input) {
            Ok(Ok(text)) => HandlerEnd::Done(text),
            Ok(Err(text)) => HandlerEnd::Failed(Error::from_text(&text)),
            Err(error) => HandlerEnd::Trapped(trap(&error, store.data())),
        }
    }

    fn call(
        &self,
        store: &mut Store<Guest>,
        loaded: &Loaded,
        contract: &str,
        event: Event,
        input: &str,
    ) -> wasmtime::Result<Result<String, String>> {
        store.limiter(|guest| &mut guest.limits);
        // Before instantiation: start code runs there.
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|cx| match cx.data().overdue() {
            Some(reason) => Err(wasmtime::Error::msg(reason)),
            None => Ok(UpdateDeadline::Continue(1)),
        });
        let instance = loaded.0.instantiate(&mut *store)?;
        let interface = format!("session:plugin/on-{event}@{contract}");
        let missing = || wasmtime::Error::msg(format!("it does not export {interface}"));
        let index = instance.get_export_index(&mut *store, None, &interface).ok_or_else(missing)?;
        let index = instance.get_export_index(&mut *store, Some(&index), "handle").ok_or_else(missing)?;
        let handle = instance.get_typed_func::<(&str,), (Result<String, String>,)>(&mut *store, index)?;
        handle.call(&mut *store, (input,)).map(|(answer,)| answer)
    }

    fn linker(&self, component: &Component) -> wasmtime::Result<Linker<Guest>> {
        type Data = HasSelf<Guest>;
        let mut linker = Linker::new(&self.engine);
        imports::log::add_to_linker::<Guest, Data>(&mut linker, |guest| guest)?;
        imports::facts::add_to_linker::<Guest, Data>(&mut linker, |guest| guest)?;
        imports::files::add_to_linker::<Guest, Data>(&mut linker, |guest| guest)?;
        imports::checks::add_to_linker::<Guest, Data>(&mut linker, |guest| guest)?;
        imports::command::add_to_linker::<Guest, Data>(&mut linker, |guest| guest)?;
        imports::repository::add_to_linker::<Guest, Data>(&mut linker, |guest| guest)?;
        wasi::add_to_linker(&mut linker, component)?;
        Ok(linker)
    }
}

/// A trap in words, with what the guest said last.
fn trap(error: &wasmtime::Error, guest: &Guest) -> Error {
    let cause = match error.downcast_ref::<Trap>() {
        Some(Trap::UnreachableCodeReached) => "it panicked or aborted".to_owned(),
        Some(Trap::StackOverflow) => "it ran out of stack".to_owned(),
        Some(trap) => trap.to_string(),
        None => error.root_cause().to_string(),
    };
    let error = Error::new("the plugin broke").because(cause);
    // The last line of a panic says how to see more of it, which nobody can in here.
    let said = guest.output.lines().map(str::trim).rfind(|line| !line.is_empty() && !line.starts_with("note:"));
    said.into_iter().fold(error, Error::because)
}
