//! Files below the project's root. Paths are relative to it and use `/`. Grants: `read`, `write`.

use crate::{Error, Result, backend};

/// The whole content, or `None` where there is no such file.
///
/// # Errors
/// Not granted, outside the root, or not readable.
pub fn read(path: &str) -> Result<Option<Vec<u8>>> {
    backend::file_read(path)
}

/// The whole content as text.
///
/// # Errors
/// As [`read`], and where it is not UTF-8: the message names the byte.
pub fn read_text(path: &str) -> Result<Option<String>> {
    let Some(bytes) = read(path)? else { return Ok(None) };
    String::from_utf8(bytes).map(Some).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Error::new(format!("{path} is not UTF-8"))
            .because(format!("byte {at} does not belong to any character"))
            .hint("save it as UTF-8")
    })
}

/// Replaces the file at once; folders are made.
///
/// # Errors
/// Not granted, outside the root, or not writable.
pub fn write(path: &str, content: impl AsRef<[u8]>) -> Result<()> {
    backend::file_write(path, content.as_ref())
}

/// A file that is not there is no error.
///
/// # Errors
/// Not granted, outside the root, or not removable.
pub fn remove(path: &str) -> Result<()> {
    backend::file_remove(path)
}

/// Names in one folder, sorted; folders end in `/`. A folder that is not there is empty.
///
/// # Errors
/// Not granted, outside the root, or not readable.
pub fn list(path: &str) -> Result<Vec<String>> {
    backend::file_list(path)
}
