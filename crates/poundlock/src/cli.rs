//! The command line as data.
//!
//! Main type: [`Cli`]. It gives words a meaning and does nothing.

use crate::output::{Failure, Out};
use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;

/// The production layer for HTTP services: one binary in front of any of them.
#[derive(Debug, Parser)]
#[command(name = "poundlock", version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) general: General,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const EXIT_CODES: &str = "Exit codes: 0 ok · 1 a check or command failed · 2 bad usage or invalid \
configuration · 3 the admin API cannot be reached.\nResults go to stdout, the log to stderr.";

/// Flags of every verb.
#[derive(Debug, Args)]
pub(crate) struct General {
    /// Print results as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// No colours; the variable NO_COLOR does the same
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
    /// Log warnings and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Log more
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Run the gateway in the foreground
    Run(Run),
    /// Show everything at once, with real processes on this machine
    Demo(Demo),
    /// Say what is wrong with a configuration
    Check(Check),
    /// Write a commented configuration to start from
    Init(Init),
    /// Print the JSON Schema of the configuration
    Schema,
    /// Look at the effective configuration
    #[command(subcommand)]
    Config(ConfigVerb),
    /// Look for attacks in values and requests
    #[command(subcommand)]
    Shield(ShieldVerb),
    /// Put out new releases
    #[command(subcommand)]
    Deploy(DeployVerb),
    /// Show what is running
    Status(Remote),
    /// Show the health of every component; exits with 1 if it is not good
    Health(Remote),
    /// Look at limits, and change what a key may spend
    #[command(subcommand)]
    Limits(LimitsVerb),
    /// Print the version
    Version,
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Print the manual page
    Man,
    /// The service behind the demo
    #[command(hide = true)]
    DemoService(DemoService),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigVerb {
    /// Print the effective configuration
    Show(Show),
}

#[derive(Debug, Subcommand)]
pub(crate) enum LimitsVerb {
    /// List limits, bans and grants; with --limit, its keys
    List(OfLimit),
    /// Show what a key has left
    Show(OfKey),
    /// Forget what a key has spent, and that it was banned
    Reset(OfKey),
    /// Let a key spend more at once, for a time
    Grant(GrantKey),
    /// Shut a key out, for a time
    Ban(BanKey),
    /// Let a key in again
    Unban(OfKey),
}

/// A limit of a running gateway.
#[derive(Debug, Args)]
pub(crate) struct OfLimit {
    /// The name of the limit; may be left out where there is only one
    #[arg(long, value_name = "NAME")]
    pub(crate) limit: Option<String>,
    #[command(flatten)]
    pub(crate) remote: Remote,
    #[command(flatten)]
    pub(crate) token: TokenFile,
}

/// A key of a limit.
#[derive(Debug, Args)]
pub(crate) struct OfKey {
    /// As requests bring it, such as an address or the value of a header, or as it is listed
    pub(crate) key: String,
    #[command(flatten)]
    pub(crate) of: OfLimit,
}

#[derive(Debug, Args)]
pub(crate) struct GrantKey {
    #[command(flatten)]
    pub(crate) who: OfKey,
    /// Tokens beyond the burst
    pub(crate) extra: u64,
    /// For how many seconds
    #[arg(long = "for", value_name = "SECONDS", default_value_t = 3600)]
    pub(crate) seconds: u64,
}

#[derive(Debug, Args)]
pub(crate) struct BanKey {
    #[command(flatten)]
    pub(crate) who: OfKey,
    /// For how many seconds
    #[arg(long = "for", value_name = "SECONDS", default_value_t = 3600)]
    pub(crate) seconds: u64,
}

/// The secret of the admin API.
#[derive(Debug, Args)]
pub(crate) struct TokenFile {
    /// The file with the admin token [default: admin.token in the state folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ShieldVerb {
    /// Read JSON lines from stdin and print a verdict for each
    Scan(ShieldScan),
    /// Say why a value is blocked, and what would let it pass
    Explain(ShieldExplain),
    /// Say what would be blocked, and propose exclusions for what looks like false alarms
    Report(ShieldReport),
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeployVerb {
    /// Read recorded requests from stdin, one JSON line each, and print a verdict on the candidate
    ///
    /// A line is {"t": seconds, "arm": "stable" or "candidate", "w": chance of the candidate, "unit": client, "status": 200,
    /// "ms": 12.3}; a status of 0 means no answer. "id" names the request, "assigned" is "drawn" unless it was
    /// "forced", "carried" or "mirrored".
    Judge,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["values", "requests"]))]
