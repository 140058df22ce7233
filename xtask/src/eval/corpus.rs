//! Collections on disk: `*.jsonl.gz`, one value or request a line.
//!
//! Main type: [`Corpus`].

use anyhow::{Context as _, Result};
use flate2::read::GzDecoder;
use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    path::Path,
};

pub(super) struct Corpus {
    pub(super) name: String,
    pub(super) lines: Vec<String>,
    /// Whether its lines are attacks.
    pub(super) attack: bool,
    /// `values` or `requests`, as the scanner wants to know.
    pub(super) input: &'static str,
}

/// The folders, whether they hold attacks, and what a line is.
const FOLDERS: [(&str, bool, &str); 5] = [
    ("attack", true, "values"),
    ("benign", false, "values"),
    ("requests/attack", true, "requests"),
    ("requests/benign", false, "requests"),
    ("requests", true, "requests"),
];

/// The collections under `data` whose name contains `only`, by folder and name.
pub(super) fn all(data: &Path, only: &str) -> Result<Vec<Corpus>> {
    let mut found = Vec::new();
    for (folder, attack, input) in FOLDERS {
        let mut paths: Vec<_> = entries(&data.join(folder))?;
        paths.sort();
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let Some(name) = name.strip_suffix(".jsonl.gz").filter(|name| name.contains(only)) else {
                continue;
            };
            found.push(Corpus { name: name.to_owned(), lines: read(&path)?, attack, input });
        }
    }
    Ok(found)
}

fn entries(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let list = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    list.map(|entry| Ok(entry?.path())).collect()
}

fn read(path: &Path) -> Result<Vec<String>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    lines.collect::<Result<_, _>>().with_context(|| format!("cannot read {}", path.display()))
}
