//! Undoing commits by a new one: what the files become is found out first, in no working tree; then the files follow, and
//! then the commit is made as any other.

use session_sdk::{CommitRequest, Committed, Error, Head, RevertRequest};

use super::repo::Repo;
use crate::effects::world::Hooks;

impl Repo {
    /// # Errors
    /// A conflict, or a file with changes of its own.
    pub(in crate::effects) fn revert(
        &self,
        request: &RevertRequest,
        dry_run: bool,
        hooks: &mut Hooks<'_>,
    ) -> Result<Committed, Error> {
        let _ = (request, dry_run, hooks);
        Err(Error::new("not built yet"))
    }

    /// The commit of a revert that was asked for when the repository stood there, where it was made.
    ///
    /// # Errors
    /// As [`Repo::made`].
    pub(in crate::effects) fn reverted(
        &self,
        request: &RevertRequest,
        from: &Head,
    ) -> Result<Option<Committed>, Error> {
        self.made(&CommitRequest { message: request.message.clone(), ..CommitRequest::default() }, from)
    }

    /// A file as a commit has it, as it would stand in the working tree.
    ///
    /// # Errors
    /// Where there is no such commit, or it cannot be read.
    pub(in crate::effects) fn file_at(&self, commit: &str, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let _ = (commit, path);
        Err(Error::new("not built yet"))
    }
}
