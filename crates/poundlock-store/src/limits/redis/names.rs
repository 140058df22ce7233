//! What budgets are called in Redis: `{poundlock}:<limit>:r:<key>` for a rate, `:q:` for a quota.
//!
//! Main type: [`Names`]. It does not know what is stored under a name.

use super::config::{SharedLimit, Sharing};
use poundlock_limit::{Budget, Key, LimitId};

/// The names of all limits, by their place in the list.
pub(super) struct Names {
    limits: Vec<Name>,
}

struct Name {
    rate: String,
    quota: String,
    sharing: Sharing,
}

impl Names {
    pub(super) fn new(prefix: &str, limits: &[SharedLimit]) -> Self {
        let name = |limit: &SharedLimit| {
            // A colon in a name could make two limits' keys meet.
            let name = limit.def.name.replace('%', "%25").replace(':', "%3A");
            let named = |kind| format!("{{{prefix}}}:{name}:{kind}:");
            Name { rate: named('r'), quota: named('q'), sharing: limit.sharing }
        };
        Self { limits: limits.iter().map(name).collect() }
    }

    /// Whether this is a limit of the list.
    pub(super) fn has(&self, limit: LimitId) -> bool {
        self.limits.len() > usize::from(limit.0)
    }

    /// How the rate of a limit is shared.
    pub(super) fn sharing(&self, limit: LimitId) -> Sharing {
        self.limits.get(usize::from(limit.0)).map_or(Sharing::Strict, |name| name.sharing)
    }

    /// The name of a key's budget; `None` for a limit that is not in the list.
    pub(super) fn key(&self, limit: LimitId, budget: Budget, key: &Key) -> Option<String> {
        let [rate, quota] = self.prefixes(limit)?;
        let prefix = if matches!(budget, Budget::Rate(_)) { rate } else { quota };
        Some([prefix, key.as_str()].concat())
    }

    /// What the names of a limit's rates and quotas begin with.
    pub(super) fn prefixes(&self, limit: LimitId) -> Option<[&str; 2]> {
        self.limits.get(usize::from(limit.0)).map(|name| [&*name.rate, &*name.quota])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::LimitDef;
    use poundlock_limit::{Gcra, Micros, Window};
    use std::{num::NonZeroU64, time::Duration};

    #[test]
    fn names_of_different_budgets_never_meet() {
        let limit = |name: &str| SharedLimit {
            def: LimitDef { name: name.to_owned(), max_keys: 1 },
            sharing: Sharing::Strict,
        };
        let names = Names::new("p", &[limit("a"), limit("a:r:x"), limit("a%3Ar")]);
        let one = NonZeroU64::MIN;
        let rate = Budget::Rate(Gcra::new(one, Duration::from_secs(1), one).unwrap());
        let quota = Budget::Quota(Window { start: Micros(0), end: Micros(1), total: 1 });
        let key = |limit, budget, key| names.key(LimitId(limit), budget, &Key::new(key).unwrap());
        assert_eq!(key(0, rate, "x").as_deref(), Some("{p}:a:r:x"));
        assert_eq!(key(0, quota, "x").as_deref(), Some("{p}:a:q:x"));
        assert_eq!(key(1, rate, "y").as_deref(), Some("{p}:a%3Ar%3Ax:r:y"));
        assert_eq!(key(2, rate, "y").as_deref(), Some("{p}:a%253Ar:r:y"));
        assert_eq!(key(3, rate, "y"), None);
    }
}
