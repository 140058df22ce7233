//! Checks limits, each alone and against the services they name.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64};

use poundlock_limit::{
    Anchor, Calendar, CalendarError, Gcra, KeySpec, Quota, QuotaText, Rate, RateError, Weekday,
};

use super::Report;
use crate::config::checked::{Ban, Limit, LimitBudget, LimitMode, Missing, Service};
use crate::config::raw::{RawBan, RawLimit, RawLimitMode, RawMissing, RawPeriod, RawWeekday};
use crate::config::suggest::closest;
use crate::config::values::{self, Mistake};

pub(super) fn check(raw: &BTreeMap<String, RawLimit>, report: &mut Report<'_>) -> Option<Vec<Limit>> {
    let limits: Vec<_> = raw.iter().filter_map(|(name, raw)| limit(name, raw, report)).collect();
    (limits.len() == raw.len()).then_some(limits)
}

fn limit(name: &str, raw: &RawLimit, report: &mut Report<'_>) -> Option<Limit> {
    let path = format!("limits.{name}");
    let at = |key: &str| format!("{path}.{key}");
    let key = report.read(at("key"), &raw.key, key);
    let periods = Periods::check(&at("period"), &raw.period, report);
    let own = Written { rate: text(&raw.rate), burst: raw.burst, quota: text(&raw.quota) };
    let budget = own.check(&path, periods.as_ref(), report);
    let plans = raw.plan.iter().map(|(plan, raw)| {
        let written = Written { rate: text(&raw.rate), burst: raw.burst, quota: text(&raw.quota) };
        Some((plan.clone(), written.or(own).check(&format!("{path}.plan.{plan}"), periods.as_ref(), report)?))
    });
    let plans: Option<Vec<_>> = plans.collect();
    let paths = report.read_all(&at("paths"), &raw.paths, path_pattern);
    let methods = report.read_all(&at("methods"), &raw.methods, method);
    let services = report.read_all(&at("services"), &raw.services, |text| Ok(text.to_owned()));
    let allow = report.read_all(&at("allow"), &raw.allow, values::network);
    let deny = report.read_all(&at("deny"), &raw.deny, values::network);
    let cost_header = header(at("cost_header"), raw.cost_header.as_deref(), report);
    let plan_header = header(at("plan_header"), raw.plan_header.as_deref(), report);
    let ban = ban(&at("ban"), &raw.ban, report);
    if raw.rate.is_none() && raw.quota.is_none() && raw.plan.is_empty() && !report.knows(&path) {
        let help = "add `rate = \"100/min\"`, or `quota = \"100000/day\"`, or both";
        report.error(path, format!("limit `{name}` limits nothing"), "expected `rate` or `quota`", help);
        return None;
    }
    if !raw.plan.is_empty() && raw.plan_header.is_none() {
        let help = "add `plan_header = \"x-plan\"`, which a trusted proxy sends";
        report.error(at("plan"), format!("nothing chooses a plan of limit `{name}`"), "never used", help);
    }
    Some(Limit {
        name: name.to_owned(),
        key: key?,
        missing: missing(raw.missing),
        budget: budget?,
        plans: plans?,
        plan_header: plan_header?,
        cost: raw.cost.into(),
        cost_header: cost_header?,
        services: services?,
        paths: paths?,
        methods: methods?,
        mode: mode(raw.mode),
        headers: raw.headers,
        allow: allow?,
        deny: deny?,
        ban: ban?,
        lease: raw.lease,
        max_keys: raw.max_keys as usize,
    })
}

/// A budget as it is written, of a limit or of a plan.
#[derive(Debug, Clone, Copy)]
struct Written<'a> {
    rate: Option<&'a str>,
    burst: Option<u32>,
    quota: Option<&'a str>,
}

impl<'a> Written<'a> {
    /// What a plan leaves out is the limit's own. A plan with a rate of its own has a burst of its own, too.
    fn or(self, own: Written<'a>) -> Self {
        let burst = if self.rate.is_some() { self.burst } else { self.burst.or(own.burst) };
        Self { rate: self.rate.or(own.rate), burst, quota: self.quota.or(own.quota) }
    }

