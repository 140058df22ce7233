//! Behaviour of the decoders, and that any input is survived.

use super::*;
use proptest::prelude::*;

fn check(decoder: impl Fn(&[u8]) -> Option<Vec<u8>>, input: &[u8], expect: &[u8]) {
    let got = decoder(input).unwrap_or_else(|| input.to_vec());
    assert_eq!(
        String::from_utf8_lossy(&got),
        String::from_utf8_lossy(expect),
        "of {}",
        String::from_utf8_lossy(input)
    );
}

#[test]
fn percent_escapes() {
    let once = |input: &[u8]| percent(input, Step::Percent);
    check(once, b"a%20b%2Fc", b"a b/c");
    check(once, b"a+b", b"a+b");
    check(|input| percent(input, Step::Plus), b"a+b%2b", b"a b+");
    check(once, b"%2561", b"%61");
    check(once, b"%u0027 %U002f", b"' /");
    check(once, b"%u2215%u2044%u201c", b"//\"");
    check(once, b"%uff1cb%uff1e", b"<b>");
    check(once, b"%%41%4%zz%u12", b"%A%4%zz%u12");
    check(once, b"%", b"%");
    check(once, b"%uD800", "\u{fffd}".as_bytes());
}

#[test]
fn illegal_percent_escapes_are_seen() {
    for bad in [&b"%c0%qf"[..], b"a%zzb", b"%u22zz1"] {
        assert!(illegal_percent(bad), "{}", String::from_utf8_lossy(bad));
    }
    for good in [&b"100%"[..], b"100% sure", b"%c0%af", b"50%, 60%", b"%u2215"] {
        assert!(!illegal_percent(good), "{}", String::from_utf8_lossy(good));
    }
}

#[test]
fn overlong_sequences() {
    check(overlong, b"\xc0\xae\xc0\xaf", b"./");
    check(overlong, b"\xe0\x80\xae", b".");
    check(overlong, b"\xf0\x80\x80\xae", b".");
    check(overlong, b"\xf8\x80\x80\x80\xae", b".");
    check(overlong, b"\xfc\x80\x80\x80\x80\xae", b".");
    check(overlong, b"\xc0\x2e\xc1\x5c", b".\\");
    check(overlong, b"\xc1\x9c", b"\\");
    check(overlong, "žluťoučký 日本語 😀".as_bytes(), "žluťoučký 日本語 😀".as_bytes());
    check(overlong, b"\xc0", b"\xc0");
}

#[test]
fn entities_with_and_without_semicolon() {
    check(entities, b"&lt;b&gt;", b"<b>");
    check(entities, b"&#60b&#x3E;&#0000062;", b"<b>>");
    check(entities, b"&LT;&colon;&Tab;&NewLine;&lpar;", b"<:\t\n(");
    check(entities, b"&colon a&b=1&copy;", b"&colon a&b=1&copy;");
    check(entities, b"&amp;lt;", b"&lt;");
    check(entities, b"&#99999999999;", "\u{fffd}".as_bytes());
    check(entities, b"&#;&#x;&", b"&#;&#x;&");
}

#[test]
fn script_escapes() {
    check(escapes, br"\x61\u006c\u{65}\162t", b"alert");
    check(escapes, br"a\'b\/c", b"a'b/c");
    check(escapes, br"\n\t\0", b"\n\t\0");
    check(escapes, br"C:\dir\q", br"C:\dir\q");
    check(escapes, br"\u{110000000}", br"\u{110000000}");
    check(escapes, br"\u12", br"\u12");
    check(escapes, b"a\\", b"a\\");
}

#[test]
fn style_escapes() {
    check(css, br"e\78 pression", b"expression");
    check(css, br"\000065xpr\65ssion", b"expression");
    check(css, br"\65 x\)", b"ex)");
}

#[test]
fn base64_of_text_only() {
    check(base64, b"PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", b"<script>alert(1)</script>");
    check(base64, b"PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg", b"<script>alert(1)</script>");
    check(base64, b"PHNjcmlw\r\ndD5hbGVydCgx", b"<script>alert(1");
    check(base64, b"internationalization", b"internationalization");
    check(base64, b"short", b"short");
    check(base64, b"not base64, at all", b"not base64, at all");
}

