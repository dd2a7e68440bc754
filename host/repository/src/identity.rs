//! Who works here, as git knows it.

use std::path::Path;

use git2::Config;

use super::opened;

/// `user.name` as a commit in this folder would have it; none where git was never told.
pub fn user_name(folder: &Path) -> Option<String> {
    let given = std::env::var("GIT_AUTHOR_NAME").ok();
    // A repository that libgit2 cannot open leaves the user's own settings.
    let config = || opened(folder).and_then(|repo| repo.config()).or_else(|_| Config::open_default());
    let found = given.or_else(|| config().ok()?.snapshot().ok()?.get_string("user.name").ok());
    found.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
}
