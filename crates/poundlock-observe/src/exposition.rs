//! How metrics leave the process: formats, content negotiation, and the [`Visitor`] that collectors show
//! their families to. Main types: [`Format`], [`Collect`]. It does not know where values come from.
//!
//! The encoders are written here because `prometheus-client` (0.25) has no text format 0.0.4, which `curl`
//! and `promtool check metrics` get, and needs `prost` for protobuf; the three together are about 300 lines.

mod negotiate;
mod number;
mod protobuf;
#[cfg(test)]
mod tests;
mod text;
mod visitor;

pub use negotiate::Format;
pub use visitor::{Collect, Family, HistogramValue, Kind, Number, OVERFLOW_LABELS, Visitor};

pub(crate) use protobuf::ProtobufEncoder;
pub(crate) use text::{Dialect, TextEncoder};
