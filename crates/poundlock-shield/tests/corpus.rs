//! The fuzz targets of this crate, over their corpora and seeded mutations of them, on stable.
#[path = "../../../fuzz/runner.rs"]
mod runner;
#[path = "corpus/targets.rs"]
mod targets;

#[test]
fn decode() {
    runner::run("shield_decode", targets::decode);
}

#[test]
fn value() {
    runner::run("shield_value", targets::value);
}

#[test]
fn request() {
    runner::run("shield_request", targets::request);
}

#[test]
fn line() {
    runner::run("shield_line", targets::line);
}

#[test]
fn multipart() {
    runner::run("shield_multipart", targets::multipart);
}

#[test]
fn rules() {
    runner::run("shield_rules", targets::rules);
}

#[test]
fn sanitizers() {
    runner::run("shield_sanitizers", targets::sanitizers);
}
