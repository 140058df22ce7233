//! Rate limits, quotas and adaptive throttling as pure decisions.
//!
//! Main types: [`LimitSet`], the limits of a route, and [`Ask`], what they charge a request; [`Charge`], one of several
//! budgets that are decided together; [`Gcra`] and [`Window`], the arithmetic of a limit and of a quota's period;
//! [`Decision`], the answer for one of them; [`Ledger`], the oracle that stores are compared with.
//!
//! Everything here is a function of state, input and `now`. It knows no clock, no store and no HTTP types.

mod ban;
pub mod calendar;
mod charge;
pub mod client_ip;
mod cookie;
mod decision;
mod expiring;
mod gcra;
mod grant;
pub mod headers;
pub mod jwt;
mod key;
mod ledger;
mod lists;
mod micros;
mod plan;
mod quota;
mod rate;
mod reserve;
mod spec;
#[cfg(test)]
mod testing;
pub mod throttle;
mod window;

pub use ban::{Ban, BanEvent, BanRule, Bans, Offence};
pub use calendar::{Anchor, Calendar, CalendarError, Period, Weekday};
pub use charge::{Budget, Charge, LimitId, MAX_CHARGES, State, Verdict};
pub use client_ip::{ClientIp, Forwarding, WalkEnd, client_ip};
pub use cookie::cookie;
pub use decision::Decision;
pub use gcra::{Gcra, RateError};
pub use grant::{Grant, Grants};
pub use key::{Facts, KEY_MAX, Key, KeyPart, KeySpec, KeySyntax, NAME_MAX, PARTS_MAX, V6_PREFIX};
pub use ledger::Ledger;
pub use lists::{ENTRIES_MAX, ListError, Listed, Lists, Standing};
pub use micros::Micros;
pub use plan::{Bucket, PLAN_KEYS_MAX, PLANS_MAX, PlanError, PlanSource, Plans, Terms};
pub use quota::{Quota, QuotaSyntax, QuotaText};
pub use rate::{Rate, RateSyntax};
pub use reserve::{Adjustment, Adjustments, Reservation};
pub use spec::{
    Access, Ask, Denial, LIMIT_NAME_MAX, LIMITS_MAX, Limit, LimitError, LimitSet, Missing, Mode, charges,
};
pub use window::{Used, Window};
