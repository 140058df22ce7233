//! The keyed hash by which keys are found.
//!
//! Main type: [`Hasher`], a multilinear hash: the words of a key and its length are multiplied by secret 128-bit factors,
//! and the upper half of the sum modulo 2¹²⁸ is the hash. It does not know tables.
//!
//! Any two keys that were chosen without knowledge of the secret have independent, uniform hashes: they agree with
//! probability 2⁻⁶⁴ and fall into one of n buckets with 1/n, whatever their texts are. That is a theorem, as
//! 128 ≥ 64 + 64 − 1 (Dietzfelbinger, STACS 1996; Thorup, "High speed hashing for integers and strings", 2015, section
//! 3), for ideally random factors; ours are drawn from the seed by SipHash-1-3. Distances survive such a hash: the table
//! mixes the bits before they choose a bucket, or keys that count up might crowd into few of them.
//!
//! It is not SipHash itself, with which a check of a hot key takes a quarter longer, because nobody is shown a hash. Who
//! could see many could solve for the factors; of a bucket nothing is seen but that a full table has lost a key.

use poundlock_limit::Key;
use siphasher::sip::SipHasher13;
use std::array::from_fn;

/// Words of the longest key.
const WORDS: usize = poundlock_limit::KEY_MAX.div_ceil(8);

/// A member of the family, drawn by a seed.
#[derive(Clone)]
pub(super) struct Hasher {
    start: u128,
    of_length: u128,
    factors: [u128; WORDS],
}

impl Hasher {
    /// The hash of a seed, which must be random and secret.
    pub(super) fn new(seed: [u64; 2]) -> Self {
        let source = SipHasher13::new_with_keys(seed[0], seed[1]);
        let word = |n: usize| u128::from(source.hash(&(n as u64).to_le_bytes()));
        let factor = |n: usize| word(2 * n) << 64 | word(2 * n + 1);
        Self { start: factor(0), of_length: factor(1), factors: from_fn(|n| factor(n + 2)) }
    }

    /// The hash of a key.
    #[inline]
    pub(super) fn hash(&self, key: &Key) -> u64 {
        (self.sum(key.as_bytes()) >> 64) as u64
    }

    /// Keys of one length differ in a word, others in their length. Words may overlap, so that none is cut off.
    #[inline]
    fn sum(&self, bytes: &[u8]) -> u128 {
        let length = self.start.wrapping_add(times(self.of_length, bytes.len() as u64));
        let (first, last) = match (bytes.first_chunk(), bytes.last_chunk()) {
            (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            _ => short(bytes),
        };
        let ends = times(self.factors[0], first).wrapping_add(times(self.factors[1], last));
        let sum = length.wrapping_add(ends);
        if bytes.len() <= 16 { sum } else { sum.wrapping_add(self.middle(&bytes[8..bytes.len() - 1])) }
    }

    /// What is between the first word and the last, which may be looked at twice. Not inlined, for an address needs none.
    #[inline(never)]
    fn middle(&self, bytes: &[u8]) -> u128 {
        let words = bytes.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word));
        words.zip(&self.factors[2..]).fold(0, |sum, (word, factor)| sum.wrapping_add(times(*factor, word)))
    }
}

/// Fewer than eight bytes as two words.
#[inline(never)]
fn short(bytes: &[u8]) -> (u64, u64) {
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into()),
        _ => (bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0),
    }
}

#[inline]
fn times(factor: u128, word: u64) -> u128 {
    factor.wrapping_mul(word.into())
}

#[cfg(test)]
mod tests;
