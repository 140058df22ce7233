//! The command line: exit codes, and messages that say what, where and what to do.

use std::net::TcpListener;
use std::path::Path;

use e2e::{Finished, poundlock, poundlock_with};
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Writes `text` to `poundlock.toml` in a folder of its own and runs there.
fn with_file(text: &str, args: &[&str]) -> Finished {
    let folder = folder();
    std::fs::write(folder.path().join("poundlock.toml"), text).expect("a temporary folder can be written");
    poundlock(folder.path(), args)
}

/// Checks that a run ended with `code` and said all of `words` on stderr or stdout.
fn says(finished: &Finished, code: i32, words: &[&str]) {
    assert_eq!(finished.code, Some(code), "{finished:?}");
    let said = finished.stderr.clone() + &finished.stdout;
    for word in words {
        assert!(said.contains(word), "no {word:?} in\n{said}");
    }
}

#[test]
fn check_accepts_a_good_file() {
    let good = "version = 1\n[service.api]\nto = [\"127.0.0.1:3000\"]\ntimeout = { request = \"10s\" }\n";
    says(&with_file(good, &["check", "poundlock.toml"]), 0, &[]);
    says(&with_file(good, &["check"]), 0, &[]);
}

#[test]
fn check_shows_every_error_with_its_place() {
    let bad = "version = 1\nnonsense = 1\n[service.api]\nto = [\"127.0.0.1:nope\"]\nretry = { budget = \"200%\" }\n\
               timeout = { request = \"30 fortnights\" }\nbalence = \"p2c\"\n";
    let finished = with_file(bad, &["check", "poundlock.toml"]);
    says(
        &finished,
        2,
        &[
            "poundlock.toml:2:1",
            "nonsense",
            "poundlock.toml:4:",
            "nope",
            "poundlock.toml:5:",
            "200%",
            "poundlock.toml:6:",
            "fortnights",
            "poundlock.toml:7:1",
            "balence",
            "balance",
            "5 errors",
        ],
    );
}

#[test]
fn check_points_at_a_syntax_error() {
    says(&with_file("version = \n", &["check", "poundlock.toml"]), 2, &["poundlock.toml:1:"]);
}

#[test]
fn check_says_that_a_file_is_missing() {
    says(&poundlock(folder().path(), &["check", "elsewhere.toml"]), 2, &["elsewhere.toml"]);
}

#[test]
fn run_refuses_a_broken_file() {
    says(
        &with_file("nonsense = 1\n", &["run", "--config", "poundlock.toml"]),
        2,
        &["poundlock.toml:1:1", "nonsense"],
    );
}

#[test]
fn run_needs_an_upstream() {
    says(&poundlock(folder().path(), &["run"]), 2, &["--to"]);
}

#[test]
fn schema_is_json_that_knows_the_keys() {
    let finished = poundlock(folder().path(), &["schema"]);
    says(&finished, 0, &[]);
    let schema: serde_json::Value = serde_json::from_str(&finished.stdout).expect("JSON");
    assert!(schema["$schema"].is_string() && schema["properties"]["service"].is_object(), "{schema}");
}

#[test]
fn init_writes_a_file_that_passes_and_never_overwrites() {
    let folder = folder();
    let file = folder.path().join("poundlock.toml");
    says(&poundlock(folder.path(), &["init"]), 0, &[]);
    let written = std::fs::read_to_string(&file).expect("the file");
    says(&poundlock(folder.path(), &["check", "poundlock.toml"]), 0, &[]);
    std::fs::write(&file, "# mine\n").expect("a temporary folder can be written");
    let again = poundlock(folder.path(), &["init"]);
    says(&again, 1, &["poundlock.toml"]);
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), "# mine\n");
    assert!(written.contains('#') && written.contains("[service."), "{written}");
}

#[test]
fn config_show_names_the_origin_of_each_value() {
    let folder = folder();
    let text = "workers = 3\n[service.api]\nto = [\"127.0.0.1:3000\"]\n";
    std::fs::write(folder.path().join("poundlock.toml"), text).expect("a temporary folder can be written");
    let args = ["config", "show", "--origin", "--config", "poundlock.toml"];
    let shown = poundlock_with(folder.path(), &args, &[("POUNDLOCK__DRAIN__DELAY", "7s")]);
    says(&shown, 0, &["workers", "poundlock.toml:1", "POUNDLOCK__DRAIN__DELAY", "7s", "default"]);
}

#[test]
fn a_flag_wins_over_a_variable_and_a_variable_over_the_file() {
    let folder = folder();
    let text = "workers = 3\n[service.api]\nto = [\"127.0.0.1:3000\"]\n";
    std::fs::write(folder.path().join("poundlock.toml"), text).expect("a temporary folder can be written");
    let args = ["config", "show", "--json", "--config", "poundlock.toml"];
    let workers = |env: &[(&str, &str)]| {
        let shown = poundlock_with(folder.path(), &args, env);
        serde_json::from_str::<serde_json::Value>(&shown.stdout).unwrap_or_else(|e| panic!("{e}: {shown:?}"))
    };
    let (file, variable) = (workers(&[]), workers(&[("POUNDLOCK__WORKERS", "5")]));
    assert!(file.to_string().contains("\"workers\":3"), "{file}");
    assert!(variable.to_string().contains("\"workers\":5"), "{variable}");
}

#[test]
fn a_taken_public_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let finished = run(folder().path(), &["--listen", &address, "--admin", "127.0.0.1:0"]);
    says(&finished, 1, &[&address, "in use"]);
}

#[test]
fn a_taken_admin_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let finished = run(folder().path(), &["--listen", "127.0.0.1:0", "--admin", &address]);
    says(&finished, 1, &[&address, "in use"]);
}

fn run(folder: &Path, args: &[&str]) -> Finished {
    poundlock(folder, &[&["run", "--to", "127.0.0.1:9"], args].concat())
}

#[test]
fn a_public_admin_address_is_refused() {
    for address in ["0.0.0.0:9900", "192.0.2.1:9900", "[::]:9900"] {
        says(&run(folder().path(), &["--admin", address]), 2, &["--admin", "loopback"]);
    }
}

#[test]
fn unknown_flags_and_verbs_are_bad_usage() {
    let folder = folder();
    says(&poundlock(folder.path(), &["run", "--too", "127.0.0.1:9"]), 2, &["--too", "--to"]);
    says(&poundlock(folder.path(), &["runn"]), 2, &["runn"]);
    says(&poundlock(folder.path(), &[]), 2, &["Usage"]);
}

#[test]
fn help_and_version_are_no_errors() {
    let folder = folder();
    says(&poundlock(folder.path(), &["--help"]), 0, &["run", "check", "init", "schema"]);
    says(&poundlock(folder.path(), &["version"]), 0, &[env!("CARGO_PKG_VERSION")]);
    says(&poundlock(folder.path(), &["--version"]), 0, &[env!("CARGO_PKG_VERSION")]);
}

#[test]
fn completions_and_manual_are_printed() {
    let folder = folder();
    for shell in ["bash", "zsh", "fish"] {
        says(&poundlock(folder.path(), &["completions", shell]), 0, &["poundlock"]);
    }
    says(&poundlock(folder.path(), &["man"]), 0, &[".TH"]);
}
