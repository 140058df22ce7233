//! A real Redis server for one test, on a Unix socket in a folder of its own, stopped by its own process ID.
//!
//! Main type: [`RedisServer`]. It knows no limits.
#![allow(dead_code, reason = "not every test that includes this file wants all of it")]

use poundlock_store::limits::LimitDef;
use poundlock_store::limits::redis::{RedisConfig, RedisLimits, SharedLimit, Sharing};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything that a server does may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// A running server; it is killed when dropped.
pub(crate) struct RedisServer {
    program: PathBuf,
    arguments: Vec<String>,
    folder: TempDir,
    child: Child,
}

impl RedisServer {
    /// Starts one with these further arguments. `None` after saying so if there is no `redis-server`: the test then
    /// returns. With `POUNDLOCK_REQUIRE_TOOLS=1` it fails.
    pub(crate) fn start(arguments: &[&str]) -> Option<Self> {
        let program = program("redis-server")?;
        let folder = tempfile::tempdir().unwrap();
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let child = spawn(&program, &arguments, folder.path());
        let server = Self { program, arguments, folder, child };
        server.wait();
        Some(server)
    }

    /// Starts it again, with nothing in it but what is in its file, if it was told to have one. Does not wait for it.
    pub(crate) fn start_again(&mut self, arguments: &[&str]) {
        self.arguments.extend(arguments.iter().map(ToString::to_string));
        self.child = spawn(&self.program, &self.arguments, self.folder.path());
    }

    /// Kills it.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends it a signal, such as `STOP`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(sent.unwrap().success());
    }

    /// Its process ID.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.path().join("socket").display())
    }

    /// Runs a command on a connection of its own.
    pub(crate) fn command<T: redis::FromRedisValue>(&self, words: &[&str]) -> redis::RedisResult<T> {
        let mut connection = redis::Client::open(self.url())?.get_connection()?;
        connection.set_read_timeout(Some(PATIENCE))?;
        redis::cmd(words[0]).arg(&words[1..]).query(&mut connection)
    }

    /// A store on this runtime, for strict limits of these names.
    pub(crate) fn store(&self, limits: &[&str]) -> RedisLimits {
        let config = RedisConfig { denials: 0, ..RedisConfig::new(self.url()) };
        RedisLimits::start(config, &shared(limits, Sharing::Strict), &tokio::runtime::Handle::current())
            .unwrap()
    }

    fn wait(&self) {
        let began = Instant::now();
        while !answers(self.command::<String>(&["PING"])) {
            assert!(began.elapsed() < PATIENCE, "redis-server does not answer");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _stopped_before = self.child.kill();
        let _waited_before = self.child.wait();
    }
}

/// Limits of these names.
pub(crate) fn shared(names: &[&str], sharing: Sharing) -> Vec<SharedLimit> {
    let def = |name: &&str| LimitDef { name: name.to_string(), max_keys: 1000 };
    names.iter().map(|name| SharedLimit { def: def(name), sharing }).collect()
}

/// A server that wants a password or still loads is there, too.
fn answers(ping: redis::RedisResult<String>) -> bool {
    ping.is_ok_and(|pong| pong == "PONG")
}

fn spawn(program: &Path, arguments: &[String], folder: &Path) -> Child {
    Command::new(program)
        .args(["--port", "0", "--unixsocket", "socket", "--save", "", "--appendonly", "no"])
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn program(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file());
    if found.is_none() {
        assert!(std::env::var_os("POUNDLOCK_REQUIRE_TOOLS").is_none_or(|v| v != "1"), "{name} is required");
        let test = std::thread::current();
        eprintln!("skipped {}: {name} is not installed", test.name().unwrap_or("test"));
    }
    found
}
