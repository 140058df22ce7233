//! A running gateway: [`Gateway`] starts the binary, waits until it is ready, and ends it when dropped.
//!
//! The public port is reserved beforehand and shared through `SO_REUSEPORT`; the admin port is picked and, should somebody
//! else take it in between, picked again. When a test fails, the gateway's log is printed. It knows flags, not semantics.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;

use crate::binary::{Process, command};
use crate::client::{Answer, Client};
use crate::config::{Addresses, Config};
use crate::metrics::Metrics;
use crate::port::{Reservation, free_address};
use crate::wait::{PATIENCE, eventually, poll};

/// How often a start is tried when somebody else took the admin port in between.
const START_ATTEMPTS: usize = 5;

/// Signals a gateway reacts to.
#[derive(Clone, Copy, Debug)]
pub enum Signal {
    /// Reload the configuration.
    Hangup,
    /// Drain and exit.
    Terminate,
}

/// A gateway process in a folder of its own.
pub struct Gateway {
    process: Process,
    folder: TempDir,
    at: Addresses,
    port: Arc<Reservation>,
}

impl Gateway {
    /// Runs `poundlock run ARGS` without a file; listen and admin addresses are added.
    pub fn run(args: &[&str]) -> Self {
        Self::launch(Arc::default(), |at, folder| {
            let (listen, admin) = (at.public.to_string(), at.admin.to_string());
            let mut run = command(folder);
            run.arg("run").args(args).args(["--listen", &listen, "--admin", &admin]);
            run
        })
    }

    /// Runs `poundlock run --to UPSTREAM`, nothing else said.
    pub fn to(upstream: &crate::Upstream) -> Self {
        Self::run(&["--to", &upstream.address()])
    }

    /// Writes `config` to `poundlock.toml` and runs with it.
    pub fn start(config: &Config) -> Self {
        Self::start_with(config, &[])
    }

    /// As [`Gateway::start`], with additional arguments.
    pub fn start_with(config: &Config, args: &[&str]) -> Self {
        Self::start_at(Arc::default(), config, args)
    }

    /// Starts a second gateway on the same public address, as a new version of the binary would be.
    pub fn successor(&self, config: &Config) -> Self {
        Self::start_at(self.port.clone(), config, &[])
    }

    /// Replaces the configuration file in one step, as an editor or a mounted volume does.
    pub fn rewrite(&self, config: &Config) {
        write(self.folder(), &config.render(self.at, self.folder()));
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let name = match signal {
            Signal::Hangup => "HUP",
            Signal::Terminate => "TERM",
        };
        let kill = format!("kill -s {name} {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().is_ok_and(|s| s.success()), "{kill}");
    }

    /// Waits for the process to end by itself; its exit code, `None` if a signal ended it.
    pub fn wait_exit(&mut self) -> Option<i32> {
        let status = self.process.wait(PATIENCE * 2).unwrap_or_else(|| panic!("the gateway did not end"));
        status.code()
    }

    /// Kills the process and starts it again in the same folder.
    pub fn restart(&mut self, config: &Config) {
        self.rewrite(config);
        let mut run = command(self.folder());
        run.args(["run", "--config", "poundlock.toml"]).envs(config.variables());
        self.process.kill();
        self.process = Process::spawn(&mut run);
        assert!(self.became_ready(), "the admin port was taken in between");
    }

    /// Ends the process as `kill -9` does.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// A changing call on the admin address, with the token; `body` is JSON, or empty.
    pub fn change(&self, method: &str, path: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {}", self.token());
        let headers = [("Authorization", &*bearer), ("Content-Type", "application/json")];
        Client::connect(self.at.admin).request(method, path, &headers, body)
    }

    /// Runs a verb of the command line against this gateway: `poundlock ARGS --admin … --token-file …`.
    pub fn cli(&self, args: &[&str]) -> crate::Finished {
        let (admin, token) = (format!("http://{}", self.at.admin), self.token_file().display().to_string());
        let all = [args, &["--admin", &admin, "--token-file", &token]].concat();
        crate::poundlock(self.folder(), &all)
    }

    /// Connects to the public address.
    pub fn client(&self) -> Client {
        Client::connect(self.at.public)
    }

    /// GET on the public address over a connection of its own.
    pub fn get(&self, path: &str) -> Answer {
        self.client().get(path)
    }

    /// A request on the admin address over a connection of its own.
    pub fn admin(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        Client::connect(self.at.admin).request(method, path, headers, "")
    }

    /// GET on the admin address over a connection of its own.
    pub fn admin_get(&self, path: &str) -> Answer {
        self.admin("GET", path, &[])
    }

    /// The current metrics, in the text format.
    pub fn metrics(&self) -> Metrics {
        Metrics::parse(&self.admin_get("/metrics").text())
    }

    /// Waits until `counted` of the metrics is at least `least`: a request is counted when its body has been sent.
    pub fn wait_metric(&self, least: f64, counted: impl Fn(&Metrics) -> f64) {
        eventually("the metric", || (counted(&self.metrics()) >= least).then_some(()));
    }

    /// The public address.
    pub fn public_address(&self) -> SocketAddr {
        self.at.public
    }

    /// The admin address.
    pub fn admin_address(&self) -> SocketAddr {
        self.at.admin
    }

    /// The folder it runs in; its state is in `state`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The bearer token of the admin API.
    pub fn token(&self) -> String {
        let file = self.token_file();
        std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file:?}: {e}")).trim().to_owned()
    }

