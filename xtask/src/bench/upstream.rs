//! The service behind the proxies: an nginx that nobody here wrote.

use std::{fs, iter, net::SocketAddr, path::Path};

use anyhow::{Context as _, Result, ensure};

use super::{
    modes::{Exchange, HUGE_BODY, LARGE_BODY, Mode, SMALL_BODY},
    peers::{Template, run_folder},
    probe,
    procs::{Cpu, Launch, Process, find, free_address},
};

/// The CPU of the upstream and of the load generator when the proxy has one worker.
pub(super) const OTHER_CPU: Cpu = Cpu::Only(1);

/// A running upstream.
pub(super) struct Upstream {
    pub(super) address: SocketAddr,
    _process: Process,
}

impl Upstream {
    /// Starts it below `runs` and checks each of its answers.
    pub(super) fn start(root: &Path, runs: &Path) -> Result<Self> {
        let nginx = find("nginx").context("nginx is not installed (Debian package `nginx`)")?;
        let address = free_address()?;
        let folder = run_folder(runs, "upstream")?;
        fs::write(folder.join("1m"), vec![b'x'; LARGE_BODY])?;
        fs::write(folder.join("12m"), vec![b'x'; HUGE_BODY])?;
        let body = format!("{{\"data\":\"{}\"}}", "x".repeat(SMALL_BODY - 11));
        let values =
            [("PORT", address.port().to_string()), ("RUN", folder.display().to_string()), ("BODY", body)];
        let file = Template { root, name: "upstream.conf", folder: &folder }.fill(&values)?;
        let arguments = ["-p", &folder.display().to_string(), "-c", &file].map(str::to_owned).to_vec();
        let process = Process::start(&Launch { program: nginx, arguments, folder }, OTHER_CPU, address)?;
        for mode in [Mode::Get, Mode::Upload, Mode::Download] {
            for exchange in iter::once(mode.exchange()).chain(mode.huge_exchange()) {
                probe::ask(address, exchange).with_context(|| format!("upstream, {}", mode.name()))?;
            }
        }
        // The proof that a lost byte would be seen, or a passing upload would prove nothing.
        let short = Exchange { sent: SMALL_BODY, ..Mode::Upload.exchange() };
        ensure!(probe::ask(address, short).is_err(), "the upstream accepts an upload that is cut");
        Ok(Self { address, _process: process })
    }
}
