//! Limits through the real gateway: what a client is told, what a store's outage does, what a change keeps.

mod answers;
mod changes;
mod hostile;
mod operations;
mod outage;
mod quotas;
mod shared;
