//! What the files become when commits are undone: found by three-way merges of trees, in no working tree. Its objects are
//! in memory or in a folder of their own, and nothing of them stays. What a conflict means is `revert`'s to say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use git2::{Delta, Index, IndexEntry, MergeOptions, Oid, Repository, Tree};
use session_core::object_id::ObjectId;
use session_types::{Error, RevertRequest, Undo};
use tempfile::TempDir;

use super::args::Args;
use super::git::{Git, checked};
use super::library::GITLINK;
use super::listed::Sorted;
use super::paths::utf8;
use super::reader::{object, plainly};
use super::repo::{Repo, failed, oid};

/// More pairs than these are not compared to find renames: as git's own limit.
const RENAMES: u32 = 1_000;
/// Where a helper commit must have an author, and nobody ever sees it.
const NOBODY: [&str; 4] = ["-c", "user.name=session", "-c", "user.email=session@localhost"];
/// The user's settings of merging would give another result by git than by libgit2.
const MERGING: [&str; 6] =
    ["-c", "merge.renames=true", "-c", "merge.directoryRenames=false", "-c", "merge.renormalize=false"];

/// What a tree or an index holds at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) mode: u32,
    pub(super) id: String,
}

/// One path that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// Below the top.
    pub(super) path: String,
    pub(super) before: Option<Held>,
    pub(super) after: Option<Held>,
}

impl Turn {
    /// A submodule, before or after.
    pub(super) fn is_link(&self) -> bool {
        [&self.before, &self.after].into_iter().flatten().any(|held| held.mode == GITLINK)
    }

    /// A submodule takes the place of a file, or the other way round.
    pub(super) fn swaps_link(&self) -> bool {
        let is_file = |held: &Held| held.mode != GITLINK;
        self.is_link() && [&self.before, &self.after].into_iter().flatten().any(is_file)
    }
}

/// Where the objects of a result are as long as this lives.
pub(super) enum Objects {
    Memory(Repository),
    Folder { git: Git, _folder: TempDir },
}

/// The tree that a commit shall have.
pub(super) struct Undone {
    pub(super) tree: String,
    /// In the order of their paths.
    pub(super) turns: Vec<Turn>,
    pub(super) objects: Objects,
}

/// A commit whose change does not come off, and the paths where it does not.
pub(super) struct Conflict {
    pub(super) commit: ObjectId,
    pub(super) paths: Vec<String>,
}

/// A commit to undo: what it is, and what was before it; an empty tree where it was the first of all.
struct Step {
    commit: ObjectId,
    before: Option<ObjectId>,
}

impl Repo {
    /// # Errors
    /// Where a commit is not here, or git is too old.
    pub(super) fn undone(&self, request: &RevertRequest, head: &ObjectId) -> Result<Result<Undone, Conflict>, Error> {
        let steps = request.commits.iter().map(|undo| self.step(undo)).collect::<Result<Vec<_>, Error>>()?;
        // What stays as it is, is in all trees what HEAD has: so it neither conflicts nor takes part in a rename.
        let without = self.outermost(&request.without);
        match self.reader() {
            Some(_) => {
                let make = || undone_by_library(in_memory(self)?, &steps, &without, head);
                let made = make().map_err(|e| failed("merge", &e))?;
                Ok(match made {
                    Ok((tree, objects)) => {
                        Ok(Undone { turns: turns_by_library(&objects, head, tree)?, ..result(tree, objects) })
                    }
                    Err(conflict) => Err(conflict),
                })
            }
            None => self.undone_by_git(&steps, &without, head),
        }
    }

    fn step(&self, undo: &Undo) -> Result<Step, Error> {
        let commit = self.known(&undo.commit)?;
        let before = match &undo.to {
            Some(to) => Some(self.known(to)?),
            None => self.first_parent(&commit)?,
        };
        Ok(Step { commit, before })
    }

    /// As it is written in the commit itself: in a shallow clone the oldest commits pass for ones without parents, and
    /// undoing such a one against nothing would remove all files.
    fn first_parent(&self, commit: &ObjectId) -> Result<Option<ObjectId>, Error> {
        let raw = match self.objects() {
            Some(repo) => {
                let read = || Ok(repo.odb()?.read(oid(commit)?)?.data().to_owned());
                read().map_err(|e: git2::Error| failed(&format!("read {commit}"), &e))?
            }
            None => {
                let output = self.git().output(Args::of(["cat-file", "commit"]).object(commit))?;
                checked(&format!("read {commit}"), output)?.stdout
            }
        };
        let text = String::from_utf8_lossy(&raw);
        let parent = text.lines().take_while(|line| !line.is_empty()).find_map(|line| line.strip_prefix("parent "));
        match parent {
            None => Ok(None),
            Some(parent) => self.commit_named(parent)?.map(Some).ok_or_else(|| {
                Error::new(format!("what was before {} is not in this clone", commit.short()))
                    .hint("git fetch --unshallow, then the same command again")
            }),
        }
    }

