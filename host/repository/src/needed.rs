//! When git itself must read or commit: where libgit2 would answer or do something else. Asking this starts no program.

use std::cell::OnceCell;
use std::path::Path;

use git2::{AttrCheckFlags, AttrValue, Config, Repository};
use session_types::CommitRequest;

use super::paths::has_cr;

/// Hooks of a commit, and whether `--no-verify` leaves them out.
const HOOKS: [(&str, bool); 6] = [
    ("pre-commit", true),
    ("prepare-commit-msg", false),
    ("commit-msg", true),
    ("post-commit", false),
    ("post-index-change", false),
    ("reference-transaction", false),
];
const IDENTITY: [&str; 6] = [
    "GIT_AUTHOR_NAME",
    "GIT_AUTHOR_EMAIL",
    "GIT_AUTHOR_DATE",
    "GIT_COMMITTER_NAME",
    "GIT_COMMITTER_EMAIL",
    "GIT_COMMITTER_DATE",
];
/// Configuration by which git reads, commits or signs otherwise.
const SECTIONS: [&str; 9] =
    ["core.", "user.", "author.", "committer.", "commit.", "gpg.", "index.", "feature.", "submodule."];

/// Attributes by which files are converted, whatever they hold.
const CONVERTING: [&str; 3] = ["filter", "working-tree-encoding", "ident"];

/// Configuration from where libgit2 does not look for it.
pub(super) fn has_foreign_config() -> bool {
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

/// Why git itself must read the index and the working tree; none where libgit2 answers the same.
pub(super) fn for_reading(repo: &Repository) -> Option<&'static str> {
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
        return Some("an index that libgit2 does not keep as it is");
    }
    let mut promised = false;
    let promisors = config.entries(Some(r"^remote\..*\.promisor$"));
    let asked = promisors.and_then(|entries| entries.for_each(|_| promised = true));
    if asked.is_err() || promised {
        return Some("a partial clone");
    }
    repo.index().is_err().then_some("an index that libgit2 cannot read")
}

/// Why git itself must commit where it need not read. A commit of the program's own files runs no hooks.
pub(super) fn for_commit(repo: &Repository, request: &CommitRequest) -> Option<&'static str> {
    if IDENTITY.iter().any(|name| std::env::var_os(name).is_some()) {
        return Some("an identity from the environment");
    }
    let config = repo.config().and_then(|mut config| config.snapshot()).ok()?;
    if config.get_bool("commit.gpgSign").unwrap_or(false) {
        return Some("signing");
    }
    if ["author.name", "author.email", "committer.name", "committer.email", "i18n.commitEncoding"]
        .iter()
        .any(|key| config.get_string(key).is_ok())
    {
        return Some("an author or encoding of its own");
    }
    if request.own {
        return None;
    }
    let hooks = config.get_path("core.hooksPath").ok().map(|path| match repo.workdir() {
        Some(top) if path.is_relative() => top.join(path),
        _ => path,
    });
    let hooks = hooks.unwrap_or_else(|| repo.commondir().join("hooks"));
    let runs = |(hook, verifies): &(&str, bool)| !(request.no_verify && *verifies) && is_executable(&hooks.join(hook));
    HOOKS.iter().any(runs).then_some("hooks")
}

pub(super) fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// Whether files are converted on their way into the repository in a manner that libgit2 does not know, or not just as
/// git. Attributes may stand in any folder, so each path is asked for its own.
pub(super) struct Conversions<'r> {
    repo: &'r Repository,
    auto: OnceCell<bool>,
}

impl<'r> Conversions<'r> {
    pub(super) fn of(repo: &'r Repository) -> Self {
        Self { repo, auto: OnceCell::new() }
    }

    fn says(&self, path: &Path, name: &str) -> bool {
        let value = self.repo.get_attr_bytes(path, name, AttrCheckFlags::default()).ok().flatten();
        !matches!(AttrValue::from_bytes(value), AttrValue::Unspecified | AttrValue::False)
    }

    fn line_ends(&self, path: &Path) -> bool {
        let says = |name| self.says(path, name);
        *self.auto.get_or_init(|| converts(self.repo)) || ["text", "eol", "crlf"].into_iter().any(says)
    }

    /// Of a path below the top, on its way out of the repository: what lies there now does not matter.
    pub(super) fn concern_new(&self, path: &Path) -> bool {
        CONVERTING.iter().any(|name| self.says(path, name)) || self.line_ends(path)
    }

    /// Of a path below the top.
    pub(super) fn concern(&self, path: &Path) -> bool {
        let whole = self.repo.workdir().map(|top| top.join(path));
        let is_file = |whole: &Path| whole.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
        let Some(whole) = whole.filter(|whole| is_file(whole)) else { return false };
        CONVERTING.iter().any(|name| self.says(path, name)) || (self.line_ends(path) && has_cr(&whole))
    }
}

/// The filter that the attributes of a path name.
pub(super) fn filter(repo: &Repository, path: &str) -> Option<String> {
    let value = repo.get_attr(Path::new(path), "filter", AttrCheckFlags::default()).ok().flatten();
    match AttrValue::from_string(value) {
        AttrValue::String(name) => Some(name.to_owned()),
        _ => None,
    }
}

fn converts(repo: &Repository) -> bool {
    let config = repo.config().and_then(|mut config| config.snapshot());
    config.is_ok_and(|config| config.get_string("core.autocrlf").is_ok_and(|value| value != "false"))
}
