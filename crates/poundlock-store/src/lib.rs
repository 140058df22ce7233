//! Where shared state lives: in memory, in SQLite, in Redis or Valkey.
//!
//! Main items: [`limits::LimitStore`], the budgets of limits and quotas. What a decision is, is `poundlock-limit`'s;
//! this crate knows where state is kept and how it is changed atomically, and no HTTP.

pub mod limits;
