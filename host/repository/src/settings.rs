//! What documents need of git besides commits: settings of the clone, and the versions of a file in conflict.

use git2::ConfigLevel;
use session_core::object_id::ObjectId;
use session_types::Error;

use super::args::Args;
use super::locks::clear_config;
use super::repo::{Repo, failed};

impl Repo {
    /// Sets these in the clone's own configuration, where the last of them is not so yet. True where it was not.
    ///
    /// # Errors
    /// Where the configuration cannot be written.
    pub fn configure(&self, settings: &[(String, &str)]) -> Result<bool, Error> {
        let Some((last, wanted)) = settings.last() else { return Ok(false) };
        match self.configured(last)? {
            Some(known) if known == *wanted => Ok(false),
            _ => self.set(settings).map(|()| true),
        }
    }

    fn configured(&self, key: &str) -> Result<Option<String>, Error> {
        let Some(repo) = self.objects() else {
            return self.git().line(Args::of(["config", "--get"]).setting(key, None));
        };
        let config = repo.config().and_then(|mut config| config.snapshot());
        Ok(config.map_err(|e| failed("read the configuration", &e))?.get_string(key).ok())
    }

    fn set(&self, settings: &[(String, &str)]) -> Result<(), Error> {
        let Some(repo) = self.objects() else {
            clear_config(&self.common, &self.top);
            return settings.iter().try_for_each(|(key, value)| {
                self.git().done("change its configuration", Args::of(["config", "--local"]).setting(key, Some(value)))
            });
        };
        let set = || -> Result<(), git2::Error> {
            let mut config = repo.config()?.open_level(ConfigLevel::Local)?;
            settings.iter().try_for_each(|(key, value)| config.set_str(key, value))
        };
        let first = set();
        // What libgit2 says of a lock has no code of its own.
        let done = if first.is_err() && clear_config(&self.common, &self.top) { set() } else { first };
        done.map_err(|e| failed("change the configuration", &e))
    }

    /// What the index keeps of a path in conflict: the base, ours, theirs.
    pub fn stages(&self, path: &str) -> [Option<String>; 3] {
        let Some(inside) = self.relative_to_top(path) else { return [None, None, None] };
        let Some(repo) = self.reader() else {
            let listed =
                self.git().text(Args::of(["ls-files", "--unmerged", "-z"]).files([&inside])).unwrap_or_default();
            return [1, 2, 3].map(|stage| {
                let held = listed.split_terminator('\0').filter_map(|line| line.strip_suffix(inside.as_str()));
                let ours = format!(" {stage}\t");
                let id =
                    held.filter_map(|about| about.strip_suffix(&ours)?.split(' ').nth(1)).find_map(ObjectId::parse)?;
                let output = self.git().output(Args::of(["cat-file", "blob"]).object(&id)).ok()?;
                String::from_utf8(output.stdout).ok().filter(|_| output.status.success())
            });
        };
        let index = repo.index();
        [1, 2, 3].map(|stage| {
            let entry = index.as_ref().ok()?.get_path(std::path::Path::new(&inside), stage)?;
            String::from_utf8(repo.find_blob(entry.id).ok()?.content().to_owned()).ok()
        })
    }
}
