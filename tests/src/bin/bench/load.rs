//! REST under load: many clients that ask for everything about every connector, as dashboards do, as fast as they can.

use crate::{Bench, median};
use cofferdam_tests::{Server, rss_kib};
use serde_json::json;
use std::fmt::Write as _;
use std::io;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const CONNECTORS: usize = 500;
const CLIENTS: usize = 200;
/// How long each round of load takes.
const ROUND: Duration = Duration::from_secs(10);
const ROUNDS: usize = 3;
const PATH: &str = "/connectors?expand=status&expand=info";

/// What one client saw.
#[derive(Default)]
struct Seen {
    milliseconds: Vec<f64>,
    errors: usize,
    bytes: usize,
}

impl Bench {
    /// 200 clients on 500 connectors; the first round warms up, and memory is to be the same after each.
    pub fn rest_load(&mut self) {
        let server = self.worker();
        server.rest.wait_for_class("org.cofferdam.fixtures.IdleSource");
        for number in 0..CONNECTORS {
            let config = json!({"connector.class": "org.cofferdam.fixtures.IdleSource"});
            server.rest.create(&format!("load-{number}"), config);
        }
        for number in 0..CONNECTORS {
            server.rest.wait_for_task(&format!("load-{number}"), 0, "RUNNING");
        }
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        for round in 0..=ROUNDS {
            let seen = runtime.block_on(round_of_load(&server));
            let mib = rss_kib(&server.pid().to_string()) as f64 / 1024.0;
            self.note_load(if round == 0 { "warm-up" } else { "clients" }, &seen, mib);
        }
    }

    fn note_load(&mut self, variant: &str, seen: &Seen, mib: f64) {
        let mut sorted = seen.milliseconds.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |part: f64| sorted.get((sorted.len() as f64 * part) as usize).copied().unwrap_or(f64::NAN);
        let rate = sorted.len() as f64 / ROUND.as_secs_f64();
        println!(
            "REST load, {CLIENTS} {variant} on {CONNECTORS} connectors: {rate:.0} requests/s of {:.0} KB, {} errors, \
             p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms, {mib:.0} MiB resident",
            seen.bytes as f64 / sorted.len().max(1) as f64 / 1000.0,
            seen.errors,
            median(&sorted),
            at(0.99),
            sorted.last().copied().unwrap_or(f64::NAN),
        );
        let line = format!(
            "REST load p50 {:.1} ms p99 {:.1} ms errors {},{variant},0,{},{:.3},{rate:.0},0,{mib:.1}",
            median(&sorted),
            at(0.99),
            seen.errors,
            sorted.len(),
            ROUND.as_secs_f64()
        );
        writeln!(self.raw, "{line}").expect("writing to a string");
    }
}

async fn round_of_load(server: &Server) -> Seen {
    let address = server.rest.address();
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(client(address.clone(), Instant::now() + ROUND));
    }
    let mut all = Seen::default();
    for seen in clients.join_all().await {
        all.milliseconds.extend(seen.milliseconds);
        all.errors += seen.errors;
        all.bytes += seen.bytes;
    }
    all
}

/// Asks again and again on one connection until the end.
async fn client(address: String, end: Instant) -> Seen {
    let mut seen = Seen::default();
    let mut stream = None;
    let mut buffer = Vec::new();
    while Instant::now() < end {
        let began = Instant::now();
        match ask(&mut stream, &address, &mut buffer).await {
            Ok(bytes) => {
                seen.milliseconds.push(began.elapsed().as_secs_f64() * 1000.0);
                seen.bytes += bytes;
            }
            Err(_) => {
                seen.errors += 1;
                stream = None;
            }
        }
    }
    seen
}

/// One request; the size of its answer.
async fn ask(stream: &mut Option<TcpStream>, address: &str, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let connected = match stream {
        Some(connected) => connected,
        None => stream.insert(TcpStream::connect(address).await?),
    };
    connected.write_all(format!("GET {PATH} HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes()).await?;
    buffer.clear();
    loop {
        if connected.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(whole) = whole_answer(buffer)? {
            return Ok(whole);
        }
    }
}

/// The size of the answer in the buffer, if all of it is there. Anything but a 200 with a length is an error.
fn whole_answer(buffer: &[u8]) -> io::Result<Option<usize>> {
    let Some(head) = buffer.windows(4).take(1024).position(|bytes| bytes == b"\r\n\r\n") else { return Ok(None) };
    let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    match length {
        Some(length) if text.starts_with("http/1.1 200") => {
            let size = head + 4 + length;
            Ok((buffer.len() >= size).then_some(size))
        }
        _ => Err(io::Error::other(text)),
    }
}
