//! Each `toml` block is a whole configuration that `poundlock check` accepts.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result};

use super::blocks::Block;

/// Checks every `toml` block with the program at `poundlock`.
pub(super) fn check(blocks: &[Block<'_>], poundlock: &Path) -> Result<Vec<String>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("poundlock.toml");
    let mut problems = Vec::new();
    for block in blocks.iter().filter(|block| block.language == "toml") {
        fs::write(&file, block.text())?;
        let mut command = Command::new(poundlock);
        let output = command.arg("check").arg(&file).output().context("cannot run poundlock")?;
        if !output.status.success() {
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            problems.push(format!("{}: `poundlock check` refuses it:\n{}", block.place(0), said.trim_end()));
        }
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_configuration_is_found() {
        let block = Block { path: "a.md", line: 3, language: "toml", lines: vec!["a = 1"] };
        let check = |program| check(std::slice::from_ref(&block), Path::new(program)).unwrap();
        assert_eq!(check("true"), Vec::<String>::new());
        assert!(check("false")[0].starts_with("a.md:3: "));
    }
}
