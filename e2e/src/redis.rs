//! A real Redis: [`Redis`] starts one on a free loopback port, stops and resumes it, and ends it when dropped.
//!
//! It speaks just enough of the protocol to ask for numbers and set options. It knows nothing of what is stored.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use tempfile::TempDir;

use crate::port::free_address;
use crate::tools::{RunningTool, Tool, tool};
use crate::wait::{PATIENCE, eventually};

/// A running server that keeps nothing on disk.
pub struct Redis {
    server: Tool,
    running: Option<RunningTool>,
    address: SocketAddr,
    folder: TempDir,
}

impl Redis {
    /// Starts a server; `None` after saying so where there is no `redis-server`.
    pub fn start() -> Option<Self> {
        let server = tool("redis-server")?;
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut redis = Self { server, running: None, address: free_address(), folder };
        redis.resurrect();
        Some(redis)
    }

    /// What to write into `store.redis`.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Sends a command of words and returns its answer: a string, a number as text, or `-ERROR`.
    pub fn ask(&self, words: &[&str]) -> String {
        let mut stream = BufReader::new(TcpStream::connect(self.address).expect("redis listens"));
        stream.get_ref().set_read_timeout(Some(PATIENCE)).expect("patience is not zero");
        let mut command = format!("*{}\r\n", words.len());
        for word in words {
            command.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        stream.get_mut().write_all(command.as_bytes()).expect("redis reads");
        let mut line = String::new();
        stream.read_line(&mut line).expect("redis answers");
        let line = line.trim_end();
        match line.strip_prefix('$').and_then(|length| length.parse().ok()) {
            Some(length) => {
                let mut text = vec![0; length];
                stream.read_exact(&mut text).expect("redis answers as long as it says");
                String::from_utf8_lossy(&text).into_owned()
            }
            None => line.trim_start_matches([':', '+']).to_owned(),
        }
    }

    /// How often a command has been called since the statistics were reset.
    pub fn calls(&self, command: &str) -> u64 {
        let stats = self.ask(&["INFO", "commandstats"]);
        let line = stats.lines().find(|line| line.starts_with(&format!("cmdstat_{command}:")));
        let calls = line.and_then(|line| line.split("calls=").nth(1)).and_then(|rest| rest.split(',').next());
        calls.map_or(0, |calls| calls.parse().expect("a number of calls"))
    }

    /// Stops it as a paused machine would be: connections stay open, nobody answers.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        self.running = None;
    }

    /// Starts it again, empty, on the same port.
    pub fn resurrect(&mut self) {
        let (port, folder) = (self.address.port().to_string(), self.folder.path().display().to_string());
        let options = ["--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--dir", &folder];
        self.running = Some(self.server.start(&[&["--port", &port], &options[..]].concat()));
        eventually("redis", || TcpStream::connect(self.address).ok());
        eventually("redis to answer", || (self.ask(&["PING"]) == "PONG").then_some(()));
    }

    fn signal(&self, name: &str) {
        let id = self.running.as_ref().expect("redis runs").id();
        let kill = format!("kill -s {name} {id}");
        assert!(Command::new("sh").args(["-c", &kill]).status().is_ok_and(|s| s.success()), "{kill}");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // A stopped process is not ended by a signal it could handle; it is by the one that ends `RunningTool`.
        self.running = None;
    }
}
