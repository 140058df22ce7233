//! [`Graph`]: the resolved dependency graph, reduced to what the checks ask for.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};

/// Every package that is built for the platforms asked for, by its id.
#[derive(Default)]
pub(super) struct Graph {
    pub(super) nodes: BTreeMap<String, Node>,
}

/// One package.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) licence: Option<String>,
    /// Path of its `Cargo.toml`; for a member, from the root of the workspace.
    pub(super) manifest: PathBuf,
    /// Whether it is a crate of this workspace.
    pub(super) member: bool,
    /// Ids of the packages that its library or binary links or builds with.
    pub(super) needs: BTreeSet<String>,
    /// Ids of the packages that only its tests use.
    pub(super) tests_with: BTreeSet<String>,
}

impl Graph {
    /// Asks `cargo metadata` once for each platform and joins the answers.
    pub(super) fn of_workspace(root: &Path, targets: &[String]) -> Result<Self> {
        let mut graph = Self::default();
        for target in targets {
            let options = ["--locked", "--filter-platform", target].map(str::to_owned).to_vec();
            let mut command = MetadataCommand::new();
            command.manifest_path(root.join("Cargo.toml")).other_options(options);
            let metadata = command.exec().with_context(|| format!("cargo metadata for {target}"))?;
            graph.add(&metadata);
        }
        Ok(graph)
    }

    /// The crates of the workspace.
    pub(super) fn members(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values().filter(|node| node.member)
    }

    fn add(&mut self, metadata: &Metadata) {
        let packages: BTreeMap<&PackageId, &Package> =
            metadata.packages.iter().map(|package| (&package.id, package)).collect();
        for resolved in metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
            let Some(package) = packages.get(&resolved.id) else { continue };
            let node = self.nodes.entry(resolved.id.repr.clone()).or_insert_with(|| node(metadata, package));
            for dependency in &resolved.deps {
                if only_weakly(package, &resolved.features, &packages[&dependency.pkg].name) {
                    continue;
                }
                let test_only =
                    dependency.dep_kinds.iter().all(|info| info.kind == DependencyKind::Development);
                let list = if test_only { &mut node.tests_with } else { &mut node.needs };
                list.insert(dependency.pkg.repr.clone());
            }
        }
    }
}

/// Whether the package would use a dependency only if something else turned it on. `cargo metadata` lists what a feature
/// such as `log?/std` names; the compiler never sees it.
fn only_weakly(package: &Package, active: &[impl AsRef<str>], dependency: &str) -> bool {
    let built = package.dependencies.iter().filter(|known| known.kind != DependencyKind::Development);
    let mut declared = built.filter(|known| known.name == dependency).peekable();
    let asked = active.iter().filter_map(|name| package.features.get(name.as_ref())).flatten();
    let asked: Vec<&str> = asked.map(|wish| wish.trim_start_matches("dep:")).collect();
    let turned_on = |name: &str| asked.iter().any(|wish| wish.split('/').next() == Some(name));
    declared.peek().is_some()
        && declared.all(|known| known.optional && !turned_on(known.rename.as_ref().unwrap_or(&known.name)))
}

fn node(metadata: &Metadata, package: &Package) -> Node {
    let manifest = package.manifest_path.strip_prefix(&metadata.workspace_root);
    Node {
        name: package.name.to_string(),
        version: package.version.to_string(),
        licence: package.license.clone(),
        manifest: manifest.unwrap_or(&package.manifest_path).into(),
        member: metadata.workspace_members.contains(&package.id),
        needs: BTreeSet::new(),
        tests_with: BTreeSet::new(),
    }
}

#[cfg(test)]
impl Graph {
    /// A graph from `(from, to)` pairs of names; names with `poundlock`, `e2e` or `xtask` are members.
    pub(super) fn of_edges(edges: &[(&str, &str)]) -> Self {
        let mut graph = Self::default();
        for (from, to) in edges {
            graph.insert(to, "1.0.0", Some("MIT"));
            graph.insert(from, "1.0.0", Some("MIT"));
            graph.nodes.get_mut(*from).unwrap().needs.insert((*to).to_owned());
        }
        graph
    }

    /// Adds a package whose id is its name, or its name and version if the name is taken.
    pub(super) fn insert(&mut self, name: &str, version: &str, licence: Option<&str>) {
        let taken = self.nodes.get(name).is_some_and(|node| node.version != version);
        let id = if taken { format!("{name} {version}") } else { name.to_owned() };
        let folder = if name == "app" { "examples" } else { "crates" };
        self.nodes.entry(id).or_insert_with(|| Node {
            name: name.to_owned(),
            version: version.to_owned(),
            licence: licence.map(str::to_owned),
            manifest: PathBuf::from(format!("{folder}/{name}/Cargo.toml")),
            member: ["poundlock", "e2e", "xtask", "app"].iter().any(|ours| name.starts_with(ours)),
            needs: BTreeSet::new(),
            tests_with: BTreeSet::new(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_that_no_feature_turns_on_is_not_used() {
        let declare = |name, kind, optional| {
            serde_json::json!({ "name": name, "req": "1", "kind": kind, "optional": optional,
                "uses_default_features": true, "features": [] })
        };
        let optional = ["log", "alloc-a", "alloc-b", "alloc-c"].map(|name| declare(name, None, true));
        let tests_with = [declare("log", Some("dev"), false)];
        let dependencies: Vec<_> = optional.into_iter().chain(tests_with).collect();
        let features = serde_json::json!({ "std": ["log?/std", "alloc-a/x"], "b": ["dep:alloc-b"],
            "alloc-c": ["dep:alloc-c"] });
        let package: Package = serde_json::from_value(serde_json::json!({ "name": "a", "version": "1.0.0",
            "id": "a", "dependencies": dependencies, "features": features, "targets": [],
            "manifest_path": "/a/Cargo.toml" }))
        .unwrap();
        let weak = |dependency, active: &[&str]| only_weakly(&package, active, dependency);
        assert!(weak("log", &["std"]) && weak("alloc-b", &["std"]) && weak("alloc-c", &["std"]));
        assert!(!weak("alloc-a", &["std"]) && !weak("alloc-b", &["b"]) && !weak("alloc-c", &["alloc-c"]));
        assert!(!weak("not-declared", &["std"]));
    }
}
