//! Each relative link leads to a file or folder of the repository.

use std::path::Path;

use super::Document;

pub(super) fn check(root: &Path, document: &Document) -> Vec<String> {
    let folder = root.join(&document.path);
    let folder = folder.parent().unwrap_or(root);
    let mut problems = Vec::new();
    for (number, line) in document.text.lines().enumerate() {
        let broken = targets(line).filter(|target| !folder.join(target).exists());
        problems
            .extend(broken.map(|target| format!("{}:{}: {target} is not there", document.path, number + 1)));
    }
    problems
}

/// The relative targets of the links in `line`, without their fragment.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let links = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let relative = links.filter(|target| !target.contains("://") && !target.starts_with(['#', '/']));
    relative.filter_map(|target| target.split('#').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_link_is_found() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("docs")).unwrap();
        std::fs::write(root.path().join("README.md"), "").unwrap();
        let text = "see [a](../README.md#part) and\n[b](gone.md), [c](https://example.com), [d](#here)";
        let document = Document { path: "docs/a.md".to_owned(), text: text.to_owned() };
        assert_eq!(check(root.path(), &document), ["docs/a.md:2: gone.md is not there"]);
    }
}
