//! The fuzz targets of this crate, over their corpus and seeded mutations of it, on stable.
#[path = "../../../fuzz/runner.rs"]
mod runner;
#[path = "corpus/targets.rs"]
mod targets;

use runner::run;

#[test]
fn trace_context() {
    run("trace_context", targets::trace_context);
}

#[test]
fn request_id() {
    run("request_id", targets::request_id);
}

#[test]
fn tracestate() {
    run("tracestate", targets::tracestate);
}

#[test]
fn negotiate() {
    run("negotiate", targets::negotiate);
}

#[test]
fn process_sample() {
    run("process_sample", targets::process_sample);
}
