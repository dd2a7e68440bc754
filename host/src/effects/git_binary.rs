//! Commits by the git binary, for what libgit2 does not do: the user's hooks, signing, external filters, and the
//! identity that the environment gives.

use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};

use git2::Repository;
use session_sdk::{CommitRequest, Error};

const HOOKS: [&str; 4] = ["pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"];
const IDENTITY: [&str; 6] = [
    "GIT_AUTHOR_NAME",
    "GIT_AUTHOR_EMAIL",
    "GIT_AUTHOR_DATE",
    "GIT_COMMITTER_NAME",
    "GIT_COMMITTER_EMAIL",
    "GIT_COMMITTER_DATE",
];

/// Who a commit would name; none where neither configuration nor environment say it.
pub(super) fn identity(repo: &Repository) -> Option<String> {
    let config = repo.config().and_then(|mut config| config.snapshot()).ok()?;
    let one = |env: &str, key: &str| {
        std::env::var(env).ok().filter(|value| !value.is_empty()).or_else(|| config.get_string(key).ok())
    };
    Some(format!("{} <{}>", one("GIT_AUTHOR_NAME", "user.name")?, one("GIT_AUTHOR_EMAIL", "user.email")?))
}

/// Why git itself must commit; none where libgit2 does the same. A commit of the program's own files runs no hooks.
pub(super) fn needed(repo: &Repository, own: bool) -> Option<&'static str> {
    if IDENTITY.iter().any(|name| std::env::var_os(name).is_some()) {
        return Some("identity from the environment");
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
    let mut filters = config.entries(Some("filter\\..*\\.(clean|process)")).ok()?;
    let used = repo.workdir().is_some_and(|top| has_filters(&top.join(".gitattributes")))
        || has_filters(&repo.commondir().join("info/attributes"));
    (used && filters.next().is_some()).then_some("external filters")
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

fn has_filters(path: &Path) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| text.contains("filter="))
}

/// Commits exactly these paths as they are in the working tree; what else is staged stays staged.
pub(super) fn commit(top: &Path, request: &CommitRequest, paths: &[String]) -> Result<(), Error> {
    let list = paths.join("\0");
    let new = String::from_utf8_lossy(&git(top, &["ls-files", "-z", "--others", "--"], paths, "")?.stdout).into_owned();
    let new: Vec<String> = new.split_terminator('\0').map(str::to_owned).collect();
    if !new.is_empty() {
        checked("add new files", git(top, &["add", "-f", "--"], &new, "")?)?;
    }
    let mut message =
        tempfile::NamedTempFile::new().map_err(|e| Error::new("cannot write a message").because(e.to_string()))?;
    message
        .write_all(request.message.as_bytes())
        .map_err(|e| Error::new("cannot write a message").because(e.to_string()))?;
    let file = message.path().to_string_lossy().into_owned();
    let mut args = vec!["commit", "--quiet", "--cleanup=verbatim", "--only", "-F", &file];
    if request.allow_empty {
        args.push("--allow-empty");
    }
    if request.own {
        args.push("--no-verify");
    }
    if !paths.is_empty() {
        args.extend(["--pathspec-from-file=-", "--pathspec-file-nul"]);
    }
    let output = git(top, &args, &[], &list)?;
    if !output.status.success() && !new.is_empty() {
        // The index as it was: what git did not commit is not staged either.
        git(top, &["reset", "--quiet", "--"], &new, "")?;
    }
    checked("commit", output)
}

fn git(top: &Path, args: &[&str], paths: &[String], stdin: &str) -> Result<Output, Error> {
    #[expect(clippy::disallowed_methods, reason = "git itself, where libgit2 would do something else")]
    let mut command = std::process::Command::new("git");
    command.arg("--literal-pathspecs").args(args).args(paths).current_dir(top);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut run = || {
        let mut child = command.spawn()?;
        if let Some(mut pipe) = child.stdin.take() {
            pipe.write_all(stdin.as_bytes())?;
        }
        child.wait_with_output()
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
    let text =
        [said(&output.stderr), said(&output.stdout)].into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    Err(Error::new(format!("git would not {what}"))
        .because(text)
        .hint("correct what git or its hook names, then the same command again"))
}
