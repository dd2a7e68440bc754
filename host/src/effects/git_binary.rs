//! Commits by the git binary, for what libgit2 does not do: the user's hooks, signing, external filters, and the
//! identity that the environment gives.

use std::io::IsTerminal as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use git2::{AttrCheckFlags, AttrValue, Repository};
use rustix::process::Pid;
use session_sdk::{CommitRequest, Error};

use tempfile::NamedTempFile;

use super::command::{EVENT, register, stop_here_if_stopping};
use super::replace::scratch;
use super::world::Hooks;

const HOOKS: [&str; 4] = ["pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"];
const IDENTITY: [&str; 6] = [
    "GIT_AUTHOR_NAME",
    "GIT_AUTHOR_EMAIL",
    "GIT_AUTHOR_DATE",
    "GIT_COMMITTER_NAME",
    "GIT_COMMITTER_EMAIL",
    "GIT_COMMITTER_DATE",
];

/// Configuration that libgit2 does not look at.
fn has_foreign_config() -> bool {
    ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS"]
        .iter()
        .any(|name| std::env::var_os(name).is_some())
}

/// Who a commit would name; none where neither configuration nor environment say it.
pub(super) fn identity(repo: &Repository) -> Option<String> {
    let config = repo.config().and_then(|mut config| config.snapshot()).ok()?;
    let asked = |key: &str| {
        let output = has_foreign_config().then(|| git(repo.workdir()?, &["config", key]).ok()).flatten()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned()).filter(|value| !value.is_empty())
    };
    let one = |env: &str, key: &str| {
        let given = std::env::var(env).ok().filter(|value| !value.is_empty());
        given.or_else(|| config.get_string(key).ok()).or_else(|| asked(key))
    };
    Some(format!("{} <{}>", one("GIT_AUTHOR_NAME", "user.name")?, one("GIT_AUTHOR_EMAIL", "user.email")?))
}

/// Why git itself must commit; none where libgit2 does the same. A commit of the program's own files runs no hooks.
pub(super) fn needed(repo: &Repository, own: bool, paths: &[String]) -> Option<&'static str> {
    if has_foreign_config() || IDENTITY.iter().any(|name| std::env::var_os(name).is_some()) {
        return Some("configuration from the environment");
    }
    let config = repo.config().and_then(|mut config| config.snapshot()).ok()?;
    if config.get_bool("commit.gpgsign").unwrap_or(false) {
        return Some("signing");
    }
    if !own {
        let hooks = config.get_path("core.hooksPath").ok().map(|path| match repo.workdir() {
            Some(top) if path.is_relative() => top.join(path),
            _ => path,
        });
        let hooks = hooks.unwrap_or_else(|| repo.commondir().join("hooks"));
        if HOOKS.iter().any(|hook| is_executable(&hooks.join(hook))) {
            return Some("hooks");
        }
    }
    // Attributes may stand in any folder, so each path is asked for its own.
    paths.iter().any(|path| filter(repo, path).is_some()).then_some("external filters")
}

