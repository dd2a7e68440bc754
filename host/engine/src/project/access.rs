//! The files of a project, as its own commands read them: through the one door, links into listed repositories included.

use std::io;
use std::path::PathBuf;

use session_repository::work_tree;
use session_system::{Beside, Door, Files, Limit};
use session_types::Error;

use super::find::Project;

impl Project {
    /// # Errors
    /// Where the root cannot be opened.
    pub fn door(&self) -> io::Result<Door> {
        Ok(Door::open(&self.root)?.beside(self.beside()))
    }

    /// As plugins see them.
    ///
    /// # Errors
    /// Where the root cannot be opened.
    pub fn files(&self, dry_run: bool) -> Result<Files, Error> {
        Ok(Files::new(&self.root, dry_run)?.beside(self.beside()))
    }

    /// Listed repositories, relative to the root. Any path may be listed, the user's own home among them: before the user
    /// has agreed, links lead only to what lies in the working tree, which is the clone itself.
    pub fn beside(&self) -> Beside {
        let listed = self.manifest.repositories.iter().map(|table| PathBuf::from(&table.path));
        if self.opens_beside || self.manifest.repositories.is_empty() {
            return listed.collect::<Vec<_>>().into();
        }
        let top = work_tree(&self.root).and_then(|top| top.canonicalize().ok()).unwrap_or_else(|| self.root.clone());
        let inside = |path: &PathBuf| self.root.join(path).canonicalize().is_ok_and(|real| real.starts_with(&top));
        let (open, closed) = listed.partition(inside);
        Beside { open, closed }
    }

    /// As it is once the user has agreed: for bytes that are hashed, to say what is approved.
    #[must_use]
    pub fn with_beside(&self) -> Self {
        Self { opens_beside: true, ..self.clone() }
    }

    /// The content of a file by its path from the root; none where there is none.
    ///
    /// # Errors
    /// A path that leads out, no regular file, one above the limit, or one that cannot be read.
    pub fn read(&self, path: &str, limit: Limit) -> io::Result<Option<Vec<u8>>> {
        self.door()?.read(path, limit)
    }

    /// The content of a file that must be there.
    ///
    /// # Errors
    /// As [`Project::read`], and where there is none.
    pub fn need(&self, path: &str, limit: Limit) -> io::Result<Vec<u8>> {
        self.door()?.need(path, limit)
    }

    /// Writes a file by its path from the root.
    ///
    /// # Errors
    /// A path that leads out, a link or no regular file in its place, or a disk that does not take it.
    pub fn write(&self, path: &str, content: &[u8]) -> io::Result<()> {
        self.door()?.write(path, content)
    }
}
