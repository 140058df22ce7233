//! Scripted upstream servers: an [`Upstream`] runs one script per accepted [`Connection`], each in its own thread.
//!
//! Scripts write exact bytes; what arrives is recorded, so that a test can assert on what the gateway really sent.
//! It does not know the gateway, and answers nothing a script does not write.

mod connection;
mod scripts;

use std::collections::HashMap;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

pub use connection::Connection;
pub use scripts::Unreachable;

use crate::port::Reservation;
use crate::wait::eventually;
use crate::wire::{Body, Head};

type Script = Arc<dyn Fn(&mut Connection) + Send + Sync>;

/// A server on a reserved loopback port. Dropping it closes everything.
pub struct Upstream {
    port: Reservation,
    script: Script,
    record: Arc<Record>,
    acceptor: Option<JoinHandle<()>>,
}

/// One request as it arrived complete.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Which accepted connection brought it, counted from 0.
    pub connection: usize,
    /// Its head.
    pub head: Head,
    /// Its body.
    pub body: Body,
}

/// What all connections of an upstream share.
#[derive(Default)]
struct Record {
    stopping: AtomicBool,
    connections: AtomicUsize,
    gone: AtomicUsize,
    heads: Mutex<Vec<Head>>,
    seen: Mutex<Vec<Seen>>,
    broken: Mutex<Vec<String>>,
    open: Mutex<HashMap<usize, TcpStream>>,
}

impl Upstream {
    /// Serves every connection with `script`; when it returns, the connection is closed.
    pub fn serve(script: impl Fn(&mut Connection) + Send + Sync + 'static) -> Self {
        let port = Reservation::new();
        let mut upstream = Self { port, script: Arc::new(script), record: Arc::default(), acceptor: None };
        upstream.restart();
        upstream
    }

    /// The address as `--to` and `to = […]` take it.
    pub fn address(&self) -> String {
        self.port.address.to_string()
    }

    /// All complete requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.record.seen).clone()
    }

    /// The only request so far.
    pub fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "one request expected: {seen:?}");
        seen[0].clone()
    }

    /// All request heads so far, of incomplete requests too.
    pub fn heads(&self) -> Vec<Head> {
        lock(&self.record.heads).clone()
    }

    /// What arrived and was not HTTP/1.1 with exact framing, or ended inside a request.
    pub fn broken(&self) -> Vec<String> {
        lock(&self.record.broken).clone()
    }

    /// Number of connections accepted so far.
    pub fn connections(&self) -> usize {
        self.record.connections.load(Ordering::SeqCst)
    }

    /// Number of connections whose client went away while a script waited for it ([`Connection::wait_gone`]).
    pub fn gone(&self) -> usize {
        self.record.gone.load(Ordering::SeqCst)
    }

    /// Waits until `n` request heads have arrived.
    pub fn wait_for_heads(&self, n: usize) {
        eventually(&format!("{n} requests at the upstream"), || (self.heads().len() >= n).then_some(()));
    }

    /// Dies as a killed process does: the port refuses, every connection is closed.
    pub fn kill(&mut self) {
        let Some(acceptor) = self.acceptor.take() else { return };
        self.record.stopping.store(true, Ordering::SeqCst);
        let _wakes_the_acceptor = TcpStream::connect(self.port.address);
        let _its_panic_was_printed = acceptor.join();
        for (_, stream) in lock(&self.record.open).drain() {
            let _already_closed = stream.shutdown(Shutdown::Both);
        }
    }

    /// Comes back on the same address.
    pub fn restart(&mut self) {
        self.record.stopping.store(false, Ordering::SeqCst);
        let (listener, script, record) = (self.port.listen(), self.script.clone(), self.record.clone());
        self.acceptor = Some(std::thread::spawn(move || accept(&listener, &script, &record)));
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.kill();
    }
}

fn accept(listener: &TcpListener, script: &Script, record: &Arc<Record>) {
    while let Ok((stream, _)) = listener.accept() {
        if record.stopping.load(Ordering::SeqCst) {
            return;
        }
        let number = record.connections.fetch_add(1, Ordering::SeqCst);
        let Ok(copy) = stream.try_clone() else { continue };
        lock(&record.open).insert(number, copy);
        let (script, record) = (script.clone(), record.clone());
        std::thread::spawn(move || script(&mut Connection::new(stream, number, record)));
    }
}

/// A test that panicked elsewhere must not hide behind a poisoned record.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
