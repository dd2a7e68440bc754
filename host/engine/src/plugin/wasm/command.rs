//! Import `command`.

use session_types::{Answer, Bytes, CommandKind, Outcome, Request, Run};
use wasmtime::component::Resource;

use super::bindings::session::plugin::command::{Host, HostBuilder, HostChild, HostOutcome};
use super::guest::{Guest, text, unexpected};

#[derive(Debug, Default)]
pub struct Builder(Run);

#[derive(Debug)]
pub struct Child(u32);

type Handle<T> = Resource<T>;

impl Host for Guest {}

impl Guest {
    fn run(&mut self, this: &Handle<Builder>) -> wasmtime::Result<&mut Run> {
        Ok(&mut self.table.get_mut(this)?.0)
    }
}

impl HostBuilder for Guest {
    fn new(&mut self, program: String) -> wasmtime::Result<Handle<Builder>> {
        Ok(self.table.push(Builder(Run { argv: vec![program], ..Run::default() }))?)
    }

    fn arg(&mut self, this: Handle<Builder>, value: String) -> wasmtime::Result<()> {
        self.run(&this)?.argv.push(value);
        Ok(())
    }

    fn directory(&mut self, this: Handle<Builder>, path: String) -> wasmtime::Result<()> {
        self.run(&this)?.directory = Some(path);
        Ok(())
    }

    fn env(&mut self, this: Handle<Builder>, key: String, value: String) -> wasmtime::Result<()> {
        self.run(&this)?.env.push((key, value));
        Ok(())
    }

    fn stdin(&mut self, this: Handle<Builder>, content: Vec<u8>) -> wasmtime::Result<()> {
        self.run(&this)?.stdin = Some(Bytes(content));
        Ok(())
    }

    fn timeout(&mut self, this: Handle<Builder>, milliseconds: u64) -> wasmtime::Result<()> {
        self.run(&this)?.timeout = Some(milliseconds);
        Ok(())
    }

    fn limit(&mut self, this: Handle<Builder>, bytes: u64) -> wasmtime::Result<()> {
        self.run(&this)?.limit = Some(bytes);
        Ok(())
    }

    fn tail(&mut self, this: Handle<Builder>) -> wasmtime::Result<()> {
        self.run(&this)?.tail = true;
        Ok(())
    }

    fn query(&mut self, this: Handle<Builder>) -> wasmtime::Result<()> {
        self.run(&this)?.kind = CommandKind::Query;
        Ok(())
    }

    fn repeatable(&mut self, this: Handle<Builder>) -> wasmtime::Result<()> {
        self.run(&this)?.kind = CommandKind::Repeatable;
        Ok(())
    }

    fn interactive(&mut self, this: Handle<Builder>) -> wasmtime::Result<()> {
        self.run(&this)?.interactive = true;
        Ok(())
    }

    fn scratch(&mut self, this: Handle<Builder>, name: String, content: Vec<u8>) -> wasmtime::Result<()> {
        self.run(&this)?.scratch.push((name, Bytes(content)));
        Ok(())
    }

    fn spawn(&mut self, this: Handle<Builder>) -> wasmtime::Result<Result<Handle<Child>, String>> {
        let run = self.run(&this)?.clone();
        Ok(match self.call(Request::Spawn(run)) {
            Ok(Answer::Child { child }) => Ok(self.table.push(Child(child))?),
            Ok(other) => Err(unexpected(&other)),
            Err(error) => Err(text(error)),
        })
    }

    fn drop(&mut self, this: Handle<Builder>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl HostChild for Guest {
    fn wait(&mut self, this: Handle<Child>) -> wasmtime::Result<Result<Handle<Outcome>, String>> {
        let child = self.table.get(&this)?.0;
        Ok(match self.call(Request::Wait { child }) {
            Ok(Answer::Outcome(outcome)) => Ok(self.table.push(outcome)?),
            Ok(other) => Err(unexpected(&other)),
            Err(error) => Err(text(error)),
        })
    }

    fn drop(&mut self, this: Handle<Child>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl HostOutcome for Guest {
    fn code(&mut self, this: Handle<Outcome>) -> wasmtime::Result<Option<i32>> {
        Ok(self.table.get(&this)?.code)
    }

    fn stdout(&mut self, this: Handle<Outcome>) -> wasmtime::Result<Vec<u8>> {
        Ok(self.table.get(&this)?.stdout.0.clone())
    }

    fn stderr(&mut self, this: Handle<Outcome>) -> wasmtime::Result<Vec<u8>> {
        Ok(self.table.get(&this)?.stderr.0.clone())
    }

    fn milliseconds(&mut self, this: Handle<Outcome>) -> wasmtime::Result<u64> {
        Ok(self.table.get(&this)?.milliseconds)
    }

    fn timed_out(&mut self, this: Handle<Outcome>) -> wasmtime::Result<bool> {
        Ok(self.table.get(&this)?.timed_out)
    }

    fn planned(&mut self, this: Handle<Outcome>) -> wasmtime::Result<bool> {
        Ok(self.table.get(&this)?.planned)
    }

    fn drop(&mut self, this: Handle<Outcome>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}
