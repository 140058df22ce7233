//! A configuration file in the making: [`Config`] holds TOML fragments; the harness adds addresses and the state folder.
//!
//! The listener is `http`, the service `api`. It does not check anything: broken fragments are what some tests need.

use std::net::SocketAddr;
use std::path::Path;

use crate::upstream::Upstream;

/// Fragments of a configuration file, joined when a gateway starts with it.
#[derive(Clone, Debug, Default)]
pub struct Config {
    to: Vec<String>,
    listener: Vec<String>,
    service: Vec<String>,
    rest: Vec<String>,
    env: Vec<(String, String)>,
}

/// The addresses a configuration is written for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses {
    pub(crate) public: SocketAddr,
    pub(crate) admin: SocketAddr,
}

impl Config {
    /// A service with these upstreams as its instances.
    pub fn to(upstreams: &[&Upstream]) -> Self {
        upstreams.iter().fold(Self::default(), |config, upstream| config.instance(&upstream.address()))
    }

    /// Adds an instance by address.
    pub fn instance(mut self, address: &str) -> Self {
        self.to.push(address.to_owned());
        self
    }

    /// Adds `key = value` to the listener's inline table: `ops = true`.
    pub fn listener(mut self, fragment: &str) -> Self {
        self.listener.push(fragment.to_owned());
        self
    }

    /// Adds a line to the service's table: `timeout = { request = "1s" }`.
    pub fn service(mut self, line: &str) -> Self {
        self.service.push(line.to_owned());
        self
    }

    /// Adds a line at the top: `drain = { delay = "1s" }`.
    pub fn top(mut self, line: &str) -> Self {
        self.rest.push(line.to_owned());
        self
    }

    /// Sets a variable of the gateway's environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.env.iter().map(|(name, value)| (&**name, &**value))
    }

    pub(crate) fn render(&self, at: Addresses, folder: &Path) -> String {
        let listener: String = self.listener.iter().map(|fragment| format!(", {fragment}")).collect();
        format!(
            "version = 1\nstate_dir = {state:?}\nlisten.http = {{ address = \"{public}\"{listener} }}\n\
             admin = {{ address = \"{admin}\" }}\n{rest}\n\n[service.api]\nto = {to:?}\n{service}\n",
            state = folder.join("state"),
            public = at.public,
            admin = at.admin,
            rest = self.rest.join("\n"),
            to = self.to,
            service = self.service.join("\n"),
        )
    }
}
