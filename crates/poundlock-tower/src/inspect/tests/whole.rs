//! Whatever the pieces and however much is held, the answer is that to the whole.

use super::script::Script;
use super::*;
use poundlock_shield::{Head, scan_request};
use proptest::prelude::*;

fn bodies() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    let text = || "[a-z0-9 ]{0,40}";
    let bad = || {
        prop_oneof![
            Just(""),
            Just("1' OR '1'='1' --"),
            Just("<script>alert(1)</script>"),
            Just("../../../../etc/passwd"),
            Just("${jndi:ldap://x/a}"),
        ]
    };
    prop_oneof![
        (text(), bad(), text()).prop_map(|(a, b, c)| {
            let body = format!("a={}&b={}&c={}", a, b.replace('&', "%26"), c).replace(' ', "+");
            ("application/x-www-form-urlencoded", body.into_bytes())
        }),
        (text(), bad(), text()).prop_map(|(a, b, c)| {
            let body = serde_json::json!({"a": [a, {"b": b}], "c": c});
            ("application/json", body.to_string().into_bytes())
        }),
        (text(), bad(), text()).prop_map(|(a, b, c)| {
            let part = |name, value: &str| {
                format!("--b\r\nContent-Disposition: form-data; name={name}\r\n\r\n{value}\r\n")
            };
            let body = [part("a", &a), part("b", b), part("c", &c), "--b--\r\n".into()].concat();
            ("multipart/form-data; boundary=b", body.into_bytes())
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn any_pieces_and_any_hold_give_the_answer_to_the_whole(
        (content_type, body) in bodies(),
        sizes in proptest::collection::vec(1usize..30, 1..6),
        hold in 0usize..200,
        announced: bool,
    ) {
        let headers = [(&b"content-type"[..], content_type.as_bytes()), (b"host", b"shop.example")];
        let head = Head { method: b"POST", target: b"/items", headers: &headers };
        let verdict = scan_request(&head, &body, &Default::default());
        let attack = verdict.action == poundlock_shield::Action::Block;
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();

        let inspection = Inspection { hold, ..blocking() };
        let script = || Script::pieces(&body, &sizes, announced);
        let outcome = runtime.block_on(send(&inspection, post(content_type), script()));
        if attack {
            prop_assert_eq!(outcome.answer, Err(Rejection::AttackDetected));
            prop_assert!(!outcome.seen.whole && body.starts_with(&outcome.seen.bytes));
            prop_assert!(outcome.seen.bytes.len() < body.len());
            prop_assert_eq!(outcome.seen.called && body.len() <= hold, false);
        } else {
            prop_assert_eq!((outcome.answer, outcome.seen.whole), (Ok(200), true));
            prop_assert_eq!(&outcome.seen.bytes, &body);
        }

        let told = Inspection { mode: Mode::Detect, ..inspection };
        let outcome = runtime.block_on(send(&told, post(content_type), script()));
        prop_assert_eq!((outcome.answer, outcome.seen.whole), (Ok(200), true));
        prop_assert_eq!(&outcome.seen.bytes, &body);
        let score = outcome.told.first().map_or(0, |record| record["score"].as_u64().unwrap());
        prop_assert_eq!(score, u64::from(verdict.score));
    }
}
