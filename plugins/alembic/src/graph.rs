//! Revisions and what builds on what; and which targets take exactly some of them down. Pure.
//!
//! `alembic downgrade HEAD@PARENT` drops the children of PARENT that HEAD has come from, and all that builds on those, and
//! nothing of the filter holds where PARENT has one child only. So PARENT must be chosen: behind a merge of our own branch
//! with another one, `merge@branchpoint` takes the other branch down, too. [`Graph::taken`] is alembic's own rule
//! (`RevisionMap._collect_downgrade_revisions`, the same from 1.7 to 1.20); a target is taken only where it says that nothing but ours goes.
//! `tests/all/real.rs` asks alembic itself.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::revision::Revision;

#[derive(Clone, Debug, Default)]
pub struct Graph(pub Vec<Revision>);

/// One `alembic downgrade`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub head: String,
    /// None for `base`.
    pub parent: Option<String>,
    /// What it takes down, newest first.
    pub takes: Vec<String>,
}

impl Target {
    /// `own@parent`.
    pub fn name(&self) -> String {
        format!("{}@{}", self.head, self.parent.as_deref().unwrap_or("base"))
    }

    /// The same from where to where, as `--sql` wants it.
    pub fn range(&self) -> String {
        format!("{}:{}", self.head, self.name())
    }
}

type Set<'a> = BTreeSet<&'a str>;

impl Graph {
    pub fn get(&self, revision: &str) -> Option<&Revision> {
        self.0.iter().find(|known| known.revision == revision)
    }

    /// What `depends_on` names: a revision, a label, or the beginning of a revision.
    fn resolve(&self, name: &str) -> Option<&Revision> {
        let begins = || {
            let mut found = self.0.iter().filter(|known| known.revision.starts_with(name));
            found.next().filter(|_| found.next().is_none())
        };
        self.get(name).or_else(|| self.0.iter().find(|known| known.labels.iter().any(|l| l == name))).or_else(begins)
    }

