//! Each core carries a `clippy.toml` that bans clocks and I/O.
//!
//! The nearest file replaces the root one and does not merge, so it must repeat the shared rules too.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use toml::{Table, Value};

use super::{Finding, edges::CORES, graph::Graph};

/// What a core's `clippy.toml` must ban, by list.
const REQUIRED: [(&str, &[&str]); 2] = [
    (
        "disallowed-methods",
        &[
            "std::time::Instant::now",
            "std::time::SystemTime::now",
            "std::thread::sleep",
            "std::thread::spawn",
        ],
    ),
    (
        "disallowed-types",
        &["std::fs::File", "std::net::TcpStream", "std::net::TcpListener", "std::net::UdpSocket"],
    ),
];

pub(super) fn check(root: &Path, graph: &Graph) -> Result<Vec<Finding>> {
    let shared = read(&root.join("clippy.toml"))?.context("the root has no clippy.toml")?;
    let mut findings = Vec::new();
    for core in graph.members().filter(|node| CORES.contains(&&*node.name)) {
        let path = core.manifest.with_file_name("clippy.toml");
        let place = path.display().to_string();
        match read(&root.join(&path))? {
            Some(own) => findings.extend(missing(&shared, &own).map(|what| Finding::error(&place, what))),
            None => {
                findings.push(Finding::error(&place, "a core needs a clippy.toml that bans clocks and I/O"))
            }
        }
    }
    Ok(findings)
}

fn read(path: &Path) -> Result<Option<Table>> {
    let Ok(text) = fs::read_to_string(path) else { return Ok(None) };
    text.parse().map(Some).with_context(|| path.display().to_string())
}

/// What `own` lacks of the bans and of the `shared` rules.
fn missing<'a>(shared: &'a Table, own: &'a Table) -> impl Iterator<Item = String> + 'a {
    let bans = REQUIRED.into_iter().flat_map(move |(list, paths)| {
        paths
            .iter()
            .filter(move |path| !bans(own, list, path))
            .map(move |path| format!("`{list}` lacks {path}"))
    });
    let rules = shared.iter().filter(move |(key, value)| own.get(*key) != Some(value));
    bans.chain(rules.map(|(key, value)| format!("must repeat `{key} = {value}` of the root")))
}

fn bans(own: &Table, list: &str, path: &str) -> bool {
    let entries = own.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    entries.iter().any(|entry| entry.as_str().or_else(|| entry.get("path")?.as_str()) == Some(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete() -> Table {
        let mut table = Table::new();
        for (list, paths) in REQUIRED {
            table.insert(list.to_owned(), paths.to_vec().into());
        }
        table
    }

    #[test]
    fn a_missing_ban_is_found() {
        assert_eq!(missing(&Table::new(), &complete()).count(), 0);
        let mut own = complete();
        own.insert("disallowed-methods".to_owned(), vec!["std::time::Instant::now"].into());
        assert!(
            missing(&Table::new(), &own).any(|what| what == "`disallowed-methods` lacks std::thread::sleep")
        );
    }

    #[test]
    fn a_shared_rule_that_is_not_repeated_is_found() {
        let shared = "too-many-lines-threshold = 60".parse().unwrap();
        let found: Vec<String> = missing(&shared, &complete()).collect();
        assert_eq!(found, ["must repeat `too-many-lines-threshold = 60` of the root"]);
    }

    #[test]
    fn a_core_without_clippy_toml_is_found() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("clippy.toml"), "").unwrap();
        let mut graph = Graph::default();
        graph.insert("poundlock-scale", "1.0.0", None);
        graph.nodes.get_mut("poundlock-scale").unwrap().manifest = "scale/Cargo.toml".into();
        assert_eq!(check(root.path(), &graph).unwrap().len(), 1);
    }
}
