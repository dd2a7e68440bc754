//! Files of one folder as other branches have them, local ones and those of remotes: one look at each tip's tree, and at a
//! folder only where it is another than that of HEAD.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use git2::{ObjectType, Oid, Repository};
use session_types::Error;

use super::args::Args;
use super::library::entry_at;
use super::reader::object;
use super::repo::{Repo, failed};

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
struct Tip {
    branch: String,
    remote: bool,
    commit: String,
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
        let Some(folder) = repo.relative_to_top(folder) else { return Ok(None) };
        let Some(head) = repo.position()?.commit else { return Ok(None) };
        let mut tips = match repo.objects() {
            Some(library) => tips_by_library(library).map_err(|e| failed("read the branches", &e))?,
            None => tips_by_git(&repo)?,
        };
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
        let found = self.folders(&[&unknown[..], &[&self.head]].concat())?;
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
        match self.repo.objects() {
            Some(repo) => Oid::from_str(blob)
                .and_then(|id| Ok(repo.find_blob(id)?.content().to_owned()))
                .map_err(|e| failed("read a file of another branch", &e)),
            None => Ok(self.repo.git().output(Args::of(["cat-file", "blob"]).object(&object(blob)?))?.stdout),
        }
    }

    /// HEAD holds all that this tip does.
    ///
    /// # Errors
    /// Where the history cannot be read.
    pub fn is_merged(&self, tip: &str) -> Result<bool, Error> {
        self.repo.is_ancestor(&object(tip)?, &object(&self.head)?)
    }

    /// The folder of each commit that can be read: what a partial or broken clone lacks is looked for again the next time.
    fn folders(&self, commits: &[&str]) -> Result<Folders, Error> {
        let Some(repo) = self.repo.objects() else { return self.folders_by_git(commits) };
        let look = |commit: &str| -> Result<String, git2::Error> {
            let tree = repo.find_commit(Oid::from_str(commit)?)?.tree()?;
            let entry = entry_at(&tree, Path::new(&self.folder))?;
            let tree = entry.filter(|entry| entry.kind() == Some(ObjectType::Tree));
            Ok(tree.map(|entry| entry.id().to_string()).unwrap_or_default())
        };
        Ok(commits.iter().filter_map(|commit| Some(((*commit).to_owned(), look(commit).ok()?))).collect())
    }

    fn folders_by_git(&self, commits: &[&str]) -> Result<Folders, Error> {
        // A commit that is there and has no such folder is told by its tree from one that is not there.
        let asked: String =
            commits.iter().map(|commit| format!("{commit}^{{tree}}\n{commit}:{}\n", self.folder)).collect();
        let output =
            self.repo.git().fed(["cat-file", "--batch-check=%(objectname) %(objecttype)"], Some(asked.as_bytes()))?;
        let answers = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines: Vec<&str> = answers.lines().collect();
        let tree = |line: &str| line.strip_suffix(" tree").map(str::to_owned);
        let look = |(commit, answers): (&&str, &[&str])| {
            let [top, folder] = answers else { return None };
            tree(top).map(|_| ((*commit).to_owned(), tree(folder).unwrap_or_default()))
        };
        Ok(commits.iter().zip(lines.chunks(2)).filter_map(look).collect())
    }

    /// Names and blobs of the files right in a tree.
    fn entries(&self, tree: &str) -> Result<Vec<(String, String)>, Error> {
        if tree.is_empty() {
            return Ok(Vec::new());
        }
        let Some(repo) = self.repo.objects() else {
            let text = self.repo.git().text(Args::of(["ls-tree", "-z"]).object(&object(tree)?))?;
            let file = |line: &str| {
                let (about, name) = line.split_once('\t')?;
                let blob = about.split_once(" blob ")?.1;
                Some((name.to_owned(), blob.to_owned()))
            };
            return Ok(text.split('\0').filter_map(file).collect());
        };
        let read = || -> Result<Vec<(String, String)>, git2::Error> {
            let tree = repo.find_tree(Oid::from_str(tree)?)?;
            let files = tree.iter().filter(|entry| entry.kind() == Some(ObjectType::Blob));
            let named = files.filter_map(|entry| Some((entry.name().ok()?.to_owned(), entry.id().to_string())));
            Ok(named.collect())
        };
        read().map_err(|e| failed("read a folder of another branch", &e))
    }
}

fn tips_by_library(repo: &Repository) -> Result<Vec<Tip>, git2::Error> {
    let mut tips = Vec::new();
    for (prefix, remote) in [("refs/heads/", false), ("refs/remotes/", true)] {
        for reference in repo.references_glob(&format!("{prefix}*"))? {
            let reference = reference?;
            // `origin/HEAD` is another name only.
            let Some(target) = reference.target() else { continue };
            let Some(branch) = reference.name().ok().and_then(|name| name.strip_prefix(prefix)) else { continue };
            tips.push(Tip { branch: branch.to_owned(), remote, commit: target.to_string() });
        }
    }
    Ok(tips)
}

fn tips_by_git(repo: &Repo) -> Result<Vec<Tip>, Error> {
    let format = "--format=%(objectname) %(refname) %(symref)";
    let text = repo.git().text(["for-each-ref", format, "refs/heads/", "refs/remotes/"])?;
    let tip = |line: &str| {
        let (commit, name) = line.split_once(' ')?;
        // Behind a symbolic one stands what it points to.
        let name = name.strip_suffix(' ')?;
        let local = name.strip_prefix("refs/heads/").map(|branch| (branch, false));
        let (branch, remote) = local.or_else(|| Some((name.strip_prefix("refs/remotes/")?, true)))?;
        Some(Tip { branch: branch.to_owned(), remote, commit: commit.to_owned() })
    };
    Ok(text.lines().filter_map(tip).collect())
}
