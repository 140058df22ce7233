//! What must hold for any bytes given to the parsers of this crate. One function a parser; used by the
//! corpus test beside it and by `cargo fuzz`. It does not know where the bytes come from.
use poundlock_observe::Format;
use poundlock_observe::correlation::{
    RequestId, TRACESTATE_MAX_BYTES, TRACESTATE_MAX_MEMBERS, TraceContext, tracestate_is_valid,
};
use poundlock_observe::process::{ProcessFacts, ProcessSample, parse_boot_time};

/// What is accepted is written back as version 00 with the same identifiers, and read again as the same.
pub(crate) fn trace_context(data: &[u8]) {
    let Ok(context) = TraceContext::parse(data) else { return };
    let mut written = [0; 55];
    context.write_to(&mut written);
    assert_eq!(TraceContext::parse(&written), Ok(context));
    assert_eq!(context.to_string().as_bytes(), written);
    assert_eq!((&written[..3], &written[3..53]), (&b"00-"[..], &data[3..53]));
    assert!(context.trace_id() != 0 && context.span_id() != 0);
}

/// Accepted unchanged exactly when it is `^[A-Za-z0-9._-]{8,128}$`.
pub(crate) fn request_id(data: &[u8]) {
    let allowed = |byte: u8| matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
    let expect = data.len() >= 8 && data.len() <= 128 && data.iter().copied().all(allowed);
    let id = RequestId::accept(data);
    assert_eq!(id.is_ok(), expect);
    if let Ok(id) = id {
        assert_eq!((id.as_bytes(), id.as_str().as_bytes()), (data, data));
    }
}

/// What is valid is short visible ASCII with distinct keys, and stays valid with an empty member.
pub(crate) fn tracestate(data: &[u8]) {
    if !tracestate_is_valid(data) {
        return;
    }
    assert!(data.len() <= TRACESTATE_MAX_BYTES);
    assert!(data.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t')));
    let members = data.split(|byte| *byte == b',').filter(|member| member.contains(&b'=')).count();
    assert!((1..=TRACESTATE_MAX_MEMBERS).contains(&members));
    assert!(!tracestate_is_valid(&[data, b",", data].concat()), "every key is there twice");
    let with_empty = [data, b" ,\t"].concat();
    assert!(tracestate_is_valid(&with_empty) || with_empty.len() > TRACESTATE_MAX_BYTES);
}

/// The first of the best wins, whatever follows; nothing readable is text.
pub(crate) fn negotiate(data: &[u8]) {
    let Ok(accept) = str::from_utf8(data) else { return };
    let chosen = Format::negotiate(Some(accept));
    for first in [Format::Text004, Format::OpenMetrics100, Format::Protobuf] {
        let accept = format!("{},{accept}", first.content_type());
        assert_eq!(Format::negotiate(Some(&accept)), first, "no later range weighs more than 1");
    }
    let named =
        ["vnd.google.protobuf", "openmetrics-text"].map(|name| accept.to_ascii_lowercase().contains(name));
    assert!(chosen == Format::Text004 || named.contains(&true));
}

/// The status, then after a NUL the limits, as Linux would write them. No number comes out of range.
pub(crate) fn process_sample(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (stat, limits) = text.split_once('\0').unwrap_or((&text, ""));
    let _ = parse_boot_time(&text);
    let facts = ProcessFacts {
        open_fds: 7,
        ticks_per_second: 100,
        page_bytes: 4096,
        boot_time_seconds: 1_700_000_000,
    };
    let Ok(sample) = ProcessSample::parse(stat, limits, &facts) else { return };
    assert_eq!(ProcessSample::parse(stat, limits, &facts), Ok(sample));
    assert!(sample.cpu_seconds.is_finite() && sample.cpu_seconds >= 0.0);
    assert!(sample.start_time_seconds.is_finite() && sample.start_time_seconds >= 1_700_000_000.0);
    assert!(sample.max_fds >= 0.0 && sample.open_fds == 7);
    // Nothing of a kernel that has no clock ticks may divide by zero.
    let no_ticks = ProcessFacts { ticks_per_second: 0, ..facts };
    let sample = ProcessSample::parse(stat, limits, &no_ticks).expect("the texts are the same");
    assert!(sample.cpu_seconds.is_finite());
}
