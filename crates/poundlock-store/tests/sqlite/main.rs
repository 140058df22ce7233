//! What SQLite keeps: across a restart, a damaged file, a damaged row.
#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

use poundlock_limit::{Budget, Charge, Gcra, Key, LimitId, Micros, Window};
use poundlock_store::limits::sqlite::{OpenError, Opened, SqliteConfig, SqliteQuotas};
use poundlock_store::limits::{LimitDef, Spent, StoreError};
use sqlx::{Connection, SqliteConnection};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const NOW: Micros = Micros(1_800_000_000_000_000);
const DAY: u64 = 86_400 * Micros::SECOND;

struct File(TempDir);

impl File {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("limits.db")
    }

    async fn open_with(&self, names: &[&str], config: SqliteConfig) -> (SqliteQuotas, Opened) {
        let def = |name: &&str| LimitDef { name: name.to_string(), max_keys: 1 };
        let limits: Vec<LimitDef> = names.iter().map(def).collect();
        SqliteQuotas::open(config, &limits).await.unwrap()
    }

    async fn open(&self) -> (SqliteQuotas, Opened) {
        let config = SqliteConfig { deadline: Duration::from_secs(10), ..SqliteConfig::new(self.path()) };
        self.open_with(&["calls", "bytes"], config).await
    }

    /// Runs a statement while no store has the file open.
    async fn execute(&self, statement: &'static str) {
        let mut connection = connect(&self.path()).await;
        sqlx::query(statement).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    async fn number(&self, query: &'static str) -> i64 {
        let mut connection = connect(&self.path()).await;
        let number = sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        number
    }
}

async fn connect(path: &Path) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap()
}

fn quota(key: &str, total: u64, cost: u64) -> Charge {
    let budget = Budget::Quota(Window { start: NOW, end: NOW.after(DAY), total });
    Charge { limit: LimitId(0), key: Key::new(key).unwrap(), budget, cost }
}

async fn admits(store: &SqliteQuotas, charge: Charge) -> bool {
    store.decide(&[charge], NOW).await.unwrap().admitted()
}

async fn remaining(store: &SqliteQuotas, charge: Charge) -> u64 {
    store.peek(charge.limit, &charge.key, charge.budget, NOW).await.unwrap().remaining
}

#[tokio::test]
async fn what_was_used_is_still_used_after_a_restart() {
    let file = File::new();
    let (store, opened) = file.open().await;
    assert_eq!(opened, Opened::default());
    for _ in 0..7 {
        assert!(admits(&store, quota("small", 10, 1)).await);
        assert!(admits(&store, quota("large", 900_000, 1)).await);
    }
    store.close().await.unwrap();
    assert_eq!(file.number("SELECT used FROM quota WHERE key = 'large'").await, 7, "chunks are given back");
    let (store, opened) = file.open().await;
    assert_eq!(opened, Opened::default());
    assert_eq!(remaining(&store, quota("small", 10, 1)).await, 3);
    assert_eq!(remaining(&store, quota("large", 900_000, 1)).await, 899_993);
    store.close().await.unwrap();
    assert!(matches!(store.decide(&[quota("small", 10, 1)], NOW).await, Err(StoreError::Failed(_))));
}

#[tokio::test]
async fn a_store_that_is_dropped_is_closed() {
    let file = File::new();
    let (store, _) = file.open().await;
    assert!(admits(&store, quota("a", 900_000, 5)).await);
    drop(store);
    let began = Instant::now();
    let limits = [LimitDef { name: "calls".to_owned(), max_keys: 1 }];
    let store = loop {
        match SqliteQuotas::open(SqliteConfig::new(file.path()), &limits).await {
            Ok((store, _)) => break store,
            Err(error) => assert!(began.elapsed() < Duration::from_secs(10), "{error}"),
        }
    };
    assert_eq!(remaining(&store, quota("a", 900_000, 0)).await, 899_995);
}

#[tokio::test]
async fn two_processes_do_not_share_a_file() {
    let file = File::new();
    let (_store, _) = file.open().await;
    let second = SqliteQuotas::open(SqliteConfig::new(file.path()), &[]).await;
    assert!(matches!(second, Err(OpenError::Locked)), "{second:?}");
}

#[tokio::test]
async fn a_file_of_a_later_version_is_not_touched() {
    let file = File::new();
    file.open().await.0.close().await.unwrap();
    file.execute("PRAGMA user_version = 7").await;
    let opened = SqliteQuotas::open(SqliteConfig::new(file.path()), &[]).await;
    assert!(matches!(opened, Err(OpenError::Newer(7))), "{opened:?}");
}

#[tokio::test]
async fn a_bad_row_costs_that_row_and_not_the_store() {
    let file = File::new();
    let (store, _) = file.open().await;
    for key in ["good", "text", "negative", "backwards", "blob", "huge"] {
        assert!(admits(&store, quota(key, 10, 4)).await);
    }
    store.close().await.unwrap();
    file.execute("UPDATE quota SET used = 'many' WHERE key = 'text'").await;
    file.execute("UPDATE quota SET used = -4 WHERE key = 'negative'").await;
    file.execute("UPDATE quota SET period_end = period_start - 1 WHERE key = 'backwards'").await;
    file.execute("UPDATE quota SET key = x'ff00' WHERE key = 'blob'").await;
    file.execute("UPDATE quota SET used = 9223372036854775807 WHERE key = 'huge'").await;
    let (store, opened) = file.open().await;
    assert_eq!(opened, Opened { set_aside: None, quarantined: 5 });
    assert_eq!(remaining(&store, quota("good", 10, 0)).await, 6);
    assert_eq!(remaining(&store, quota("text", 10, 0)).await, 10);
    store.close().await.unwrap();
    assert_eq!(file.number("SELECT count(*) FROM quarantine WHERE reason <> ''").await, 5);
    assert_eq!(file.number("SELECT count(*) FROM quarantine WHERE used = 'many'").await, 1);
}

