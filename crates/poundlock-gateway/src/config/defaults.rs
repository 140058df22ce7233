//! The defaults that depend on the machine or on what else is set, so that the schema cannot state them.

use std::collections::BTreeMap;
use std::thread::available_parallelism;

use serde_json::Value;

use super::raw::{DEFAULT_LISTENER, MAX_WORKERS};
use super::tree::{Content, Node, Origin};

/// Adds `workers`, `state_dir`, `shield.mode` and the listener `http` where nobody set them.
pub(super) fn fill_in(root: &mut Node, env: &BTreeMap<String, String>) {
    if is_unset(root, "workers") {
        let cpus = available_parallelism().map_or(1, |cpus| cpus.get().min(MAX_WORKERS as usize));
        set(root, &["workers"], Value::from(cpus));
    }
    if is_unset(root, "state_dir") {
        set(root, &["state_dir"], Value::from(state_dir(env)));
    }
    if root.get("shield").is_none_or(|shield| is_unset(shield, "mode")) {
        // Whoever writes about the shield wants it to look; nobody else pays for it.
        let mode = if root.get("shield").is_some() { "detect" } else { "off" };
        set(root, &["shield", "mode"], Value::from(mode));
    }
    if root.get("listen").is_none_or(|listen| listen.table().next().is_none()) {
        set(root, &["listen", DEFAULT_LISTENER], Value::Object(serde_json::Map::new()));
    }
}

/// systemd's `StateDirectory=`, else the XDG base directories (specification 0.8), else the FHS.
fn state_dir(env: &BTreeMap<String, String>) -> String {
    let get = |name: &str| env.get(name).filter(|value| !value.is_empty());
    // systemd separates several folders by colons; the first is ours.
    let systemd = get("STATE_DIRECTORY").and_then(|folders| folders.split(':').next()).map(str::to_owned);
    systemd
        .or_else(|| get("XDG_STATE_HOME").map(|state| format!("{state}/poundlock")))
        .or_else(|| get("HOME").map(|home| format!("{home}/.local/state/poundlock")))
        .unwrap_or_else(|| "/var/lib/poundlock".to_owned())
}

fn is_unset(root: &Node, key: &str) -> bool {
    root.get(key).is_none_or(|node| node.content == Content::Scalar(Value::from("")))
}

fn set(root: &mut Node, path: &[&str], value: Value) {
    let path: Vec<_> = path.iter().map(|&key| key.to_owned()).collect();
    root.set(&path, Node::from_json(value, &Origin::Default));
}
