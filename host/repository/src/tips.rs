//! Files of one folder as other branches have them, local ones and those of remotes: one look at each tip's tree, and at a
//! folder only where it is another than that of HEAD.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use session_types::Error;

use super::binary::object;
use super::repo::Repo;

/// A file that the folder has on a branch and not, or otherwise, in HEAD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchFile {
    /// As git shows it: `feature/x`, `origin/feature/x`.
    pub branch: String,
    pub remote: bool,
    /// The newest commit of the branch.
    pub tip: String,
    pub name: String,
    pub blob: String,
}

/// Identity of the folder by tip, where it is known already: neither ever changes. Empty where the tip has no such folder.
pub type Folders = BTreeMap<String, String>;

/// Branches of a repository, but for those that point to HEAD.
#[derive(Debug)]
pub(super) struct Tip {
    pub(super) branch: String,
    pub(super) remote: bool,
    pub(super) commit: String,
}

pub struct Tips {
    repo: Repo,
    /// Below the top.
    folder: String,
    head: String,
    tips: Vec<Tip>,
}

impl std::fmt::Debug for Tips {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tips").field("folder", &self.folder).field("tips", &self.tips).finish_non_exhaustive()
    }
}

impl Tips {
    /// None outside git, and before the first commit.
    ///
    /// # Errors
    /// Where the branches cannot be read.
    pub fn open(root: &Path, folder: &str) -> Result<Option<Self>, Error> {
        let Ok(repo) = Repo::open(root, root) else { return Ok(None) };
        let Some(folder) = repo.site.relative_to_top(folder) else { return Ok(None) };
        let Some(head) = repo.position()?.commit else { return Ok(None) };
        let mut tips = repo.reader.tips()?;
        tips.retain(|tip| tip.commit != head);
        Ok(Some(Self { repo, folder, head, tips }))
    }

    /// How many commits the branches point to.
    pub fn count(&self) -> usize {
        self.tips.iter().map(|tip| &tip.commit).collect::<BTreeSet<_>>().len()
    }

    /// The files, of every branch that has them. What was found out about tips is added to `known`, and what is of no
    /// tip any more is taken out.
    ///
    /// # Errors
    /// Where a tree cannot be read.
    pub fn files(&self, known: &mut Folders) -> Result<Vec<BranchFile>, Error> {
        let unknown: BTreeSet<&str> = self.tips.iter().map(|tip| tip.commit.as_str()).collect();
        known.retain(|tip, _| unknown.contains(tip.as_str()));
        let unknown: Vec<&str> = unknown.into_iter().filter(|tip| !known.contains_key(*tip)).collect();
        // What a partial or broken clone lacks is looked for again the next time.
        let asked = [&unknown[..], &[&self.head]].concat();
        let found = self.repo.reader.folders(&asked, &self.folder)?;
        let mine = found.get(&self.head).cloned().unwrap_or_default();
        known.extend(found.into_iter().filter(|(tip, _)| *tip != self.head));
        let mut listed: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
        let here: BTreeSet<(String, String)> = self.entries(&mine)?.into_iter().collect();
        let mut files = Vec::new();
        for tip in &self.tips {
            let Some(folder) = known.get(&tip.commit).filter(|folder| !folder.is_empty() && **folder != mine) else {
                continue;
            };
            if !listed.contains_key(folder.as_str()) {
                let new = self.entries(folder)?.into_iter().filter(|entry| !here.contains(entry));
                listed.insert(folder, new.collect());
            }
            let entries = listed.get(folder.as_str()).into_iter().flatten();
            files.extend(entries.map(|(name, blob)| BranchFile {
                branch: tip.branch.clone(),
                remote: tip.remote,
                tip: tip.commit.clone(),
                name: name.clone(),
                blob: blob.clone(),
            }));
        }
        Ok(files)
    }

    /// # Errors
    /// Where the repository does not have it.
    pub fn content(&self, blob: &str) -> Result<Vec<u8>, Error> {
        self.repo.reader.blob(&object(blob)?)
    }

    /// HEAD holds all that this tip does.
    ///
    /// # Errors
    /// Where the history cannot be read.
    pub fn is_merged(&self, tip: &str) -> Result<bool, Error> {
        self.repo.reader.is_ancestor(&object(tip)?, &object(&self.head)?)
    }

    /// Names and blobs of the files right in a tree.
    fn entries(&self, tree: &str) -> Result<Vec<(String, String)>, Error> {
        if tree.is_empty() { Ok(Vec::new()) } else { self.repo.reader.entries(&object(tree)?) }
    }
}
