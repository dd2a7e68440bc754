//! The binary `session`. Everything is in the library.

fn main() -> std::process::ExitCode {
    session_orchestrator::cli::main()
}
