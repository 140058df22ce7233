//! A server that answers.

use super::*;

#[tokio::test]
async fn a_strict_request_costs_one_round_trip() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = start(patient(&server), Sharing::Strict);
    until(&store, |health| *health == Health::Up).await;
    let before = calls(&server);
    for i in 0..50 {
        let verdict = ask(&store, &[slow("a", 30), slow("b", 40), quota("a", 90)]).await.unwrap();
        assert_eq!(verdict.admitted(), i < 30);
    }
    assert_eq!(calls(&server) - before, 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn threads_with_runtimes_of_their_own_share_a_store() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = start(patient(&server), Sharing::Strict);
    let threads = (0..4).map(|_| {
        let store = store.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let ask = || runtime.block_on(ask(&store, &[slow("a", 30)]));
            (0..10).filter(|_| ask().unwrap().admitted()).count()
        })
    });
    let threads: Vec<_> = threads.collect();
    let admitted: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(admitted, 30);
}

#[tokio::test]
async fn requests_that_wait_share_a_call() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = start(patient(&server), Sharing::Strict);
    until(&store, |health| *health == Health::Up).await;
    let before = calls(&server);
    let requests = (0..1000).map(|i| {
        let (store, charge) = (store.clone(), slow(&format!("k{}", i % 10), 70));
        tokio::spawn(async move { ask(&store, &[charge]).await.unwrap().admitted() })
    });
    let requests: Vec<_> = requests.collect();
    let mut admitted = 0;
    for request in requests {
        admitted += u32::from(request.await.unwrap());
    }
    assert_eq!(admitted, 700);
    let calls = calls(&server) - before;
    assert!(calls < 200, "{calls} calls for 1000 requests");
}

#[tokio::test]
async fn many_keys_are_asked_for_in_calls_of_bounded_size() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = start(patient(&server), Sharing::Strict);
    until(&store, |health| *health == Health::Up).await;
    let before = calls(&server);
    let requests = (0..1000).map(|i| {
        let (store, charge) = (store.clone(), slow(&format!("k{i}"), 1));
        tokio::spawn(async move { ask(&store, &[charge]).await.unwrap().admitted() })
    });
    for request in requests.collect::<Vec<_>>() {
        assert!(request.await.unwrap());
    }
    let calls = calls(&server) - before;
    assert!((1000 / 64..200).contains(&calls), "{calls} calls for 1000 keys");
}

#[tokio::test]
async fn a_hammered_key_costs_no_round_trips() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = start(RedisConfig { denials: 100, ..patient(&server) }, Sharing::Strict);
    let hammer = slow("hammer", 1);
    assert!(ask(&store, &[hammer]).await.unwrap().admitted());
    let (before, began) = (calls(&server), Instant::now());
    for _ in 0..1000 {
        let denied = ask(&store, &[hammer]).await.unwrap();
        let retry = denied.decisions[0].retry_after.unwrap();
        assert!(!denied.admitted() && (3_590_000_000..=3_600_000_000).contains(&retry), "{retry}");
    }
    // A denial is remembered for a second.
    let calls = calls(&server) - before;
    assert!(calls <= began.elapsed().as_secs() + 1, "{calls} calls");
    store.reset(LimitId(0), &hammer.key).await.unwrap();
    assert!(ask(&store, &[hammer]).await.unwrap().admitted(), "a reset is felt at once");
    assert!(!ask(&store, &[hammer]).await.unwrap().admitted());
    store.adjust(LimitId(0), &hammer.key, hammer.budget, -1, Micros(0)).await.unwrap();
    assert!(ask(&store, &[hammer]).await.unwrap().admitted(), "so is what is given back");
}

#[tokio::test]
async fn keys_are_listed_page_by_page() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let limits = redis_server::shared(&["a*", "ab"], Sharing::Strict);
    let store = RedisLimits::start(patient(&server), &limits, &Handle::current()).unwrap();
    for i in 0..500 {
        let charges = [slow(&i.to_string(), 5), Charge { limit: LimitId(1), ..slow("other", 999) }];
        assert!(ask(&store, &charges).await.unwrap().admitted());
    }
    assert!(ask(&store, &[Charge { cost: 3, ..quota("month", 9) }]).await.unwrap().admitted());
    let (mut keys, mut cursor, mut pages) = (std::collections::BTreeMap::new(), Some(0), 0);
    while let Some(at) = cursor {
        let page = store.scan(LimitId(0), at, 20).await.unwrap();
        keys.extend(page.keys.into_iter().map(|listed| (listed.key, listed.spent)));
        (cursor, pages) = (page.next, pages + 1);
    }
    assert!(pages > 10, "{pages} pages");
    let used = poundlock_limit::Used { start: Micros(1), amount: 3 };
    assert_eq!(keys.remove("month"), Some(poundlock_store::limits::Spent::Quota(used)));
    assert_eq!(keys.len(), 500);
    assert!(keys.contains_key("499") && !keys.contains_key("other"));
}