    /// Where the bearer token is kept.
    pub fn token_file(&self) -> PathBuf {
        self.folder().join("state/admin.token")
    }

    /// What it wrote to stderr so far.
    pub fn log(&self) -> String {
        self.process.stderr()
    }

    /// What it wrote to stdout so far.
    pub fn stdout(&self) -> String {
        self.process.stdout()
    }

    /// Waits until the log contains `words`.
    pub fn wait_log(&self, words: &str) {
        eventually(&format!("{words:?} in the log"), || self.log().contains(words).then_some(()));
    }

    fn start_at(port: Arc<Reservation>, config: &Config, args: &[&str]) -> Self {
        Self::launch(port, |at, folder| {
            write(folder, &config.render(at, folder));
            let mut run = command(folder);
            run.args(["run", "--config", "poundlock.toml"]).args(args).envs(config.variables());
            run
        })
    }

    fn launch(port: Arc<Reservation>, prepare: impl Fn(Addresses, &Path) -> Command) -> Self {
        for _ in 0..START_ATTEMPTS {
            let folder = tempfile::tempdir().expect("a temporary folder can be made");
            let at = Addresses { public: port.address, admin: free_address() };
            let process = Process::spawn(&mut prepare(at, folder.path()));
            let mut gateway = Self { process, folder, at, port: port.clone() };
            if gateway.became_ready() {
                return gateway;
            }
        }
        panic!("no admin port was free in {START_ATTEMPTS} attempts");
    }

    /// Waits for readiness; false if the process ended because its admin address was taken.
    fn became_ready(&mut self) -> bool {
        let ended = poll(PATIENCE, || {
            let ready = Client::try_connect(self.at.admin)
                .and_then(|mut admin| admin.try_request("GET", "/health/ready", &[], ""))
                .is_ok_and(|answer| answer.status == 200);
            if ready { Some(None) } else { self.process.wait(std::time::Duration::ZERO).map(Some) }
        });
        match ended {
            Some(None) => true,
            Some(Some(_)) if self.log().contains("in use") => false,
            Some(Some(status)) => panic!("the gateway ended at start: {status}"),
            None => panic!("the gateway did not become ready"),
        }
    }
}

impl Drop for Gateway {
    #[expect(clippy::print_stderr, reason = "the log of the gateway belongs to the report of a failed test")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- log of the gateway ---\n{}--- end of the log ---", self.log());
        }
    }
}

fn write(folder: &Path, text: &str) {
    let draft = folder.join("poundlock.toml.draft");
    std::fs::write(&draft, text).expect("a temporary folder can be written");
    std::fs::rename(&draft, folder.join("poundlock.toml")).expect("a file can be renamed in its folder");
}
