//! Adaptive throttling: how many requests an upstream is given at once, and which are shed when it is too many.
//!
//! Main types: [`Controller`], which finds the limit; [`Admission`], which sheds by priority and fairly inside one;
//! [`Codel`], for a queue that we can see. They know no atomics, no threads and no clock.
//!
//! # How workers share a limit
//! The layer above owns two atomics, the number in flight and the present limit, and nothing else is shared on the path
//! of a request. Each worker keeps an [`Admission`] and a [`Window`] of its own:
//!
//! ```
//! use poundlock_limit::{Micros, throttle::{Admission, Bounds, Controller, Outcome, Pressure, Priority, Window}};
//!
//! // A worker, for each request: read the two atomics, decide, and count what became of it.
//! let (mut admission, mut window) = (Admission::default(), Window::default());
//! let (in_flight, limit) = (3, 20);
//! match admission.admit(in_flight, limit, Priority::Default, 0x5eed) {
//!     true => window.sample(18_000, Outcome::Answered),
//!     false => window.refuse(),
//! }
//!
//! // Whoever has the timer, every 50 ms or so: collect the workers' windows, step, publish the limit.
//! let mut controller = Controller::new(Bounds::default(), Micros(0));
//! controller.absorb(&window.take());
//! let change = controller.tick(Micros(50_000), in_flight, Pressure::default());
//! assert_eq!(change.limit, 20);
//! ```
//!
//! A worker hands its window over when asked (a message, or a slot it swaps), so it never waits. A window that comes a
//! tick late is counted a tick late; nothing else happens. Between the load of the number in flight and its increment
//! another worker may do the same, so the limit can be exceeded by the number of workers less one.

mod admission;
mod codel;
mod controller;
mod pressure;
mod window;

pub use admission::{Admission, Priority};
pub use codel::{Codel, Dequeue};
pub use controller::{Bounds, Cause, Change, Controller};
pub use pressure::Pressure;
pub use window::{Outcome, Window};