    fn undone_by_git(
        &self,
        steps: &[Step],
        without: &[String],
        head: &ObjectId,
    ) -> Result<Result<Undone, Conflict>, Error> {
        let (folder, git) = self.one_time_index(&Sorted::default(), false)?;
        let empty = object(&git.text(["hash-object", "-w", "-t", "tree", "/dev/null"])?)?;
        let tree_of = |commit: Option<&ObjectId>| with_heads(&git, commit.unwrap_or(&empty), without, head);
        let commit_of = |tree: &ObjectId, parent: Option<&ObjectId>| {
            let args = Args::of(NOBODY).and(["commit-tree"]).object(tree).and(["-m", "helper"]);
            object(&git.text(parent.into_iter().fold(args, |args, parent| args.and(["-p"]).object(parent)))?)
        };
        let mut tree = tree_within(&git, head)?;
        for step in steps {
            let base = commit_of(&tree_of(Some(&step.commit))?, None)?;
            let ours = commit_of(&tree, Some(&base))?;
            let theirs = commit_of(&tree_of(step.before.as_ref())?, Some(&base))?;
            match merged(&git, &ours, &theirs)? {
                Ok(merged) => tree = merged,
                Err(paths) => return Ok(Err(Conflict { commit: step.commit.clone(), paths })),
            }
        }
        let turns = turns_by_git(&git, head, &tree)?;
        Ok(Ok(Undone { tree: tree.into(), turns, objects: Objects::Folder { git, _folder: folder } }))
    }
}

fn result(tree: Oid, repo: Repository) -> Undone {
    Undone { tree: tree.to_string(), turns: Vec::new(), objects: Objects::Memory(repo) }
}

/// Another handle, whose new objects go to memory.
pub(super) fn in_memory(repo: &Repo) -> Result<Repository, git2::Error> {
    let repo = repo.reopened()?;
    // The object database keeps what was added as long as it lives itself.
    let _memory = repo.odb()?.add_new_mempack_backend(1000)?;
    Ok(repo)
}

fn undone_by_library(
    repo: Repository,
    steps: &[Step],
    without: &[String],
    head: &ObjectId,
) -> Result<Result<(Oid, Repository), Conflict>, git2::Error> {
    let mut options = MergeOptions::new();
    options.find_renames(true).target_limit(RENAMES);
    let tree = {
        let head = repo.find_commit(oid(head)?)?.tree()?;
        let mut at = head.id();
        for step in steps {
            let whole = |commit: Option<&ObjectId>| -> Result<Tree<'_>, git2::Error> {
                let tree = match commit {
                    Some(commit) => repo.find_commit(oid(commit)?)?.tree()?,
                    None => repo.find_tree(repo.treebuilder(None)?.write()?)?,
                };
                with_heads_by_library(&repo, tree, without, &head)
            };
            let (base, theirs) = (whole(Some(&step.commit))?, whole(step.before.as_ref())?);
            let mut index = repo.merge_trees(&base, &repo.find_tree(at)?, &theirs, Some(&options))?;
            if index.has_conflicts() {
                return Ok(Err(Conflict { commit: step.commit.clone(), paths: conflicts(&index)? }));
            }
            at = index.write_tree_to(&repo)?;
        }
        at
    };
    Ok(Ok((tree, repo)))
}

/// Each by the name that it has now, where it is still there.
fn conflicts(index: &Index) -> Result<Vec<String>, git2::Error> {
    let mut paths = BTreeSet::new();
    for conflict in index.conflicts()? {
        let conflict = conflict?;
        let entry = conflict.our.or(conflict.their).or(conflict.ancestor);
        paths.extend(entry.map(|entry| String::from_utf8_lossy(&entry.path).into_owned()));
    }
    Ok(paths.into_iter().collect())
}

pub(super) fn is_within(path: &str, without: &[String]) -> bool {
    let below = |one: &String| path.strip_prefix(one.as_str()).is_some_and(|rest| rest.starts_with('/'));
    without.iter().any(|one| one == path || below(one))
}

fn with_heads_by_library<'r>(
    repo: &'r Repository,
    tree: Tree<'r>,
    without: &[String],
    head: &Tree<'_>,
) -> Result<Tree<'r>, git2::Error> {
    if without.is_empty() {
        return Ok(tree);
    }
    let [mut index, mut heads] = [Index::new()?, Index::new()?];
    index.read_tree(&tree)?;
    heads.read_tree(head)?;
    let within = |entry: &IndexEntry| is_within(&String::from_utf8_lossy(&entry.path), without);
    let old: Vec<IndexEntry> = index.iter().filter(within).collect();
    for entry in old {
        index.remove(Path::new(&*String::from_utf8_lossy(&entry.path)), 0)?;
    }
    heads.iter().filter(within).try_for_each(|entry| index.add(&entry))?;
    repo.find_tree(index.write_tree_to(repo)?)
}

