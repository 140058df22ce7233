//! One scrape of a registry. Main function: [`Registry::render`]. It does not know the formats' syntax.

use super::{Registry, SERIES_OVERFLOW};
use crate::exposition::{
    Collect, Dialect, Family, Format, HistogramValue, Kind, Number, ProtobufEncoder, TextEncoder, Visitor,
};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Registry {
    /// Everything, in the given format. The registry is not locked while cells are read, so registering
    /// never waits for a scrape.
    #[must_use]
    pub fn render(&self, format: Format) -> Vec<u8> {
        match format {
            Format::Text004 => {
                let mut encoder = TextEncoder::new(Dialect::Prometheus);
                self.visit(&mut encoder);
                encoder.finish()
            }
            Format::OpenMetrics100 => {
                let mut encoder = TextEncoder::new(Dialect::OpenMetrics);
                self.visit(&mut encoder);
                encoder.finish()
            }
            Format::Protobuf => {
                let mut encoder = ProtobufEncoder::new();
                self.visit(&mut encoder);
                encoder.finish()
            }
        }
    }

    /// Shows every family to a visitor: collectors first, then the registry's own, then what was refused.
    pub fn visit(&self, to: &mut dyn Visitor) {
        let (collectors, families, mut refused) = {
            let state = self.state();
            let families: Vec<_> =
                state.families.iter().map(|(name, cells)| (name.clone(), cells.view())).collect();
            let refused: BTreeMap<String, u64> =
                state.families.iter().map(|(name, cells)| (name.clone(), cells.refused)).collect();
            (state.collectors.clone(), families, refused)
        };
        for collector in &collectors {
            collector.collect(&mut Declared::new(to, collector));
            refused.extend(collector.refused().into_iter().map(|(name, count)| (name.to_owned(), count)));
        }
        for (name, view) in &families {
            to.family(&Family { name, help: &view.help, kind: view.kind });
            view.show(to);
        }
        show_refused(to, &refused);
    }
}

fn show_refused(to: &mut dyn Visitor, refused: &BTreeMap<String, u64>) {
    let help = "Label sets refused because their family was full; they share the series overflow=\"true\".";
    to.family(&Family { name: SERIES_OVERFLOW, help, kind: Kind::Counter });
    for (metric, count) in refused {
        to.number(&[("metric", metric)], (*count).into());
    }
}

/// Lets through only the families a collector declared, each once: a second block of the same name would
/// make the whole scrape invalid.
struct Declared<'a> {
    to: &'a mut dyn Visitor,
    left: Vec<&'static str>,
    open: bool,
}

impl<'a> Declared<'a> {
    fn new(to: &'a mut dyn Visitor, collector: &Arc<dyn Collect>) -> Self {
        Self { to, left: collector.names().to_vec(), open: false }
    }
}

impl Visitor for Declared<'_> {
    fn family(&mut self, family: &Family<'_>) {
        let at = self.left.iter().position(|name| *name == family.name);
        debug_assert!(at.is_some(), "`{}` is not declared or shown twice", family.name);
        self.open = at.is_some();
        if let Some(at) = at {
            self.left.swap_remove(at);
            self.to.family(family);
        }
    }

    fn number(&mut self, labels: &[(&str, &str)], value: Number) {
        if self.open {
            self.to.number(labels, value);
        }
    }

    fn histogram(&mut self, labels: &[(&str, &str)], value: &HistogramValue<'_>) {
        if self.open {
            self.to.histogram(labels, value);
        }
    }
}
