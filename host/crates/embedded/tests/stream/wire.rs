//! Requests written by hand, for what librdkafka's Rust binding cannot ask and for what no client would send.

use std::io::{Read, Write};
use std::net::TcpStream;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::messages::{ApiKey, RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable, Encodable, Request, StrBytes};

use super::harness::LIMIT;

/// One connection.
pub struct Wire(TcpStream);

impl Wire {
    pub fn connect(bootstrap: &str) -> Self {
        let socket = TcpStream::connect(bootstrap).unwrap();
        socket.set_read_timeout(Some(LIMIT)).unwrap();
        socket.set_nodelay(true).unwrap();
        Self(socket)
    }

    /// A request and its answer.
    pub fn call<R: Request>(&mut self, version: i16, request: &R) -> R::Response
    where
        R::Response: Decodable,
    {
        self.ask(version, request);
        self.answer::<R>(version).expect("an answer")
    }

    /// A request whose answer may take its time.
    pub fn ask<R: Request>(&mut self, version: i16, request: &R) {
        let mut body = BytesMut::new();
        request.encode(&mut body, version).unwrap();
        self.ask_raw(ApiKey::try_from(R::KEY).unwrap(), version, &body);
    }

    /// The answer to the last request; `None` if the connection was closed instead.
    pub fn answer<R: Request>(&mut self, version: i16) -> Option<R::Response>
    where
        R::Response: Decodable,
    {
        let key = ApiKey::try_from(R::KEY).unwrap();
        let mut answer = self.read_frame()?;
        ResponseHeader::decode(&mut answer, key.response_header_version(version)).unwrap();
        let response = R::Response::decode(&mut answer, version).unwrap();
        assert_eq!(answer.remaining(), 0, "the answer has a rest");
        Some(response)
    }

    /// Header and answer without their lengths; `None` if the connection was closed instead.
    pub fn call_raw(&mut self, key: ApiKey, version: i16, body: &[u8]) -> Option<Bytes> {
        self.ask_raw(key, version, body);
        self.read_frame()
    }

    fn ask_raw(&mut self, key: ApiKey, version: i16, body: &[u8]) {
        let mut frame = BytesMut::new();
        RequestHeader::default()
            .with_request_api_key(key as i16)
            .with_request_api_version(version)
            .with_correlation_id(1)
            .with_client_id(Some(StrBytes::from_static_str("wire")))
            .encode(&mut frame, key.request_header_version(version))
            .unwrap();
        frame.put_slice(body);
        self.send_frame(i32::try_from(frame.len()).unwrap(), &frame);
    }

    /// A length and whatever follows it.
    pub fn send_frame(&mut self, length: i32, bytes: &[u8]) {
        // The other side may close before everything is written.
        let _ = self.0.write_all(&[&length.to_be_bytes()[..], bytes].concat());
    }

    /// The next answer; `None` if the connection was closed instead.
    pub fn read_frame(&mut self) -> Option<Bytes> {
        let mut length = [0; 4];
        match self.0.read_exact(&mut length) {
            Ok(()) => {}
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => panic!("neither an answer nor an end in {LIMIT:?}"),
            Err(_) => return None,
        }
        let mut frame = vec![0; u32::from_be_bytes(length) as usize];
        self.0.read_exact(&mut frame).unwrap();
        Some(frame.into())
    }
}

pub fn text(s: &str) -> StrBytes {
    StrBytes::from_string(s.to_owned())
}
