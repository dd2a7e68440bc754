//! `.gitattributes` of a project: which documents git shall merge by this program.

use session_core::session::Overview;
use session_engine::project::RECORDS;
use session_repository::{DRIVER, Versions};
use session_system::Limit;

use super::app::App;
use super::error::CommandError;

/// Where git is told which files it shall merge by this program.
pub(crate) const ATTRIBUTES: &str = ".gitattributes";

/// Names the documents that a plugin can merge in `.gitattributes`; the file, where it is one to commit.
pub(crate) fn attributes(
    app: &App<'_>,
    documents: &[String],
    changed: &[String],
    overview: &Overview,
) -> Result<Option<String>, CommandError> {
    let root = &app.project.root;
    // Also where there is no repository yet: it is of use when there is.
    let in_git = session_repository::work_tree(root).is_some();
    let dispatcher = app.dispatcher(None, app.project.home.logs());
    let mut lines = String::new();
    for path in documents.iter().map(|path| overview.real(path)) {
        let path = path.as_str();
        let text = app.project.read(path, Limit::PLUGIN_FILE).ok().flatten().map(String::from_utf8);
        let Some(Ok(text)) = text else { continue };
        let versions = Versions { base: Some(text.clone()), ours: text.clone(), theirs: text };
        if dispatcher.merge(&versions.of(path))?.is_some() {
            lines.push_str(&format!("/{} merge={DRIVER}\n", path.replace(' ', "[[:space:]]")));
        }
    }
    lines.push_str(&format!("/{}*.json merge={DRIVER}\n", overview.real(RECORDS)));
    let path = ATTRIBUTES;
    let mut files = app.project.files(false)?;
    let before = files.read(path)?.unwrap_or_default();
    let known = app.init_documents()?.contains(path);
    if String::from_utf8_lossy(&before).contains(&lines) {
        return Ok(known.then(|| path.to_owned()));
    }
    // Edits of the user's own are not ours to commit.
    let edited = if in_git { changed.iter().any(|changed| changed == path) } else { !before.is_empty() };
    let ours = known || !edited;
    if ours {
        // Before it is written: who comes after a kill could not tell it from such edits.
        app.keep_documents(&[path.to_owned()])?;
    }
    let gap: &[u8] = if before.is_empty() || before.ends_with(b"\n") { b"" } else { b"\n" };
    let text = [&before, gap, lines.as_bytes()].concat();
    if let Err(error) = files.write(path, &text) {
        // The project works without; merges then need `progress --resolve`.
        app.warn(format!("git will not merge the documents row by row: {error}"));
        return Ok(None);
    }
    Ok(ours.then(|| path.to_owned()))
}
