//! One table of URLs with the hosts they may name, and every notation of private addresses, generated.

use super::*;
use proptest::prelude::*;

fn check(text: &str, expected: Result<&str, UrlError>) {
    assert_eq!(
        UrlRule::default().check(text).map(|url| url.to_string()),
        expected.map(str::to_owned),
        "{text}"
    );
}

fn private(text: &str) {
    check(text, Err(UrlError::PrivateHost));
    let any = UrlRule { hosts: Hosts::Any, ..UrlRule::default() };
    assert!(any.check(text).is_ok(), "{text} must fail for its host only");
}

#[test]
fn public_urls() {
    check("https://example.com", Ok("https://example.com/"));
    check("HTTP://Example.COM:80/a?b=c#d", Ok("http://example.com/a?b=c#d"));
    check("https://bücher.de/ü", Ok("https://xn--bcher-kva.de/%C3%BC"));
    check("https://8.8.8.8/", Ok("https://8.8.8.8/"));
    check("https://[2606:4700::1111]/", Ok("https://[2606:4700::1111]/"));
    check("https://example.com/?next=a@b", Ok("https://example.com/?next=a@b"));
}

#[test]
fn what_is_not_a_url_of_the_rule() {
    let scheme = || Err(UrlError::Scheme("https, http".to_owned()));
    check("", Err(UrlError::Syntax));
    check("example.com", Err(UrlError::Syntax));
    check("//example.com", Err(UrlError::Syntax));
    check("https:example.com", Err(UrlError::Syntax));
    check("https:///example.com", Err(UrlError::Syntax));
    check("javascript:alert(1)", scheme());
    check("file:///etc/passwd", scheme());
    check("gopher://127.0.0.1:6379/_x", scheme());
    check("https://a:b@example.com/", Err(UrlError::Credentials));
    check("https://@example.com/", Err(UrlError::Credentials));
    check("https://example.com@evil.com/", Err(UrlError::Credentials));
    for text in [
        "https://example.com\\@evil.com/",
        " https://example.com",
        "java\nscript:x",
        "https://exa\tmple.com",
        "https://a.com/\u{202e}",
    ] {
        check(text, Err(UrlError::Character));
    }
    check(&format!("https://example.com/{}", "a".repeat(2_048)), Err(UrlError::TooLong(2_048)));
    let names = UrlRule { hosts: Hosts::PublicNames, ..UrlRule::default() };
    assert_eq!(names.check("https://8.8.8.8/"), Err(UrlError::Address));
    assert_eq!(names.check("https://[::1]/"), Err(UrlError::Address));
}

#[test]
fn private_hosts_in_every_notation() {
    let hosts = [
        "localhost",
        "LOCALHOST.",
        "a.localhost",
        "127.1",
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0x7f.1",
        "017700000001",
        "0",
        "0.0.0.0",
        "10.0.0.1",
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:a9fe:a9fe]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[64:ff9b::7f00:1]",
        "１２７.０.０.１",
        "127。0。0。1",
        "ⓛocalhost",
        "%6c%6fcalhost",
        "metadata.google.internal",
        "metadata",
        "127.0.0.1.nip.io",
        "localtest.me",
        "printer.local",
        "10.0.0.1.",
        "kubernetes.default.svc.cluster.local",
    ];
    for host in hosts {
        private(&format!("http://{host}/latest/meta-data"));
    }
    // Other schemes keep the host as it stands.
    let rule = UrlRule { schemes: vec!["ftp".to_owned(), "ssh".to_owned()], ..UrlRule::default() };
    for text in [
        "ftp://2130706433/",
        "ssh://2130706433/",
        "ssh://0x7f.1/",
        "ssh://127.0.0.1/",
        "ssh://%31%32%37.0.0.1/",
        "ssh://[::1]/",
    ] {
        assert_eq!(rule.check(text), Err(UrlError::PrivateHost), "{text}");
    }
}

proptest! {
    /// A private address stays private however its numbers are written.
    #[test]
    fn a_private_address_has_no_disguise(
        network in prop::sample::select(vec![0x0a00_0000u32, 0x7f00_0000, 0xa9fe_0000, 0xc0a8_0000]),
        low in 0u32..0x1_0000, radices in prop::array::uniform4(0u8..3), parts in 1usize..=4, zeros in 0usize..4,
    ) {
        let bits = network | low;
        let number = |value: u32, radix: u8| match radix {
            0 => format!("{value}"),
            1 => format!("0{}{value:o}", "0".repeat(zeros)),
            _ => format!("0x{}{value:x}", "0".repeat(zeros)),
        };
        // The last part holds all bytes that the others leave.
        let mut texts: Vec<String> = (0..parts - 1).map(|n| number(bits >> (24 - 8 * n) & 0xff, radices[n])).collect();
        let mask = u32::MAX.checked_shr(8 * (parts as u32 - 1)).unwrap_or(0);
        texts.push(number(bits & mask, radices[3]));
        let text = format!("http://{}/", texts.join("."));
        prop_assert_eq!(UrlRule::default().check(&text), Err(UrlError::PrivateHost), "{}", text);
    }

    #[test]
    fn any_text_is_answered_and_an_accepted_url_is_accepted_again(text in "(https?://)?[a-z0-9.:@/\\[\\]%?#é\\\\-]{0,24}") {
        let rule = UrlRule::default();
        if let Ok(url) = rule.check(&text) {
            prop_assert_eq!(rule.check(url.as_str()), Ok(url.clone()));
        }
    }
}
