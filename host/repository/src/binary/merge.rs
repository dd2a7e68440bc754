//! What the files become when commits are undone, as git itself merges.

use std::collections::BTreeSet;

use session_core::object_id::ObjectId;
use session_types::Error;

use super::super::args::Args;
use super::super::git::{Git, checked};
use super::super::reversal::{Conflict, Difference, Held, Objects, Reversal, Step, is_within, turns};
use super::super::selection::Selection;
use super::super::site::Site;
use super::tree::{object, one_time_index, plainly};

/// Where a helper commit must have an author, and nobody ever sees it.
const NOBODY: [&str; 4] = ["-c", "user.name=session", "-c", "user.email=session@localhost"];
/// The user's settings of merging would give another result by git than by libgit2.
const MERGING: [&str; 6] =
    ["-c", "merge.renames=true", "-c", "merge.directoryRenames=false", "-c", "merge.renormalize=false"];

pub(super) fn reversal(
    real: &Git,
    site: &Site,
    steps: &[Step],
    without: &[String],
    head: &ObjectId,
) -> Result<Result<Reversal, Conflict>, Error> {
    let (folder, git) = one_time_index(real, site, &Selection::default(), false)?;
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
    let turns = turns(differences(&git, head, &tree)?)?;
    Ok(Ok(Reversal { tree: tree.into(), turns, objects: Objects::Folder { git, _folder: folder } }))
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

/// How a tree differs from a commit.
fn differences(git: &Git, head: &ObjectId, tree: &ObjectId) -> Result<Vec<Difference>, Error> {
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
    Ok(found)
}
