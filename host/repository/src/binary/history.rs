//! The history as git itself tells it.

use std::collections::{BTreeSet, HashSet};

use session_core::object_id::ObjectId;
use session_types::{Commit, Elsewhere, Error, Head};

use super::super::args::Args;
use super::super::base::Touched;
use super::super::elsewhere::{makes_a_commit, seconds};
use super::super::git::{Git, checked};
use super::super::library;
use super::super::reader::{Span, WITH_FILES};
use super::super::site::Site;
use super::super::tips::{Folders, Tip};

pub(super) fn position(git: &Git) -> Result<Head, Error> {
    let branch = git.line(["symbolic-ref", "--quiet", "HEAD"])?;
    let branch = branch.and_then(|name| name.strip_prefix("refs/heads/").map(str::to_owned));
    let output = git.output(["rev-parse", "--quiet", "--verify", "HEAD^{commit}"])?;
    let commit = Some(String::from_utf8_lossy(&output.stdout).trim().to_owned()).filter(|id| !id.is_empty());
    if commit.is_none() && branch.is_none() {
        return checked("read HEAD", output).map(|_| Head::default());
    }
    let tree = match commit.as_deref().and_then(ObjectId::parse) {
        Some(commit) => git.line(Args::of(["rev-parse", "--verify"]).peeled(&commit, "^{tree}"))?,
        None => None,
    };
    Ok(Head { commit, branch, tree, author: None })
}

pub(super) fn is_ancestor(git: &Git, ancestor: &ObjectId, commit: &ObjectId) -> Result<bool, Error> {
    git.agrees(Args::of(["merge-base", "--is-ancestor"]).object(ancestor).object(commit))
}

pub(super) fn first_above(git: &Git, onto: &ObjectId, head: &ObjectId) -> Result<Option<ObjectId>, Error> {
    let text = git.text(Args::of(["rev-list", "--parents"]).object(head).hiding(onto).and(["--"]))?;
    let straight = text.lines().all(|line| line.split_whitespace().count() == 2);
    let first = text.lines().last().and_then(|line| line.split_whitespace().next());
    Ok(first.filter(|_| straight).and_then(ObjectId::parse))
}

