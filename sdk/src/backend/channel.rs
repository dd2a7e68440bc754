//! Calls as data, to whoever answers them on this thread: the host behind the native ABI, or a test.

use std::cell::RefCell;

use crate::{
    Answer, Bytes, Change, Commit, CommitRequest, Committed, Head, HistoryRequest, Level, Outcome, Request,
    RevertRequest, Run, TreeRequest, Verdict,
};
use crate::{Error, Evidence, Result};

pub(crate) type ChildHandle = u32;
type Answerer = Box<dyn FnMut(Request) -> Result<Answer>>;

thread_local! {
    static HOST: RefCell<Option<Answerer>> = const { RefCell::new(None) };
}

/// Puts back who answered before, also where what ran unwinds: else its host would answer whoever calls next.
struct Restore(Option<Answerer>);

impl Drop for Restore {
    fn drop(&mut self) {
        HOST.set(self.0.take());
    }
}

/// Lets `host` answer every call that `run` makes.
pub(crate) fn with<T>(host: Answerer, run: impl FnOnce() -> T) -> T {
    let _restore = Restore(HOST.replace(Some(host)));
    run()
}

fn call(request: Request) -> Result<Answer> {
    HOST.with_borrow_mut(|host| match host {
        Some(host) => host(request),
        None => Err(Error::new("no host answers here").hint("run the handler through session_sdk::testing")),
    })
}

fn unexpected<T>(answer: &Answer) -> Result<T> {
    Err(Error::new("the host answered something else than what was asked").because(format!("{answer:?}")))
}

macro_rules! calls {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),*) -> $out:ty
        { $request:expr => $answer:pat => $value:expr })*) => {
        $(pub(crate) fn $name($($arg: $ty),*) -> Result<$out> {
            match call($request)? {
                $answer => Ok($value),
                other => unexpected(&other),
            }
        })*
    };
}

calls! {
    fn fact_get(key: &str) -> Option<String> {
        Request::FactGet { key: key.to_owned() } => Answer::Fact { value } => value
    }
    fn fact_set(key: &str, value: &str) -> () {
        Request::FactSet { key: key.to_owned(), value: value.to_owned() } => Answer::Done => ()
    }
    fn file_read(path: &str) -> Option<Vec<u8>> {
        Request::FileRead { path: path.to_owned() } => Answer::Content { content } => content.map(|c| c.0)
    }
    fn file_write(path: &str, content: &[u8]) -> () {
        Request::FileWrite { path: path.to_owned(), content: Bytes(content.to_vec()) } => Answer::Done => ()
    }
    fn file_remove(path: &str) -> () {
        Request::FileRemove { path: path.to_owned() } => Answer::Done => ()
    }
    fn file_list(path: &str) -> Vec<String> {
        Request::FileList { path: path.to_owned() } => Answer::Names { names } => names
    }
    fn check(verdict: Verdict, evidence: &Evidence) -> () {
        Request::Check { verdict, evidence: evidence.clone() } => Answer::Done => ()
    }
    fn spawn(run: Run) -> ChildHandle {
        Request::Spawn(run) => Answer::Child { child } => child
    }
    fn wait(child: ChildHandle) -> Outcome {
        Request::Wait { child } => Answer::Outcome(outcome) => outcome
    }
    fn head() -> Head {
        Request::Head => Answer::Head(head) => head
    }
    fn changes() -> Vec<Change> {
        Request::Changes => Answer::Changes { changes } => changes
    }
    fn tree(request: &TreeRequest) -> String {
        Request::Tree(request.clone()) => Answer::Tree { tree } => tree
    }
    fn commit(request: &CommitRequest) -> Committed {
        Request::Commit(request.clone()) => Answer::Committed(committed) => committed
    }
    fn revert(request: &RevertRequest) -> Committed {
        Request::Revert(request.clone()) => Answer::Committed(committed) => committed
    }
    fn file_at(commit: &str, path: &str) -> Option<Vec<u8>> {
        Request::FileAt { commit: commit.to_owned(), path: path.to_owned() }
            => Answer::Content { content } => content.map(|c| c.0)
    }
    fn history(request: &HistoryRequest) -> Vec<Commit> {
        Request::History(request.clone()) => Answer::History { commits } => commits
    }
    fn diff(since: Option<&str>, paths: &[String]) -> String {
        Request::Diff { since: since.map(str::to_owned), paths: paths.to_vec() } => Answer::Diff { text } => text
    }
    fn patch_id(commit: &str) -> Option<String> {
        Request::PatchId { commit: commit.to_owned() } => Answer::PatchId { id } => id
    }
    fn exclude(path: &str) -> () {
        Request::Exclude { path: path.to_owned() } => Answer::Done => ()
    }
}

/// Lines that nobody listens to are dropped: a plugin's pure code may log in a plain unit test.
pub(crate) fn log(level: Level, message: &str) {
    let _ = call(Request::Log { level, message: message.to_owned() });
}

pub(crate) fn progress(done: u64, total: u64, message: &str) {
    let _ = call(Request::Progress { done, total, message: message.to_owned() });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_gone_after_what_it_answered_has_unwound() {
        let unwind = || with(Box::new(|_| Ok(Answer::Done)), || std::panic::resume_unwind(Box::new(())));
        assert!(std::panic::catch_unwind(unwind).is_err());
        assert!(fact_set("a", "b").is_err(), "nobody answers");
    }
}
