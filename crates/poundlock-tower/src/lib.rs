//! The Poundlock layers: one [`tower`](https://docs.rs/tower) layer per concern, for the gateway
//! and for any axum or hyper application.
//!
//! The layers ask for no `Send`: a stack of them is `Send` exactly when the service inside is.
//! They know HTTP and nothing of sockets. In reading order, outermost first:
//!
//! | layer | does | its place |
//! |---|---|---|
//! | [`CorrelationLayer`] | takes or makes the request ID and the trace context | everything below can name the request |
//! | [`ObserveLayer`] | counts, times, access log | sees refusals too |
//! | [`RespondLayer`] | [`Rejection`] → HTTP | nothing above can fail |
//! | [`GateLayer`] | asks a [`Check`], e.g. [`ProtocolCheck`] | before any work |
//! | [`ShedLayer`] | as many requests at once as the service keeps up with | a refusal before any work |
//! | [`LimitLayer`] | rates and quotas by key | before a body is read |
//! | [`BodyCapLayer`] | bounds and counts request bodies | before anything reads one |
//! | [`TimeoutLayer`] | bounds the wait for the response head | around whatever may wait, for a body or an answer |
//! | [`InspectLayer`] | attacks and invalid input | before the service sees any of it |
#![cfg_attr(feature = "axum", doc = "")]
#![cfg_attr(feature = "axum", doc = include_str!("axum.md"))]

mod body;
mod body_cap;
mod correlation;
mod gate;
pub mod inspect;
pub mod limit;
mod observe;
pub mod operations;
mod peer;
mod protocol;
mod rejection;
mod respond;
pub mod shed;
mod timeout;
#[cfg(feature = "axum")]
mod valid;

pub use body::{BodyError, ResponseBody};
pub use body_cap::{BodyCap, BodyCapLayer, BodyCount, CappedBody};
pub use correlation::{Correlation, CorrelationLayer, CorrelationService};
pub use gate::{Check, Gate, GateLayer};
pub use inspect::{InspectLayer, InspectService, InspectedBody, Inspection, Inspections};
pub use limit::{LimitLayer, LimitScope, LimitService, Limiter, Rule};
#[cfg(feature = "axum")]
pub use observe::ByMatchedPath;
pub use observe::{AccessEntry, AccessSink, Classify, ObserveLayer, ObserveService, ObservedBody, Upstream};
#[cfg(feature = "axum")]
pub use operations::operations_router;
pub use operations::{Lifecycle, Operations};
pub use peer::{Peer, TrustedProxies};
pub use protocol::{AmbiguousLength, ProtocolCheck};
pub use rejection::{Rejection, Side};
pub use respond::{RespondLayer, RespondService};
pub use shed::{ShedLayer, ShedPolicy, ShedScope, ShedService, Throttle};
pub use timeout::{Deadline, TimeoutLayer, TimeoutService};
#[cfg(feature = "axum")]
pub use valid::{Invalid, Valid};