pub(super) fn holder(git: &Git, commit: &ObjectId, places: &[&'static str]) -> Result<Option<String>, Error> {
    let args = Args::of(["for-each-ref", "--count=1", "--format=%(refname:short)"]);
    let args = args.option("--contains", commit.as_str());
    git.line(places.iter().fold(args, |args, place| args.and([*place])))
}

pub(super) fn follower(
    git: &Git,
    site: &Site,
    head: &ObjectId,
    base: Option<&ObjectId>,
) -> Result<Option<Commit>, Error> {
    let range = Args::of(["--first-parent"]).object(head);
    let last = log(git, site, base.into_iter().fold(range, Args::hiding), None, 0)?.pop();
    let base = base.map(ObjectId::as_str);
    Ok(last.filter(|commit| commit.parents.first().map(String::as_str) == base))
}

pub(super) fn history(git: &Git, site: &Site, span: &Span<'_>) -> Result<Vec<Commit>, Error> {
    let hidden = |args: Args| span.from.into_iter().fold(args.object(span.to), Args::hiding);
    let mut range = Args::of([if span.merged { "--topo-order" } else { "--first-parent" }]);
    if let Some(text) = span.matching {
        range = range.and(["--fixed-strings"]).option("--grep", text);
    }
    if span.path.is_some() {
        // The other files of such a commit are named, too.
        range = range.and(["--no-merges", "--full-diff"]);
    }
    let mut commits = log(git, site, hidden(range), span.path, WITH_FILES)?;
    if git.line(["for-each-ref", "--count=1", "refs/remotes/"])?.is_some() {
        let left = git.text(hidden(Args::of(["rev-list"])).and(["--not", "--remotes", "--"]))?;
        let unpushed: HashSet<&str> = left.lines().collect();
        commits.iter_mut().for_each(|commit| commit.pushed = !unpushed.contains(commit.commit.as_str()));
    }
    Ok(commits)
}

/// Commits that git names for these arguments, newest first, with the files of the first `named`.
fn log(git: &Git, site: &Site, range: Args, path: Option<&str>, named: usize) -> Result<Vec<Commit>, Error> {
    let mut args = Args::of(["log", "-z", "--diff-merges=off", "--no-renames", "--no-show-signature"])
        .and(["--no-notes", "--no-color", "--no-mailmap", "--encoding=UTF-8"])
        .and(["--format=tformat:%x02%H%x01%T%x01%P%x01%an <%ae>%x01%B%x03"]);
    if named > 0 {
        args = args.and(["--name-only"]);
    }
    let text = git.text(args.before(range).files(path))?;
    let mut commits: Vec<Commit> = Vec::new();
    for part in text.split('\0') {
        let head = part.strip_prefix('\u{2}').and_then(|rest| rest.strip_suffix('\u{3}'));
        let fields: Vec<&str> = head.map(|head| head.splitn(5, '\u{1}').collect()).unwrap_or_default();
        match (&fields[..], commits.len()) {
            ([commit, tree, parents, author, message], _) => commits.push(Commit {
                commit: (*commit).to_owned(),
                message: (*message).to_owned(),
                tree: (*tree).to_owned(),
                parents: parents.split_whitespace().map(str::to_owned).collect(),
                author: (*author).to_owned(),
                ..Commit::default()
            }),
            (_, count) if count <= named => {
                let name = part.strip_prefix('\n').unwrap_or(part);
                let names = commits.last_mut().filter(|_| !name.is_empty());
                if let Some(commit) = names {
                    commit.files.push(site.relative_to_root(name));
                }
            }
            _ => {}
        }
    }
    Ok(commits)
}

pub(super) fn elsewhere(git: &Git, site: &Site, head: &ObjectId, asked: &Elsewhere) -> Result<Vec<Commit>, Error> {
    let mut ids: Vec<ObjectId> = asked.commits.iter().filter_map(|id| ObjectId::parse(id)).collect();
    let named = ids.clone();
    let base = asked.base.as_deref().and_then(ObjectId::parse);
    if let Some(since) = asked.made_since.as_ref().and_then(seconds) {
        let log = git.output(["log", "--walk-reflogs", "--date=unix", "--format=%H%x01%gd%x01%gs", "HEAD", "--"])?;
        for line in String::from_utf8_lossy(&log.stdout).lines() {
            let mut parts = line.splitn(3, '\u{1}');
            let (Some(id), Some(at), Some(what)) = (parts.next(), parts.next(), parts.next()) else { continue };
            let at = at.rsplit_once("@{").and_then(|(_, at)| at.trim_end_matches('}').parse::<i64>().ok());
            if at.is_some_and(|at| at >= since) && makes_a_commit(what) {
                ids.extend(ObjectId::parse(id));
            }
        }
    }
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    for id in ids.into_iter().filter(|id| seen.insert(id.clone())) {
        let there = Args::of(["cat-file", "-e"]).peeled(&id, "^{commit}");
        if !git.agrees(there)? || is_ancestor(git, &id, head)? {
            continue;
        }
        let behind = |base: &ObjectId| is_ancestor(git, base, &id);
        if !named.contains(&id) && !base.as_ref().map_or(Ok(true), behind)? {
            continue;
        }
        let holding = Args::of(["for-each-ref", "--format=%(refname:short)"]).option("--contains", id.as_str());
        let branches = git.text(holding.and(["refs/heads/"]))?;
        let branches: Vec<String> = branches.lines().map(str::to_owned).collect();
        let commit = log(git, site, Args::of(["--max-count=1"]).object(&id), None, 1)?;
        found.extend(commit.into_iter().map(|commit| Commit { branches: branches.clone(), ..commit }));
    }
    Ok(found)
}

pub(super) fn touched(git: &Git, base: &ObjectId, head: &ObjectId, paths: &[String]) -> Result<Vec<Touched>, Error> {
    let mut found = Vec::new();
    for path in paths {
        let args = Args::of(["rev-list", "--full-history"]).object(head).hiding(base);
        let text = git.text(args.files([path]))?;
        found.extend(text.lines().map(|commit| Touched { path: path.clone(), commit: Some(commit.to_owned()) }));
    }
    Ok(found)
}

/// By libgit2 from what git shows, since the two count what is binary in ways of their own.
pub(super) fn patch_id(git: &Git, commit: &ObjectId) -> Result<Option<String>, Error> {
    let args = Args::of(["diff-tree", "--patch", "--root", "--no-commit-id", "--no-renames", "--no-ext-diff"]);
    let args = args.and(["--no-textconv"]).object(commit);
    let patch = checked(&format!("read {commit}"), git.output(args)?)?.stdout;
    if patch.is_empty() {
        return Ok(None);
    }
    let id = git2::Diff::from_buffer(&patch).and_then(|diff| diff.patchid(None));
    id.map(|id| Some(id.to_string())).map_err(|e| library::failed(&format!("read {commit}"), &e))
}

/// The blob of a regular file in a commit.
pub(super) fn blob_at(git: &Git, commit: &ObjectId, path: &str) -> Result<Option<ObjectId>, Error> {
    let listed = git.text(Args::of(["ls-tree", "-z", "--full-tree"]).object(commit).names(path))?;
    let Some((about, _)) = listed.split_once('\t') else { return Ok(None) };
    let parts: Vec<&str> = about.split(' ').collect();
    Ok(match parts[..] {
        [mode, "blob", blob] if mode.starts_with("100") => ObjectId::parse(blob),
        _ => None,
    })
}

pub(super) fn tips(git: &Git) -> Result<Vec<Tip>, Error> {
    let format = "--format=%(objectname) %(refname) %(symref)";
    let text = git.text(["for-each-ref", format, "refs/heads/", "refs/remotes/"])?;
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

pub(super) fn folders(git: &Git, commits: &[&str], folder: &str) -> Result<Folders, Error> {
    // A commit that is there and has no such folder is told by its tree from one that is not there.
    let asked: String = commits.iter().map(|commit| format!("{commit}^{{tree}}\n{commit}:{folder}\n")).collect();
    let output = git.fed(["cat-file", "--batch-check=%(objectname) %(objecttype)"], Some(asked.as_bytes()))?;
    let answers = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<&str> = answers.lines().collect();
    let tree = |line: &str| line.strip_suffix(" tree").map(str::to_owned);
    let look = |(commit, answers): (&&str, &[&str])| {
        let [top, folder] = answers else { return None };
        tree(top).map(|_| ((*commit).to_owned(), tree(folder).unwrap_or_default()))
    };
    Ok(commits.iter().zip(lines.chunks(2)).filter_map(look).collect())
}

pub(super) fn entries(git: &Git, tree: &ObjectId) -> Result<Vec<(String, String)>, Error> {
    let text = git.text(Args::of(["ls-tree", "-z"]).object(tree))?;
    let file = |line: &str| {
        let (about, name) = line.split_once('\t')?;
        let blob = about.split_once(" blob ")?.1;
        Some((name.to_owned(), blob.to_owned()))
    };
    Ok(text.split('\0').filter_map(file).collect())
}
