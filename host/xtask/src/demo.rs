//! `./x demo`: the main job, on a real file, with nothing but this clone.
//!
//! The worker is a child process with the embedded stream; everything else goes through its REST API, as a user's
//! `curl` would. Each run starts from an empty state directory, so that what arrived can be compared with what was sent.

mod client;
mod lines;
mod settings;
mod transfer;
mod worker;

use crate::layout::Layout;
use crate::{cargo, guests};
use anyhow::{Context, Result, bail};
use client::Client;
use indicatif::{HumanBytes, HumanCount};
use lines::Contents;
use settings::State;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use worker::Worker;

/// The source connector and the sink connector that the demo creates.
const CONNECTORS: [&str; 2] = ["demo-source", "demo-sink"];

/// What to show.
#[derive(clap::Args)]
pub struct Options {
    /// End after the check instead of staying up
    #[arg(long)]
    exit: bool,
    /// The file to move; without it, the clone's Cargo.lock
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// The port of the worker's REST API
    #[arg(long, value_name = "N", default_value_t = 8083)]
    port: u16,
}

/// Builds, runs, checks, and waits to be stopped unless told to end.
pub fn run(layout: &Layout, options: &Options) -> Result<()> {
    let input = input(layout, options)?;
    free(options.port)?;
    let plugins = guests::plugins(layout)?;
    let server = cargo::server(layout)?;
    // Not before: a build may write Cargo.lock, which is what is moved unless another file is named.
    let contents = Contents::of(&input)?;

    let stop = stop_flag()?;
    let state = State::create(layout, options.port, &input)?;
    let started = Instant::now();
    let mut worker = Worker::start(&server, &state)?;
    let client = Client::new(options.port);
    client.wait_until_up(&mut worker, &stop)?;
    println!("  worker     {} answers after {:.2} s", client.url(), started.elapsed().as_secs_f64());

    let classes = install(&plugins, &state, &client, &mut worker, &stop)?;
    println!("  plugins    {}", classes.join(", "));
    move_file(&state, &client, &mut worker, &contents, &stop)?;
    for remark in contents.remarks() {
        println!("  note       {remark}");
    }
    if options.exit {
        return worker.stop();
    }
    suggest(&client, &state);
    while !stop.load(Ordering::Relaxed) {
        worker.must_run()?;
        std::thread::sleep(Duration::from_millis(50));
    }
    println!("\nstopping");
    worker.stop()
}

/// Set by SIGINT, SIGTERM and a closed terminal, so that the worker, which has a process group of its own, is stopped in good order.
fn stop_flag() -> Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&flag)).context("cannot set up signals")?;
    }
    Ok(flag)
}

fn input(layout: &Layout, options: &Options) -> Result<PathBuf> {
    let input = options.input.clone().unwrap_or_else(|| layout.root.join("Cargo.lock"));
    let absolute = input.canonicalize().with_context(|| format!("cannot use {} as input", input.display()))?;
    if !absolute.is_file() {
        bail!("cannot use {} as input: it is not a regular file", input.display());
    }
    Ok(absolute)
}

/// Finds out before anything is built whether the port can be had.
fn free(port: u16) -> Result<()> {
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => Ok(()),
        Err(error) => bail!("cannot use port {port}: {error}; choose another with ./x demo --port {}", other(port)),
    }
}

fn other(port: u16) -> u16 {
    if port == u16::MAX { 8083 } else { port + 1 }
}

/// Drops the file plugins into the running worker's plugin directory and waits until both classes are listed.
fn install(
    plugins: &[PathBuf],
    state: &State,
    client: &Client,
    worker: &mut Worker,
    stop: &AtomicBool,
) -> Result<Vec<String>> {
    for plugin in plugins.iter().filter(|path| path.file_name().is_some_and(settings::is_file_plugin)) {
        state.install(plugin)?;
    }
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let classes = client.classes()?;
        if settings::CLASSES.iter().all(|class| classes.iter().any(|found| found == class)) {
            return Ok(classes);
        }
        worker.must_run()?;
        if Instant::now() > deadline || stop.load(Ordering::Relaxed) {
            bail!(
                "the worker did not list {} (it lists {classes:?}); {}",
                settings::CLASSES.join(" and "),
                worker.log()
            );
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn move_file(
    state: &State,
    client: &Client,
    worker: &mut Worker,
    contents: &Contents,
    stop: &AtomicBool,
) -> Result<()> {
    let started = Instant::now();
    client.create(CONNECTORS[0], &state.source_config())?;
    client.create(CONNECTORS[1], &state.sink_config())?;
    transfer::follow(state, client, worker, contents.lines, stop)?;
    let took = started.elapsed().as_secs_f64();
    let size = std::fs::metadata(&state.output).map_or(0, |output| output.len());
    let per_second = (contents.lines as f64 / took.max(0.001)) as u64;
    println!(
        "  moved      {} lines ({}) in {took:.2} s: {} records/s, the start of both connectors included",
        HumanCount(contents.lines),
        HumanBytes(size),
        HumanCount(per_second),
    );
    if contents.lines > 0 {
        let compared = lines::compare(&state.input, &state.output)?;
        if compared != contents.lines {
            let (input, lines) = (state.input.display(), contents.lines);
            bail!("{input} was changed while it was moved: it had {lines} lines, and now has {compared}; try again");
        }
        println!("  verified   {} lines are identical, compared one by one", HumanCount(compared));
    } else {
        println!("  verified   nothing to compare: the file has no complete line");
    }
    println!("             {} -> topic {} -> {}", short(&state.input), settings::TOPIC, short(&state.output));
    Ok(())
}

/// A path as seen from where the user is.
fn short(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}

fn suggest(client: &Client, state: &State) {
    let (url, refused) = (client.url(), settings::REFUSED);
    println!("\nThe worker stays up until Ctrl-C. Try:\n");
    println!("  curl -s {url}/connector-plugins");
    println!("  curl -s {url}/connectors/{}/status", CONNECTORS[0]);
    println!("  curl -s -X PUT {url}/connectors/{}/pause", CONNECTORS[1]);
    println!("\nA connector that asks for a file outside of what this worker allows is refused:\n");
    println!("  curl -s {url}/connectors -H 'Content-Type: application/json' -d '{}'", refused);
    println!("\nThe worker's files and log: {}", short(&state.directory));
}
