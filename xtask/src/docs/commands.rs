//! Each `poundlock …` and `cargo xtask …` command in a `sh` block has a verb and flags that the program's `--help` knows.
//!
//! Only names are checked: the commands are not run, and values and positional arguments are taken as they are.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};

use super::blocks::Block;

/// A program that the documents call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    Poundlock,
    Xtask,
}

/// Where the programs are.
pub(super) struct Programs {
    poundlock: PathBuf,
    xtask: PathBuf,
}

impl Programs {
    pub(super) fn new(poundlock: &Path) -> Result<Self> {
        let xtask = std::env::current_exe().context("cannot find xtask itself")?;
        Ok(Self { poundlock: poundlock.to_path_buf(), xtask })
    }

    /// What `program VERBS --help` prints; `None` when it fails.
    pub(super) fn help(&self, program: Program, verbs: &[&str]) -> Option<String> {
        let path = match program {
            Program::Poundlock => &self.poundlock,
            Program::Xtask => &self.xtask,
        };
        let output = Command::new(path).args(verbs).arg("--help").output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Checks every command of every `sh` block with `help`.
pub(super) fn check(blocks: &[Block<'_>], help: impl Fn(Program, &[&str]) -> Option<String>) -> Vec<String> {
    let mut problems = Vec::new();
    for block in blocks.iter().filter(|block| block.language == "sh") {
        for (offset, line) in logical_lines(&block.lines) {
            for (program, words) in line.split(['|', ';', '&']).filter_map(call) {
                let problem = problem(&words, |verbs| help(program, verbs));
                problems.extend(problem.map(|problem| format!("{}: {problem}", block.place(offset))));
            }
        }
    }
    problems
}

/// Lines with comments removed and those that end in a backslash joined, with the offset of the first.
fn logical_lines(lines: &[&str]) -> Vec<(usize, String)> {
    let mut logical = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (offset, line) in lines.iter().enumerate() {
        let line = if line.starts_with('#') { "" } else { line.split(" #").next().unwrap_or_default() };
        let (part, goes_on) = line.strip_suffix('\\').map_or((line, false), |part| (part, true));
        let (_, text) = open.get_or_insert_with(|| (offset, String::new()));
        text.push_str(part);
        if !goes_on {
            logical.extend(open.take());
        }
    }
    logical.extend(open);
    logical
}

/// The program that `command` calls, and the words after its name.
fn call(command: &str) -> Option<(Program, Vec<&str>)> {
    let is_setting = |word: &&str| word.split_once('=').is_some_and(|(name, _)| !name.starts_with('-'));
    let words: Vec<&str> = command.split_whitespace().skip_while(is_setting).collect();
    match words.as_slice() {
        ["poundlock", rest @ ..] => Some((Program::Poundlock, rest.to_vec())),
        ["cargo", "xtask", rest @ ..] => Some((Program::Xtask, rest.to_vec())),
        ["cargo", "run", rest @ ..] if !rest.contains(&"--bin") && !rest.contains(&"-p") => {
            let at = rest.iter().position(|word| *word == "--")?;
            Some((Program::Poundlock, rest[at + 1..].to_vec()))
        }
        _ => None,
    }
}

/// What is wrong with the call, by what the program says about itself.
fn problem(words: &[&str], help: impl Fn(&[&str]) -> Option<String>) -> Option<String> {
    let mut depth = 0;
    let mut text = help(&[])?;
    while let Some(verb) = words.get(depth).filter(|word| !word.starts_with('-')) {
        let known = verbs(&text);
        if known.is_empty() {
            break;
        }
        if !known.contains(verb) {
            return Some(format!("there is no verb `{verb}`; there are {}", known.join(", ")));
        }
        depth += 1;
        let Some(deeper) = help(&words[..depth]) else {
            return Some(format!("`{} --help` fails", words[..depth].join(" ")));
        };
        text = deeper;
    }
    let flags = words[depth..].iter().take_while(|word| **word != "--").filter(|word| is_flag(word));
    let unknown =
        flags.map(|flag| flag.split('=').next().unwrap_or(flag)).find(|flag| !mentions(&text, flag))?;
    Some(format!("`{}` has no flag `{unknown}`", words[..depth].join(" ")))
}

/// The first words of the lines below `Commands:`.
fn verbs(help: &str) -> Vec<&str> {
    let lines = help.lines().skip_while(|line| line.trim() != "Commands:").skip(1);
    let listed = lines.take_while(|line| !line.trim().is_empty());
    // A description that is wrapped goes on deeper than the two spaces of a verb.
    let verbs = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    verbs.filter_map(|line| line.split_whitespace().next()).collect()
}

fn is_flag(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-') && !word[1..].starts_with(|c: char| c.is_ascii_digit())
}

fn mentions(help: &str, flag: &str) -> bool {
    help.split(|c: char| c.is_whitespace() || ",=[]<>".contains(c)).any(|word| word == flag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fake_help(program: Program, verbs: &[&str]) -> Option<String> {
        let text = match (program, verbs) {
            (Program::Poundlock, []) => {
                "Commands:\n  run     Run\n  config  Show\n          more\n\nOptions:\n  -h, --help\n"
            }
            (Program::Poundlock, ["run"]) => "Options:\n  --to <ADDR>\n  -q, --quiet\n",
            (Program::Poundlock, ["config"]) => "Commands:\n  show  Show\n",
            (Program::Poundlock, ["config", "show"]) => "Options:\n      --origin  Where from\n",
            (Program::Xtask, []) => "Commands:\n  tidy  Check\n",
            (Program::Xtask, ["tidy"]) => "Options:\n",
            _ => return None,
        };
        Some(text.to_owned())
    }

    fn problems(lines: &[&str]) -> Vec<String> {
        let block = Block { path: "a.md", line: 10, language: "sh", lines: lines.to_vec() };
        check(&[block], fake_help)
    }

    #[test]
    fn real_commands_pass() {
        let lines = [
            "poundlock run --to 127.0.0.1:3000 -q   # a comment with --nothing",
            "RATE=1 poundlock config show --origin | grep --color a",
            "poundlock run \\",
            "  --to=127.0.0.1:3000",
            "cargo run --release -- run --to 127.0.0.1:1",
            "cargo xtask tidy && other --flag",
            "# poundlock nothing",
        ];
        assert_eq!(problems(&lines), Vec::<String>::new());
    }

    #[test]
    fn invented_ones_are_found() {
        assert_eq!(
            problems(&["", "poundlock fly"]),
            ["a.md:11: there is no verb `fly`; there are run, config"]
        );
        assert_eq!(problems(&["poundlock run --frm x"]), ["a.md:10: `run` has no flag `--frm`"]);
        assert_eq!(problems(&["poundlock run \\", "  --frm"]), ["a.md:10: `run` has no flag `--frm`"]);
        assert_eq!(problems(&["true && poundlock config shwo"]).len(), 1);
        assert_eq!(problems(&["cargo run -- run --t"]).len(), 1);
        assert_eq!(problems(&["cargo xtask tidy --fast"]).len(), 1);
    }
}
