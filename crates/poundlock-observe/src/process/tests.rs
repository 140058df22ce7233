//! Tests of the `/proc` parser and of the families.

use super::*;
use crate::testing::{parse, value};
use crate::{Format, Limits};
use proptest::prelude::*;
use std::sync::Arc;

const STAT: &str = "4711 (a (b) c) S 1 4711 4711 0 -1 4194560 1 2 3 4 250 50 5 6 20 0 8 0 12345 1000000 300 18446744073709551615 1 1 0\n";
const LIMITS: &str = "Limit                     Soft Limit           Hard Limit           Units     \nMax cpu time              unlimited            unlimited            seconds   \nMax open files            1024                 524288               files     \n";
const FACTS: ProcessFacts =
    ProcessFacts { open_fds: 12, ticks_per_second: 100, page_bytes: 4_096, boot_time_seconds: 1_700_000_000 };

#[test]
fn a_linux_process_is_read() {
    let sample = ProcessSample::parse(STAT, LIMITS, &FACTS).unwrap();
    let expected = ProcessSample {
        cpu_seconds: 3.0,
        resident_bytes: 300 * 4_096,
        virtual_bytes: 1_000_000,
        open_fds: 12,
        max_fds: 1_024.0,
        start_time_seconds: 1_700_000_123.45,
        threads: 8,
    };
    assert_eq!(sample, expected);
}

#[test]
fn what_is_missing_is_named() {
    assert_eq!(ProcessSample::parse("", LIMITS, &FACTS), Err(ProcessError::Stat(UTIME)));
    assert_eq!(ProcessSample::parse(STAT, "", &FACTS), Err(ProcessError::Limits));
    let short = STAT.split_at(STAT.find("12345").unwrap()).0;
    assert_eq!(ProcessSample::parse(short, LIMITS, &FACTS), Err(ProcessError::Stat(RSS)));
    let unlimited = LIMITS.replace("1024 ", "unlimited ");
    assert!(ProcessSample::parse(STAT, &unlimited, &FACTS).unwrap().max_fds.is_infinite());
}

#[test]
fn the_boot_time_is_found() {
    assert_eq!(parse_boot_time("cpu 1 2\nbtime 1700000000\nprocesses 5\n"), Some(1_700_000_000));
    assert_eq!(parse_boot_time("cpu 1 2\n"), None);
}

#[test]
fn the_latest_sample_is_shown() {
    let registry = Registry::new(Limits::default());
    let metrics = Arc::new(ProcessMetrics::new());
    registry.register(metrics.clone()).unwrap();
    register_build_info(&registry, "1.2.3", &[("commit", "abc")]).unwrap();
    let names = |samples: &[crate::testing::Sample]| {
        samples.iter().filter(|sample| sample.name.starts_with("process_")).count()
    };
    assert_eq!(names(&parse(&registry.render(Format::Text004))), 0);
    metrics.update(ProcessSample::parse(STAT, LIMITS, &FACTS).unwrap());
    let samples = parse(&registry.render(Format::Text004));
    assert_eq!(names(&samples), metrics.names().len());
    assert_eq!(value(&samples, "process_cpu_seconds_total", &[]), Some(3.0));
    assert_eq!(value(&samples, "process_max_fds", &[]), Some(1_024.0));
    let build = [("commit", "abc"), ("version", "1.2.3")];
    assert_eq!(value(&samples, "poundlock_build_info", &build), Some(1.0));
}

proptest! {
    #[test]
    fn any_text_is_an_answer(stat in ".{0,200}", limits in ".{0,200}", prefix in 0..STAT.len()) {
        let _ = ProcessSample::parse(&stat, &limits, &FACTS);
        let _ = ProcessSample::parse(&STAT[..prefix], LIMITS, &FACTS);
        let _ = parse_boot_time(&stat);
    }
}
