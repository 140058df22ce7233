//! Who is always admitted and who never is.
//!
//! Main type: [`Lists`]. It does not know limits; a standing is asked for before anything is charged.

use crate::Key;
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// How many entries the lists may have together.
pub const ENTRIES_MAX: usize = 10_000;

/// What the lists say of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Standing {
    /// Nothing: limits decide.
    #[default]
    Unlisted,
    /// Admitted; no limit is charged.
    Allowed,
    /// Refused, with 403.
    Denied,
}

/// One entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Listed {
    /// All clients of a network.
    Network(IpNet),
    /// One key.
    Key(Key),
}

/// Why there are no such lists. Correct the configuration; a retry does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// More than [`ENTRIES_MAX`].
    #[error("expected at most 10000 entries in the allow and deny lists")]
    TooMany,
}

/// An allow and a deny list.
///
/// Of several networks that hold an address, the smallest decides: a network can be denied but for a part of it. Otherwise,
/// and for the same network or key on both lists, a denial decides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lists {
    /// By length of prefix, the longest first.
    networks: Vec<(u8, BTreeMap<IpNet, Standing>)>,
    keys: BTreeMap<Key, Standing>,
}

impl Lists {
    /// From the entries of both lists. IPv4-mapped networks count as IPv4.
    ///
    /// # Errors
    /// [`ListError::TooMany`].
    pub fn new(
        allow: impl IntoIterator<Item = Listed>,
        deny: impl IntoIterator<Item = Listed>,
    ) -> Result<Self, ListError> {
        let allow = allow.into_iter().map(|entry| (entry, Standing::Allowed));
        let deny = deny.into_iter().map(|entry| (entry, Standing::Denied));
        let mut lists = Self::default();
        for (at, (entry, standing)) in allow.chain(deny).enumerate() {
            if at == ENTRIES_MAX {
                return Err(ListError::TooMany);
            }
            lists.insert(entry, standing);
        }
        lists.networks.sort_by_key(|(prefix, _)| std::cmp::Reverse(*prefix));
        Ok(lists)
    }

    /// What the lists say of a client with this address and this key, as far as they are known.
    #[must_use]
    pub fn standing(&self, address: Option<IpAddr>, key: Option<&Key>) -> Standing {
        let by_address = address.map(|address| self.of_address(address.to_canonical()));
        let by_key = key.and_then(|key| self.keys.get(key).copied());
        by_address.unwrap_or_default().max(by_key.unwrap_or_default())
    }

    fn of_address(&self, address: IpAddr) -> Standing {
        let listed = |(prefix, networks): &(u8, BTreeMap<IpNet, Standing>)| {
            let network = IpNet::new(address, *prefix).ok()?.trunc();
            networks.get(&network).copied()
        };
        self.networks.iter().find_map(listed).unwrap_or_default()
    }

    /// What is denied later stands above what was allowed.
    fn insert(&mut self, entry: Listed, standing: Standing) {
        match entry {
            Listed::Key(key) => _ = self.keys.insert(key, standing),
            Listed::Network(network) => {
                let network = canonical(network);
                let prefix = network.prefix_len();
                let at = self.networks.iter().position(|(known, _)| *known == prefix).unwrap_or_else(|| {
                    self.networks.push((prefix, BTreeMap::new()));
                    self.networks.len() - 1
                });
                self.networks[at].1.insert(network, standing);
            }
        }
    }
}

