//! Who is banned, until when, and who is not.

use super::*;
use proptest::prelude::*;

const LIMIT: LimitId = LimitId(0);

fn rule(denials: u32, within: u64, lasts: u64) -> BanRule {
    BanRule {
        denials: NonZeroU32::new(denials).unwrap(),
        within: NonZeroU64::new(within).unwrap(),
        lasts: NonZeroU64::new(lasts).unwrap(),
    }
}

fn key(n: u64) -> Key {
    Key::new(&n.to_string()).unwrap()
}

fn bans(capacity: usize) -> Bans {
    Bans::new(NonZeroUsize::new(capacity).unwrap())
}

#[test]
fn the_last_of_so_many_denials_bans_for_a_time() {
    let (rule, mut state) = (rule(3, 100, 1_000), Offence::default());
    for (at, until) in
        [(0, None), (50, None), (99, Some(1_099)), (500, Some(1_099)), (1_099, None), (1_100, None)]
    {
        state = state.step(rule, BanEvent::Denied, Micros(at));
        assert_eq!(state.banned(Micros(at)), until.map(Micros), "at {at}");
    }
    assert!(state.step(rule, BanEvent::Denied, Micros(1_101)).banned(Micros(1_101)).is_some());
}

#[test]
fn denials_of_another_window_do_not_count() {
    let (rule, mut state) = (rule(3, 100, 1_000), Offence::default());
    for at in [0, 99, 100, 199, 200, 299] {
        state = state.step(rule, BanEvent::Denied, Micros(at));
        assert_eq!(state.banned(Micros(at)), None, "at {at}");
    }
}

#[test]
fn bans_by_hand_are_set_changed_and_lifted() {
    let (mut bans, now) = (bans(10), Micros(5));
    let ban = |until| Ban { limit: LIMIT, key: key(1), until: Micros(until) };
    bans.ban(ban(100));
    bans.ban(ban(50));
    assert_eq!(bans.list(now).collect::<Vec<_>>(), [ban(50)]);
    assert_eq!(
        (bans.banned(LIMIT, &key(1), now), bans.banned(LimitId(1), &key(1), now)),
        (Some(Micros(50)), None)
    );
    assert_eq!((bans.unban(LIMIT, &key(1), now), bans.unban(LIMIT, &key(1), now)), (true, false));
    assert_eq!(bans.banned(LIMIT, &key(1), now), None);
    bans.ban(ban(u64::MAX));
    assert!(bans.banned(LIMIT, &key(1), Micros(u64::MAX - 1)).is_some());
}

#[test]
fn forgiveness_takes_the_denials_too() {
    let (rule, mut state) = (rule(2, 100, 1_000), Offence::default());
    for event in [BanEvent::Denied, BanEvent::Unban, BanEvent::Denied] {
        state = state.step(rule, event, Micros(1));
    }
    assert_eq!(state.banned(Micros(1)), None);
}

#[test]
fn a_clock_set_back_does_not_keep_a_window_open() {
    let (rule, late) = (rule(2, 100, 1_000), Micros(1_000_000));
    let state = Offence::default().step(rule, BanEvent::Denied, late);
    assert_eq!(state.step(rule, BanEvent::Denied, Micros(10)).banned(Micros(10)), None);
}

#[test]
fn a_flood_of_keys_neither_grows_the_box_nor_frees_the_banned_before_others() {
    let (mut bans, rule) = (bans(100), rule(2, 1_000, 1_000_000));
    for at in 0..2 {
        bans.denied(LIMIT, &key(0), rule, Micros(at));
    }
    for n in 1..10_000 {
        assert_eq!(bans.denied(LIMIT, &key(n), rule, Micros(2)), None);
    }
    assert_eq!(bans.len(), 100);
    assert_eq!(bans.banned(LIMIT, &key(0), Micros(3)), Some(Micros(1_000_001)));
    bans.sweep(Micros(1_000_001));
    assert!(bans.is_empty());
}

proptest! {
    /// Nobody is banned for fewer denials in a window than the rule says; nobody escapes who has twice as many.
    #[test]
    fn bans_follow_the_rule(denials in 1u32..6, waits in prop::collection::vec(0u64..60, 1..80)) {
        let rule = rule(denials, 100, 1_000_000);
        let (mut state, mut now, mut times) = (Offence::default(), Micros(1), Vec::new());
        for wait in waits {
            now = now.after(wait);
            state = state.step(rule, BanEvent::Denied, now);
            times.push(now);
            let recent = times.iter().filter(|at| now.since(**at) < 100).count() as u32;
            match state.banned(now) {
                Some(until) => {
                    prop_assert!(recent >= denials);
                    prop_assert_eq!(until, now.after(1_000_000));
                    break;
                }
                None => prop_assert!(recent <= (2 * denials).saturating_sub(2)),
            }
        }
    }
}
