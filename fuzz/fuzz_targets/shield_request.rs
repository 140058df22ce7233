//! Fuzzes whole requests.
#![no_main]

#[allow(dead_code, reason = "one target a binary, all in one file")]
#[path = "../../crates/poundlock-shield/tests/corpus/targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::request(data));
