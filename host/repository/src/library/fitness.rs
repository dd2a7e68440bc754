//! Which repositories libgit2 reads as git does. Asking this starts no program. What of one file libgit2 reads otherwise
//! is in `conversions.rs`.

use std::path::Path;

use git2::{Config, Repository};

/// Configuration by which git reads otherwise.
const SECTIONS: [&str; 9] =
    ["core.", "user.", "author.", "committer.", "commit.", "gpg.", "index.", "feature.", "submodule."];

/// Configuration from where libgit2 does not look for it.
fn has_foreign_config() -> bool {
    let given = ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS"];
    if given.iter().any(|name| std::env::var_os(name).is_some()) {
        return true;
    }
    // The other way round: libgit2 reads what git shall not.
    std::env::var_os("GIT_CONFIG_NOSYSTEM").is_some() && Config::find_system().is_ok_and(|file| matters(&file))
}

fn matters(file: &Path) -> bool {
    let mut found = false;
    let mut look = || -> Result<(), git2::Error> {
        let config = Config::open(file)?;
        config.entries(None)?.for_each(|entry| {
            found |= entry.name().is_ok_and(|name| SECTIONS.iter().any(|section| name.starts_with(section)));
        })
    };
    look().is_err() || found
}

/// Why git itself must read a repository, all of it; none where libgit2 answers the same.
pub(in super::super) fn unfit(repo: &Repository) -> Option<&'static str> {
    if has_foreign_config() {
        return Some("configuration from the environment");
    }
    let config = repo.config().and_then(|mut config| config.snapshot()).ok()?;
    let is = |key: &str| config.get_bool(key).unwrap_or(false);
    if is("core.sparseCheckout") {
        return Some("a sparse checkout");
    }
    let fsmonitor = config.get_string("core.fsmonitor").is_ok_and(|value| !matches!(&*value, "" | "false" | "0"));
    let indexes = ["core.splitIndex", "core.untrackedCache", "index.skipHash", "feature.manyFiles"];
    if fsmonitor || indexes.iter().any(|key| is(key)) {
        return Some("an index in a form of its own");
    }
    let mut promised = false;
    let promisors = config.entries(Some(r"^remote\..*\.promisor$"));
    let asked = promisors.and_then(|entries| entries.for_each(|_| promised = true));
    if asked.is_err() || promised {
        return Some("a partial clone");
    }
    repo.index().is_err().then_some("an index that libgit2 cannot read")
}
