//! What documents need of git besides commits: settings of the clone, and the versions of a file in conflict.

use session_types::Error;

use super::repo::Repo;

impl Repo {
    /// Sets these in the clone's own configuration, where the last of them is not so yet. True where it was not.
    ///
    /// # Errors
    /// Where the configuration cannot be written.
    pub fn configure(&self, settings: &[(String, &str)]) -> Result<bool, Error> {
        let Some((last, wanted)) = settings.last() else { return Ok(false) };
        match self.reader.setting(last)? {
            Some(known) if known == *wanted => Ok(false),
            _ => self.writer.configure(settings).map(|()| true),
        }
    }

    /// What the index keeps of a path in conflict: the base, ours, theirs.
    pub fn stages(&self, path: &str) -> [Option<String>; 3] {
        self.site.relative_to_top(path).map_or([None, None, None], |inside| self.reader.stages(&inside))
    }
}
