//! Records on disk: one committed file per session that is done. Done is what the records of this working tree say.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::session::Record;

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

/// All records of a working tree by ID.
#[derive(Clone, Debug, Default)]
pub struct Records(pub BTreeMap<String, Record>);

impl Records {
    /// # Errors
    /// A record that cannot be read or is damaged: what is done is then not known.
    pub fn read(root: &Path) -> Result<Self, RecordError> {
        let folder = root.join(RECORDS);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(RecordError::Read { path: folder, source }),
        };
        let mut records = BTreeMap::new();
        for entry in entries {
            let path = entry.map_err(|source| RecordError::Read { path: folder.clone(), source })?.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                let bytes = std::fs::read(&path).map_err(|source| RecordError::Read { path: path.clone(), source })?;
                let conflict = bytes.starts_with(b"<<<<<<<") || bytes.windows(8).any(|part| part == b"\n<<<<<<<");
                let record: Record = serde_json::from_slice(&bytes).map_err(|source| match conflict {
                    true => RecordError::Conflict { path },
                    false => RecordError::Parse { path, source },
                })?;
                records.insert(record.id.clone(), record);
            }
        }
        Ok(Self(records))
    }

    /// Path of a record relative to the root.
    pub fn path(id: &str) -> String {
        format!("{RECORDS}{id}.json")
    }

    /// # Errors
    /// Where the disk does not take it; the old record, if any, then stands.
    pub fn write(root: &Path, record: &Record) -> Result<(), RecordError> {
        let path = root.join(Self::path(&record.id));
        let mut text =
            serde_json::to_vec_pretty(record).map_err(|source| RecordError::Parse { path: path.clone(), source })?;
        text.push(b'\n');
        if std::fs::read(&path).is_ok_and(|before| before == text) {
            return Ok(());
        }
        // As confined as a plugin's: the folder may be a link that leads out.
        crate::effects::Files::new(root, false)
            .and_then(|mut files| files.write(&Self::path(&record.id), &text))
            .map_err(|e| RecordError::Write { path, source: std::io::Error::other(e.to_string()) })
    }
}
