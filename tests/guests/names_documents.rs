//! Calls files documents, as its configuration says: it writes them, calls them local, or commits them as documents.

use serde::Deserialize;
use session_sdk::{CommitRequest, Context, Plugin, Result, Settle, Summary, files, log, repository};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    write: Vec<String>,
    local: Vec<String>,
    own: Vec<String>,
}

struct NamesDocuments(Config);

#[session_sdk::plugin]
impl Plugin for NamesDocuments {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        Ok(Self(config))
    }

    fn settle(&mut self, cx: &Context<Settle>) -> Result<Summary> {
        for path in &self.0.write {
            files::write(path, format!("{}\n", cx.data.reason))?;
        }
        let paths = self.0.own.clone();
        if cx.data.reason == "complete" && !paths.is_empty() {
            let message = "docs: by a guest".to_owned();
            let made = repository::commit(&CommitRequest { message, paths, own: true, ..CommitRequest::default() });
            if let Err(error) = made {
                log::warn(error.to_string());
            }
        }
        Ok(Summary { local: self.0.local.clone(), ..Summary::quiet() })
    }
}
