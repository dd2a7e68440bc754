//! The plugin with a real alembic, on `SQLite`: what its commands do is tried here, and nowhere else. The host is the one in
//! memory, which runs real programs here.
//! `PostgreSQL` is tried through the real binary (`tests/e2e/alembic`).
#![expect(clippy::disallowed_methods, reason = "a test writes files of its own")]

use session_sdk::{Result, Summary};

use crate::project::{Project, is_there};

/// `a1; o1<a1; o2<o1,l1; o3<a1 +b1`: parents behind `<`, dependencies behind `+`; what begins with `o` is the session's.
fn shape(text: &str, heads: &str) -> Project {
    let project = Project::new("generic");
    for part in text.split(';') {
        let (part, depends) = part.split_once('+').unwrap_or((part, ""));
        let (id, down) = part.split_once('<').unwrap_or((part, ""));
        let tuple = |text: &str| match text.split(',').map(str::trim).filter(|id| !id.is_empty()).collect::<Vec<_>>()[..]
        {
            [] => "None".to_owned(),
            ref ids => format!("({},)", ids.iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(", ")),
        };
        project.revision(id.trim(), &tuple(down), &tuple(depends));
    }
    for head in heads.split(' ') {
        project.alembic(&["upgrade", head]);
    }
    project
}

fn goes_down(project: &mut Project) -> (Summary, Summary) {
    let rehearsed = project.rollback(true).expect("the rehearsal refuses nothing");
    assert!(project.downs().is_empty(), "the rehearsal changes nothing");
    let done = project.real(&rehearsed).expect("the run goes through");
    (rehearsed, done)
}

#[test]
fn exactly_the_sessions_own_go_down_in_every_shape() {
    if !is_there() {
        return;
    }
    for (text, heads, down, left, calls) in [
        ("a1; a2<a1; o1<a2", "heads", "o1", "a2", 4),
        ("a1; a2<a1; l1<a2; o1<a2", "heads", "o1", "l1", 4),
        ("a1; a2<a1; l1<a2; o1<a2; o2<o1; o3<o2", "heads", "o3 o2 o1", "l1", 4),
        ("a1; a2<a1; l1<a2; l2<a2; o1<l1,l2", "heads", "o1", "l1 l2", 4),
        ("a1; a2<a1; l1<a2; o1<a2; o2<o1,l1", "heads", "o2 o1", "l1", 6),
        ("o1", "heads", "o1", "", 4),
        ("a1; a2<a1; o1; o2<o1", "heads", "o2 o1", "a2", 4),
        ("a1; a2<a1; b1; o1<a2 +b1", "heads", "o1", "a2 b1", 4),
        ("a1; a2<a1; o1 +a2", "heads", "o1", "a2", 4),
        ("a1; o1<a1; o2 +o1", "heads", "o2 o1", "a1", 6),
        ("a1; a2<a1; a3<a2; o1<a2,a3", "heads", "o1", "a3", 4),
    ] {
        let mut project = shape(text, heads);
        let (rehearsed, done) = goes_down(&mut project);
        assert_eq!(project.downs(), down.split(' ').collect::<Vec<_>>(), "{text}");
        // 1.7 keeps both parents of an overlapping merge; that is its own affair.
        let heads = project.heads();
        assert!(
            left.split(' ').filter(|id| !id.is_empty()).all(|id| heads.iter().any(|head| head == id)),
            "{text}: {heads:?}"
        );
        assert!(!heads.iter().any(|head| head.starts_with('o')), "{text}: {heads:?}");
        assert_eq!(project.calls, calls, "{text}: calls of alembic");
        assert!(rehearsed.confirm.iter().any(|line| line == "  ! DROP TABLE t_o1;"), "{:#?}", rehearsed.confirm);
        assert!(done.message.starts_with("took down o"), "{}", done.message);
    }
}

#[test]
fn files_that_are_gone_are_brought_back_for_alembic() {
    if !is_there() {
        return;
    }
    // As it is made, with the relative URL; with a list of folders as older versions split it; and with env.py gone, too.
    for (gone, ini) in
        [("o1.py", ""), ("o1.py", "version_locations = %(here)s/migrations/versions migrations/more\n"), ("all", "")]
    {
        let mut project = shape("a1; l1<a1; o1<a1; o2<o1", "heads");
        project.edit("alembic.ini", |text| {
            let kept: Vec<&str> = text
                .lines()
                .filter(|l| ini.is_empty() || !l.starts_with("path_sep") && !l.starts_with("version_path_sep"))
                .collect();
            kept.join("\n").replace("[alembic]\n", &format!("[alembic]\n{ini}"))
        });
        project.keep("last");
        for path in ["o1.py", "o2.py"] {
            project.remove(&format!("migrations/versions/{path}"));
        }
        if gone == "all" {
            project.remove("migrations/env.py");
            project.remove("migrations/script.py.mako");
        }
        goes_down(&mut project);
        assert_eq!(project.downs(), ["o2", "o1"], "{ini}");
        project.restore("migrations/env.py");
        assert!(project.heads().iter().all(|head| head == "l1"), "{:?}", project.heads());
    }
}

