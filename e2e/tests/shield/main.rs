//! The shield through the real gateway: what is refused, what is recorded, and how a false alarm is let pass.

mod audit;
mod bodies;
mod changes;
mod hostile;
mod modes;
mod operations;
mod report;
mod rules;

use e2e::{Config, Gateway, Signal, Upstream, eventually};

/// What everybody tries first.
const ATTACK: &str = "/search?q=%27%20OR%201%3D1%20--";

fn config(upstream: &Upstream, shield: &str) -> Config {
    Config::to(&[upstream]).top(shield)
}

fn gateway(upstream: &Upstream, shield: &str) -> Gateway {
    Gateway::start(&config(upstream, shield))
}

fn reload(gateway: &Gateway, config: &Config) {
    let reloads = || gateway.log().matches("configuration reloaded").count();
    let before = reloads();
    gateway.rewrite(config);
    gateway.signal(Signal::Hangup);
    eventually("the reload", || (reloads() > before).then_some(()));
}

/// The lines of the audit log, as soon as there are `n`.
fn audit_log(gateway: &Gateway, n: usize) -> Vec<serde_json::Value> {
    let file = gateway.folder().join("state/findings.jsonl");
    eventually(&format!("{n} lines in the audit log"), || {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        (text.lines().count() >= n).then(|| {
            let line = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in {line:?}"));
            text.lines().map(line).collect()
        })
    })
}
