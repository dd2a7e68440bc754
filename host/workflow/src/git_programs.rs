//! What git itself runs in a project, because its own configuration or its hooks say so. git runs it at once; `session` cannot
//! hold it back until a yes.

use session_repository::{OwnProgram, driver_command, own_programs};

use super::app::App;
use super::caller::program;

/// In the order in which they were found: repository by repository, each once.
#[derive(Clone, Debug, Default)]
pub struct GitPrograms(pub Vec<GitProgram>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GitProgram {
    Known(OwnProgram),
    /// The configuration of a repository cannot be read, and this is why.
    Unread(String),
}

impl GitPrograms {
    pub fn of(app: &App<'_>) -> Self {
        let root = &app.project.root;
        let driver = driver_command(&program());
        let mut folders = vec![root.clone()];
        folders.extend(app.project.manifest.repositories.iter().map(|table| root.join(&table.path)));
        let mut all = Vec::new();
        for folder in folders {
            match own_programs(root, &folder, &driver) {
                Ok(found) => {
                    for one in found.into_iter().map(GitProgram::Known) {
                        if !all.contains(&one) {
                            all.push(one);
                        }
                    }
                }
                Err(error) => {
                    let said = std::iter::once(error.message).chain(error.causes).collect::<Vec<_>>().join(": ");
                    all.push(GitProgram::Unread(said));
                }
            }
        }
        Self(all)
    }

    /// Whether all of it is what clones usually have, such as hooks.
    pub fn are_usual(&self) -> bool {
        self.0.iter().all(|one| matches!(one, GitProgram::Known(one) if one.is_usual()))
    }
}
