//! Checks the shield and its routes, each alone and against the services they name.

mod exclude;
mod field;
mod rules;

use std::path::PathBuf;

use poundlock_shield::Level;
use poundlock_tower::inspect::MAX_HOLD;

use super::Report;
use super::limits::{method, path_pattern};
use crate::config::checked::{Audit, Service, Shield, ShieldMode, ShieldRoute, ShieldRules};
use crate::config::raw::{RawShield, RawShieldMode, RawShieldRoute};
use crate::config::suggest::closest;
use crate::config::tree::below;
use crate::config::values::{self, Mistake, Percent};

/// The name of the route for requests that no other is about.
const DEFAULT_ROUTE: &str = "default";
/// The least that a body may wait, in bytes: a form of a few fields.
const MIN_HOLD: u64 = 1 << 10;

pub(super) fn check(raw: &RawShield, report: &mut Report<'_>) -> Option<Shield> {
    let default = default_route(raw, report);
    let audit_size = report.read("shield.audit_size".to_owned(), &raw.audit_size, audit_size);
    let names = report.in_order("shield.route", raw.route.keys());
    let routes = names.into_iter().map(|name| route(name, &raw.route[name], default.as_ref(), report));
    // All of them are checked before any is missed.
    let routes: Vec<_> = routes.collect();
    let mut routes: Vec<_> = routes.into_iter().collect::<Option<_>>()?;
    routes.push(default?);
    Some(Shield { audit: audit(&raw.audit), audit_size: audit_size?, routes })
}

fn default_route(raw: &RawShield, report: &mut Report<'_>) -> Option<ShieldRoute> {
    let sample = report.read("shield.sample".to_owned(), &raw.sample, Percent::parse);
    let hold = report.read("shield.hold".to_owned(), &raw.hold, hold);
    let exclude = exclude::check("shield.exclude", &raw.exclude, report);
    Some(ShieldRoute {
        name: DEFAULT_ROUTE.to_owned(),
        services: Vec::new(),
        paths: Vec::new(),
        methods: Vec::new(),
        mode: raw.mode.map_or(ShieldMode::Off, mode),
        level: level(raw.level),
        sample: sample?,
        hold: hold?,
        exclude: exclude?,
        field_modes: Vec::new(),
        rules: ShieldRules::default(),
    })
}

/// A route; what it leaves out comes from `default`.
fn route(
    name: &str,
    raw: &RawShieldRoute,
    default: Option<&ShieldRoute>,
    report: &mut Report<'_>,
) -> Option<ShieldRoute> {
    let path = format!("shield.route.{name}");
    let at = |key: &str| format!("{path}.{key}");
    if name == DEFAULT_ROUTE {
        let help = "`[shield]` itself is for every request that is left; give this route another name";
        report.error(path.clone(), format!("a route called `{name}`"), "this name is taken", help);
    }
    let services = report.read_all(&at("services"), &raw.services, |text| Ok(text.to_owned()));
    let paths = report.read_all(&at("paths"), &raw.paths, path_pattern);
    let methods = report.read_all(&at("methods"), &raw.methods, method);
    let sample = raw.sample.as_ref().map(|text| report.read(at("sample"), text, Percent::parse));
    let hold = raw.hold.as_ref().map(|text| report.read(at("hold"), text, hold));
    let own = exclude::check(&at("exclude"), &raw.exclude, report);
    let field_modes = field_modes(&at("field_mode"), raw, report);
    let rules = rules::check(&path, raw, report);
    let default = default?;
    Some(ShieldRoute {
        name: name.to_owned(),
        services: services?,
        paths: paths?,
        methods: methods?,
        mode: raw.mode.map_or(default.mode, mode),
        level: raw.level.map_or(default.level, level),
        sample: sample.unwrap_or(Some(default.sample))?,
        hold: hold.unwrap_or(Some(default.hold))?,
        exclude: default.exclude.iter().cloned().chain(own?).collect(),
        field_modes: field_modes?,
        rules: rules?,
    })
}

fn field_modes(
    path: &str,
    raw: &RawShieldRoute,
    report: &mut Report<'_>,
) -> Option<Vec<(String, ShieldMode)>> {
    let modes = raw.field_mode.iter().filter_map(|(location, raw)| {
        let at = below(path, location);
        if *raw == RawShieldMode::Block {
            let message = format!("`{location}` cannot block by itself");
            let help = "leave it out: the mode of the route is for all fields that are not named";
            report.error(at, message, "expected \"detect\" or \"off\"", help);
            return None;
        }
        report.read(at, location, field::location).map(|location| (location, mode(*raw)))
    });
    let modes: Vec<_> = modes.collect();
    (modes.len() == raw.field_mode.len()).then_some(modes)
}

fn mode(raw: RawShieldMode) -> ShieldMode {
    match raw {
        RawShieldMode::Off => ShieldMode::Off,
        RawShieldMode::Detect => ShieldMode::Detect,
        RawShieldMode::Block => ShieldMode::Block,
    }
}

/// The schema has checked the number.
fn level(number: u8) -> Level {
    Level::new(number).unwrap_or(Level::DEFAULT)
}

fn hold(text: &str) -> Result<usize, Mistake> {
    match values::size(text)? {
        size if (MIN_HOLD..=MAX_HOLD as u64).contains(&size) => Ok(size as usize),
        _ => Err(Mistake::new("a size out of range", "expected 1KiB to 4MiB: that much memory a connection")),
    }
}

fn audit_size(text: &str) -> Result<u64, Mistake> {
    match values::size(text)? {
        size if (4 << 10..=64 << 30).contains(&size) => Ok(size),
        _ => Err(Mistake::new("a size out of range", "expected 4KiB to 64GiB")),
    }
}

fn audit(text: &str) -> Option<Audit> {
    match text {
        "" => None,
        "-" => Some(Audit::Stdout),
        path => Some(Audit::File(PathBuf::from(path))),
    }
}

/// A route may only name services that exist.
pub(super) fn check_services(shield: &Shield, services: &[Service], report: &mut Report<'_>) {
    for route in &shield.routes {
        for (index, name) in route.services.iter().enumerate() {
            if services.iter().any(|service| service.name == *name) {
                continue;
            }
            let help = closest(name, services.iter().map(|s| s.name.as_str()));
            let help = help.map_or("name one of the services, or none".to_owned(), |near| {
                format!("did you mean \"{near}\"?")
            });
            let path = format!("shield.route.{}.services[{index}]", route.name);
            report.error(path, format!("there is no service `{name}`"), "unknown service", &help);
        }
    }
}
