//! Bundled plugin `markdown`: reads plans and task files, and renders the task file SESSION.md. Glue only: the reader
//! is `reader/`, the renderer `task.rs`. PROGRESS.md is the `progress` plugin's.

pub mod reader;
pub mod task;

use serde::Deserialize;
use session_sdk::{
    Context, Effect, Error, Plan, PlanDocument, Plugin, Project, Result, Session, Settle, Start, Status, Summary, Task,
    files,
};
use task::Owner;

/// `[plugin.config]` of `markdown`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Path of the task file.
    task_file: String,
    /// Path of a template for the task file; `{{metadata}}`, `{{prompt}}` and so on stand for its parts.
    template: Option<String>,
    /// `local` keeps it out of commits, `commit` tracks it.
    session_file: SessionFile,
    /// `plan`: where a plan names no dependency, its order is the dependency; `free` turns that off.
    order: reader::Order,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum SessionFile {
    Local,
    Commit,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            task_file: "docs/sessions/SESSION.md".into(),
            template: None,
            session_file: SessionFile::Local,
            order: reader::Order::Plan,
        }
    }
}

#[derive(Debug)]
pub struct Markdown {
    config: Config,
}

#[session_sdk::plugin]
impl Plugin for Markdown {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        Ok(Self { config })
    }

    fn plan(&mut self, cx: &Context<Plan>) -> Result<Option<PlanDocument>> {
        let path = &cx.data.path;
        let names = files::list(path)?;
        if !names.is_empty() {
            return reader::folder::read(path, names, self.config.order);
        }
        if !reader::folder::is_markdown(path) {
            return Ok(None);
        }
        let text = files::read_text(path)?.ok_or_else(|| Error::new(format!("{path} is not there")))?;
        Ok(reader::read_in(&text, self.config.order))
    }

    /// An unfinished task file of another session is never overwritten without `--force`, and then a copy is kept.
    fn start(&mut self, cx: &Context<Start>) -> Result<Summary> {
        let path = &self.config.task_file;
        let Some(text) = files::read_text(path)? else { return Ok(Summary::quiet()) };
        let id = &cx.session()?.id;
        let (what, why, name) = match task::owner(&text) {
            Owner::Nobody => return Ok(Summary::quiet()),
            Owner::Session(other) if other == id => return Ok(Summary::quiet()),
            Owner::Session(other) => {
                (format!("the unfinished session {other}"), "nothing here knows that session as paused or done", other)
            }
            Owner::People => ("something else than a task file".to_owned(), "it would be overwritten", "before"),
        };
        let copy = self.copy_path(name, &text)?;
        if !cx.data.force {
            return Err(Error::new(format!("{path} holds {what}"))
                .because(why)
                .hint(format!("move it away, or session start {id} --force, which keeps a copy as {copy}")));
        }
        files::write(&copy, &text)?;
        let kept = Summary::new(format!("kept {path} as {copy}"));
        Ok(Summary { local: vec![copy], ..kept })
    }

    fn settle(&mut self, cx: &Context<Settle>) -> Result<Summary> {
        let Some(session) = &cx.session else { return Ok(Summary::quiet()) };
        let path = &self.config.task_file;
        let before = files::read_text(path)?;
        let mut summary = Summary { task_file: Some(path.clone()), ..Summary::quiet() };
        let written = before.as_deref().and_then(|text| yours(text, &session.id));
        // The host has read the file already and added to what it found there.
        let added = session.task.clone().filter(|_| cx.data.reason == "note");
        let yours = added.or(written.clone()).or_else(|| session.task.clone());
        let yours = yours.unwrap_or_default();
        let text = match session.status {
            Status::Active => self.render(session, &cx.project, &yours)?,
            Status::Paused => task::paused(session),
            _ => task::stub(session, &cx.data),
        };
        if before.as_deref() != Some(&text) {
            let active = session.status == Status::Active;
            let kept = if active { Some(text.clone()) } else { self.render(session, &cx.project, &yours).ok() };
            // At start, the file of somebody else was dealt with before the session began; not what came after a kill.
            let starts = cx.data.reason == "start" && !cx.data.resumed;
            let dealt_with = |before: &str| match task::owner(before) {
                Owner::Session(id) => id != session.id && starts,
                Owner::People => starts,
                Owner::Nobody => false,
            };
            // What was written since the event read the file stands in no record.
            let unseen = !active && written.is_some() && written != session.task;
            let lost = |before: &str| unseen || kept.as_ref().is_some_and(|kept| task::loses(before, kept));
            let asked_only = cx.data.reason == "check";
            if let Some(before) = before.filter(|before| !asked_only && !dealt_with(before) && lost(before)) {
                let copy = self.copy_path(&session.id, &before)?;
                files::write(&copy, &before)?;
                summary.message = format!("{path} held text that stands nowhere else, so a copy is kept as {copy}");
                summary.local.push(copy);
            }
            files::write(path, &text)?;
        }
        // Copies of an attempt that was cut off before it could name them.
        let copies = cx.earlier.iter().filter_map(|effect| match effect {
            Effect::Wrote { path: copy } if copy != path && !summary.local.contains(copy) => Some(copy.clone()),
            _ => None,
        });
        summary.local.extend(copies.collect::<Vec<_>>());
        if self.config.session_file == SessionFile::Local {
            summary.local.push(path.clone());
        }
        Ok(summary)
    }
}

impl Markdown {
    fn render(&self, session: &Session, project: &Project, yours: &Task) -> Result<String> {
        let Some(path) = &self.config.template else { return Ok(task::render(session, project, yours)) };
        let template = files::read_text(path)?.ok_or_else(|| {
            Error::new(format!("the template {path} is not there"))
                .hint("correct `template` in [plugin.config] of markdown in plugins.toml")
        })?;
        task::from_template(&template, session, project, yours)
            .map_err(|e| Error { message: format!("{path}: {}", e.message), ..e })
    }

    /// A name for a copy that nothing has yet, or this very text: an attempt that was cut off may have kept it already.
    fn copy_path(&self, name: &str, text: &str) -> Result<String> {
        let (stem, ending) = self.config.task_file.rsplit_once('.').unwrap_or((&self.config.task_file, "md"));
        let mut copy = format!("{stem}-{name}.{ending}");
        for number in 2..1000 {
            if files::read(&copy)?.is_none_or(|there| there == text.as_bytes()) {
                break;
            }
            copy = format!("{stem}-{name}-{number}.{ending}");
        }
        Ok(copy)
    }
}

/// What a person has written into the task file of this session.
fn yours(text: &str, id: &str) -> Option<Task> {
    let document = reader::read(text)?;
    let session = document.sessions.into_iter().find(|session| session.id == id)?;
    let cut = |span: session_sdk::Span| text.get(span.start..span.end).map(str::to_owned);
    Some(Task {
        ticked: session.checks.into_iter().filter(|check| check.ticked).map(|check| check.text).collect(),
        commit_message: session.commit_message,
        notes: session.notes.and_then(cut),
    })
}
