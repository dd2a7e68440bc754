//! Programs that the clone itself makes git run: its own configuration and its hooks. A repository that came as an archive
//! brings both, and its user has seen neither. What stands in the user's own configuration is not asked about here.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use session_system::names_own;
use session_types::Error;

use super::args::Args;
use super::git::{Git, checked};
use super::paths::is_executable;
use super::repo::Repo;
use crate::{DRIVER, driver_command};

/// Folders below `modules` that are looked at.
const SUBMODULES: usize = 1_000;
/// How deep names of submodules nest.
const DEPTH: usize = 8;

/// Something that git runs, or takes orders from, because this clone says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnProgram {
    /// The file that says so, or the hook itself.
    pub place: PathBuf,
    /// The key; none for a hook.
    pub key: Option<String>,
    pub value: String,
    /// When git runs it.
    pub when: &'static str,
}

impl OwnProgram {
    /// Hooks are what many people have, and each submodule has its working tree elsewhere. What else a clone names may run
    /// with any question to git, so somebody has to have seen it.
    pub fn is_usual(&self) -> bool {
        matches!(self.key.as_deref(), None | Some("core.hookspath" | "core.worktree"))
    }
}

/// One entry of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    own: bool,
    key: String,
    value: String,
}

/// What the clone of this folder makes git run, and its submodules; nothing outside git. Our own merge driver, by its
/// exact command, is left out.
///
/// # Errors
/// Where git cannot be asked.
pub fn own_programs(root: &Path, folder: &Path, driver: &str) -> Result<Vec<OwnProgram>, Error> {
    let Ok(repo) = Repo::open(root, folder) else { return Ok(Vec::new()) };
    let scoped = repo.git().configured(["config", "--null", "--list", "--show-scope", "--includes"])?;
    let entries = if scoped.status.success() {
        read_scoped(&String::from_utf8_lossy(&scoped.stdout))
    } else {
        // A git of before 2.26.
        let said = repo.git().configured(["config", "--local", "--null", "--list", "--includes"])?;
        read(&String::from_utf8_lossy(&checked("list its configuration", said)?.stdout))
    };
    let mut found = of_entries(&repo.site.common.join("config"), &entries, driver);
    found.extend(hooks(&repo, &entries)?);
    for config in submodules(&repo.site.common.join("modules")) {
        let file = Args::of(["config", "--null", "--list", "--includes"]).option("--file", &config);
        let text = Git::anywhere(&repo.site.top).text(file)?;
        found.extend(of_entries(&config, &read(&text), driver));
    }
    Ok(found)
}

fn of_entries(place: &Path, entries: &[Entry], driver: &str) -> Vec<OwnProgram> {
    let ours = |entry: &&Entry| entry.value == driver && entry.key.starts_with("merge.");
    let own = entries.iter().filter(|entry| entry.own && !ours(entry));
    own.filter_map(|entry| {
        let when = match is_other_copy(entry) {
            true => "when it merges; as another copy of session writes it",
            false => runs_when(&entry.key, &entry.value)?,
        };
        Some(OwnProgram { place: place.to_owned(), key: Some(entry.key.clone()), value: entry.value.clone(), when })
    })
    .collect()
}

/// Whether it is what [`driver_command`] makes of another place of this program, such as that of before an upgrade. An
/// archive can bring just that, with a program of its own: so it is listed all the same.
fn is_other_copy(entry: &Entry) -> bool {
    let form = driver_command("");
    let Some(program) = entry.value.strip_suffix(&form).filter(|_| entry.key == format!("merge.{DRIVER}.driver"))
    else {
        return false;
    };
    let Some(path) = program.strip_prefix('\'').and_then(|path| path.strip_suffix('\'')) else {
        return program == "session";
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '+' | '@');
    let name = path.rsplit('/').next().unwrap_or_default();
    path.starts_with('/') && path.chars().all(is_plain) && !path.contains("/..") && name.starts_with("session")
}

