//! [`check`]: from what is written to what it means. All problems of all values are collected.
//!
//! Knows the rules between values; the shape of the file has been checked before.

mod limits;
mod listener;
mod service;
mod shield;
mod store;
mod throttle;

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::checked::{AccessLog, Admin, Config, Drain, Log, LogFormat, Metrics};
use super::documents::Folder;
use super::problem::{Place, Problem, Severity};
use super::raw::{Raw, RawAdmin, RawDrain, RawLog, RawLogFormat};
use super::suggest::closest;
use super::tree::{Node, last_key, steps};
use super::values::{self, Mistake};

/// The checked configuration; `None` when a problem was reported, here or before.
pub(super) fn check(
    raw: &Raw,
    tree: &Node,
    documents: Folder<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Config> {
    let reported = problems.iter().map(|problem| problem.path.clone()).collect();
    let mut report = Report { tree, reported, documents, problems };
    let listeners = listener::check(&raw.listen, &mut report);
    let services = service::check(&raw.service, &mut report);
    let limits = limits::check(&raw.limits, &mut report);
    let store = store::check(&raw.store, &mut report);
    let shield = shield::check(&raw.shield, &mut report);
    let admin = admin(&raw.admin, &mut report);
    let log = log(&raw.log, &mut report);
    let drain = drain(&raw.drain, &mut report);
    if let (Some(listeners), Some(admin)) = (&listeners, &admin) {
        listener::check_distinct(listeners, admin.address, &mut report);
    }
    if let (Some(listeners), Some(services)) = (&listeners, &services) {
        service::check_loops(services, listeners, &mut report);
    }
    if let (Some(limits), Some(services)) = (&limits, &services) {
        limits::check_services(limits, services, &mut report);
    }
    if let (Some(shield), Some(services)) = (&shield, &services) {
        shield::check_services(shield, services, &mut report);
    }
    let config = Config {
        listeners: listeners?,
        admin: admin?,
        services: services?,
        limits: limits?,
        store: store?,
        shield: shield?,
        workers: raw.workers.map_or(1, |workers| workers as usize),
        metrics: Metrics { prometheus: raw.metrics.prometheus },
        log: log?,
        access_log: raw.access_log.as_deref().map(access_log),
        drain: drain?,
        state_dir: PathBuf::from(raw.state_dir.as_deref().unwrap_or_default()),
    };
    let failed = problems.iter().any(|problem| problem.severity == Severity::Error);
    (!failed).then_some(config)
}

/// Collects problems and finds their places in the tree.
pub(super) struct Report<'a> {
    tree: &'a Node,
    reported: BTreeSet<String>,
    documents: Folder<'a>,
    problems: &'a mut Vec<Problem>,
}

