//! The upstream connections of one worker.
//!
//! Main type: [`Pool`]. Per instance it keeps idle connections (last in, first out), opens new ones
//! up to a limit, and queues a bounded number of requests beyond that. hyper-util's pool opens
//! spare connections and has no limit per host, and ours costs less (docs/adr/0001). An idle connection
//! is a socket without a task; it is looked at when it is taken, and once a second. It never
//! decides which instance a request goes to.

use super::http1::Connection;
use super::instance::Instance;
use crate::downstream::Ticks;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::io;
use std::rc::{Rc, Weak};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Bounds on the connections of one worker to one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Open connections.
    pub(crate) connections: usize,
    /// Requests waiting for one.
    pub(crate) waiting: usize,
    /// Time to connect, and to wait for a connection.
    pub(crate) connect: Duration,
    /// How long an idle connection is kept, give or take a second.
    pub(crate) idle: Duration,
}

/// Why there is no connection.
#[derive(Debug)]
pub(crate) enum NoConnection {
    /// The instance could not be reached.
    Connect(io::Error),
    /// The limit of connections is reached, and so is that of waiting requests or their patience.
    Busy,
}

/// All upstream connections of one worker, by instance.
#[derive(Debug)]
pub(crate) struct Pool {
    lanes: RefCell<HashMap<u64, Rc<Lane>, BuildHasherDefault<IdHasher>>>,
    ticks: Ticks,
}

/// Instance IDs are numbers that we count up ourselves: they need no hash that withstands attack.
#[derive(Debug, Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only u64 keys are hashed here");
    }

    fn write_u64(&mut self, id: u64) {
        // The table takes its tag from the high bits and the place from the low ones.
        self.0 = id.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32);
    }
}

/// The connections to one instance.
#[derive(Debug, Default)]
struct Lane {
    /// How long a connection may be idle, in ticks.
    patience: Cell<u32>,
    idle: RefCell<Vec<Idle>>,
    waiting: RefCell<VecDeque<oneshot::Sender<Option<Box<Connection>>>>>,
    open: Cell<usize>,
}

#[derive(Debug)]
struct Idle {
    connection: Box<Connection>,
    /// In ticks.
    since: u32,
}

impl Pool {
    pub(crate) fn new(ticks: Ticks) -> Self {
        Self { lanes: RefCell::default(), ticks }
    }

    /// A connection that is ready for a request: idle, new, or the next that becomes free.
    ///
    /// # Errors
    /// [`NoConnection`]; nothing has been sent, so another instance may be tried.
    pub(crate) async fn take(
        &self,
        instance: &Instance,
        bounds: Bounds,
    ) -> Result<Box<Connection>, NoConnection> {
        let lane = self.lane(instance.id);
        match lane.take_idle() {
            Some(connection) => Ok(connection),
            None => self.fresh(instance, bounds).await,
        }
    }

    /// A connection that has never been used, or waits for one to be free when the limit is reached.
    ///
    /// # Errors
    /// As [`Pool::take`].
    pub(crate) async fn fresh(
        &self,
        instance: &Instance,
        bounds: Bounds,
    ) -> Result<Box<Connection>, NoConnection> {
        let lane = self.lane(instance.id);
        if lane.open.get() < bounds.connections {
            return lane.connect(instance, bounds.connect).await;
        }
        match timeout(bounds.connect, lane.wait(bounds.waiting)?).await {
            Ok(Ok(Some(connection))) => Ok(connection),
            Ok(Ok(None)) => lane.connect(instance, bounds.connect).await,
            Ok(Err(_)) | Err(_) => Err(NoConnection::Busy),
        }
    }

    /// Keeps a connection whose exchange is over for the next request.
    pub(crate) fn give_back(&self, instance: &Instance, mut connection: Box<Connection>, idle: Duration) {
        connection.reused = true;
        connection.rest();
        let lane = self.lane(instance.id);
        let Some(connection) = lane.hand_over(connection) else { return };
        lane.patience.set(u32::try_from(idle.as_secs()).unwrap_or(u32::MAX).max(1));
        lane.idle.borrow_mut().push(Idle { connection, since: self.ticks.now() });
    }

    /// Closes connections that have been idle for too long or that their instance has closed, and
    /// forgets instances without any.
    pub(crate) fn reap(&self) {
        let now = self.ticks.now();
        self.lanes.borrow_mut().retain(|_, lane| {
            let patience = lane.patience.get();
            lane.idle
                .borrow_mut()
                .retain(|idle| now.wrapping_sub(idle.since) < patience && idle.connection.is_idle());
            lane.open.get() > 0 || Rc::strong_count(lane) > 1
        });
    }

    fn lane(&self, id: u64) -> Rc<Lane> {
        self.lanes.borrow_mut().entry(id).or_default().clone()
    }
}

impl Lane {
    /// The last that became idle, for it is the least likely to be closing.
    fn take_idle(&self) -> Option<Box<Connection>> {
        loop {
            let Idle { connection, .. } = self.idle.borrow_mut().pop()?;
            if connection.is_idle() {
                return Some(connection);
            }
        }
    }

    async fn connect(
        self: &Rc<Self>,
        instance: &Instance,
        within: Duration,
    ) -> Result<Box<Connection>, NoConnection> {
        let slot = Slot::take(self);
        let connect = async {
            let stream = TcpStream::connect(instance.address).await?;
            stream.set_nodelay(true)?;
            Ok(stream)
        };
        let stream = timeout(within, connect)
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .map_err(NoConnection::Connect)?;
        Ok(Box::new(Connection::new(stream, slot)))
    }

    fn wait(&self, most: usize) -> Result<oneshot::Receiver<Option<Box<Connection>>>, NoConnection> {
        let mut waiting = self.waiting.borrow_mut();
        waiting.retain(|waiter| !waiter.is_closed());
        if waiting.len() >= most {
            return Err(NoConnection::Busy);
        }
        let (sender, receiver) = oneshot::channel();
        waiting.push_back(sender);
        Ok(receiver)
    }

    /// Gives the connection to the request that has waited longest; hands it back if none waits.
    fn hand_over(&self, connection: Box<Connection>) -> Option<Box<Connection>> {
        let mut offer = Some(connection);
        while let Some(connection) = offer.take() {
            let Some(waiter) = self.waiting.borrow_mut().pop_front() else { return Some(connection) };
            offer = waiter.send(Some(connection)).err().flatten();
        }
        None
    }
}

/// One open connection, counted until this is dropped.
#[derive(Debug)]
pub(crate) struct Slot(Weak<Lane>);

impl Slot {
    fn take(lane: &Rc<Lane>) -> Self {
        lane.open.set(lane.open.get() + 1);
        Self(Rc::downgrade(lane))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some(lane) = self.0.upgrade() else { return };
        lane.open.set(lane.open.get() - 1);
        // Somebody may now connect: wake the first that still wants to.
        while let Some(waiter) = lane.waiting.borrow_mut().pop_front() {
            if waiter.send(None).is_ok() {
                return;
            }
        }
    }
}