/// Without host bits, and as IPv4 if it is within `::ffff:0:0/96`.
fn canonical(network: IpNet) -> IpNet {
    let v4_prefix = network.prefix_len().checked_sub(96);
    match (network.addr(), network.addr().to_canonical(), v4_prefix) {
        (IpAddr::V6(_), v4 @ IpAddr::V4(_), Some(prefix)) => IpNet::new(v4, prefix).unwrap_or(network),
        _ => network,
    }
    .trunc()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nets(texts: &[&str]) -> Vec<Listed> {
        texts.iter().map(|text| Listed::Network(text.parse().unwrap())).collect()
    }

    #[test]
    fn the_smallest_network_decides() {
        let lists = Lists::new(
            nets(&[
                "10.1.0.0/16",
                "192.0.2.7/32",
                "2001:db8::/32",
                "::ffff:198.51.100.0/120",
                "203.0.113.0/24",
            ]),
            nets(&["10.0.0.0/8", "10.1.2.0/24", "2001:db8:1::/48", "203.0.113.99/24"]),
        )
        .unwrap();
        for (address, expect) in [
            ("10.2.0.1", Standing::Denied),
            ("10.1.0.1", Standing::Allowed),
            ("10.1.2.3", Standing::Denied),
            ("::ffff:10.1.0.1", Standing::Allowed),
            ("192.0.2.7", Standing::Allowed),
            ("192.0.2.8", Standing::Unlisted),
            ("198.51.100.9", Standing::Allowed),
            ("2001:db8::1", Standing::Allowed),
            ("2001:db8:1::1", Standing::Denied),
            ("2001:db9::1", Standing::Unlisted),
            ("203.0.113.1", Standing::Denied),
        ] {
            assert_eq!(lists.standing(Some(address.parse().unwrap()), None), expect, "{address}");
        }
    }

    #[test]
    fn a_denial_by_address_or_key_decides() {
        let key = |text| Key::new(text).unwrap();
        let lists = Lists::new(
            [Listed::Key(key("good")), Listed::Key(key("both"))].into_iter().chain(nets(&["192.0.2.0/24"])),
            [Listed::Key(key("bad")), Listed::Key(key("both"))].into_iter().chain(nets(&["10.0.0.0/8"])),
        )
        .unwrap();
        for (address, name, expect) in [
            ("10.0.0.1", "good", Standing::Denied),
            ("192.0.2.1", "bad", Standing::Denied),
            ("192.0.2.1", "other", Standing::Allowed),
            ("203.0.113.1", "good", Standing::Allowed),
            ("203.0.113.1", "both", Standing::Denied),
            ("203.0.113.1", "other", Standing::Unlisted),
        ] {
            let standing = lists.standing(Some(address.parse().unwrap()), Some(&key(name)));
            assert_eq!(standing, expect, "{address} {name}");
        }
        assert_eq!(lists.standing(None, None), Standing::Unlisted);
    }

    #[test]
    fn more_entries_than_allowed_are_refused() {
        let entries = |n: u32| (0..n).map(|i| Listed::Network(IpNet::from(IpAddr::from(i.to_be_bytes()))));
        assert!(Lists::new(entries(5_000), entries(5_000)).is_ok());
        assert_eq!(Lists::new(entries(5_000), entries(5_001)), Err(ListError::TooMany));
    }

    proptest! {
        /// As a walk over all entries would say.
        #[test]
        fn the_search_agrees_with_a_walk(
            entries in prop::collection::vec((any::<[u8; 2]>(), 0u8..=16, any::<bool>()), 0..40), asked: [u8; 2],
        ) {
            let address = |[a, b]: [u8; 2]| IpAddr::from([a, b, 0, 0]);
            let net = |bytes, prefix| IpNet::new(address(bytes), prefix).unwrap();
            let listed = |wanted| {
                let chosen = entries.iter().filter(move |(.., denied)| *denied == wanted);
                chosen.map(|(bytes, prefix, _)| Listed::Network(net(*bytes, *prefix))).collect::<Vec<_>>()
            };
            let lists = Lists::new(listed(false), listed(true)).unwrap();
            let asked = address(asked);
            let holding = entries.iter().filter(|(bytes, prefix, _)| net(*bytes, *prefix).contains(&asked));
            let expect = holding.map(|(_, prefix, denied)| (*prefix, *denied)).max().map_or(
                Standing::Unlisted,
                |(_, denied)| if denied { Standing::Denied } else { Standing::Allowed },
            );
            prop_assert_eq!(lists.standing(Some(asked), None), expect);
        }
    }
}
