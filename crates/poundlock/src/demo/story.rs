//! The demo as a script: each step does something and checks that it worked.
//!
//! Main item: [`play`].

use super::children::Instance;
use super::stage::Stage;
use super::traffic::{self, Traffic};
use crate::output::{Failure, Out};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How long something that takes a moment may take.
const SOON: Duration = Duration::from_secs(10);
/// How often it is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(50);
/// How long traffic flows over all of it at least, so that there is something to count.
const TRAFFIC: Duration = Duration::from_secs(15);

/// Plays everything, under steady traffic; fails with the first step that does.
pub(crate) fn play(mut stage: Stage, out: &Out) -> Result<(), Failure> {
    let start = Instant::now();
    let traffic = traffic::start(stage.public());
    let say = |line: &str| out.text(&format!("{:>5.1} s  {line}\n", start.elapsed().as_secs_f64()));
    say(&format!(
        "release v1: two instances, the gateway on {}, admin on {}",
        stage.public(),
        stage.admin()
    ))?;
    say(&both_instances(stage.public())?)?;
    say(&request_ids(stage.public())?)?;
    say(&health(stage.public(), stage.admin())?)?;
    say(&metrics(stage.public(), &traffic)?)?;
    say(&losing_an_instance(&mut stage)?)?;
    say(&getting_it_back(&mut stage)?)?;
    say(&enough_traffic(&traffic)?)?;
    let (public, admin) = (stage.public(), stage.admin());
    let counted = traffic.stop();
    let ports: Vec<SocketAddr> =
        stage.instances.iter().map(Instance::address).chain([public, admin]).collect();
    stage.stop()?;
    say(&nothing_left(&ports)?)?;
    if counted.failed > 0 {
        return Err(anyhow::anyhow!("{} of {} requests failed", counted.failed, counted.sent).into());
    }
    say(&format!("done: {} requests of steady traffic, 0 failed", counted.sent))
}

/// An answer: status, headers by lower-case name, body.
struct Answer {
    status: u16,
    request_id: String,
    body: String,
}

fn get(address: SocketAddr, path: &str, id: Option<&str>) -> Result<Answer> {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(SOON)).http_status_as_error(false).build().into();
    let mut request = agent.get(format!("http://{address}{path}"));
    if let Some(id) = id {
        request = request.header("x-request-id", id);
    }
    let mut response = request.call().with_context(|| format!("GET {path} on {address}"))?;
    let header = response.headers().get("x-request-id").and_then(|v| v.to_str().ok());
    let request_id = header.unwrap_or_default().to_owned();
    let body = response.body_mut().read_to_string().with_context(|| format!("GET {path} on {address}"))?;
    Ok(Answer { status: response.status().as_u16(), request_id, body })
}

fn json(address: SocketAddr, path: &str) -> Result<Value> {
    let answer = get(address, path, None)?;
    serde_json::from_str(&answer.body).with_context(|| format!("{path} is not JSON: {}", answer.body))
}

fn both_instances(public: SocketAddr) -> Result<String> {
    let mut served: BTreeMap<u64, u32> = BTreeMap::new();
    for _ in 0..200 {
        let answer = json(public, "/")?;
        ensure!(answer["release"] == "v1", "expected release v1, got {answer}");
        *served.entry(answer["instance"].as_u64().unwrap_or_default()).or_default() += 1;
    }
    ensure!(served.len() == 2, "expected both instances to serve, got {served:?}");
    let shares: Vec<_> = served.iter().map(|(port, n)| format!(":{port} {n}")).collect();
    Ok(format!("200 requests, served by both instances: {}", shares.join(", ")))
}

fn request_ids(public: SocketAddr) -> Result<String> {
    let (one, two) = (get(public, "/", None)?.request_id, get(public, "/", None)?.request_id);
    ensure!(one.len() == 36 && one != two, "expected two different request IDs, got {one:?} and {two:?}");
    let forged = get(public, "/", Some("chosen-by-a-client"))?.request_id;
    ensure!(forged != "chosen-by-a-client", "a client that nobody trusts chose its own request ID");
    Ok(format!("every answer has a request ID, such as {one}; clients cannot choose it"))
}

