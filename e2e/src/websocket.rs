//! A WebSocket client and echo server in as little of RFC 6455 as the tests need: short frames, no extensions.
//!
//! [`WebSocket`] is the client's end. The handshake key is the RFC's sample, so its answer is a constant.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;

use crate::client::Client;
use crate::upstream::{Connection, Upstream};
use crate::wire::Head;

/// Sample key and the answer to it (RFC 6455 section 1.3).
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
/// Masking key of all client frames; any value will do here.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
/// Longest payload of a frame with a length of one byte.
const MAX_SHORT: usize = 125;
const FIN: u8 = 0x80;
const TEXT: u8 = 1;
const CLOSE: u8 = 8;

/// One frame, unmasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A text message.
    Text(String),
    /// A close frame with its code; 1005 if it has none.
    Close(u16),
}

/// The client's end of an open WebSocket.
pub struct WebSocket {
    stream: BufReader<TcpStream>,
}

impl WebSocket {
    /// Upgrades a fresh connection; panics unless the answer is the right 101.
    pub fn open(mut client: Client, path: &str) -> Self {
        client.send(format!(
            "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
        ));
        let head = client.receive_head();
        assert_eq!(head.word(1), "101", "{head:?}");
        assert_eq!(head.header("sec-websocket-accept"), Some(ACCEPT), "{head:?}");
        assert!(head.header("upgrade").is_some_and(|v| v.eq_ignore_ascii_case("websocket")), "{head:?}");
        Self { stream: client.into_stream() }
    }

    /// Sends a message and expects it back.
    pub fn echo(&mut self, text: &str) {
        self.send(text);
        assert_eq!(self.receive(), Some(Frame::Text(text.to_owned())));
    }

    /// Sends a text message of at most 125 bytes.
    pub fn send(&mut self, text: &str) {
        self.write(TEXT, text.as_bytes());
    }

    /// Sends a close frame with a code.
    pub fn close(&mut self, code: u16) {
        self.write(CLOSE, &code.to_be_bytes());
    }

    /// The next frame; `None` if the connection ended without one.
    pub fn receive(&mut self) -> Option<Frame> {
        read_frame(&mut self.stream)
    }

    fn write(&mut self, opcode: u8, payload: &[u8]) {
        let stream = self.stream.get_mut();
        stream.write_all(&encode(opcode, payload, Some(MASK))).expect("an open WebSocket takes a frame");
    }
}

/// Answers upgrade requests and echoes each message until a close frame, which it returns; other requests get 200.
pub fn serve_websocket() -> Upstream {
    Upstream::serve(|connection| {
        while let Some(head) = connection.read_head() {
            if is_upgrade(&head) {
                return echo(connection);
            }
            connection.ok("not an upgrade");
        }
    })
}

fn is_upgrade(head: &Head) -> bool {
    head.header("sec-websocket-key") == Some(KEY)
        && head.header("connection").is_some_and(|v| v.to_ascii_lowercase().contains("upgrade"))
        && head.header("upgrade").is_some_and(|v| v.eq_ignore_ascii_case("websocket"))
}

fn echo(connection: &mut Connection) {
    connection.write(format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {ACCEPT}\r\n\r\n"
    ));
    while let Some(frame) = read_frame(connection.stream()) {
        let (opcode, payload) = match &frame {
            Frame::Text(text) => (TEXT, text.as_bytes().to_vec()),
            Frame::Close(code) => (CLOSE, code.to_be_bytes().to_vec()),
        };
        if !connection.write(encode(opcode, &payload, None)) || opcode == CLOSE {
            return;
        }
    }
}

fn encode(opcode: u8, payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    let length = u8::try_from(payload.len()).ok().filter(|n| usize::from(*n) <= MAX_SHORT);
    let length = length.unwrap_or_else(|| panic!("{} bytes do not fit a short frame", payload.len()));
    let mut frame = vec![FIN | opcode, length | if mask.is_some() { 0x80 } else { 0 }];
    frame.extend(mask.iter().flatten());
    frame.extend(apply(mask, payload));
    frame
}

fn read_frame(from: &mut impl Read) -> Option<Frame> {
    let mut start = [0; 2];
    from.read_exact(&mut start).ok()?;
    let mut mask = (start[1] & 0x80 != 0).then_some([0; 4]);
    if let Some(mask) = &mut mask {
        from.read_exact(mask).ok()?;
    }
    let mut payload = vec![0; usize::from(start[1] & 0x7f)];
    assert!(payload.len() <= MAX_SHORT, "only short frames are sent here");
    from.read_exact(&mut payload).ok()?;
    let payload = apply(mask, &payload);
    Some(match start[0] & 0x0f {
        TEXT => Frame::Text(String::from_utf8_lossy(&payload).into_owned()),
        CLOSE => Frame::Close(payload.get(..2).map_or(1005, |code| u16::from_be_bytes([code[0], code[1]]))),
        other => panic!("unexpected opcode {other}"),
    })
}

fn apply(mask: Option<[u8; 4]>, payload: &[u8]) -> Vec<u8> {
    let mask = mask.unwrap_or_default();
    payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect()
}
