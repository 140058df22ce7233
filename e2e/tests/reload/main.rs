//! Change without loss: a new configuration, a new binary, an end, and nobody's request or WebSocket is dropped.

mod configuration;
mod drain;
mod load;
mod sockets;
