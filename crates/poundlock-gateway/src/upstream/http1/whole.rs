//! Whole responses read from bytes, so that tests and fuzzing reach what reads heads and bodies.
//!
//! Main item: [`read`]. The gateway does not use it: a whole response is what it never holds.

use super::decode::HeadReader;
pub use super::framing::Invalid;
use super::framing::{Decoder, Step};
use bytes::BytesMut;
use http::HeaderMap;

/// A response as far as it came.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Whole {
    /// The status, 0 when no complete head came.
    pub status: u16,
    /// The head's fields.
    pub headers: HeaderMap,
    /// The body, the transfer coding removed.
    pub body: Vec<u8>,
    /// The trailers.
    pub trailers: HeaderMap,
    /// Whether the end of the body was reached.
    pub complete: bool,
    /// Whether the head allows another request on the connection.
    pub keeps: bool,
    /// What came behind the response.
    pub rest: Vec<u8>,
}

/// Reads the answer to a GET, or to a HEAD, from `pieces` as they would come from a socket that closes after
/// the last.
///
/// # Errors
/// What came is not a response.
pub fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, to_head: bool) -> Result<Whole, Invalid> {
    let (mut buffer, mut whole) = (BytesMut::new(), Whole::default());
    let (mut reader, mut decoder) = (HeadReader::default(), None);
    for piece in pieces {
        buffer.extend_from_slice(piece);
        if decoder.is_none()
            && let Some(head) = reader.read(&mut buffer, to_head, &mut HeaderMap::new())?
        {
            decoder = Some(Decoder::new(head.framing));
            (whole.status, whole.headers, whole.keeps) = (head.status.as_u16(), head.headers, head.keeps);
        }
        if let Some(decoder) = &mut decoder {
            body(decoder, &mut buffer, &mut whole)?;
        }
    }
    whole.complete = decoder.is_some_and(|mut decoder| decoder.close());
    whole.rest = buffer.to_vec();
    Ok(whole)
}

fn body(decoder: &mut Decoder, buffer: &mut BytesMut, whole: &mut Whole) -> Result<(), Invalid> {
    loop {
        match decoder.step(buffer)? {
            Step::Data(data) => whole.body.extend_from_slice(&data),
            Step::Trailers(trailers) => whole.trailers = trailers,
            Step::End | Step::More => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Pieces that responses are made of, and others.
    const PARTS: &[&str] = &[
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.0 200 OK\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n",
        "Content-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Connection: keep-alive\r\n",
        "A: b\r\n",
        "\r\n",
        "5\r\nhello\r\n",
        "1;x=y\r\n!\r\n",
        "0\r\n",
        "x-sum: 6\r\n",
        "hello",
        "\r",
        "\n",
        "\0",
    ];

    /// A response that begins well, most of the time, cut at any places.
    fn response() -> impl Strategy<Value = (Vec<u8>, Vec<usize>)> {
        let usual = prop_oneof![
            Just("Content-Length: 5\r\n\r\n"),
            Just("Transfer-Encoding: chunked\r\n\r\n"),
            Just("")
        ];
        let parts = prop::collection::vec(prop::sample::select(PARTS), 0..12);
        let bytes = (usual, parts, prop::collection::vec(any::<u8>(), 0..3));
        let bytes = bytes.prop_map(|(usual, parts, noise)| {
            let start = if usual.is_empty() { "" } else { PARTS[0] };
            [start.as_bytes(), usual.as_bytes(), parts.concat().as_bytes(), &noise].concat()
        });
        (bytes, prop::collection::vec(1usize..12, 0..40))
    }

    fn cut<'a>(mut bytes: &'a [u8], at: &[usize]) -> Vec<&'a [u8]> {
        let mut pieces = Vec::new();
        for n in at {
            let (piece, rest) = bytes.split_at((*n).min(bytes.len()));
            pieces.push(piece);
            bytes = rest;
        }
        pieces.push(bytes);
        pieces
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn any_cut_of_the_bytes_gives_the_same((bytes, at) in response(), to_head: bool) {
            let whole = read([bytes.as_slice()], to_head);
            prop_assert_eq!(&whole, &read(cut(&bytes, &at), to_head));
            prop_assert_eq!(&whole, &read(bytes.chunks(1), to_head));
        }
    }

    #[test]
    fn what_comes_behind_a_response_is_not_part_of_it() {
        for (response, body) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "ok"),
            ("HTTP/1.1 204 No Content\r\n\r\n", ""),
        ] {
            let whole = read([response.as_bytes(), b"HTTP/1.1 "], false).unwrap();
            assert!(whole.complete && whole.keeps && whole.body == body.as_bytes(), "{whole:?}");
            assert_eq!(whole.rest, b"HTTP/1.1 ");
        }
    }

    #[test]
    fn an_early_end_is_an_end_only_where_nothing_else_says() {
        let complete = |response: &str| read([response.as_bytes()], false).unwrap().complete;
        assert!(complete("HTTP/1.1 200 OK\r\n\r\nuntil"));
        assert!(!complete("HTTP/1.1 200 OK\r\n"));
        assert!(!complete("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"));
        assert!(!complete("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"));
    }
}
