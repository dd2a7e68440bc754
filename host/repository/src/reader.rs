//! The index, the working tree and commits as git itself answers: where libgit2 cannot read them, or reads otherwise.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use session_core::object_id::ObjectId;
use session_system::is_temporary;
use session_system::make_own;
use session_system::scratch_folder;
use session_types::{Change, Commit, Error, Head};
use tempfile::TempDir;

use super::args::Args;
use super::care::is_careful;
use super::git::{Git, checked};
use super::listed::Sorted;
use super::paths::{is_file, seen_or_named, unseen, utf8};
use super::repo::{Repo, failed};

/// Of an index that is used once: as plain as can be, whatever the repository's own is.
const PLAIN: [&str; 10] = [
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.untrackedCache=false",
    "-c",
    "core.splitIndex=false",
    "-c",
    "core.sparseCheckout=false",
    "-c",
    "index.sparse=false",
];
/// Pathspecs of one command: the system takes no longer ones.
const AT_ONCE: usize = 1_000;

impl Repo {
    pub(super) fn position_by_git(&self) -> Result<Head, Error> {
        let branch = self.git().line(["symbolic-ref", "--quiet", "HEAD"])?;
        let branch = branch.and_then(|name| name.strip_prefix("refs/heads/").map(str::to_owned));
        let output = self.git().output(["rev-parse", "--quiet", "--verify", "HEAD^{commit}"])?;
        let commit = Some(String::from_utf8_lossy(&output.stdout).trim().to_owned()).filter(|id| !id.is_empty());
        if commit.is_none() && branch.is_none() {
            return checked("read HEAD", output).map(|_| Head::default());
        }
        let tree = match commit.as_deref().and_then(ObjectId::parse) {
            Some(commit) => self.git().line(Args::of(["rev-parse", "--verify"]).peeled(&commit, "^{tree}"))?,
            None => None,
        };
        Ok(Head { commit, branch, tree, author: None })
    }

    pub(super) fn changes_by_git(&self, refresh: bool) -> Result<Vec<Change>, Error> {
        let mut args = Args::default();
        if !refresh {
            args = args.and(["--no-optional-locks"]);
        }
        args = args.and(["status", "--porcelain=v2", "-z", "--untracked-files=all", "--no-renames"]);
        if is_careful() {
            // To see what is dirty inside, it would start another one there, with a configuration of its own.
            args = args.and(["--ignore-submodules=dirty"]);
        }
        if let Some(below) = self.below() {
            args = args.files([below.to_string_lossy()]);
        }
        let output = checked("compare the working tree", self.git().output(args)?)?;
        // It goes on without what it cannot open, and only says so.
        let said = String::from_utf8_lossy(&output.stderr);
        if let Some(line) = said.lines().find(|line| line.contains("could not open directory")) {
            return Err(unseen(line.split('\'').nth(1).unwrap_or("a folder"), line.trim_start_matches("warning: ")));
        }
        let (mut changes, mut removed) = (Vec::new(), BTreeSet::new());
        for line in output.stdout.split(|b| *b == 0).filter(|line| !line.is_empty()) {
            let Some(found) = Line::read(line)? else { continue };
            if is_temporary(found.path.as_bytes())
                || found.is_foreign()
                || (found.untracked && removed.contains(found.path))
            {
                continue;
            }
            // What is removed from the index is meant to go, though the file is still there.
            let is_removed = found.staged == 'D';
            let there = seen_or_named(&self.top, found.path)? && !is_removed;
            let status = match (found.conflicted, there) {
                (true, _) => "conflicted",
                (_, false) => "deleted",
                _ if found.untracked || found.staged == 'A' || found.unstaged == 'A' => "added",
                _ => "modified",
            };
            if is_removed {
                removed.insert(found.path.to_owned());
            }
            changes.push(self.described(found.path, status, there)?);
        }
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(changes)
    }

