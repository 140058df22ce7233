//! [`Process`]: a child process and its descendants: CPU time, memory, and their end.
//!
//! Reads `/proc`, so it is Linux only. Ends nothing that it did not start.

use std::{
    collections::HashMap,
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};

/// How long a process may take to listen.
const START_LIMIT: Duration = Duration::from_secs(20);
/// How long a process may take to end before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(3);
/// Pause between two looks at a process that starts or ends.
const POLL: Duration = Duration::from_millis(20);

/// Where a process may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cpu {
    Any,
    Only(u32),
}

/// A program with its arguments and the folder it runs in.
pub(super) struct Launch {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) folder: PathBuf,
}

/// A running child. Dropping it ends it and its descendants.
pub(super) struct Process {
    child: Child,
}

/// Memory of a process tree, in bytes. Pages that parent and child share count twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Memory {
    /// Resident now.
    pub(super) resident: u64,
    /// The most that was ever resident, summed over the processes.
    pub(super) peak: u64,
}

impl Process {
    /// Starts `launch` on `cpu` and waits until something listens on `address`.
    ///
    /// # Errors
    /// When it does not start, ends, or does not listen in time; with the end of what it wrote.
    pub(super) fn start(launch: &Launch, cpu: Cpu, address: SocketAddr) -> Result<Self> {
        let log = launch.folder.join("log");
        let output = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = pinned(&launch.program, cpu);
        command.args(&launch.arguments).current_dir(&launch.folder).stdin(Stdio::null());
        command.stdout(output.try_clone()?).stderr(output);
        // What ours writes down must not land among the user's own files.
        command.env("XDG_STATE_HOME", &launch.folder).env_remove("STATE_DIRECTORY");
        let child = command.spawn().with_context(|| format!("cannot start {}", launch.program.display()))?;
        let mut process = Self { child };
        process.wait_until_listening(address).with_context(|| {
            let said = fs::read_to_string(&log).unwrap_or_default();
            format!("{} said: {}", launch.program.display(), said.trim())
        })?;
        Ok(process)
    }

    fn wait_until_listening(&mut self, address: SocketAddr) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended with {status}");
            }
            if TcpStream::connect(address).is_ok() {
                return Ok(());
            }
            thread::sleep(POLL);
        }
        bail!("nothing listens on {address}")
    }

    /// CPU time of the process and its living descendants: user and system.
    pub(super) fn cpu_time(&self) -> Duration {
        let ticks: u64 = self.tree().iter().map(|stat| stat.cpu_ticks).sum();
        Duration::from_secs(1) * u32::try_from(ticks).unwrap_or(u32::MAX)
            / u32::try_from(rustix::param::clock_ticks_per_second()).unwrap_or(100)
    }

    /// Memory of the process and its living descendants.
    pub(super) fn memory(&self) -> Memory {
        let statuses: Vec<String> = self
            .tree()
            .iter()
            .filter_map(|stat| fs::read_to_string(format!("/proc/{}/status", stat.pid)).ok())
            .collect();
        let sum = |field| statuses.iter().filter_map(|status| kib_field(status, field)).sum::<u64>() * 1024;
        Memory { resident: sum("VmRSS:"), peak: sum("VmHWM:") }
    }

    /// The process and its descendants, parents first.
    fn tree(&self) -> Vec<Stat> {
        let mut children: HashMap<i32, Vec<Stat>> = HashMap::new();
        let mut tree = Vec::new();
        for stat in all_processes() {
            if stat.pid == self.pid() {
                tree.push(stat);
            } else {
                children.entry(stat.parent).or_default().push(stat);
            }
        }
        let mut at = 0;
        while let Some(parent) = tree.get(at).map(|stat| stat.pid) {
            tree.extend(children.remove(&parent).unwrap_or_default());
            at += 1;
        }
        tree
    }

    fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a process id fits the kernel's own type")
    }

    /// Whether the child has ended; it is reaped then.
    fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let tree = self.tree();
        if !self.has_ended() {
            signal(self.pid(), Signal::TERM);
        }
        let deadline = Instant::now() + STOP_LIMIT;
        while !self.has_ended() && Instant::now() < deadline {
            thread::sleep(POLL);
        }
        // Only what is still the same process: an id may have been given to another by now.
        for stat in
            tree.iter().filter(|stat| read_stat(stat.pid).is_some_and(|now| now.started == stat.started))
        {
            signal(stat.pid, Signal::KILL);
        }
        let _already_reaped = self.child.wait();
    }
}

