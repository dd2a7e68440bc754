//! Documents that two branches changed: git's merge driver, and mending what a merge left with conflict markers.

use std::path::{Path, PathBuf};

use session_core::session::Record;
use session_engine::project::{JsonFault, Project, RECORDS};
use session_repository::{Versions, conflict, merge_text};
use session_system::{Limit, read_own, replace};
use session_types::conflict::{Conflicts, begins_in, conflicts};
use session_types::{Merge, Merged};

use super::app::{App, Start};
use super::error::CommandError;

/// A document with conflict markers, and what becomes of it.
#[derive(Clone, Debug)]
pub struct Mended {
    pub path: String,
    pub before: String,
    pub after: String,
    /// Places that a person must still decide.
    pub conflicts: usize,
}

/// Mends the documents that a merge left with conflict markers.
///
/// # Errors
/// Where a document cannot be read or written.
pub fn mend_conflicts(start: &Start, dry_run: bool) -> Result<Vec<Mended>, CommandError> {
    // Git waits for these, and what brings two versions together may be a bundled plugin.
    let app = App::open(start)?;
    let _lock = if dry_run { None } else { Some(app.lock_project()?) };
    let mut all = Vec::new();
    let mut mend = |path: String| -> Result<(), CommandError> {
        all.extend(mended(&app, &path, dry_run)?);
        Ok(())
    };
    // The records first: they say which other documents there are.
    app.record_files()?.into_iter().try_for_each(&mut mend)?;
    let overview = app.overview_without_plan()?;
    if !dry_run || overview.damaged.is_empty() {
        let files = app.document_files(&overview)?;
        files.into_iter().filter(|path| !path.starts_with(RECORDS)).try_for_each(&mut mend)?;
    }
    Ok(all)
}

/// Mends one document. None where it has no conflict, or no plugin says that it is its own.
fn mended(app: &App<'_>, path: &str, dry_run: bool) -> Result<Option<Mended>, CommandError> {
    let mut files = app.project.files(dry_run)?;
    let Some(bytes) = files.read(path)? else { return Ok(None) };
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        CommandError::new(format!("{path} is not UTF-8"))
            .because(format!("byte {at} does not belong to any character"))
            .hint("save it as UTF-8")
    })?;
    let known = conflict(&app.project.root, path);
    let merged = match (path.starts_with(RECORDS), known) {
        (true, known) => match split(&text).or(known.filter(|known| known.ours == text)) {
            Some(versions) => by_host(&versions, path).transpose()?.map(|text| Merged { text, conflicts: 0 }),
            None => None,
        },
        // A driver that could not be run leaves no markers at all.
        (false, Some(known)) if known.ours == text => app.merge(&known.of(path))?,
        // Git's own copies know the base; the text with its markers holds what somebody may have edited since.
        (false, known) if begins_in(text.as_bytes()) => {
            let base = known.and_then(|known| known.base);
            app.merge(&Merge { path: path.to_owned(), base, conflicted: Some(text.clone()), ..Merge::default() })?
        }
        (false, _) => None,
    };
    let merged = merged.filter(|merged| merged.text != text || merged.conflicts > 0);
    let Some(merged) = merged else { return Ok(None) };
    files.write(path, merged.text.as_bytes())?;
    Ok(Some(Mended { path: path.to_owned(), before: text, after: merged.text, conflicts: merged.conflicts }))
}

/// A record with conflict markers as the versions that it was made of. A document is taken apart by its plugin: in
/// Markdown a marker may be an example.
fn split(text: &str) -> Option<Versions> {
    let Conflicts { base, ours, theirs, .. } = conflicts(text, |_| false)?;
    Some(Versions { base, ours, theirs })
}

/// Merges THEIRS into OURS for git, which waits for the answer, whatever the project's plugins are: where they cannot be
/// asked, plain text is merged. `path`: of the merged file, from the top of the working tree.
///
/// # Errors
/// Where a version cannot be read, or a person must decide.
pub fn merge_for_git(start: &Start, [base, ours, theirs]: [&PathBuf; 3], path: &Path) -> Result<(), CommandError> {
    let read = |path: &PathBuf| {
        read_own(path, Limit::TEXT)
            .map_err(|e| CommandError::from(e).while_(format!("{} cannot be read", path.display())))
    };
    let text = |bytes: Vec<u8>| String::from_utf8(bytes);
    let (Ok(base), Ok(our), Ok(their)) = (text(read(base)?), text(read(ours)?), text(read(theirs)?)) else {
        return Err(CommandError::new(format!("{} is not UTF-8 in every version", path.display()))
            .hint("merge it by hand: git checkout --ours or --theirs, then git add"));
    };
    let base = Some(base).filter(|base| !base.is_empty());
    let versions = Versions { base, ours: our, theirs: their };
    let (merged, conflicts) = match by_plugin(start, &versions, path) {
        Ok(Some(merged)) => merged,
        Ok(None) => merge_text(&versions)?,
        Err(error) => {
            start.front.warned(&format!("{} is merged as plain text: {}", path.display(), error.message));
            merge_text(&versions)?
        }
    };
    replace(ours, merged.as_bytes())?;
    if conflicts {
        return Err(CommandError::new(format!("{} has conflicts that a person must decide", path.display()))
            .hint("edit it, then git add it"));
    }
    Ok(())
}

/// Records are the host's own: two of one session become one. None where it is no record.
fn by_host(versions: &Versions, path: &str) -> Option<Result<String, CommandError>> {
    if !path.starts_with(RECORDS) {
        return None;
    }
    let parse = |text: &str| serde_json::from_str::<Record>(text);
    let merged = parse(&versions.ours).and_then(|ours| Ok(ours.merged(parse(&versions.theirs)?)));
    let text = merged.and_then(|record| serde_json::to_string_pretty(&record)).map(|text| text + "\n");
    Some(text.map_err(|e| {
        CommandError::new(format!("{path} is a record that cannot be merged"))
            .because(JsonFault::from(&e).to_string())
            .hint("take one of the two: git checkout --ours or --theirs, then git add")
    }))
}

/// The project that the file belongs to may stand below the top, and its folder may not be there in this commit.
fn by_plugin(start: &Start, versions: &Versions, path: &Path) -> Result<Option<(String, bool)>, CommandError> {
    let top = start.folder.canonicalize()?;
    let whole = top.join(path);
    let folder = whole.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(&top);
    let project = Project::find(folder)?;
    let inside = whole.strip_prefix(&project.root).unwrap_or(path).to_string_lossy().into_owned();
    if let Some(text) = by_host(versions, &inside) {
        return Ok(Some((text?, false)));
    }
    let app = App::open_project(start, project)?;
    let merged = app.merge(&versions.clone().of(&inside))?;
    Ok(merged.map(|merged| (merged.text, merged.conflicts > 0)))
}