pub(crate) struct ShieldScan {
    /// Lines are {"id", "value" or "value_b64", "location"}
    #[arg(long)]
    pub(crate) values: bool,
    /// Lines are {"id", "method", "uri", "headers", "body_b64"} or {"id", "raw_b64"}
    #[arg(long)]
    pub(crate) requests: bool,
    /// How suspicious to be, from 1 to 4
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) level: u8,
}

#[derive(Debug, Args)]
pub(crate) struct ShieldExplain {
    /// The value
    pub(crate) value: String,
    /// The part of a request it is in
    #[arg(long, value_enum, default_value_t = ShieldPlace::Query)]
    pub(crate) place: ShieldPlace,
    /// The name of its field
    #[arg(long, default_value = "")]
    pub(crate) field: String,
    /// The method of the request, for a narrower exclusion
    #[arg(long, default_value = "")]
    pub(crate) method: String,
    /// The path of the request, for a narrower exclusion
    #[arg(long, default_value = "")]
    pub(crate) path: String,
    /// How suspicious to be, from 1 to 4
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) level: u8,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("findings").required(true).args(["file", "since"]))]
pub(crate) struct ShieldReport {
    /// An audit log; - is stdin
    pub(crate) file: Option<PathBuf>,
    /// Ask the gateway that runs what it found in this time, such as 30m, 1h or 2d
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    pub(crate) since: Option<u64>,
    /// From how many clients on the same finding looks like a false alarm
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) clients: u32,
    #[command(flatten)]
    pub(crate) remote: Remote,
    #[command(flatten)]
    pub(crate) token: TokenFile,
}

/// A time in whole seconds.
fn seconds(text: &str) -> Result<u64, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor =
        [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)].into_iter().find(|(word, _)| *word == unit);
    let seconds = factor.and_then(|(_, factor)| number.parse::<u64>().ok()?.checked_mul(factor));
    seconds.ok_or_else(|| "expected a number with s, m, h or d, such as 1h".to_owned())
}

/// A part of a request.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum ShieldPlace {
    Path,
    Query,
    Body,
    Header,
    Cookie,
}

impl From<ShieldPlace> for poundlock_shield::Place {
    fn from(place: ShieldPlace) -> Self {
        match place {
            ShieldPlace::Path => Self::Path,
            ShieldPlace::Query => Self::Query,
            ShieldPlace::Body => Self::Body,
            ShieldPlace::Header => Self::Header,
            ShieldPlace::Cookie => Self::Cookie,
        }
    }
}

/// Where a configuration comes from.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Settings {
    /// The address of an instance; several are balanced over
    #[arg(long, value_name = "ADDR")]
    pub(crate) to: Vec<String>,
    /// The configuration file; without --to, poundlock.toml in this folder is taken if it is there
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The public address [default: 0.0.0.0:8080]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// The admin address [default: 127.0.0.1:9900]
    #[arg(long, value_name = "ADDR")]
    pub(crate) admin: Option<String>,
    /// Threads that serve traffic [default: one a CPU]
    #[arg(long, value_name = "N")]
    pub(crate) workers: Option<u32>,
    /// Write a JSON line a request to this file, or to stdout with `-`
    #[arg(long, value_name = "FILE")]
    pub(crate) access_log: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) settings: Settings,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Play the story as a script, check each step, and exit non-zero if one fails
    #[arg(long)]
    pub(crate) once: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The file to check
    #[arg(default_value = "poundlock.toml")]
    pub(crate) file: PathBuf,
    /// Also resolve the names of upstreams and connect to them
    #[arg(long)]
    pub(crate) online: bool,
    /// Warnings are errors
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The file to write; an existing one is left alone
    #[arg(default_value = "poundlock.toml")]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// Say who set each value
    #[arg(long)]
    pub(crate) origin: bool,
}

/// Where a running gateway is.
#[derive(Debug, Args)]
pub(crate) struct Remote {
    /// The URL of the admin API
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9900")]
    pub(crate) admin: String,
}

#[derive(Debug, Args)]
pub(crate) struct DemoService {
    #[arg(long)]
    pub(crate) release: String,
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
}

pub(crate) fn completions(shell: Shell, out: &Out) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "poundlock", &mut text);
    out.text(&String::from_utf8_lossy(&text))
}

pub(crate) fn man(out: &Out) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut text).map_err(anyhow::Error::from)?;
    out.text(&String::from_utf8_lossy(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_have_units() {
        assert_eq!(
            [seconds("90s"), seconds("30m"), seconds("1h"), seconds("2d")],
            [90, 1800, 3600, 172_800].map(Ok)
        );
        for wrong in ["", "1", "h", "1w", "1.5h", "-1h", "99999999999999999999d", "99999999999999999d"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
