//! What the proof says, seen on samples, and what a slip in the code would break.

use super::*;
use proptest::prelude::*;
use std::collections::HashSet;

fn hasher(seed: u64) -> Hasher {
    Hasher::new([seed, !seed])
}

fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}

/// The sum as it is defined: the same words, each taken by hand.
fn by_hand(hasher: &Hasher, bytes: &[u8]) -> u64 {
    let le = |bytes: &[u8]| bytes.iter().rev().fold(0u128, |word, byte| word << 8 | u128::from(*byte));
    let length = hasher.of_length.wrapping_mul(bytes.len() as u128);
    let mut words = vec![le(&bytes[..8]), le(&bytes[bytes.len() - 8..])];
    words.extend((8..bytes.len().saturating_sub(8)).step_by(8).map(|from| le(&bytes[from..from + 8])));
    let products = words.iter().zip(&hasher.factors).map(|(word, factor)| factor.wrapping_mul(*word));
    (products.fold(hasher.start.wrapping_add(length), u128::wrapping_add) >> 64) as u64
}

#[test]
fn every_byte_and_the_length_count() {
    for len in 0..=poundlock_limit::KEY_MAX {
        let text = "a".repeat(len);
        let mut seen = HashSet::from([hasher(1).hash(&key(&text))]);
        for at in 0..len {
            let mut other = text.clone();
            other.replace_range(at..=at, "b");
            seen.insert(hasher(1).hash(&key(&other)));
        }
        assert_eq!(seen.len(), len + 1, "of length {len}");
    }
    let lengths = (0..=poundlock_limit::KEY_MAX).map(|len| hasher(1).hash(&key(&"a".repeat(len))));
    assert_eq!(lengths.collect::<HashSet<_>>().len(), poundlock_limit::KEY_MAX + 1);
}

#[test]
fn addresses_and_short_texts_never_meet() {
    let addresses = (0..300_000u32).map(|n| format!("10.{}.{}.{}", n >> 16, (n >> 8) & 255, n & 255));
    let mut texts: Vec<String> = addresses.chain((0..100_000).map(|n| format!("{n:x}"))).collect();
    texts.extend((0..50_000).map(|n| format!("tenant-{}|user-{}|GET", n % 100, n / 100)));
    for seed in 0..3 {
        let hasher = hasher(seed);
        let hashes: HashSet<u64> = texts.iter().map(|text| hasher.hash(&key(text))).collect();
        assert_eq!(hashes.len(), texts.len());
    }
}

/// Over the seeds, each bit of the hash differs for two near keys as often as it does not: 10,000 draws, and six
/// standard deviations of their mean.
#[test]
fn a_changed_bit_changes_every_bit_half_of_the_time() {
    for (one, other) in
        [("192.0.2.1", "192.0.2.0"), ("a", "c"), ("a", "aa"), ("user-17|GET|/x/y/z", "user-17|GET|/x/x/z")]
    {
        let flips = (0..10_000).map(|seed| hasher(seed).hash(&key(one)) ^ hasher(seed).hash(&key(other)));
        let flips: Vec<u64> = flips.collect();
        for bit in 0..64 {
            let count = flips.iter().filter(|flip| *flip >> bit & 1 == 1).count();
            assert!((4_700..=5_300).contains(&count), "bit {bit} of {one} and {other}: {count}");
        }
    }
}

proptest! {
    #[test]
    fn is_what_is_defined(seed: u64, text in "[!-~]{8,95}") {
        prop_assert_eq!(hasher(seed).hash(&key(&text)), by_hand(&hasher(seed), text.as_bytes()));
    }

    #[test]
    fn another_seed_is_another_hash(seed: u64, text in "[!-~]{0,95}") {
        prop_assert_ne!(hasher(seed).hash(&key(&text)), hasher(seed ^ 1).hash(&key(&text)));
    }
}
