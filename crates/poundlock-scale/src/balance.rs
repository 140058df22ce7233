//! Power of two choices: the balancing decision of a pool.
//!
//! Main item: [`p2c`]. It does not know what an instance is, only how many there are and how busy
//! each one is.

/// Picks one of `n` instances: draws two different ones at random and takes the less busy
/// ("power of two choices", Mitzenmacher, IEEE TPDS 12(10), 2001).
///
/// `load(i)` is the number of requests in flight on instance `i`, or `None` when it must not be
/// picked; a draw that must not be picked moves on to the next one that may. `random` is 64
/// uniform bits. Returns `None` only when no instance may be picked. Costs two calls of `load` in
/// the common case and at most `2 · n`.
///
/// ```
/// let in_flight = [Some(7), None, Some(2)];
/// assert_eq!(poundlock_scale::p2c(3, 42, |i| in_flight[i]), Some(2));
/// ```
pub fn p2c(n: usize, random: u64, load: impl Fn(usize) -> Option<u32>) -> Option<usize> {
    if n == 0 {
        return None;
    }
    let first = scale(random as u32, n);
    let second = if n == 1 { first } else { (first + 1 + scale((random >> 32) as u32, n - 1)) % n };
    let (a, a_load) = next_available(n, first, &load)?;
    let (b, b_load) = next_available(n, second, &load)?;
    Some(if b_load < a_load { b } else { a })
}

/// Maps 32 uniform bits to `0..n` without a division (Lemire, ACM TOMACS 29(1), 2019; the bias is
/// below n / 2³²).
fn scale(bits: u32, n: usize) -> usize {
    ((u64::from(bits) * n as u64) >> 32) as usize
}

fn next_available(n: usize, from: usize, load: &impl Fn(usize) -> Option<u32>) -> Option<(usize, u32)> {
    (0..n).map(|step| (from + step) % n).find_map(|i| load(i).map(|l| (i, l)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_instances_get_equal_shares() {
        let mut counts = [0u32; 4];
        let mut state = 1u64;
        for _ in 0..40_000 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let mixed = (state ^ (state >> 29)).wrapping_mul(0xbf58476d1ce4e5b9);
            counts[p2c(4, mixed ^ (mixed >> 32), |_| Some(0)).unwrap()] += 1;
        }
        assert!(counts.iter().all(|c| (9_000..11_000).contains(c)), "{counts:?}");
    }

    proptest! {
        #[test]
        fn picks_an_available_instance_whenever_there_is_one(
            loads in prop::collection::vec(prop::option::of(0u32..100), 0..20), random: u64,
        ) {
            let picked = p2c(loads.len(), random, |i| loads[i]);
            prop_assert_eq!(picked.is_some(), loads.iter().any(Option::is_some));
            if let Some(i) = picked {
                prop_assert!(loads[i].is_some());
            }
        }

        #[test]
        fn never_picks_the_single_busiest_of_three_or_more(busiest in 0usize..5, random: u64) {
            let picked = p2c(5, random, |i| Some(if i == busiest { 9 } else { 0 }));
            prop_assert_ne!(picked, Some(busiest));
        }
    }
}
