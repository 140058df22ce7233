//! The penalty box: who is denied too often is not even asked for a while.
//!
//! Main types: [`BanRule`] with [`Offence`], the state of one key, and [`Bans`], a bounded box of them. They do not know what a
//! denial was for.

use crate::expiring::Expiring;
use crate::{Key, LimitId, Micros};
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};

/// When a key is banned, and for how long.
///
/// Denials are counted in windows that begin with a denial. So whoever is denied evenly can have up to twice `denials`, less
/// two, in a stretch as long as `within` that spans two windows; whoever has `denials` from the first on is banned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BanRule {
    /// So many denials,
    pub denials: NonZeroU32,
    /// within so many microseconds,
    pub within: NonZeroU64,
    /// ban for so many.
    pub lasts: NonZeroU64,
}

/// What a key has done of late. The default has done nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Offence {
    /// When the present window ends.
    window_end: Micros,
    /// Denials in it.
    denials: u32,
    /// Until when the key is banned.
    until: Micros,
}

/// What happens to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BanEvent {
    /// A limit has denied it. What is refused for a ban is no denial, so that a ban ends.
    Denied,
    /// Somebody bans it until an instant, later or earlier than before.
    Ban(Micros),
    /// Somebody forgives it, its denials too.
    Unban,
}

impl Offence {
    /// Until when the key is banned, if it is.
    #[must_use]
    pub fn banned(self, now: Micros) -> Option<Micros> {
        (self.until > now).then_some(self.until)
    }

    /// The state after an event.
    #[must_use]
    pub fn step(self, rule: BanRule, event: BanEvent, now: Micros) -> Self {
        match event {
            BanEvent::Denied if self.banned(now).is_some() => self,
            BanEvent::Denied => self.denied(rule, now),
            BanEvent::Ban(until) => Self { until, ..Self::default() },
            BanEvent::Unban => Self::default(),
        }
    }

    /// When the state is that of a key that has done nothing.
    fn forgotten_at(self) -> Micros {
        self.window_end.max(self.until)
    }

    fn denied(self, rule: BanRule, now: Micros) -> Self {
        // A window that ends later than one can that begins now was begun by a clock that has been set back.
        let running = now < self.window_end && self.window_end.since(now) <= rule.within.get();
        let (window_end, denials) = match running {
            true => (self.window_end, self.denials.saturating_add(1)),
            false => (now.after(rule.within.get()), 1),
        };
        match denials >= rule.denials.get() {
            true => Self { until: now.after(rule.lasts.get()), ..Self::default() },
            false => Self { window_end, denials, until: Micros(0) },
        }
    }
}

/// A ban that is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ban {
    /// Of which limit.
    pub limit: LimitId,
    /// Who.
    pub key: Key,
    /// Until when.
    pub until: Micros,
}

/// The keys that are banned or on the way there, at most so many. One more makes room by forgetting whoever would be forgotten
/// soonest: with too small a box, a flood of keys shortens bans, and never blocks anybody.
#[derive(Debug, Clone)]
pub struct Bans {
    offences: Expiring<Offence>,
}

impl Bans {
    /// An empty box.
    #[must_use]
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self { offences: Expiring::new(capacity) }
    }

    /// Until when a key of a limit is banned, if it is.
    #[must_use]
    pub fn banned(&self, limit: LimitId, key: &Key, now: Micros) -> Option<Micros> {
        self.offences.get(&(limit, *key), now)?.banned(now)
    }

    /// Counts a denial. Until when the key is banned from now on, if it is.
    pub fn denied(&mut self, limit: LimitId, key: &Key, rule: BanRule, now: Micros) -> Option<Micros> {
        let subject = (limit, *key);
        let before = self.offences.get(&subject, now).unwrap_or_default();
        let after = before.step(rule, BanEvent::Denied, now);
        if after != before {
            self.offences.put(subject, after, after.forgotten_at());
        }
        after.banned(now)
    }

    /// Bans a key until an instant, whatever it has done.
    pub fn ban(&mut self, ban: Ban) {
        let offence = Offence { until: ban.until, ..Offence::default() };
        self.offences.put((ban.limit, ban.key), offence, ban.until);
    }

    /// Forgives a key; says whether it was banned.
    pub fn unban(&mut self, limit: LimitId, key: &Key, now: Micros) -> bool {
        self.offences.remove(&(limit, *key)).is_some_and(|offence| offence.banned(now).is_some())
    }

    /// The bans in force, by limit and key.
    pub fn list(&self, now: Micros) -> impl Iterator<Item = Ban> {
        self.offences.iter(now).filter_map(move |((limit, key), offence)| {
            let until = offence.banned(now)?;
            Some(Ban { limit: *limit, key: *key, until })
        })
    }

    /// Forgets what is over: worth doing now and then, never necessary.
    pub fn sweep(&mut self, now: Micros) {
        self.offences.sweep(now);
    }

    /// How many keys it holds, banned or on the way there.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offences.len()
    }

    /// Whether it holds nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests;
