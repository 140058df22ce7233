//! Each escape is undone by an independent reader of its place, and leaves nothing that means something there.

use super::*;
use proptest::prelude::*;

#[test]
fn the_examples() {
    assert_eq!(html("<a href='x'>&\""), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;");
    assert_eq!(attribute("a b=\"c\0"), "a&#x20;b&#x3d;&#x22;c\u{fffd}");
    assert_eq!(js_string("</script>'\u{2028}é"), "\\x3c\\x2fscript\\x3e\\x27\\u2028é");
    assert_eq!(url_component("a b/é?&"), "a%20b%2F%C3%A9%3F%26");
    assert_eq!(css_string("a\";}1"), "a\\000022\\00003b\\00007d1");
    assert!(matches!(html("plain"), Cow::Borrowed(_)));
}

/// Reads `&name;` and numeric entities.
fn read_html(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let end = rest[at..].find(';').unwrap() + at;
        out.push(match &rest[at + 1..end] {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#39" => '\'',
            hex => char::from_u32(u32::from_str_radix(hex.strip_prefix("#x").unwrap(), 16).unwrap()).unwrap(),
        });
        rest = &rest[end + 1..];
    }
    out + rest
}

/// Reads escapes that start with `\`: `\xHH`, `\uHHHH`, or six digits.
fn read_backslashes(text: &str) -> String {
    let (mut out, mut chars) = (String::new(), text.chars());
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let first = chars.next().unwrap();
        let (mut digits, count) = match first {
            'x' => (String::new(), 2),
            'u' => (String::new(), 4),
            digit => (digit.to_string(), 5),
        };
        digits.extend(chars.by_ref().take(count));
        out.push(char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap());
    }
    out
}

fn read_percent(text: &str) -> String {
    let (mut out, bytes) = (Vec::new(), text.as_bytes());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = bytes[at] == b'%';
        out.push(if escaped { u8::from_str_radix(&text[at + 1..at + 3], 16).unwrap() } else { bytes[at] });
        at += if escaped { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap()
}

proptest! {
    #[test]
    fn escapes_are_undone_by_a_reader(text in "(\\PC|[\u{1}-\u{7f}\u{2028}\u{85}]){0,40}") {
        prop_assert_eq!(read_html(&html(&text)), text.clone());
        prop_assert_eq!(read_html(&attribute(&text)), text.clone());
        prop_assert_eq!(read_backslashes(&js_string(&text)), text.clone());
        prop_assert_eq!(read_backslashes(&css_string(&text)), text.clone());
        prop_assert_eq!(read_percent(&url_component(&text)), text.clone());
    }

    #[test]
    fn nothing_special_is_left(text in any::<String>()) {
        prop_assert!(!html(&text).contains(['<', '>', '"', '\'']));
        prop_assert!(!attribute(&text).contains(|c: char| c.is_whitespace() || "<>\"'`=/\0".contains(c)));
        let (in_js, in_css) = ("<>\"'`&/${}\u{2028}\u{2029}", "\"'();{}<>/*\0");
        prop_assert!(!js_string(&text).contains(|c: char| c.is_control() || in_js.contains(c)));
        prop_assert!(url_component(&text).bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
        prop_assert!(!css_string(&text).contains(|c: char| c.is_control() || in_css.contains(c)));
    }
}
