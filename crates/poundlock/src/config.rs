//! `check`, `init`, `schema`, `config show`, and how the sources of a configuration are read.
//!
//! Main items: [`sources`] and the verbs. What a configuration means is the gateway's to say.

use crate::cli::{Check, Init, Settings, Show};
use crate::output::{Failure, Out};
use anyhow::{Context, anyhow};
use poundlock_gateway::config::{self, Config, Documents, Flag, Host, MAX_DOCUMENT_BYTES, Sources};
use serde_json::json;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long `check --online` waits for a connection.
const ONLINE: Duration = Duration::from_secs(2);

/// The file to read: the one that was named, or `poundlock.toml` where nothing else says what to do.
pub(crate) fn file(settings: &Settings) -> Option<PathBuf> {
    let usual = || Path::new("poundlock.toml");
    let found = || (settings.to.is_empty() && usual().exists()).then(|| usual().to_owned());
    settings.config.clone().or_else(found)
}

/// Reads everything a configuration is made of.
pub(crate) fn sources(settings: &Settings, file: Option<&Path>) -> Result<Sources, Failure> {
    let file = match file {
        None => None,
        Some(path) => Some((path.to_owned(), read(path)?)),
    };
    let env = std::env::vars_os().filter_map(text).collect();
    Ok(Sources { file, env, flags: flags(settings), documents: Documents(document) })
}

/// The text of a file that a configuration names; a byte more than is allowed is enough to refuse it.
fn document(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(MAX_DOCUMENT_BYTES as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}

fn text((name, value): (std::ffi::OsString, std::ffi::OsString)) -> Option<(String, String)> {
    Some((name.into_string().ok()?, value.into_string().ok()?))
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            Failure::Usage(format!("{} does not exist; `poundlock init` writes one", path.display()))
        }
        _ => Failure::Usage(format!("cannot read {}: {error}", path.display())),
    })
}

fn flags(settings: &Settings) -> Vec<Flag> {
    let mut flags: Vec<Flag> = Vec::new();
    if !settings.to.is_empty() {
        flags.push(("--to", "service.default.to", json!(settings.to)));
    }
    let one = [
        ("--listen", "listen.http.address", settings.listen.as_ref().map(|v| json!(v))),
        ("--admin", "admin.address", settings.admin.as_ref().map(|v| json!(v))),
        ("--workers", "workers", settings.workers.map(|v| json!(v))),
        ("--access-log", "access_log", settings.access_log.as_ref().map(|v| json!(v))),
    ];
    flags.extend(one.into_iter().filter_map(|(flag, path, value)| Some((flag, path, value?))));
    flags
}

/// `poundlock check`
pub(crate) fn check(args: &Check, out: &Out) -> Result<(), Failure> {
    let settings = Settings { config: Some(args.file.clone()), ..Settings::default() };
    let loaded = config::load(&sources(&settings, Some(&args.file))?).map_err(Failure::Invalid)?;
    if !loaded.warnings.is_empty() {
        if args.strict {
            return Err(Failure::Invalid(loaded.warnings));
        }
        out.note(loaded.warnings.render(out.color()).trim_end());
    }
    let unreachable = if args.online { unreachable(&loaded.config) } else { Vec::new() };
    for problem in &unreachable {
        out.note(&format!("error: {problem}"));
    }
    let file = args.file.display().to_string();
    let ok = unreachable.is_empty();
    out.result(&json!({ "ok": ok, "file": file, "unreachable": unreachable }), || {
        if ok { format!("{file}: ok\n") } else { String::new() }
    })?;
    if ok { Ok(()) } else { Err(Failure::Told) }
}

/// Tries every upstream; says which ones do not answer.
fn unreachable(config: &Config) -> Vec<String> {
    let mut problems = Vec::new();
    for service in &config.services {
        for upstream in &service.to {
            let host = match &upstream.host {
                Host::Ip(ip) => ip.to_string(),
                Host::Name(name) => name.clone(),
            };
            let connected = (host.as_str(), upstream.port).to_socket_addrs().and_then(|addresses| {
                let mut last = Err(std::io::Error::new(ErrorKind::NotFound, "the name has no address"));
                for address in addresses {
                    last = TcpStream::connect_timeout(&address, ONLINE).map(drop);
                    if last.is_ok() {
                        break;
                    }
                }
                last
            });
            if let Err(error) = connected {
                problems.push(format!("service `{}`: {upstream}: {error}", service.name));
            }
        }
    }
    problems
}

/// `poundlock init`
pub(crate) fn init(args: &Init, out: &Out) -> Result<(), Failure> {
    let path = &args.file;
    let file = fs::OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = file.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => anyhow!("{} exists already and was left alone", path.display()),
        _ => anyhow::Error::from(error).context(format!("cannot write {}", path.display())),
    })?;
    let written = file.write_all(config::starter().as_bytes());
    written.with_context(|| format!("cannot write {}", path.display()))?;
    out.result(&json!({ "file": path }), || {
        format!("wrote {0}; next: edit it, then `poundlock check {0}`\n", path.display())
    })
}

/// `poundlock schema`
pub(crate) fn schema(out: &Out) -> Result<(), Failure> {
    let schema = serde_json::to_string_pretty(&config::json_schema()).map_err(anyhow::Error::from)?;
    out.text(&(schema + "\n"))
}

/// `poundlock config show`
pub(crate) fn show(args: &Show, out: &Out) -> Result<(), Failure> {
    let file = file(&args.settings);
    let loaded = config::load(&sources(&args.settings, file.as_deref())?).map_err(Failure::Invalid)?;
    out.result(&loaded.show_json(), || loaded.show(args.origin))
}