    fn check(self, path: &str, periods: Option<&Periods>, report: &mut Report<'_>) -> Option<LimitBudget> {
        let rate = match self.rate {
            Some(text) => report.read(format!("{path}.rate"), text, rate).map(Some),
            None => Some(None),
        };
        let rate = match rate? {
            Some(rate) => Some((rate, self.gcra(path, rate, report)?)),
            None => None,
        };
        if rate.is_none() && self.burst.is_some() {
            let help = "add `rate = \"100/min\"`";
            report.error(
                format!("{path}.burst"),
                "`burst` without `rate`".to_owned(),
                "nothing refills it",
                help,
            );
        }
        let quota = match self.quota {
            Some(text) => Some(periods?.quota(report.read(format!("{path}.quota"), text, quota)?)),
            None => None,
        };
        Some(LimitBudget { rate, quota })
    }

    fn gcra(self, path: &str, rate: Rate, report: &mut Report<'_>) -> Option<Gcra> {
        let burst = self.burst.map_or(rate.count(), |burst| {
            NonZeroU64::from(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN))
        });
        let error = match rate.gcra(burst) {
            Ok(gcra) => return Some(gcra),
            Err(error) => error,
        };
        let mistake = match error {
            RateError::Period => Mistake::new("a period out of range", "expected 1 s to 366 days"),
            RateError::Precision { below, above } => {
                let label =
                    "rates are kept in whole microseconds a request, which misses this one by more than 1 %";
                Mistake::new("a rate that cannot be kept", label).did_you_mean(
                    Rate::new(NonZeroU64::new(below)?, rate.period())
                        .map_or(above.to_string(), |r| r.to_string()),
                )
            }
            RateError::Burst => {
                Mistake::new("too large a burst", "at this rate it would take more than ten years to refill")
            }
        };
        let key = if error == RateError::Burst && self.burst.is_some() { "burst" } else { "rate" };
        report.mistake(format!("{path}.{key}"), mistake);
        None
    }
}

/// When periods begin, once it is known to be valid.
#[derive(Debug, Clone)]
struct Periods {
    zone: String,
    anchor: Anchor,
}

impl Periods {
    fn check(path: &str, raw: &RawPeriod, report: &mut Report<'_>) -> Option<Self> {
        let weekday = match raw.weekday {
            RawWeekday::Monday => Weekday::Monday,
            RawWeekday::Tuesday => Weekday::Tuesday,
            RawWeekday::Wednesday => Weekday::Wednesday,
            RawWeekday::Thursday => Weekday::Thursday,
            RawWeekday::Friday => Weekday::Friday,
            RawWeekday::Saturday => Weekday::Saturday,
            RawWeekday::Sunday => Weekday::Sunday,
        };
        let anchor = Anchor { month: raw.month, day: raw.day, weekday, hour: raw.hour };
        match Calendar::new(poundlock_limit::Period::Day, &raw.zone, anchor) {
            Ok(_) => Some(Self { zone: raw.zone.clone(), anchor }),
            Err(CalendarError::Zone) => {
                let label = "expected an IANA name such as \"UTC\" or \"Europe/Berlin\"";
                report.mistake(format!("{path}.zone"), Mistake::new("unknown time zone", label));
                None
            }
            // The schema has checked the numbers.
            Err(_) => None,
        }
    }

    fn quota(&self, text: QuotaText) -> Quota {
        let calendar =
            Calendar::new(text.period, &self.zone, self.anchor).expect("zone and anchor were checked");
        Quota { total: text.total, calendar }
    }
}

fn text<T: AsRef<str>>(raw: &Option<T>) -> Option<&str> {
    raw.as_ref().map(AsRef::as_ref)
}

fn rate(text: &str) -> Result<Rate, Mistake> {
    text.parse().map_err(|error: poundlock_limit::RateSyntax| {
        let mistake = Mistake::new(rate_fault(&error), "expected N/s, N/min, N/h or N/day");
        match error.suggestion() {
            Some(meant) => mistake.did_you_mean(meant),
            None => mistake,
        }
    })
}

fn rate_fault(error: &poundlock_limit::RateSyntax) -> &'static str {
    use poundlock_limit::RateSyntax::{Count, Period, Shape, Unit};
    match error {
        Unit { .. } => "unknown rate unit",
        Shape => "malformed rate",
        Count => "malformed number",
        Period => "a period out of range",
    }
}

