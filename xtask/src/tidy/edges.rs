//! Crate edges point one way: `poundlock → gateway → admin → tower → store → cores`.
//!
//! Cores depend on no other crate of ours and on nothing that waits, listens or reads a clock.

use std::{collections::BTreeSet, fmt::Write as _};

use super::{
    Finding,
    graph::{Graph, Node},
};

/// The five parts: decisions without clock, async or I/O.
pub(super) const CORES: [&str; 5] =
    ["poundlock-observe", "poundlock-limit", "poundlock-shield", "poundlock-scale", "poundlock-rollout"];

/// The crates above the cores, lowest first; each may use those before it and the cores.
const LAYERS: [&str; 5] =
    ["poundlock-store", "poundlock-tower", "poundlock-admin", "poundlock-gateway", "poundlock"];

/// Packages that a core must not reach, however deep.
const NOT_IN_A_CORE: [&str; 18] = [
    "async-std",
    "axum",
    "fastrand",
    "hyper",
    "hyper-util",
    "log",
    "mio",
    "notify",
    "rand",
    "redis",
    "reqwest",
    "rustix",
    "smol",
    "socket2",
    "sqlx",
    "tempfile",
    "tokio",
    "tracing",
];

/// The edges between crates of the workspace, one crate a line.
pub(super) fn picture(graph: &Graph) -> String {
    let mut picture = String::from("crate edges:");
    for node in graph.members() {
        let ours: Vec<&str> = used(graph, node).map(|to| to.name.as_str()).collect();
        let _infallible = write!(picture, "\n  {} → {}", node.name, ours.join(", "));
    }
    picture
}

pub(super) fn check(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    for node in graph.members() {
        let wrong = used(graph, node).filter(|to| !may_use(node, to));
        findings.extend(wrong.map(|to| {
            let message = format!("{} must not depend on {}", node.name, to.name);
            Finding::error(node.manifest.display().to_string(), message)
        }));
    }
    findings.extend(graph.members().filter(|node| CORES.contains(&&*node.name)).flat_map(|core| {
        let reached = reach(graph, core);
        NOT_IN_A_CORE.into_iter().filter(move |banned| reached.contains(banned)).map(|banned| {
            let message = format!("{} is a core and reaches {banned}", core.name);
            Finding::error(core.manifest.display().to_string(), message)
        })
    }));
    findings
}

/// The crates of the workspace that `node` uses, in code or in tests.
fn used<'a>(graph: &'a Graph, node: &'a Node) -> impl Iterator<Item = &'a Node> {
    node.needs.iter().chain(&node.tests_with).filter_map(|id| graph.nodes.get(id)).filter(|to| to.member)
}

fn may_use(from: &Node, to: &Node) -> bool {
    match (level(from), level(to)) {
        (Some(from), Some(to)) => from > to,
        _ => false,
    }
}

/// The height of a crate: 0 for cores. `None` stands outside: nothing may use it, and it uses nothing of ours.
fn level(node: &Node) -> Option<usize> {
    let example = node.manifest.components().any(|part| part.as_os_str() == "examples");
    if example {
        // An example is an application with the layers inside: as high as the gateway, which it does not use.
        return LAYERS.iter().position(|layer| *layer == "poundlock-gateway").map(|at| at + 1);
    }
    if CORES.contains(&&*node.name) {
        return Some(0);
    }
    LAYERS.iter().position(|layer| *layer == node.name).map(|at| at + 1)
}

/// Names of everything that `core` links, transitively.
fn reach<'a>(graph: &'a Graph, core: &'a Node) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open: Vec<&String> = core.needs.iter().collect();
    while let Some(id) = open.pop() {
        let Some(node) = graph.nodes.get(id) else { continue };
        if seen.insert(id) {
            names.insert(&*node.name);
            open.extend(&node.needs);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(edges: &[(&str, &str)]) -> Vec<String> {
        check(&Graph::of_edges(edges)).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn downward_edges_are_fine() {
        let edges = [
            ("poundlock", "poundlock-gateway"),
            ("poundlock-gateway", "poundlock-admin"),
            ("poundlock-admin", "poundlock-tower"),
            ("poundlock-tower", "poundlock-observe"),
            ("poundlock-tower", "tokio"),
            ("app", "poundlock-tower"),
        ];
        assert_eq!(messages(&edges), Vec::<String>::new());
    }

    #[test]
    fn wrong_edges_are_found() {
        let wrong = [
            ("poundlock-tower", "poundlock-gateway"),
            ("poundlock-observe", "poundlock-limit"),
            ("poundlock-gateway", "xtask"),
            ("e2e", "poundlock-observe"),
            ("app", "poundlock-gateway"),
            ("poundlock-new", "poundlock-observe"),
        ];
        for (from, to) in wrong {
            assert_eq!(messages(&[(from, to)]), [format!("{from} must not depend on {to}")]);
        }
    }

    #[test]
    fn a_core_that_reaches_a_runtime_is_found() {
        let edges = [("poundlock-limit", "some-crate"), ("some-crate", "tokio")];
        assert_eq!(messages(&edges), ["poundlock-limit is a core and reaches tokio"]);
    }

    #[test]
    fn the_tests_of_a_core_may_use_anything_but_our_crates() {
        let mut graph = Graph::of_edges(&[("poundlock-limit", "a"), ("proptest", "tempfile")]);
        let limit = graph.nodes.get_mut("poundlock-limit").unwrap();
        limit.tests_with.insert("proptest".to_owned());
        assert_eq!(check(&graph), []);
    }
}
