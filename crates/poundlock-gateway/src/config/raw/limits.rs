//! [`RawLimit`] and [`RawStore`]: limits, and where what they count is kept, as they are written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DurationText, KeyText, NAME_PATTERN, NetworkText, QuotaText, RateText};

/// A limit: what a key may spend.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Limit")]
pub(in crate::config) struct RawLimit {
    /// Whose budget a request is charged to: ip, ip/PREFIX, header:NAME, cookie:NAME, jwt:CLAIM, route, service, method
    /// or all; several are joined by +. Claims of a JWT are not verified here.
    pub(in crate::config) key: KeyText,
    /// What to do with a request that has no such key.
    pub(in crate::config) missing: RawMissing,
    /// Requests, or what they cost, in a time. Unset: only the quota counts.
    #[schemars(example = &"100/min")]
    pub(in crate::config) rate: Option<RateText>,
    /// What may be spent at once. Unset: the number of the rate.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub(in crate::config) burst: Option<u32>,
    /// A budget for each calendar period: min, h, day, week, month, quarter or year. Unset: only the rate counts.
    #[schemars(example = &"100000/day")]
    pub(in crate::config) quota: Option<QuotaText>,
    /// When periods of the quota begin.
    pub(in crate::config) period: RawPeriod,
    /// What a request costs.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub(in crate::config) cost: u32,
    /// A header of the answer that says what the request has really cost; it is taken away before the client sees the
    /// answer. Unset: `cost` is final.
    #[schemars(example = &"x-cost")]
    pub(in crate::config) cost_header: Option<String>,
    /// Services it applies to. Empty: all.
    #[schemars(length(max = 1000), example = ["api"])]
    pub(in crate::config) services: Vec<String>,
    /// Paths it applies to; a * at the end stands for everything that follows. Empty: all.
    #[schemars(length(max = 1000), example = ["/v1/*"])]
    pub(in crate::config) paths: Vec<String>,
    /// Methods it applies to. Empty: all.
    #[schemars(length(max = 64), example = ["POST"])]
    pub(in crate::config) methods: Vec<String>,
    /// Whether it refuses, only counts what it would refuse, or does nothing.
    pub(in crate::config) mode: RawLimitMode,
    /// Whether clients are told in headers what they have left.
    pub(in crate::config) headers: bool,
    /// Networks it does not apply to.
    #[schemars(length(max = 10_000))]
    pub(in crate::config) allow: Vec<NetworkText>,
    /// Networks that are refused with 403.
    #[schemars(length(max = 10_000))]
    pub(in crate::config) deny: Vec<NetworkText>,
    /// When a key that keeps being refused is shut out for a while.
    pub(in crate::config) ban: RawBan,
    /// The header that names the plan of a request, from a trusted peer only. Unset: everybody has the same budget.
    #[schemars(example = &"x-plan")]
    pub(in crate::config) plan_header: Option<String>,
    /// Budgets by plan, in place of this limit's own.
    #[schemars(extend("maxProperties" = 64, "propertyNames" = { "pattern": NAME_PATTERN }))]
    pub(in crate::config) plan: BTreeMap<String, RawPlan>,
    /// Let each gateway take tokens of busy keys from the shared store for a tenth of a second ahead: fewer questions, the
    /// same sum.
    pub(in crate::config) lease: bool,
    /// Keys whose rate is kept in memory at once, 20 bytes each.
    #[schemars(range(min = 64, max = 100_000_000))]
    pub(in crate::config) max_keys: u32,
}

impl Default for RawLimit {
    fn default() -> Self {
        Self {
            key: "ip".into(),
            missing: RawMissing::Skip,
            rate: None,
            burst: None,
            quota: None,
            period: RawPeriod::default(),
            cost: 1,
            cost_header: None,
            services: Vec::new(),
            paths: Vec::new(),
            methods: Vec::new(),
            mode: RawLimitMode::Enforce,
            headers: true,
            allow: Vec::new(),
            deny: Vec::new(),
            ban: RawBan::default(),
            plan_header: None,
            plan: BTreeMap::new(),
            lease: false,
            max_keys: 100_000,
        }
    }
}