fn quota(text: &str) -> Result<QuotaText, Mistake> {
    text.parse().map_err(|error: poundlock_limit::QuotaSyntax| {
        let mistake = Mistake::new("malformed quota", error.to_string());
        match error.suggestion() {
            Some(meant) => mistake.did_you_mean(meant),
            None => mistake,
        }
    })
}

fn key(text: &str) -> Result<KeySpec, Mistake> {
    KeySpec::parse(text.split('+').map(str::trim)).map_err(|error| {
        const KINDS: [&str; 9] =
            ["ip", "header", "cookie", "jwt", "route", "service", "method", "all", "constant"];
        let mistake = Mistake::new("malformed key", error.to_string());
        let (kind, name) = text.split_at(text.find(':').unwrap_or(text.len()));
        match closest(kind, KINDS).filter(|near| *near != kind) {
            Some(near) => mistake.did_you_mean(format!("{near}{name}")),
            None => mistake,
        }
    })
}

pub(super) fn path_pattern(text: &str) -> Result<String, Mistake> {
    let body = text.strip_suffix('*').unwrap_or(text);
    let valid =
        text.starts_with('/') && !body.contains(['*', '?', '#', '%']) && !body.contains(char::is_whitespace);
    match valid {
        true => Ok(text.to_owned()),
        false => {
            Err(Mistake::new("malformed path", "expected a decoded path such as \"/v1/users\", or \"/v1/*\""))
        }
    }
}

pub(super) fn method(text: &str) -> Result<String, Mistake> {
    match http::Method::from_bytes(text.as_bytes()) {
        Ok(_) if text.bytes().all(|b| b.is_ascii_uppercase() || b == b'-') => Ok(text.to_owned()),
        Ok(_) => {
            Err(Mistake::new("malformed method", "methods are in upper case")
                .did_you_mean(text.to_uppercase()))
        }
        Err(_) => Err(Mistake::new("malformed method", "expected a method such as \"POST\"")),
    }
}

pub(super) fn header(path: String, text: Option<&str>, report: &mut Report<'_>) -> Option<Option<String>> {
    let Some(text) = text else { return Some(None) };
    let read = |text: &str| match http::HeaderName::from_bytes(text.as_bytes()) {
        Ok(name) => Ok(name.as_str().to_owned()),
        Err(_) => Err(Mistake::new("malformed header name", "expected a name such as \"x-cost\"")),
    };
    report.read(path, text, read).map(Some)
}

fn ban(path: &str, raw: &RawBan, report: &mut Report<'_>) -> Option<Option<Ban>> {
    let within = report.read(format!("{path}.within"), &raw.within, values::timeout);
    let lasts = report.read(format!("{path}.lasts"), &raw.lasts, values::timeout);
    let (within, lasts) = (within?, lasts?);
    Some(NonZeroU32::new(raw.after).map(|after| Ban { after, within, lasts }))
}

fn missing(raw: RawMissing) -> Missing {
    match raw {
        RawMissing::Skip => Missing::Skip,
        RawMissing::Ip => Missing::Ip,
        RawMissing::Deny => Missing::Deny,
    }
}

fn mode(raw: RawLimitMode) -> LimitMode {
    match raw {
        RawLimitMode::Enforce => LimitMode::Enforce,
        RawLimitMode::Shadow => LimitMode::Shadow,
        RawLimitMode::Off => LimitMode::Off,
    }
}

/// A limit may only name services that exist.
pub(super) fn check_services(limits: &[Limit], services: &[Service], report: &mut Report<'_>) {
    for limit in limits {
        for (index, name) in limit.services.iter().enumerate() {
            if services.iter().any(|service| service.name == *name) {
                continue;
            }
            let help = closest(name, services.iter().map(|s| s.name.as_str()));
            let help = help.map_or("name one of the services, or none".to_owned(), |near| {
                format!("did you mean \"{near}\"?")
            });
            let path = format!("limits.{}.services[{index}]", limit.name);
            report.error(path, format!("there is no service `{name}`"), "unknown service", &help);
        }
    }
}
