//! One version of each dependency: two cost build time, binary size and type errors that nobody understands.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, deny::Skip, graph::Graph};

pub(super) fn check(graph: &Graph, skip: &[Skip]) -> Vec<Finding> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let specs: BTreeSet<String> =
        graph.nodes.values().map(|node| format!("{}@{}", node.name, node.version)).collect();
    for node in graph.nodes.values() {
        let skipped = skip.iter().any(|skip| skip.spec == format!("{}@{}", node.name, node.version));
        if !skipped {
            versions.entry(&node.name).or_default().insert(&node.version);
        }
    }
    let doubled = versions.into_iter().filter(|(_, versions)| versions.len() > 1).map(|(name, versions)| {
        let list = versions.into_iter().collect::<Vec<_>>().join(", ");
        Finding::error("Cargo.lock", format!("{name} is there in versions {list}; see `cargo tree -d`"))
    });
    let stale = skip.iter().filter(|skip| !specs.contains(&skip.spec)).map(|skip| {
        Finding::error("deny.toml", format!("`skip` has {}, which is not used: remove it", skip.spec))
    });
    doubled.chain(stale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> Graph {
        let mut graph = Graph::default();
        for (name, version) in [("a", "1.0.0"), ("a", "2.0.0"), ("b", "1.0.0")] {
            graph.insert(name, version, None);
        }
        graph
    }

    fn skip(spec: &str) -> Skip {
        Skip { spec: spec.to_owned(), _reason: String::new() }
    }

    #[test]
    fn a_second_version_is_found() {
        let found = check(&graph(), &[]);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.starts_with("a is there in versions 1.0.0, 2.0.0"), "{found:?}");
    }

    #[test]
    fn a_tolerated_version_is_not() {
        assert_eq!(check(&graph(), &[skip("a@1.0.0")]), []);
    }

    #[test]
    fn a_stale_exception_is_found() {
        assert_eq!(check(&graph(), &[skip("a@1.0.0"), skip("c@1.0.0")]).len(), 1);
    }
}
