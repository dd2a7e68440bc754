//! Builds the bundled plugins to components and embeds them.
//!
//! A build of its own in its own target folder: the outer build holds the lock of the other one. It is shared by all
//! profiles, so switching between them does not build plugins again.
#![expect(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a build script runs cargo and talks to it")]

use std::env;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};

fn main() {
    if env::var("CARGO_CFG_WINDOWS").is_ok() {
        panic!("session does not build natively on Windows; use it under WSL");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let workspace =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("it is two folders down").to_owned();
    for path in ["sdk", "plugins", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", workspace.join(path).display());
    }
    let target = target_dir(&out).join("plugins");
    let plugins = names(&workspace);
    build(&workspace, &target, &plugins);
    embed(&workspace, &target, &out, &plugins);
}

/// The list in `plugins/bundled.toml`.
fn names(workspace: &Path) -> Vec<String> {
    let path = workspace.join("plugins/bundled.toml");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let list: toml::Table = text.parse().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let names = list.get("plugins").and_then(toml::Value::as_array).expect("plugins/bundled.toml has `plugins`");
    names.iter().map(|name| name.as_str().expect("a name is a string").to_owned()).collect()
}

/// `target/debug/build/<package>/out` is three levels below a profile's folder.
fn target_dir(out: &Path) -> PathBuf {
    out.ancestors().nth(4).expect("OUT_DIR is inside a target folder").to_owned()
}

fn build(workspace: &Path, target: &Path, plugins: &[String]) {
    let mut command = Command::new(env::var_os("CARGO").expect("cargo sets CARGO"));
    command.current_dir(workspace).args(["build", "--locked", "--profile", "plugin", "--target", "wasm32-wasip2"]);
    command.arg("--target-dir").arg(target);
    for plugin in plugins {
        command.args(["-p", &format!("session-plugin-{plugin}")]);
    }
    // What is set for the host's own build does not hold for components.
    for name in
        ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "CARGO_BUILD_TARGET"]
    {
        command.env_remove(name);
    }
    let status = command.status().expect("cargo runs");
    assert!(
        status.success(),
        "the bundled plugins do not build; is the target wasm32-wasip2 installed? rustup toolchain install --no-self-update"
    );
}

fn embed(workspace: &Path, target: &Path, out: &Path, plugins: &[String]) {
    let mut code = String::from("static BUNDLED: &[BundledPlugin] = &[\n");
    for plugin in plugins {
        let path = target.join(format!("wasm32-wasip2/plugin/session_plugin_{plugin}.wasm"));
        let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let digest =
            Sha256::digest(&bytes).iter().fold(String::from("sha256:"), |text, byte| text + &format!("{byte:02x}"));
        // A copy of this build's own: the shared folder may hold another version by the time rustc reads it.
        let copy = out.join(format!("{plugin}.wasm"));
        std::fs::write(&copy, &bytes).unwrap_or_else(|e| panic!("{}: {e}", copy.display()));
        let manifest = workspace.join(format!("plugins/{plugin}/plugin.toml"));
        writeln!(
            code,
            "    BundledPlugin {{ name: {plugin:?}, digest: {digest:?}, bytes: include_bytes!({copy:?}), manifest: include_str!({manifest:?}) }},"
        )
        .expect("a string takes it");
    }
    code.push_str("];\n");
    std::fs::write(out.join("bundled.rs"), code).expect("OUT_DIR can be written");
}
