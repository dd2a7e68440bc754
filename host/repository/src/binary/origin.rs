//! From where lines come, as `git blame` tells it, told to run nothing.

use std::collections::BTreeMap;

use session_core::object_id::ObjectId;
use session_types::Error;

use super::super::args::Args;
use super::super::git::Git;
use super::super::origin::{Brought, Origin, kept};
use super::super::reader::Lines;

/// Lines that are asked for: each is a walk of its own.
const ASKED: usize = 50;

/// `committed` is the file as HEAD has it.
pub(super) fn origins(git: &Git, lines: &Lines<'_>, committed: &[u8]) -> Result<Vec<Origin>, Error> {
    let kept = kept(&(lines.split)(lines.content), &(lines.split)(committed), lines.until);
    blame(git, lines.head, lines.path, lines.numbers.iter().map(|line| kept.get(line).copied()).collect())
}

fn blame(git: &Git, head: &ObjectId, inside: &str, lines: Vec<Option<usize>>) -> Result<Vec<Origin>, Error> {
    let asked: Vec<usize> = lines.iter().flatten().take(ASKED).map(|line| line + 1).collect();
    if asked.is_empty() {
        return Ok(vec![Origin::Uncommitted; lines.len()]);
    }
    let args = Args::of(["-c", "core.fsmonitor=false", "-c", "blame.ignoreRevsFile="]);
    let args = args.and(["blame", "--line-porcelain", "--no-textconv", "--encoding=UTF-8"]);
    let args = asked.iter().fold(args, |args, line| args.line(*line)).object(head).names(inside);
    let found = blamed(&git.text(args)?);
    let one = |line: Option<usize>| match line {
        None => Origin::Uncommitted,
        Some(line) => found.get(&(line + 1)).cloned().map_or(Origin::Unknown, Origin::Commit),
    };
    Ok(lines.into_iter().map(one).collect())
}

/// Lines of `git blame --line-porcelain`, by their number in the file.
fn blamed(text: &str) -> BTreeMap<usize, Brought> {
    let (mut all, mut number) = (BTreeMap::new(), 0);
    let mut now = Brought { commit: String::new(), author: String::new(), seconds: 0, subject: String::new(), age: 0 };
    for line in text.split('\n') {
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        match key {
            _ if line.starts_with('\t') => _ = all.insert(number, now.clone()),
            "author" => value.clone_into(&mut now.author),
            "author-time" => now.seconds = value.parse().unwrap_or_default(),
            "summary" => value.clone_into(&mut now.subject),
            key if key.len() >= 40 && key.bytes().all(|b| b.is_ascii_hexdigit()) => {
                key.clone_into(&mut now.commit);
                number = value.split(' ').nth(1).and_then(|number| number.parse().ok()).unwrap_or_default();
            }
            _ => {}
        }
    }
    // git tells no order but by the clocks of their authors.
    let mut times: Vec<i64> = all.values().map(|brought| brought.seconds).collect();
    times.sort_unstable_by(|a, b| b.cmp(a));
    all.values_mut().for_each(|brought| brought.age = times.partition_point(|time| *time > brought.seconds));
    all
}
