//! The gateway as a proxy: what a client and an upstream each see when nothing is wrong.

mod bodies;
mod connections;
mod expect;
mod forwarded;
mod headers;
mod streaming;
mod upgrade;
