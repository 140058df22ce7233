//! Forms that are split in one way only, and what could be split in two.

use super::*;
use proptest::prelude::*;

/// What came of a form: each part's name, file name and content.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen(Vec<(PartHead, Vec<u8>, bool)>);

impl Parts for Seen {
    type Error = MultipartError;

    fn begin(&mut self, head: PartHead) -> Result<(), MultipartError> {
        self.0.push((head, Vec::new(), false));
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), MultipartError> {
        self.0.last_mut().unwrap().1.extend_from_slice(bytes);
        Ok(())
    }

    fn end(&mut self) -> Result<(), MultipartError> {
        self.0.last_mut().unwrap().2 = true;
        Ok(())
    }
}

fn read(content_type: &str, body: &[u8], chunk: usize) -> Result<Seen, MultipartError> {
    let (mut form, mut seen) = (Multipart::new(content_type)?, Seen::default());
    body.chunks(chunk).try_for_each(|chunk| form.feed(chunk, &mut seen))?;
    form.finish().map(|()| seen)
}

/// Name, file name and content.
type Expected<'a> = (&'a str, Option<&'a str>, &'a str);

/// Reads a form whose lines are joined with CRLF, whole and byte by byte.
fn check(lines: &[&str], expect: Result<&[Expected<'_>], MultipartError>) {
    let body = lines.join("\r\n");
    let declared = "multipart/form-data; boundary=\"b b\"";
    let whole = read(declared, body.as_bytes(), body.len().max(1));
    assert_eq!(whole, read(declared, body.as_bytes(), 1), "{lines:?}");
    let whole = whole.map(|seen| {
        assert!(seen.0.iter().all(|part| part.2), "every part ends");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        seen.0
            .into_iter()
            .map(|(head, bytes, _)| (head.name, head.file_name, text(bytes)))
            .collect::<Vec<_>>()
    });
    let expect = expect.map(|parts| {
        let own = |part: &Expected<'_>| (part.0.to_owned(), part.1.map(str::to_owned), part.2.to_owned());
        parts.iter().map(own).collect::<Vec<_>>()
    });
    assert_eq!(whole, expect, "{lines:?}");
}

const A: &str = "Content-Disposition: form-data; name=\"a\"";
const END: &str = "--b b--";

#[test]
fn parts_are_split_at_delimiters_only() {
    check(&["--b b", A, "", "one", END, ""], Ok(&[("a", None, "one")]));
    check(&["--b b", A, "", "", END], Ok(&[("a", None, "")]));
    check(&["--b b", A, "", "x\r\ny--b b\r\n--c", END, ""], Ok(&[("a", None, "x\r\ny--b b\r\n--c")]));
    let file = "content-disposition:form-data; filename=\"a b.png\" ;name=f";
    check(
        &["--b b", file, "Content-Type: image/png", "", "1", "--b b", A, "", "2", END],
        Ok(&[("f", Some("a b.png"), "1"), ("a", None, "2")]),
    );
    check(&[END, ""], Ok(&[]));
}

#[test]
fn what_two_readers_could_split_in_two_ways_is_refused() {
    use MultipartError::*;
    check(&["preamble", "--b b", A, "", "1", END], Err(Start));
    check(&["--b b", A, "", "1", END, "more"], Err(End));
    check(&["--b b", A, "", "1\n--b b", A, "", "2", END], Err(Delimiter));
    check(&["--b b", A, "", "1", "--b bc", "2", END], Err(Delimiter));
    check(&["--b b ", A, "", "1", END], Err(Delimiter));
    check(&["--b b", A, "", "--b b", A, "", "2", END], Err(Delimiter));
    check(&["--b b", A, "", "1"], Err(Unfinished));
    check(&["--b b", A, "", "1", "--b b"], Err(Unfinished));
    check(&["--b b", A, " folded", "", "1", END], Err(Headers));
    check(&["--b b", A, "a\u{1}b: x", "", "1", END], Err(Headers));
    check(&["--b b", A, A, "", "1", END], Err(Headers));
    check(&["--b b", A, "Content-Transfer-Encoding: base64", "", "1", END], Err(Headers));
    let long = format!("x: {}", "y".repeat(MAX_PART_HEADER_BYTES));
    check(&["--b b", &long, "", "1", END], Err(Headers));
    for disposition in [
        "x: y",
        "Content-Disposition: form-data",
        "Content-Disposition: attachment; name=a",
        "Content-Disposition: form-data; name=a; name=b",
        "Content-Disposition: form-data; name=a; filename*=UTF-8''a.png",
        "Content-Disposition: form-data; name=a; filename=\"a\\\".php\"",
        "Content-Disposition: form-data; name=a; filename=\"a.png",
    ] {
        check(&["--b b", disposition, "", "1", END], Err(Disposition));
    }
}

#[test]
fn a_boundary_is_declared_once_and_plain() {
    for declared in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; boundary=\"a \"",
        "multipart/form-data; boundary=a\u{e9}",
        &format!("multipart/form-data; boundary={}", "x".repeat(71)),
    ] {
        assert_eq!(Multipart::new(declared).map(drop), Err(MultipartError::Boundary), "{declared}");
    }
    assert!(Multipart::new("multipart/form-data; charset=utf-8; Boundary=----WebKit'()+_,-./:=?").is_ok());
}

proptest! {
    /// Contents that are full of what delimiters are made of.
    #[test]
    fn any_chunking_gives_the_same(
        contents in proptest::collection::vec("(\r|\n|-|--b|b| |\r\n--|x){0,12}", 0..4),
        chunk in 1usize..40,
        cut in 0usize..200,
    ) {
        let mut body = String::new();
        for content in &contents {
            body.push_str(&format!("--b b\r\n{A}\r\n\r\n{content}\r\n"));
        }
        body.push_str("--b b--\r\n");
        let body = &body.as_bytes()[..body.len() - cut.min(body.len())];
        let declared = "multipart/form-data; boundary=\"b b\"";
        let whole = read(declared, body, 1 << 20);
        prop_assert_eq!(&whole, &read(declared, body, chunk));
        if cut == 0 && !contents.iter().any(|content| format!("\n{content}").contains("\n--b b")) {
            let expect: Vec<&[u8]> = contents.iter().map(|content| content.as_bytes()).collect();
            let seen = whole.unwrap();
            prop_assert_eq!(seen.0.iter().map(|part| &part.1[..]).collect::<Vec<_>>(), expect);
        }
    }
}