/// When git runs what a key of its configuration names; none where the key names no program. Keys as git lists them:
/// section and name in lower case, what stands between them as it is.
fn runs_when(key: &str, value: &str) -> Option<&'static str> {
    let (section, rest) = key.split_once('.')?;
    let (middle, name) = rest.rsplit_once('.').map_or((None, rest), |(middle, name)| (Some(middle), name));
    let is_switch =
        matches!(value.to_ascii_lowercase().as_str(), "" | "true" | "false" | "yes" | "no" | "on" | "off" | "0" | "1");
    Some(match (section, middle, name) {
        // As a switch it is git's own watcher.
        ("core", None, "fsmonitor") if !is_switch => "with almost every command",
        ("core", None, "hookspath") => "looks for hooks there",
        ("core", None, "sshcommand" | "gitproxy" | "askpass") => "when it talks to a server",
        ("core" | "sequence", None, "editor") => "when it asks for a text",
        ("core", None, "pager") | ("pager", None, _) if !is_switch => "when it shows something",
        ("core", None, "alternaterefscommand") | ("uploadpack", None, "packobjectshook") => "when it fetches",
        ("core", None, "worktree") => "takes another folder for the working tree",
        ("hook", Some(_), "command") => "as a hook",
        ("filter", Some(_), "clean" | "smudge" | "process") => "when it reads or writes files",
        ("diff", None, "external") | ("diff", Some(_), "command" | "textconv") => "when it compares files",
        ("interactive", None, "difffilter")
        | ("difftool" | "mergetool" | "guitool" | "man" | "browser", Some(_), "cmd" | "path") => {
            "when you ask for that tool"
        }
        ("merge", Some(_), "driver") => "when it merges",
        ("gpg", _, "program" | "defaultkeycommand") => "when it signs or checks a signature",
        ("credential", _, "helper") => "when it needs a password",
        ("trailer", Some(_), "command" | "cmd") => "when it writes a commit message",
        ("submodule", Some(_), "update") if value.trim_start().starts_with('!') => "when it updates that submodule",
        ("remote", Some(_), "uploadpack" | "receivepack" | "vcs") => "when it talks to that remote",
        ("remote", Some(_), "url" | "pushurl") if value.contains("::") => "when it talks to that remote",
        ("url", Some(to), "insteadof" | "pushinsteadof") if to.contains("::") => "when it talks to such a remote",
        ("protocol", _, "allow") => "which ways to a server may run a program",
        ("include", None, "path") | ("includeif", Some(_), "path") => "reads more configuration there",
        ("alias", _, _) if value.trim_start().starts_with('!') => "when you type that alias",
        ("tar", Some(_), "command") => "when it makes an archive",
        ("gc", None, "recentobjectshook") => "when it tidies up",
        ("sendemail", _, "sendmailcmd" | "tocmd" | "cccmd" | "headercmd" | "smtpserver") => "when it sends mail",
        _ => return None,
    })
}

/// `key\nvalue\0`, as `git config --list --null` has it.
fn read(text: &str) -> Vec<Entry> {
    text.split_terminator('\0').map(|entry| one(true, entry)).collect()
}

/// The same behind a scope each: `scope\0key\nvalue\0`.
fn read_scoped(text: &str) -> Vec<Entry> {
    let parts: Vec<&str> = text.split_terminator('\0').collect();
    parts.chunks_exact(2).map(|pair| one(matches!(pair[0], "local" | "worktree"), pair[1])).collect()
}

fn one(own: bool, entry: &str) -> Entry {
    // A key without a value is a switch that is on.
    let (key, value) = entry.split_once('\n').unwrap_or((entry, "true"));
    Entry { own, key: key.to_owned(), value: value.to_owned() }
}

/// Hooks that git would run. In a folder of the user's own choice they are the user's, unless it lies in the clone.
fn hooks(repo: &Repo, entries: &[Entry]) -> Result<Vec<OwnProgram>, Error> {
    let said = checked("name its hooks", repo.git().configured(["rev-parse", "--git-path", "hooks"])?)?;
    let folder = repo.site.top.join(String::from_utf8_lossy(&said.stdout).trim_end_matches('\n'));
    let chosen = entries.iter().rfind(|entry| entry.key == "core.hookspath");
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.clone());
    let inside = whole.starts_with(&repo.site.top)
        || whole.starts_with(&repo.site.common)
        || whole.starts_with(&repo.site.git_dir);
    if chosen.is_some_and(|entry| !entry.own) && !inside {
        return Ok(Vec::new());
    }
    let names = match names_own(&folder) {
        Ok(names) => names,
        Err(e) if e.kind() == ErrorKind::NotADirectory => return Ok(Vec::new()),
        Err(e) => {
            return Err(Error::new(format!("cannot list the hooks in {}", folder.display())).because(e.to_string()));
        }
    };
    let mut found = BTreeMap::new();
    for name in names {
        let (place, name) = (folder.join(&name), name.to_string_lossy().into_owned());
        if is_executable(&place) && !name.ends_with(".sample") {
            let value = name.clone();
            found.insert(name, OwnProgram { place, key: None, value, when: "as a hook" });
        }
    }
    Ok(found.into_values().collect())
}

