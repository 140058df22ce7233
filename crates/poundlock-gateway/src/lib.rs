//! The gateway: configuration, listeners, the request path, upstreams, and the way out.
//!
//! Start reading at `stack.rs`, the whole request path on one screen. Main items for users of the
//! crate: [`config::load`] and [`start`].

pub mod config;
mod downstream;
mod gateway;
mod routing;
mod stack;
mod upstream;
mod worker;

pub use gateway::{Reload, ReloadError, Running, Signals, start};

/// What reads the responses of instances, for fuzzing. No part of the API.
#[doc(hidden)]
pub use upstream::whole;
