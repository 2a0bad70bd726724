//! Parses the command line, runs the command, maps its end to an exit code.

use std::process::ExitCode;

use ajuda::cli::Cli;
use clap::Parser;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // For those who ask with RUST_LOG; the SDK logs no secret at any level below trace, which is shut.
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("off"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::INFO)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            let stop = ajuda::exit::Stop::error(format!("cannot start: {error}"));
            let console = ajuda::render::Console::new(ajuda::render::Format::Human);
            console.say(&ajuda::render::stop(&stop, console.talk_style()));
            return stop.exit.into();
        }
    };
    let exit = runtime.block_on(cli.run());
    // Nothing that still runs matters once the command has ended.
    runtime.shutdown_background();
    exit.into()
}
