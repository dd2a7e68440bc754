//! Asks for everything and may do nothing: every refusal becomes part of its summary.

use session_sdk::command::Command;
use session_sdk::{Checkpoint, Context, Evidence, Plugin, Result, Summary, checks, files, repository};

#[derive(Default)]
struct Ungranted;

#[session_sdk::plugin]
impl Plugin for Ungranted {
    fn checkpoint(&mut self, _: &Context<Checkpoint>) -> Result<Summary> {
        fn said<T>(result: Result<T>) -> String {
            result
                .err()
                .map_or("it was allowed".to_owned(), |e| format!("{e} / {}", e.hint.clone().unwrap_or_default()))
        }
        Ok(Summary::quiet()
            .with("read", said(files::read("plugins.toml")))
            .with("write", said(files::write("x", "x")))
            .with("list", said(files::list(".")))
            .with("run", said(Command::new("sh").args(["-c", "touch x"]).output()))
            .with("head", said(repository::head()))
            .with("exclude", said(repository::exclude("x")))
            .with("check", said(checks::passed(&Evidence::default()))))
    }
}
