//! Which file is the plan: `--plan`, else `[project] plan`, else the only match of `docs/**/*PROMPTS*.md`.

use std::path::Path;

use thiserror::Error;

use super::find::Project;

#[derive(Debug, Error)]
pub enum PlanPathError {
    #[error("there is no plan: nothing matches docs/**/*PROMPTS*.md below {root}")]
    None { root: String },
    #[error("there are {} plans and none is chosen: {}", .found.len(), .found.join(", "))]
    Several { found: Vec<String> },
    #[error("the plan {path} is not there")]
    Missing { path: String, from_manifest: bool },
    #[error("the plan {path} is outside the project {root}")]
    Outside { path: String, root: String },
    #[error("cannot look for a plan below docs/")]
    Walk(#[from] ignore::Error),
}

/// Path of the plan relative to the root.
///
/// # Errors
/// None, several, or one that is not where it should be.
pub fn find_plan(project: &Project, flag: Option<&Path>) -> Result<String, PlanPathError> {
    if let Some(path) = flag {
        return from_flag(project, path);
    }
    if let Some(path) = &project.manifest.project.plan {
        let exists = project.root.join(path).is_file();
        let missing = || PlanPathError::Missing { path: path.clone(), from_manifest: true };
        return exists.then(|| path.clone()).ok_or_else(missing);
    }
    let mut found = search(&project.root)?;
    match found.len() {
        0 => Err(PlanPathError::None { root: project.root.display().to_string() }),
        1 => Ok(found.remove(0)),
        _ => Err(PlanPathError::Several { found }),
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

fn search(root: &Path) -> Result<Vec<String>, ignore::Error> {
    let docs = root.join("docs");
    if !docs.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in ignore::WalkBuilder::new(&docs).standard_filters(false).build() {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy();
        if entry.path().is_file() && name.contains("PROMPTS") && name.to_lowercase().ends_with(".md") {
            let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
            found.push(path.to_string_lossy().into_owned());
        }
    }
    found.sort();
    Ok(found)
}
