//! Finds the addresses behind the names of upstreams, off the request path.
//!
//! Main type: [`Names`]. A name that cannot be resolved keeps the addresses it had.

use crate::config::{Config, Host, Upstream};
use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::timeout;

/// How long one look-up may take.
const LOOKUP: Duration = Duration::from_secs(2);
/// Addresses of one name that become instances.
const MAX_ADDRESSES: usize = 256;

/// The addresses known now, by upstream.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Names {
    known: HashMap<Upstream, Vec<SocketAddr>>,
}

impl Names {
    /// The addresses of an upstream, in a stable order.
    pub(super) fn of(&self, upstream: &Upstream) -> &[SocketAddr] {
        self.known.get(upstream).map_or(&[], Vec::as_slice)
    }

    /// Looks up every name that the configuration uses, and forgets the others.
    pub(super) async fn refresh(&mut self, config: &Config) {
        let mut now = HashMap::new();
        for upstream in config.services.iter().flat_map(|service| &service.to) {
            let addresses = match &upstream.host {
                Host::Ip(ip) => vec![SocketAddr::new(*ip, upstream.port)],
                Host::Name(name) => match look_up(name, upstream.port).await {
                    Ok(addresses) => addresses,
                    Err(error) => {
                        tracing::warn!(name, error, "cannot resolve the name of an upstream");
                        self.of(upstream).to_vec()
                    }
                },
            };
            now.insert(upstream.clone(), addresses);
        }
        self.known = now;
    }
}

async fn look_up(name: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    let found = timeout(LOOKUP, tokio::net::lookup_host((name, port)))
        .await
        .map_err(|_| format!("no answer within {LOOKUP:?}"))?
        .map_err(|error| error.to_string())?;
    // `localhost` is both ::1 and 127.0.0.1; a set also gives an order that does not change.
    let addresses: BTreeSet<SocketAddr> = found.take(MAX_ADDRESSES).collect();
    if addresses.is_empty() {
        Err("the name has no address".to_owned())
    } else {
        Ok(addresses.into_iter().collect())
    }
}