    /// The tree of a commit of these paths, without those. Its objects stay only where they are to be `kept`.
    pub(super) fn tree_by_git(&self, sorted: &Sorted, without: &[String], kept: bool) -> Result<ObjectId, Error> {
        let (_folder, git) = self.one_time_index(sorted, kept)?;
        if !without.is_empty() {
            let list: String = without.iter().map(|path| format!("{path}\0")).collect();
            let args = ["--literal-pathspecs", "rm", "--cached", "-r", "--quiet", "--force", "--ignore-unmatch"];
            let args = Args::of(args).and(["--pathspec-from-file=-", "--pathspec-file-nul"]);
            plainly(&git, args, Some(list.as_bytes()))?;
        }
        object(&plainly(&git, ["write-tree", "--missing-ok"], None)?)
    }

    /// An index of the base with these paths as they are in the working tree, beside the repository's own.
    pub(super) fn one_time_index(&self, sorted: &Sorted, kept: bool) -> Result<(TempDir, Git), Error> {
        let folder = scratch_folder(&self.git_dir)
            .map_err(|e| Error::new("cannot make a temporary index").because(e.to_string()))?;
        let mut git = self.git().with("GIT_INDEX_FILE", folder.path().join("index"));
        if !kept {
            let real = self.git().text(["rev-parse", "--path-format=absolute", "--git-path", "objects"])?;
            let before = self.git().variable("GIT_ALTERNATE_OBJECT_DIRECTORIES");
            let mut alternates = quoted(Path::new(real.trim_end_matches('\n')));
            if let Some(before) = before {
                alternates.push(":");
                alternates.push(before);
            }
            let objects = folder.path().join("objects");
            make_own(&objects)
                .map_err(|e| Error::new("cannot make a temporary object folder").because(e.to_string()))?;
            git = git.with("GIT_OBJECT_DIRECTORY", objects).with("GIT_ALTERNATE_OBJECT_DIRECTORIES", alternates);
        }
        if let Some(base) = &sorted.base {
            plainly(&git, Args::of(["read-tree"]).object(base), None)?;
        }
        let list = |paths: &[String]| paths.iter().map(|path| format!("{path}\0")).collect::<String>();
        if !sorted.gone.is_empty() {
            let gone = list(&sorted.gone);
            plainly(&git, ["update-index", "-z", "--force-remove", "--stdin"], Some(gone.as_bytes()))?;
        }
        if !sorted.present.is_empty() {
            let present = list(&sorted.present);
            plainly(&git, ["update-index", "-z", "--add", "--replace", "--stdin"], Some(present.as_bytes()))?;
        }
        Ok((folder, git))
    }

    /// Unified diff of these paths, below the top, from a commit to the working tree; of all where there are none.
    pub(super) fn diff_by_git(&self, since: Option<&ObjectId>, inside: &[String]) -> Result<String, Error> {
        let listed = self.listed(None)?;
        let within = |path: &String| {
            let below =
                |one: &String| path.strip_prefix(one.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'));
            inside.is_empty() || inside.iter().any(|one| one == path || below(one))
        };
        let changed = self.changes_by_git(false)?;
        let changed: Vec<String> = changed.iter().filter_map(|change| self.relative_to_top(&change.path)).collect();
        let changed: Vec<String> = changed.into_iter().filter(within).collect();
        let mut sorted = self.sorted(&listed, &changed, false)?;
        // Against nothing, what lies there is there, whatever the index says.
        if since.is_none() {
            let there: Vec<String> = sorted.gone.extract_if(.., |path| is_file(&self.top, path)).collect();
            sorted.present.extend(there);
        }
        let (_folder, git) = self.one_time_index(&sorted, false)?;
        let since = match since {
            Some(since) => since.clone(),
            None => object(&git.text(["hash-object", "-t", "tree", "/dev/null"])?)?,
        };
        let mut text = String::new();
        let mut groups: Vec<&[String]> = inside.chunks(AT_ONCE).collect();
        if groups.is_empty() {
            groups.push(&[]);
        }
        for group in groups {
            let args = ["diff-index", "--cached", "--patch", "--no-renames", "--no-ext-diff", "--no-textconv"];
            text += &plainly(&git, Args::of(args).object(&since).files(group), None)?;
        }
        Ok(text)
    }

    /// Commits that git names for these arguments, newest first, with the files of the first `named`.
    pub(super) fn log_by_git(&self, range: Args, path: Option<&str>, named: usize) -> Result<Vec<Commit>, Error> {
        let mut args = Args::of(["log", "-z", "--diff-merges=off", "--no-renames", "--no-show-signature"])
            .and(["--no-notes", "--no-color", "--no-mailmap", "--encoding=UTF-8"])
            .and(["--format=tformat:%x02%H%x01%T%x01%P%x01%an <%ae>%x01%B%x03"]);
        if named > 0 {
            args = args.and(["--name-only"]);
        }
        let text = self.git().text(args.before(range).files(path))?;
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
                        commit.files.push(self.relative_to_root(name));
                    }
                }
                _ => {}
            }
        }
        Ok(commits)
    }

    /// Paths below the top that differ between two trees or commits; with none as the first, all of the second.
    pub(super) fn differing_by_git(&self, before: Option<&ObjectId>, after: &ObjectId) -> Result<Vec<String>, Error> {
        let args = match before {
            Some(before) => Args::of(["diff-tree", "-r", "-z", "--name-only", "--no-renames"]).object(before),
            None => Args::of(["ls-tree", "-r", "-z", "--full-tree", "--name-only"]),
        };
        let text = self.git().text(args.object(after))?;
        Ok(text.split_terminator('\0').map(str::to_owned).collect())
    }

    /// By libgit2 from what git shows, since the two count what is binary in ways of their own.
    pub(super) fn patch_id_by_git(&self, commit: &ObjectId) -> Result<Option<String>, Error> {
        let args = Args::of(["diff-tree", "--patch", "--root", "--no-commit-id", "--no-renames", "--no-ext-diff"]);
        let args = args.and(["--no-textconv"]).object(commit);
        let patch = checked(&format!("read {commit}"), self.git().output(args)?)?.stdout;
        if patch.is_empty() {
            return Ok(None);
        }
        let id = git2::Diff::from_buffer(&patch).and_then(|diff| diff.patchid(None));
        id.map(|id| Some(id.to_string())).map_err(|e| failed(&format!("read {commit}"), &e))
    }
}

