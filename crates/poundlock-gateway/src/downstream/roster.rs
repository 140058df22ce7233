//! Every open connection of a worker, so that one sweep a second can look after all of them.
//!
//! Main types: [`Roster`] and [`Control`]. A timer and a shutdown signal in each connection's task
//! would be polled with every wake-up of a request; this way a connection only looks at one cell.

use super::activity::{Activity, Limits};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;

/// What a connection is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Nothing.
    Stay,
    /// Finish the request in progress, if any, and close.
    Finish,
    /// Close now.
    Close,
}

/// The strings by which a connection is pulled.
#[derive(Debug)]
pub(crate) struct Control {
    pub(crate) activity: Arc<Activity>,
    limits: Limits,
    /// Requests so far.
    pub(crate) requests: Cell<u64>,
    order: Cell<Order>,
    waker: RefCell<Option<Waker>>,
    /// When it was told to finish.
    finishing: Cell<Option<u32>>,
}

impl Control {
    pub(crate) fn order(&self) -> Order {
        self.order.get()
    }

    /// Remembers whom to wake when there is an order.
    pub(crate) fn listen(&self, waker: &Waker) {
        let mut known = self.waker.borrow_mut();
        if !known.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *known = Some(waker.clone());
        }
    }

    fn give(&self, order: Order) {
        self.order.set(order);
        if let Some(waker) = self.waker.borrow().as_ref() {
            waker.wake_by_ref();
        }
    }
}

/// How long, in ticks, a connection that was accepted in the last moment may take to send its
/// first request.
const LATE_FIRST_REQUEST: u32 = 2;

/// The connections of one worker.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    next: Cell<u64>,
    open: RefCell<HashMap<u64, Rc<Control>>>,
}

/// A connection's place in the roster, until it is dropped.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    roster: &'a Roster,
    id: u64,
    pub(crate) control: Rc<Control>,
}

impl Roster {
    pub(crate) fn enter(&self, activity: Arc<Activity>, limits: Limits) -> Entry<'_> {
        let id = self.next.replace(self.next.get() + 1);
        let control = Rc::new(Control {
            activity,
            limits,
            requests: Cell::new(0),
            order: Cell::new(Order::Stay),
            waker: RefCell::new(None),
            finishing: Cell::new(None),
        });
        self.open.borrow_mut().insert(id, control.clone());
        Entry { roster: self, id, control }
    }

    pub(crate) fn len(&self) -> usize {
        self.open.borrow().len()
    }

    /// Closes what has passed a limit. Called once a tick.
    pub(crate) fn sweep(&self, now: u32) {
        for control in self.open.borrow().values() {
            let late = |told: u32| now.wrapping_sub(told) >= LATE_FIRST_REQUEST;
            // hyper waits for the first request of a connection as long as it takes.
            let never_came = control.requests.get() == 0 && control.finishing.get().is_some_and(late);
            if never_came || control.activity.is_overdue(control.limits) {
                control.give(Order::Close);
            }
        }
    }

    /// Lets every connection finish.
    pub(crate) fn finish_all(&self, now: u32) {
        for control in self.open.borrow().values() {
            if control.finishing.get().is_none() {
                control.finishing.set(Some(now));
                control.give(Order::Finish);
            }
        }
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        self.roster.open.borrow_mut().remove(&self.id);
    }
}
