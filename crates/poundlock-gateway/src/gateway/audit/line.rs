//! One line of the audit log.
//!
//! Main function: [`line`]. Values were cut and masked where they were found; here the number of them is bounded.

use poundlock_tower::inspect::Record;
use serde::Serialize;

/// Findings of one request that are written, the strongest first.
const MOST_FINDINGS: usize = 8;
/// The longest path that is written, in bytes.
const LONGEST_PATH: usize = 1024;
/// The longest method that is written, in bytes.
const LONGEST_METHOD: usize = 32;

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    #[serde(flatten)]
    record: Record<'a>,
    /// How many findings were left out.
    #[serde(skip_serializing_if = "is_none")]
    more_findings: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// The JSON of a record, on one line and without its end.
pub(super) fn line(record: &Record<'_>) -> Option<String> {
    let time = jiff::Timestamp::try_from(record.time).map_or_else(|_| String::new(), |t| format!("{t:.6}"));
    let kept = record.findings.len().min(MOST_FINDINGS);
    let line = Line {
        time,
        more_findings: record.findings.len() - kept,
        record: Record {
            findings: &record.findings[..kept],
            path: cut(record.path, LONGEST_PATH),
            method: cut(record.method, LONGEST_METHOD),
            ..record.clone()
        },
    };
    serde_json::to_string(&line).ok()
}

fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most.min(text.len()))]
}
