//! Records on disk: one committed file per session that is done. Done is what the records of this working tree say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use crate::effects::is_temporary;
use crate::session::{Record, SCHEMA};

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
    #[error("the record {} has schema {schema}, and this session reads up to {SCHEMA}", path.display())]
    Newer { path: PathBuf, schema: u32 },
    #[error("the record {} says that it is of {id:?}", path.display())]
    Misplaced { path: PathBuf, id: String },
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
        let (records, damaged) = Self::each(root)?;
        // A copy under another name is no record, and no reason to stop.
        let mut damaged = damaged.into_values().filter(|error| !matches!(error, RecordError::Misplaced { .. }));
        damaged.next().map_or(Ok(records), Err)
    }

    /// The records that can be read, and by ID why others cannot.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn each(root: &Path) -> Result<(Self, BTreeMap<String, RecordError>), RecordError> {
        let folder = root.join(RECORDS);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Default::default()),
            Err(source) => return Err(RecordError::Read { path: folder, source }),
        };
        let (mut records, mut damaged) = (BTreeMap::new(), BTreeMap::new());
        for entry in entries {
            let path = entry.map_err(|source| RecordError::Read { path: folder.clone(), source })?.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                match one(path.clone()) {
                    Ok(Record { id, .. }) if id != name => {
                        _ = damaged.insert(name, RecordError::Misplaced { path, id })
                    }
                    Ok(record) => _ = records.insert(name, record),
                    Err(error) => _ = damaged.insert(name, error),
                }
            }
        }
        Ok((Self(records), damaged))
    }

    /// The records in their folder, where it holds something else, too: then the folder as a whole is no place of documents.
    /// None where it holds records only.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn apart(root: &Path) -> Result<Option<BTreeSet<String>>, RecordError> {
        let folder = root.join(RECORDS);
        let unread = |source| RecordError::Read { path: folder.clone(), source };
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(unread(e)),
        };
        let (mut records, mut other) = (BTreeSet::new(), false);
        for entry in entries {
            let entry = entry.map_err(unread)?;
            let (name, kind) = (entry.file_name(), entry.file_type().map_err(unread)?);
            match name.to_str() {
                Some(name) if is_temporary(name.as_bytes()) => {}
                Some(name) if kind.is_file() && name.ends_with(".json") => {
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

/// What every version of a record says.
#[derive(Deserialize)]
struct Version {
    schema: u32,
}

fn one(path: PathBuf) -> Result<Record, RecordError> {
    let bytes = std::fs::read(&path).map_err(|source| RecordError::Read { path: path.clone(), source })?;
    let conflict = bytes.starts_with(b"<<<<<<<") || bytes.windows(8).any(|part| part == b"\n<<<<<<<");
    serde_json::from_slice(&bytes).map_err(|source| match serde_json::from_slice::<Version>(&bytes) {
        Ok(Version { schema }) if schema > SCHEMA => RecordError::Newer { path, schema },
        _ if conflict => RecordError::Conflict { path },
        _ => RecordError::Parse { path, source },
    })
}
