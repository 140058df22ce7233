//! Each `rust` block stands, line by line, in a file under `examples/`, which the build compiles.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use super::{blocks::Block, entries};

/// The text of every Rust file under `examples/`.
pub(super) fn sources(root: &Path) -> Result<Vec<String>> {
    let mut folders = vec![root.join("examples")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        let (below, files): (Vec<PathBuf>, Vec<PathBuf>) =
            entries(&folder)?.into_iter().partition(|path| path.is_dir());
        folders.extend(below);
        for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "rs")) {
            sources.push(fs::read_to_string(file).with_context(|| file.display().to_string())?);
        }
    }
    Ok(sources)
}

pub(super) fn check(blocks: &[Block<'_>], sources: &[String]) -> Vec<String> {
    let unknown = blocks.iter().filter(|block| {
        block.language == "rust" && !sources.iter().any(|source| holds(source, &block.lines))
    });
    unknown.map(|block| format!("{}: no file under examples/ has these lines", block.place(0))).collect()
}

/// Whether the lines follow each other in `source`, whatever their indentation.
fn holds(source: &str, lines: &[&str]) -> bool {
    let source: Vec<&str> = source.lines().map(str::trim).collect();
    let wanted: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    wanted.is_empty() || source.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_no_example_has_are_found() {
        let source = "fn main() {\n    a();\n    b();\n}\n".to_owned();
        let check = |lines: &[&'static str]| {
            let block = Block { path: "a.md", line: 1, language: "rust", lines: lines.to_vec() };
            check(&[block], std::slice::from_ref(&source)).len()
        };
        assert_eq!(check(&["a();", "b();"]), 0);
        assert_eq!(check(&["b();", "a();"]), 1);
        assert_eq!(check(&["c();"]), 1);
    }
}