#[tokio::test]
async fn values_that_somebody_else_wrote_count_as_nothing_spent() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = start(patient(&server), Sharing::Strict);
    let name = |key| format!("{{poundlock}}:api:r:{key}");
    let _: i64 = server.command(&["HSET", &name("hash"), "a", "1"]).unwrap();
    let _: String = server.command(&["SET", &name("text"), "not ours"]).unwrap();
    let _: String = server.command(&["SET", &name("far"), "99999999999999999999:1"]).unwrap();
    for key in ["hash", "text"] {
        let decisions = ask(&store, &[slow(key, 5)]).await.unwrap().decisions;
        assert_eq!((decisions[0].allowed, decisions[0].remaining), (true, 4), "{key}");
    }
    let far = ask(&store, &[slow("far", 5)]).await.unwrap().decisions[0];
    assert_eq!((far.allowed, far.remaining), (false, 0));
    assert!(far.retry_after.unwrap() <= 3_600_000_000, "but is nobody locked out");
}

#[tokio::test]
async fn what_keys_have_spent_is_found_again_under_the_name_of_the_limit() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = start(patient(&server), Sharing::Strict);
    assert!(ask(&store, &[Charge { cost: 4, ..slow("a", 5) }]).await.unwrap().admitted());
    let old = store;
    let store = old.reconfigured(&redis_server::shared(&["new", "api"], Sharing::Strict));
    assert_eq!(ask(&store, &[slow("a", 5)]).await.unwrap().decisions[0].remaining, 4);
    let moved = Charge { limit: LimitId(1), ..slow("a", 5) };
    assert_eq!(ask(&store, &[moved]).await.unwrap().decisions[0].remaining, 0);
    let under_way = ask(&old, &[slow("a", 5)]).await.unwrap().decisions[0];
    assert_eq!(
        (under_way.allowed, under_way.remaining),
        (false, 0),
        "what began under the old list means its limit"
    );
    let unknown = ask(&store, &[Charge { limit: LimitId(2), ..slow("a", 5) }]).await;
    assert_eq!(unknown, Err(StoreError::Failed("unknown limit".to_owned())));
}

#[tokio::test]
async fn a_node_whose_clock_is_behind_does_not_shorten_the_life_of_a_later_period() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = start(patient(&server), Sharing::Strict);
    until(&store, |health| *health == Health::Up).await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as u64;
    let hour = 3600 * Micros::SECOND;
    let period = |key, hours: u64| {
        let (start, end) = (Micros(now + (hours - 1) * hour), Micros(now + hours * hour));
        Charge { budget: Budget::Quota(Window { start, end, total: 9 }), ..quota(key, 9) }
    };
    // In one call, and in two.
    let (later, behind) = ([period("a", 3)], [period("a", 1)]);
    let (first, second) = tokio::join!(ask(&store, &later), ask(&store, &behind));
    assert_eq!([first, second].map(|verdict| verdict.unwrap().decisions[0].remaining), [8, 7]);
    ask(&store, &[period("b", 3)]).await.unwrap();
    ask(&store, &[period("b", 1)]).await.unwrap();
    for key in ["a", "b"] {
        let seconds: i64 = server.command(&["TTL", &format!("{{poundlock}}:api:q:{key}")]).unwrap();
        assert!((10_700..=10_900).contains(&seconds), "{key}: {seconds} s");
    }
}

#[tokio::test]
async fn the_last_clone_ends_the_connection() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = start(patient(&server), Sharing::Strict);
    until(&store, |health| *health == Health::Up).await;
    let connections = || server.command::<String>(&["CLIENT", "LIST"]).unwrap().lines().count();
    assert!(connections() >= 2);
    drop(store);
    let began = Instant::now();
    while connections() > 1 {
        assert!(began.elapsed() < PATIENCE, "it is still connected");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
