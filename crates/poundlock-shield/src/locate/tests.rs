//! What is found in requests, whatever the chunks.

use super::*;
use leaf::Role;
use proptest::prelude::*;

#[derive(Default, Debug, PartialEq, Eq)]
struct Seen {
    leaves: Vec<(String, Vec<u8>, &'static str)>,
    oddities: Vec<&'static str>,
}

impl Leaves for Seen {
    fn leaf(&mut self, leaf: Leaf<'_>) {
        let role = match leaf.role {
            Role::Value => "value",
            Role::Name => "name",
            Role::FileName => "file-name",
            Role::File => "file",
            Role::Form => "form",
            Role::Declaration => "declaration",
            Role::Raw => "raw",
        };
        self.leaves.push((leaf.field.to_owned(), leaf.bytes.to_vec(), role));
    }

    fn oddity(&mut self, oddity: Oddity) {
        self.oddities.push(oddity.rule);
    }
}

/// Reads a body in chunks of `size`.
fn read(headers: &[(&str, &str)], body: &[u8], size: usize) -> Seen {
    let headers: Vec<(&[u8], &[u8])> = headers.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
    let mut reader = Body::new(&Head { method: b"POST", target: b"/", headers: &headers });
    let mut seen = Seen::default();
    for chunk in body.chunks(size.max(1)) {
        reader.feed(chunk, &mut seen);
    }
    reader.finish(&mut seen);
    seen
}

/// The leaves of a body, `field=bytes` each, read in one piece and byte by byte.
fn check(content_type: &str, body: &[u8], expect: &[&str]) {
    for size in [usize::MAX, 1, 7] {
        let seen = read(&[("content-type", content_type)], body, size);
        let got: Vec<String> = seen
            .leaves
            .iter()
            .filter(|(_, _, role)| *role != "name")
            .map(|(field, bytes, _)| format!("{field}={}", String::from_utf8_lossy(bytes)))
            .collect();
        assert_eq!(got, expect, "in chunks of {size}");
    }
}

#[test]
fn forms() {
    let form = "application/x-www-form-urlencoded";
    check(form, b"a=1&b=x%20y&c", &["a=1", "b=x%20y", "=c"]);
    check(form, b"a[b]=1&&=2", &["a[b]=1", "=2"]);
    check(form, b"' or 1=1", &["' or 1=' or 1=1"]);
}

#[test]
fn json() {
    let json = "application/json";
    check(
        json,
        br#"{"a": "x", "b": {"c": ["y", "z", 12, true]}, "d": null}"#,
        &["a=x", "b.c[]=y", "b.c[]=z"],
    );
    check(json, br#"{"a": "q\"\u003c\ud83d\ude00\n"}"#, &["a=q\"<\u{1f600}\n"]);
    check(json, b"{\"a\": \"one\"}\n{\"a\": \"two\"}\n", &["a=one", "a=two"]);
    check(json, b"{'a': 'x', b: y(1)}", &["a=x", "b=y(1)"]);
}

#[test]
fn json_that_is_cut_or_deep_is_told() {
    let json = [("content-type", "application/json")];
    assert_eq!(read(&json, br#"{"a": "x' or 1"#, 3).oddities, ["json-cut"]);
    let deep = [b"[".repeat(1000), b"\"x\"".to_vec(), b"]".repeat(1000)].concat();
    let seen = read(&json, &deep, 100);
    assert!(seen.oddities.contains(&"json-depth"), "{seen:?}");
    assert_eq!(seen.leaves.last().unwrap().1, b"x");
}

#[test]
fn xml() {
    check("text/xml", br#"<a x="1"><b>text</b><![CDATA[c<d]]></a>"#, &["a@x=1", "b=text", "b=c<d]]>"]);
    let seen = read(
        &[("content-type", "text/xml")],
        br#"<!DOCTYPE a [<!ENTITY b SYSTEM "file:///c">]><a>&b;</a>"#,
        4,
    );
    assert_eq!(seen.leaves[0].2, "declaration");
    assert!(seen.leaves[0].1.ends_with(b"]>"), "{seen:?}");
}

#[test]
fn multipart() {
    let body = b"--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"../x\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--B--\r\n";
    for size in [usize::MAX, 1, 5] {
        let seen = read(&[("content-type", "multipart/form-data; boundary=B")], body, size);
        let of =
            |role: &str| seen.leaves.iter().find(|leaf| leaf.2 == role && leaf.1 != b"a").unwrap().1.clone();
        assert_eq!(of("value"), b"one");
        assert_eq!(of("file-name"), b"../x");
        assert_eq!(of("file"), b"\x89PNG");
        assert_eq!(seen.oddities, [""; 0]);
    }
}

#[test]
fn a_cut_multipart_is_told_and_read() {
    let seen = read(
        &[("content-type", "multipart/form-data; boundary=B")],
        b"--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none",
        9,
    );
    assert_eq!(seen.oddities, ["multipart-cut"]);
    assert!(seen.leaves.iter().any(|leaf| leaf.1 == b"one"));
}

#[test]
fn the_first_blank_line_ends_the_headers_of_a_part() {
    let body = b"--b\r\n\nContent-Disposition: form-data; name=\"x\"\r\n\r\none\r\n--b--\r\n";
    for size in [usize::MAX, 1] {
        let seen = read(&[("content-type", "multipart/form-data; boundary=b")], body, size);
        assert!(
            seen.leaves.iter().any(|leaf| leaf.1.ends_with(b"\r\n\r\none") && leaf.2 == "value"),
            "{seen:?}"
        );
    }
}

#[test]
fn a_type_that_lies_is_told_and_both_are_read() {
    let seen = read(&[("content-type", "application/json")], b"<a>x' or 1=1</a>", 4);
    assert_eq!(seen.oddities, ["content-type-mismatch"]);
    assert!(seen.leaves.iter().any(|leaf| leaf.0 == "a" && leaf.1 == b"x' or 1=1"), "{seen:?}");
    let seen = read(&[("content-type", "application/octet-stream")], br#"{"a": "x y"}"#, 4);
    assert!(seen.leaves.iter().any(|leaf| leaf.0 == "a"), "{seen:?}");
    let seen = read(&[("content-type", "application/x-protobuf")], b"a=1&b=2", 4);
    assert_eq!(seen.leaves[0].2, "raw");
}

fn coded(coding: &str, plain: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut out = Vec::new();
    match coding {
        "gzip" => {
            flate2::write::GzEncoder::new(&mut out, flate2::Compression::best()).write_all(plain).unwrap()
        }
        _ => flate2::write::ZlibEncoder::new(&mut out, flate2::Compression::best()).write_all(plain).unwrap(),
    }
    out
}

#[test]
fn content_codings_are_undone() {
    for coding in ["gzip", "deflate"] {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("content-encoding", coding)];
        let seen = read(&headers, &coded(coding, b"a=hello&b=world"), 3);
        assert!(seen.leaves.iter().any(|leaf| leaf.1 == b"world"), "{coding}: {seen:?}");
    }
}

/// A mebibyte and three of the letter `a`, in Brotli.
const BROTLI: [&[u8]; 2] = [
    &[91, 255, 255, 143, 95, 34, 44, 30, 11, 4, 114, 239, 31, 0],
    &[155, 255, 255, 47, 248, 37, 194, 226, 177, 64, 32, 247, 254, 5],
];

/// What comes out of a body in pieces of `size`, and what is wrong with it.
fn inflated(coding: &str, body: &[u8], size: usize) -> (usize, Option<&'static str>) {
    let mut inflate = Inflate::new(Coding::read(Some(coding.as_bytes())));
    let (mut length, mut odd) = (0, None);
    for chunk in body.chunks(size) {
        odd = inflate.feed(chunk, |plain| length += plain.len()).err().map(|oddity| oddity.rule).or(odd);
    }
    (length, odd)
}

#[test]
fn a_bomb_is_a_finding_and_ends_inflating() {
    let letters = |mebibytes: usize| vec![b'a'; mebibytes << 20];
    for coding in ["gzip", "deflate", "br"] {
        let body = |mebibytes: usize| match coding {
            "br" => BROTLI[mebibytes / 2].to_vec(),
            _ => coded(coding, &letters(mebibytes)),
        };
        for size in [1, 4096] {
            assert_eq!(inflated(coding, &body(1), size), (1 << 20, None), "{coding}");
            let (length, odd) = inflated(coding, &body(3), size);
            assert_eq!(odd, Some("zip-bomb"), "{coding}");
            assert!(length <= FREE_INFLATED + (1 << 19) || coding == "br", "{coding}: {length}");
        }
        let mut inflate = Inflate::new(Coding::read(Some(coding.as_bytes())));
        assert!(inflate.feed(&body(3), |_| ()).is_err());
        inflate
            .feed(&body(1), |plain| assert!(plain.is_empty(), "what follows is read"))
            .expect("it was told");
    }
    let headers = [("content-encoding", "gzip"), ("content-type", "text/plain")];
    assert_eq!(read(&headers, &coded("gzip", &letters(80)), 4096).oddities, ["zip-bomb"]);
}

#[test]
fn a_large_text_that_compresses_well_is_no_bomb() {
    let line = |n: u32| format!("2026-01-01T00:00:00Z INFO request {n} served from the cache of the shop\n");
    let log: String = (0..40_000).map(line).collect();
    let body = coded("gzip", log.as_bytes());
    assert!(log.len() > 2 * FREE_INFLATED && log.len() / body.len() > 10, "{}", log.len() / body.len());
    assert_eq!(inflated("gzip", &body, 4096), (log.len(), None));
}

#[test]
fn a_body_ends_at_the_most_that_is_read() {
    // As random as a sum of two cycles: it becomes some ten times as long.
    let part: Vec<u8> = (0..4096u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut plain = Vec::with_capacity(MAX_INFLATED + (8 << 20));
    let mut turn = 0usize;
    while plain.len() < MAX_INFLATED + (8 << 20) {
        plain.extend_from_slice(&part[turn * 37 % 4000..][..64]);
        turn += 1;
    }
    let (length, odd) = inflated("gzip", &coded("gzip", &plain), 4096);
    assert_eq!(odd, Some("inflate-bomb"));
    assert!(length <= MAX_INFLATED + (1 << 20), "{length}");
    let seen = read(&[("content-encoding", "gzip")], b"this is no gzip, whatever it says it is", 7);
    assert_eq!(seen.oddities, ["inflate-broken"]);
}

#[test]
fn long_leaves_come_in_windows_that_overlap() {
    let text = [b"a=".to_vec(), (0..100_000u32).map(|i| b'a' + (i % 23) as u8).collect()].concat();
    let seen = read(&[("content-type", "application/x-www-form-urlencoded")], &text, 1000);
    let windows: Vec<&[u8]> =
        seen.leaves.iter().filter(|leaf| leaf.2 == "form").map(|leaf| &leaf.1[..]).collect();
    assert!(windows.len() > 2 && windows.iter().all(|window| window.len() <= crate::WINDOW));
    for pair in windows.windows(2) {
        assert_eq!(pair[0][pair[0].len() - crate::OVERLAP..], pair[1][..crate::OVERLAP]);
    }
}

#[test]
fn heads() {
    let headers: [(&[u8], &[u8]); 3] =
        [(b"Cookie", b"a=1; b=x y"), (b"Referer", b"https://h/p?q=%27"), (b"X-Y", b"${jndi:x}")];
    let head = Head { method: b"GET", target: b"/a%2fb?c=d+e&' or 1=1", headers: &headers };
    let got: Vec<String> = head_values(&head)
        .iter()
        .map(|v| format!("{}={}", v.location, String::from_utf8_lossy(&v.bytes)))
        .collect();
    let expect = [
        "path=/a/b",
        "query.c=d e",
        "query.' or 1=' or 1=1",
        "cookie.a=1",
        "cookie.b=x y",
        "header.referer=/p",
        "header.referer.q='",
        "header.x-y=${jndi:x}",
    ];
    assert_eq!(got, expect);
}

const TYPES: [&str; 8] = [
    "application/json",
    "text/xml",
    "multipart/form-data; boundary=b",
    "application/x-www-form-urlencoded",
    "text/plain",
    "application/graphql",
    "image/png",
    "",
];

proptest! {
    #[test]
    fn any_body_of_any_type_is_survived_and_chunks_do_not_matter(
        kind in prop::sample::select(TYPES.to_vec()),
        parts in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "[", "]", "\"", "\\", "\\u12", "a", "<", ">", "<!", "<![CDATA[", "]]>", "<?", "--b", "\r\n", "\n", "=", "&", ":", ",",
            "Content-Disposition: form-data; name=\"x\"", "'", "%27", "\u{e9}", "1",
        ]), 0..80),
        size in 1usize..20,
    ) {
        let body = parts.concat().into_bytes();
        // Two parsers take turns by chunk: only the order of leaves may differ.
        let sorted = |size| {
            let mut seen = read(&[("content-type", kind)], &body, size);
            seen.leaves.sort();
            seen
        };
        prop_assert_eq!(sorted(size), sorted(usize::MAX));
    }

    #[test]
    fn any_bytes_in_any_coding_are_survived(
        coding in prop::sample::select(vec!["gzip", "deflate", "br", "x", ""]),
        kind in prop::sample::select(TYPES.to_vec()),
        body in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        read(&[("content-type", kind), ("content-encoding", coding)], &body, 11);
    }
}
