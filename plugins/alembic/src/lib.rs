//! Bundled plugin `alembic`: the migrations of a session are known, and taken down before its commits are reverted. Without
//! an `alembic.ini` every handler is free and silent.
//! Glue only: `rollback` is `rollback.rs`, the other events `complete.rs`, where alembic lives `project.rs`, how it is run
//! `tool.rs`. Pure are `python.rs`, `revision.rs`, `graph.rs`, `ini.rs`, `output.rs` and `sql.rs`.

mod complete;
mod failure;
mod graph;
mod ini;
mod output;
mod own_revisions;
mod project;
mod python;
mod refusals;
mod reversible;
mod revision;
mod rollback;
mod sql;
mod tool;

use serde::{Deserialize, Deserializer};
use session_sdk::{Complete, Context, Plugin, Result, Rollback, Start, Summary, Verify};

/// `[plugin.config]` of `alembic`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// How alembic is run, such as `uv run alembic`. Found out where it is not said.
    command: Option<Words>,
    /// Path of `alembic.ini`, from the root.
    config: Option<String>,
    /// Section of it, as alembic's `-n`.
    name: Option<String>,
    /// As alembic's `-x`.
    x: Vec<String>,
    /// Of each run.
    timeout: Timeout,
    /// A database that may be changed at will, to try migrations on.
    scratch_url: Option<String>,
    /// Name of the variable that env.py takes its URL from, where it does not take `sqlalchemy.url`.
    url_env: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Words {
    Line(String),
    List(Vec<String>),
}

impl Words {
    fn argv(&self) -> Vec<String> {
        match self {
            Self::Line(line) => line.split_whitespace().map(str::to_owned).collect(),
            Self::List(list) => list.clone(),
        }
    }
}

/// Milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Timeout(u64);

impl Default for Timeout {
    fn default() -> Self {
        Self(10 * 60_000)
    }
}

impl<'de> Deserialize<'de> for Timeout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        session_sdk::duration::milliseconds(&text).map(Self).ok_or_else(|| {
            serde::de::Error::custom(format!("timeout = {text:?} is no time such as \"30s\", \"10m\" or \"1h\""))
        })
    }
}

#[derive(Debug)]
pub struct Alembic {
    config: Config,
}

#[session_sdk::plugin]
impl Plugin for Alembic {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        Ok(Self { config })
    }

    fn start(&mut self, cx: &Context<Start>) -> Result<Summary> {
        complete::start(&self.config, cx)
    }

    fn verify(&mut self, cx: &Context<Verify>) -> Result<Summary> {
        complete::verify(&self.config, cx)
    }

    fn complete(&mut self, cx: &Context<Complete>) -> Result<Summary> {
        complete::complete(&self.config, cx)
    }

    fn rollback(&mut self, cx: &Context<Rollback>) -> Result<Summary> {
        rollback::rollback(&self.config, cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_read() {
        let json = r#"{"command": "uv run alembic", "timeout": "30s", "x": ["db=one"], "scratch-url": "sqlite:///s", "url-env": "URL"}"#;
        let config: Config = serde_json::from_str(json).expect(json);
        assert_eq!(
            config.command.map(|command| command.argv()),
            Some(vec!["uv".into(), "run".into(), "alembic".into()])
        );
        assert_eq!(config.timeout, Timeout(30_000));
        for no in [
            r#"{"timeout": "soon"}"#,
            r#"{"timeout": "0s"}"#,
            r#"{"timeout": "99999999999999999999h"}"#,
            r#"{"timeouts": "1s"}"#,
        ] {
            assert!(serde_json::from_str::<Config>(no).is_err(), "{no}");
        }
    }
}
