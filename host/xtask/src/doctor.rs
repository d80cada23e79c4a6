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

/// Without rustup and a C compiler this program is not there to tell: `./x` looks for those.
const TOOLS: &[Tool] = &[
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
        purpose: "the guests and the clients written in Python",
        remedy: "apt-get install python3 python3-venv (3.10 or newer; clients need 3.11)",
    },
    Tool {
        name: "Java 17",
        need: Need::Tests,
        probe: &[
            "sh",
            "-c",
            "v=$(java -version 2>&1 | sed -n 's/^[^\"]* version \"\\([0-9]*\\).*/\\1/p'); test \"${v:-0}\" -ge 17",
        ],
        purpose: "the tests against real Apache Kafka",
        remedy: "apt-get install default-jre-headless (17 or newer)",
    },
    Tool {
        name: "JDK 17",
        need: Need::Tests,
        probe: &[
            "sh",
            "-c",
            "v=$(javac -version 2>&1 | sed -n 's/^javac \\([0-9]*\\).*/\\1/p'); test \"${v:-0}\" -ge 17",
        ],
        purpose: "the walk through a client written in Java",
        remedy: "apt-get install default-jdk-headless (17 or newer)",
    },
    Tool {
        name: "Node.js",
        need: Need::Tests,
        probe: &["sh", "-c", "node -e 'process.exit(+(process.versions.node.split(\".\")[0] < 18))' && npm --version"],
        purpose: "the walk through a client from npm",
        remedy: "apt-get install nodejs npm (18 or newer)",
    },
    Tool {
        name: "Maven",
        need: Need::Tests,
        probe: &["mvn", "--version"],
        purpose: "fetches real Apache Kafka, and a client",
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

/// Whether a test that cannot run here is an error, as in CI.
pub fn must_not_skip() -> bool {
    std::env::var_os("COFFERDAM_TESTS_NO_SKIP").is_some()
}

/// Whether the tool of this name is there.
pub fn has(layout: &Layout, name: &str) -> bool {
    TOOLS.iter().find(|tool| tool.name == name).is_some_and(|tool| probe(layout, tool))
}

fn probe(layout: &Layout, tool: &Tool) -> bool {
    let Some((program, args)) = tool.probe.split_first() else { return false };
    works(Command::new(program).args(args).current_dir(&layout.root))
}
