//! What operators do with limits, and the boxes of bans and grants behind it.
//!
//! Main types: [`Boxes`] and the calls of [`Limiter`] that list, show, reset, grant and ban. Names of limits and keys come from
//! people, so an unknown one is a `None`.

use super::Limiter;
use poundlock_limit::{Ban, BanRule, Bans, Budget, Decision, Facts, Grant, Grants, Key, LimitId, Micros};
use poundlock_store::limits::StoreError;
use serde::Serialize;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Keys that are banned or on the way there, over all limits.
const BANS_MAX: NonZeroUsize = NonZeroUsize::new(100_000).expect("not zero");
/// Burst grants at once, over all limits.
const GRANTS_MAX: NonZeroUsize = NonZeroUsize::new(10_000).expect("not zero");

/// A ban in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BanEntry {
    /// Of which limit.
    pub limit: String,
    /// Who.
    pub key: String,
    /// Until when, in seconds since the Unix epoch.
    pub until: u64,
}

/// A burst grant in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GrantEntry {
    /// Under which limit.
    pub limit: String,
    /// To whom.
    pub key: String,
    /// Tokens beyond the burst.
    pub extra: u64,
    /// Until when, in seconds since the Unix epoch.
    pub until: u64,
}

/// Bans and grants. Each is behind a lock that is taken only while there is something in it.
pub(super) struct Boxes {
    bans: Mutex<Bans>,
    banned: AtomicUsize,
    grants: Mutex<Grants>,
    granted: AtomicUsize,
}

impl Default for Boxes {
    fn default() -> Self {
        Self {
            bans: Mutex::new(Bans::new(BANS_MAX)),
            banned: AtomicUsize::new(0),
            grants: Mutex::new(Grants::new(GRANTS_MAX)),
            granted: AtomicUsize::new(0),
        }
    }
}

impl Boxes {
    pub(super) fn banned(&self, limit: LimitId, key: &Key, now: Micros) -> Option<Micros> {
        if self.banned.load(Ordering::Relaxed) == 0 {
            return None;
        }
        locked(&self.bans).banned(limit, key, now)
    }

    pub(super) fn extra(&self, limit: LimitId, key: &Key, now: Micros) -> u64 {
        if self.granted.load(Ordering::Relaxed) == 0 {
            return 0;
        }
        locked(&self.grants).extra(limit, key, now)
    }

    pub(super) fn denied(&self, limit: LimitId, key: &Key, rule: BanRule, now: Micros) {
        self.change_bans(|bans| _ = bans.denied(limit, key, rule, now));
    }

    /// The same bans and grants under other numbers; those of limits that are gone go too.
    pub(super) fn renumbered(&self, next: impl Fn(LimitId) -> Option<LimitId>, now: Micros) -> Self {
        let boxes = Self::default();
        for Ban { limit, key, until } in locked(&self.bans).list(now) {
            if let Some(limit) = next(limit) {
                boxes.change_bans(|bans| bans.ban(Ban { limit, key, until }));
            }
        }
        for grant in locked(&self.grants).list(now) {
            if let Some(limit) = next(grant.limit) {
                boxes.change_grants(|grants| grants.grant(Grant { limit, ..grant }));
            }
        }
        boxes
    }

    fn change_bans<T>(&self, change: impl FnOnce(&mut Bans) -> T) -> T {
        let mut bans = locked(&self.bans);
        let result = change(&mut bans);
        self.banned.store(bans.len(), Ordering::Relaxed);
        result
    }

