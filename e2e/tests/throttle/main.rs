//! Adaptive throttling through the real gateway: what comes through at five times the load, and who has a place.

mod overload;
mod places;
