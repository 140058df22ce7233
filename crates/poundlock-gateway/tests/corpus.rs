//! The fuzz target of this crate, over its corpus and seeded mutations of it, on stable.
#[path = "../../../fuzz/runner.rs"]
mod runner;
#[path = "corpus/targets.rs"]
mod targets;

#[test]
fn config() {
    runner::run("config", targets::config);
}
