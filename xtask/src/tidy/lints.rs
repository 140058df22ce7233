//! Every crate of the workspace takes the shared lints.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use toml::{Table, Value};

use super::{Finding, graph::Graph};

pub(super) fn check(root: &Path, graph: &Graph) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for node in graph.members() {
        let place = node.manifest.display().to_string();
        let text = fs::read_to_string(root.join(&node.manifest)).with_context(|| place.clone())?;
        if !inherits(&text.parse().with_context(|| place.clone())?) {
            findings.push(Finding::error(place, "lacks `[lints] workspace = true`"));
        }
    }
    Ok(findings)
}

fn inherits(manifest: &Table) -> bool {
    manifest.get("lints").and_then(|lints| lints.get("workspace")) == Some(&Value::Boolean(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_with_lints_of_its_own_is_found() {
        assert!(inherits(&"[lints]\nworkspace = true".parse().unwrap()));
        assert!(!inherits(&"[package]\nname = \"a\"".parse().unwrap()));
        assert!(!inherits(&"[lints.rust]\nunsafe_code = \"forbid\"".parse().unwrap()));
    }
}
