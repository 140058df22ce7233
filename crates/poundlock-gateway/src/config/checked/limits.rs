//! [`Limit`] and [`Store`]: limits as they are meant.

use std::num::NonZeroU32;
use std::time::Duration;

use ipnet::IpNet;
use poundlock_limit::{Gcra, KeySpec, Quota, Rate};

/// What a key may spend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// The key under `limits`: lower-case letters, digits and `-`.
    pub name: String,
    /// How a request's key is made.
    pub key: KeySpec,
    /// What happens to a request without it.
    pub missing: Missing,
    /// The budget; of the limit itself, without a plan.
    pub budget: LimitBudget,
    /// Budgets by plan, in order of name.
    pub plans: Vec<(String, LimitBudget)>,
    /// The header, in lower case, that names a request's plan when it comes from a trusted peer.
    pub plan_header: Option<String>,
    /// What a request costs, until it is known better.
    pub cost: u64,
    /// The header of the answer, in lower case, that knows it better.
    pub cost_header: Option<String>,
    /// Services it applies to; empty is all.
    pub services: Vec<String>,
    /// Paths it applies to; empty is all. One that ends in `*` stands for all that begin so.
    pub paths: Vec<String>,
    /// Methods it applies to, in upper case; empty is all.
    pub methods: Vec<String>,
    /// What it does.
    pub mode: LimitMode,
    /// Whether clients are told what they have left.
    pub headers: bool,
    /// Networks it does not apply to.
    pub allow: Vec<IpNet>,
    /// Networks that are refused.
    pub deny: Vec<IpNet>,
    /// When a key is shut out; `None` is never.
    pub ban: Option<Ban>,
    /// Whether gateways take tokens of busy keys ahead.
    pub lease: bool,
    /// Keys whose rate is kept in memory at once.
    pub max_keys: usize,
}

/// A rate, a quota, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitBudget {
    /// As written, and its arithmetic.
    pub rate: Option<(Rate, Gcra)>,
    /// For each calendar period.
    pub quota: Option<Quota>,
}

/// What happens to a request that has no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The limit does not apply.
    Skip,
    /// The client's address is its key.
    Ip,
    /// It is refused.
    Deny,
}

/// What a limit does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitMode {
    /// It refuses.
    Enforce,
    /// It counts what it would refuse.
    Shadow,
    /// Nothing.
    Off,
}

/// When and how long a key is shut out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ban {
    /// Refusals.
    pub after: NonZeroU32,
    /// In this time.
    pub within: Duration,
    /// For this time.
    pub lasts: Duration,
}

/// Where what limits count is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// The shared store; `None` keeps rates in memory and quotas in the state folder.
    pub redis: Option<String>,
    /// How long a request waits for it at most.
    pub deadline: Duration,
    /// What happens while it does not answer.
    pub on_error: OnError,
    /// Gateways that share it.
    pub nodes: NonZeroU32,
    /// What the names of its keys begin with.
    pub prefix: String,
}

/// What happens while the shared store does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnError {
    /// Each gateway grants its part.
    Local,
    /// Nothing is limited.
    Allow,
    /// What is limited is refused.
    Deny,
}
