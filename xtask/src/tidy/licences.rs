//! Every dependency's licence is on the allow list of `deny.toml`.

use spdx::{Expression, ParseMode};

use super::{
    Finding,
    graph::{Graph, Node},
};

pub(super) fn check(graph: &Graph, allow: &[String]) -> Vec<Finding> {
    graph.nodes.values().filter_map(|node| problem(node, allow)).collect()
}

fn problem(node: &Node, allow: &[String]) -> Option<Finding> {
    let place = format!("{} {}", node.name, node.version);
    let Some(licence) = &node.licence else {
        return Some(Finding::error(place, "names no licence"));
    };
    // Lax, because older crates still write `MIT/Apache-2.0`.
    let Ok(expression) = Expression::parse_mode(licence, ParseMode::LAX) else {
        return Some(Finding::error(place, format!("`{licence}` is no SPDX expression")));
    };
    let allowed = expression.evaluate(|wanted| allow.iter().any(|licence| *licence == wanted.to_string()));
    (!allowed).then(|| Finding::error(place, format!("licence `{licence}` is not on the list in deny.toml")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(licence: Option<&str>) -> bool {
        let mut graph = Graph::default();
        graph.insert("a", "1.0.0", licence);
        let allow = ["MIT", "Apache-2.0", "Unicode-3.0"].map(str::to_owned);
        !check(&graph, &allow).is_empty()
    }

    #[test]
    fn a_licence_off_the_list_is_found() {
        assert!(found(Some("GPL-3.0-only")));
        assert!(found(Some("MIT AND GPL-2.0-or-later")));
        assert!(found(Some("whatever")));
        assert!(found(Some("Apache-2.0 WITH LLVM-exception")));
        assert!(found(None));
    }

    #[test]
    fn an_allowed_choice_is_not() {
        assert!(!found(Some("MIT OR GPL-3.0-only")));
        assert!(!found(Some("MIT/Apache-2.0")));
        assert!(!found(Some("(MIT OR Apache-2.0) AND Unicode-3.0")));
    }
}
