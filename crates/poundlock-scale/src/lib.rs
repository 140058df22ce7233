//! Balancing decisions for pools of HTTP instances: which instance gets a request ([`p2c`]),
//! whether an instance takes traffic at all ([`InstanceHealth`]), and how many retries an
//! outage may cost ([`RetryBudget`]).
//!
//! Everything here is a pure function of state and input. It knows no sockets, no clock and no
//! source of randomness: in-flight counts, random bits and outcomes are arguments.

mod balance;
mod health;
mod retry;

pub use balance::p2c;
pub use health::{Change, HealthThresholds, InstanceHealth, Outcome};
pub use retry::{Percent, RetryBudget};