/// Configurations of submodules, whose programs git runs when it looks at the whole tree.
fn submodules(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut waiting, mut looked) = (Vec::new(), vec![(folder.to_owned(), 0)], 0);
    while let Some((folder, depth)) = waiting.pop().filter(|_| looked < SUBMODULES) {
        looked += 1;
        let config = folder.join("config");
        // A name may hold slashes, so one may stand below another.
        let is_one = folder.join("HEAD").is_file() && config.is_file();
        if is_one {
            found.push(config);
        }
        let below = if is_one { folder.join("modules") } else { folder };
        let names = names_own(&below).unwrap_or_default();
        let folders =
            names.into_iter().rev().map(|name| below.join(name)).filter(|path| depth < DEPTH && path.is_dir());
        waiting.extend(folders.map(|path| (path, depth + 1)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_name_a_program() {
        for (key, value) in [
            ("core.fsmonitor", "./watch"),
            ("core.hookspath", ".githooks"),
            ("core.sshcommand", "sh x"),
            ("core.pager", "sh x"),
            ("pager.log", "sh x"),
            ("filter.a.b.clean", "sh x"),
            ("filter.lfs.process", "git-lfs filter-process"),
            ("diff.pdf.textconv", "sh x"),
            ("diff.external", "sh x"),
            ("merge.x.driver", "sh x"),
            ("gpg.program", "./sign"),
            ("gpg.ssh.program", "./sign"),
            ("credential.https://a.b/c.helper", "!sh x"),
            ("include.path", "../x"),
            ("includeif.gitdir:~/.path", "../x"),
            ("alias.st", "!sh x"),
            ("hook.own.command", "sh x"),
            ("submodule.x.update", "!sh x"),
            ("remote.origin.url", "ext::sh -c x"),
            ("url.ext::sh.insteadof", "https:"),
            ("protocol.ext.allow", "always"),
        ] {
            assert!(runs_when(key, value).is_some(), "{key} = {value}");
        }
        for (key, value) in [
            ("core.fsmonitor", "true"),
            ("core.bare", "false"),
            ("pager.log", "false"),
            ("remote.origin.url", "git@example.com:a/b.git"),
            ("submodule.x.update", "merge"),
            ("branch.main.merge", "refs/heads/main"),
            ("alias.st", "status"),
            ("merge.x.name", "x"),
            ("core", "x"),
        ] {
            assert_eq!(runs_when(key, value), None, "{key} = {value}");
        }
    }

    #[test]
    fn another_copy_is_one_by_its_whole_command() {
        let when = |key: &str, value: &str| {
            let entry = Entry { own: true, key: key.to_owned(), value: value.to_owned() };
            let found = of_entries(Path::new("c"), &[entry], &driver_command("session"));
            found.first().expect("it is listed in any case").when
        };
        let of = |program: &str| when("merge.session.driver", &driver_command(program));
        for program in ["'/usr/local/bin/session'", "'/home/ann/v1.2/session-before'"] {
            assert!(of(program).contains("another copy"), "{program}");
        }
        for program in [
            "'/tmp/evil'",
            "'session'",
            "'./session'",
            "/usr/bin/session",
            "sh -c x; session",
            "'/tmp/x' -c '/session'",
            "'/tmp/a b/session'",
            "'/tmp/$(x)/session'",
            "'/tmp/../session'",
            "'/tmp/session/evil'",
        ] {
            assert_eq!(of(program), "when it merges", "{program}");
        }
        let longer = format!("{} ; evil", driver_command("'/bin/session'"));
        assert_eq!(when("merge.session.driver", &longer), "when it merges");
        assert_eq!(when("merge.x.driver", &driver_command("'/bin/session'")), "when it merges");
    }

    #[test]
    fn only_the_clone_s_own_entries_count() {
        let text =
            "global\0core.pager\nless\0local\0core.pager\nsh x\0local\0merge.session.driver\nours\0local\0flag\0";
        let entries = read_scoped(text);
        assert_eq!(entries[3], Entry { own: true, key: "flag".into(), value: "true".into() });
        let found = of_entries(Path::new("c"), &entries, "ours");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].key.as_deref(), found[0].value.as_str()), (Some("core.pager"), "sh x"));
        assert_eq!(of_entries(Path::new("c"), &entries, "other").len(), 2, "somebody else's driver of that name");
        assert_eq!(read("a.b\nc\nd\0")[0].value, "c\nd");
    }
}
