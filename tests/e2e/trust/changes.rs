//! Every kind of change to plugins.toml, and to the bytes of a plugin: asked for, or provably less.

use super::GATE;
use crate::support::{Sandbox, guest};

/// A project that uses every table, approved.
fn sandbox() -> Sandbox {
    let s = Sandbox::hello().unattended();
    s.copy(&guest("bell"), "bell.wasm");
    std::fs::create_dir_all(s.path("api")).unwrap();
    let text = s.read("plugins.toml").replace(
        "[[plugin]]\nname = \"checklist\"\n",
        "[[repository]]\nname = \"api\"\npath = \"api\"\nprefix = [\"API\"]\n\n[[plugin]]\nname = \"checklist\"\n\
         [plugin.config]\nallow = [\"rm -r out\", \"rm -r log\"]\n",
    );
    let text = text.replace("[project]\n", "[project]\nchecks = [{ run = \"true\", directory = \".\" }]\n");
    s.write("plugins.toml", &text);
    s.add_plugin("name = \"bell\"\npath = \"bell.wasm\"\ntimeout = \"20s\"\n[plugin.grant]\nread = [\"a\", \"b\"]");
    s.session("trust --yes").ok();
    s.session(GATE).ok();
    s
}

#[test]
fn each_kind_of_change_to_plugins_toml_asks_or_is_less() {
    let s = sandbox();
    let base = s.read("plugins.toml");
    let progress = "[[plugin]]\nname = \"progress\"\n";
    let git = "[[plugin]]\nname = \"git\"\n";
    // What changes, and the key that is named; none where it is less or nothing.
    let cases: &[(&str, &str, &str, Option<&str>)] = &[
        (
            "the shell of checks",
            "[plugin.config]\n",
            "[plugin.config]\nshell = \"./sh\"\n",
            Some("plugin.checklist.config.shell"),
        ),
        (
            "more dangerous checks",
            "\"rm -r log\"]",
            "\"rm -r log\", \"rm -r src\"]",
            Some("plugin.checklist.config.allow"),
        ),
        ("fewer dangerous checks", ", \"rm -r log\"]", "]", None),
        ("a plugin less", git, "", Some("plugin.git.source")),
        (
            "a failure is a warning only",
            git,
            "[[plugin]]\nname = \"git\"\non-error = \"warn\"\n",
            Some("plugin.git.on-error"),
        ),
        ("another time limit", "timeout = \"20s\"", "timeout = \"40s\"", Some("plugin.bell.timeout")),
        ("a check elsewhere", "directory = \".\"", "directory = \"api\"", Some("project.checks")),
        ("a check for some paths only", "directory = \".\"", "paths = [\"x\"]", Some("project.checks")),
        ("a check more", "checks = [", "checks = [\"./new\", ", Some("project.checks")),
        ("a check less", "checks = [{ run = \"true\", directory = \".\" }]\n", "", Some("project.checks")),
        ("a model", "[project]", "[models.aliases]\nlow = \"x\"\n[project]", Some("models.aliases.low")),
        ("another plan", "docs/HELLO_PROMPTS.md", "docs/HELLO_PROMPTS.md/../HELLO_PROMPTS.md", Some("project.plan")),
        ("another name", "name = \"Hello\"", "name = \"Bye\"", Some("project.name")),
        ("a repository elsewhere", "path = \"api\"", "path = \"../api\"", Some("repository.api.path")),
        ("other sessions of a repository", "[\"API\"]", "[\"HI\"]", Some("repository.api.prefix")),
        ("wider grants", "read = [\"a\", \"b\"]", "read = [\"**\"]", Some("plugin.bell.grant.read")),
        ("another grant", "read = [\"a\", \"b\"]", "read = [\"a\"]\nrun = [\"sh **\"]", Some("plugin.bell.grant.run")),
        ("fewer grants", "read = [\"a\", \"b\"]", "read = [\"b\"]", None),
        (
            "grants of a bundled plugin",
            progress,
            "[[plugin]]\nname = \"progress\"\n[plugin.grant]\nwrite = [\"**\"]\n",
            Some("plugin.progress.grant.write"),
        ),
        (
            "a bundled plugin from a file",
            progress,
            "[[plugin]]\nname = \"progress\"\npath = \"bell.wasm\"\n",
            Some("plugin.progress.source"),
        ),
        (
            "settings of a plugin",
            "timeout = \"20s\"",
            "timeout = \"20s\"\n[plugin.config]\na = { b = 1 }\n",
            Some("plugin.bell.config.a.b"),
        ),
        ("a comment", "[project]", "# why\n[project]", None),
        ("what is the default", git, "[[plugin]]\nname = \"git\"\non-error = \"stop\"\n[plugin.config]\n", None),
        ("no plan is named", "plan = \"docs/HELLO_PROMPTS.md\"\n", "", Some("project.plan")),
    ];
    for (what, from, to, key) in cases {
        assert!(base.contains(from), "{what}");
        s.write("plugins.toml", &base.replacen(from, to, 1));
        let ran = s.session(GATE);
        match key {
            Some(key) => _ = ran.fails(5, &["you have not approved the change", key]),
            None => assert_eq!(ran.code, 0, "{what}: {ran:#?}"),
        }
    }
    let (checklist, rest) = base.split_once(git).unwrap();
    s.write("plugins.toml", &format!("{checklist}{rest}\n{git}"));
    s.session(GATE).fails(5, &["plugins"]);
    s.write("plugins.toml", &base);
    s.session(GATE).ok();
}

