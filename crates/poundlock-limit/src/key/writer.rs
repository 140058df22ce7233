//! Joins parts to a key so that no two lists of parts give the same one.
//!
//! Main type: [`Writer`]. It does not know where parts come from.
//!
//! Parts are joined by `|`. A readable part has no `|`, `%`, `#` or invisible byte: they are written as `%7C`. What is
//! hashed begins with `#`, and what is hashed as a whole with `##`.

use super::{KEY_MAX, Key};
use crate::key::PARTS_MAX;
use ipnet::IpNet;
use sha2::{Digest, Sha256};
use std::fmt::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr};

/// The longest readable part: two always fit into a key.
const PART_MAX: usize = (KEY_MAX - 1) / 2;
/// 128 bits in hex.
const HASH_LEN: usize = 32;
const HEX: &[u8; 16] = b"0123456789abcdef";

/// The first 128 bits of the SHA-256 in hex.
pub(crate) fn fingerprint(bytes: &[u8]) -> [u8; HASH_LEN] {
    let digest = Sha256::digest(bytes);
    let mut hex = [0; HASH_LEN];
    for (pair, byte) in hex.chunks_exact_mut(2).zip(digest) {
        pair[0] = HEX[usize::from(byte >> 4)];
        pair[1] = HEX[usize::from(byte & 15)];
    }
    hex
}

/// A key being written.
pub(super) struct Writer {
    /// Whether a part has been written.
    begun: bool,
    len: usize,
    bytes: [u8; PARTS_MAX * (PART_MAX + 1)],
}

impl Default for Writer {
    fn default() -> Self {
        Self { begun: false, len: 0, bytes: [0; PARTS_MAX * (PART_MAX + 1)] }
    }
}

impl Writer {
    /// Adds what can be read.
    pub(super) fn readable(&mut self, text: &str) {
        self.separate();
        let start = self.len;
        for byte in text.bytes() {
            let plain = byte.is_ascii_graphic() && !matches!(byte, b'|' | b'%' | b'#');
            if self.len + if plain { 1 } else { 3 } > start + PART_MAX {
                self.len = start;
                return self.write_hash(fingerprint(text.as_bytes()));
            }
            match plain {
                true => self.push(&[byte]),
                false => {
                    self.push(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
                }
            }
        }
    }

    /// Adds an address, or a network of more than one.
    pub(super) fn address(&mut self, network: IpNet) {
        self.separate();
        let written = match (network.addr(), network.prefix_len() == network.max_prefix_len()) {
            (IpAddr::V4(address), true) => return self.octets(address),
            (address, true) => write!(self, "{address}"),
            (_, false) => write!(self, "{network}"),
        };
        written.expect("the longest address is shorter than a part");
    }

    /// Most keys are such an address, and the general formatter takes longer for it than a check of the limit.
    fn octets(&mut self, address: Ipv4Addr) {
        for (at, octet) in address.octets().into_iter().enumerate() {
            if at > 0 {
                self.push(b".");
            }
            self.push(itoa::Buffer::new().format(octet).as_bytes());
        }
    }

    /// Adds what must not be read.
    pub(super) fn secret(&mut self, bytes: &[u8]) {
        self.hash(fingerprint(bytes));
    }

    /// Adds the fingerprint of what must not be read.
    pub(super) fn hash(&mut self, hash: [u8; HASH_LEN]) {
        self.separate();
        self.write_hash(hash);
    }

    /// The key.
    pub(super) fn finish(self) -> Key {
        if let Some(key) = Key::written(&self.bytes[..self.len]) {
            return key;
        }
        let mut whole = Self::default();
        whole.push(b"#");
        whole.write_hash(fingerprint(&self.bytes[..self.len]));
        Key::written(&whole.bytes[..whole.len]).expect("a fingerprint fits into a key")
    }

    /// Ends the part before this one, if there is one.
    fn separate(&mut self) {
        if self.begun {
            self.push(b"|");
        }
        self.begun = true;
    }

    fn write_hash(&mut self, hash: [u8; HASH_LEN]) {
        self.push(b"#");
        self.push(&hash);
    }

    /// Every part is at most `PART_MAX` long and there are at most `PARTS_MAX`: there is always room.
    fn push(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }
}

impl fmt::Write for Writer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}
