//! Which files or folders may be the plan: `--plan`, else `[project] plan`, else each `docs/**/*PROMPTS*.md` and folder
//! `docs/**/*PROMPTS*`, else what people call a plan. Which of them is one, its reader says (`cli/find_plan.rs`). And the
//! texts in it, cut by the spans that its reader gave.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use session_system::{Limit, Refusal};
use session_types::{Error, Text};

use super::find::Project;

/// As many names as a plan is looked for among.
const MOST: usize = 100_000;

#[derive(Debug, thiserror::Error)]
pub enum PlanPathError {
    #[error("the plan {path} is not there")]
    Missing { path: String, from_manifest: bool },
    #[error("the plan {path} is outside the project {root}")]
    Outside { path: String, root: String },
    #[error("the plan {path} in plugins.toml is not used")]
    Refused { path: String, source: std::io::Error },
    #[error("cannot look for a plan below docs/")]
    Walk(#[from] std::io::Error),
    #[error("docs/ has more than {MOST} files and folders, so the plan is not looked for there")]
    Many,
}

/// The plan that a person or plugins.toml names, relative to the root; none where it is to be looked for.
///
/// # Errors
/// It is not where it should be.
pub fn named_plan(project: &Project, flag: Option<&Path>) -> Result<Option<String>, PlanPathError> {
    if let Some(path) = flag {
        return from_flag(project, path).map(Some);
    }
    let Some(path) = &project.manifest.project.plan else { return Ok(None) };
    let path = path.trim_end_matches('/');
    // A folder of files counts as well as a file; what is neither is said when it is read.
    let there = project.door().and_then(|door| door.exists(path));
    match there {
        Ok(true) => Ok(Some(path.to_owned())),
        Ok(false) => Err(PlanPathError::Missing { path: path.to_owned(), from_manifest: true }),
        Err(source) => Err(PlanPathError::Refused { path: path.to_owned(), source }),
    }
}

fn from_flag(project: &Project, path: &Path) -> Result<String, PlanPathError> {
    let shown = path.display().to_string();
    let whole =
        path.canonicalize().map_err(|_| PlanPathError::Missing { path: shown.clone(), from_manifest: false })?;
    let root = project.root.display().to_string();
    let inside = whole.strip_prefix(&project.root).map_err(|_| PlanPathError::Outside { path: shown, root })?;
    Ok(inside.to_string_lossy().into_owned())
}

/// What is called a plan in the documented way, relative to the root. What is in them is not looked at: most files of
/// such a name are logs of prompts.
///
/// # Errors
/// A folder that cannot be read.
pub fn documented_plans(project: &Project) -> Result<Vec<String>, PlanPathError> {
    let door = project.door()?;
    let (all, whole) = door.walk("docs", MOST)?;
    if !whole {
        return Err(PlanPathError::Many);
    }
    let mut found: Vec<String> = Vec::new();
    for (path, entry) in &all {
        // Files of a folder that is a plan are its sessions, not plans of their own.
        let below = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        if !named_plans(path) || found.iter().any(|folder| below(folder)) {
            continue;
        }
        let holds = |path: &str| {
            let below = |other: &String| other.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
            all.iter().any(|(other, _)| below(other) && is_document(other))
        };
        // A link is what it leads to, one step deep.
        let linked = |path: &str| match door.list(path) {
            Ok(Some(entries)) => entries.iter().any(|entry| is_document(&entry.name.to_string_lossy())),
            _ => is_document(path),
        };
        let is_plan = match (entry.is_folder, entry.is_link) {
            (true, _) => holds(path),
            (false, true) => linked(path),
            (false, false) => is_document(path),
        };
        if is_plan {
            found.push(path.clone());
        }
    }
    Ok(found)
}

fn named_plans(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.contains("PROMPTS"))
}

/// Other Markdown files that people call a plan: in the root, in `docs` and in `docs/plans`.
pub fn usual_plans(project: &Project) -> Vec<String> {
    let Ok(door) = project.door() else { return Vec::new() };
    let mut found = Vec::new();
    for folder in ["", "docs/", "docs/plans/"] {
        let entries = door.list(folder).ok().flatten().unwrap_or_default();
        let names = entries.into_iter().map(|entry| entry.name.to_string_lossy().into_owned());
        let named = |name: &String| is_document(name) && (folder == "docs/plans/" || is_called_plan(name));
        found.extend(names.filter(named).map(|name| format!("{folder}{name}")));
    }
    found.retain(|path| door.has_file(path));
    found.sort();
    found
}

/// By whole words: an explanation is none.
fn is_called_plan(name: &str) -> bool {
    let name = name.to_lowercase();
    let mut words = name.trim_end_matches(".md").split(|c: char| !c.is_alphanumeric());
    words.any(|word| matches!(word, "plan" | "plans" | "prompts" | "tasks"))
}

/// Whether a file has the name of a plan, or lies in a folder of that name; it need not be there any more.
pub fn has_plan_name(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let documented = path.starts_with("docs/") && path.contains("PROMPTS");
    let usual = matches!(folder, "" | "docs" | "docs/plans") && (folder == "docs/plans" || is_called_plan(name));
    is_document(name) && (documented || usual)
}

fn is_document(name: &str) -> bool {
    name.to_lowercase().ends_with(".md")
}

/// The files of a plan, each read once.
#[derive(Debug)]
pub struct Texts<'p> {
    project: &'p Project,
    files: RefCell<HashMap<String, Rc<Vec<u8>>>>,
}

impl<'p> Texts<'p> {
    pub fn new(project: &'p Project) -> Self {
        Self { project, files: RefCell::default() }
    }

    fn file(&self, path: &str) -> Result<Rc<Vec<u8>>, Error> {
        if let Some(known) = self.files.borrow().get(path) {
            return Ok(Rc::clone(known));
        }
        let unread = |e: std::io::Error| {
            let error = Error::new(format!("cannot read {path}")).because(e.to_string());
            Refusal::of(&e).map_or(error.clone(), |refusal| error.hint(refusal.hint()))
        };
        let bytes = Rc::new(self.project.need(path, Limit::PLAN).map_err(unread)?);
        self.files.borrow_mut().insert(path.to_owned(), Rc::clone(&bytes));
        Ok(bytes)
    }

    /// A text with its pieces joined, byte for byte; none where it is empty.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn cut(&self, path: &str, text: &Text) -> Result<Option<String>, Error> {
        if text.is_empty() { Ok(None) } else { Ok(text.cut(&self.file(path)?)) }
    }

    /// One line without its end, by its number from 1.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn line(&self, path: &str, number: usize) -> Result<Option<String>, Error> {
        let bytes = self.file(path)?;
        let line = bytes.split(|byte| *byte == b'\n').nth(number.saturating_sub(1));
        Ok(line
            .map(|line| String::from_utf8_lossy(line).trim_end_matches('\r').trim_start_matches('\u{feff}').to_owned()))
    }
}
