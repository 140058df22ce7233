//! `cargo xtask docs`: what the documents show is real.
//!
//! In `README.md` and the other documents: each `toml` block passes `poundlock check`; each `poundlock` and
//! `cargo xtask` command in a `sh` block has a verb and flags that the program knows; each `rust` block stands in a
//! file under `examples/`, which is compiled; each relative link leads to a file; the table of configuration keys is
//! that of `poundlock schema`.

mod blocks;
mod commands;
mod configs;
mod examples;
mod keys;
mod links;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use self::{blocks::Block, commands::Programs};
use crate::cargo;

/// What to do besides checking.
#[derive(Args)]
pub(crate) struct Options {
    /// Write the table of configuration keys anew before checking
    #[arg(long)]
    write: bool,
}

/// A document and its text.
struct Document {
    /// Path from the root of the workspace.
    path: String,
    text: String,
}

/// Checks every document of the workspace at `root` against a fresh build.
///
/// # Errors
/// When a document shows something that is not so; each place is printed as `file:line`.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let poundlock = build(root)?;
    if options.write {
        let file = root.join(keys::DOCUMENT);
        let text = fs::read_to_string(&file).context(keys::DOCUMENT)?;
        fs::write(&file, keys::refreshed(&text, &poundlock)?).context(keys::DOCUMENT)?;
    }
    let documents = documents(root)?;
    let blocks: Vec<Block<'_>> = documents.iter().flat_map(blocks::of).collect();
    let programs = Programs::new(&poundlock)?;

    let mut problems = configs::check(&blocks, &poundlock)?;
    problems.extend(commands::check(&blocks, |program, verbs| programs.help(program, verbs)));
    problems.extend(examples::check(&blocks, &examples::sources(root)?));
    problems.extend(documents.iter().flat_map(|document| links::check(root, document)));
    for document in documents.iter().filter(|document| document.path == keys::DOCUMENT) {
        let current = keys::refreshed(&document.text, &poundlock)? == document.text;
        let stale = || format!("{}: the keys are not those of the schema, see --write", document.path);
        problems.extend((!current).then(stale));
    }

    problems.iter().for_each(|problem| println!("error: {problem}"));
    println!("docs: {} documents, {} blocks, {} errors", documents.len(), blocks.len(), problems.len());
    if !problems.is_empty() {
        bail!("the documents show what is not so");
    }
    Ok(())
}

/// `*.md` of the root and everything below `docs/`, sorted.
fn documents(root: &Path) -> Result<Vec<Document>> {
    let mut files = markdown(root)?;
    let mut folders = vec![root.join("docs")];
    while let Some(folder) = folders.pop() {
        files.extend(markdown(&folder)?);
        folders.extend(entries(&folder)?.into_iter().filter(|path| path.is_dir()));
    }
    files.sort_unstable();
    let document = |file: PathBuf| -> Result<Document> {
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        Ok(Document { path: file.strip_prefix(root).unwrap_or(&file).display().to_string(), text })
    };
    files.into_iter().map(document).collect()
}

fn markdown(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.extension().is_some_and(|end| end == "md")).collect())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let list = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    Ok(list.collect::<std::io::Result<Vec<_>>>()?.into_iter().map(|entry| entry.path()).collect())
}

/// Builds the debug binary and returns its path.
fn build(root: &Path) -> Result<PathBuf> {
    cargo::build(root, &["--bin", "poundlock"], "debug/poundlock")
}
