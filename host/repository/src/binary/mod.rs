//! The form of the reader that asks the git binary: for repositories that libgit2 does not open, or reads otherwise.

mod history;
mod index;
mod merge;
mod origin;
mod tree;

use std::rc::Rc;

use session_types::{Change, Commit, Elsewhere, Error, Head};

pub(super) use self::tree::{differing, object, one_time_index, plainly};
use super::args::Args;
use super::base::Touched;
use super::git::{Git, checked};
use super::occupant::Occupant;
use super::origin::Origin;
use super::reader::{Lines, Reader, Span};
use super::reversal::{Conflict, Objects, Reversal, Step, Turn};
use super::revision::RefName;
use super::selection::{PathState, Selection};
use super::site::Site;
use super::tips::{Folders, Tip};
use session_core::object_id::ObjectId;

/// Files of git that are there while it is in the middle of something.
const STATES: [(&str, &str); 9] = [
    ("rebase-merge/interactive", "rebaseinteractive"),
    ("rebase-merge", "rebasemerge"),
    ("rebase-apply/rebasing", "rebase"),
    ("rebase-apply/applying", "applymailbox"),
    ("rebase-apply", "applymailboxorrebase"),
    ("MERGE_HEAD", "merge"),
    ("REVERT_HEAD", "revert"),
    ("CHERRY_PICK_HEAD", "cherrypick"),
    ("BISECT_LOG", "bisect"),
];

/// A repository that git itself reads.
pub(super) struct BinaryReader {
    git: Git,
    site: Rc<Site>,
}

impl BinaryReader {
    pub(super) fn of(git: Git, site: Rc<Site>) -> Self {
        Self { git, site }
    }

    fn head(&self) -> Result<Option<ObjectId>, Error> {
        Ok(self.position()?.commit.as_deref().and_then(ObjectId::parse))
    }
}

impl Reader for BinaryReader {
    fn position(&self) -> Result<Head, Error> {
        history::position(&self.git)
    }

    fn under_way(&self) -> Result<Option<String>, Error> {
        for (file, name) in STATES {
            // Where references are no files, neither are these.
            let is_reference = file.ends_with("_HEAD");
            if self.site.git_dir.join(file).exists()
                || (is_reference && self.git.agrees(["rev-parse", "--quiet", "--verify", file])?)
            {
                return Ok(Some(name.to_owned()));
            }
        }
        Ok(None)
    }

    fn setting(&self, key: &str) -> Result<Option<String>, Error> {
        self.git.line(Args::of(["config", "--get"]).setting(key, None))
    }

    fn is_on(&self, key: &str) -> Result<bool, Error> {
        let said = self.git.line(Args::of(["config", "--type=bool", "--get"]).setting(key, None))?;
        Ok(said.is_some_and(|said| said == "true"))
    }

