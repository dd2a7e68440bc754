//! What holds for every plugins.toml: it is understood, or the error names the file and can be shown.

use session_orchestrator::project::Manifest;

/// Panics where anything of it does not hold.
pub fn holds(text: &str) {
    let Err(error) = Manifest::parse(text, "plugins.toml") else { return };
    let mut shown = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        shown += &error.to_string();
        cause = error.source();
    }
    assert!(shown.contains("plugins.toml"), "{shown}");
}
