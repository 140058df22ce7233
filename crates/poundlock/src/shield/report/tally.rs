//! Counts findings by route, class, rule and field, and clients by what they do.
//!
//! Main type: [`Tally`]. Memory is bounded whatever the length of the log: what does not fit is counted as such.

use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Groups that are kept.
const MOST_GROUPS: usize = 10_000;
/// Clients that are told apart; all others are one.
const MOST_CLIENTS: usize = 100_000;
/// Clients that are counted in one group; with so many, one more says nothing.
const MOST_CLIENTS_OF_GROUP: usize = 1_000;
/// Paths and methods of a group that are told apart.
const MOST_PATHS: usize = 64;
/// Kinds of findings of one client that are told apart: more of them are a scanner's.
const MOST_KINDS: usize = 8;

/// Everything that a log says.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) requests: u64,
    pub(super) actions: BTreeMap<String, u64>,
    pub(super) unreadable: u64,
    pub(super) uncounted: u64,
    pub(super) blocking: BTreeMap<Kind, Members>,
    issues: BTreeMap<(String, String, String), Members>,
    numbers: HashMap<String, u32>,
    /// By number: the classes and fields that a client was found with.
    habits: Vec<BTreeSet<(String, String)>>,
}

/// What findings have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    pub(super) route: String,
    pub(super) class: String,
    pub(super) rule: String,
    pub(super) field: String,
}

/// The requests with such findings.
#[derive(Debug, Default)]
pub(super) struct Members {
    pub(super) requests: u64,
    /// Clients by number, and their requests.
    pub(super) clients: HashMap<u32, u64>,
    pub(super) paths: BTreeSet<String>,
    pub(super) methods: BTreeSet<String>,
    evidence: String,
    score: u64,
}

/// A kind of finding as it is printed.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Group {
    pub(super) route: String,
    pub(super) class: String,
    pub(super) rule: String,
    pub(super) field: String,
    pub(super) requests: u64,
    pub(super) clients: usize,
    score: u64,
    /// Of the first of them, masked.
    evidence: String,
    paths: BTreeSet<String>,
}

/// A kind of invalid input as it is printed.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Invalid {
    pub(super) route: String,
    pub(super) field: String,
    pub(super) detail: String,
    pub(super) requests: u64,
    pub(super) clients: usize,
}

impl Tally {
    /// Adds a line of the audit log; `None` or anything else counts as unreadable.
    pub(super) fn line(&mut self, line: Option<&Value>) {
        let Some((line, action)) = line.and_then(|line| Some((line, line["action"].as_str()?))) else {
            self.unreadable += 1;
            return;
        };
        self.requests += 1;
        *self.actions.entry(action.to_owned()).or_default() += 1;
        let time = line["time"].as_str().map(str::to_owned);
        // RFC 3339 in UTC with the same digits: texts are in the order of their instants.
        self.from = self.from.take().into_iter().chain(time.clone()).min();
        self.to = self.to.take().max(time);
        let client = self.number(&word(&line["client"]));
        if matches!(action, "block" | "would_block") {
            self.findings(line, client);
        }
        for issue in line["issues"].as_array().into_iter().flatten() {
            let field = format!("{}{}", word(&issue["in"]), word(&issue["pointer"]));
            let key = (word(&line["route"]), field, word(&issue["detail"]));
            match (self.issues.len() < MOST_GROUPS, self.issues.contains_key(&key)) {
                (false, false) => self.uncounted += 1,
                _ => self.issues.entry(key).or_default().add(line, client),
            }
        }
    }

    fn findings(&mut self, line: &Value, client: u32) {
        let mut seen = BTreeSet::new();
        for finding in line["findings"].as_array().into_iter().flatten() {
            let [class, rule, field] = ["class", "rule", "location"].map(|member| word(&finding[member]));
            let habits = &mut self.habits[client as usize];
            if habits.len() < MOST_KINDS {
                habits.insert((class.clone(), field.clone()));
            }
            let kind = Kind { route: word(&line["route"]), class, rule, field };
            if !seen.insert(kind.clone()) {
                continue;
            }
            match (self.blocking.len() < MOST_GROUPS, self.blocking.contains_key(&kind)) {
                (false, false) => self.uncounted += 1,
                _ => self.blocking.entry(kind).or_default().add_finding(line, finding, client),
            }
        }
    }

    /// The number of a client; 0 is for all that are beyond the most.
    fn number(&mut self, client: &str) -> u32 {
        if self.habits.is_empty() {
            self.habits.push(BTreeSet::new());
        }
        let next = self.habits.len();
        if let Some(known) = self.numbers.get(client) {
            return *known;
        }
        if next > MOST_CLIENTS {
            return 0;
        }
        let number = u32::try_from(next).unwrap_or(0);
        self.numbers.insert(client.to_owned(), number);
        self.habits.push(BTreeSet::new());
        number
    }

    /// How many clients there are, of those that are told apart.
    pub(super) fn clients(&self) -> usize {
        self.numbers.len()
    }

    /// In how many ways a client was found with something.
    pub(super) fn kinds_of(&self, client: u32) -> usize {
        self.habits.get(client as usize).map_or(0, BTreeSet::len)
    }

    /// The kinds of findings that block, those of most requests first.
    pub(super) fn groups(&self) -> Vec<Group> {
        let group = |(kind, members): (&Kind, &Members)| Group {
            route: kind.route.clone(),
            class: kind.class.clone(),
            rule: kind.rule.clone(),
            field: kind.field.clone(),
            requests: members.requests,
            clients: members.clients.len(),
            score: members.score,
            evidence: members.evidence.clone(),
            paths: members.paths.clone(),
        };
        let mut groups: Vec<Group> = self.blocking.iter().map(group).collect();
        groups.sort_by_key(|group| std::cmp::Reverse((group.requests, group.clients)));
        groups
    }

    /// What was not valid, that of most requests first.
    pub(super) fn invalid(&self) -> Vec<Invalid> {
        let invalid = |((route, field, detail), members): (&(String, String, String), &Members)| Invalid {
            route: route.clone(),
            field: field.clone(),
            detail: detail.clone(),
            requests: members.requests,
            clients: members.clients.len(),
        };
        let mut all: Vec<Invalid> = self.issues.iter().map(invalid).collect();
        all.sort_by_key(|invalid| std::cmp::Reverse((invalid.requests, invalid.clients)));
        all
    }
}

impl Members {
    fn add(&mut self, line: &Value, client: u32) {
        self.requests += 1;
        if self.clients.len() < MOST_CLIENTS_OF_GROUP || self.clients.contains_key(&client) {
            *self.clients.entry(client).or_default() += 1;
        }
        for (set, member) in [(&mut self.paths, "path"), (&mut self.methods, "method")] {
            if set.len() < MOST_PATHS {
                set.insert(word(&line[member]));
            }
        }
    }

    fn add_finding(&mut self, line: &Value, finding: &Value, client: u32) {
        if self.requests == 0 {
            self.evidence = word(&finding["evidence"]);
        }
        self.score = self.score.max(finding["score"].as_u64().unwrap_or(0));
        self.add(line, client);
    }
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
