//! Parses the command line, runs the command, maps its end to an exit code.

use std::process::ExitCode;

use ajuda::cli::{Cli, usage_error};
use ajuda::command_error::CommandError;
use ajuda::exit::Exit;
use ajuda::message::Message;
use ajuda::render::console::Talk;
use ajuda::render::{self, Console, Format, Style, json};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

fn main() -> ExitCode {
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(usage) => {
            // Help and version go to stdout; what is wrong with the words goes to stderr, and is no
            // pending change (2), which clap would say.
            let (wrong, text) = (usage.use_stderr(), usage.render());
            let console = Console::new(Format::Human);
            let from_environment = std::env::var("AJUDA_OUTPUT").ok();
            let arguments = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
            if wrong && usage_error::ask_for_json(arguments, from_environment.as_deref()) {
                console.event(&json::error(&usage_error::stop(&usage), console.place()));
                return Exit::Error.into();
            }
            let painted = |style: Style| match style.color {
                true => text.ansi().to_string(),
                false => text.to_string(),
            };
            if wrong {
                console.say(painted(console.talk_style()).trim_end());
                if let Some(meant) = usage_error::meant(&usage) {
                    let hint = console.talk_style().accent("hint:");
                    let mut suggestion = Message::from(format!("\n{hint} "));
                    suggestion.push(meant);
                    console.say(suggestion);
                }
            } else {
                console.out(&painted(console.style()));
            }
            return if wrong { Exit::Error } else { Exit::Done }.into();
        }
    };
    let console = Console::new(Format::Human);
    log(console.talk_style());
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            let stop = CommandError::error(format!("cannot start: {error}"));
            console.say(render::stop(&stop, console.place(), console.talk_style()));
            return Exit::from(stop.kind).into();
        }
    };
    let exit = runtime.block_on(cli.run());
    // Nothing that still runs matters once the command has ended.
    runtime.shutdown_background();
    exit.into()
}

/// The SDK's own log, for those who ask with `RUST_LOG`. Debug and trace are shut whatever is asked:
/// requests with secrets in them are told there.
fn log(style: Style) {
    let asked = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("off"));
    let lines = fmt::layer()
        .with_writer(move || Talk::new(style))
        .with_ansi(style.color);
    tracing_subscriber::registry()
        .with(lines)
        .with(asked)
        .with(LevelFilter::INFO)
        .init();
}
