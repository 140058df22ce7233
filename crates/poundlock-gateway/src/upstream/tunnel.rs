//! Upgraded connections: bytes both ways between a client and an instance.
//!
//! Main item: [`start`]. On a drain it says goodbye in WebSocket's own words (close code 1001, RFC
//! 6455 section 7.4.1) at the next frame border, each connection at its own random moment of the
//! grace period, so that the clients do not all come back at once. It reads no payload.

mod frames;

use super::InFlight;
use crate::worker::{Phase, Worker};
use bytes::Bytes;
use frames::FrameBorders;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use std::io;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};

/// How long the client's side may take to complete an upgrade.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a client may take to answer a close frame.
const CLOSING: Duration = Duration::from_secs(1);
/// Bytes moved at once, in each direction.
const BUFFER: usize = 16 << 10;
/// A close frame with code 1001, "going away", as a server sends it: unmasked.
const GOING_AWAY: [u8; 4] = [0x88, 0x02, 0x03, 0xe9];

/// Connects the two sides once the client's has switched protocols as well. The instance's may have
/// sent something already.
pub(super) fn start(
    worker: &Rc<Worker>,
    client: OnUpgrade,
    instance: (TcpStream, Bytes),
    in_flight: InFlight,
    idle: Duration,
) {
    let worker = worker.clone();
    tokio::task::spawn_local(async move {
        let _in_flight = in_flight;
        let _open = worker.tunnels.enter();
        let Ok(Ok(client)) = timeout(HANDSHAKE, client).await else { return };
        // How a tunnel ends is between the two sides; there is nobody left to tell.
        let _ = relay(&worker, client, instance, idle).await;
    });
}

async fn relay(
    worker: &Worker,
    client: Upgraded,
    (instance, early): (TcpStream, Bytes),
    idle: Duration,
) -> io::Result<()> {
    let (mut from_client, mut to_client) = split(TokioIo::new(client));
    let (mut from_instance, mut to_instance) = instance.into_split();
    let (mut up, mut down) = (vec![0; BUFFER], vec![0; BUFFER]);
    let mut borders = FrameBorders::default();
    borders.feed(&early);
    to_client.write_all(&early).await?;
    let mut phase = worker.phase.clone();
    let (mut client_open, mut instance_open) = (true, true);
    let mut leave: Option<Instant> = None;
    let mut last = Instant::now();

    while client_open || instance_open {
        let leaving = leave.is_some_and(|at| Instant::now() >= at) && borders.at_border();
        if leaving {
            return say_goodbye(to_client, from_client).await;
        }
        tokio::select! {
            read = from_client.read(&mut up), if client_open => {
                last = Instant::now();
                client_open = forward(read?, &up, &mut to_instance).await?;
            }
            read = from_instance.read(&mut down), if instance_open => {
                last = Instant::now();
                let n = read?;
                borders.feed(&down[..n]);
                instance_open = forward(n, &down, &mut to_client).await?;
            }
            () = sleep_until(last + idle) => return Ok(()),
            changed = phase.wait_for(|p| matches!(p, Phase::Closing { .. })), if leave.is_none() => {
                let within = match changed.map(|p| *p) {
                    Ok(Phase::Closing { grace }) => grace.mul_f64(fastrand::f64() / 2.0),
                    _ => Duration::ZERO,
                };
                leave = Some(Instant::now() + within);
            }
            () = sleep_until(leave.unwrap_or(last)), if leave.is_some() && borders.at_border() => {}
        }
    }
    Ok(())
}

/// Passes on what was read; the end of one side is passed on as such. Says whether the side is open.
async fn forward(n: usize, buffer: &[u8], to: &mut (impl AsyncWrite + Unpin)) -> io::Result<bool> {
    if n == 0 {
        to.shutdown().await?;
        return Ok(false);
    }
    to.write_all(&buffer[..n]).await?;
    Ok(true)
}

async fn say_goodbye(
    mut to_client: WriteHalf<TokioIo<Upgraded>>,
    mut from_client: ReadHalf<TokioIo<Upgraded>>,
) -> io::Result<()> {
    to_client.write_all(&GOING_AWAY).await?;
    // Read until the client's own close frame and end of stream, or until it has had its time.
    let mut scrap = [0; 1024];
    let _ =
        timeout(CLOSING, async { while from_client.read(&mut scrap).await.is_ok_and(|n| n > 0) {} }).await;
    to_client.shutdown().await
}
