//! One table of addresses with the levels that accept them, and what holds for any text.

use super::{EmailLevel::*, *};
use proptest::prelude::*;

/// Checks which is the strictest level that accepts `text`.
fn check(text: &str, strictest: Option<EmailLevel>) {
    for level in [Lenient, Standard, Strict] {
        let accepted = check_email(text, level);
        assert_eq!(
            accepted.is_ok(),
            strictest.is_some_and(|most| level <= most),
            "{text} {level:?} {accepted:?}"
        );
    }
}

#[test]
fn addresses_and_the_strictest_level_that_accepts_them() {
    for text in ["a@example.com", "first.last+tag@sub.example.co.uk", "x_%1@xn--bcher-kva.de", "a@bücher.de"]
    {
        check(text, Some(Strict));
    }
    for text in ["o'brien@example.org", "用户@例子.广告", "!#$%&'*+-/=?^_`{|}~@a.de", "a@b.test", "ü@b.de"]
    {
        check(text, Some(Standard));
    }
    for text in [
        "test@ok",
        "\"a b\"@c.de",
        "\"a@b\"@c.de",
        "\"a\\\"b\"@c.de",
        "a@[127.0.0.1]",
        "a@[IPv6:::1]",
        "\"\"@b.de",
    ] {
        check(text, Some(Lenient));
    }
    let refused = [
        "",
        "@",
        "a",
        "a@",
        "@b.de",
        "a@@b.de",
        "a b@c.de",
        ".a@b.de",
        "a.@b.de",
        "a..b@c.de",
        "a@b..de",
        "a@.b.de",
        "a@b.de.",
        "a@-b.de",
        "a@b-.de",
        "a@b_c.de",
        "a@1.2.3.4",
        "a@b.1",
        "a@[1.2.3]",
        "a@[1.2.3.4",
        "a@[IPv6:1.2.3.4]",
        "\"a@b.de",
        "\"@b.de",
        "\"a\"b\"@c.de",
        "\"a\\\"@c.de",
        "a(c)@b.de",
        "<a@b.de>",
        "a@b.de\n",
        "a\0@b.de",
        "a\r\nBcc: x@b.de",
        "a@b.de,c@d.de",
        "a@b de",
        "a\u{202e}b@c.de",
        "\u{feff}a@b.de",
        "a@xn--a.de",
        "a@b.c%00.de",
    ];
    for text in refused {
        check(text, None);
    }
}

#[test]
fn the_limits_of_rfc_5321() {
    let local = |n: usize| format!("{}@example.com", "a".repeat(n));
    check(&local(64), Some(Strict));
    assert_eq!(check_email(&local(65), Lenient), Err(EmailError::LocalLength));
    let domain = |n: usize| format!("a@{}.com", vec!["b".repeat(n); 4].join("."));
    check(&domain(61), Some(Strict));
    assert_eq!(check_email(&domain(63), Lenient), Err(EmailError::TooLong));
    assert_eq!(check_email(&format!("a@{}.com", "b".repeat(64)), Lenient), Err(EmailError::Domain));
    // 60 bytes as written, more than 63 on the wire.
    let label: String = (0..20).filter_map(|n| char::from_u32(0x4e00 + n * 997)).collect();
    assert_eq!(check_email(&format!("a@{label}.com"), Standard), Err(EmailError::Domain));
}

#[test]
fn a_domain_is_returned_as_it_is_looked_up() {
    let email = check_email("Ann@Bücher.DE", Standard).unwrap();
    assert_eq!((&*email.local, &*email.domain), ("Ann", "xn--bcher-kva.de"));
    assert_eq!(
        check_email("test@ok", Standard).unwrap_err().to_string(),
        "must have a domain with at least one dot after the @"
    );
}

proptest! {
    #[test]
    fn levels_are_nested_and_what_is_accepted_is_safe(text in "[a-z.\"\\\\@\\[ü\u{0}\r ]{0,12}@[a-zé.\\-1]{0,12}") {
        let [lenient, standard, strict] = [Lenient, Standard, Strict].map(|level| check_email(&text, level).ok());
        prop_assert!(strict.is_none() || strict == standard);
        prop_assert!(standard.is_none() || standard == lenient);
        if let Some(email) = lenient {
            prop_assert!(email.domain.is_ascii() && !text.contains(['\0', '\r', '\n']));
            prop_assert!(email.local.len() + 1 + email.domain.len() <= MAX_EMAIL_BYTES);
        }
    }

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        let _ = check_email(&text, Lenient);
        let _ = check_email(&format!("a@{text}"), Strict);
    }
}
