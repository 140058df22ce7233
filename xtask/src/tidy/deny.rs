//! [`Deny`]: the part of `deny.toml` that `tidy` reads, so that it and `cargo deny` judge by one list.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// What is allowed in the dependency tree.
#[derive(Deserialize)]
pub(super) struct Deny {
    pub(super) graph: GraphSection,
    pub(super) licenses: Licences,
    pub(super) bans: Bans,
}

#[derive(Deserialize)]
pub(super) struct GraphSection {
    /// Target triples whose dependencies count.
    pub(super) targets: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Licences {
    /// SPDX identifiers.
    pub(super) allow: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Bans {
    /// Old versions that are tolerated.
    pub(super) skip: Vec<Skip>,
}

/// One tolerated version, `name@version`, and why.
#[derive(Deserialize)]
pub(super) struct Skip {
    #[serde(rename = "crate")]
    pub(super) spec: String,
    #[serde(rename = "reason")]
    pub(super) _reason: String,
}

impl Deny {
    pub(super) fn read(root: &Path) -> Result<Self> {
        let text = fs::read_to_string(root.join("deny.toml")).context("cannot read deny.toml")?;
        toml::from_str(&text).context("deny.toml")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skip_without_reason_is_refused() {
        let text =
            |skip: &str| format!("[graph]\ntargets = []\n[licenses]\nallow = []\n[bans]\nskip = [{skip}]");
        assert!(toml::from_str::<Deny>(&text("{ crate = \"a@1.0.0\" }")).is_err());
        assert!(toml::from_str::<Deny>(&text("{ crate = \"a@1.0.0\", reason = \"b\" }")).is_ok());
    }
}
