//! Serves a data directory until it is killed: `serve <data-dir> [port] [none|commit]`. It prints its address. For trying
//! things out, and the process that the tests of durability kill.

use cofferdam_embedded::{EmbeddedConfig, EmbeddedStream, Fsync};

#[allow(clippy::print_stdout, reason = "the address is this program's output")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let mut args = std::env::args().skip(1);
    let mut config = EmbeddedConfig::new(args.next().ok_or("usage: serve <data-dir> [port] [none|commit]")?);
    config.port = args.next().unwrap_or_default().parse().unwrap_or(0);
    config.fsync = if args.next().as_deref() == Some("commit") { Fsync::Commit } else { Fsync::None };
    let stream = EmbeddedStream::start(config)?;
    println!("{}", stream.bootstrap());
    loop {
        std::thread::park();
    }
}
