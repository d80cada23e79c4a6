//! What runs in the compiling process.

use super::compile_here;
use cofferdam_config::SandboxConfig;
use rustix::process::{Resource, Rlimit, getrlimit, setpriority_process, setrlimit};
use std::io::{self, Read, Write};
use std::process::ExitCode;

/// Exit code: the component is at fault, standard error says how.
pub(super) const REFUSED: i32 = 65;
/// Exit code: the arguments or pipes are at fault.
const USAGE: u8 = 64;
/// Exit code: the worker is gone.
const ORPHANED: i32 = 70;
/// How far back the compiler stands behind the worker.
const NICE: i32 = 10;

const ADDRESS_SPACE: &str = "--address-space=";
const MEMORY_MAX: &str = "--memory-max=";

/// The arguments that make a child compile as this worker needs it.
pub(super) fn args(sandbox: &SandboxConfig) -> [String; 2] {
    [format!("{ADDRESS_SPACE}{}", sandbox.compile_memory), format!("{MEMORY_MAX}{}", sandbox.memory_max)]
}

struct Args {
    address_space: Option<u64>,
    sandbox: SandboxConfig,
}

/// The body of the hidden subcommand `compile-component [--address-space=BYTES] [--memory-max=BYTES]`, given the
/// arguments behind its name: takes a component from standard input, behind its length (8 bytes, the lowest first),
/// compiles it for an engine of these settings and writes its code to standard output. Ends the process when its
/// standard input ends before that.
pub fn compile_main(args: impl IntoIterator<Item = String>) -> ExitCode {
    compile_to(args, std::io::stdout())
}

/// As [`compile_main`], with another place for the code.
pub(super) fn compile_to(args: impl IntoIterator<Item = String>, mut output: impl Write) -> ExitCode {
    let ready = parse(args).and_then(|args| {
        restrain(&args)?;
        let component = component().map_err(|error| format!("cannot read the component: {error}"))?;
        end_with_the_worker()?;
        Ok((args, component))
    });
    let (args, component) = match ready {
        Ok(ready) => ready,
        Err(error) => return fail(USAGE, &error),
    };
    let code = match compile_here(&component, &args.sandbox) {
        Ok(code) => code,
        Err(error) => return fail(u8::try_from(REFUSED).unwrap_or(USAGE), &format!("{error:#}")),
    };
    match output.write_all(&code).and_then(|()| output.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(USAGE, &format!("cannot hand over the code: {error}")),
    }
}

/// The component from standard input. Memory is taken as it arrives, whatever length is said.
fn component() -> io::Result<Vec<u8>> {
    let mut stdin = io::stdin().lock();
    let mut length = [0; 8];
    stdin.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    let mut component = Vec::new();
    let read = stdin.take(length).read_to_end(&mut component)?;
    if read as u64 == length { Ok(component) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn fail(code: u8, message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(code)
}

fn parse(args: impl IntoIterator<Item = String>) -> Result<Args, String> {
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("not a number of bytes: {text}"));
    let mut address_space = None;
    let mut sandbox = SandboxConfig::default();
    for arg in args {
        if let Some(bytes) = arg.strip_prefix(ADDRESS_SPACE) {
            address_space = Some(number(bytes)?);
        } else if let Some(bytes) = arg.strip_prefix(MEMORY_MAX) {
            sandbox.memory_max = number(bytes)?;
        } else {
            return Err(format!("compile-component does not know {arg}"));
        }
    }
    Ok(Args { address_space, sandbox })
}

/// Limits this process before it looks at the component.
fn restrain(args: &Args) -> Result<(), String> {
    if let Some(bytes) = args.address_space {
        let maximum = getrlimit(Resource::As).maximum;
        let bytes = maximum.map_or(bytes, |maximum| bytes.min(maximum));
        setrlimit(Resource::As, Rlimit { current: Some(bytes), maximum: Some(bytes) })
            .map_err(|error| format!("cannot limit the compiler's memory: {error}"))?;
    }
    if let Err(error) = setpriority_process(None, NICE) {
        // Politeness only.
        eprintln!("cannot lower the compiler's priority: {error}");
    }
    Ok(())
}

fn end_with_the_worker() -> Result<(), String> {
    let wait = || {
        let mut byte = [0];
        // An end or an error of standard input, either way nobody waits for the result.
        while matches!(std::io::stdin().read(&mut byte), Ok(1..)) {}
        std::process::exit(ORPHANED);
    };
    let spawned = std::thread::Builder::new().name("worker-watch".into()).spawn(wait);
    spawned.map(drop).map_err(|error| format!("cannot start a thread: {error}"))
}
