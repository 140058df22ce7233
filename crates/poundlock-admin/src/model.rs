//! The documents of the API. Their names and fields are a promise to whoever reads them.

use serde::Serialize;
use utoipa::ToSchema;

/// What is running.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Status {
    /// Of Poundlock.
    pub version: String,
    /// Since the start.
    pub uptime_seconds: u64,
    /// Where the gateway is in its life.
    pub phase: Phase,
    /// Threads that serve traffic.
    pub workers: usize,
    /// The public addresses.
    pub listeners: Vec<ListenerStatus>,
    /// The services, in the order of the configuration.
    pub services: Vec<ServiceStatus>,
}

/// Where a gateway is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Not serving yet.
    Starting,
    /// Serving.
    Serving,
    /// Not ready any more, still serving.
    Draining,
}

/// A public address.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ListenerStatus {
    /// As in the configuration.
    pub name: String,
    /// As bound.
    pub address: String,
}

/// A service.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ServiceStatus {
    /// As in the configuration.
    pub name: String,
    /// The hosts it answers for; empty means every host that no other service names.
    pub hosts: Vec<String>,
    /// Where its requests go.
    pub instances: Vec<InstanceStatus>,
}

/// An instance of a service.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InstanceStatus {
    /// IP address and port.
    pub address: String,
    /// Whether it takes traffic.
    pub state: InstanceState,
    /// Requests on it now.
    pub in_flight: u32,
}

/// Whether an instance takes traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum InstanceState {
    /// It does.
    Up,
    /// It does not, unless no other does either.
    Down,
}

/// A configuration was taken over.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Reloaded {
    /// Changed keys that need a restart to take effect.
    pub needs_restart: Vec<String>,
}

/// A configuration that was not taken over: RFC 9457, with every error at once.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConfigProblem {
    /// The kind of problem.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The kind in words.
    pub title: &'static str,
    /// 422.
    pub status: u16,
    /// What happened.
    pub detail: &'static str,
    /// As in `x-request-id`.
    pub request_id: Option<String>,
    /// Each error with its place and its fix.
    pub errors: serde_json::Value,
}

impl ConfigProblem {
    pub(crate) fn new(errors: serde_json::Value, request_id: Option<String>) -> Self {
        Self {
            kind: "urn:poundlock:problem:invalid-configuration",
            title: "The configuration is invalid",
            status: 422,
            detail: "the running configuration was not changed",
            request_id,
            errors,
        }
    }
}
