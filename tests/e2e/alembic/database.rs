//! The databases of these tests: a file, or a PostgreSQL on a free port of this machine, in a temporary folder.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub(super) enum Database {
    Sqlite { folder: TempDir, python: PathBuf },
    Postgres(Postgres),
}

/// A server of this test's own, which ends with it.
pub(super) struct Postgres {
    _folder: TempDir,
    server: Child,
    programs: PathBuf,
    port: u16,
}

impl Database {
    pub(super) fn sqlite(tools: &Path) -> Self {
        Self::Sqlite { folder: tempfile::tempdir().unwrap(), python: tools.join("python") }
    }

    pub(super) fn url(&self) -> String {
        match self {
            Self::Sqlite { .. } => format!("sqlite:///{}", self.file().display()),
            Self::Postgres(server) => format!("postgresql+psycopg://kim:secret@127.0.0.1:{}/shop", server.port),
        }
    }

    pub(super) fn file(&self) -> PathBuf {
        let Self::Sqlite { folder, .. } = self else { panic!("that is no file") };
        folder.path().join("shop.db")
    }

    pub(super) fn fill(&self, table: &str) {
        self.run(&format!("INSERT INTO {table} (id, name) VALUES (1, 'kept')"));
    }

    pub(super) fn run(&self, sql: &str) {
        self.python(&format!("c.executescript({sql:?}); c.commit()"), sql);
    }

    /// Schema and data as text, without the table that alembic keeps for itself.
    pub(super) fn dump(&self) -> String {
        match self {
            Self::Sqlite { .. } => {
                self.python("print('\\n'.join(l for l in sorted(c.iterdump()) if 'alembic_version' not in l))", "")
            }
            Self::Postgres(server) => {
                let dump = server.run("pg_dump", &["--inserts", "--exclude-table=alembic_version", "shop"]);
                // Newer ones put a key of each run into the text.
                dump.lines().filter(|line| !line.starts_with("\\")).collect::<Vec<_>>().join("\n")
            }
        }
    }

    fn python(&self, code: &str, sql: &str) -> String {
        match self {
            Self::Sqlite { python, .. } => {
                let script = format!("import sqlite3\nc = sqlite3.connect({:?})\n{code}", self.file());
                output(Command::new(python).args(["-c", &script]))
            }
            Self::Postgres(server) => server.run("psql", &["--quiet", "--command", sql, "shop"]),
        }
    }
}

impl Postgres {
    /// None where it is not installed.
    pub(super) fn start() -> Option<Self> {
        let programs = programs()?;
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        // It refuses to run as root.
        let is_root = output(Command::new("id").arg("-u")) == "0";
        let as_nobody = |program: &str| {
            let path = programs.join(program);
            let mut command = Command::new(if is_root { Path::new("setpriv") } else { &path });
            if is_root {
                command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(&path);
            }
            command.current_dir(folder.path());
            command
        };
        if is_root {
            output(Command::new("chown").args(["-R", "65534:65534"]).arg(folder.path()));
        }
        let made = ["--username=kim", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "-D"];
        output(as_nobody("initdb").args(made).arg(&data));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = as_nobody("postgres");
        server.arg("-D").arg(&data).arg("-k").arg(folder.path()).args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        let server = server.args(["-c", "fsync=off"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { _folder: folder, server, programs, port };
        let end = Instant::now() + Duration::from_secs(60);
        while !server.command("pg_isready", &[]).status().unwrap().success() {
            assert!(Instant::now() < end, "PostgreSQL does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        server.run("createdb", &["shop"]);
        Some(server)
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "kim"]).args(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        output(self.command(program, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-INT", &self.server.id().to_string()]).status();
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end && self.server.try_wait().is_ok_and(|ended| ended.is_none()) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Folder of the server's programs: distributions keep them out of the path.
fn programs() -> Option<PathBuf> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = installed.map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path));
    let found = folders.into_iter().find(|folder| folder.join("initdb").is_file());
    assert!(found.is_some() || std::env::var_os("SESSION_NO_SKIP").is_none(), "install postgresql");
    if found.is_none() {
        println!("SKIPPED: PostgreSQL is not installed");
    }
    found
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}
