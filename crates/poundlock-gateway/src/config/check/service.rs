//! Checks services, each alone and all together.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use super::Report;
use super::listener::overlap;
use super::throttle;
use crate::config::checked::{Balance, HealthCheck, Listener, PoolLimits, Retry, Service, Timeouts};
use crate::config::raw::{RawBalance, RawHealth, RawPool, RawRetry, RawService, RawTimeouts};
use crate::config::suggest::closest;
use crate::config::values::{self, Host, HostPattern, Mistake, Percent, Upstream};

pub(super) fn check(raw: &BTreeMap<String, RawService>, report: &mut Report<'_>) -> Option<Vec<Service>> {
    let services: Vec<_> = raw.iter().filter_map(|(name, raw)| service(name, raw, report)).collect();
    if raw.is_empty() && !report.knows("service") {
        report.error(
            "service".to_owned(),
            "no service to send requests to".to_owned(),
            "expected at least one `[service.NAME]`",
            "add `[service.api]` with `to = [\"127.0.0.1:3000\"]`, or start with `--to 127.0.0.1:3000`",
        );
    }
    check_hosts(&services, report);
    (services.len() == raw.len()).then_some(services)
}

fn service(name: &str, raw: &RawService, report: &mut Report<'_>) -> Option<Service> {
    let at = |key: &str| format!("service.{name}.{key}");
    let hosts = report.read_all(&at("hosts"), &raw.hosts, HostPattern::parse);
    let to = report.read_all(&at("to"), &raw.to, Upstream::parse);
    if raw.to.is_empty() {
        report.error(
            at("to"),
            format!("service `{name}` has no upstream"),
            "expected `to` with at least one host:port",
            "add `to = [\"127.0.0.1:3000\"]`",
        );
    }
    let timeout = timeouts(&at("timeout"), &raw.timeout, report);
    let retry = retry(&at("retry"), &raw.retry, report);
    let pool = pool(&at("pool"), &raw.pool, report);
    let health = health(&at("health"), &raw.health, report);
    let throttle = throttle::check(&at("throttle"), &raw.throttle, report);
    let balance = match raw.balance {
        RawBalance::P2c => Balance::P2c,
    };
    Some(Service {
        name: name.to_owned(),
        hosts: hosts?,
        to: to?,
        timeout: timeout?,
        retry: retry?,
        pool: pool?,
        health: health?,
        throttle: throttle?,
        balance,
    })
}

fn timeouts(path: &str, raw: &RawTimeouts, report: &mut Report<'_>) -> Option<Timeouts> {
    let connect = report.read(format!("{path}.connect"), &raw.connect, values::timeout);
    let request = report.read(format!("{path}.request"), &raw.request, values::timeout);
    let idle = report.read(format!("{path}.idle"), &raw.idle, values::timeout);
    let upgraded = report.read(format!("{path}.upgraded"), &raw.upgraded, values::timeout);
    Some(Timeouts { connect: connect?, request: request?, idle: idle?, upgraded: upgraded? })
}

fn retry(path: &str, raw: &RawRetry, report: &mut Report<'_>) -> Option<Retry> {
    let budget = report.read(format!("{path}.budget"), &raw.budget, Percent::parse);
    let methods = report.read_all(&format!("{path}.methods"), &raw.methods, safe_method);
    Some(Retry { attempts: raw.attempts, budget: budget?, methods: methods? })
}

/// A method that changes nothing (RFC 9110 9.2.1), so that sending it twice does no harm.
fn safe_method(text: &str) -> Result<String, Mistake> {
    const SAFE: [&str; 4] = ["GET", "HEAD", "OPTIONS", "TRACE"];
    if SAFE.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(Mistake {
        message: format!("`{text}` cannot be retried"),
        label: "expected GET, HEAD, OPTIONS or TRACE: the others may change something twice".to_owned(),
        help: closest(text, SAFE)
            .filter(|near| near.len() == text.len())
            .map(|near| format!("did you mean \"{near}\"?")),
    })
}

fn pool(path: &str, raw: &RawPool, report: &mut Report<'_>) -> Option<PoolLimits> {
    let idle = report.read(format!("{path}.idle"), &raw.idle, values::timeout);
    Some(PoolLimits {
        max_connections: raw.max_connections as usize,
        max_waiting: raw.max_waiting as usize,
        idle: idle?,
    })
}

fn health(path: &str, raw: &RawHealth, report: &mut Report<'_>) -> Option<HealthCheck> {
    let probe = match &raw.path {
        Some(text) => report.read(format!("{path}.path"), text, probe_path).map(Some),
        None => Some(None),
    };
    let every = report.read(format!("{path}.every"), &raw.every, values::timeout);
    let timeout = report.read(format!("{path}.timeout"), &raw.timeout, values::timeout);
    Some(HealthCheck {
        path: probe?,
        every: every?,
        timeout: timeout?,
        down_after: raw.down_after,
        up_after: raw.up_after,
    })
}

fn probe_path(text: &str) -> Result<String, Mistake> {
    let is_path = text.starts_with('/') && !text.contains('#');
    if is_path && text.parse::<http::uri::PathAndQuery>().is_ok() {
        return Ok(text.to_owned());
    }
    let mistake = Mistake {
        message: "malformed path".to_owned(),
        label: "expected a path such as \"/healthz\"".to_owned(),
        help: None,
    };
    let with_slash = format!("/{text}");
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_.".contains(&b));
    let help = (plain && !text.starts_with('/')).then(|| format!("did you mean \"{with_slash}\"?"));
    Err(Mistake { help, ..mistake })
}

/// A host belongs to one service, and at most one service takes what is left.
fn check_hosts(services: &[Service], report: &mut Report<'_>) {
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    let mut takes_rest: Option<&str> = None;
    for Service { name, hosts, .. } in services {
        for (index, host) in hosts.iter().enumerate() {
            match owners.get(&host.to_string()) {
                Some(owner) if *owner != name => report.error(
                    format!("service.{name}.hosts[{index}]"),
                    format!("services `{owner}` and `{name}` both answer for {host}"),
                    &format!("`service.{owner}` has it already"),
                    "leave it in one of them",
                ),
                _ => drop(owners.insert(host.to_string(), name)),
            }
        }
        let path = format!("service.{name}");
        if !hosts.is_empty() || report.knows(&path) {
            continue;
        }
        match takes_rest {
            Some(first) => report.error(
                path,
                format!("services `{first}` and `{name}` have no `hosts`"),
                "only one service can answer for every other host",
                "add `hosts = [\"api.example.com\"]` to one of them",
            ),
            None => takes_rest = Some(name),
        }
    }
}

/// An upstream must not be one of our own listeners.
pub(super) fn check_loops(services: &[Service], listeners: &[Listener], report: &mut Report<'_>) {
    for service in services {
        for (index, upstream) in service.to.iter().enumerate() {
            let ip = match &upstream.host {
                Host::Ip(ip) => *ip,
                Host::Name(name) if name == "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
                Host::Name(_) => continue,
            };
            let reaches = |listener: &&Listener| {
                let own = listener.address.ip() == ip || ip.is_loopback();
                own && overlap(listener.address, (ip, upstream.port).into())
            };
            if let Some(listener) = listeners.iter().find(reaches) {
                report.error(
                    format!("service.{}.to[{index}]", service.name),
                    format!("{upstream} is Poundlock itself"),
                    &format!("this is where `listen.{}` accepts connections", listener.name),
                    "name the address of the service, or move the listener",
                );
            }
        }
    }
}
