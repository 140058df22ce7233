//! Adaptive throttling: what is shed when it is too much.
//!
//! Main type: [`Codel`], for a queue that we can see. It knows no clock.

mod codel;

pub use codel::{Codel, Dequeue};
