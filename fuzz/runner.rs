//! Runs a fuzz target on stable Rust: over each file of its corpus, then over seeded mutations of them.
//! Main function: [`run`]. A run is the same every time; what it broke on is printed.
//!
//! Included with `#[path]` by the tests of the crates that own the targets.
#![allow(clippy::print_stderr, reason = "the input that broke a target is the point")]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

/// Mutations tried of the files of one corpus together.
const MUTATIONS: u64 = 2_000;
/// Edits on the way from a file to a mutation of it.
const MAX_EDITS: u64 = 4;
/// Bytes beyond which a mutation is cut.
const MAX_BYTES: usize = 4_096;
/// Fragments that mean something to one of the parsers.
const FRAGMENTS: [&[u8]; 20] = [
    b",",
    b"=",
    b"-",
    b";",
    b"\0",
    b"\n",
    b"\"",
    b"[",
    b"]",
    b"${",
    b")",
    b"0",
    b"18446744073709551615",
    b"*/*",
    b"q=",
    b"\xc3\xa9",
    b"\r\n",
    b"0\r\n\r\n",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
];

/// Runs `target` over `fuzz/corpus/<name>` and mutations of what is there.
pub(crate) fn run(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    let files = std::fs::read_dir(&folder).expect("every target has a corpus");
    let mut paths: Vec<_> = files.map(|file| file.expect("a readable folder").path()).collect();
    paths.sort();
    let seeds: Vec<_> = paths.iter().map(|path| std::fs::read(path).expect("a readable file")).collect();
    assert!(!seeds.is_empty(), "{name} has no seeds");
    seeds.iter().for_each(|seed| check(name, target, seed));
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..MUTATIONS {
        check(name, target, &mutate(&seeds, &mut random));
    }
}

fn check(name: &str, target: fn(&[u8]), input: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(input))) {
        eprintln!("{name} broke on \"{}\"", input.escape_ascii());
        resume_unwind(panic);
    }
}

fn mutate(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.next() % MAX_EDITS {
        let start = random.below(bytes.len() + 1);
        let end = start + random.below((bytes.len() - start).min(16) + 1);
        match random.next() % 6 {
            0 => bytes.truncate(start),
            1 => drop(bytes.drain(start..end)),
            2 => drop(bytes.splice(start..end, FRAGMENTS[random.below(FRAGMENTS.len())].iter().copied())),
            3 => bytes.insert(start, random.next() as u8),
            4 => bytes.extend_from_within(start..end),
            _ if start < bytes.len() => bytes[start] ^= 1 << random.below(8),
            _ => {
                let other = &seeds[random.below(seeds.len())];
                bytes.extend_from_slice(&other[random.below(other.len() + 1)..]);
            }
        }
    }
    bytes.truncate(MAX_BYTES);
    bytes
}

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}
