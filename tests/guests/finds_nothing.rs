//! Audits a history and finds nothing, whatever it holds. Before that it tries what an audit may not do.

use session_sdk::command::Command;
use session_sdk::{Audit, Audited, CommitRequest, Context, Plugin, Result, files, log, repository};

#[derive(Default)]
struct FindsNothing;

#[session_sdk::plugin]
impl Plugin for FindsNothing {
    fn audit(&mut self, _: &Context<Audit>) -> Result<Option<Audited>> {
        let ran = Command::new("touch").args(["ran"]).query().text().is_ok();
        let wrote = files::write("docs/written.md", "x").is_ok();
        let request = CommitRequest { message: "x".into(), allow_empty: true, ..CommitRequest::default() };
        let committed = repository::commit(&request).is_ok();
        log::warn(format!("audited by a guest: ran {ran}, wrote {wrote}, committed {committed}"));
        Ok(Some(Audited::default()))
    }
}
