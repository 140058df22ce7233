//! Upstreams that fail: what the client sees, where the traffic goes, and how much more of it there is.

mod failures;
mod health;
mod instances;
mod retries;
