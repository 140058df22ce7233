//! An axum application with the Poundlock layers around it.
//!
//! `cargo run -p axum-app`, then
//!
//! ```text
//! curl -i localhost:3000/orders -H 'content-type: application/json' -d '{"item":"lock","pounds":1}'
//! curl -i localhost:3000/orders -H 'content-type: application/json' -d '{"item":"","pounds":0}'      # 422: both are wrong
//! curl -i localhost:3000/orders/1
//! curl -i "localhost:3000/orders/1?q=1'%20OR%20'1'='1'%20--"                                             # 403: an attack
//! curl -i localhost:3000/reports/yearly     # too slow: 504 after a second
//! curl localhost:3000/health/detailed
//! curl localhost:3000/metrics
//! ```
//!
//! Start reading at [`app::router`], where the layers are. This file only listens and stops.

mod app;
mod orders;
mod store_health;

use anyhow::Context;
use orders::Orders;
use poundlock_tower::{Lifecycle, Operations};
use std::net::SocketAddr;
use store_health::StoreHealth;
use tokio::net::TcpListener;

const DEFAULT_LISTEN: &str = "127.0.0.1:3000";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let listener = TcpListener::bind(listen_address(std::env::args().skip(1))?).await?;
    let orders = Orders::default();
    let (router, operations) = app::router(orders.clone())?;
    tokio::spawn(StoreHealth::new(orders, operations.clone())?.watch());
    announce(listener.local_addr()?);
    operations.enter(Lifecycle::Started);
    // Requests that have begun are answered; the time-out layer bounds how long that takes.
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop(operations)).await?;
    Ok(())
}

/// `--listen ADDR`, or the default.
fn listen_address(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<SocketAddr> {
    let address = match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => DEFAULT_LISTEN.to_owned(),
        (Some("--listen"), Some(address)) if arguments.next().is_none() => address,
        _ => anyhow::bail!("usage: axum-app [--listen ADDR]"),
    };
    address.parse().with_context(|| format!("`{address}` is not an address such as {DEFAULT_LISTEN}"))
}

#[expect(clippy::print_stdout, reason = "with port 0, only we know where we listen")]
fn announce(address: SocketAddr) {
    println!("listening on http://{address}");
}

/// Returns on Ctrl-C, or SIGTERM where there is one, which is how containers are stopped.
async fn stop(operations: Operations) {
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<Option<()>>();
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated => {}
    }
    operations.enter(Lifecycle::Draining);
}
