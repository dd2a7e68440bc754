//! Other users of the same machine, who prepare or swap the folders of caches: compiled code of theirs is never run, and
//! what they cannot touch is used. As another user only where the tests run as root; else those cases are left out.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown, symlink};
use std::path::{Path, PathBuf};

use crate::support::Sandbox;

/// Somebody who is neither root nor the user.
const OTHER: u32 = 54_321;

fn sandbox() -> (Sandbox, PathBuf) {
    let mut s = Sandbox::hello();
    let cache = s.root.parent().unwrap().join("cache");
    std::fs::create_dir(&cache).unwrap();
    s.environment.push(("XDG_CACHE_HOME", cache.to_string_lossy().into_owned()));
    (s, cache)
}

fn set(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

/// What is done to a file of the cache, and in words.
type Spoil = (&'static str, fn(&Path));

/// Compiled components below a folder.
fn compiled(cache: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(cache.join("session/components")).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|ending| ending == "cwasm")).collect()
}

/// The program works, and says why it does without its cache.
#[track_caller]
fn works_without(s: &Sandbox, cache: &Path, why: &str) {
    let before = compiled(cache);
    let ran = s.session("-v plan").ok();
    assert_eq!(compiled(cache), before, "{why}: it was used");
    assert!(ran.err.contains("the cache is not used"), "{why}: {}", ran.err);
}

#[test]
fn what_only_the_user_can_write_is_used() {
    let (s, cache) = sandbox();
    s.session("plan").ok();
    let all = compiled(&cache);
    assert!(!all.is_empty());
    assert!(all.iter().all(|path| path.metadata().unwrap().mode() & 0o777 == 0o600), "whatever the umask");
    // In a folder such as /tmp nobody can rename what is not theirs.
    set(&cache, 0o1777);
    assert!(!s.session("-v plan").ok().err.contains("the cache is not used"));
}

#[test]
fn a_parent_that_others_can_write_is_not_used() {
    let (s, cache) = sandbox();
    set(&cache, 0o777);
    works_without(&s, &cache, "a parent open to all");
    set(&cache, 0o770);
    if !is_root() {
        return;
    }
    std::os::unix::fs::chown(&cache, None, Some(OTHER)).unwrap();
    works_without(&s, &cache, "a parent open to a group");
}

#[test]
fn the_folder_itself_open_to_others_is_not_used() {
    let (s, cache) = sandbox();
    s.session("plan").ok();
    set(&cache.join("session/components"), 0o777);
    let before: Vec<_> = compiled(&cache).iter().map(|path| path.metadata().unwrap().ino()).collect();
    std::fs::remove_dir_all(cache.join("session/plans")).unwrap();
    assert!(s.session("-v plan").ok().err.contains("others can write to"));
    let after: Vec<_> = compiled(&cache).iter().map(|path| path.metadata().unwrap().ino()).collect();
    assert_eq!(before, after);
}

#[test]
fn what_somebody_else_has_prepared_is_not_used() {
    if !is_root() {
        return println!("left out: there is no other user here");
    }
    // A folder, in one that all may write to.
    let (s, cache) = sandbox();
    set(&cache, 0o1777);
    std::fs::create_dir_all(cache.join("session/components")).unwrap();
    std::os::unix::fs::chown(cache.join("session"), Some(OTHER), None).unwrap();
    works_without(&s, &cache, "a folder of somebody else's");
    std::os::unix::fs::chown(cache.join("session"), Some(0), None).unwrap();
    std::os::unix::fs::chown(cache.join("session/components"), Some(OTHER), None).unwrap();
    works_without(&s, &cache, "the last folder of somebody else's");
    // A link there, to a folder of the user's whose content came from elsewhere, such as a clone.
    let (s, cache) = sandbox();
    set(&cache, 0o1777);
    let clone = s.root.join("vendor");
    std::fs::create_dir_all(clone.join("components")).unwrap();
    symlink(&clone, cache.join("session")).unwrap();
    lchown(cache.join("session"), Some(OTHER), None).unwrap();
    works_without(&s, &cache, "a link of somebody else's");
    // A parent that is theirs.
    let (s, cache) = sandbox();
    std::os::unix::fs::chown(&cache, Some(OTHER), None).unwrap();
    works_without(&s, &cache, "a parent of somebody else's");
}

#[test]
fn files_that_are_not_only_the_users_are_made_anew() {
    let (s, cache) = sandbox();
    s.session("plan").ok();
    let all = compiled(&cache);
    let inodes = |all: &[PathBuf]| all.iter().map(|path| path.symlink_metadata().unwrap().ino()).collect::<Vec<_>>();
    let hostile: [Spoil; 4] = [
        ("open to all", |path| set(path, 0o666)),
        ("two names", |path| std::fs::hard_link(path, path.with_extension("twin")).unwrap()),
        ("a link", |path| {
            std::fs::rename(path, path.with_extension("real")).unwrap();
            symlink(path.with_extension("real"), path).unwrap();
        }),
        ("of somebody else", |path| {
            if is_root() {
                std::os::unix::fs::chown(path, Some(OTHER), None).unwrap();
            }
        }),
    ];
    for (what, spoil) in hostile {
        all.iter().for_each(|path| spoil(path));
        let before = inodes(&all);
        std::fs::remove_dir_all(cache.join("session/plans")).unwrap();
        let ran = s.session("-v plan --json").ok();
        if what == "of somebody else" && !is_root() {
            continue;
        }
        assert!(ran.err.contains("is not only yours") || what == "a link", "{what}: {}", ran.err);
        let remade = inodes(&all).iter().zip(&before).filter(|(now, before)| now != before).count();
        assert!(remade > 0, "{what}: nothing was compiled anew");
        for path in &all {
            _ = std::fs::remove_file(path.with_extension("twin"));
            _ = std::fs::remove_file(path.with_extension("real"));
            _ = std::fs::remove_file(path);
        }
        std::fs::remove_dir_all(cache.join("session/plans")).unwrap();
        s.session("plan").ok();
    }
}

/// The plan's cache and that of branches are read in the same way.
#[test]
fn a_plan_that_was_planted_is_not_believed() {
    let (s, cache) = sandbox();
    let shown = s.session("plan").ok().out;
    let plans = cache.join("session/plans");
    let files: Vec<PathBuf> = std::fs::read_dir(&plans).unwrap().flatten().map(|entry| entry.path()).collect();
    assert!(!files.is_empty());
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap().replace("Greeting", "Planted");
        std::fs::write(file, text).unwrap();
        set(file, 0o666);
    }
    assert_eq!(s.session("plan").ok().out, shown);
    set(&cache, 0o777);
    assert_eq!(s.session("plan").ok().out, shown);
}
