//! The service behind the demo: says which release and instance it is.
//!
//! It ends when its standard input does, so that it cannot outlive the demo.

use crate::cli::DemoService;
use crate::output::Failure;
use anyhow::Context;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use std::io::Read;

/// Serves until standard input ends. Prints its address when it listens.
pub(crate) fn serve(args: &DemoService) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the runtime")?;
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    Ok(runtime.block_on(listen(args))?)
}

async fn listen(args: &DemoService) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", args.port)).await?;
    let address = listener.local_addr()?;
    let about = json!({ "service": "shop", "release": args.release, "instance": address.port() });
    let app = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .fallback(move || async move { Json(about) });
    announce(&address.to_string())?;
    axum::serve(listener, app).await.context("cannot serve")
}

/// The parent reads the first line.
fn announce(address: &str) -> anyhow::Result<()> {
    use std::io::Write;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{address}")?;
    Ok(stdout.flush()?)
}