#[test]
fn hexadecimal_bytes() {
    check(hex_bytes, b"..0x2f..0x2F0x5c", b"../../\\");
    check(hex_bytes, b"0x2e0x2ex2e", b"...");
    check(hex_bytes, b"0x0a 0x", b"0x0a 0x");
}

#[test]
fn wide_characters() {
    check(narrow, "＜ｓｃｒｉｐｔ＞".as_bytes(), b"<script>");
    check(narrow, "ʼ∕﹤𝐚𝟏ⓢ²".as_bytes(), b"'/<a1s2");
    check(narrow, "“é’".as_bytes(), "“é’".as_bytes());
    check(narrow, "日本語".as_bytes(), "日本語".as_bytes());
    check(narrow, b"\xff\xfe", b"\xff\xfe");
}

#[test]
fn utf7_of_markup_only() {
    check(utf7, b"+ADw-script+AD4-", b"<script>");
    check(utf7, b"C+AAAA-B 1+A-2", b"C+AAAA-B 1+A-2");
}

#[test]
fn block_comments() {
    check(comments, b"a/* x */b", b"a b");
    check(comments, b"a/* x", b"a ");
    check(strip_comments, b"UN/**/ION", b"UNION");
    check(strip_comments, b"/*!50000select*/ 1", b"select 1");
    check(comments, b"a */ b", b"a */ b");
}

#[test]
fn controls() {
    check(strip_controls, b"a\0b\x01c\td", b"abc\td");
}

#[test]
fn paths() {
    let check = |input: &[u8], expect: &str| {
        assert_eq!(
            String::from_utf8_lossy(&normal_path(input)),
            expect,
            "{}",
            String::from_utf8_lossy(input)
        );
    };
    check(b"/a/./b//c/../d", "/a/b/d");
    check(b"a/../../b", "../b");
    check(b"/a/../../../etc/passwd", "/etc/passwd");
    check(br"\a\..\b\", "/b/");
    check(b"./", "");
    check(b"", "");
    check(b"..", "..");
}

#[test]
fn mixed_encodings_unfold() {
    let reads = |value: &[u8], expect: &[u8]| {
        let all = variants(value);
        assert!(all.iter().any(|v| v.bytes == expect), "{all:?}");
    };
    reads(b"%252e%252e%252f", b"../");
    reads(b"%26lt%3Bscript%26gt%3B", b"<script>");
    reads(b"%25%37%35", b"u");
    reads(b"JTNDc2NyaXB0JTNF", b"<script>");
    reads("％３ｃb".as_bytes(), b"<b");
    reads(b"%c0%ae%c0%ae%c0%af", b"../");
    reads(b"UN/**/ION+SEL/**/ECT", b"UNION SELECT");
}

#[test]
fn plain_text_has_one_reading() {
    assert_eq!(variants(b"The quick brown fox, and so on.").len(), 1);
}

proptest! {
    #[test]
    fn nothing_panics_and_everything_is_bounded(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let all = variants(&bytes);
        prop_assert!(all.len() <= MAX_VARIANTS);
        for variant in &all {
            prop_assert!(variant.chain.len() <= MAX_DEPTH);
            prop_assert!(variant.bytes.len() <= bytes.len().max(1) * 3);
        }
        normal_path(&bytes);
        css(&bytes);
        comments(&bytes);
        illegal_percent(&bytes);
    }

    #[test]
    fn any_mix_of_escapes_is_survived(parts in prop::collection::vec(
        prop::sample::select(vec!["%", "u", "25", "2", "&#", "x", ";", "\\", "0x", "+A", "-", "/*", "*/", "\u{ff1c}", "{", "}"]), 0..60)
    ) {
        let text = parts.concat();
        prop_assert!(variants(text.as_bytes()).len() <= MAX_VARIANTS);
    }

    #[test]
    fn percent_undoes_itself_at_any_depth(text in "[a-z<>'\" /.]{1,20}", depth in 1usize..5) {
        let mut value = text.clone().into_bytes();
        for _ in 0..depth {
            value = value.iter().flat_map(|byte| format!("%{byte:02x}").into_bytes()).collect();
        }
        prop_assert!(variants(&value).iter().any(|v| *v.bytes == *text.as_bytes()));
    }
}
