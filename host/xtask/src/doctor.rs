//! What this machine lacks, and how to get it.

use crate::layout::Layout;
use crate::python::works;
use std::process::{Command, ExitCode};

/// What something is needed for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Nothing works without it.
    Build,
    /// Some tests are skipped without it.
    Tests,
    /// A check of `./x lint` is left out without it.
    Lint,
}

struct Tool {
    name: &'static str,
    need: Need,
    /// Succeeds where the tool is there.
    probe: &'static [&'static str],
    purpose: &'static str,
    remedy: &'static str,
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "rustup",
        need: Need::Build,
        probe: &["rustup", "--version"],
        purpose: "installs the pinned Rust",
        remedy: "https://rustup.rs",
    },
    Tool {
        name: "wasm target",
        need: Need::Build,
        probe: &["sh", "-c", "test -d \"$(rustc --print sysroot)/lib/rustlib/wasm32-wasip2\""],
        purpose: "builds plugins",
        remedy: "run any ./x command: it installs what rust-toolchain.toml names",
    },
    Tool {
        name: "C compiler",
        need: Need::Build,
        probe: &["cc", "--version"],
        purpose: "librdkafka, OpenSSL, zstd",
        remedy: "apt-get install gcc libc6-dev (macOS: xcode-select --install)",
    },
    Tool {
        name: "C++ compiler",
        need: Need::Build,
        probe: &["c++", "--version"],
        purpose: "librdkafka's build asks for one",
        remedy: "apt-get install g++ (macOS: xcode-select --install)",
    },
    Tool {
        name: "cmake",
        need: Need::Build,
        probe: &["cmake", "--version"],
        purpose: "librdkafka",
        remedy: "apt-get install cmake (macOS: brew install cmake)",
    },
    Tool {
        name: "make",
        need: Need::Build,
        probe: &["make", "--version"],
        purpose: "librdkafka, OpenSSL",
        remedy: "apt-get install make",
    },
    Tool {
        name: "perl",
        need: Need::Build,
        probe: &["perl", "-e", "use FindBin; use IPC::Cmd; use File::Compare;"],
        purpose: "OpenSSL",
        remedy: "apt-get install perl",
    },
    Tool {
        name: "Python with venv",
        need: Need::Tests,
        probe: &["python3", "-c", "import venv, ensurepip, sys; sys.exit(sys.version_info < (3, 10))"],
        purpose: "the guests written in Python",
        remedy: "apt-get install python3 python3-venv (3.10 or newer)",
    },
    Tool {
        name: "Java 17",
        need: Need::Tests,
        probe: &["java", "-version"],
        purpose: "the tests against real Apache Kafka",
        remedy: "apt-get install openjdk-17-jre-headless",
    },
    Tool {
        name: "Maven",
        need: Need::Tests,
        probe: &["mvn", "--version"],
        purpose: "fetches real Apache Kafka",
        remedy: "apt-get install maven",
    },
    Tool {
        name: "cargo-deny",
        need: Need::Lint,
        probe: &["cargo", "deny", "--version"],
        purpose: "licences, bans and sources of dependencies",
        remedy: "cargo install --locked cargo-deny",
    },
];

/// Prints one line per tool. Fails if something is missing without which nothing can be built.
pub fn run(layout: &Layout) -> ExitCode {
    let mut unusable = false;
    for tool in TOOLS {
        let there = probe(layout, tool);
        let consequence = match tool.need {
            Need::Build => "nothing can be built without it",
            Need::Tests => "tests that need it are skipped",
            Need::Lint => "./x lint fails without it",
        };
        match there {
            true => println!("  ok       {:<18} {}", tool.name, tool.purpose),
            false => {
                println!(
                    "  missing  {:<18} {}: {consequence}\n           get it: {}",
                    tool.name, tool.purpose, tool.remedy
                );
            }
        }
        unusable |= !there && tool.need == Need::Build;
    }
    if unusable { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Whether the tool of this name is there.
pub fn has(layout: &Layout, name: &str) -> bool {
    TOOLS.iter().find(|tool| tool.name == name).is_some_and(|tool| probe(layout, tool))
}

fn probe(layout: &Layout, tool: &Tool) -> bool {
    let Some((program, args)) = tool.probe.split_first() else { return false };
    works(Command::new(program).args(args).current_dir(&layout.root))
}
