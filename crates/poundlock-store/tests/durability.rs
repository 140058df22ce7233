//! A process that is killed loses no charge that it has admitted.
//!
//! This program is its own victim: started with a path it charges quotas and says so after each, until it is killed.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, reason = "a test fails loudly")]

use poundlock_limit::{Budget, Charge, Key, LimitId, Micros, Window};
use poundlock_store::limits::LimitDef;
use poundlock_store::limits::sqlite::{Opened, SqliteConfig, SqliteQuotas};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const NOW: Micros = Micros(1_800_000_000_000_000);
/// A quota that is written for each charge, and one that is written a thousand at a time.
const TOTALS: [u64; 2] = [1999, 500_000_000];
const TASKS: u64 = 8;
const KILLS: u64 = 6;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    match std::env::var_os("POUNDLOCK_VICTIM") {
        Some(path) => runtime.block_on(charge_until_killed(path.into())),
        // Some runners ask for a list of tests first, and for one of those to be ignored: there are none.
        None if given("--list") && given("--ignored") => {}
        None if given("--list") => println!("durability: test"),
        None => runtime.block_on(kill_again_and_again()),
    }
}

fn given(argument: &str) -> bool {
    std::env::args().any(|given| given == argument)
}

async fn kill_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("limits.db");
    let mut said = [0; 2];
    for kill in 1..=KILLS {
        let now = kill_one(&path, 13 * kill);
        said = [said[0] + now[0], said[1] + now[1]];
        let (store, opened) = open(&path).await;
        assert_eq!(opened, Opened::default(), "a killed process damages nothing");
        // Beyond what was said: what was charged and not said any more, and what was written ahead.
        let ahead = [kill * TASKS, kill * (TASKS + 1000)];
        for i in 0..2 {
            let used = TOTALS[i] - peek(&store, i).await;
            println!("kill {kill}, quota of {}: {} charges said, {used} on the disk", TOTALS[i], said[i]);
            assert!(used >= said[i], "{} charges are lost", said[i] - used);
            assert!(used <= said[i] + ahead[i], "{} more than were made", used - said[i]);
        }
        store.close().await.unwrap();
    }
}

/// Lets a victim charge both quotas so often at least: how often it said so for each until it was dead.
fn kill_one(path: &Path, enough: u64) -> [u64; 2] {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .env("POUNDLOCK_VICTIM", path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let (mut said, mut more) = ([0; 2], [0; 4096]);
    let mut read = |said: &mut [u64; 2]| {
        let count = stdout.read(&mut more).unwrap();
        for byte in &more[..count] {
            said[usize::from(byte - b'0')] += 1;
        }
        count > 0
    };
    while said.iter().any(|charges| *charges < enough) {
        assert!(read(&mut said), "the victim died too early: {said:?}");
    }
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
    while read(&mut said) {}
    said
}

async fn open(path: &Path) -> (SqliteQuotas, Opened) {
    let config = SqliteConfig { deadline: Duration::from_secs(10), ..SqliteConfig::new(path) };
    SqliteQuotas::open(config, &[LimitDef { name: "calls".to_owned(), max_keys: 1 }]).await.unwrap()
}

fn quota(which: usize) -> Charge {
    let budget =
        Budget::Quota(Window { start: NOW, end: NOW.after(86_400 * Micros::SECOND), total: TOTALS[which] });
    Charge { limit: LimitId(0), key: Key::new(&which.to_string()).unwrap(), budget, cost: 1 }
}

async fn peek(store: &SqliteQuotas, which: usize) -> u64 {
    let charge = quota(which);
    store.peek(charge.limit, &charge.key, charge.budget, NOW).await.unwrap().remaining
}

async fn charge_until_killed(path: PathBuf) {
    let (store, _) = open(&path).await;
    let tasks = (0..TASKS).map(|task| {
        let (store, which) = (store.clone(), task as usize % 2);
        tokio::spawn(async move {
            while store.decide(&[quota(which)], NOW).await.unwrap().admitted() {
                // Not buffered: what is said is said before the next charge.
                std::io::stdout().lock().write_all(&[b'0' + which as u8]).unwrap();
                std::io::stdout().lock().flush().unwrap();
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    std::future::pending::<()>().await;
}