#[test]
fn what_is_required_more_is_required_from_then_on() {
    let s = sandbox();
    let base = s.read("plugins.toml");
    let required = base.replace("[project]\n", "[project]\nrequire-checks = true\n");
    s.write("plugins.toml", &required);
    // A dry run keeps nothing.
    s.session(GATE).ok();
    s.session("trust").ok();
    s.write("plugins.toml", &base);
    s.session(GATE).fails(5, &["project.require-checks"]);
    s.write("plugins.toml", &required.replace("true\n", "true\nrequire-manual = false\n"));
    s.session(GATE).ok();
}

#[test]
fn plugins_toml_that_is_removed_lifts_no_approval() {
    let s = Sandbox::hello().unattended();
    std::fs::remove_file(s.path("plugins.toml")).unwrap();
    let ran = s.session(GATE).fails(5, &["plugins.toml was removed, and the defaults need your approval"]);
    assert!(!ran.err.contains("changed"), "{ran:#?}");
    s.session("status").ok();
    s.session("trust --yes").ok();
    s.session(GATE).ok();
    // And one that comes again asks again.
    s.write("plugins.toml", "[[plugin]]\nname = \"checklist\"\n[plugin.config]\nshell = \"./evil\"\n");
    s.session("resume").fails(5, &["plugin.checklist.config.shell"]);
    s.session(GATE).fails(1, &["there is no session HI-01"]);
}

#[test]
fn other_bytes_of_a_component_ask() {
    let s = sandbox();
    s.copy(&guest("scripted"), "bell.wasm");
    let ran = s.session(GATE).fails(
        5,
        &[
            "the file of the plugin `bell` changed since you approved it",
            "if you build `bell` yourself: `session trust --dev bell`",
        ],
    );
    assert!(!ran.err.contains("plugins.toml"), "it is as it was: {ran:#?}");
    // Where git tracks the file, `--dev` would be refused.
    s.git("add bell.wasm");
    let ran = s.session(GATE).fails(5, &["the file of the plugin `bell` changed"]);
    assert!(!ran.err.contains("--dev"), "{ran:#?}");
    s.git("rm --quiet --cached bell.wasm");
    let left_out = "session left out the plugin `bell`: you have not approved it. Type `session trust`.";
    assert!(s.session("status").ok().err.contains(left_out), "reading goes on without it");
    s.copy(&guest("bell"), "bell.wasm");
    s.session(GATE).ok();
}

/// A cause for each setting with its value, and never one that hides how many there are.
#[test]
fn what_changed_is_named_with_its_value() {
    let s = sandbox();
    let base = s.read("plugins.toml");
    s.write("plugins.toml", &base.replace("name = \"Hello\"", "name = \"Bye\""));
    s.session(GATE)
        .fails(5, &["plugins.toml changed, and you have not approved the change", "`project.name = \"Bye\"`"]);
    let seven: String = (1..=7).map(|number| format!("m{number} = \"x\"\n")).collect();
    s.write("plugins.toml", &format!("[models.aliases]\n{seven}{base}").replace("timeout = \"20s\"\n", ""));
    let ran = s.session(GATE).fails(5, &["`models.aliases.m5 = \"x\"`", "… and 3 more"]);
    assert!(!ran.err.contains("m6"), "{ran:#?}");
    s.write("plugins.toml", &base.replace("timeout = \"20s\"\n", ""));
    s.session(GATE).fails(5, &["no longer there: `plugin.bell.timeout`"]);
}

#[test]
fn json_tells_what_is_asked() {
    let s = sandbox();
    let base = s.read("plugins.toml");
    s.write(
        "plugins.toml",
        &base.replace("read = [\"a\", \"b\"]", "read = [\"c\"]").replace("timeout = \"20s\"\n", ""),
    );
    let asked = s.session("trust --dry-run --json").ok().json();
    assert_eq!(asked["asked"]["changed"][0]["key"], "plugin.bell.grant.read", "{asked}");
    assert_eq!(asked["asked"]["changed"][0]["before"], "[\"a\",\"b\"]", "{asked}");
    assert_eq!(asked["asked"]["removed"][0]["key"], "plugin.bell.timeout", "{asked}");
    let run = |at: &str| asked["asked"]["commands"].as_array().unwrap().iter().any(|one| one["run"] == at);
    assert!(run("true") && run("grep -q goodbye farewell.txt"), "{asked}");
    let error = s.session("start HI-01 --json").json();
    assert_eq!(error["error"]["kind"], "not-trusted", "{error}");
    assert_eq!(error["asked"]["removed"][0]["key"], "plugin.bell.timeout", "{error}");
}
