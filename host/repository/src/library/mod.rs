//! The form of the reader that uses libgit2, in this process: for repositories that libgit2 reads as git does (`fitness`).

mod conversions;
mod fitness;
mod history;
mod index;
mod merge;
mod origin;
mod tree;

use std::path::Path;
use std::rc::Rc;

use git2::{ErrorCode, ObjectType, Oid, Repository, RepositoryState};
use session_types::{Change, Commit, Elsewhere, Error, Head};

pub(super) use self::conversions::Conversions;
pub(super) use self::fitness::unfit;
pub(super) use self::tree::differing;
use super::base::Touched;
use super::binary::BinaryReader;
use super::occupant::Occupant;
use super::origin::Origin;
use super::reader::{Lines, Reader, Span};
use super::reversal::{Conflict, Objects, Reversal, Step, Turn, turns};
use super::revision::RefName;
use super::selection::{PathState, Selection};
use super::site::Site;
use super::tips::{Folders, Tip};
use session_core::object_id::ObjectId;

pub(super) const GITLINK: u32 = 0o160_000;

pub fn failed(what: &str, error: &git2::Error) -> Error {
    Error::new(format!("cannot {what}")).because(error.message().to_owned())
}

/// # Errors
/// An object of a repository with longer names.
pub(super) fn oid(id: &ObjectId) -> Result<Oid, git2::Error> {
    Oid::from_str(id.as_str())
}

/// # Errors
/// None of libgit2's own objects.
fn named(id: Oid) -> Result<ObjectId, git2::Error> {
    ObjectId::parse(&id.to_string()).ok_or_else(|| git2::Error::from_str("an object without a whole name"))
}

/// A repository that libgit2 has opened.
pub(super) struct LibraryReader {
    repo: Repository,
    site: Rc<Site>,
    /// Asked by `file_at`, `changes`, `tree`, `occupants` and `diff`, and only about files that are converted, or that git
    /// shall not look at. Libgit2 does not know all filters and encodings, and converts line ends not just as git does. One
    /// such file among thousands is no reason to ask git about all of them.
    binary: BinaryReader,
}

impl LibraryReader {
    pub(super) fn of(repo: Repository, site: Rc<Site>, binary: BinaryReader) -> Self {
        Self { repo, site, binary }
    }

    /// Who is asked instead, where one of these is converted on its way into the repository.
    fn exact<'p>(&self, paths: impl IntoIterator<Item = &'p str>) -> Option<&BinaryReader> {
        let conversions = Conversions::of(&self.repo);
        paths.into_iter().any(|path| conversions.concern(Path::new(path))).then_some(&self.binary)
    }

    /// Another handle, whose new objects go to memory. From the working tree: from its git dir alone libgit2 would take
    /// another tree for it.
    fn in_memory(&self) -> Result<Repository, git2::Error> {
        let repo = Repository::open(&self.site.top)?;
        // The object database keeps what was added as long as it lives itself.
        let _memory = repo.odb()?.add_new_mempack_backend(1000)?;
        Ok(repo)
    }
}

/// What was named is nothing, or of another kind.
fn is_nothing(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::NotFound | ErrorCode::InvalidSpec | ErrorCode::Ambiguous | ErrorCode::Peel)
}

