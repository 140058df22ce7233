//! Proposes exclusions for what looks like false alarms: the same finding in the same field, at many clients that do
//! nothing else.
//!
//! Main function: [`exclusions`]. Whether they are false alarms is for a human to say; a botnet looks like many clients, too.

use super::tally::{Kind, Members, Tally};
use poundlock_shield::{Class, Exclusion};
use std::collections::BTreeSet;

/// A client that is found in more ways than these is trying things out.
const FEW_KINDS: usize = 3;
/// So many of ten requests must be of clients that try nothing out.
const MOST_OF_TEN: u64 = 8;
/// Paths that are listed one by one.
const MOST_PATHS: usize = 5;
/// Exclusions that are proposed: whoever reads more has other troubles.
const MOST: usize = 50;

/// The narrowest exclusions that cover the kinds of findings that look like false alarms.
pub(super) fn exclusions(tally: &Tally, least_clients: usize) -> Vec<Exclusion> {
    let mut kinds: Vec<_> =
        tally.blocking.iter().filter(|(_, members)| looks_false(tally, members, least_clients)).collect();
    kinds.sort_by_key(|(_, members)| std::cmp::Reverse(members.requests));
    let mut proposed: Vec<Exclusion> = Vec::new();
    for exclusion in kinds.into_iter().filter_map(|(kind, members)| narrowest(kind, members)).take(MOST) {
        if !proposed.contains(&exclusion) {
            proposed.push(exclusion);
        }
    }
    proposed
}

fn looks_false(tally: &Tally, members: &Members, least_clients: usize) -> bool {
    let plain = members.clients.iter().filter(|(client, _)| tally.kinds_of(**client) <= FEW_KINDS);
    let (clients, requests) =
        plain.fold((0, 0), |(clients, all), (_, requests)| (clients + 1, all + requests));
    let counted: u64 = members.clients.values().sum();
    clients >= least_clients.max(1) && requests * 10 >= counted * MOST_OF_TEN
}

fn narrowest(kind: &Kind, members: &Members) -> Option<Exclusion> {
    // What a log calls a class that this version does not know cannot be excluded.
    let class: Class = serde_json::from_value(kind.class.as_str().into()).ok()?;
    Some(Exclusion {
        paths: paths(&members.paths),
        methods: members.methods.iter().cloned().collect(),
        field: Some(kind.field.clone()).filter(|field| !field.is_empty()),
        class: Some(class),
        rule: Some(kind.rule.clone()).filter(|rule| !rule.is_empty()),
    })
}

/// A few paths as they are; more of them by what they have in common, up to a slash.
fn paths(paths: &BTreeSet<String>) -> Vec<String> {
    if paths.len() <= MOST_PATHS {
        return paths.iter().cloned().collect();
    }
    let (Some(first), Some(last)) = (paths.first(), paths.last()) else { return Vec::new() };
    // In a sorted set, what the ends have in common all have.
    let common =
        first.chars().zip(last.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect::<String>();
    let folder = common.rfind('/').map_or("/", |at| &common[..=at]);
    vec![format!("{folder}*")]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn finding(class: &str, rule: &str, location: &str) -> serde_json::Value {
        json!({ "class": class, "rule": rule, "location": location, "evidence": "x", "score": 10 })
    }

    fn line(client: &str, path: &str, finding: &serde_json::Value) -> serde_json::Value {
        json!({ "time": "2026-01-01T00:00:00.000000Z", "client": client, "route": "default", "method": "POST",
            "path": path, "action": "would_block", "findings": [finding] })
    }

    /// What is proposed for clients that send the same to these paths.
    fn check(clients: usize, path: impl Fn(usize) -> String, expect: &[&[&str]]) {
        let mut tally = Tally::default();
        for n in 0..clients {
            let sent = line(&format!("192.0.2.{n}"), &path(n), &finding("xss", "tag", "body.html"));
            tally.line(Some(&sent));
        }
        let paths: Vec<Vec<String>> = exclusions(&tally, 10).into_iter().map(|e| e.paths).collect();
        assert_eq!(paths, expect);
    }

    #[test]
    fn many_clients_make_a_false_alarm_and_paths_are_joined() {
        check(9, |_| "/cms/1".into(), &[]);
        check(10, |_| "/cms/1".into(), &[&["/cms/1"]]);
        check(10, |n| format!("/cms/{}", n % 2), &[&["/cms/0", "/cms/1"]]);
        check(10, |n| format!("/cms/{n}/edit"), &[&["/cms/*"]]);
        check(10, |n| format!("/{n}ä"), &[&["/*"]]);
    }

    #[test]
    fn whoever_tries_many_things_counts_for_nothing() {
        let mut tally = Tally::default();
        for n in 0..20 {
            for (class, field) in
                [("sqli", "query.a"), ("xss", "query.b"), ("command", "query.c"), ("ssrf", "query.d")]
            {
                tally.line(Some(&line(&format!("192.0.2.{n}"), "/", &finding(class, "r", field))));
            }
        }
        assert_eq!(exclusions(&tally, 10), []);
        assert_eq!(tally.groups().len(), 4);
        assert_eq!((tally.groups()[0].clients, tally.clients()), (20, 20));
    }

    #[test]
    fn one_client_that_repeats_itself_is_no_false_alarm() {
        let mut tally = Tally::default();
        (0..1000).for_each(|_| tally.line(Some(&line("192.0.2.1", "/", &finding("sqli", "r", "query.q")))));
        assert_eq!(exclusions(&tally, 10), []);
        tally.line(Some(&json!({ "action": "pass", "client": "192.0.2.2" })));
        tally.line(Some(&json!([])));
        tally.line(None);
        assert_eq!((tally.requests, tally.unreadable, tally.clients()), (1001, 2, 2));
    }
}
