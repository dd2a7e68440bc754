//! A history for tests: commits, newest first, and the world that stands on them.

use session_sdk::testing::{Host, World};
use session_sdk::{Commit, Head};

pub const ME: &str = "Kim <kim@example.com>";
pub const DOCUMENT: &str = "docs/PROGRESS.md";

pub fn commit(commit: &str, message: &str, files: &[&str]) -> Commit {
    Commit {
        commit: commit.into(),
        message: message.into(),
        tree: format!("tree-{commit}"),
        files: files.iter().map(|path| (*path).to_owned()).collect(),
        author: ME.into(),
        ..Commit::default()
    }
}

/// The commits, newest first, on the one that the session started from.
pub fn host(history: Vec<Commit>) -> Host {
    let mut host = Host::default();
    host.set(|world| {
        world.history = history;
        world.history.push(commit("base", "feat: before\n", &[]));
        stand_on_one_another(world);
        let newest = world.history[0].clone();
        let (commit, tree) = (Some(newest.commit), Some(newest.tree));
        world.head = Head { commit, tree, branch: Some("main".into()), author: Some(ME.into()) };
        world.facts.insert("git.base".into(), "base tree-base -".into());
    });
    host
}

pub fn stand_on_one_another(world: &mut World) {
    let parents: Vec<String> = world.history.iter().skip(1).map(|commit| commit.commit.clone()).collect();
    world.history.iter_mut().zip(parents).for_each(|(commit, parent)| commit.parents = vec![parent]);
}
