//! Numbers as text, the way Prometheus parsers read them. Main functions: [`push_number`], [`push_float`].
//! It does not know which metric a number belongs to.

use super::visitor::Number;
use std::io::Write;

/// Beyond this magnitude digits alone get long; Go's `strconv` switches to exponents here too.
const LARGE: f64 = 1e21;
const SMALL: f64 = 1e-6;

/// Appends a sample value.
pub(super) fn push_number(out: &mut Vec<u8>, value: Number) {
    match value {
        Number::Int(value) => push_u64(out, value),
        Number::Float(value) => push_float(out, value),
    }
}

/// Appends an integer. Two thirds of a scrape are integers and most have one digit, so this skips `fmt`.
pub(super) fn push_u64(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0_u8; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

/// Appends the shortest text that reads back as the same float.
pub(super) fn push_float(out: &mut Vec<u8>, value: f64) {
    let magnitude = value.abs();
    let written = if value.is_nan() {
        out.extend_from_slice(b"NaN");
        Ok(())
    } else if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
        Ok(())
    } else if magnitude != 0.0 && !(SMALL..LARGE).contains(&magnitude) {
        write!(out, "{value:e}")
    } else {
        write!(out, "{value}")
    };
    debug_assert!(written.is_ok(), "writing to memory does not fail");
}
