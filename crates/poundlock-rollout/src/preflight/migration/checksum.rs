//! What tools hash the text of a migration to.
//!
//! Main item: [`of`].

use super::Tool;
use crate::{digest::Digest, hex};
use sha2::{Digest as _, Sha384};
use siphasher::sip::SipHasher13;
use std::hash::{Hash, Hasher as _};

/// All checksums that a tool could have written for a text; none if it writes none.
pub(super) fn of(tool: Tool, version: &str, name: &str, text: &str) -> Vec<String> {
    match tool {
        // sqlx-core, `Migration::new`.
        Tool::Sqlx => vec![hex::write(&Sha384::digest(text.as_bytes()))],
        // Prisma, schema engine: SHA-256 of `migration.sql`.
        Tool::Prisma => vec![Digest::of(text.as_bytes()).to_string()],
        Tool::Flyway => vec![lines_crc32(text).to_string()],
        Tool::Refinery => refinery(version, name, text),
        _ => Vec::new(),
    }
}

/// refinery-core 0.9, `Migration::unapplied`: SipHash-1-3 without a key of name, version and text. The version is a number of
/// 32 bits, or of 64 with a feature, and the table does not say which.
fn refinery(version: &str, name: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut with = |version: &dyn Fn(&mut SipHasher13)| {
        let mut hasher = SipHasher13::new();
        name.hash(&mut hasher);
        version(&mut hasher);
        text.hash(&mut hasher);
        found.push(hasher.finish().to_string());
    };
    if let Ok(version) = version.parse::<i32>() {
        with(&|hasher| version.hash(hasher));
    }
    if let Ok(version) = version.parse::<i64>() {
        with(&|hasher| version.hash(hasher));
    }
    found
}

/// Flyway's checksum: CRC-32 of the lines without their ends, as a signed number.
fn lines_crc32(text: &str) -> i32 {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut crc = u32::MAX;
    for byte in text.bytes().filter(|byte| *byte != b'\n' && *byte != b'\r') {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    (!crc).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_hashed_without_their_ends() {
        // The check value of CRC-32/ISO-HDLC.
        assert_eq!(lines_crc32("1234\r\n567\n89\n"), 0xcbf4_3926_u32.cast_signed());
        assert_eq!(lines_crc32("\u{feff}123456789"), 0xcbf4_3926_u32.cast_signed());
    }
}