fn health(public: SocketAddr, admin: SocketAddr) -> Result<String> {
    for (address, path) in
        [(public, "/health"), (admin, "/health"), (admin, "/health/startup"), (admin, "/health/ready")]
    {
        let status = get(address, path, None)?.status;
        ensure!(status == 200, "{path} on {address} answered {status}");
    }
    wait_for("a passing component", || Ok(component(public)? == "pass"))?;
    Ok("health: alive, ready, and the component upstream-shop passes".to_owned())
}

fn component(public: SocketAddr) -> Result<String> {
    let report = json(public, "/health/detailed")?;
    Ok(report["checks"]["upstream-shop:instances"][0]["status"].as_str().unwrap_or_default().to_owned())
}

fn metrics(public: SocketAddr, traffic: &Traffic) -> Result<String> {
    let sent = traffic.counted().sent;
    let counted = count(public, "http_server_request_duration_seconds_count", &["http_route=\"shop\""])?;
    ensure!(counted >= sent, "{sent} requests were sent, only {counted} counted");
    let up = count(public, "poundlock_upstream_instances", &["service=\"shop\"", "state=\"up\""])?;
    ensure!(up == 2, "expected 2 instances up, metrics say {up}");
    let series = get(public, "/metrics", None)?.body.lines().filter(|l| !l.starts_with('#')).count();
    Ok(format!("metrics: {counted} requests counted for the service, 2 instances up, {series} series"))
}

/// The sum of the samples of a metric with these labels.
fn count(public: SocketAddr, name: &str, labels: &[&str]) -> Result<u64> {
    let text = get(public, "/metrics", None)?.body;
    let samples =
        text.lines().filter(|line| line.starts_with(name) && labels.iter().all(|l| line.contains(l)));
    let values = samples.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    Ok(values.sum::<f64>() as u64)
}

fn losing_an_instance(stage: &mut Stage) -> Result<String> {
    let start = Instant::now();
    stage.instances[1].kill()?;
    let public = stage.public();
    for _ in 0..100 {
        let status = get(public, "/", None)?.status;
        ensure!(status == 200, "with one instance gone, a request was answered {status}");
    }
    wait_for("a warning about the instance", || Ok(component(public)? == "warn"))?;
    let status = get(public, "/health", None)?.status;
    ensure!(status == 200, "the gateway's own health does not depend on an instance, but answered {status}");
    Ok(format!(
        "one instance killed: 100 requests, 0 failed; health warned after {:.1} s",
        start.elapsed().as_secs_f64()
    ))
}

fn getting_it_back(stage: &mut Stage) -> Result<String> {
    let port = stage.instances[1].address().port();
    stage.instances[1] = Instance::start("v1", port)?;
    let start = Instant::now();
    let public = stage.public();
    wait_for("the instance to take traffic again", || {
        Ok(json(public, "/")?["instance"].as_u64() == Some(port.into()))
    })?;
    wait_for("a passing component", || Ok(component(public)? == "pass"))?;
    Ok(format!("started again: back in the pool after {:.1} s", start.elapsed().as_secs_f64()))
}

fn enough_traffic(traffic: &Traffic) -> Result<String> {
    let start = Instant::now();
    std::thread::sleep(TRAFFIC);
    let counted = traffic.counted();
    ensure!(counted.failed == 0, "{} of {} requests failed", counted.failed, counted.sent);
    Ok(format!("{:.0} s more of steady traffic", start.elapsed().as_secs_f64()))
}

fn nothing_left(ports: &[SocketAddr]) -> Result<String> {
    for port in ports {
        wait_for("a port to be free again", || Ok(std::net::TcpListener::bind(port).is_ok()))?;
    }
    Ok("drained and stopped: no child left, every port free".to_owned())
}

fn wait_for(what: &str, mut there: impl FnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !there()? {
        if start.elapsed() > SOON {
            bail!("waited {SOON:?} for {what}");
        }
        std::thread::sleep(LOOK);
    }
    Ok(())
}
