//! Framing that two parties could read in two ways: the raw material of request smuggling (RFC 9112 section 11.2).

use crate::Siege;

/// A POST with these framing lines, and a second request hidden in what one reading takes for the body.
fn post(lines: &str) -> String {
    format!(
        "POST /outer HTTP/1.1\r\nHost: test\r\n{lines}\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: test\r\n\r\n"
    )
}

/// A chunked POST with this body.
fn chunked(body: &str) -> String {
    format!("POST /chunks HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n{body}")
}

#[test]
fn both_content_length_and_transfer_encoding() {
    let siege = Siege::new();
    for lines in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "content-length: 5\r\nTRANSFER-ENCODING: chunked\r\n",
        "tRANSFER-eNCODING: chunked\r\nCONTENT-LENGTH: 5\r\n",
        "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nX-Between: 1\r\nTransfer-Encoding: CHUNKED\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: \t chunked \r\n",
        "Content-Length: 5\r\nConnection: content-length\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nConnection: transfer-encoding\r\nContent-Length: 5\r\n",
    ] {
        siege.refuses(post(lines), &[400]);
    }
}

#[test]
fn both_in_a_second_request_on_the_connection() {
    let siege = Siege::new();
    let mut client = siege.gateway.client();
    assert_eq!(client.get("/first").status, 200);
    client.send(post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"));
    assert_eq!(client.receive().status, 400);
    assert!(client.is_closed());
    assert_eq!(siege.upstream.heads().len(), 1);
}

#[test]
fn both_behind_a_pipelined_body() {
    let siege = Siege::new();
    let mut client = siege.gateway.client();
    client.send("POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\nok");
    client.send(post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"));
    assert_eq!((client.receive().status, client.receive().status), (200, 400));
    assert!(client.is_closed());
    assert_eq!(siege.upstream.heads().len(), 1);
}

#[test]
fn both_split_over_two_packets() {
    let siege = Siege::new();
    let request = post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n");
    for cut in [1, 30, 50, 60, 75, 81] {
        let before = siege.upstream.heads().len();
        let mut client = siege.gateway.client();
        client.send(&request[..cut]);
        assert!(!client.hears_within(std::time::Duration::from_millis(20)), "answered half a head");
        client.send(&request[cut..]);
        assert_eq!(client.receive().status, 400, "cut at {cut}");
        assert_eq!(siege.upstream.heads().len(), before, "cut at {cut}");
    }
}

#[test]
fn transfer_encodings_other_than_chunked() {
    let siege = Siege::new();
    for coding in [
        "identity",
        "gzip",
        "gzip, chunked",
        "chunked, gzip",
        "chunked, chunked",
        "chunked, identity",
        "xchunked",
        "chunkedx",
        "\"chunked\"",
        "chunked;q=1",
        "chunked\u{b}",
        "",
        ",",
        "chunked,",
        "\u{b}chunked",
    ] {
        siege.refuses(post(&format!("Transfer-Encoding: {coding}\r\n")), &[400, 501]);
    }
    siege.refuses(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), &[400, 501]);
    siege.refuses(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), &[400, 501]);
    siege.refuses(post("Transfer-Encoding : chunked\r\n"), &[400]);
}

#[test]
fn chunks_in_http_1_0() {
    let siege = Siege::new();
    siege
        .refuses("POST / HTTP/1.0\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", &[400, 501]);
}

#[test]
fn content_lengths_that_disagree() {
    let siege = Siege::new();
    siege.refuses(post("Content-Length: 5\r\nContent-Length: 6\r\n"), &[400]);
    siege.refuses(post("Content-Length: 5\r\ncontent-length: 0\r\n"), &[400]);
    siege.refuses(post("Content-Length: 5, 6\r\n"), &[400]);
}

#[test]
fn content_lengths_that_are_no_numbers() {
    let siege = Siege::new();
    for length in
        ["+5", "-1", "0x5", "5 5", "5a", "five", "", "1e1", "5.0", "\"5\"", "5;", "5,", ",5", "\u{b}5"]
    {
        siege.refuses(post(&format!("Content-Length: {length}\r\n")), &[400]);
    }
}

#[test]
fn content_lengths_beyond_every_body() {
    let siege = Siege::new();
    for length in
        ["18446744073709551615", "18446744073709551616", "99999999999999999999999", "9223372036854775808"]
    {
        siege.refuses(post(&format!("Content-Length: {length}\r\n")), &[400, 413, 431]);
    }
}

#[test]
fn malformed_chunks() {
    let siege = Siege::new();
    for body in [
        "g\r\nhello\r\n0\r\n\r\n",
        "-1\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        "5 5\r\nhello\r\n0\r\n\r\n",
        "5\r\nhelloX\r\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\rhello\r\n0\r\n\r\n",
        "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\nbad trailer\r\n\r\n",
        "5\r\nhello\r\n0\r\nX: \u{0}\r\n\r\n",
    ] {
        siege.breaks_off(chunked(body), &[400]);
    }
}

#[test]
fn a_flood_of_chunk_extensions_and_trailers() {
    let siege = Siege::new();
    let extension = "x".repeat(256 * 1024);
    siege.breaks_off(chunked(&format!("5;{extension}\r\nhello\r\n0\r\n\r\n")), &[400, 413, 431]);
    let trailers = "X-T: y\r\n".repeat(100_000);
    siege.breaks_off(chunked(&format!("5\r\nhello\r\n0\r\n{trailers}\r\n")), &[400, 413, 431]);
}

#[test]
fn trailers_cannot_bring_framing_or_identity() {
    let siege = Siege::new();
    let mut client = siege.gateway.client();
    client.send("POST / HTTP/1.1\r\nHost: test\r\nTrailer: content-length, host, x-forwarded-for\r\n");
    client.send("Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\nHost: evil\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n");
    client.hears_within(e2e::PATIENCE);
    for seen in siege.upstream.seen() {
        assert_eq!(seen.body.trailers, [], "{seen:?}");
    }
    siege.is_alive();
}
