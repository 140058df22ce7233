//! The fuzz targets of this crate, over their corpora and seeded mutations of them, on stable.
#[path = "../../../fuzz/runner.rs"]
mod runner;
#[path = "corpus/targets.rs"]
mod targets;

#[test]
fn config() {
    runner::run("config", targets::config);
}

#[test]
fn upstream_response() {
    runner::run("upstream_response", targets::upstream_response);
}
