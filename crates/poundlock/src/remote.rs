//! Verbs that ask a running gateway over its admin API.

use crate::cli::{Remote, TokenFile};
use crate::output::{Failure, Out};
use anyhow::{Context, anyhow};
use poundlock_gateway::config::{Sources, load};
use serde_json::Value;
use std::fmt::Write;
use std::time::Duration;

/// How long an answer of the admin API may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// `poundlock status`
pub(crate) fn status(args: &Remote, out: &Out) -> Result<(), Failure> {
    let (_, status) = get(args, "/api/v1/status")?;
    out.result(&status, || describe(&status).unwrap_or_default())
}

/// `poundlock health`
pub(crate) fn health(args: &Remote, out: &Out) -> Result<(), Failure> {
    let (code, health) = get(args, "/health/detailed")?;
    out.result(&health, || components(&health).unwrap_or_default())?;
    if code == 200 { Ok(()) } else { Err(Failure::Told) }
}

fn get(args: &Remote, path: &str) -> Result<(u16, Value), Failure> {
    ask(args, "GET", path, None, None)
}

/// One call: its status and the JSON of its answer, `null` if it has none.
pub(crate) fn ask(
    args: &Remote,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&Value>,
) -> Result<(u16, Value), Failure> {
    let base = args.admin.trim_end_matches('/');
    let url = if base.contains("://") { format!("{base}{path}") } else { format!("http://{base}{path}") };
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        .build()
        .into();
    let mut request = ureq::http::Request::builder().method(method).uri(&url);
    if let Some(token) = token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    if body.is_some() {
        request = request.header("Content-Type", "application/json");
    }
    let text = body.map(ToString::to_string).unwrap_or_default();
    let request = request.body(text).with_context(|| format!("{url} is no URL"))?;
    let asked = agent.run(request).with_context(|| format!("cannot ask {url}"));
    let mut response = asked.map_err(Failure::Unreachable)?;
    let status = response.status().as_u16();
    if status == 204 {
        return Ok((status, Value::Null));
    }
    let body = response.body_mut().read_json().with_context(|| format!("{url} did not answer with JSON"));
    Ok((status, body.map_err(Failure::Unreachable)?))
}

/// The secret in the file that was named, or the one in the state folder that a gateway without a file would use.
pub(crate) fn token(file: &TokenFile) -> Result<String, Failure> {
    let file = match &file.token_file {
        Some(file) => file.clone(),
        None => {
            let to: poundlock_gateway::config::Flag =
                ("--to", "service.default.to", vec!["127.0.0.1:1"].into());
            let sources = Sources { env: std::env::vars().collect(), flags: vec![to], ..Sources::default() };
            load(&sources).map_err(Failure::Invalid)?.config.state_dir.join("admin.token")
        }
    };
    let help = "give the file with --token-file; the gateway says at its first start where it is";
    let text =
        std::fs::read_to_string(&file).with_context(|| format!("cannot read {}: {help}", file.display()))?;
    Ok(text.trim().to_owned())
}

/// What the API answered, or why it refused.
pub(crate) fn answer((status, body): (u16, Value)) -> Result<Value, Failure> {
    match status {
        200..=299 => Ok(body),
        _ => {
            let word = |member: &str| body[member].as_str().unwrap_or("no reason given").to_owned();
            Err(anyhow!("{}: {}", word("title"), word("detail")).into())
        }
    }
}

fn describe(status: &Value) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    writeln!(
        text,
        "poundlock {} {} for {} s, {} workers",
        word(&status["version"]),
        word(&status["phase"]),
        status["uptime_seconds"],
        status["workers"]
    )?;
    for listener in status["listeners"].as_array().into_iter().flatten() {
        writeln!(text, "listener {}  http://{}", word(&listener["name"]), word(&listener["address"]))?;
    }
    for service in status["services"].as_array().into_iter().flatten() {
        let hosts: Vec<_> = service["hosts"].as_array().into_iter().flatten().map(word).collect();
        let hosts = if hosts.is_empty() { "any host".to_owned() } else { hosts.join(", ") };
        writeln!(text, "service {}  {hosts}", word(&service["name"]))?;
        for instance in service["instances"].as_array().into_iter().flatten() {
            let (address, state) = (word(&instance["address"]), word(&instance["state"]));
            writeln!(text, "  {address:<24} {state:<5} {} in flight", instance["in_flight"])?;
        }
    }
    Ok(text)
}

fn components(health: &Value) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    writeln!(text, "{}", health["status"].as_str().unwrap_or("unknown"))?;
    for (name, checks) in health["checks"].as_object().into_iter().flatten() {
        for check in checks.as_array().into_iter().flatten() {
            let output = check["output"].as_str().unwrap_or_default();
            writeln!(text, "  {name:<32} {:<5} {output}", check["status"].as_str().unwrap_or_default())?;
        }
    }
    Ok(text)
}
