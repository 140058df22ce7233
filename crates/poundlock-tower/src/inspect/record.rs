//! What is told of a request in which something was found.
//!
//! Main types: [`Record`], one line of the audit log, and [`Findings`], who takes it. Values in it are cut and masked by
//! those who found them.

use super::Mode;
use poundlock_shield::Finding;
use poundlock_shield::validate::Issue;
use serde::{Serialize, Serializer, ser::SerializeMap};
use std::net::IpAddr;
use std::time::SystemTime;

/// Takes what is found. Must not block: it is called on the request path.
pub trait Findings: Send + Sync {
    /// Something was found in one request, which is over or refused now.
    fn found(&self, record: &Record<'_>);
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It passed.
    Pass,
    /// It was not refused, but it is an attack: in [`Mode::Detect`], or given up by its sender.
    WouldBlock,
    /// It was refused as an attack.
    Block,
    /// It was not refused, but it is not valid.
    WouldRefuse,
    /// It was refused because it is not valid.
    Refuse,
}

impl Action {
    /// Every action, in the order of its discriminant.
    pub const ALL: [Self; 5] = [Self::Pass, Self::WouldBlock, Self::Block, Self::WouldRefuse, Self::Refuse];

    /// The word used in metrics and in the audit log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Pass => "pass",
            Action::WouldBlock => "would_block",
            Action::Block => "block",
            Action::WouldRefuse => "would_refuse",
            Action::Refuse => "refuse",
        }
    }
}

/// One request in which something was found.
#[derive(Debug, Clone, Serialize)]
pub struct Record<'a> {
    /// When its inspection ended; the sink knows how to write it.
    #[serde(skip)]
    pub time: SystemTime,
    /// As in the client's answer.
    pub request_id: &'a str,
    /// The service it was for.
    pub service: &'a str,
    /// The route's name; empty where there are no routes.
    pub route: &'a str,
    /// As the client wrote it.
    pub method: &'a str,
    /// Without the query.
    pub path: &'a str,
    /// Who sent it, if that is known.
    pub client: Option<IpAddr>,
    /// What was to follow.
    #[serde(serialize_with = "mode")]
    pub mode: Mode,
    /// What followed.
    pub action: Action,
    /// The highest score of a class of attack.
    pub score: u16,
    /// The level it was judged by, from 1 to 4.
    pub level: u8,
    /// Evidence of attacks, the strongest first.
    pub findings: &'a [Finding],
    /// What is not valid.
    #[serde(serialize_with = "issues", skip_serializing_if = "<[Issue]>::is_empty")]
    pub issues: &'a [Issue],
}

fn mode<S: Serializer>(mode: &Mode, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(mode.as_str())
}

fn issues<S: Serializer>(issues: &[Issue], to: S) -> Result<S::Ok, S::Error> {
    struct Shown<'a>(&'a Issue);
    impl Serialize for Shown<'_> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            let mut map = to.serialize_map(Some(3))?;
            map.serialize_entry("in", self.0.path.part.as_str())?;
            map.serialize_entry("pointer", self.0.path.pointer())?;
            map.serialize_entry("detail", &self.0.problem.to_string())?;
            map.end()
        }
    }
    to.collect_seq(issues.iter().map(Shown))
}
