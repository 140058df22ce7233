//! Rate limits, quotas and adaptive throttling as pure decisions.
//!
//! Main types: [`Gcra`], the arithmetic of a limit; [`Window`], that of a quota's period; [`Charge`], one
//! of several budgets that a request asks for; [`Decision`], the answer for one of them.
//!
//! Everything here is a function of state, input and `now`. It knows no clock, no store and no HTTP types.

mod charge;
mod decision;
mod gcra;
mod key;
mod micros;
pub mod throttle;
mod window;

pub use charge::{Budget, Charge, LimitId, MAX_CHARGES, State, Verdict};
pub use decision::Decision;
pub use gcra::{Gcra, RateError};
pub use key::{KEY_MAX, Key};
pub use micros::Micros;
pub use window::{Used, Window};