pub(super) fn plainly(git: &Git, args: impl Into<Args>, input: Option<&[u8]>) -> Result<String, Error> {
    let output = checked("read the tree", git.fed(Args::of(PLAIN).before(args.into()), input)?)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What git has written, as one name.
///
/// # Errors
/// Where it is none.
pub(super) fn object(said: &str) -> Result<ObjectId, Error> {
    ObjectId::parse(said.trim()).ok_or_else(|| Error::new(format!("git has named no object: {:?}", said.trim())))
}

/// A folder in a list of folders.
fn quoted(path: &Path) -> OsString {
    let text = path.to_string_lossy();
    if text.contains(':') || text.starts_with('"') {
        return format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")).into();
    }
    PathBuf::from(path).into_os_string()
}

/// One line of `git status --porcelain=v2`.
struct Line<'t> {
    staged: char,
    unstaged: char,
    /// `N...`, or of a submodule: new commit, dirty, untracked.
    submodule: &'t str,
    untracked: bool,
    conflicted: bool,
    path: &'t str,
}

impl<'t> Line<'t> {
    fn read(line: &'t [u8]) -> Result<Option<Self>, Error> {
        let text = String::from_utf8_lossy(line);
        let fields = match text.chars().next() {
            Some('1') => 9,
            Some('u') => 11,
            Some('?') => 2,
            _ => return Ok(None),
        };
        let mut parts = line.splitn(fields, |b| *b == b' ');
        let plain = |part: Option<&'t [u8]>| part.and_then(|part| std::str::from_utf8(part).ok()).unwrap_or_default();
        let kind = plain(parts.next());
        let (codes, submodule) = if kind == "?" { ("??", "N...") } else { (plain(parts.next()), plain(parts.next())) };
        let mut codes = codes.chars();
        let (staged, unstaged) = (codes.next().unwrap_or('.'), codes.next().unwrap_or('.'));
        let path = utf8(parts.last().unwrap_or_default())?;
        Ok(Some(Self { staged, unstaged, submodule, untracked: kind == "?", conflicted: kind == "u", path }))
    }

    /// Another repository's affair: one inside this one that nobody tracks, or what is dirty inside a submodule.
    fn is_foreign(&self) -> bool {
        let dirty_inside = self.submodule.starts_with('S') && !self.submodule.starts_with("SC");
        (self.untracked && self.path.ends_with('/')) || (dirty_inside && self.staged == '.' && self.unstaged == 'M')
    }
}
