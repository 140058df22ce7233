//! Limits that nodes share, in Redis or Valkey.
//!
//! Main type: [`RedisLimits`]. One script decides all charges of a request, and all requests that came while the server
//! was busy, in one call. It knows when the server cannot be asked, and says so at once; what a request is answered
//! then, its caller decides.

mod config;
mod denials;
mod driver;
mod leases;
mod link;
mod names;
mod scan;
mod script;
mod server;

pub use config::{Clock, RedisConfig, SharedLimit, Sharing};
pub use leases::LEASE_TIME;
pub use link::Health;

use crate::limits::{LimitStore, Page, StoreError};
use arc_swap::ArcSwapOption;
use denials::Denials;
use driver::{Driver, Job, Shared};
use leases::{Asking, Leases, Payment};
use link::Link;
use names::Names;
use poundlock_limit::{Budget, Charge, Decision, Key, LimitId, MAX_CHARGES, Micros, Verdict};
use script::{Answer, Ask, Op};
use smallvec::SmallVec;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot, watch};

/// Budgets in Redis or Valkey, shared by all nodes that use the same prefix. Clones share one connection, and can be
/// used from any thread whose runtime has a timer.
///
/// Admitted ≤ burst + rate × time over all nodes, in strict mode in any span of time; see [`Sharing`].
#[derive(Clone)]
pub struct RedisLimits {
    shared: Arc<Shared>,
    /// Of the configuration that this handle is for.
    names: Arc<Names>,
    jobs: mpsc::Sender<Job>,
    denials: Arc<Denials>,
    leases: Arc<Leases>,
}

impl RedisLimits {
    /// Starts the task that keeps the connection, on this runtime; it ends with the last clone. Does not wait for the
    /// server.
    ///
    /// # Errors
    /// When the URL is none.
    pub fn start(
        config: RedisConfig,
        limits: &[SharedLimit],
        runtime: &tokio::runtime::Handle,
    ) -> Result<Self, StoreError> {
        let client = redis::Client::open(&*config.url).map_err(|e| StoreError::Failed(e.to_string()))?;
        let (sender, jobs) = mpsc::channel(config.queue.max(1));
        let (denials, leases) = (Denials::new(config.denials), Leases::new(config.leases));
        let names = Arc::new(Names::new(&config.prefix, limits));
        let shared = Shared { config, link: Link::new(), server: ArcSwapOption::empty() };
        let shared = Arc::new(shared);
        let driver = Driver { shared: shared.clone(), client, jobs, node: fastrand::u64(..) };
        runtime.spawn(driver.run());
        Ok(Self { shared, names, jobs: sender, denials: Arc::new(denials), leases: Arc::new(leases) })
    }

    /// The same store for another list of limits. What keys have spent is found again under the limits' names. This handle
    /// goes on with its own list: requests that have begun under it are charged to what they meant.
    #[must_use]
    pub fn reconfigured(&self, limits: &[SharedLimit]) -> Self {
        let config = &self.shared.config;
        Self {
            names: Arc::new(Names::new(&config.prefix, limits)),
            // What is remembered is by place in the list.
            denials: Arc::new(Denials::new(config.denials)),
            leases: Arc::new(Leases::new(config.leases)),
            ..self.clone()
        }
    }

