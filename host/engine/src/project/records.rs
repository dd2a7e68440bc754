//! Records on disk: one committed file per session that is done. Done is what the records of this working tree say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use session_core::session::{Record, SCHEMA};
use session_system::{Door, Limit, Refusal, is_temporary};
use session_types::conflict::begins_in;
use session_types::id::is_safe;
use thiserror::Error;

use super::find::Project;
use super::json_fault::JsonFault;

/// Where they stand, relative to the root.
pub const RECORDS: &str = "docs/sessions/records/";

#[derive(Debug, Error)]
pub enum RecordError {
    #[error("cannot read the record {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the record {} is damaged", path.display())]
    Parse { path: PathBuf, source: JsonFault },
    #[error("two people finished the same session: {} has conflict markers", path.display())]
    Conflict { path: PathBuf },
    #[error("the record {} has schema {schema}, and this session reads up to {SCHEMA}", path.display())]
    Newer { path: PathBuf, schema: u32 },
    #[error("cannot write the record {}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
}

/// All records of a working tree.
#[derive(Debug, Default)]
pub struct Records {
    /// By ID.
    pub sessions: BTreeMap<String, Record>,
    /// Files in their folder that are no record of any session, by name, each with the reason, in one line.
    pub unusable: BTreeMap<String, String>,
    /// Why a record cannot be read, by the ID that its file is named after.
    pub damaged: BTreeMap<String, RecordError>,
}

impl Records {
    /// The records that can be read, and why others cannot: one that is damaged says nothing of other sessions.
    ///
    /// # Errors
    /// Where the folder or a file in it cannot be read.
    pub fn read(project: &Project) -> Result<Self, RecordError> {
        let folder = project.root.join(RECORDS);
        let is_record = |name: &str| name.ends_with(".json");
        let found = project.door().and_then(|door| door.read_all(RECORDS, is_record, Limit::RECORD));
        let mut records = Self::default();
        for (name, bytes) in found.map_err(|source| RecordError::Read { path: folder.clone(), source })? {
            let id = name.strip_suffix(".json").unwrap_or(&name).to_owned();
            let record = match bytes {
                Ok(bytes) => parsed(folder.join(&name), &bytes),
                // Nobody's session: what stands there is no file, or none that this program has written.
                Err(e) if Refusal::of(&e).is_some() => {
                    records.unusable.insert(id, format!("{RECORDS}{name} is not used: {e}"));
                    continue;
                }
                // A disk that fails says nothing of the record: it may be whole.
                Err(source) => return Err(RecordError::Read { path: folder.join(&name), source }),
            };
            match record {
                // The ID names files: the journal, the lock, the record itself.
                Ok(record) if !is_safe(&record.id) || record.id != id => {
                    let says: String = record.id.chars().take(80).collect();
                    let why = format!("{RECORDS}{name} is not used: it says that it is of the session {says:?}");
                    records.unusable.insert(id, why);
                }
                // What it says besides is lost as soon as it is written by this one.
                Ok(Record { schema, .. }) if schema > SCHEMA => {
                    let path = folder.join(&name);
                    records.damaged.insert(id, RecordError::Newer { path, schema });
                }
                Ok(record) => _ = records.sessions.insert(id, record),
                Err(_) if !is_safe(&id) => {
                    records.unusable.insert(id, format!("{RECORDS}{name} is not used: no session has such an ID"));
                }
                Err(error) => _ = records.damaged.insert(id, error),
            }
        }
        Ok(records)
    }

    /// The records in their folder, where it holds something else, too: then the folder as a whole is no place of documents.
    /// None where it holds records only.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn apart(project: &Project) -> Result<Option<BTreeSet<String>>, RecordError> {
        let unread = |source| RecordError::Read { path: project.root.join(RECORDS), source };
        let entries = project.door().and_then(|door| door.list(RECORDS)).map_err(unread)?;
        let (mut records, mut other) = (BTreeSet::new(), false);
        for entry in entries.into_iter().flatten() {
            match entry.name.to_str() {
                Some(name) if is_temporary(name.as_bytes()) => {}
                Some(name) if !entry.is_folder && !entry.is_link && name.ends_with(".json") => {
                    records.insert(format!("{RECORDS}{name}"));
                }
                _ => other = true,
            }
        }
        Ok(Some(records).filter(|_| other))
    }

    /// Path of a record relative to the root.
    pub fn path(id: &str) -> String {
        format!("{RECORDS}{id}.json")
    }

    /// # Errors
    /// Where the disk does not take it; the old record, if any, then stands.
    pub fn write(root: &Path, record: &Record) -> Result<(), RecordError> {
        let path = root.join(Self::path(&record.id));
        let refused = |e: std::io::Error| RecordError::Write { path: path.clone(), source: e };
        let mut text = serde_json::to_vec_pretty(record)
            .map_err(|e| RecordError::Parse { path: path.clone(), source: JsonFault::from(&e) })?;
        text.push(b'\n');
        let door = Door::open(root).map_err(refused)?;
        let file = Self::path(&record.id);
        // One that cannot be read is replaced, or says when it is written why it cannot be.
        if door.read(&file, Limit::RECORD).is_ok_and(|before| before.as_deref() == Some(&text)) {
            return Ok(());
        }
        // As confined as a plugin's: the folder may be a link that leads out.
        door.write(&file, &text).map_err(refused)
    }
}

/// What every version of a record says.
#[derive(Deserialize)]
struct Version {
    schema: u32,
}

fn parsed(path: PathBuf, bytes: &[u8]) -> Result<Record, RecordError> {
    let conflict = begins_in(bytes);
    serde_json::from_slice(bytes).map_err(|source| match serde_json::from_slice::<Version>(bytes) {
        Ok(Version { schema }) if schema > SCHEMA => RecordError::Newer { path, schema },
        _ if conflict => RecordError::Conflict { path },
        _ => RecordError::Parse { path, source: JsonFault::from(&source) },
    })
}
