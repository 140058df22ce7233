//! Programs of the workspace, built by cargo.
//!
//! Main item: [`build`]. It does not know what they are for.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};

/// Builds with these arguments in the workspace at `root` and returns the path of `program`, which is below the target
/// folder: `release/poundlock`.
///
/// # Errors
/// When cargo does not start or fails.
pub(crate) fn build(root: &Path, arguments: &[&str], program: &str) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet"]).args(arguments).current_dir(root);
    ensure!(build.status().context("cannot run cargo")?.success(), "{program} does not build");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join(program))
}
