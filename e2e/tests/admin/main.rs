//! The admin listener: probes, metrics and the API.

mod api;
mod health;
mod metrics;
