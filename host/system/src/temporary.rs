//! Names of temporary files. They name the process that made the file, so that the next process knows after a kill whose
//! it was; git takes none of them into a commit.

use std::sync::OnceLock;

use super::process::begun;

const PREFIX: &str = ".session-tmp-";
const LETTERS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// What all names of this process begin with.
pub(super) fn prefix() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let me = begun(std::process::id(), &[]);
        me.map_or_else(|| PREFIX.to_owned(), |me| format!("{PREFIX}{}-{}-", me.pid, plain(&me.started)))
    })
}

/// A name of this process, from a random number.
pub(super) fn name(mut random: u64) -> String {
    let mut name = prefix().to_owned();
    for _ in 0..6 {
        name.push(LETTERS[(random % 36) as usize].into());
        random /= 36;
    }
    name
}

/// The last part of the path has the form of such a name: nobody's work, whoever looks at the folder meanwhile.
pub fn is_temporary(path: &[u8]) -> bool {
    let name = path.rsplit(|b| *b == b'/').next().unwrap_or_default();
    std::str::from_utf8(name).is_ok_and(|name| maker(name).is_some())
}

/// Whether a process made it that is gone, by when a process of that number began.
pub(super) fn is_left(name: &str, began: impl Fn(i32) -> Option<String>) -> bool {
    maker(name).is_some_and(|(pid, started)| began(pid).is_none_or(|began| plain(&began) != started))
}

/// The process that made a temporary file: its number, and when it began. Nothing else has a name of just this form.
fn maker(name: &str) -> Option<(i32, &str)> {
    let mut parts = name.strip_prefix(PREFIX)?.splitn(3, '-');
    let (pid, started) = (parts.next()?.parse().ok()?, parts.next()?);
    let random = |rest: &&str| rest.len() == 6 && rest.bytes().all(|b| b.is_ascii_alphanumeric());
    parts.next().filter(random).filter(|_| started.ends_with(|c: char| c.is_ascii_digit())).map(|_| (pid, started))
}

/// As in a file's name.
fn plain(started: &str) -> String {
    started.chars().filter(char::is_ascii_alphanumeric).collect()
}
