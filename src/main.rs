//! Parse, run, and map the outcome to an exit code.

use sla::cli;

fn main() -> std::process::ExitCode {
    cli::exit::install_panic_hook();
    cli::run().into()
}
