//! The plugins inside the binary, and the one place of the host that names them: the default list.

use super::grants::{Grants, RepositoryGrant};

/// A plugin that the build embedded.
pub(super) struct Bundled {
    pub(super) name: &'static str,
    pub(super) bytes: &'static [u8],
    pub(super) digest: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/bundled.rs"));

/// What a project without plugins.toml uses, in this order; what each is granted unless plugins.toml says otherwise.
pub const DEFAULT: [&str; 5] = ["checklist", "git", "alembic", "progress", "markdown"];

pub(super) fn find(name: &str) -> Option<&'static Bundled> {
    BUNDLED.iter().find(|bundled| bundled.name == name)
}

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    BUNDLED.iter().map(|bundled| bundled.name)
}

pub(super) fn default_grants(name: &str) -> Grants {
    let all = || vec!["**".to_owned()];
    match name {
        "checklist" => Grants { run: all(), ..Grants::default() },
        "git" => Grants { repository: Some(RepositoryGrant::Commit), ..Grants::default() },
        // What it finds by itself. Whatever else `command` says needs a grant in plugins.toml.
        "alembic" => Grants {
            run: [
                "alembic **",
                ".venv/bin/alembic **",
                "../.venv/bin/alembic **",
                "../../.venv/bin/alembic **",
                "uv run alembic **",
                "uv run --no-sync alembic **",
                "python3 -m alembic **",
            ]
            .map(str::to_owned)
            .to_vec(),
            read: all(),
            repository: Some(RepositoryGrant::Read),
            ..Grants::default()
        },
        "progress" => Grants { read: all(), write: vec!["docs/progress/**".into()], ..Grants::default() },
        "markdown" => Grants { read: all(), write: vec!["docs/sessions/**".into()], ..Grants::default() },
        _ => Grants::default(),
    }
}
