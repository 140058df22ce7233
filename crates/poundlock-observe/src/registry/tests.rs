//! Tests of registration and of what a scrape of the whole registry shows.

use super::*;
use crate::Format;
use crate::exposition::{Family, HistogramValue, Visitor};
use crate::testing::{self, Sample, value};
use proptest::prelude::*;
use std::num::NonZeroU32;

fn registry(label_sets: u32) -> Registry {
    Registry::new(Limits { label_sets: NonZeroU32::new(label_sets).unwrap() })
}

fn scrape(registry: &Registry) -> Vec<Sample> {
    testing::parse(&registry.render(Format::Text004))
}

struct Shown(&'static [&'static str]);

impl Collect for Shown {
    fn names(&self) -> &[&'static str] {
        self.0
    }

    fn collect(&self, to: &mut dyn Visitor) {
        for name in self.0 {
            to.family(&Family { name, help: "Shown.", kind: Kind::Gauge });
            to.number(&[], 7_u64.into());
        }
    }

    fn refused(&self) -> Vec<(&'static str, u64)> {
        vec![(self.0[0], 5)]
    }
}

#[test]
fn the_same_label_set_in_any_order_is_the_same_cell() {
    let registry = registry(10);
    registry.counter("a_total", "A.", &[("x", "1"), ("y", "2")]).unwrap().inc();
    registry.counter("a_total", "Other help.", &[("y", "2"), ("x", "1"), ("z", "")]).unwrap().add(2);
    let samples = scrape(&registry);
    assert_eq!(value(&samples, "a_total", &[("x", "1"), ("y", "2")]), Some(3.0));
    assert_eq!(samples.iter().filter(|sample| sample.name == "a_total").count(), 1);
}

/// Another library joins label values before hashing, so that these two became one.
#[test]
fn label_sets_that_look_alike_when_joined_stay_apart() {
    let registry = registry(10);
    registry.counter("a_total", "A.", &[("x", "ab"), ("y", "c")]).unwrap().inc();
    registry.counter("a_total", "A.", &[("x", "a"), ("y", "bc")]).unwrap().add(5);
    let samples = scrape(&registry);
    assert_eq!(value(&samples, "a_total", &[("x", "ab"), ("y", "c")]), Some(1.0));
    assert_eq!(value(&samples, "a_total", &[("x", "a"), ("y", "bc")]), Some(5.0));
}

#[test]
fn label_sets_beyond_the_limit_share_one_series() {
    let registry = registry(2);
    for n in 0..5 {
        registry.counter("a_total", "A.", &[("n", &n.to_string())]).unwrap().inc();
    }
    let samples = scrape(&registry);
    assert_eq!(value(&samples, "a_total", &[("n", "1")]), Some(1.0));
    assert_eq!(value(&samples, "a_total", &[("n", "2")]), None);
    assert_eq!(value(&samples, "a_total", &[("overflow", "true")]), Some(3.0));
    assert_eq!(value(&samples, SERIES_OVERFLOW, &[("metric", "a_total")]), Some(3.0));
}

#[test]
fn gauges_and_histograms_hold_what_they_were_told() {
    let registry = registry(10);
    let gauge = registry.gauge("g", "G.", &[]).unwrap();
    gauge.set(2.5);
    gauge.add(-1.0);
    let histogram = registry.histogram("h_seconds", "H.", &[], &[0.1, 1.0]).unwrap();
    [0.1, 0.5, 2.0, f64::NAN].into_iter().for_each(|value| histogram.observe(value));
    histogram.observe_duration(std::time::Duration::from_millis(100));
    let samples = scrape(&registry);
    assert_eq!(value(&samples, "g", &[]), Some(1.5));
    let shown = testing::histograms(&samples, "h_seconds").remove(&testing::labels([])).unwrap();
    assert_eq!(shown.buckets.iter().map(|bucket| bucket.1).collect::<Vec<_>>(), [2, 3, 5]);
    assert!((shown.sum - 2.7).abs() < 1e-9);
}

