//! Sessions that are done on another branch, by the records that its newest commit holds. What is done here is said by the
//! records of the working tree (`records.rs`).

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use session_core::digest::hex;
use session_core::session::{Record, Unmerged};
use session_repository::{Folders, Tips};
use session_system::PrivateFolder;
use session_types::{Error, Status, Timestamp};
use sha2::{Digest as _, Sha256};

use super::records::RECORDS;

/// With fewer branches a look at each costs less than reading what was found out before.
const FEW: usize = 8;
/// No cache of one project is longer.
const MOST: u64 = 256 << 20;

/// What is known of commits and records of other branches. Both are named by their content, so none of it grows old.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Known {
    folders: Folders,
    /// By blob; none where it is no record.
    records: BTreeMap<String, Option<Brief>>,
}

/// What counts of a record here.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Brief {
    id: String,
    status: Status,
    attempt: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed: Option<Timestamp>,
}

/// Sessions that another branch calls done and this working tree does not, by ID. Of several branches the latest attempt
/// counts, and a local one goes before that of a remote.
///
/// # Errors
/// Where branches cannot be read.
pub fn unmerged(
    root: &Path,
    cache: &Path,
    here: &BTreeMap<String, Record>,
) -> Result<BTreeMap<String, Unmerged>, Error> {
    let Some(tips) = Tips::open(root, RECORDS)? else { return Ok(BTreeMap::new()) };
    let count = tips.count();
    if count == 0 {
        return Ok(BTreeMap::new());
    }
    let folder = if count > FEW { PrivateFolder::open(&cache.join("branches")) } else { None };
    let mut known = folder.as_ref().map(|folder| read(folder, root)).unwrap_or_default();
    let before = (known.folders.clone(), known.records.len());
    let files = tips.files(&mut known.folders)?;
    known.records.retain(|blob, _| files.iter().any(|file| file.blob == *blob));
    let (mut found, mut merged): (BTreeMap<String, (bool, Unmerged)>, BTreeMap<String, bool>) = Default::default();
    for file in &files {
        if !known.records.contains_key(&file.blob) {
            known.records.insert(file.blob.clone(), brief(&tips.content(&file.blob)?));
        }
        let Some(Some(record)) = known.records.get(&file.blob) else { continue };
        let newer = here.get(&record.id).is_none_or(|own| own.attempt < record.attempt);
        if record.status != Status::Done || !newer || file.name != format!("{}.json", record.id) {
            continue;
        }
        let better = found
            .get(&record.id)
            .is_none_or(|(remote, other)| (record.attempt, !file.remote) > (other.attempt, !remote));
        if !better {
            continue;
        }
        if !merged.contains_key(&file.tip) {
            merged.insert(file.tip.clone(), tips.is_merged(&file.tip)?);
        }
        // HEAD has had the record, and somebody took it out again.
        if merged.get(&file.tip) == Some(&false) {
            let one = Unmerged {
                branch: file.branch.clone(),
                attempt: record.attempt,
                commit: record.commit.clone(),
                completed: record.completed.clone(),
            };
            found.insert(record.id.clone(), (file.remote, one));
        }
    }
    if let Some(folder) = folder.filter(|_| before != (known.folders.clone(), known.records.len())) {
        keep(&folder, root, &known);
    }
    Ok(found.into_iter().map(|(id, (_, one))| (id, one)).collect())
}

fn brief(content: &[u8]) -> Option<Brief> {
    let record: Record = serde_json::from_slice(content).ok()?;
    let Record { id, status, attempt, completed, facts, .. } = record;
    Some(Brief { id, status, attempt, completed, commit: facts.get("commit").cloned() })
}

fn name(root: &Path) -> String {
    hex(&Sha256::digest(root.as_os_str().as_encoded_bytes()))
}

fn read(folder: &PrivateFolder, root: &Path) -> Known {
    let known = folder.read(&name(root), MOST).and_then(|(bytes, _)| serde_json::from_slice(&bytes).ok());
    known.unwrap_or_default()
}

/// A cache that cannot be written only costs time.
fn keep(folder: &PrivateFolder, root: &Path, known: &Known) {
    let text = serde_json::to_string(known).unwrap_or_default();
    if let Err(e) = folder.replace(&name(root), text.as_bytes(), false) {
        tracing::debug!(error = %e, "what other branches hold is not kept");
    }
}
