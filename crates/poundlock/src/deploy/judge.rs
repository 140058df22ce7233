//! `poundlock deploy judge`: recorded requests, judged as if they came now.
//!
//! It reads and prints; the verdict is `poundlock-rollout`'s.

use crate::output::{Failure, Out};
use anyhow::Context;
use poundlock_rollout::judge::{Replay, Settings};
use std::io::{BufRead, BufReader, Read, stdin};

/// The longest line that is read, in bytes; a longer one is an error, so that memory is bounded.
const MAX_LINE: u64 = 64 << 10;

/// Reads requests from stdin, one a line, and prints one line of JSON.
pub(crate) fn judge(out: &Out) -> Result<(), Failure> {
    let mut lines = BufReader::new(stdin().lock());
    let mut replay = Replay::new(Settings::default());
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = (&mut lines).take(MAX_LINE).read_until(b'\n', &mut line).context("cannot read stdin")?;
        if length == 0 {
            break;
        }
        if length as u64 == MAX_LINE {
            return Err(anyhow::anyhow!("a line is longer than {MAX_LINE} bytes").into());
        }
        replay.line(&String::from_utf8_lossy(&line)).context("cannot judge the requests")?;
    }
    let answer = serde_json::to_string(&replay.answer()).context("cannot write the verdict")?;
    out.text(&(answer + "\n"))
}
