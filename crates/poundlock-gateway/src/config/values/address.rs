//! Addresses: sockets to listen on, upstreams, hosts and networks.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

use super::{Host, HostPattern, Mistake, Upstream};

/// Longest DNS name and longest label in it (RFC 1035 2.3.4).
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

/// Reads an IP address and a port for clients to connect to; names are not resolved.
pub(in crate::config) fn listen_address(text: &str) -> Result<SocketAddr, Mistake> {
    socket_address(text, "0.0.0.0")
}

/// Like [`listen_address`], but only for this machine: what others can reach needs TLS and a token.
pub(in crate::config) fn admin_address(text: &str) -> Result<SocketAddr, Mistake> {
    let address = socket_address(text, "127.0.0.1")?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err(Mistake::new(
        "address that others can reach",
        "expected a loopback address: anything else needs TLS and a token",
    )
    .did_you_mean(format!("127.0.0.1:{}", address.port())))
}

/// `any` is suggested where the IP address is missing.
fn socket_address(text: &str, any: &str) -> Result<SocketAddr, Mistake> {
    text.parse().map_err(|_| {
        let mistake = Mistake::new("malformed address", "expected an IP address and a port");
        let (host, port) =
            text.rsplit_once(':').unwrap_or(if is_port(text) { ("", text) } else { (text, "") });
        let port = if port.is_empty() { "8080" } else { port };
        match host {
            _ if !is_port(port) => mistake,
            "" | "*" => mistake.did_you_mean(format!("{any}:{port}")),
            "localhost" => mistake.did_you_mean(format!("127.0.0.1:{port}")),
            host if host.parse::<Ipv6Addr>().is_ok() => mistake.did_you_mean(format!("[{host}]:{port}")),
            host if host.parse::<IpAddr>().is_ok() => mistake.did_you_mean(format!("{host}:{port}")),
            _ => mistake,
        }
    })
}

impl Upstream {
    /// Reads `10.0.0.7:3000`, `[::1]:3000` or `app.internal:3000`.
    pub(in crate::config) fn parse(text: &str) -> Result<Self, Mistake> {
        let malformed = || Mistake::new("malformed upstream", "expected host:port");
        if let Some((scheme, rest)) = text.split_once("://") {
            let rest = rest.split('/').next().unwrap_or(rest);
            let rest = if rest.contains(':') { rest.to_owned() } else { format!("{rest}:80") };
            return Err(match scheme {
                "http" => malformed().did_you_mean(rest),
                _ => malformed().help("upstreams speak plain HTTP; write host:port"),
            });
        }
        let Some((host, port)) = text.rsplit_once(':') else {
            return Err(match is_port(text) {
                true => malformed().did_you_mean(format!("127.0.0.1:{text}")),
                false => {
                    Mistake::new("missing port", "expected host:port").did_you_mean(format!("{text}:80"))
                }
            });
        };
        let port: u16 = match port.parse() {
            Ok(0) => return Err(Mistake::new("port 0", "expected a port from 1 to 65535")),
            Ok(port) if is_port(text.rsplit(':').next().unwrap_or("")) => port,
            _ => return Err(Mistake::new("malformed port", "expected a port from 1 to 65535")),
        };
        if host.is_empty() {
            return Err(malformed().did_you_mean(format!("127.0.0.1:{port}")));
        }
        if host.parse::<Ipv6Addr>().is_ok() {
            return Err(malformed().did_you_mean(format!("[{host}]:{port}")));
        }
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match bracketed {
            Some(inner) => Host::Ip(IpAddr::V6(inner.parse().map_err(|_| malformed())?)),
            None => Host::parse(host)?,
        };
        match host {
            Host::Ip(ip) if ip.is_unspecified() => {
                Err(Mistake::new("no address to connect to", "0.0.0.0 and :: are for listening")
                    .did_you_mean(format!("127.0.0.1:{port}")))
            }
            host => Ok(Self { host, port }),
        }
    }
}

impl Host {
    fn parse(text: &str) -> Result<Self, Mistake> {
        if let Ok(ip) = text.parse() {
            return Ok(Self::Ip(ip));
        }
        name(text).map(Self::Name)
    }
}

impl HostPattern {
    /// Reads `api.example.com` or `*.example.com`.
    pub(in crate::config) fn parse(text: &str) -> Result<Self, Mistake> {
        let malformed = || Mistake::new("malformed host", "expected a name such as \"api.example.com\"");
        if let Some((_, rest)) = text.split_once("://") {
            let host = rest.split(['/', ':']).next().unwrap_or(rest);
            return Err(malformed().did_you_mean(host));
        }
        if text == "*" {
            return Err(malformed().help("leave `hosts` out to answer for every host"));
        }
        if let Some(ip) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            let ip: Ipv6Addr = ip.parse().map_err(|_| malformed())?;
            return Ok(Self::Exact(format!("[{ip}]")));
        }
        if let Ok(ip) = text.parse::<Ipv6Addr>() {
            return Err(malformed().did_you_mean(format!("[{ip}]")));
        }
        if let Some((host, port)) = text.rsplit_once(':') {
            let mistake = Mistake::new("unwanted port", "expected a name without port");
            return Err(if is_port(port) { mistake.did_you_mean(host) } else { malformed() });
        }
        if let Some(domain) = text.strip_prefix("*.") {
            return Ok(Self::Subdomains(format!(".{}", name(domain)?)));
        }
        if text.parse::<IpAddr>().is_ok() {
            return Ok(Self::Exact(text.to_owned()));
        }
        name(text).map(Self::Exact)
    }
}

/// Reads `10.0.0.0/8`; a single address is a network of its own.
pub(in crate::config) fn network(text: &str) -> Result<IpNet, Mistake> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Ok(IpNet::from(ip));
    }
    let network: IpNet = text
        .parse()
        .map_err(|_| Mistake::new("malformed network", "expected a network such as \"10.0.0.0/8\""))?;
    if network.trunc() != network {
        let mistake = Mistake::new("address bits beyond the prefix", "expected zeros after the prefix");
        return Err(mistake.did_you_mean(network.trunc()));
    }
    Ok(network)
}

/// A DNS name in lower case, without the dot at the end. Underscores are allowed: Docker makes such names.
fn name(text: &str) -> Result<String, Mistake> {
    let mistake =
        || Mistake::new(format!("malformed name `{text}`"), "expected letters, digits, `-` and dots");
    if !text.is_ascii() {
        return Err(mistake().help("write an international name in its ASCII form, `xn--…`"));
    }
    let lower = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let right = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A name that ends in a number would be read as an IPv4 address (WHATWG URL 3.5).
    let last_is_number =
        lower.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    if lower.len() > MAX_NAME || !lower.split('.').all(right) || last_is_number {
        return Err(mistake());
    }
    Ok(lower)
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}
