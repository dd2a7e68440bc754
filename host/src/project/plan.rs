//! Which files or folders may be the plan: `--plan`, else `[project] plan`, else each `docs/**/*PROMPTS*.md` and folder
//! `docs/**/*PROMPTS*`, else what people call a plan. Which of them is one, its reader says (`cli/find_plan.rs`). And the
//! texts in it, cut by the spans that its reader gave.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use session_sdk::{Error, Text};

use super::find::Project;

#[derive(Debug, thiserror::Error)]
pub enum PlanPathError {
    #[error("the plan {path} is not there")]
    Missing { path: String, from_manifest: bool },
    #[error("the plan {path} is outside the project {root}")]
    Outside { path: String, root: String },
    #[error("cannot look for a plan below docs/")]
    Walk(#[from] ignore::Error),
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
    if project.root.join(path).exists() {
        return Ok(Some(path.clone()));
    }
    Err(PlanPathError::Missing { path: path.clone(), from_manifest: true })
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
pub fn documented_plans(root: &Path) -> Result<Vec<String>, PlanPathError> {
    let docs = root.join("docs");
    if !docs.is_dir() {
        return Ok(Vec::new());
    }
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in ignore::WalkBuilder::new(&docs).standard_filters(false).sort_by_file_name(Ord::cmp).build() {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy();
        // Files of a folder that is a plan are its sessions, not plans of their own.
        let inside = found.iter().any(|folder| entry.path().starts_with(folder));
        let named = name.contains("PROMPTS") && !inside;
        let is_plan = if entry.path().is_dir() { holds_documents(entry.path()) } else { is_document(&name) };
        if named && is_plan {
            found.push(entry.into_path());
        }
    }
    let relative = |path: PathBuf| path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
    let mut found: Vec<String> = found.into_iter().map(relative).collect();
    found.sort();
    Ok(found)
}

/// Other Markdown files that people call a plan: in the root, in `docs` and in `docs/plans`.
pub fn usual_plans(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for folder in ["", "docs/", "docs/plans/"] {
        let Ok(entries) = std::fs::read_dir(root.join(folder)) else { continue };
        let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        let named = |name: &String| is_document(name) && (folder == "docs/plans/" || is_called_plan(name));
        found.extend(names.filter(named).map(|name| format!("{folder}{name}")));
    }
    found.retain(|path| root.join(path).is_file());
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

fn holds_documents(folder: &Path) -> bool {
    let entries = ignore::WalkBuilder::new(folder).standard_filters(false).build().flatten();
    entries.into_iter().any(|entry| is_document(&entry.file_name().to_string_lossy()))
}

/// The files of a plan, each read once.
#[derive(Debug)]
pub struct Texts<'p> {
    root: &'p Path,
    files: RefCell<HashMap<String, Rc<Vec<u8>>>>,
}

impl<'p> Texts<'p> {
    pub fn new(root: &'p Path) -> Self {
        Self { root, files: RefCell::default() }
    }

    fn file(&self, path: &str) -> Result<Rc<Vec<u8>>, Error> {
        if let Some(known) = self.files.borrow().get(path) {
            return Ok(Rc::clone(known));
        }
        let unread = |e: std::io::Error| Error::new(format!("cannot read {path}")).because(e.to_string());
        let bytes = Rc::new(std::fs::read(self.root.join(path)).map_err(unread)?);
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