#[test]
fn values_that_are_computed_are_asked_of_alembic() {
    if !is_there() {
        return;
    }
    let mut project = shape("a1; o1<a1; l1<a1", "heads");
    project.edit("migrations/versions/o1.py", |text| text.replace("revision = 'o1'", "revision = 'o' + '1'"));
    goes_down(&mut project);
    assert_eq!(project.downs(), ["o1"]);
}

#[test]
fn other_templates_are_understood() {
    if !is_there() {
        return;
    }
    for template in ["async", "pyproject", "multidb"] {
        let Some(mut project) = Project::of(template) else { continue };
        project.revision("a1", "None", "None");
        project.revision("o1", "'a1'", "None");
        project.alembic(&["upgrade", "head"]);
        let (rehearsed, _) = goes_down(&mut project);
        let twice = if template == "multidb" { &["o1", "o1"][..] } else { &["o1"] };
        assert_eq!(project.downs(), twice, "{template}");
        let written = project.names();
        assert!(!written.iter().any(|name| name.ends_with(".sql")), "{template} has written SQL files: {written:?}");
        assert!(rehearsed.confirm.iter().any(|line| line.contains("t_o1")), "{template}: {:#?}", rehearsed.confirm);
    }
}

fn refused(result: Result<Summary>) -> String {
    let error = result.expect_err("it is refused");
    format!("{}{error}\nhint: {}", if error.stuck { "stuck: " } else { "" }, error.hint.as_deref().unwrap_or_default())
}

#[test]
fn what_fails_half_way_on_sqlite_is_stuck_and_goes_on_once_it_is_mended() {
    if !is_there() {
        return;
    }
    let mut project = shape("a1; o1<a1; o2<o1", "a1");
    project.edit("migrations/versions/o1.py", |text| text + "    op.execute('drop table nonsense')\n");
    project.alembic(&["upgrade", "heads"]);
    let rehearsed = project.rollback(true).expect("nobody can know it");
    let told = refused(project.real(&rehearsed));
    assert!(told.starts_with("stuck: `alembic downgrade o2@a1` failed in sqlite:///app.db"), "{told}");
    assert!(told.contains("no such table: nonsense") && told.contains("o2 is down, o1 is still applied"), "{told}");
    assert!(told.contains("migrations/versions/o1.py") && told.contains("session resume --yes"), "{told}");

    project.edit("migrations/versions/o1.py", |text| {
        text.replace("op.drop_table('t_o1')", "pass").replace("    op.execute('drop table nonsense')\n", "")
    });
    project.earlier("alembic downgrade o2@a1");
    let rehearsed = project.rollback(true).expect("it goes on");
    project.real(&rehearsed).expect("it is mended");
    assert_eq!(project.heads(), ["a1"]);
    // And once more, where all is done.
    let rehearsed = project.rollback(true).expect("nothing is left");
    assert_eq!(rehearsed.message, "o1, o2 are not applied in sqlite:///app.db: nothing to downgrade");
    assert_eq!(project.real(&rehearsed).expect("nothing is left").message, rehearsed.message);
}

#[test]
fn a_database_that_does_not_answer_is_named_without_its_password() {
    if !is_there() {
        return;
    }
    let mut project = shape("a1; o1<a1", "heads");
    let url = "postgresql+psycopg://bob:s3cret@127.0.0.1:1/app";
    project.edit("alembic.ini", |text| text.replace("sqlite:///app.db", url));
    let told = refused(project.rollback(true));
    assert!(told.contains("session rollback T-01") && !told.contains("s3cret"), "{told}");
}

