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

const PLUGINS: [&str; 5] = ["alembic", "checklist", "git", "markdown", "progress"];

fn main() {
    if env::var("CARGO_CFG_WINDOWS").is_ok() {
        panic!("session does not build natively on Windows; use it under WSL");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("host/ is in the workspace").to_owned();
    for path in ["sdk", "plugins", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", workspace.join(path).display());
    }
    let target = target_dir(&out).join("plugins");
    build(&workspace, &target);
    embed(&target, &out);
}

/// `target/debug/build/<package>/out` is three levels below a profile's folder.
fn target_dir(out: &Path) -> PathBuf {
    out.ancestors().nth(4).expect("OUT_DIR is inside a target folder").to_owned()
}

fn build(workspace: &Path, target: &Path) {
    let mut command = Command::new(env::var_os("CARGO").expect("cargo sets CARGO"));
    command.current_dir(workspace).args(["build", "--locked", "--profile", "plugin", "--target", "wasm32-wasip2"]);
    command.arg("--target-dir").arg(target);
    for plugin in PLUGINS {
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

fn embed(target: &Path, out: &Path) {
    let mut code = String::from("pub(super) static BUNDLED: &[Bundled] = &[\n");
    for plugin in PLUGINS {
        let path = target.join(format!("wasm32-wasip2/plugin/session_plugin_{plugin}.wasm"));
        let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let digest =
            Sha256::digest(&bytes).iter().fold(String::from("sha256:"), |text, byte| text + &format!("{byte:02x}"));
        // A copy of this build's own: the shared folder may hold another version by the time rustc reads it.
        let copy = out.join(format!("{plugin}.wasm"));
        std::fs::write(&copy, &bytes).unwrap_or_else(|e| panic!("{}: {e}", copy.display()));
        writeln!(code, "    Bundled {{ name: {plugin:?}, digest: {digest:?}, bytes: include_bytes!({copy:?}) }},")
            .expect("a string takes it");
    }
    code.push_str("];\n");
    std::fs::write(out.join("bundled.rs"), code).expect("OUT_DIR can be written");
}
