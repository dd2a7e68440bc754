//! Reads every plan as one session, in a file that its settings name, and calls another file the task file: paths that the
//! host then reads.

use serde::Deserialize;
use session_sdk::{Context, Plan, PlanDocument, PlannedSession, Plugin, Result, Settle, Span, Summary};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Config {
    path: Option<String>,
    task_file: Option<String>,
}

struct NamesPaths(Config);

#[session_sdk::plugin]
impl Plugin for NamesPaths {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        Ok(Self(config))
    }

    fn plan(&mut self, _: &Context<Plan>) -> Result<Option<PlanDocument>> {
        let Some(path) = self.0.path.clone() else { return Ok(None) };
        let session = PlannedSession {
            id: "HI-01".into(),
            title: "Say hello".into(),
            line: 1,
            path: Some(path),
            prompt: Span { start: 0, end: 10 }.into(),
            ..PlannedSession::default()
        };
        Ok(Some(PlanDocument { sessions: vec![session], ..PlanDocument::default() }))
    }

    fn settle(&mut self, _: &Context<Settle>) -> Result<Summary> {
        Ok(Summary { task_file: self.0.task_file.clone(), ..Summary::quiet() })
    }
}