/// A tree with what HEAD has at these paths.
fn with_heads(git: &Git, of: &ObjectId, without: &[String], head: &ObjectId) -> Result<ObjectId, Error> {
    if without.is_empty() {
        return tree_within(git, of);
    }
    plainly(git, Args::of(["read-tree"]).object(of), None)?;
    let kept = plainly(git, Args::of(["ls-tree", "-r", "-z", "--full-tree"]).object(head), None)?;
    let there = plainly(git, ["ls-files", "-z"], None)?;
    let old = there.split_terminator('\0').filter(|path| is_within(path, without));
    let zeros = head.nothing();
    let mut lines: String = old.map(|path| format!("0 {zeros}\t{path}\0")).collect();
    for line in kept.split_terminator('\0') {
        let Some((about, path)) = line.split_once('\t').filter(|(_, path)| is_within(path, without)) else { continue };
        let mut parts = about.split(' ');
        if let (Some(mode), Some(_), Some(id)) = (parts.next(), parts.next(), parts.next()) {
            lines += &format!("{mode} {id}\t{path}\0");
        }
    }
    plainly(git, ["update-index", "-z", "--index-info"], Some(lines.as_bytes()))?;
    object(&plainly(git, ["write-tree", "--missing-ok"], None)?)
}

/// The tree of a commit, or the tree itself.
fn tree_within(git: &Git, of: &ObjectId) -> Result<ObjectId, Error> {
    object(&plainly(git, Args::of(["rev-parse", "--verify"]).peeled(of, "^{tree}"), None)?)
}

/// The tree of a merge, or the paths in conflict.
fn merged(git: &Git, ours: &ObjectId, theirs: &ObjectId) -> Result<Result<ObjectId, Vec<String>>, Error> {
    let args = Args::of(MERGING).and(["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages"]);
    let output = git.output(args.object(ours).object(theirs))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut parts = text.split_terminator('\0');
    let tree = parts.next().unwrap_or_default().trim();
    match output.status.code() {
        Some(0) => object(tree).map(Ok),
        Some(1) if !tree.is_empty() => {
            let paths: BTreeSet<String> = parts.map(str::to_owned).collect();
            Ok(Err(paths.into_iter().collect()))
        }
        // How one that does not know the option ends.
        Some(129) => {
            let version = git.line(["--version"])?.unwrap_or_else(|| "this git".to_owned());
            Err(Error::new("cannot find out what the files become without these commits")
                .because(format!("only git itself reads this repository right, and {version} is too old for that"))
                .hint("install git 2.38 or later"))
        }
        _ => checked("merge", output).map(|_| Err(Vec::new())),
    }
}

fn turns_by_library(repo: &Repository, head: &ObjectId, tree: Oid) -> Result<Vec<Turn>, Error> {
    let compare = || -> Result<Vec<Told>, git2::Error> {
        let head = repo.find_commit(oid(head)?)?.tree()?;
        let mut options = git2::DiffOptions::new();
        options.include_typechange(true);
        let diff = repo.diff_tree_to_tree(Some(&head), Some(&repo.find_tree(tree)?), Some(&mut options))?;
        let held = |file: git2::DiffFile<'_>| Held { mode: file.mode().into(), id: file.id().to_string() };
        let one = |delta: git2::DiffDelta<'_>| {
            let before = (delta.status() != Delta::Added).then(|| held(delta.old_file()));
            let after = (delta.status() != Delta::Deleted).then(|| held(delta.new_file()));
            (delta.new_file().path_bytes().unwrap_or_default().to_owned(), before, after)
        };
        Ok(diff.deltas().map(one).collect())
    };
    joined(compare().map_err(|e| failed("compare two trees", &e))?)
}

fn turns_by_git(git: &Git, head: &ObjectId, tree: &ObjectId) -> Result<Vec<Turn>, Error> {
    let args = Args::of(["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev"]);
    let output = checked("compare two trees", git.output(args.peeled(head, "^{tree}").object(tree))?)?;
    let mut parts = output.stdout.split(|b| *b == 0);
    let mut found = Vec::new();
    while let (Some(about), Some(path)) = (parts.next(), parts.next()) {
        let about = String::from_utf8_lossy(about);
        let fields: Vec<&str> = about.trim_start_matches(':').split(' ').collect();
        let [old, new, from, to, _] = &fields[..] else { continue };
        let held = |mode: &str, id: &str| {
            let mode = u32::from_str_radix(mode, 8).ok().filter(|mode| *mode != 0)?;
            Some(Held { mode, id: id.to_owned() })
        };
        found.push((path.to_owned(), held(old, from), held(new, to)));
    }
    joined(found)
}

/// Path, before, after.
type Told = (Vec<u8>, Option<Held>, Option<Held>);

/// A change of kind may be told as a removal and an addition.
fn joined(found: Vec<Told>) -> Result<Vec<Turn>, Error> {
    let mut turns: BTreeMap<String, Turn> = BTreeMap::new();
    for (path, before, after) in found {
        let path = utf8(&path)?.to_owned();
        let turn = turns.entry(path.clone()).or_insert(Turn { path, before: None, after: None });
        turn.before = turn.before.take().or(before);
        turn.after = turn.after.take().or(after);
    }
    Ok(turns.into_values().collect())
}