    fn parents(&self, revision: &Revision, dependencies: bool) -> Set<'_> {
        let depends = revision.depends.iter().filter(|_| dependencies);
        revision.down.iter().chain(depends).filter_map(|name| self.resolve(name)).map(|r| r.revision.as_str()).collect()
    }

    /// What builds on a revision directly.
    pub fn children(&self, revision: &str, dependencies: bool) -> Set<'_> {
        // Of thousands of revisions few depend on anything, and resolving a name looks at all.
        let depends = |known: &Revision| {
            known.depends.iter().any(|name| self.resolve(name).is_some_and(|found| found.revision == revision))
        };
        let builds =
            |known: &&Revision| known.down.iter().any(|down| down == revision) || (dependencies && depends(known));
        self.0.iter().filter(builds).map(|known| known.revision.as_str()).collect()
    }

    fn reached<'a>(&'a self, from: impl IntoIterator<Item = &'a str>, next: impl Fn(&str) -> Set<'a>) -> Set<'a> {
        let mut found = Set::new();
        let mut open: Vec<&str> = from.into_iter().collect();
        while let Some(revision) = open.pop() {
            if found.insert(revision) {
                open.extend(next(revision));
            }
        }
        found
    }

    /// These and all that they build on.
    pub fn ancestors<'a>(&'a self, from: impl IntoIterator<Item = &'a str>, dependencies: bool) -> Set<'a> {
        self.reached(from, |id| self.get(id).map(|known| self.parents(known, dependencies)).unwrap_or_default())
    }

    /// These and all that builds on them.
    pub fn descendants<'a>(&'a self, from: impl IntoIterator<Item = &'a str>) -> Set<'a> {
        self.reached(from, |id| self.children(id, true))
    }

    /// Heads as alembic counts them: nothing has them as its `down_revision`.
    pub fn heads(&self) -> Vec<&Revision> {
        let built_upon: Set<'_> = self.0.iter().flat_map(|known| &known.down).map(String::as_str).collect();
        self.0.iter().filter(|known| !built_upon.contains(known.revision.as_str())).collect()
    }

    /// What `downgrade HEAD@PARENT` takes of those that are applied.
    pub fn taken<'a>(&'a self, head: &'a str, parent: Option<&str>, applied: &Set<'a>) -> Set<'a> {
        let mut roots = match parent {
            Some(parent) => self.children(parent, false),
            None => self.0.iter().filter(|known| known.down.is_empty()).map(|known| known.revision.as_str()).collect(),
        };
        if roots.len() > 1 {
            let from = self.ancestors([head], false);
            roots.retain(|root| from.contains(root));
        }
        self.descendants(roots).intersection(applied).copied().collect()
    }

    /// Targets that take down these of the applied revisions and no other, as few as there are; in the order to run them.
    ///
    /// # Errors
    /// Names the revision that cannot be taken down alone.
    pub fn targets(&self, own: &Set<'_>, applied: &Set<'_>) -> Result<Vec<Target>, String> {
        let known = |set: &Set<'_>| self.0.iter().map(|r| r.revision.as_str()).filter(|id| set.contains(id)).collect();
        let mut applied: Set<'_> = known(applied);
        let own: Set<'_> = known(own);
        let mut left: Set<'_> = own.intersection(&applied).copied().collect();
        let mut targets = Vec::new();
        while !left.is_empty() {
            let top = |id: &&&str| self.descendants([**id]).intersection(&left).count() == 1;
            let head = *left.iter().find(top).ok_or_else(|| left.iter().copied().collect::<Vec<_>>().join(", "))?;
            let mut best: Option<(Set<'_>, Option<&str>)> = None;
            for root in self.ancestors([head], false).intersection(&left) {
                let parents = self.get(root).map(|known| self.parents(known, false)).unwrap_or_default();
                let parents = parents.into_iter().map(Some).chain(Some(None).filter(|_| self.is_first(root)));
                for parent in parents {
                    let taken = self.taken(head, parent, &applied);
                    let fits = taken.contains(head) && taken.is_subset(&left);
                    if fits && best.as_ref().is_none_or(|(known, _)| known.len() < taken.len()) {
                        best = Some((taken, parent));
                    }
                }
            }
            let (taken, parent) = best.ok_or_else(|| head.to_owned())?;
            left.retain(|id| !taken.contains(id));
            applied.retain(|id| !taken.contains(id));
            let takes = self.newest_first(taken).into_iter().map(str::to_owned).collect();
            targets.push(Target { head: head.to_owned(), parent: parent.map(str::to_owned), takes });
        }
        Ok(targets)
    }

    fn newest_first<'a>(&'a self, mut left: Set<'a>) -> Vec<&'a str> {
        let mut sorted = Vec::new();
        while let Some(next) = left.iter().copied().find(|id| self.descendants([*id]).intersection(&left).count() == 1)
        {
            left.remove(next);
            sorted.push(next);
        }
        sorted
    }

    fn is_first(&self, revision: &str) -> bool {
        self.get(revision).is_some_and(|known| known.down.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a1; a2<a1; m<a2,b1; c<a2 +b1` in words: parents behind `<`, dependencies behind `+`.
    fn graph(text: &str) -> Graph {
        let list = |text: &str| text.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect();
        let revision = |part: &str| {
            let (part, depends) = part.split_once('+').unwrap_or((part, ""));
            let (id, down) = part.split_once('<').unwrap_or((part, ""));
            Revision { revision: id.trim().into(), down: list(down), depends: list(depends), ..Revision::default() }
        };
        Graph(text.split(';').map(revision).collect())
    }

    fn targets(text: &str, own: &str, heads: &str) -> Result<String, String> {
        let graph = graph(text);
        let applied = graph.ancestors(heads.split(' '), true);
        let own = own.split(' ').collect();
        let targets = graph.targets(&own, &applied)?;
        Ok(targets.iter().map(Target::name).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn each_shape_has_targets_that_take_its_own_only() {
        // Each of these was run with alembic 1.7.7, 1.13.3 and 1.20.1; `tests/all/real.rs` runs them again.
        for (text, own, heads, expected) in [
            ("a1; a2<a1; o1<a2", "o1", "o1", "o1@a2"),
            ("a1; a2<a1; l1<a2; o1<a2", "o1", "l1 o1", "o1@a2"),
            ("a1; a2<a1; l1<a2; o1<a2; o2<o1; o3<o2", "o1 o2 o3", "l1 o3", "o3@a2"),
            ("a1; a2<a1; l1<a2; o1<a2; o2<o1; o3<o2", "o1 o2 o3", "l1 o2", "o2@a2"),
            ("a1; a2<a1; l1<a2; l2<a2; o1<l1,l2", "o1", "o1", "o1@l1"),
            ("a1; a2<a1; l1<a2; o1<a2; o2<o1,l1", "o1 o2", "o2", "o2@l1 o1@a2"),
            ("a1; a2<a1; b1; o1<a2; o2<o1,b1", "o1 o2", "o2", "o2@a2"),
            ("a1; a2<a1; o1<a2; o2<a2; o3<o1,o2", "o1 o2 o3", "o3", "o3@a2"),
            ("o1", "o1", "o1", "o1@base"),
            ("a1; a2<a1; o1; o2<o1", "o1 o2", "a2 o2", "o2@base"),
            ("a1; a2<a1; b1; o1<a2 +b1", "o1", "o1", "o1@a2"),
            ("a1; a2<a1; o1 +a2", "o1", "o1", "o1@base"),
            ("a1; a2<a1; l1<a2; o1<a2; o2<l1", "o1 o2", "o1 o2", "o1@a2 o2@l1"),
            ("a1; a2<a1; o1<a2; o2 +o1", "o1 o2", "o2", "o2@base o1@a2"),
            ("a1; a2<a1; a3<a2; o1<a2,a3", "o1", "o1", "o1@a3"),
            ("a1; o1<a1", "o1", "a1", ""),
        ] {
            assert_eq!(targets(text, own, heads).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_taken_is_told_newest_first() {
        let graph = graph("a1; z<a1; b<z; c<b");
        let targets = graph.targets(&Set::from(["z", "b", "c"]), &Set::from(["a1", "z", "b", "c"])).expect("a chain");
        assert_eq!(targets[0].takes, ["c", "b", "z"]);
    }

    #[test]
    fn one_that_cannot_go_alone_is_named() {
        assert_eq!(targets("a1; o1<a1; x1<o1", "o1", "x1"), Err("o1".into()));
        assert_eq!(targets("a1; o1<a1; x1 +o1", "o1", "x1"), Err("o1".into()));
    }

    #[test]
    fn a_long_history_takes_no_time() {
        let chain = (1..3000).map(|n| format!("r{n}<r{}", n - 1));
        let text = std::iter::once("r0".to_owned()).chain(chain).collect::<Vec<_>>().join("; ");
        assert_eq!(targets(&text, "r2998 r2999", "r2999").as_deref(), Ok("r2999@r2997"));
        assert_eq!(graph(&text).heads().len(), 1);
    }

    #[test]
    fn circles_end() {
        assert!(targets("a<b; b<a", "a b", "a").is_err());
    }

    #[test]
    fn dependencies_are_found_by_label_and_by_beginning() {
        let mut graph = graph("abc1; o1 +shop; o2 +abc");
        graph.0[0].labels = vec!["shop".into()];
        assert_eq!(graph.children("abc1", true), Set::from(["o1", "o2"]));
        assert_eq!(graph.heads().len(), 3);
    }
}
