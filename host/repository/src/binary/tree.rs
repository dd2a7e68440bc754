//! Trees as git itself makes and compares them, by an index that is used once. Nothing of it stays, but where a commit is
//! made of it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use session_core::object_id::ObjectId;
use session_system::make_own;
use session_system::scratch_folder;
use session_types::Error;
use tempfile::TempDir;

use super::super::args::Args;
use super::super::git::{Git, checked};
use super::super::paths::is_file;
use super::super::reversal::Objects;
use super::super::selection::Selection;
use super::super::site::Site;

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

/// The tree of a commit that takes these paths, without those below `without`.
pub(super) fn made(
    git: &Git,
    site: &Site,
    selection: &Selection,
    without: &[String],
) -> Result<(ObjectId, Objects), Error> {
    let (folder, git) = one_time_index(git, site, selection, false)?;
    if !without.is_empty() {
        let list: String = without.iter().map(|path| format!("{path}\0")).collect();
        let args = ["--literal-pathspecs", "rm", "--cached", "-r", "--quiet", "--force", "--ignore-unmatch"];
        let args = Args::of(args).and(["--pathspec-from-file=-", "--pathspec-file-nul"]);
        plainly(&git, args, Some(list.as_bytes()))?;
    }
    let tree = object(&plainly(&git, ["write-tree", "--missing-ok"], None)?)?;
    Ok((tree, Objects::Folder { git, _folder: folder }))
}

/// An index of the base with these paths as they are in the working tree, beside the repository's own. Its objects stay
/// only where they are to be `kept`.
pub(in super::super) fn one_time_index(
    real: &Git,
    site: &Site,
    selection: &Selection,
    kept: bool,
) -> Result<(TempDir, Git), Error> {
    let folder = scratch_folder(&site.git_dir)
        .map_err(|e| Error::new("cannot make a temporary index").because(e.to_string()))?;
    let mut git = real.with("GIT_INDEX_FILE", folder.path().join("index"));
    if !kept {
        let objects = real.text(["rev-parse", "--path-format=absolute", "--git-path", "objects"])?;
        let before = real.variable("GIT_ALTERNATE_OBJECT_DIRECTORIES");
        let mut alternates = quoted(Path::new(objects.trim_end_matches('\n')));
        if let Some(before) = before {
            alternates.push(":");
            alternates.push(before);
        }
        let objects = folder.path().join("objects");
        make_own(&objects).map_err(|e| Error::new("cannot make a temporary object folder").because(e.to_string()))?;
        git = git.with("GIT_OBJECT_DIRECTORY", objects).with("GIT_ALTERNATE_OBJECT_DIRECTORIES", alternates);
    }
    if let Some(base) = &selection.base {
        plainly(&git, Args::of(["read-tree"]).object(base), None)?;
    }
    let list = |paths: &[String]| paths.iter().map(|path| format!("{path}\0")).collect::<String>();
    if !selection.gone.is_empty() {
        let gone = list(&selection.gone);
        plainly(&git, ["update-index", "-z", "--force-remove", "--stdin"], Some(gone.as_bytes()))?;
    }
    if !selection.present.is_empty() {
        let present = list(&selection.present);
        plainly(&git, ["update-index", "-z", "--add", "--replace", "--stdin"], Some(present.as_bytes()))?;
    }
    Ok((folder, git))
}

/// Which of the paths that differ from HEAD a diff is about.
pub(super) fn within(paths: Vec<String>, inside: &[String]) -> Vec<String> {
    let within = |path: &String| {
        let below =
            |one: &String| path.strip_prefix(one.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'));
        inside.is_empty() || inside.iter().any(|one| one == path || below(one))
    };
    paths.into_iter().filter(within).collect()
}

/// Unified diff of these paths from a tree to the working tree; of all where there are none. `changed` are those of them
/// that differ from HEAD.
pub(super) fn diff(
    git: &Git,
    site: &Site,
    since: Option<&ObjectId>,
    inside: &[String],
    mut changed: Selection,
) -> Result<String, Error> {
    // Against nothing, what lies there is there, whatever the index says.
    if since.is_none() {
        let there: Vec<String> = changed.gone.extract_if(.., |path| is_file(&site.top, path)).collect();
        changed.present.extend(there);
    }
    let (_folder, git) = one_time_index(git, site, &changed, false)?;
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

/// Paths that differ between two trees or commits; with none as the first, all of the second.
pub(in super::super) fn differing(
    git: &Git,
    before: Option<&ObjectId>,
    after: &ObjectId,
) -> Result<Vec<String>, Error> {
    let args = match before {
        Some(before) => Args::of(["diff-tree", "-r", "-z", "--name-only", "--no-renames"]).object(before),
        None => Args::of(["ls-tree", "-r", "-z", "--full-tree", "--name-only"]),
    };
    let text = git.text(args.object(after))?;
    Ok(text.split_terminator('\0').map(str::to_owned).collect())
}

pub(in super::super) fn plainly(git: &Git, args: impl Into<Args>, input: Option<&[u8]>) -> Result<String, Error> {
    let output = checked("read the tree", git.fed(Args::of(PLAIN).before(args.into()), input)?)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What git has written, as one name.
///
/// # Errors
/// Where it is none.
pub(in super::super) fn object(said: &str) -> Result<ObjectId, Error> {
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
