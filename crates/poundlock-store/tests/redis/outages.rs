//! A server that is gone, slow, or cannot write: nobody waits for it, and it is found again when it is back.

use super::*;

/// Longer than the deadline by what a busy machine adds, and far shorter than any outage here.
const SOON: Duration = Duration::from_millis(150);
/// When shared counting has to be back.
const BACK: Duration = Duration::from_secs(2);

fn is_down(health: &Health) -> bool {
    matches!(health, Health::Down(_))
}

fn reason(store: &RedisLimits) -> String {
    match &*store.health().borrow() {
        Health::Down(why) => why.clone(),
        other => panic!("it is not down, but {other:?}"),
    }
}

async fn up(server: &RedisServer) -> RedisLimits {
    let store = start(RedisConfig { denials: 0, ..RedisConfig::new(server.url()) }, Sharing::Strict);
    until(&store, |health| *health == Health::Up).await;
    store
}

/// Asks until the server is not asked any more; each answer comes soon.
async fn goes_down(store: &RedisLimits) {
    let began = Instant::now();
    loop {
        let asked = Instant::now();
        let result = ask(store, &[slow("a", 1000)]).await;
        assert!(asked.elapsed() < SOON, "{result:?} took {:?}", asked.elapsed());
        if result == Err(StoreError::Open) {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "it goes on asking: {result:?}");
    }
    until(store, is_down).await;
}

async fn comes_back(store: &RedisLimits, since: Instant) {
    until(store, |health| *health == Health::Up).await;
    assert!(since.elapsed() < BACK, "it took {:?}", since.elapsed());
    let began = Instant::now();
    // The machine may be so busy that one more call is late.
    while ask(store, &[slow("back", 1000)]).await.is_err() {
        assert!(began.elapsed() < BACK, "it is up, but does not answer");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_a_stopped_server() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = up(&server).await;
    server.signal("STOP");
    let clients = (0..50).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { goes_down(&store).await })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    let began = Instant::now();
    while began.elapsed() < 2 * BACK / 3 {
        let asked = Instant::now();
        assert_eq!(ask(&store, &[slow("a", 1000)]).await, Err(StoreError::Open));
        assert!(asked.elapsed() < SOON);
        tokio::task::yield_now().await;
    }
    let since = Instant::now();
    server.signal("CONT");
    comes_back(&store, since).await;
}

#[tokio::test]
async fn the_first_call_that_fails_takes_the_deadline_and_the_next_nothing() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = up(&server).await;
    server.signal("STOP");
    let began = Instant::now();
    assert_eq!(ask(&store, &[slow("a", 1000)]).await, Err(StoreError::Timeout));
    let first = began.elapsed();
    let began = Instant::now();
    for _ in 0..10_000 {
        assert_eq!(ask(&store, &[slow("a", 1000)]).await, Err(StoreError::Open));
    }
    let next = began.elapsed() / 10_000;
    eprintln!("the first failing call took {first:?}, the next {next:?} each");
    assert!(first >= Duration::from_millis(20) && first < SOON, "{first:?}");
    assert!(next < Duration::from_micros(50), "{next:?}");
}

#[tokio::test]
async fn a_killed_server_is_found_again_with_its_scripts_gone() {
    let Some(mut server) = RedisServer::start(&[]) else { return };
    let store = up(&server).await;
    server.kill();
    goes_down(&store).await;
    let since = Instant::now();
    server.start_again(&[]);
    comes_back(&store, since).await;
}

#[tokio::test]
async fn a_server_that_is_not_there_yet_is_found() {
    let Some(mut server) = RedisServer::start(&[]) else { return };
    server.kill();
    let store = start(RedisConfig::new(server.url()), Sharing::Strict);
    goes_down(&store).await;
    let since = Instant::now();
    server.start_again(&[]);
    comes_back(&store, since).await;
}

#[tokio::test]
async fn a_forgotten_script_is_loaded_again_and_nobody_notices() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = start(patient(&server), Sharing::Strict);
    for left in [4, 3, 2] {
        let decision = ask(&store, &[slow("a", 5)]).await.unwrap().decisions[0];
        assert_eq!((decision.allowed, decision.remaining), (true, left));
        let _: String = server.command(&["SCRIPT", "FLUSH"]).unwrap();
    }
    assert_eq!(*store.health().borrow(), Health::Up);
}

