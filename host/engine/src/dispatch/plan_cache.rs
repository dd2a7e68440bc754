//! What a plan said when it was last read, kept in the user's own cache. It is good as long as every file and folder
//! that the plugins looked at is the same, so it is never wrong about an edit, a swapped plugin or another grant; a plan
//! whose plugin did anything but read is not kept. Not the cache of compiled plugins, which is `plugin/wasm/cache.rs`.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use session_core::digest::hex;
use session_system::{Files, PrivateFolder, Seen, Stamp};
use session_types::{PlanDocument, PlannedSession, Project};
use sha2::{Digest as _, Sha256};

use crate::plugin::Plugin;

/// Sessions in one line.
const CHUNK: usize = 500;
/// Seconds that a file must be older than what is kept of it, to be known by its stamp.
const SURE: i64 = 2;
/// Plans that are kept, over all projects of the user.
const KEPT: usize = 100;
/// No answer is longer.
const MOST: u64 = 256 << 20;

/// One plan of one project.
#[derive(Debug)]
pub(super) struct PlanCache {
    folder: PathBuf,
    name: String,
}

/// First line of the file. Its sessions are the lines behind it, some hundred in each: all cores read them at once.
#[derive(Deserialize, Serialize)]
struct Header {
    seen: BTreeMap<String, Seen>,
    /// Of the files, as they were when it was written.
    stamps: BTreeMap<String, Stamp>,
    /// Without its sessions.
    document: PlanDocument,
}

impl PlanCache {
    /// The place for what these plugins say of a document.
    pub(super) fn of(folder: &Path, project: &Project, document: &str, plugins: &[&Plugin]) -> Self {
        let mut key = Sha256::new();
        // All that the plugins are told, but for the time.
        key.update(serde_json::to_string(project).unwrap_or_default());
        key.update(format!("\0{document}"));
        for plugin in plugins {
            key.update(format!("\0{} {} {} {}", plugin.name, plugin.digest, plugin.config, plugin.grants));
        }
        Self { folder: folder.join("plans"), name: hex(&key.finalize()) }
    }

    /// The answer, where everything that led to it is as it was.
    pub(super) fn get(&self, files: &Files) -> Option<PlanDocument> {
        let (bytes, metadata) = PrivateFolder::open(&self.folder)?.read(&self.name, MOST)?;
        let (text, written) = (String::from_utf8(bytes).ok()?, metadata.mtime());
        let (header, lines) = text.split_once('\n')?;
        let header: Header = serde_json::from_str(header).ok()?;
        // A digest for every file that was touched, or written so shortly before that its stamp could be the same.
        let same = |path: &String| {
            let stamp = header.stamps.get(path).filter(|stamp| stamp.changed.0 + SURE < written);
            stamp.is_some() && stamp.copied() == files.stamp(path)
        };
        let (sure, unsure): (Vec<_>, Vec<_>) = header.seen.iter().partition(|(path, _)| same(path));
        // From before the look: what is written while it lasts must not pass for what was looked at.
        let stamps = header.stamps.keys().filter_map(|path| Some((path.clone(), files.stamp(path)?))).collect();
        if !unsure.iter().all(|(path, seen)| files.look(path, seen).is_ok_and(|now| now == **seen)) {
            return None;
        }
        let all_sure = sure.len() == header.stamps.len();
        let document = PlanDocument { sessions: sessions(lines)?, ..header.document };
        if !all_sure {
            self.put(files, header.seen, stamps, &document);
        }
        Some(document)
    }

    /// Keeps an answer. A cache that cannot be written only costs time.
    /// `stamps` are from before the files were read; one that has changed since was read in two states.
    pub(super) fn put(
        &self,
        files: &Files,
        seen: BTreeMap<String, Seen>,
        stamps: BTreeMap<String, Stamp>,
        document: &PlanDocument,
    ) {
        if stamps.iter().any(|(path, stamp)| files.stamp(path) != Some(*stamp)) {
            return;
        }
        let (project, warnings) = (document.project.clone(), document.warnings.clone());
        let header = Header { seen, stamps, document: PlanDocument { project, warnings, sessions: Vec::new() } };
        let chunks = document.sessions.chunks(CHUNK).map(serde_json::to_string);
        let lines: Result<Vec<String>, _> = [serde_json::to_string(&header)].into_iter().chain(chunks).collect();
        let Ok(lines) = lines else { return };
        let Some(folder) = PrivateFolder::open(&self.folder) else { return };
        match folder.replace(&self.name, lines.join("\n").as_bytes(), false) {
            Ok(()) => folder.keep_newest(KEPT),
            Err(e) => tracing::debug!(name = self.name, error = %e, "the plan is not kept"),
        }
    }
}

/// The sessions of all lines in their order; none where one does not parse.
fn sessions(lines: &str) -> Option<Vec<PlannedSession>> {
    let lines: Vec<&str> = lines.lines().collect();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(lines.len().max(1));
    let parse = |part: &[&str]| -> Option<Vec<PlannedSession>> {
        let chunks = part.iter().map(|line| serde_json::from_str::<Vec<PlannedSession>>(line).ok());
        Some(chunks.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
    };
    if threads == 1 {
        return parse(&lines);
    }
    std::thread::scope(|scope| {
        // A system that has no more threads to give: then the plan is read anew.
        let spawn = |part| std::thread::Builder::new().spawn_scoped(scope, move || parse(part)).ok();
        let parts = lines.chunks(lines.len().div_ceil(threads)).map(spawn);
        let mut all = Vec::new();
        for part in parts.collect::<Option<Vec<_>>>()? {
            all.append(&mut part.join().ok()??);
        }
        Some(all)
    })
}
