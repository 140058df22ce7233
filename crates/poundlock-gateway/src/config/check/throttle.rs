//! Checks the throttle of a service.

use poundlock_limit::throttle::Bounds;

use super::Report;
use super::limits::{header, path_pattern};
use crate::config::checked::{Throttle, ThrottleMode};
use crate::config::raw::{RawThrottle, RawThrottleMode};

pub(super) fn check(path: &str, raw: &RawThrottle, report: &mut Report<'_>) -> Option<Throttle> {
    let at = |key: &str| format!("{path}.{key}");
    let bounds = bounds(path, raw, report);
    let critical = report.read_all(&at("critical"), &raw.critical, path_pattern);
    let sheddable = report.read_all(&at("sheddable"), &raw.sheddable, path_pattern);
    for (index, both) in raw.sheddable.iter().enumerate().filter(|(_, path)| raw.critical.contains(path)) {
        report.error(
            format!("{path}.sheddable[{index}]"),
            format!("\"{both}\" is critical and sheddable"),
            "`critical` has it already",
            "leave it in one of them",
        );
    }
    let priority_header = header(at("priority_header"), raw.priority_header.as_deref(), report);
    let mode = match raw.mode {
        RawThrottleMode::Off => ThrottleMode::Off,
        RawThrottleMode::On => ThrottleMode::On,
    };
    Some(Throttle {
        mode,
        bounds: bounds?,
        critical: critical?,
        sheddable: sheddable?,
        priority_header: priority_header?,
    })
}

fn bounds(path: &str, raw: &RawThrottle, report: &mut Report<'_>) -> Option<Bounds> {
    let &RawThrottle { min, initial, max, .. } = raw;
    let bounds = Bounds::new(min, initial, max);
    // What is out of range by itself has been reported.
    if bounds.is_some() || ["min", "initial", "max"].iter().any(|key| report.knows(&format!("{path}.{key}")))
    {
        return bounds;
    }
    let (key, message, help) = match () {
        () if min > max => {
            ("min", format!("`min` of {min} is above `max` of {max}"), "change one of them".into())
        }
        () if initial < min => (
            "initial",
            format!("`initial` of {initial} is below `min` of {min}"),
            format!("write `initial = {min}`"),
        ),
        () => (
            "initial",
            format!("`initial` of {initial} is above `max` of {max}"),
            format!("write `initial = {max}`"),
        ),
    };
    report.error(format!("{path}.{key}"), message, "expected `min` ≤ `initial` ≤ `max`", &help);
    None
}
