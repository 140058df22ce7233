//! Harness of the end-to-end tests: it spawns the real `poundlock` binary between a raw client and scripted upstreams.
//!
//! A test reads: an [`Upstream`] that behaves in a known way, a [`Gateway`] in front of it, a [`Client`] that writes exact
//! bytes, and assertions on what each side saw. Everything listens on loopback, on ports the kernel chose.
//! The harness does not link the gateway: it knows only bytes, flags, files, signals and exit codes.
//! It panics with the gateway's log when an expectation of the harness itself fails, as an assertion would.

mod binary;
mod client;
mod config;
mod fuzz;
mod gateway;
mod load;
mod metrics;
mod port;
mod redis;
mod tools;
mod upstream;
mod wait;
mod websocket;
mod wire;

pub use binary::{Finished, poundlock, poundlock_reading, poundlock_with};
pub use client::{Answer, Client};
pub use config::Config;
pub use fuzz::{Mutator, violation};
pub use gateway::{Gateway, Signal};
pub use load::{Load, Report};
pub use metrics::Metrics;
pub use port::{Reservation, free_address};
pub use redis::Redis;
pub use tools::{RunningTool, Tool, curl, tool};
pub use upstream::{Connection, Seen, Unreachable, Upstream};
pub use wait::{PATIENCE, eventually, eventually_within};
pub use websocket::{Frame, WebSocket, serve_websocket};
pub use wire::{Body, Head};