impl Reader for LibraryReader {
    fn position(&self) -> Result<Head, Error> {
        let repo = &self.repo;
        let reference = match repo.head() {
            Ok(reference) => reference,
            Err(e) if matches!(e.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => {
                let branch = repo
                    .find_reference("HEAD")
                    .ok()
                    .and_then(|head| head.symbolic_target().ok().flatten().map(str::to_owned));
                let branch = branch.and_then(|name| name.strip_prefix("refs/heads/").map(str::to_owned));
                return Ok(Head { branch, ..Head::default() });
            }
            Err(e) => return Err(failed("read HEAD", &e)),
        };
        let commit = reference.peel_to_commit().map_err(|e| failed("read HEAD", &e))?;
        let branch =
            if repo.head_detached().unwrap_or(false) { None } else { reference.shorthand().ok().map(str::to_owned) };
        let tree = Some(commit.tree_id().to_string());
        Ok(Head { commit: Some(commit.id().to_string()), branch, tree, author: None })
    }

    fn under_way(&self) -> Result<Option<String>, Error> {
        let state = self.repo.state();
        Ok((state != RepositoryState::Clean).then(|| format!("{state:?}").to_lowercase()))
    }

    fn setting(&self, key: &str) -> Result<Option<String>, Error> {
        let config = self.repo.config().and_then(|mut config| config.snapshot());
        Ok(config.map_err(|e| failed("read the configuration", &e))?.get_string(key).ok())
    }

    fn is_on(&self, key: &str) -> Result<bool, Error> {
        Ok(self.repo.config().and_then(|config| config.get_bool(key)).unwrap_or(false))
    }

    fn object_named(&self, text: &str, kind: &'static str) -> Result<Option<ObjectId>, Error> {
        match self.repo.revparse_single(&format!("{text}{kind}")) {
            Ok(object) => Ok(ObjectId::parse(&object.id().to_string())),
            Err(e) if is_nothing(e.code()) => Ok(None),
            Err(e) => Err(failed(&format!("look for {text}"), &e)),
        }
    }

    fn target(&self, name: &RefName) -> Result<Option<ObjectId>, Error> {
        match self.repo.find_reference(name.as_str()).and_then(|reference| reference.peel_to_commit()) {
            Ok(commit) => Ok(ObjectId::parse(&commit.id().to_string())),
            Err(e) if e.code() == ErrorCode::NotFound => Ok(None),
            Err(e) => Err(failed(&format!("read {}", name.as_str()), &e)),
        }
    }

    fn tips(&self) -> Result<Vec<Tip>, Error> {
        history::tips(&self.repo).map_err(|e| failed("read the branches", &e))
    }

    fn holder(&self, commit: &ObjectId, places: &[&'static str]) -> Result<Option<String>, Error> {
        history::holder(&self.repo, commit, places).map_err(|e| failed("look who has the commits", &e))
    }

    fn is_ancestor(&self, ancestor: &ObjectId, commit: &ObjectId) -> Result<bool, Error> {
        let ids = oid(ancestor).and_then(|ancestor| Ok((ancestor, oid(commit)?)));
        let look = |(ancestor, commit)| history::is_ancestor(&self.repo, ancestor, commit);
        ids.and_then(look).map_err(|e| failed("look for the commit", &e))
    }

    fn fork(&self, one: &ObjectId, other: &ObjectId) -> Result<Option<ObjectId>, Error> {
        match oid(one).and_then(|one| self.repo.merge_base(one, oid(other)?)) {
            Ok(fork) => Ok(ObjectId::parse(&fork.to_string())),
            Err(e) if e.code() == ErrorCode::NotFound => Ok(None),
            Err(e) => Err(failed("look for the commit where the two parted", &e)),
        }
    }

    fn first_above(&self, onto: &ObjectId, head: &ObjectId) -> Result<Option<ObjectId>, Error> {
        history::first_above(&self.repo, onto, head).map_err(|e| failed("read the history", &e))
    }

    fn follower(&self, head: &ObjectId, base: Option<&ObjectId>) -> Result<Option<Commit>, Error> {
        history::follower(&self.repo, head, base).map_err(|e| failed("look for the commit", &e))
    }

    fn history(&self, span: &Span<'_>) -> Result<Vec<Commit>, Error> {
        history::history(&self.repo, &self.site, span).map_err(|e| failed("read the history", &e))
    }

    fn elsewhere(&self, asked: &Elsewhere) -> Result<Vec<Commit>, Error> {
        history::elsewhere(&self.repo, asked).map_err(|e| failed("look for commits on other branches", &e))
    }

    fn touched(&self, base: &ObjectId, head: &ObjectId, paths: &[String]) -> Result<Vec<Touched>, Error> {
        history::touched(&self.repo, base, head, paths).map_err(|e| failed("read the history", &e))
    }

    fn patch_id(&self, commit: &ObjectId) -> Result<Option<String>, Error> {
        history::patch_id(&self.repo, commit).map_err(|e| failed(&format!("read {commit}"), &e))
    }

    fn origins(&self, lines: &Lines<'_>) -> Result<Vec<Origin>, Error> {
        origin::origins(&self.repo, lines).map_err(|e| failed(&format!("read the history of {}", lines.path), &e))
    }

    fn commit_text(&self, commit: &ObjectId) -> Result<Vec<u8>, Error> {
        let read = || Ok(self.repo.odb()?.read(oid(commit)?)?.data().to_owned());
        read().map_err(|e: git2::Error| failed(&format!("read {commit}"), &e))
    }

    fn differing(&self, before: Option<&ObjectId>, after: &ObjectId) -> Result<Vec<String>, Error> {
        differing(&self.repo, before, after).map_err(|e| failed("compare two trees", &e))
    }

    fn file_at(&self, commit: &ObjectId, path: &str) -> Result<Option<Vec<u8>>, Error> {
        // On its way out: what lies there now does not matter.
        if Conversions::of(&self.repo).concern_new(Path::new(path)) {
            return self.binary.file_at(commit, path);
        }
        let read = || -> Result<Option<Vec<u8>>, git2::Error> {
            let tree = self.repo.find_commit(oid(commit)?)?.tree()?;
            let file = tree::entry_at(&tree, Path::new(path))?.filter(|entry| entry.kind() == Some(ObjectType::Blob));
            file.map(|entry| Ok(self.repo.find_blob(entry.id())?.content().to_owned())).transpose()
        };
        read().map_err(|e| failed(&format!("read {path} at {}", commit.short()), &e))
    }

    fn blob_at(&self, commit: &ObjectId, path: &str) -> Result<Option<ObjectId>, Error> {
        history::blob_at(&self.repo, commit, path).map_err(|e| failed(&format!("read {path} of {commit}"), &e))
    }

    fn blob_size(&self, blob: &ObjectId) -> Result<usize, Error> {
        let read = || Ok(self.repo.odb()?.read_header(oid(blob)?)?.0);
        read().map_err(|e: git2::Error| failed(&format!("read {blob}"), &e))
    }

    fn blob(&self, blob: &ObjectId) -> Result<Vec<u8>, Error> {
        let read = || Ok(self.repo.find_blob(oid(blob)?)?.content().to_owned());
        read().map_err(|e: git2::Error| failed(&format!("read {blob}"), &e))
    }

    fn folders(&self, commits: &[&str], folder: &str) -> Result<Folders, Error> {
        Ok(history::folders(&self.repo, commits, folder))
    }

    fn entries(&self, tree: &ObjectId) -> Result<Vec<(String, String)>, Error> {
        history::entries(&self.repo, tree).map_err(|e| failed("read a folder of another branch", &e))
    }

    fn changes(&self) -> Result<Vec<Change>, Error> {
        index::changes(&self.repo, &self.site)?.map_or_else(|| self.binary.changes(), Ok)
    }

    fn index_names(&self) -> Result<Vec<String>, Error> {
        let index = index::of(&self.repo).map_err(|e| failed("read the index", &e))?;
        Ok(index.iter().filter_map(|entry| String::from_utf8(entry.path).ok()).collect())
    }

    fn index_size(&self) -> u32 {
        index::of(&self.repo).ok().and_then(|index| u32::try_from(index.len()).ok()).unwrap_or_default()
    }

    fn states(&self, paths: &[String], onto: Option<&ObjectId>) -> Result<Vec<PathState>, Error> {
        index::states(&self.repo, paths, onto).map_err(|e| failed("read the index", &e))
    }

    fn is_known(&self, path: &str) -> Result<bool, Error> {
        let look = || -> Result<bool, git2::Error> {
            let tracked = index::of(&self.repo)?.get_path(Path::new(path), 0).is_some();
            Ok(tracked || self.repo.is_path_ignored(path)?)
        };
        look().map_err(|e| failed(&format!("look whether {path} is ignored"), &e))
    }

    fn stages(&self, path: &str) -> [Option<String>; 3] {
        let index = index::of(&self.repo);
        [1, 2, 3].map(|stage| {
            let entry = index.as_ref().ok()?.get_path(Path::new(path), stage)?;
            String::from_utf8(self.repo.find_blob(entry.id).ok()?.content().to_owned()).ok()
        })
    }

    fn tree(&self, selection: &Selection, without: &[String]) -> Result<(ObjectId, Objects), Error> {
        if let Some(binary) = self.exact(selection.present.iter().map(String::as_str)) {
            return binary.tree(selection, without);
        }
        let made = self.in_memory().and_then(|repo| Ok((named(tree::made(&repo, selection, without)?)?, repo)));
        let (tree, repo) = made.map_err(|e| failed("read the tree", &e))?;
        Ok((tree, Objects::Memory(repo)))
    }

    fn occupants(&self, turns: &[Turn], files: &[&str]) -> Result<Vec<Occupant>, Error> {
        if let Some(binary) = self.exact(files.iter().copied()) {
            return binary.occupants(turns, files);
        }
        let found = self.in_memory().and_then(|repo| index::occupants(&repo, turns, files));
        found.map_err(|e| failed("compare the working tree", &e))
    }

    fn diff(&self, since: Option<&ObjectId>, paths: &[String]) -> Result<String, Error> {
        match self.exact(paths.iter().map(String::as_str)) {
            Some(binary) => binary.diff(since, paths),
            None => index::diff(&self.repo, since, paths).map_err(|e| failed("compare with an earlier commit", &e)),
        }
    }

    fn reversal(
        &self,
        steps: &[Step],
        without: &[String],
        head: &ObjectId,
    ) -> Result<Result<Reversal, Conflict>, Error> {
        let make = || -> Result<_, git2::Error> {
            let repo = self.in_memory()?;
            let tree = match merge::merged(&repo, steps, without, head)? {
                Ok(tree) => tree,
                Err(conflict) => return Ok(Err(conflict)),
            };
            Ok(Ok((tree.to_string(), merge::differences(&repo, head, tree)?, repo)))
        };
        Ok(match make().map_err(|e| failed("merge", &e))? {
            Ok((tree, found, repo)) => Ok(Reversal { tree, turns: turns(found)?, objects: Objects::Memory(repo) }),
            Err(conflict) => Err(conflict),
        })
    }
}
