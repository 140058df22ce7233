//! Which changes a hot reload cannot make.

use super::checked::{Config, Listener};

/// The keys that differ and are only read at start, in the order of the file; empty when a reload can take
/// over everything. Services, limits, drain times and what a listener allows are hot; the bounds on heads and silence
/// hold for connections that are opened after the reload.
pub fn diff_needs_restart(old: &Config, new: &Config) -> Vec<String> {
    let mut keys = Vec::new();
    let mut differ = |key: &str, differs: bool| {
        if differs {
            keys.push(key.to_owned());
        }
    };
    for listener in &new.listeners {
        let path = format!("listen.{}", listener.name);
        match find(old, listener) {
            None => differ(&path, true),
            Some(before) => {
                differ(&format!("{path}.address"), before.address != listener.address);
                differ(
                    &format!("{path}.max_connections"),
                    before.max_connections != listener.max_connections,
                );
            }
        }
    }
    for gone in old.listeners.iter().filter(|listener| find(new, listener).is_none()) {
        differ(&format!("listen.{}", gone.name), true);
    }
    differ("admin.address", old.admin != new.admin);
    differ("store", old.store != new.store);
    differ("metrics.prometheus", old.metrics != new.metrics);
    differ("log.level", old.log.level != new.log.level);
    differ("log.format", old.log.format != new.log.format);
    differ("access_log", old.access_log != new.access_log);
    differ("workers", old.workers != new.workers);
    differ("state_dir", old.state_dir != new.state_dir);
    keys
}

fn find<'a>(config: &'a Config, listener: &Listener) -> Option<&'a Listener> {
    config.listeners.iter().find(|candidate| candidate.name == listener.name)
}
