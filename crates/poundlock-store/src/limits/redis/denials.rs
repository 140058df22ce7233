//! Denials that are known to hold: a key that is hammered costs the server nothing until it may be admitted again.
//!
//! Main type: [`Denials`]. It answers only what the server answered to the same question, or to one that asked for less.

use poundlock_limit::{Budget, Charge, Key, LimitId, Verdict};
use smallvec::SmallVec;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The longest that a denial is remembered: a grant or a reset elsewhere is felt after this.
const LONGEST: Duration = Duration::from_secs(1);
/// Locks that share the keys, so that threads seldom wait for each other.
const SHARDS: usize = 16;

/// Denied requests by the rate that denied them.
pub(super) struct Denials {
    shards: [Mutex<HashMap<(LimitId, Key), Denied>>; SHARDS],
    /// Keys a shard remembers.
    room: usize,
}

struct Denied {
    charges: SmallVec<[Charge; 2]>,
    verdict: Verdict,
    asked: Instant,
    until: Instant,
}

impl Denials {
    pub(super) fn new(keys: usize) -> Self {
        Self { shards: Default::default(), room: keys.div_ceil(SHARDS) }
    }

    /// The denial that a request would get, if it is known.
    pub(super) fn find(&self, charges: &[Charge], now: Instant) -> Option<Verdict> {
        charges.iter().filter(|charge| self.room > 0 && is_rate(charge)).find_map(|charge| {
            let shard = self.shard(&charge.key).lock().ok()?;
            let denied = shard.get(&(charge.limit, charge.key))?;
            (now < denied.until && denied.covers(charge, charges)).then(|| denied.verdict_at(now))
        })
    }

    /// Remembers a denial. `asked` is an instant before the server was asked: counted from there, a denial ends before
    /// the key could have been admitted, never after.
    pub(super) fn remember(&self, charges: &[Charge], verdict: &Verdict, asked: Instant, now: Instant) {
        let rates = charges.iter().zip(&verdict.decisions).filter(|(charge, _)| is_rate(charge));
        let denied = rates.filter(|(_, decision)| !decision.allowed);
        let longest = denied.map(|(charge, decision)| (charge, wait(decision.retry_after)));
        let Some((charge, wait)) = longest.max_by_key(|(_, wait)| *wait).filter(|_| self.room > 0) else {
            return;
        };
        let until = asked + wait;
        let Ok(mut shard) = self.shard(&charge.key).lock() else { return };
        if shard.len() >= self.room {
            shard.retain(|_, denied| now < denied.until);
        }
        if until > now && shard.len() < self.room {
            let denied = Denied { charges: charges.into(), verdict: verdict.clone(), asked, until };
            shard.insert((charge.limit, charge.key), denied);
        }
    }

    /// What was known of a key holds no longer.
    pub(super) fn forget(&self, limit: LimitId, key: &Key) {
        if let Ok(mut shard) = self.shard(key).lock() {
            shard.remove(&(limit, *key));
        }
    }

    fn shard(&self, key: &Key) -> &Mutex<HashMap<(LimitId, Key), Denied>> {
        let sum = key.as_bytes().iter().fold(0_usize, |sum, byte| sum.wrapping_mul(31) + usize::from(*byte));
        &self.shards[sum % SHARDS]
    }
}

impl Denied {
    /// Whether these charges ask for the same, and for no less from the budget that denied.
    fn covers(&self, denier: &Charge, charges: &[Charge]) -> bool {
        self.charges.len() == charges.len()
            && self.charges.iter().zip(charges).all(|(before, now)| {
                let is_denier = (now.limit, now.key) == (denier.limit, denier.key) && is_rate(now);
                let enough = if is_denier { now.cost >= before.cost } else { now.cost == before.cost };
                enough && Charge { cost: before.cost, ..*now } == *before
            })
    }

    /// The verdict as it is some time later, if nobody else spends.
    fn verdict_at(&self, now: Instant) -> Verdict {
        let later = u64::try_from(now.duration_since(self.asked).as_micros()).unwrap_or(u64::MAX);
        let mut verdict = self.verdict.clone();
        for decision in &mut verdict.decisions {
            decision.reset_after = decision.reset_after.saturating_sub(later);
            decision.retry_after = decision.retry_after.map(|wait| wait.saturating_sub(later));
        }
        verdict
    }
}

fn is_rate(charge: &Charge) -> bool {
    matches!(charge.budget, Budget::Rate(_))
}

/// How long a denial holds; one for ever holds as long as any may.
fn wait(retry_after: Option<u64>) -> Duration {
    retry_after.map_or(LONGEST, Duration::from_micros).min(LONGEST)
}

#[cfg(test)]
mod tests;