#[test]
fn complete_tries_on_the_scratch_database_and_on_no_other() {
    if !is_there() {
        return;
    }
    let scratch = r#"{"scratch-url": "sqlite:///scratch.db"}"#;
    let said = |project: &mut Project, config: &str| project.complete(config).expect("it refuses nothing").message;

    let mut project = shape("a1; o1<a1; o2<o1", "a1");
    assert_eq!(
        said(&mut project, scratch),
        "adds o1, o2; reversible: yes (up, down and up again on the scratch database)"
    );
    assert_eq!(
        said(&mut project, scratch),
        "adds o1, o2; reversible: yes (up, down and up again on the scratch database)"
    );
    assert_eq!(project.heads(), ["a1"], "the project's own database is as it was");
    assert_eq!(said(&mut project, "{}"), "adds o1, o2; reversible: not tried: no scratch-url");
    let own = said(&mut project, r#"{"scratch-url": "sqlite:///app.db"}"#);
    assert!(own.ends_with("not tried: scratch-url is the project's own database"), "{own}");

    project.edit("migrations/versions/o2.py", |text| text.replace("op.drop_table('t_o2')", "op.execute('select 1')"));
    let left = said(&mut project, r#"{"scratch-url": "sqlite:///scratch2.db"}"#);
    assert!(left.contains("reversible: no, its downgrade leaves another schema") && left.contains("t_o2"), "{left}");

    let mut project = shape("a1; o1<a1", "a1");
    project.edit("migrations/env.py", |text| {
        let text = text.replace("config = context.config\n", "config = context.config\nimport os\nURL = os.environ.get('APP_DB', 'sqlite:///app.db')\nconfig.set_main_option('sqlalchemy.url', URL)\n");
        assert!(text.contains("APP_DB"));
        text
    });
    let other = said(&mut project, scratch);
    assert!(other.contains("not tried: env.py does not take its URL from sqlalchemy.url: set url-env"), "{other}");
    assert_eq!(project.heads(), ["a1"]);
    let with_env = said(&mut project, r#"{"scratch-url": "sqlite:///scratch.db", "url-env": "APP_DB"}"#);
    assert!(with_env.contains("reversible: yes"), "{with_env}");
    assert_eq!(project.heads(), ["a1"]);
}

#[test]
fn the_projects_own_database_is_never_tried_on_however_it_is_spelled() {
    if !is_there() {
        return;
    }
    let spellings = |project: &Project| {
        let folder = project.path("");
        let folder = folder.trim_end_matches('/');
        let name = folder.rsplit('/').next().unwrap_or_default();
        [
            "sqlite:///app.db".to_owned(),
            "sqlite:///./app.db".to_owned(),
            format!("sqlite:///../{name}/app.db"),
            format!("sqlite:///{folder}/app.db"),
            "sqlite:///link.db".to_owned(),
            "sqlite+pysqlite:///app.db".to_owned(),
            "sqlite:///file:app.db?uri=true".to_owned(),
        ]
    };
    let make = |heads: &str| {
        let project = shape("a1; o1<a1", heads);
        project.edit("migrations/env.py", |text| {
            text.replace(
                "config = context.config\n",
                "config = context.config\nimport os\nconfig.set_main_option('sqlalchemy.url', os.environ.get('APP_DB') \
                 or config.get_main_option('sqlalchemy.url'))\n",
            )
        });
        std::os::unix::fs::symlink("app.db", project.path("link.db")).expect("a link");
        project
    };
    let said = |project: &mut Project, config: &str| project.complete(config).expect("it refuses nothing").message;

    // It has tables.
    let mut project = make("heads");
    let before = std::fs::read(project.path("app.db")).expect("it is there");
    for url in spellings(&project) {
        let told = said(&mut project, &format!(r#"{{"scratch-url": "{url}", "url-env": "APP_DB"}}"#));
        assert!(told.contains("reversible: not tried: scratch-url "), "{url}: {told}");
        assert_eq!(project.downs(), [""; 0], "{url}");
        assert!(std::fs::read(project.path("app.db")).expect("it is there") == before, "{url}: it has changed");
    }

    // It is empty still, and must not become a scratch database that it is found to be later, when there are rows.
    let mut project = make("a1");
    for url in &spellings(&project)[3..6] {
        std::fs::write(project.path("app.db"), "").expect("it is written");
        let told = said(&mut project, &format!(r#"{{"scratch-url": "{url}"}}"#));
        assert!(told.ends_with("not tried: scratch-url is the project's own database"), "{url}: {told}");
        project.alembic(&["upgrade", "heads"]);
        let told = said(&mut project, &format!(r#"{{"scratch-url": "{url}"}}"#));
        assert!(told.contains("not tried: scratch-url ") && project.downs().is_empty(), "{url}: {told}");
        std::fs::remove_file(project.path("app.db")).expect("it was there");
    }

    // One that does not answer may be any.
    project.edit("alembic.ini", |text| text.replace("sqlite:///app.db", "sqlite:////nowhere/at/all.db"));
    let told = said(&mut project, r#"{"scratch-url": "sqlite:///scratch.db"}"#);
    assert!(told.contains("not tried: the project's own database cannot be asked"), "{told}");
}
