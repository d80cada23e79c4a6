//! HTTP/1.1 to the letter: what is sent is what the caller wrote, well-formed or not.
//!
//! Client libraries refuse or mend the targets, methods and headers that the corpus is about. One connection per request.

use anyhow::{Context, Result, bail};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Longer than any answer takes, a request timeout of the server's included.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub target: String,
    /// Whole lines, without their ends.
    pub headers: Vec<String>,
    pub body: Option<Vec<u8>>,
}

/// An answer as it came.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Sends a request to `host:port` and reads the answer to its end.
pub fn exchange(address: &str, request: &Request) -> Result<Response> {
    let what = || format!("{} {} to {address}", request.method, request.target);
    let mut stream = TcpStream::connect(address).with_context(what)?;
    stream.set_read_timeout(Some(TIMEOUT)).with_context(what)?;
    stream.write_all(&bytes(address, request)).with_context(what)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).with_context(what)?;
    parse(&answer, request.method == "HEAD").with_context(what)
}

fn bytes(address: &str, request: &Request) -> Vec<u8> {
    let names_host = request.headers.iter().any(|line| line.to_ascii_lowercase().starts_with("host:"));
    let mut text = format!("{} {} HTTP/1.1\r\nConnection: close\r\n", request.method, request.target);
    if !names_host {
        text.push_str(&format!("Host: {address}\r\n"));
    }
    for line in &request.headers {
        text.push_str(&format!("{line}\r\n"));
    }
    if let Some(body) = &request.body {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    [text.as_bytes(), request.body.as_deref().unwrap_or_default()].concat()
}

fn parse(answer: &[u8], no_body: bool) -> Result<Response> {
    let mut space = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Response::new(&mut space);
    let httparse::Status::Complete(length) = head.parse(answer).context("not HTTP")? else {
        bail!("cut off in the head: {:?}", String::from_utf8_lossy(answer));
    };
    let status = head.code.context("no status")?;
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers: Vec<_> = head.headers.iter().map(|header| (header.name.to_lowercase(), text(header.value))).collect();
    let value = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let rest = answer.get(length..).unwrap_or_default();
    let body = if no_body {
        rest.to_vec()
    } else if value("transfer-encoding").is_some_and(|encoding| encoding.eq_ignore_ascii_case("chunked")) {
        unchunked(rest)?
    } else {
        if let Some(declared) = value("content-length")
            && declared.parse() != Ok(rest.len())
        {
            bail!("{declared} bytes declared, {} sent", rest.len());
        }
        rest.to_vec()
    };
    Ok(Response { status, headers, body })
}

fn unchunked(mut rest: &[u8]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let Ok(httparse::Status::Complete((start, size))) = httparse::parse_chunk_size(rest) else {
            bail!("broken chunk at {:?}", String::from_utf8_lossy(rest));
        };
        let end = start + usize::try_from(size)?;
        body.extend_from_slice(rest.get(start..end).context("a chunk is cut off")?);
        if size == 0 {
            return Ok(body);
        }
        rest = rest.get(end + 2..).context("a chunk is cut off")?;
    }
}

#[cfg(test)]
mod tests {
    use super::{Request, bytes, parse};

    #[test]
    fn requests_are_sent_as_written() {
        let headers = vec!["Accept: x".to_owned()];
        let request = Request { method: "lINK".into(), target: "//\\%zz".into(), headers, body: Some(b"{}".to_vec()) };
        let text =
            "lINK //\\%zz HTTP/1.1\r\nConnection: close\r\nHost: h:1\r\nAccept: x\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(String::from_utf8(bytes("h:1", &request)).unwrap(), text);
    }

    #[test]
    fn chunks_are_joined_and_cut_off_answers_are_refused() {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let whole = parse(format!("{head}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").as_bytes(), false).unwrap();
        assert_eq!((whole.status, whole.body.as_slice()), (200, b"abcde".as_slice()));
        assert!(parse(format!("{head}3\r\nab").as_bytes(), false).is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", false).is_err());
        assert!(parse(b"HTTP/1.1 200", false).is_err());
        assert_eq!(parse(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true).unwrap().body, b"");
    }
}