#[test]
fn mistakes_are_typed_errors() {
    let registry = registry(10);
    let check = |name: &str, help: &str, labels: &[(&str, &str)], expected: RegistryError| {
        assert_eq!(registry.counter(name, help, labels).unwrap_err(), expected);
    };
    check("1_total", "A.", &[], RegistryError::InvalidName("1_total".into()));
    check("", "A.", &[], RegistryError::InvalidName(String::new()));
    check("a-b_total", "A.", &[], RegistryError::InvalidName("a-b_total".into()));
    check("a", "A.", &[], RegistryError::WrongSuffix("a".into()));
    check("a_total", " ", &[], RegistryError::NoHelp("a_total".into()));
    for label in ["", "1", "a:b", "__x", "le", "quantile", "overflow", "ü"] {
        check("a_total", "A.", &[(label, "1")], RegistryError::InvalidLabel(label.into()));
    }
    check("a_total", "A.", &[("x", "1"), ("x", "2")], RegistryError::DuplicateLabel("x".into()));
    check("a_total", "A.", &[("x", &"v".repeat(2_000))], RegistryError::LabelTooLong("x".into()));
    let many: Vec<String> = (0..17).map(|n| format!("l{n}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "1")).collect();
    check("a_total", "A.", &many, RegistryError::TooManyLabels("a_total".into()));
    for suffix in ["a_total", "a_count", "a_sum", "a_bucket"] {
        let error = registry.gauge(suffix, "A.", &[]).unwrap_err();
        assert_eq!(error, RegistryError::WrongSuffix(suffix.into()));
    }
    for buckets in [&[][..], &[1.0, 1.0], &[2.0, 1.0], &[f64::NAN], &[1.0, f64::INFINITY], &[0.0; 65]] {
        let error = registry.histogram("h", "H.", &[], buckets).unwrap_err();
        assert_eq!(error, RegistryError::InvalidBuckets("h".into()), "{buckets:?}");
    }
    assert_eq!(scrape(&registry), [], "a refused family is not shown");
}

#[test]
fn a_name_belongs_to_one_kind_and_one_owner() {
    let registry = registry(10);
    let taken = |name: &str| RegistryError::NameTaken(name.into());
    registry.histogram("h_seconds", "H.", &[], &[1.0]).unwrap();
    assert_eq!(registry.gauge("h_seconds", "H.", &[]).unwrap_err(), taken("h_seconds"));
    assert_eq!(registry.histogram("h_seconds", "H.", &[], &[2.0]).unwrap_err(), taken("h_seconds"));
    registry.register(Arc::new(Shown(&["shown"]))).unwrap();
    assert_eq!(registry.gauge("shown", "S.", &[]).unwrap_err(), taken("shown"));
    assert_eq!(registry.counter("shown_total", "S.", &[]).unwrap_err(), taken("shown_total"));
    assert_eq!(registry.register(Arc::new(Shown(&["shown"]))).unwrap_err(), taken("shown"));
    assert_eq!(registry.register(Arc::new(Shown(&["h_seconds"]))).unwrap_err(), taken("h_seconds"));
    assert_eq!(registry.counter(SERIES_OVERFLOW, "S.", &[]).unwrap_err(), taken(SERIES_OVERFLOW));
}

#[test]
fn the_number_of_families_is_bounded() {
    let registry = registry(10);
    for n in 0..MAX_FAMILIES {
        registry.gauge(&format!("g{n}"), "G.", &[]).unwrap();
    }
    assert_eq!(registry.gauge("one_more", "G.", &[]).unwrap_err(), RegistryError::TooManyFamilies);
    assert_eq!(registry.register(Arc::new(Shown(&["shown"]))).unwrap_err(), RegistryError::TooManyFamilies);
}

#[test]
fn collectors_are_shown_with_what_they_refused() {
    let registry = registry(10);
    registry.register(Arc::new(Shown(&["shown", "shown_too"]))).unwrap();
    let samples = scrape(&registry);
    assert_eq!(value(&samples, "shown", &[]), Some(7.0));
    assert_eq!(value(&samples, "shown_too", &[]), Some(7.0));
    assert_eq!(value(&samples, SERIES_OVERFLOW, &[("metric", "shown")]), Some(5.0));
}

#[test]
fn clones_are_the_same_registry() {
    let registry = registry(10);
    registry.clone().counter("a_total", "A.", &[]).unwrap().inc();
    assert_eq!(value(&scrape(&registry), "a_total", &[]), Some(1.0));
}

#[test]
fn a_visitor_sees_families_before_their_samples() {
    #[derive(Default)]
    struct Names(Vec<String>, usize);
    impl Visitor for Names {
        fn family(&mut self, family: &Family<'_>) {
            self.0.push(family.name.to_owned());
        }
        fn number(&mut self, _: &[(&str, &str)], _: crate::exposition::Number) {
            assert!(!self.0.is_empty());
            self.1 += 1;
        }
        fn histogram(&mut self, _: &[(&str, &str)], _: &HistogramValue<'_>) {
            panic!("no histogram is registered");
        }
    }
    let registry = registry(10);
    registry.gauge("b", "B.", &[]).unwrap();
    registry.gauge("a", "A.", &[]).unwrap();
    registry.register(Arc::new(Shown(&["z"]))).unwrap();
    let mut names = Names::default();
    registry.visit(&mut names);
    assert_eq!(names.0, ["z", "a", "b", SERIES_OVERFLOW]);
    assert_eq!(names.1, 6);
}

proptest! {
    /// A counter per distinct label set, as in a map.
    #[test]
    fn counters_equal_a_map(adds in prop::collection::vec(("[ab]{0,2}", "[ab\"\\\\\n]{0,2}", 0..9_u64), 0..60)) {
        let registry = registry(100);
        let mut model = std::collections::HashMap::new();
        for (x, y, by) in &adds {
            registry.counter("a_total", "A.", &[("x", x), ("y", y)]).unwrap().add(*by);
            *model.entry((x, y)).or_insert(0) += by;
        }
        let samples = scrape(&registry);
        for ((x, y), total) in &model {
            let labels: Vec<(&str, &str)> =
                [("x", x.as_str()), ("y", y.as_str())].into_iter().filter(|label| !label.1.is_empty()).collect();
            prop_assert_eq!(value(&samples, "a_total", &labels), Some(*total as f64));
        }
        prop_assert_eq!(samples.iter().filter(|sample| sample.name == "a_total").count(), model.len());
    }
}
