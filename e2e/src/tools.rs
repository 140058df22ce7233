//! Programs a test needs that a fresh machine lacks: [`tool`] finds one, or skips the test by name.
//!
//! With `POUNDLOCK_REQUIRE_TOOLS=1` a missing program fails the test instead. It knows no program's options.

use std::path::PathBuf;
use std::process::Command;

use crate::binary::Process;

/// A program found on the `PATH`.
pub struct Tool {
    path: PathBuf,
}

/// A tool left running; killed when dropped.
pub struct RunningTool(Process);

/// Finds `name` on the `PATH`. `None` after saying so: the test then returns.
#[expect(clippy::print_stderr, reason = "a skipped test says so by name")]
pub fn tool(name: &str) -> Option<Tool> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file());
    if found.is_none() {
        assert!(std::env::var_os("POUNDLOCK_REQUIRE_TOOLS").is_none_or(|v| v != "1"), "{name} is required");
        let test = std::thread::current();
        eprintln!("skipped {}: {name} is not installed", test.name().unwrap_or("test"));
    }
    found.map(|path| Tool { path })
}

impl Tool {
    /// Runs to the end with `input` on stdin: success, and stdout with stderr after it.
    pub fn run(&self, args: &[&str], input: &str) -> (bool, String) {
        let file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
        std::fs::write(file.path(), input).expect("a temporary file can be written");
        let stdin = std::fs::File::open(file.path()).expect("the file was just written");
        let output = Command::new(&self.path).args(args).stdin(stdin).output();
        let output = output.unwrap_or_else(|e| panic!("{:?}: {e}", self.path));
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    /// Starts and keeps running.
    pub fn start(&self, args: &[&str]) -> RunningTool {
        RunningTool(Process::spawn(Command::new(&self.path).args(args)))
    }
}

impl RunningTool {
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// What it wrote to stdout and stderr so far.
    pub fn output(&self) -> String {
        self.0.stdout() + &self.0.stderr()
    }
}

/// `curl --silent --include ARGS`, at most ten seconds: everything it printed.
pub fn curl(args: &[&str]) -> Option<String> {
    let (succeeded, output) = tool("curl")?
        .run(&[&["--silent", "--show-error", "--include", "--max-time", "10"], args].concat(), "");
    assert!(succeeded, "curl {args:?}: {output}");
    Some(output)
}
