//! Sixteen hexadecimal digits at a time. Main item: [`digits`].
//! It does not parse.

/// The 16 lower-case digits of a number, the highest first.
///
/// Works on eight nibbles in one word: two identifiers are written for each request, and a loop over
/// digits takes ten times the instructions ("SIMD within a register", Fisher and Dietz, LCPC 1998).
pub(super) fn digits(value: u64) -> [u8; 16] {
    let mut out = [0; 16];
    out[..8].copy_from_slice(&eight((value >> 32) as u32));
    out[8..].copy_from_slice(&eight(value as u32));
    out
}

fn eight(value: u32) -> [u8; 8] {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // One nibble in each byte.
    let mut x = u64::from(value);
    x = (x << 16 | x) & 0x0000_ffff_0000_ffff;
    x = (x << 8 | x) & 0x00ff_00ff_00ff_00ff;
    x = (x << 4 | x) & 0x0f0f_0f0f_0f0f_0f0f;
    // 1 in each byte that is a letter: adding 6 carries 10 to 15 into the next nibble.
    let letters = ((x + 6 * ONES) >> 4) & ONES;
    (x + u64::from(b'0') * ONES + letters * u64::from(b'a' - b'0' - 10)).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn digits_are_those_of_the_standard_library(value: u64) {
            prop_assert_eq!(digits(value).to_vec(), format!("{value:016x}").into_bytes());
        }
    }
}
