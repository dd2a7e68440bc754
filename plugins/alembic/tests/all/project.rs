//! A project with an alembic of its own in a temporary folder, and the host in memory over it.
#![expect(clippy::disallowed_methods, reason = "a test runs programs and writes files of its own")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::Serialize;
use session_plugin_alembic::Alembic;
use session_sdk::testing::{Host, context};
use session_sdk::{
    Back, Bytes, CommandKind, Complete, Context, Effect, Event, Outcome, Result, Rollback, Run, Summary,
};

/// With the tools in the path that `.ci/run` puts beside everything that is built.
fn command(program: &str) -> Command {
    let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("test-tools").join("bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = [tools].into_iter().chain(std::env::split_paths(&path));
    let mut command = Command::new(program);
    command.env("PATH", std::env::join_paths(all).expect("folders without a colon"));
    command
}

/// Whether there is an alembic to try with. Where none may be skipped, there must be.
pub fn is_there() -> bool {
    let there = command("alembic").arg("--version").output().is_ok_and(|output| output.status.success());
    assert!(there || std::env::var_os("SESSION_NO_SKIP").is_none(), "install alembic, sqlalchemy and aiosqlite");
    there
}

pub struct Project {
    folder: PathBuf,
    /// Files as a commit has them.
    kept: BTreeMap<(String, String), Vec<u8>>,
    added: Vec<String>,
    earlier: Vec<Effect>,
    /// How often the handlers had alembic run; what was only planned counts not.
    pub calls: usize,
}

impl Drop for Project {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Project {
    pub fn new(template: &str) -> Self {
        Self::of(template).unwrap_or_else(|| panic!("alembic has no template {template}"))
    }

    /// None where this alembic has no such template.
    pub fn of(template: &str) -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("session-alembic-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a temporary folder");
        let folder = folder.canonicalize().expect("it is there");
        let project = Self { folder, kept: BTreeMap::new(), added: vec![], earlier: vec![], calls: 0 };
        let made = command("alembic")
            .args(["init", "-t", template, "migrations"])
            .current_dir(&project.folder)
            .output()
            .expect("it runs");
        if !made.status.success() {
            return None;
        }
        let driver = if template == "async" { "sqlite+aiosqlite" } else { "sqlite" };
        let mut names = ["app", "two"].into_iter();
        project.edit("alembic.ini", |text| {
            let url = |line: &str| match line.split_once('=') {
                Some((key, _)) if key.trim() == "sqlalchemy.url" => {
                    format!("{key}= {driver}:///{}.db", names.next().unwrap_or("three"))
                }
                _ => line.to_owned(),
            };
            text.lines().map(url).collect::<Vec<_>>().join("\n") + "\n"
        });
        Some(project)
    }

    /// Those that begin with `o` are the session's. Each writes down when it is taken down, unless only SQL is asked for.
    pub fn revision(&self, id: &str, down: &str, depends: &str) {
        let text = format!(
            "\"\"\"make {id}\"\"\"
from alembic import context, op
import sqlalchemy as sa

revision = '{id}'
down_revision = {down}
branch_labels = None
depends_on = {depends}


def upgrade(engine_name=None):
    op.create_table('t_{id}', sa.Column('id', sa.Integer, primary_key=True))


def downgrade(engine_name=None):
    if not context.is_offline_mode():
        open('downs.log', 'a').write('{id}\\n')
    op.drop_table('t_{id}')
"
        );
        self.write(&format!("migrations/versions/{id}.py"), &text);
    }

    /// Absolute.
    pub fn path(&self, path: &str) -> String {
        self.folder.join(path).to_string_lossy().into_owned()
    }

    pub fn write(&self, path: &str, text: &str) {
        std::fs::write(self.folder.join(path), text).expect(path);
    }

    pub fn edit(&self, path: &str, change: impl FnOnce(String) -> String) {
        self.write(path, &change(std::fs::read_to_string(self.folder.join(path)).expect(path)));
    }

    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.folder.join(path)).expect(path);
    }

    /// Keeps all files as those of a commit, and what the session has added as being that.
    pub fn keep(&mut self, commit: &str) {
        self.added = self.own();
        let files = self.files();
        self.kept = files.into_iter().map(|(path, content)| ((commit.to_owned(), path), content)).collect();
    }

    /// As the commit has it.
    pub fn restore(&self, path: &str) {
        let content = self.kept.iter().find(|((_, kept), _)| kept == path).expect(path).1;
        std::fs::write(self.folder.join(path), content).expect(path);
    }

    pub fn earlier(&mut self, argv: &str) {
        self.earlier.push(Effect::Ran { argv: argv.split(' ').map(str::to_owned).collect(), code: Some(1) });
    }

    pub fn alembic(&self, arguments: &[&str]) -> String {
        let output = command("alembic").args(arguments).current_dir(&self.folder).output().expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "alembic {arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
        text
    }

    pub fn heads(&self) -> Vec<String> {
        let text = self.alembic(&["current"]);
        let mut heads: Vec<String> = text.lines().filter_map(|l| l.split(' ').next()).map(str::to_owned).collect();
        heads.sort();
        heads
    }

    pub fn downs(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.join("downs.log")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    pub fn names(&self) -> Vec<String> {
        self.files().into_keys().collect()
    }

    fn own(&self) -> Vec<String> {
        self.names().into_iter().filter(|path| path.contains("/versions/o") && path.ends_with(".py")).collect()
    }

    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut open = vec![self.folder.clone()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder of ours") {
                let path = entry.expect("it is there").path();
                if path.is_dir() {
                    open.push(path);
                } else if path.exists() {
                    let name = path.strip_prefix(&self.folder).expect("below it").to_string_lossy().into_owned();
                    files.insert(name, std::fs::read(&path).expect("a file of ours"));
                }
            }
        }
        files
    }

    pub fn rollback(&mut self, dry_run: bool) -> Result<Summary> {
        self.take_back(dry_run, None)
    }

    /// The run behind its rehearsal.
    pub fn real(&mut self, rehearsed: &Summary) -> Result<Summary> {
        self.take_back(false, rehearsed.rehearsed.clone())
    }

    fn take_back(&mut self, dry_run: bool, rehearsed: Option<serde_json::Value>) -> Result<Summary> {
        let added = if self.added.is_empty() { self.own() } else { self.added.clone() };
        let back = Back { added, last: Some("last".into()), ..Back::default() };
        let mut cx = context(Event::Rollback, Rollback { back, rehearsed, force: true, ..Rollback::default() });
        cx.dry_run = dry_run;
        cx.earlier.clone_from(&self.earlier);
        self.run(cx)
    }

    pub fn complete(&mut self, config: &str) -> Result<Summary> {
        let mut cx = context(Event::Complete, Complete::default());
        cx.config = serde_json::from_str(config).expect(config);
        self.run(cx)
    }

    fn run<D: Serialize>(&mut self, mut cx: Context<D>) -> Result<Summary> {
        cx.project.root = self.folder.to_string_lossy().into_owned();
        let mut host = Host::default();
        host.set(|world| {
            world.files = self.files();
            world.files_at.clone_from(&self.kept);
            world.facts.insert("files".into(), self.own().join("\n"));
            world.programs = Some(execute);
        });
        HERE.set((self.folder.clone(), cx.dry_run, 0));
        let answer = host.run::<Alembic, _, Summary>(&cx);
        self.calls += HERE.take().2;
        answer
    }
}

