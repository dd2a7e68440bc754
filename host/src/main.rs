//! The binary `session`: the front for terminals, and the one place that hands the bundled plugins to the host.
#![deny(unsafe_code)]

mod cli;

fn main() -> std::process::ExitCode {
    cli::main(session_bundled::PLUGINS)
}