#[tokio::test]
async fn a_flushed_server_counts_from_nothing() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = start(patient(&server), Sharing::Strict);
    assert_eq!(ask(&store, &[slow("a", 5)]).await.unwrap().decisions[0].remaining, 4);
    let _: String = server.command(&["FLUSHALL"]).unwrap();
    assert_eq!(ask(&store, &[slow("a", 5)]).await.unwrap().decisions[0].remaining, 4);
    assert_eq!(*store.health().borrow(), Health::Up);
}

#[tokio::test]
async fn a_replica_that_cannot_write_is_down() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = up(&server).await;
    // Nothing listens there.
    let _: String = server.command(&["REPLICAOF", "127.0.0.1", "1"]).unwrap();
    goes_down(&store).await;
    assert!(reason(&store).to_lowercase().contains("read"), "{}", reason(&store));
    let since = Instant::now();
    let _: String = server.command(&["REPLICAOF", "NO", "ONE"]).unwrap();
    comes_back(&store, since).await;
}

#[tokio::test]
async fn a_wrong_password_is_down_and_says_so() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let _: String = server.command(&["CONFIG", "SET", "requirepass", "right"]).unwrap();
    let with = |password: &str| {
        let config = RedisConfig::new(format!("{}?pass={password}", server.url()));
        start(RedisConfig { denials: 0, ..config }, Sharing::Strict)
    };
    let wrong = with("wrong");
    goes_down(&wrong).await;
    let why = reason(&wrong).to_lowercase();
    assert!(why.contains("password") || why.contains("auth"), "{why}");
    until(&with("right"), |health| *health == Health::Up).await;
}

#[tokio::test]
async fn a_user_that_may_not_run_the_script_is_down_and_stays_so() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let _: String =
        server.command(&["ACL", "SETUSER", "poor", "on", ">secret", "~*", "+@all", "-evalsha"]).unwrap();
    let url = format!("{}?user=poor&pass=secret", server.url());
    let config = RedisConfig { probe_every: Duration::from_millis(5), ..RedisConfig::new(url) };
    let store = start(config, Sharing::Strict);
    goes_down(&store).await;
    assert!(reason(&store).contains("evalsha"), "{}", reason(&store));
    let mut health = store.health();
    let change = tokio::time::timeout(Duration::from_millis(300), health.changed()).await;
    assert!(change.is_err(), "{:?}", *health.borrow());
}

#[tokio::test]
async fn a_server_that_loads_its_data_is_down_until_it_has() {
    let Some(mut server) = RedisServer::start(&["--enable-debug-command", "yes"]) else { return };
    let store = up(&server).await;
    let _: String = server.command(&["DEBUG", "POPULATE", "2000"]).unwrap();
    let _: String = server.command(&["SAVE"]).unwrap();
    server.kill();
    goes_down(&store).await;
    server.start_again(&["--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024"]);
    let began = Instant::now();
    let loads = |error: redis::RedisError| error.code() == Some("LOADING");
    while !server.command::<String>(&["PING"]).is_err_and(loads) {
        assert!(began.elapsed() < PATIENCE, "it never loads");
    }
    assert_eq!(ask(&store, &[slow("a", 1000)]).await, Err(StoreError::Open));
    let began = Instant::now();
    while server.command::<String>(&["PING"]).is_err() {
        assert!(began.elapsed() < PATIENCE, "it loads for ever");
        assert_eq!(ask(&store, &[slow("a", 1000)]).await, Err(StoreError::Open));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    comes_back(&store, Instant::now()).await;
}

#[tokio::test]
async fn what_waits_for_a_stopped_server_is_bounded() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = start(RedisConfig { queue: 8, ..patient(&server) }, Sharing::Strict);
    until(&store, |health| *health == Health::Up).await;
    server.signal("STOP");
    let clients = (0..300).map(|i| {
        let (store, charge) = (store.clone(), slow(&i.to_string(), 5));
        tokio::spawn(async move { ask(&store, &[charge]).await })
    });
    let mut full = 0;
    for client in clients.collect::<Vec<_>>() {
        let result = client.await.unwrap();
        full += u32::from(result == Err(StoreError::Failed("too many requests wait for it".to_owned())));
        assert!(result.is_err());
    }
    // Two calls of at most 64 keys are on their way.
    assert!(full >= 300 - 2 * 64 - 8, "{full} were turned away");
}
