//! Adaptive throttling: what is shed when it is too much.
//!
//! Main types: [`Admission`], which sheds by priority and fairly inside one; [`Codel`], for a queue that we can see.
//! They know no atomics, no threads and no clock.

mod admission;
mod codel;

pub use admission::{Admission, Priority};
pub use codel::{Codel, Dequeue};
