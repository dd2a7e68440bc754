//! The file of a plugin that is a component: where plugins.toml may point. What the bytes are, `inspect` says; a native
//! library is `library`.

use std::io;
use std::path::Path;

use session_system::{Door, Limit, Refusal, inside, plain};

use crate::project::Project;

/// The bytes of a component: of the project, or of the working tree that it is in, where several projects may share one.
pub(super) fn component_bytes(project: &Project, path: &str, whole: &Path) -> io::Result<Vec<u8>> {
    match inside(path) {
        Ok(path) => project.with_beside().need(&path, Limit::PLUGIN),
        Err(_) => {
            let outside = || Refusal::Outside(path.to_owned());
            let top = session_repository::work_tree(&project.root).ok_or_else(outside)?;
            let shared = plain(whole).and_then(|plain| Some(plain.strip_prefix(&top).ok()?.to_owned()));
            let path = inside(&shared.ok_or_else(outside)?.to_string_lossy())?;
            Door::open(&top)?.need(&path, Limit::PLUGIN)
        }
    }
}