/// What `/proc/PID/stat` says that matters here.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    pid: i32,
    parent: i32,
    cpu_ticks: u64,
    /// Clock ticks since boot; with the id it names a process for good.
    started: u64,
}

fn all_processes() -> impl Iterator<Item = Stat> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| read_stat(entry.file_name().to_str()?.parse().ok()?))
}

fn read_stat(pid: i32) -> Option<Stat> {
    parse_stat(pid, &fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Fields as in proc_pid_stat(5), counted after the command name, which may hold spaces and brackets.
fn parse_stat(pid: i32, line: &str) -> Option<Stat> {
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let parent = fields.get(1)?.parse().ok()?;
    Some(Stat { pid, parent, cpu_ticks: number(11)? + number(12)?, started: number(19)? })
}

/// A value in KiB from `/proc/PID/status`.
fn kib_field(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn signal(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid) {
        let _gone_already = kill_process(pid, signal);
    }
}

/// A command that runs `program` on `cpu`, where the machine has several and `taskset` is there.
pub(super) fn pinned(program: &Path, cpu: Cpu) -> Command {
    let several = thread::available_parallelism().is_ok_and(|cpus| cpus.get() > 1);
    match (cpu, find("taskset")) {
        (Cpu::Only(cpu), Some(taskset)) if several => {
            let mut command = Command::new(taskset);
            command.arg("-c").arg(cpu.to_string()).arg(program);
            command
        }
        _ => Command::new(program),
    }
}

/// A program on the `PATH`, or where Debian puts servers.
pub(super) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// A loopback address that was free a moment ago.
pub(super) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Thousands of connections need descriptors: takes all that the machine allows, for this process and its children.
pub(super) fn raise_descriptor_limit() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, ..limit };
    setrlimit(Resource::Nofile, raised).context("cannot raise the limit of open files")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_line_is_read_past_a_strange_name() {
        let line = "42 (a b) c) S 7 42 42 0 -1 4194560 1 0 0 0 11 22 3 4 20 0 1 0 987 1 1 1";
        assert_eq!(parse_stat(42, line), Some(Stat { pid: 42, parent: 7, cpu_ticks: 33, started: 987 }));
        assert_eq!(parse_stat(42, "42 (a) S"), None);
    }

    #[test]
    fn memory_fields_are_kib() {
        assert_eq!(kib_field("VmHWM:\t  20 kB\nVmRSS:\t  12 kB\n", "VmRSS:"), Some(12));
        assert_eq!(kib_field("VmRSS:\n", "VmRSS:"), None);
    }

    #[test]
    fn dropping_a_process_ends_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["-c", "sleep 60 & echo started; wait"].map(str::to_owned).to_vec();
        let mut command = Command::new("sh");
        let child = command.args(&arguments).current_dir(folder.path()).stdout(Stdio::piped()).spawn();
        let mut process = Process { child: child.unwrap() };
        let mut line = String::new();
        let output = process.child.stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).unwrap();
        let tree = process.tree();
        assert_eq!(tree.len(), 2, "{tree:?}");
        drop(process);
        // A killed orphan may stay a zombie where nothing reaps it; it runs no more.
        let runs = |stat: &Stat| {
            let line = fs::read_to_string(format!("/proc/{}/stat", stat.pid)).unwrap_or_default();
            parse_stat(stat.pid, &line).is_some_and(|now| now.started == stat.started)
                && !line.contains(") Z ")
        };
        let deadline = Instant::now() + STOP_LIMIT;
        while tree.iter().any(runs) && Instant::now() < deadline {
            thread::yield_now();
        }
        assert!(!tree.iter().any(runs), "{tree:?}");
    }
}