thread_local! {
    /// Folder of the project that runs now, whether it is a dry run, and how often alembic was run.
    static HERE: RefCell<(PathBuf, bool, usize)> = const { RefCell::new((PathBuf::new(), false, 0)) };
}

fn execute(run: &Run) -> Outcome {
    let (folder, dry_run, calls) = HERE.take();
    HERE.set((folder.clone(), dry_run, calls));
    if dry_run && run.kind == CommandKind::Effect {
        return Outcome { planned: true, ..Outcome::default() };
    }
    HERE.set((folder.clone(), dry_run, calls + 1));
    let scratch = folder.with_extension("scratch");
    _ = std::fs::remove_dir_all(&scratch);
    for (name, content) in &run.scratch {
        let path = scratch.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).expect("a scratch folder");
        std::fs::write(path, &content.0).expect("a scratch file");
    }
    let placed = |text: &String| text.replace("{scratch}", &scratch.to_string_lossy());
    let output = command(&run.argv[0])
        .args(run.argv[1..].iter().map(placed))
        .envs(run.env.iter().map(|(key, value)| (key, placed(value))))
        .current_dir(folder.join(run.directory.as_deref().unwrap_or(".")))
        .output()
        .expect("it runs");
    _ = std::fs::remove_dir_all(&scratch);
    Outcome {
        code: output.status.code(),
        stdout: Bytes(output.stdout),
        stderr: Bytes(output.stderr),
        ..Outcome::default()
    }
}
