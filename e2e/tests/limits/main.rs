//! Limits through the real gateway: what a client is told, what a store's outage does, what a change keeps.

mod answers;
