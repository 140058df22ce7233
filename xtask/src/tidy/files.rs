//! The text files of the repository: what git tracks or would track, or, without git, the folder less what is built.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result};

/// Folders that hold no source.
const SKIPPED: [&str; 2] = [".git", "target"];

/// One text file.
pub(super) struct TextFile {
    /// Path from the root of the workspace, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

/// All text files below `root`; binary ones are left out.
pub(super) fn tracked(root: &Path) -> Result<Vec<TextFile>> {
    let mut paths = match git_files(root) {
        Some(paths) => paths,
        None => walk(root, "")?,
    };
    paths.sort_unstable();
    paths.dedup();
    Ok(paths.into_iter().filter_map(|path| read(root, path)).collect())
}

/// `None` when git is missing or this is no checkout.
fn git_files(root: &Path) -> Option<Vec<String>> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").args(arguments).current_dir(root).output().ok()?;
    let list = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| list.split_terminator('\0').map(str::to_owned).collect())
}

fn walk(root: &Path, below: &str) -> Result<Vec<String>> {
    let folder = root.join(below);
    let mut paths = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        if entry.file_type()?.is_file() {
            paths.push(path);
        } else if entry.file_type()?.is_dir() && !SKIPPED.contains(&name.as_str()) {
            paths.extend(walk(root, &path)?);
        }
    }
    Ok(paths)
}

/// `None` for a deleted or a binary file.
fn read(root: &Path, path: String) -> Option<TextFile> {
    let text = fs::read_to_string(root.join(&path)).ok()?;
    Some(TextFile { path, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_git_the_folder_is_walked() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("src/deep")).unwrap();
        fs::create_dir_all(root.path().join("target")).unwrap();
        for path in ["a.md", "src/deep/b.rs", "target/c.rs"] {
            fs::write(root.path().join(path), "x").unwrap();
        }
        let mut paths = walk(root.path(), "").unwrap();
        paths.sort_unstable();
        assert_eq!(paths, ["a.md", "src/deep/b.rs"]);
    }
}