/// The filter that the attributes of a path name.
pub(super) fn filter(repo: &Repository, path: &str) -> Option<String> {
    let value = repo.get_attr(Path::new(path), "filter", AttrCheckFlags::default()).ok().flatten();
    match AttrValue::from_string(value) {
        AttrValue::String(name) => Some(name.to_owned()),
        _ => None,
    }
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// Commits exactly these paths as they are in the working tree; what else is staged stays staged. `new` are those of
/// them that git does not track yet.
pub(super) fn commit(
    repo: &Repository,
    top: &Path,
    request: &CommitRequest,
    paths: &[String],
    new: &[String],
    hooks: &mut Hooks<'_>,
) -> Result<(), Error> {
    // In files, not on stdin: a git that outlives this process would take the end of a broken pipe for that of the list.
    let scratch = |content: &str| {
        let written = scratch(repo.path(), content.as_bytes());
        written.map_err(|e| Error::new("cannot write what git shall commit").because(e.to_string()))
    };
    let listed = |paths: &[String]| -> Result<Option<(NamedTempFile, String)>, Error> {
        if paths.is_empty() {
            return Ok(None);
        }
        let file = scratch(&paths.join("\0"))?;
        let option = format!("--pathspec-from-file={}", file.path().display());
        Ok(Some((file, option)))
    };
    let new = listed(new)?;
    if let Some((_, from)) = &new {
        checked("add new files", git(top, &["add", "-f", from, "--pathspec-file-nul"])?)?;
    }
    let message = scratch(&request.message)?;
    let file = message.path().to_string_lossy().into_owned();
    // The program's own commits run none of the user's hooks; `--no-verify` would leave two kinds of them.
    let mut args = if request.own { vec!["-c", "core.hooksPath=/dev/null"] } else { Vec::new() };
    args.extend(["commit", "--quiet", "--cleanup=verbatim", "--only", "-F", &file]);
    let list = listed(paths)?;
    match &list {
        None => args.push("--allow-empty"),
        Some((_, from)) => args.extend([from.as_str(), "--pathspec-file-nul"]),
    }
    let committed = checked("commit", git_told(top, &args, hooks)?);
    if let (Err(_), Some((_, from))) = (&committed, &new) {
        // The index as it was: what git did not commit is not staged either.
        let output = git(top, &["reset", "--quiet", from, "--pathspec-file-nul"])?;
        if let Err(error) = checked("take new files back out of the index", output) {
            tracing::warn!(%error, "new files stay staged");
        }
    }
    committed
}

/// Folder that all worktrees share, and top of the working tree, of a repository that libgit2 cannot open.
pub(super) fn folders(folder: &Path) -> Option<(PathBuf, PathBuf)> {
    folder.ancestors().find(|folder| folder.join(".git").exists())?;
    let args = ["rev-parse", "--path-format=absolute", "--git-common-dir", "--show-toplevel"];
    let output = git(folder, &args).ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut lines = text.lines();
    Some((lines.next()?.into(), lines.next()?.into()))
}

fn git(top: &Path, args: &[&str]) -> Result<Output, Error> {
    git_told(top, args, &mut Hooks { line: Arc::new(|_, _| {}), begun: &mut |_| {}, event: "" })
}

/// Also says which process it is: one with hooks may outlive this one.
fn git_told(top: &Path, args: &[&str], hooks: &mut Hooks<'_>) -> Result<Output, Error> {
    #[expect(clippy::disallowed_methods, reason = "git itself, where libgit2 would do something else")]
    let mut command = std::process::Command::new("git");
    command.arg("--literal-pathspecs").args(args).current_dir(top).env(EVENT, hooks.event);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // On a terminal it must stay in front of it: whoever signs may be asked for a passphrase there. Ctrl-C then reaches
    // it without our help.
    let own_group = !std::io::stdin().is_terminal();
    if own_group {
        command.process_group(0);
    }
    let mut run = || {
        let child = command.spawn()?;
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw).filter(|_| own_group);
        register(group, true);
        let name = args.iter().find(|arg| !arg.starts_with('-') && !arg.contains('=')).copied().unwrap_or_default();
        if let Some(known) = super::command::begun(child.id(), &["git".to_owned(), name.to_owned()]) {
            (hooks.begun)(known);
        }
        let output = child.wait_with_output();
        register(group, false);
        if output.as_ref().is_ok_and(|output| output.status.signal().is_some()) {
            // The terminal's Ctrl-C reaches git and us, in any order: one that was ended did not fail.
            std::thread::sleep(Duration::from_millis(300));
        }
        stop_here_if_stopping();
        output
    };
    run().map_err(|e| {
        Error::new("cannot run git")
            .because(e.to_string())
            .hint("install git: this repository has hooks, signing or filters")
    })
}

fn checked(what: &str, output: Output) -> Result<(), Error> {
    if output.status.success() {
        return Ok(());
    }
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let text = [said(&output.stderr), said(&output.stdout)].into_iter().find(|text| !text.is_empty());
    let text = text.unwrap_or_else(|| format!("git ended with {}", output.status));
    Err(Error::new(format!("git would not {what}"))
        .because(text)
        .hint("correct what git or its hook names, then the same command again"))
}
