//! The command line: parse, start, run until told to stop, drain.

use clap::Parser;
use cofferdam::cli::{Cli, Command};
use cofferdam::{CofferdamServer, StartOptions, cli, logging, plugins, shutdown};
use std::process::ExitCode;
use std::time::Duration;

/// librdkafka allocates each message on one thread and frees it on another, which this allocator is made for. It takes
/// the place of `malloc` in the C libraries too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return cli::usage(&error),
    };
    if let Command::CompileComponent { args } = cli.command {
        return cofferdam_wasm::compile_main(args);
    }
    logging::start(cli.log_format);
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("cofferdam: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(command: Command) -> Result<(), cli::Failure> {
    match command {
        Command::Standalone { worker, connectors } => {
            let options = StartOptions::from_files(&worker, &connectors)?;
            on_runtime(standalone(options))
        }
        Command::Distributed { .. } => Err(cli::Failure::Usage(
            "distributed mode is not there yet: it comes in a later version. `cofferdam standalone WORKER.properties` \
             runs the same connectors in one process"
                .to_owned(),
        )),
        Command::Plugin { command } => on_runtime(plugins::run(command)),
        Command::CompileComponent { .. } => Ok(()),
    }
}

async fn standalone(options: StartOptions) -> Result<(), cli::Failure> {
    let signals = shutdown::Signals::listen()?;
    let connectors = options.connectors.clone();
    // From here on: while plugins are compiled, too.
    signals.exit_on_next();
    let server = tokio::select! {
        server = CofferdamServer::prepare(options) => server?,
        // No connector runs yet, so there is nothing to be stopped in order.
        () = signals.first() => return Ok(()),
    };
    let result: Result<(), cli::Failure> = tokio::select! {
        biased;
        // What was created by then runs, and is stopped in order.
        () = signals.first() => Ok(()),
        created = server.create(connectors) => match created {
            Ok(()) => {
                signals.first().await;
                Ok(())
            }
            Err(error) => Err(error.into()),
        },
    };
    server.shutdown().await;
    result
}

/// Runs to the end, then waits only so long for what still blocks a thread: an answer from Kafka that never comes, say.
fn on_runtime(work: impl Future<Output = Result<(), cli::Failure>>) -> Result<(), cli::Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("worker")
        .build()
        .map_err(|error| cli::Failure::Start(format!("cannot start the worker's threads: {error}")))?;
    let result = runtime.block_on(work);
    runtime.shutdown_timeout(Duration::from_millis(200));
    result
}
