//! `cargo xtask tidy`: what the compiler and clippy do not check, one module per check.
//!
//! The result is a list of [`Finding`]s; errors fail the command, warnings are printed. Touches no network.

mod core_bans;
mod deny;
mod duplicates;
mod edges;
mod files;
mod graph;
mod headers;
mod layout;
mod licences;
mod lints;
mod marks;
mod paths;
mod sizes;
mod source;

use std::{collections::HashSet, path::Path};

use anyhow::{Result, bail};

use self::{deny::Deny, files::TextFile, graph::Graph, source::Source};

/// Something a check has to say about one place.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    severity: Severity,
    place: String,
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Severity {
    Error,
    Warning,
}

impl Finding {
    fn error(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, place: place.into(), message: message.into() }
    }

    fn warning(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(place, message) }
    }
}

/// Runs every check on the workspace at `root`.
///
/// # Errors
/// When a check finds an error, or when the workspace cannot be read.
pub(crate) fn run(root: &Path) -> Result<()> {
    let deny = Deny::read(root)?;
    let graph = Graph::of_workspace(root, &deny.graph.targets)?;
    let files = files::tracked(root)?;
    println!("{}", edges::picture(&graph));

    let mut findings = check_sources(&files);
    findings.extend(paths::check(&files, root, Path::exists));
    findings.extend(edges::check(&graph));
    findings.extend(core_bans::check(root, &graph)?);
    findings.extend(lints::check(root, &graph)?);
    findings.extend(duplicates::check(&graph, &deny.bans.skip));
    findings.extend(licences::check(&graph, &deny.licenses.allow));
    report(&findings, files.len())
}

fn check_sources(files: &[TextFile]) -> Vec<Finding> {
    let rust = files.iter().filter(|file| file.path.ends_with(".rs"));
    let mut sources: Vec<Source> = rust.map(|file| Source::parse(&file.path, &file.text)).collect();
    let tests: HashSet<String> = sources.iter().flat_map(Source::test_modules).collect();
    let mut findings = Vec::new();
    for source in &mut sources {
        source.test_module = tests.contains(&source.path);
        findings.extend(headers::check(source));
        findings.extend(sizes::check(source));
        findings.extend(marks::check(source));
        findings.extend(layout::check(source));
    }
    findings
}

fn report(findings: &[Finding], files: usize) -> Result<()> {
    for finding in findings {
        let word = if finding.severity == Severity::Error { "error" } else { "warning" };
        println!("{word}: {}: {}", finding.place, finding.message);
    }
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    println!("tidy: {files} files, {errors} errors, {} warnings", findings.len() - errors);
    if errors > 0 {
        bail!("the tree is not tidy");
    }
    Ok(())
}
