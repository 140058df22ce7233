//! A plain HTTP/1.1 client for loopback: proves that an answer is right before and beside a measurement.
//!
//! Understands answers with a `Content-Length` only, which is what the upstream sends.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};

use super::modes::{Exchange, SMALL};

/// How long one read or write may take.
const IO_LIMIT: Duration = Duration::from_secs(10);

/// One keep-alive connection.
pub(super) struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub(super) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("cannot connect to {address}"))?;
        stream.set_read_timeout(Some(IO_LIMIT))?;
        stream.set_write_timeout(Some(IO_LIMIT))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends `exchange`, checks the answer and returns its whole size, head and body, in bytes.
    pub(super) fn ask(&mut self, exchange: Exchange) -> Result<usize> {
        let Exchange { method, path, sent, payload, .. } = exchange;
        let kind = payload.content_type();
        let length = if sent > 0 {
            format!("Content-Type: {kind}\r\nContent-Length: {sent}\r\n")
        } else {
            String::new()
        };
        let head = format!("{method} {path} HTTP/1.1\r\nHost: shop.example.com\r\n{length}\r\n");
        let stream = self.stream.get_mut();
        stream.write_all(head.as_bytes())?;
        stream.write_all(&payload.bytes(sent))?;
        let (head_bytes, body_bytes) = self.read_head(exchange.status)?;
        let right = exchange.received.unwrap_or(body_bytes);
        ensure!(body_bytes == right, "{body_bytes} bytes in place of {right}");
        let mut body = vec![0; body_bytes];
        self.stream.read_exact(&mut body).context("the body ends early")?;
        Ok(head_bytes + body_bytes)
    }

    /// Reads a head with this status: its size and the length of the body.
    fn read_head(&mut self, status: u16) -> Result<(usize, usize)> {
        let (mut size, mut length) = (0, None);
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).context("no answer")?;
            if size == 0 && !line.starts_with(&format!("HTTP/1.1 {status} ")) {
                bail!("the answer is `{}`", line.trim());
            }
            size += line.len();
            if line.trim().is_empty() {
                return Ok((size, length.context("the answer has no Content-Length")?));
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = Some(value.trim().parse()?);
            }
        }
    }
}

/// Asks once on a fresh connection.
pub(super) fn ask(address: SocketAddr, exchange: Exchange) -> Result<usize> {
    Connection::open(address)?.ask(exchange)
}

/// Opens `count` connections that have each had one answer and now wait.
pub(super) fn idle(address: SocketAddr, count: usize) -> Result<Vec<Connection>> {
    let open = |number| -> Result<Connection> {
        let mut connection = Connection::open(address)?;
        connection.ask(SMALL).with_context(|| format!("idle connection {number}"))?;
        Ok(connection)
    };
    (0..count).map(open).collect()
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, thread};

    use super::*;

    /// Serves `answer` to the first request and returns what `ask` makes of it.
    fn answered(answer: &'static str, received: usize) -> Result<usize> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let mut line = String::new();
            while reader.read_line(&mut line).unwrap() > 2 {
                line.clear();
            }
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
        });
        let size = ask(address, Exchange { received: Some(received), ..SMALL });
        server.join().unwrap();
        size
    }

    #[test]
    fn only_the_right_answer_passes() {
        let right = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
        assert_eq!(answered(right, 2).unwrap(), right.len());
        assert!(answered(right, 3).is_err());
        assert!(answered("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 2\r\n\r\nno", 2).is_err());
        assert!(answered("HTTP/1.1 200 OK\r\n\r\nok", 2).is_err());
        assert!(answered("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no", 2).is_err());
    }
}