    fn change_grants<T>(&self, change: impl FnOnce(&mut Grants) -> T) -> T {
        let mut grants = locked(&self.grants);
        let result = change(&mut grants);
        self.granted.store(grants.len(), Ordering::Relaxed);
        result
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Limiter {
    /// The number of the limit of this name.
    pub fn find(&self, limit: &str) -> Option<LimitId> {
        super::position(&self.rules, limit)
    }

    /// The key of a limit that people mean: as a request would bring it, where it is made of one part, or as it is listed.
    pub fn key(&self, limit: LimitId, text: &str) -> Option<Key> {
        let spec = &self.rules.get(usize::from(limit.0))?.limit.key;
        match spec.parts() {
            [_] if !text.starts_with('#') => spec.make(&Said(text)).or_else(|| Key::new(text)),
            _ => Key::new(text),
        }
    }

    /// Until when a key is banned, in seconds since the Unix epoch.
    pub fn banned(&self, limit: LimitId, key: &Key) -> Option<u64> {
        self.boxes.banned(limit, key, self.now()).map(|until| until.0 / Micros::SECOND)
    }

    /// The rules, in the order of their numbers.
    pub fn rules(&self) -> &[super::Rule] {
        &self.rules
    }

    /// What a key could do now under each budget of a limit's own terms; charges nothing.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn peek(&self, limit: LimitId, key: Key) -> Result<Vec<Decision>, StoreError> {
        let now = self.now();
        let mut decisions = Vec::new();
        for budget in self.own_budgets(limit, key, now) {
            decisions.push(self.budgets.peek(limit, &key, budget, now).await?);
        }
        Ok(decisions)
    }

    /// Charges a key under a limit's own terms, as a request would: for applications that ask by name.
    pub async fn check(&self, limit: LimitId, key: Key, cost: u64) -> poundlock_store::limits::Outcome {
        let now = self.now();
        let charge = |budget| poundlock_limit::Charge { limit, key, budget, cost };
        let charges: Vec<_> = self.own_budgets(limit, key, now).into_iter().map(charge).collect();
        self.budgets.decide(&charges, now).await
    }

    /// Forgets what a key has spent, and that it was banned.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn reset(&self, limit: LimitId, key: Key) -> Result<(), StoreError> {
        self.unban(limit, &key);
        self.budgets.reset(limit, &key).await
    }

    /// Lets a key spend `extra` tokens beyond the burst, for a time.
    pub fn grant(&self, limit: LimitId, key: Key, extra: u64, lasts: Duration) {
        let until = self.now().after(micros(lasts));
        self.boxes.change_grants(|grants| grants.grant(Grant { limit, key, extra, until }));
    }

    /// Ends a grant before its time; says whether there was one.
    pub fn revoke(&self, limit: LimitId, key: &Key) -> bool {
        self.boxes.change_grants(|grants| grants.revoke(limit, key))
    }

    /// Shuts a key out, for a time.
    pub fn ban(&self, limit: LimitId, key: Key, lasts: Duration) {
        let until = self.now().after(micros(lasts));
        self.boxes.change_bans(|bans| bans.ban(Ban { limit, key, until }));
    }

    /// Lets a key in again; says whether it was shut out.
    pub fn unban(&self, limit: LimitId, key: &Key) -> bool {
        let now = self.now();
        self.boxes.change_bans(|bans| bans.unban(limit, key, now))
    }

    /// The bans in force, at most `most`.
    pub fn bans(&self, most: usize) -> Vec<BanEntry> {
        let entry = |ban: Ban| BanEntry {
            limit: self.name(ban.limit).to_string(),
            key: ban.key.to_string(),
            until: ban.until.0 / Micros::SECOND,
        };
        locked(&self.boxes.bans).list(self.now()).take(most).map(entry).collect()
    }

    /// The grants in force, at most `most`.
    pub fn grants(&self, most: usize) -> Vec<GrantEntry> {
        let entry = |grant: Grant| GrantEntry {
            limit: self.name(grant.limit).to_string(),
            key: grant.key.to_string(),
            extra: grant.extra,
            until: grant.until.0 / Micros::SECOND,
        };
        locked(&self.boxes.grants).list(self.now()).take(most).map(entry).collect()
    }

    fn own_budgets(&self, limit: LimitId, key: Key, now: Micros) -> Vec<Budget> {
        let Some(rule) = self.rules.get(usize::from(limit.0)) else { return Vec::new() };
        let extra = self.boxes.extra(limit, &key, now);
        let terms = rule.limit.plans.default_terms();
        poundlock_limit::charges(limit, key, terms, 0, extra, now).map(|charge| charge.budget).collect()
    }
}

/// Whatever a key asks for is this text.
struct Said<'a>(&'a str);

impl Facts for Said<'_> {
    fn ip(&self) -> Option<IpAddr> {
        self.0.split('/').next()?.parse().ok()
    }

    fn header(&self, _: &str) -> Option<&[u8]> {
        Some(self.0.as_bytes())
    }

    fn cookie(&self, _: &str) -> Option<&[u8]> {
        Some(self.0.as_bytes())
    }

    fn token(&self) -> Option<&[u8]> {
        None
    }

    fn route(&self) -> Option<&str> {
        Some(self.0)
    }

    fn service(&self) -> Option<&str> {
        Some(self.0)
    }

    fn method(&self) -> Option<&str> {
        Some(self.0)
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
