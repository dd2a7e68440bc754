//! Native libraries: what they load is named and approved with them, nothing is loaded before the answer, and what is
//! loaded are the bytes that were approved.

use std::path::Path;
use std::process::Command;

use crate::support::{Ran, Sandbox, workspace};

const PLUGIN: &str = r#"
#define _GNU_SOURCE
#include "session_plugin.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
extern const char *word(void);
static void text(session_sink sink, void *context, const char *text) {
    session_slice slice = {(const uint8_t *)text, strlen(text)};
    sink(context, slice);
}
__attribute__((constructor)) static void loaded(void) { close_on(open("loaded", O_CREAT | O_WRONLY, 0600)); }
uint32_t session_plugin_abi(void) { return SESSION_PLUGIN_ABI; }
void session_plugin_contract(session_sink sink, void *context) { text(sink, context, "0.1.0"); }
void session_plugin_fingerprint(session_sink sink, void *context) { text(sink, context, "linked 0.1.0"); }
void session_plugin_handlers(session_sink sink, void *context) { text(sink, context, "checkpoint"); }
int32_t session_plugin_handle(session_slice event, session_slice input, session_host host, session_sink sink, void *context) {
    char answer[8192];
    Dl_info info;
    (void)event; (void)input; (void)host;
    dladdr((void *)session_plugin_abi, &info);
    snprintf(answer, sizeof answer, "{\"message\": \"the word is %s, from %s\"}", word(), info.dli_fname);
    text(sink, context, answer);
    return 0;
}
"#;

fn compile(s: &Sandbox, source: &str, arguments: &[&str]) {
    let file = s.root.parent().unwrap().join("source.c");
    std::fs::write(&file, source).unwrap();
    let output = Command::new("cc")
        .current_dir(&s.root)
        .args(["-shared", "-fPIC", "-I"])
        .arg(workspace().join("sdk/abi"))
        .arg(&file)
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn helper(s: &Sandbox, place: &str, word: &str) {
    std::fs::create_dir_all(s.path(place).parent().unwrap()).unwrap();
    // A new file: the old one may still be mapped.
    _ = std::fs::remove_file(s.path(place));
    compile(s, &format!("const char *word(void) {{ return \"{word}\"; }}\n"), &["-o", place]);
}

/// The hello plan with a native plugin that needs `libword.so` of the folder, found by this search path.
fn linked(folder: &str, search: &[&str]) -> Sandbox {
    let s = Sandbox::hello();
    s.write(".git/info/exclude", "/tools/\n/deps/\n/loaded\n/docs/sessions/SESSION.md\n");
    helper(&s, &format!("{folder}/libword.so"), "first");
    std::fs::create_dir_all(s.path("tools")).unwrap();
    let source = PLUGIN.replace("close_on(", "(void)(");
    let library = format!("-L{folder}");
    let mut arguments = vec!["-o", "tools/linked.so", library.as_str(), "-lword", "-ldl"];
    arguments.extend(search);
    compile(&s, &source, &arguments);
    s.add_plugin("name = \"linked\"\nnative = \"tools/linked.so\"");
    s
}

fn checkpoint(s: &Sandbox, message: &str) -> Ran {
    s.write("work.txt", message);
    s.session(&format!("checkpoint -m {message}"))
}

#[test]
fn what_it_loads_is_named_and_approved_with_it() {
    for (folder, search) in [
        ("tools", &["-Wl,-rpath,$ORIGIN"][..]),
        ("deps", &["-Wl,-rpath,$ORIGIN/../deps"]),
        ("deps", &["-Wl,-rpath,${ORIGIN}/../deps", "-Wl,--disable-new-dtags"]),
    ] {
        let s = linked(folder, search);
        let refused = s.session("start HI-01");
        assert_eq!(refused.code, 5, "{refused:#?}");
        for arguments in ["status", "trust --dry-run --native linked", "trust --yes", "trust --native linked"] {
            s.session(arguments);
            assert!(!s.exists("loaded"), "{arguments} has loaded it");
        }
        let ran = s.session("trust --yes --native linked").ok();
        assert!(ran.err.contains(&format!("\"{folder}/libword.so\"  sha256:")), "{}", ran.err);
        assert!(ran.err.contains("of the system: \"libc.so.6\""), "{}", ran.err);
        s.session("start HI-01").ok();
        let ran = checkpoint(&s, "one").ok();
        assert!(ran.err.contains("the word is first"), "{}", ran.err);
        // By a handle on a folder of ours: the files of the project may be others by now.
        assert!(ran.err.contains("from /proc/self/fd/") || !Path::new("/proc/self/fd").exists(), "{}", ran.err);
        helper(&s, &format!("{folder}/libword.so"), "second");
        s.session("verify").fails(5, &["`linked` is not allowed to run", &format!("it loads \"{folder}/libword.so\"")]);
        s.session("trust --yes --native linked").ok();
        assert!(checkpoint(&s, "two").ok().err.contains("the word is second"));
    }
}

#[test]
fn what_stands_beside_it_by_the_name_of_the_systems_counts_too() {
    let s = linked("tools", &["-Wl,-rpath,$ORIGIN"]);
    s.session("trust --yes --native linked").ok();
    s.session("start HI-01").ok();
    helper(&s, "tools/libc.so.6", "planted");
    s.session("verify").fails(5, &["it loads \"tools/libc.so.6\""]);
}

#[test]
fn what_depends_on_the_folder_one_stands_in_is_refused() {
    for search in ["-Wl,-rpath,deps", "-Wl,-rpath,:/usr/lib"] {
        let s = linked("deps", &[search]);
        let ran = s.session("trust --yes --native linked");
        assert!(ran.code != 0 && ran.err.contains("whatever folder session is typed in"), "{ran:#?}");
        assert!(!s.exists("loaded"));
    }
    let s = linked("deps", &[]);
    let search = format!("-Wl,-rpath,{}", s.path("deps").display());
    let source = PLUGIN.replace("close_on(", "(void)(");
    compile(&s, &source, &["-o", "tools/linked.so", "-Ldeps", "-lword", "-ldl", &search]);
    let ran = s.session("trust --yes --native linked");
    assert!(ran.code != 0 && ran.err.contains("named by an absolute path"), "{ran:#?}");
    assert!(!s.exists("loaded"));
}

#[test]
fn nothing_of_the_copy_stays() {
    let s = linked("tools", &["-Wl,-rpath,$ORIGIN"]);
    s.session("trust --yes --native linked").ok();
    s.session("start HI-01").ok();
    checkpoint(&s, "one").ok();
    let left = std::fs::read_dir(s.path(".git/session")).unwrap().flatten();
    let left: Vec<_> =
        left.map(|entry| entry.file_name()).filter(|name| name.to_string_lossy().contains("tmp")).collect();
    assert!(left.is_empty(), "{left:?}");
}
