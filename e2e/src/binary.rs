//! The `poundlock` binary: found or built once ([`path`]), run to its end ([`poundlock`]) or kept running ([`Process`]).
//!
//! `POUNDLOCK_BIN` names a binary to use as it is; otherwise `cargo build` runs once per test process, which costs little
//! when nothing changed and keeps the tests from judging a stale binary. It does not know what the flags mean.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::wait::{PATIENCE, poll};

/// How a run ended.
#[derive(Debug)]
pub struct Finished {
    /// Exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs `poundlock ARGS` in `folder` to its end; panics if it does not end within [`PATIENCE`].
pub fn poundlock(folder: &Path, args: &[&str]) -> Finished {
    poundlock_with(folder, args, &[])
}

/// As [`poundlock`], with additional environment variables.
pub fn poundlock_with(folder: &Path, args: &[&str], env: &[(&str, &str)]) -> Finished {
    let mut command = command(folder);
    command.args(args).envs(env.iter().copied());
    finish(Process::spawn(&mut command), args)
}

/// As [`poundlock`], with `input` on its standard input.
pub fn poundlock_reading(folder: &Path, args: &[&str], input: &str) -> Finished {
    let file = folder.join("stdin");
    std::fs::write(&file, input).expect("the folder can be written");
    let stdin = std::fs::File::open(&file).expect("what was written can be read");
    finish(Process::spawn_with(command(folder).args(args), stdin.into()), args)
}

fn finish(mut process: Process, args: &[&str]) -> Finished {
    let Some(status) = process.wait(PATIENCE) else {
        panic!("poundlock {args:?} did not end\n{}", process.stderr())
    };
    process.join_readers();
    Finished { code: status.code(), stdout: process.stdout(), stderr: process.stderr() }
}

/// A command for the binary that sees neither the developer's configuration nor their variables.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(path());
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
        .env("HOME", folder)
        .env("STATE_DIRECTORY", folder.join("state"))
        .env("NO_COLOR", "1")
        .current_dir(folder);
    command
}

/// A running child whose output is collected; killed when dropped.
pub(crate) struct Process {
    child: Child,
    stdout: Captured,
    stderr: Captured,
}

struct Captured {
    text: Arc<Mutex<String>>,
    reader: Option<std::thread::JoinHandle<()>>,
}

impl Process {
    pub(crate) fn spawn(command: &mut Command) -> Self {
        Self::spawn_with(command, Stdio::null())
    }

    fn spawn_with(command: &mut Command, stdin: Stdio) -> Self {
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let stdout = Captured::start(child.stdout.take().expect("stdout is piped"));
        let stderr = Captured::start(child.stderr.take().expect("stderr is piped"));
        Self { child, stdout, stderr }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn stdout(&self) -> String {
        self.stdout.text()
    }

    pub(crate) fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// The exit status if the process ends within `limit`.
    pub(crate) fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        poll(limit, || self.child.try_wait().expect("a child can be waited for"))
    }

    /// Ends it at once, if it has not ended.
    pub(crate) fn kill(&mut self) {
        let _already_ended = self.child.kill();
        let _already_reaped = self.child.wait();
    }

    fn join_readers(&mut self) {
        for reader in [self.stdout.reader.take(), self.stderr.reader.take()].into_iter().flatten() {
            reader.join().expect("a reader does not panic");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Captured {
    fn start(from: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let into = text.clone();
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
                let mut text = into.lock().unwrap_or_else(PoisonError::into_inner);
                text.push_str(&String::from_utf8_lossy(&line));
                text.push('\n');
            }
        });
        Self { text, reader: Some(reader) }
    }

    fn text(&self) -> String {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| std::env::var_os("POUNDLOCK_BIN").map_or_else(build, PathBuf::from))
}

/// Builds the binary in the profile of the tests; cargo's own lock keeps concurrent test processes apart.
/// Under nextest, where every test is a process, a binary that is there is taken as it is.
fn build() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace");
    let release = !cfg!(debug_assertions);
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let binary = target.join(if release { "release" } else { "debug" }).join("poundlock");
    if std::env::var_os("NEXTEST").is_some() && binary.is_file() {
        return binary;
    }
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--bin", "poundlock"]).current_dir(root);
    cargo.args(release.then_some("--release"));
    let built = cargo.output().unwrap_or_else(|e| panic!("{cargo:?}: {e}"));
    assert!(built.status.success(), "{cargo:?}\n{}", String::from_utf8_lossy(&built.stderr));
    binary
}
