//! Records on disk: one committed file per session that is done. Done is what the records of this working tree say.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::find::Project;
use crate::effects::{Door, Limit, Refusal};
use crate::session::{Record, is_safe};

/// Where they stand, relative to the root.
pub const RECORDS: &str = "docs/sessions/records/";

#[derive(Debug, Error)]
pub enum RecordError {
    #[error("cannot read the record {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the record {} is damaged", path.display())]
    Parse { path: PathBuf, source: serde_json::Error },
    #[error("two people finished the same session: {} has conflict markers", path.display())]
    Conflict { path: PathBuf },
    #[error("cannot write the record {}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
}

/// All records of a working tree.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// By ID.
    pub sessions: BTreeMap<String, Record>,
    /// Files in their folder that are no record of any session, each with the reason, in one line.
    pub unusable: Vec<String>,
}

impl Records {
    /// # Errors
    /// A record that cannot be read or is damaged: what is done is then not known.
    pub fn read(project: &Project) -> Result<Self, RecordError> {
        let folder = project.root.join(RECORDS);
        let is_record = |name: &str| name.ends_with(".json");
        let found = project.door().and_then(|door| door.read_all(RECORDS, is_record, Limit::RECORD));
        let mut records = Self::default();
        for (name, bytes) in found.map_err(|source| RecordError::Read { path: folder.clone(), source })? {
            let path = folder.join(&name);
            let bytes = match bytes {
                Ok(bytes) => bytes,
                // Nobody's session: what stands there is no file, or none that this program has written.
                Err(e) if Refusal::of(&e).is_some() => {
                    records.unusable.push(format!("{RECORDS}{name} is not used: {e}"));
                    continue;
                }
                Err(source) => return Err(RecordError::Read { path, source }),
            };
            let conflict = bytes.starts_with(b"<<<<<<<") || bytes.windows(8).any(|part| part == b"\n<<<<<<<");
            let record: Record = serde_json::from_slice(&bytes).map_err(|source| match conflict {
                true => RecordError::Conflict { path },
                false => RecordError::Parse { path, source },
            })?;
            // The ID names files: the journal, the lock, the record itself.
            if !is_safe(&record.id) || name.strip_suffix(".json") != Some(record.id.as_str()) {
                let id: String = record.id.chars().take(80).collect();
                records.unusable.push(format!("{RECORDS}{name} is not used: it says that it is of the session {id:?}"));
                continue;
            }
            records.sessions.insert(record.id.clone(), record);
        }
        Ok(records)
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
        let mut text =
            serde_json::to_vec_pretty(record).map_err(|source| RecordError::Parse { path: path.clone(), source })?;
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
