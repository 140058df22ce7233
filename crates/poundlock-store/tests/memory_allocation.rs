//! What a decision in memory allocates: nothing, however many keys there are.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

use allocation_counter::measure;
use poundlock_limit::{Budget, Charge, Gcra, Key, LimitId, Micros, Window};
use poundlock_store::limits::{LimitDef, memory::MemoryStore};
use std::num::NonZeroU64;
use std::time::Duration;

const NOW: Micros = Micros(1_700_000_000_000_000);

fn store() -> MemoryStore {
    let def = |name: &str| LimitDef { name: name.to_owned(), max_keys: 1_000 };
    MemoryStore::new(&[def("a"), def("b"), def("c"), def("d")], [3, 4])
}

fn rate(limit: u16, key: &str) -> Charge {
    let burst = NonZeroU64::new(100).unwrap();
    let gcra = Gcra::new(burst, Duration::from_secs(60), burst).unwrap();
    Charge { limit: LimitId(limit), key: Key::new(key).unwrap(), budget: Budget::Rate(gcra), cost: 1 }
}

#[test]
fn up_to_four_rates_of_new_and_known_keys_allocate_nothing() {
    assert!(measure(|| drop(store())).count_total > 0, "or nothing is measured");
    let store = store();
    for count in 1..=4 {
        let charges: Vec<Charge> = (0..count).map(|limit| rate(limit, "192.0.2.1")).collect();
        let used = measure(|| assert!((0..10).all(|_| store.decide_now(&charges, NOW).admitted())));
        assert_eq!(used.count_total, 0, "{count} charges");
    }
}

#[test]
fn a_known_key_of_a_quota_allocates_nothing() {
    let store = store();
    let window = Window { start: NOW, end: NOW.after(Micros::SECOND), total: 100 };
    let quota = Charge { budget: Budget::Quota(window), ..rate(1, "192.0.2.1") };
    let charges = [rate(0, "192.0.2.1"), quota, rate(2, "192.0.2.1")];
    assert!(
        measure(|| assert!(store.decide_now(&charges, NOW).admitted())).count_total > 0,
        "the key is new"
    );
    let used = measure(|| assert!((0..10).all(|_| store.decide_now(&charges, NOW).admitted())));
    assert_eq!(used.count_total, 0);
}

#[test]
fn a_flood_of_keys_allocates_nothing() {
    let store = store();
    let keys: Vec<Charge> = (0..50_000).map(|n| rate(0, &format!("key-{n}"))).collect();
    let used = measure(|| assert!(keys.iter().all(|key| store.decide_now(&[*key], NOW).admitted())));
    assert_eq!((used.count_total, used.bytes_max), (0, 0));
}
