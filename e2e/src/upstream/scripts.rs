//! Ready-made scripts of an [`Upstream`]: fixed texts, echo, silence, an address that never answers.
//!
//! What only one test needs is written in that test with [`Upstream::serve`].

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::{Seen, Upstream};
use crate::port::Reservation;

impl Upstream {
    /// Answers every request with the bytes that `answer` makes of it, keeping the connection.
    pub fn answering(answer: impl Fn(&Seen) -> String + Send + Sync + 'static) -> Self {
        Self::serve(move |connection| {
            while let Some(request) = connection.read() {
                if !connection.write(answer(&request)) {
                    return;
                }
            }
        })
    }

    /// Answers every request with 200 and `body`.
    pub fn text(body: &'static str) -> Self {
        Self::answering(move |_| ok(body))
    }

    /// Answers every request with itself: `method`, `target`, `headers` (pairs in order), `body`.
    pub fn echo() -> Self {
        Self::answering(|request| ok(&describe(request).to_string()))
    }

    /// Reads requests and answers none; counts the clients that give up.
    pub fn silent() -> Self {
        Self::serve(|connection| {
            if connection.read().is_some() {
                connection.wait_gone();
            }
        })
    }

    /// Answers 200, but 500 on `/healthz` while the returned switch is on.
    pub fn with_health(body: &'static str) -> (Self, Arc<AtomicBool>) {
        let failing = Arc::new(AtomicBool::new(false));
        let switch = failing.clone();
        let upstream = Self::answering(move |request| {
            if request.head.word(1) == "/healthz" && switch.load(Ordering::SeqCst) {
                return "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n".to_owned();
            }
            ok(body)
        });
        (upstream, failing)
    }
}

/// An address that takes no connection and refuses none: its queue is full, so a connect attempt gets no answer.
pub struct Unreachable {
    port: Reservation,
    _listener: TcpListener,
    _fillers: Vec<TcpStream>,
}

impl Unreachable {
    /// Connections that fill a queue of length 0: Linux queues one more than the backlog.
    const FILLERS: usize = 1;

    /// Listens with an empty queue and fills it.
    pub fn new() -> Self {
        let port = Reservation::new();
        let listener = port.listen_with_backlog(0);
        let fill = |_| TcpStream::connect(port.address).expect("the queue takes one connection");
        let fillers = (0..Self::FILLERS).map(fill).collect();
        Self { port, _listener: listener, _fillers: fillers }
    }

    /// The address nobody answers at.
    pub fn address(&self) -> SocketAddr {
        self.port.address
    }
}

impl Default for Unreachable {
    fn default() -> Self {
        Self::new()
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn describe(request: &Seen) -> Value {
    json!({
        "method": request.head.word(0),
        "target": request.head.word(1),
        "headers": request.head.headers,
        "body": String::from_utf8_lossy(&request.body.bytes),
    })
}
