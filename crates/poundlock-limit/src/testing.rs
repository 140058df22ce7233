//! A request as tests say it.

use crate::Facts;
use std::collections::HashMap;
use std::net::IpAddr;

/// What is not said is not there; the method is `GET`.
#[derive(Debug, Default, Clone)]
pub(crate) struct Request {
    pub(crate) ip: Option<IpAddr>,
    pub(crate) headers: HashMap<&'static str, Vec<u8>>,
    pub(crate) cookies: HashMap<&'static str, Vec<u8>>,
    pub(crate) route: Option<String>,
    pub(crate) service: Option<String>,
}

impl Request {
    /// From an address.
    pub(crate) fn from(ip: &str) -> Self {
        Self { ip: Some(ip.parse().unwrap()), ..Self::default() }
    }

    /// With a header.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.as_bytes().to_vec());
        self
    }
}

impl Facts for Request {
    fn ip(&self) -> Option<IpAddr> {
        self.ip
    }

    fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.get(name).map(Vec::as_slice)
    }

    fn cookie(&self, name: &str) -> Option<&[u8]> {
        self.cookies.get(name).map(Vec::as_slice)
    }

    fn route(&self) -> Option<&str> {
        self.route.as_deref()
    }

    fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }

    fn method(&self) -> Option<&str> {
        Some("GET")
    }
}