#[tokio::test]
async fn a_file_that_is_none_is_set_aside() {
    for damage in [
        &b"this is not a database, but long enough to be looked at as one, as far as it goes ........"[..],
        &[0xff; 4096],
    ] {
        let file = File::new();
        std::fs::write(file.path(), damage).unwrap();
        let (store, opened) = file.open().await;
        let aside = opened.set_aside.unwrap();
        assert_eq!(std::fs::read(&aside).unwrap(), damage);
        assert!(admits(&store, quota("a", 10, 4)).await);
    }
}

#[tokio::test]
async fn a_file_that_is_damaged_in_the_middle_is_set_aside() {
    let file = File::new();
    let (store, _) = file.open().await;
    for i in 0..2000 {
        assert!(admits(&store, quota(&format!("key-{i}"), 900_000, 4)).await);
    }
    store.close().await.unwrap();
    let mut bytes = std::fs::read(file.path()).unwrap();
    assert!(bytes.len() > 100_000, "{} bytes", bytes.len());
    bytes[20_000..40_000].fill(0xa5);
    std::fs::write(file.path(), bytes).unwrap();
    let (store, opened) = file.open().await;
    assert!(opened.set_aside.is_some_and(|aside| aside.exists()));
    assert_eq!(remaining(&store, quota("key-1", 900_000, 0)).await, 900_000);
}

#[tokio::test]
async fn what_was_used_is_found_again_under_the_name_of_the_limit() {
    let file = File::new();
    let (store, _) = file.open().await;
    assert!(admits(&store, quota("a", 900_000, 4)).await);
    let def = |name: &str| LimitDef { name: name.to_owned(), max_keys: 1 };
    let next = store.reconfigured(&[def("new"), def("calls")]);
    assert_eq!(remaining(&next, quota("a", 900_000, 0)).await, 900_000);
    let moved = Charge { limit: LimitId(1), ..quota("a", 900_000, 0) };
    assert_eq!(remaining(&next, moved).await, 899_996);
    // A request that has begun under the old list is charged to what it meant.
    assert!(admits(&store, quota("a", 900_000, 5)).await);
    assert_eq!(remaining(&next, moved).await, 899_991);
    let unknown = Charge { limit: LimitId(2), ..moved };
    assert!(matches!(next.decide(&[unknown], NOW).await, Err(StoreError::Failed(_))));
}

#[tokio::test]
async fn a_rate_is_refused() {
    let file = File::new();
    let (store, _) = file.open().await;
    let rate = Gcra::new(NonZeroU64::MIN, Duration::from_secs(1), NonZeroU64::MIN).unwrap();
    let charge = Charge { budget: Budget::Rate(rate), ..quota("a", 1, 1) };
    assert!(matches!(store.decide(&[charge], NOW).await, Err(StoreError::Failed(_))));
}

#[tokio::test]
async fn keys_are_listed_page_by_page() {
    let file = File::new();
    let (store, _) = file.open().await;
    for i in 0..25 {
        assert!(admits(&store, quota(&i.to_string(), 900_000, i)).await || i == 0);
    }
    let (mut listed, mut cursor) = (Vec::new(), Some(0));
    while let Some(at) = cursor {
        let page = store.scan(LimitId(0), at, 10).await.unwrap();
        assert!(page.keys.len() <= 10);
        listed.extend(page.keys);
        cursor = page.next;
    }
    // What costs nothing leaves no row.
    assert_eq!(listed.len(), 24);
    for one in listed {
        let Spent::Quota(used) = one.spent else { panic!("{one:?}") };
        assert_eq!(used.amount.to_string(), one.key, "and not the chunk that was written ahead");
    }
}

#[tokio::test]
async fn past_periods_are_deleted_and_memory_is_bounded() {
    let file = File::new();
    let config = SqliteConfig {
        keys: 10,
        prune_every: Duration::from_millis(5),
        deadline: Duration::from_secs(10),
        ..SqliteConfig::new(file.path())
    };
    let (store, _) = file.open_with(&["calls"], config).await;
    for i in 0..100 {
        assert!(admits(&store, quota(&i.to_string(), 900_000, 2)).await);
    }
    for i in 0..100 {
        assert_eq!(
            remaining(&store, quota(&i.to_string(), 900_000, 0)).await,
            899_998,
            "also of what made room"
        );
    }
    let later = NOW.after(2 * DAY);
    let window = Window { start: later, end: later.after(DAY), total: 9 };
    let charge = Charge { budget: Budget::Quota(window), ..quota("later", 9, 1) };
    let began = Instant::now();
    loop {
        store.decide(&[charge], later).await.unwrap();
        let keys = store.scan(LimitId(0), 0, 1000).await.unwrap().keys;
        if keys.len() == 1 && keys[0].key == "later" {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "{} rows are left", keys.len());
    }
}
