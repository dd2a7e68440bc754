//! From where lines come, by libgit2: a walk over the commits that changed their file.

use std::collections::{BTreeMap, BinaryHeap};
use std::path::Path;
use std::time::Instant;

use git2::{Oid, Repository};

use super::super::origin::{Brought, COMMITS, Origin, Split, kept};
use super::super::reader::Lines;
use super::oid;
use super::tree::entry_at;

pub(super) fn origins(repo: &Repository, lines: &Lines<'_>) -> Result<Vec<Origin>, git2::Error> {
    let Lines { path, split, until, .. } = *lines;
    let found = vec![Origin::Uncommitted; lines.numbers.len()];
    let mut walk = Walk { repo, path: Path::new(path), split, until, found, seen: 0 };
    walk.run(oid(lines.head)?, lines.content, lines.numbers)?;
    Ok(walk.found)
}

struct Walk<'r> {
    repo: &'r Repository,
    path: &'r Path,
    split: Split,
    until: Instant,
    found: Vec<Origin>,
    seen: usize,
}

/// Lines that are still looked for: where each stands in this version, and its place in the answer.
type Wanted = Vec<(usize, usize)>;

impl Walk<'_> {
    fn run(&mut self, head: Oid, content: &[u8], lines: &[usize]) -> Result<(), git2::Error> {
        let Some(blob) = self.blob(head)? else { return Ok(()) };
        let committed = self.repo.find_blob(blob)?;
        let kept = kept(&(self.split)(content), &(self.split)(committed.content()), self.until);
        let wanted = lines.iter().enumerate().filter_map(|(at, line)| Some((*kept.get(line)?, at)));
        // By time, so that lines which reach a commit on several ways are there together. No clock is trusted for more.
        let mut queue = BinaryHeap::from([(self.repo.find_commit(head)?.time().seconds(), head)]);
        let mut waiting: BTreeMap<Oid, Wanted> = BTreeMap::from([(head, wanted.collect())]);
        while let Some((_, id)) = queue.pop() {
            let Some(wanted) = waiting.remove(&id).filter(|wanted| !wanted.is_empty()) else { continue };
            self.seen += 1;
            if self.seen > COMMITS || Instant::now() > self.until {
                let rest = waiting.into_values().flatten().chain(wanted);
                rest.for_each(|(_, at)| self.found[at] = Origin::Earlier { commits: self.seen });
                return Ok(());
            }
            for (parent, lines) in self.handed_on(id, wanted)? {
                queue.push((self.repo.find_commit(parent)?.time().seconds(), parent));
                waiting.entry(parent).or_default().extend(lines);
            }
        }
        Ok(())
    }

    /// To which parents the lines of a commit lead. Those that no parent has came with it.
    fn handed_on(&mut self, id: Oid, mut wanted: Wanted) -> Result<Vec<(Oid, Wanted)>, git2::Error> {
        let commit = self.repo.find_commit(id)?;
        let mine = self.blob(id)?;
        let parents: Vec<Oid> = commit.parent_ids().collect();
        let mut theirs = Vec::new();
        for parent in &parents {
            // A history that was cut off has no more to say.
            let Ok(blob) = self.blob(*parent) else {
                wanted.iter().for_each(|(_, at)| self.found[*at] = Origin::Earlier { commits: self.seen });
                return Ok(Vec::new());
            };
            if blob == mine {
                return Ok(vec![(*parent, wanted)]);
            }
            theirs.extend(blob.map(|blob| (*parent, blob)));
        }
        let mut next = Vec::new();
        let mine = mine.map(|mine| self.repo.find_blob(mine)).transpose()?;
        for (parent, blob) in theirs {
            let (before, now) = (self.repo.find_blob(blob)?, mine.as_ref().map_or(&[][..], |blob| blob.content()));
            let kept = kept(&(self.split)(now), &(self.split)(before.content()), self.until);
            let (on, rest): (Wanted, Wanted) = wanted.into_iter().partition(|(line, _)| kept.contains_key(line));
            next.push((parent, on.into_iter().filter_map(|(line, at)| Some((*kept.get(&line)?, at))).collect()));
            wanted = rest;
        }
        let brought = Brought {
            commit: id.to_string(),
            author: String::from_utf8_lossy(commit.author().name_bytes()).into_owned(),
            age: self.seen,
            seconds: commit.author().when().seconds(),
            subject: commit
                .summary_bytes()
                .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
                .unwrap_or_default(),
        };
        wanted.iter().for_each(|(_, at)| self.found[*at] = Origin::Commit(brought.clone()));
        Ok(next)
    }

    fn blob(&self, commit: Oid) -> Result<Option<Oid>, git2::Error> {
        let tree = self.repo.find_commit(commit)?.tree()?;
        Ok(entry_at(&tree, self.path)?.map(|entry| entry.id()))
    }
}