    /// Whether the server answers, now and whenever that changes.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<Health> {
        self.shared.link.watch()
    }

    /// How many nodes have lately been seen to use the server, this one included.
    #[must_use]
    pub fn nodes(&self) -> u32 {
        self.shared.link.nodes()
    }

    /// About `count` keys of a limit, from a cursor of 0 or of the page before.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn scan(&self, limit: LimitId, cursor: u64, count: usize) -> Result<Page, StoreError> {
        let server = self.shared.server.load_full().ok_or(StoreError::Open)?;
        scan::scan(&server, &self.names, limit, cursor, count).await
    }

    /// Hands an operation to the driver and waits for what comes of it, for as long as the deadline allows.
    async fn ask(&self, op: Op, now: Micros) -> Result<Answer, StoreError> {
        let generation = self.shared.link.closed().ok_or(StoreError::Open)?;
        let (reply, answer) = oneshot::channel();
        self.jobs.try_send(Job { op, names: self.names.clone(), now, reply }).map_err(|error| {
            StoreError::Failed(match error {
                mpsc::error::TrySendError::Full(_) => "too many requests wait for it".to_owned(),
                mpsc::error::TrySendError::Closed(_) => "it was shut down".to_owned(),
            })
        })?;
        match tokio::time::timeout(self.shared.config.deadline, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(StoreError::Failed("the connection was given up".to_owned())),
            Err(_) => {
                self.shared.link.give_up(generation);
                Err(StoreError::Timeout)
            }
        }
    }

    /// Pays from leases what can be paid, asks the server for the rest.
    async fn settle(&self, charges: &[Charge], now: Micros, began: Instant) -> Result<Verdict, StoreError> {
        let mut paid: SmallVec<[Option<Decision>; 4]> = SmallVec::new();
        let (mut asks, mut asking) = (SmallVec::new(), Asking::new(&self.leases));
        for charge in charges {
            let payment = match self.names.sharing(charge.limit) {
                Sharing::Leased => self.leases.pay(charge, began),
                Sharing::Strict => Payment::Ask(0),
            };
            if let Payment::Ask(want) = payment {
                asks.push(Ask { charge: *charge, want });
                if want > 0 {
                    asking.push(*charge);
                }
            }
            paid.push(if let Payment::Paid(decision) = payment { Some(decision) } else { None });
        }
        if asks.is_empty() {
            return Ok(Verdict { decisions: paid.into_iter().flatten().collect() });
        }
        let result = self.ask(Op::Decide(asks.clone()), now).await;
        let admitted = result.as_ref().is_ok_and(|answer| answer.verdict.admitted());
        if !admitted {
            let unspent = charges.iter().zip(&paid).filter(|(_, paid)| paid.is_some());
            unspent.for_each(|(charge, _)| self.leases.give_back(charge));
        }
        let answer = result?;
        let filled = asks.iter().zip(&answer.verdict.decisions).zip(&answer.prepaid);
        for ((ask, decision), prepaid) in filled.filter(|((ask, _), _)| ask.want > 0) {
            self.leases.fill(&ask.charge, *prepaid, decision, Instant::now());
        }
        let mut asked = answer.verdict.decisions.into_iter();
        Ok(Verdict { decisions: paid.into_iter().filter_map(|paid| paid.or_else(|| asked.next())).collect() })
    }
}

impl LimitStore for RedisLimits {
    async fn decide(&self, charges: &[Charge], now: Micros) -> Result<Verdict, StoreError> {
        self.shared.link.closed().ok_or(StoreError::Open)?;
        if charges.is_empty() {
            return Ok(Verdict::default());
        }
        if charges.len() > MAX_CHARGES {
            return Err(StoreError::Failed(format!("more than {MAX_CHARGES} charges")));
        }
        let began = Instant::now();
        if let Some(denied) = self.denials.find(charges, began) {
            return Ok(denied);
        }
        let verdict = self.settle(charges, now, began).await?;
        if !verdict.admitted() {
            self.denials.remember(charges, &verdict, began, Instant::now());
        }
        Ok(verdict)
    }

    async fn adjust(
        &self,
        limit: LimitId,
        key: &Key,
        budget: Budget,
        amount: i64,
        now: Micros,
    ) -> Result<(), StoreError> {
        let charge = Charge { limit, key: *key, budget, cost: 0 };
        self.ask(Op::Adjust(charge, amount), now).await?;
        self.denials.forget(limit, key);
        Ok(())
    }

    async fn peek(
        &self,
        limit: LimitId,
        key: &Key,
        budget: Budget,
        now: Micros,
    ) -> Result<Decision, StoreError> {
        let charge = Charge { limit, key: *key, budget, cost: 0 };
        let asks = SmallVec::from_iter([Ask { charge, want: 0 }]);
        let answer = self.ask(Op::Decide(asks), now).await?;
        let nothing = || StoreError::Failed("the answer makes no sense".to_owned());
        answer.verdict.decisions.first().copied().ok_or_else(nothing)
    }

    async fn reset(&self, limit: LimitId, key: &Key) -> Result<(), StoreError> {
        let server = self.shared.server.load_full().ok_or(StoreError::Open)?;
        let unknown = || StoreError::Failed("unknown limit".to_owned());
        let keys = self.names.prefixes(limit).ok_or_else(unknown)?.map(|name| [name, key.as_str()].concat());
        self.leases.forget(limit, key);
        let delete = redis::cmd("UNLINK").arg(&keys).clone();
        let _deleted: u64 = server::within(self.shared.config.deadline, server.ask(&delete)).await?;
        self.denials.forget(limit, key);
        Ok(())
    }
}

impl std::fmt::Debug for RedisLimits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisLimits").field("prefix", &self.shared.config.prefix).finish_non_exhaustive()
    }
}