impl Report<'_> {
    /// The value of a text, or its mistake reported at the path.
    fn read<T>(
        &mut self,
        path: String,
        text: impl AsRef<str>,
        parse: fn(&str) -> Result<T, Mistake>,
    ) -> Option<T> {
        match parse(text.as_ref()) {
            Ok(value) => Some(value),
            Err(mistake) => {
                self.mistake(path, mistake);
                None
            }
        }
    }

    /// The values of a list, or all their mistakes and repetitions reported.
    fn read_all<T: PartialEq>(
        &mut self,
        path: &str,
        texts: &[impl AsRef<str>],
        parse: fn(&str) -> Result<T, Mistake>,
    ) -> Option<Vec<T>> {
        let mut values = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let path = format!("{path}[{index}]");
            if text.as_ref().is_empty() {
                self.mistake(path, Mistake::new("empty entry", "expected a value, or no entry"));
            } else if let Some(value) = self.read(path.clone(), text, parse) {
                if values.contains(&value) {
                    let message = format!("\"{}\" twice", text.as_ref());
                    self.mistake(path, Mistake::new(message, "it is in the list already"));
                }
                values.push(value);
            }
        }
        (values.len() == texts.len()).then_some(values)
    }

    fn mistake(&mut self, path: String, mistake: Mistake) {
        let message = format!("{} in `{}`", mistake.message, last_key(&path));
        self.problem(Severity::Error, path, message, Some(mistake.label), mistake.help);
    }

    fn error(&mut self, path: String, message: String, label: &str, help: &str) {
        self.problem(Severity::Error, path, message, Some(label.to_owned()), Some(help.to_owned()));
    }

    fn warn(&mut self, path: String, message: &str, label: &str, help: &str) {
        let (label, help) = (Some(label.to_owned()), Some(help.to_owned()));
        self.problem(Severity::Warning, path, message.to_owned(), label, help);
    }

    /// A path is reported once: what follows from the first problem there is no news.
    fn problem(
        &mut self,
        severity: Severity,
        path: String,
        message: String,
        label: Option<String>,
        help: Option<String>,
    ) {
        if !self.reported.insert(path.clone()) {
            return;
        }
        let (node, exact) = self.tree.nearest(&path);
        let place = if exact { Place::value(node) } else { Place::key(node) };
        self.problems.push(Problem { severity, message, label, help, path, place });
    }

    /// The names in a map, in the order of the file.
    fn in_order<'n>(&self, path: &str, names: impl Iterator<Item = &'n String>) -> Vec<&'n String> {
        let map = steps(path).try_fold(self.tree, |node, step| node.get(step));
        let node = |name: &str| map.and_then(|map| map.get(name));
        // What a variable has made is in no file, and comes last.
        let place = |name: &&String| node(name).map_or(usize::MAX, Node::place_in_file);
        let mut names: Vec<_> = names.collect();
        names.sort_by_key(place);
        names
    }

    /// Whether anything at or below a path has been reported.
    fn knows(&self, path: &str) -> bool {
        let below = self.reported.range(path.to_owned()..).next();
        below.is_some_and(|first| {
            first.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }
}

fn admin(raw: &RawAdmin, report: &mut Report<'_>) -> Option<Admin> {
    let address = report.read("admin.address".to_owned(), &raw.address, values::admin_address)?;
    Some(Admin { address })
}

fn log(raw: &RawLog, report: &mut Report<'_>) -> Option<Log> {
    let level = report.read("log.level".to_owned(), &raw.level, log_level)?;
    let format = match raw.format {
        RawLogFormat::Text => LogFormat::Text,
        RawLogFormat::Json => LogFormat::Json,
    };
    Some(Log { level, format })
}

/// Levels, each for a module or for all: the part of the `EnvFilter` syntax that people use. A filter would
/// read a misspelt level as the name of a module, and so log nothing; here it is a mistake.
fn log_level(text: &str) -> Result<String, Mistake> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    for directive in text.split(',').map(str::trim) {
        let (module, level) = directive.split_once('=').unwrap_or(("", directive));
        let module_is_right = module.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':');
        let module_is_named = !module.is_empty() || !directive.contains('=');
        let level_is_right = LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level));
        if !(module_is_right && module_is_named && level_is_right) {
            return Err(Mistake {
                message: format!("unknown level `{directive}`"),
                label: "expected off, error, warn, info, debug or trace, or module=level, with commas"
                    .to_owned(),
                help: closest(level, LEVELS)
                    .filter(|_| !level_is_right)
                    .map(|near| format!("did you mean `{near}`?")),
            });
        }
    }
    Ok(text.to_owned())
}

fn access_log(text: &str) -> AccessLog {
    match text {
        "-" => AccessLog::Stdout,
        path => AccessLog::File(PathBuf::from(path)),
    }
}

fn drain(raw: &RawDrain, report: &mut Report<'_>) -> Option<Drain> {
    let delay = report.read("drain.delay".to_owned(), &raw.delay, values::duration);
    let grace = report.read("drain.grace".to_owned(), &raw.grace, values::duration);
    Some(Drain { delay: delay?, grace: grace? })
}