    /// By a list on stdin: there nothing is an option, whatever the version of git.
    fn object_named(&self, text: &str, kind: &'static str) -> Result<Option<ObjectId>, Error> {
        let asked = format!("{text}{kind}\n");
        let output = self.git.fed(["cat-file", "--batch-check=%(objectname)"], Some(asked.as_bytes()))?;
        let output = checked(&format!("look for {text}"), output)?;
        Ok(ObjectId::parse(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n')))
    }

    fn target(&self, name: &RefName) -> Result<Option<ObjectId>, Error> {
        // By its whole name only: a branch of that name is another one.
        let found = self.git.line(Args::of(["show-ref", "--verify", "--hash"]).reference(name))?;
        let found = found.and_then(|id| ObjectId::parse(&id));
        found.map_or(Ok(None), |id| self.object_named(id.as_str(), "^{commit}"))
    }

    fn tips(&self) -> Result<Vec<Tip>, Error> {
        history::tips(&self.git)
    }

    fn holder(&self, commit: &ObjectId, places: &[&'static str]) -> Result<Option<String>, Error> {
        history::holder(&self.git, commit, places)
    }

    fn is_ancestor(&self, ancestor: &ObjectId, commit: &ObjectId) -> Result<bool, Error> {
        history::is_ancestor(&self.git, ancestor, commit)
    }

    fn fork(&self, one: &ObjectId, other: &ObjectId) -> Result<Option<ObjectId>, Error> {
        let found = self.git.line(Args::of(["merge-base"]).object(one).object(other))?;
        Ok(found.and_then(|id| ObjectId::parse(&id)))
    }

    fn first_above(&self, onto: &ObjectId, head: &ObjectId) -> Result<Option<ObjectId>, Error> {
        history::first_above(&self.git, onto, head)
    }

    fn follower(&self, head: &ObjectId, base: Option<&ObjectId>) -> Result<Option<Commit>, Error> {
        history::follower(&self.git, &self.site, head, base)
    }

    fn history(&self, span: &Span<'_>) -> Result<Vec<Commit>, Error> {
        history::history(&self.git, &self.site, span)
    }

    fn elsewhere(&self, asked: &Elsewhere) -> Result<Vec<Commit>, Error> {
        let head = self.head()?;
        head.map_or(Ok(Vec::new()), |head| history::elsewhere(&self.git, &self.site, &head, asked))
    }

    fn touched(&self, base: &ObjectId, head: &ObjectId, paths: &[String]) -> Result<Vec<Touched>, Error> {
        history::touched(&self.git, base, head, paths)
    }

    fn patch_id(&self, commit: &ObjectId) -> Result<Option<String>, Error> {
        history::patch_id(&self.git, commit)
    }

    fn origins(&self, lines: &Lines<'_>) -> Result<Vec<Origin>, Error> {
        match self.file_at(lines.head, lines.path)? {
            Some(committed) => origin::origins(&self.git, lines, &committed),
            None => Ok(vec![Origin::Uncommitted; lines.numbers.len()]),
        }
    }

    fn commit_text(&self, commit: &ObjectId) -> Result<Vec<u8>, Error> {
        let output = self.git.output(Args::of(["cat-file", "commit"]).object(commit))?;
        Ok(checked(&format!("read {commit}"), output)?.stdout)
    }

    fn differing(&self, before: Option<&ObjectId>, after: &ObjectId) -> Result<Vec<String>, Error> {
        differing(&self.git, before, after)
    }

    fn file_at(&self, commit: &ObjectId, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let listed = self.git.text(Args::of(["ls-tree", "-z", "--full-tree"]).object(commit).files([path]))?;
        let about = listed.split_once('\t').map(|(about, _)| about.split(' ').collect::<Vec<_>>());
        let Some([_, "blob", blob]) = about.as_deref() else { return Ok(None) };
        let args = Args::of(["cat-file", "--filters"]).option("--path", path).object(&object(blob)?);
        Ok(Some(checked(&format!("read {path} at {}", commit.short()), self.git.output(args)?)?.stdout))
    }

    fn blob_at(&self, commit: &ObjectId, path: &str) -> Result<Option<ObjectId>, Error> {
        history::blob_at(&self.git, commit, path)
    }

    fn blob_size(&self, blob: &ObjectId) -> Result<usize, Error> {
        Ok(self.git.text(Args::of(["cat-file", "-s"]).object(blob))?.trim().parse().unwrap_or(usize::MAX))
    }

    fn blob(&self, blob: &ObjectId) -> Result<Vec<u8>, Error> {
        let output = self.git.output(Args::of(["cat-file", "blob"]).object(blob))?;
        Ok(checked(&format!("read {blob}"), output)?.stdout)
    }

    fn folders(&self, commits: &[&str], folder: &str) -> Result<Folders, Error> {
        history::folders(&self.git, commits, folder)
    }

    fn entries(&self, tree: &ObjectId) -> Result<Vec<(String, String)>, Error> {
        history::entries(&self.git, tree)
    }

    fn changes(&self) -> Result<Vec<Change>, Error> {
        index::changes(&self.git, &self.site)
    }

    fn index_names(&self) -> Result<Vec<String>, Error> {
        index::names(&self.git, ["ls-files", "-z", "--full-name"])
    }

    fn index_size(&self) -> u32 {
        0
    }

    fn states(&self, paths: &[String], onto: Option<&ObjectId>) -> Result<Vec<PathState>, Error> {
        index::states(&self.git, self.head()?.as_ref(), paths, onto)
    }

    fn is_known(&self, path: &str) -> Result<bool, Error> {
        let tracked = Args::of(["ls-files", "--error-unmatch"]).files([path]);
        Ok(self.git.agrees(tracked)? || self.git.agrees(Args::of(["check-ignore", "--quiet"]).names(path))?)
    }

    fn stages(&self, path: &str) -> [Option<String>; 3] {
        let listed = self.git.text(Args::of(["ls-files", "--unmerged", "-z"]).files([path])).unwrap_or_default();
        [1, 2, 3].map(|stage| {
            let held = listed.split_terminator('\0').filter_map(|line| line.strip_suffix(path));
            let ours = format!(" {stage}\t");
            let blobs = held.filter_map(|about| about.strip_suffix(&ours)?.split(' ').nth(1));
            let blob = blobs.filter_map(ObjectId::parse).next()?;
            self.blob(&blob).ok().and_then(|content| String::from_utf8(content).ok())
        })
    }

    fn tree(&self, selection: &Selection, without: &[String]) -> Result<(ObjectId, Objects), Error> {
        tree::made(&self.git, &self.site, selection, without)
    }

    fn occupants(&self, turns: &[Turn], files: &[&str]) -> Result<Vec<Occupant>, Error> {
        index::occupants(&self.git, &self.site, turns, files)
    }

    fn diff(&self, since: Option<&ObjectId>, paths: &[String]) -> Result<String, Error> {
        let changed = self.changes()?;
        let changed = changed.iter().filter_map(|change| self.site.relative_to_top(&change.path)).collect();
        let changed = tree::within(changed, paths);
        let states = changed.iter().zip(self.states(&changed, None)?);
        let selection = Selection { base: self.head()?, ..Selection::default() };
        tree::diff(&self.git, &self.site, since, paths, selection.with(&self.site.top, states)?)
    }

    fn reversal(
        &self,
        steps: &[Step],
        without: &[String],
        head: &ObjectId,
    ) -> Result<Result<Reversal, Conflict>, Error> {
        merge::reversal(&self.git, &self.site, steps, without, head)
    }
}