/// What to do with a request that has no key.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Missing")]
pub(in crate::config) enum RawMissing {
    /// The limit does not apply.
    Skip,
    /// The client's address is the key.
    Ip,
    /// It is refused with 403.
    Deny,
}

/// What a limit does.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "LimitMode")]
pub(in crate::config) enum RawLimitMode {
    /// It refuses.
    Enforce,
    /// It counts what it would refuse.
    Shadow,
    /// Nothing.
    Off,
}

/// When periods of a quota begin.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Period")]
pub(in crate::config) struct RawPeriod {
    /// The IANA name of the time zone whose clock and calendar count.
    #[schemars(example = &"Europe/Berlin")]
    pub(in crate::config) zone: String,
    /// Month in which a year, and every third month in which a quarter begins.
    #[schemars(range(min = 1, max = 12))]
    pub(in crate::config) month: u8,
    /// Day on which a month, quarter or year begins; the last one where a month is shorter.
    #[schemars(range(min = 1, max = 31))]
    pub(in crate::config) day: u8,
    /// Day on which a week begins.
    pub(in crate::config) weekday: RawWeekday,
    /// Hour at which a day, and everything longer, begins.
    #[schemars(range(min = 0, max = 23))]
    pub(in crate::config) hour: u8,
}

impl Default for RawPeriod {
    fn default() -> Self {
        Self { zone: "UTC".to_owned(), month: 1, day: 1, weekday: RawWeekday::Monday, hour: 0 }
    }
}

/// A day of the week.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Weekday")]
pub(in crate::config) enum RawWeekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// When a key is shut out.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Ban")]
pub(in crate::config) struct RawBan {
    /// Refusals that shut a key out; 0 never does.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub(in crate::config) after: u32,
    /// The time in which they come.
    pub(in crate::config) within: DurationText,
    /// How long it is shut out.
    pub(in crate::config) lasts: DurationText,
}

impl Default for RawBan {
    fn default() -> Self {
        Self { after: 0, within: "1m".into(), lasts: "10m".into() }
    }
}

/// The budgets of a plan.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Plan")]
pub(in crate::config) struct RawPlan {
    /// In place of the limit's.
    #[schemars(example = &"100/min")]
    pub(in crate::config) rate: Option<RateText>,
    /// In place of the limit's.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub(in crate::config) burst: Option<u32>,
    /// In place of the limit's.
    #[schemars(example = &"100000/day")]
    pub(in crate::config) quota: Option<QuotaText>,
}

/// Where what limits count is kept.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Store")]
pub(in crate::config) struct RawStore {
    /// The URL of a Redis or Valkey that several gateways share. Unset: rates in memory, quotas in the state folder.
    #[schemars(example = &"redis://127.0.0.1:6379")]
    pub(in crate::config) redis: Option<String>,
    /// How long a request waits for it at most.
    pub(in crate::config) deadline: DurationText,
    /// What happens to requests while it does not answer.
    pub(in crate::config) on_error: RawOnError,
    /// Gateways that share it: while it does not answer, each grants its part.
    #[schemars(range(min = 1, max = 10_000))]
    pub(in crate::config) nodes: u32,
    /// What the names of its keys begin with.
    pub(in crate::config) prefix: String,
}

impl Default for RawStore {
    fn default() -> Self {
        Self {
            redis: None,
            deadline: "20ms".into(),
            on_error: RawOnError::Local,
            nodes: 1,
            prefix: "poundlock".to_owned(),
        }
    }
}

/// What happens while the shared store does not answer.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "OnError")]
pub(in crate::config) enum RawOnError {
    /// Each gateway counts for itself and grants its part.
    Local,
    /// Nothing is limited.
    Allow,
    /// Everything that is limited is refused with 503.
    Deny,
}
