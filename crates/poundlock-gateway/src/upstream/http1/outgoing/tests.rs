//! Requests written to a peer that takes as much as it likes.
use super::*;
use proptest::prelude::*;
use std::collections::VecDeque;
use std::task::Waker;

/// What a body does when it is polled.
#[derive(Debug, Clone)]
enum Event {
    Pending,
    Data(Vec<u8>),
    Trailers(HeaderMap),
    Broken,
}

/// A body that does one thing after the other; sized if its length is announced.
struct Script(VecDeque<Event>, Option<u64>);

impl Body for Script {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Poll::Ready(match self.0.pop_front() {
            None => None,
            Some(Event::Pending) => return Poll::Pending,
            Some(Event::Data(data)) => Some(Ok(Frame::data(data.into()))),
            Some(Event::Trailers(map)) => Some(Ok(Frame::trailers(map))),
            Some(Event::Broken) => Some(Err(out_of_step())),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.1.map_or_else(Default::default, http_body::SizeHint::with_exact)
    }
}

/// Takes this many bytes a write, a wait between any two; fails after `life` bytes.
struct Peer {
    got: Vec<u8>,
    writes: usize,
    bite: usize,
    life: usize,
    tired: bool,
}

impl Peer {
    fn new(bite: usize, life: usize) -> Self {
        Self { got: Vec::new(), writes: 0, bite, life, tired: false }
    }
}

impl AsyncWrite for Peer {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        assert!(!buf.is_empty(), "a write of nothing");
        if self.got.len() >= self.life {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        self.tired = !self.tired;
        if !self.tired {
            return Poll::Pending;
        }
        let n = buf.len().min(self.bite);
        self.writes += 1;
        self.got.extend_from_slice(&buf[..n]);
        Poll::Ready(Ok(n))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let all: Vec<u8> = bufs.iter().flat_map(|b| b.iter().copied()).collect();
        self.poll_write(cx, &all)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn request(method: &str, trailer: &str, events: &[Event], length: Option<u64>) -> Outgoing<Script> {
    let (head, ()) = http::Request::builder()
        .method(method)
        .uri("/")
        .header("trailer", trailer)
        .body(())
        .unwrap()
        .into_parts();
    Outgoing::new(&head, b"", Script(events.to_vec().into(), length))
}

/// Polls until there is an end.
fn drive(request: &mut Outgoing<Script>, peer: &mut Peer) -> Result<(), BodyError> {
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(result) = request.poll(&mut cx, peer) {
            return result;
        }
    }
}

fn data(text: &str) -> Event {
    Event::Data(text.as_bytes().to_vec())
}

#[test]
fn a_head_and_a_small_body_are_one_write() {
    let mut peer = Peer::new(usize::MAX, usize::MAX);
    let mut sized = request("POST", "", &[data("ab"), data("cd")], Some(4));
    drive(&mut sized, &mut peer).unwrap();
    assert!(peer.got.ends_with(b"content-length: 4\r\n\r\nabcd") && peer.writes == 1);
    let mut peer = Peer::new(usize::MAX, usize::MAX);
    let mut trailers = HeaderMap::new();
    trailers.insert("x-sum", 7.into());
    trailers.insert("host", 8.into());
    let events = [data("abc"), data(""), Event::Trailers(trailers)];
    drive(&mut request("POST", "x-sum, host", &events, None), &mut peer).unwrap();
    assert!(peer.got.ends_with(b"chunked\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 7\r\n\r\n") && peer.writes == 1);
}

#[test]
fn only_what_may_be_sent_twice_is() {
    // Of a safe request without a body, all is kept.
    let mut get = request("GET", "", &[], None);
    let mut first = Peer::new(5, 10);
    drive(&mut get, &mut first).unwrap();
    assert!(get.is_stopped() && get.rewind());
    let mut second = Peer::new(usize::MAX, usize::MAX);
    drive(&mut get, &mut second).unwrap();
    assert!(second.got.starts_with(b"GET / HTTP/1.1\r\n") && second.got.starts_with(&first.got));
    // Of any other, nothing may have left.
    for (method, events) in [("DELETE", vec![]), ("POST", vec![data("abc")])] {
        let mut request = request(method, "", &events, None);
        drive(&mut request, &mut Peer::new(5, 0)).unwrap();
        assert!(request.is_stopped() && request.rewind(), "{method}");
        let mut peer = Peer::new(5, 5);
        drive(&mut request, &mut peer).unwrap();
        assert!(peer.got.len() == 5 && !request.can_replay() && !request.rewind(), "{method}");
    }
}

#[test]
fn a_body_that_breaks_or_is_out_of_step_breaks_the_request() {
    for (events, length) in [
        (vec![data("abc"), Event::Broken], None),
        (vec![data("abc")], Some(4)),
        (vec![data("abc"), data("de")], Some(4)),
    ] {
        let mut peer = Peer::new(usize::MAX, usize::MAX);
        assert!(drive(&mut request("POST", "", &events, length), &mut peer).is_err(), "{events:?}");
        assert!(!peer.got.ends_with(b"0\r\n\r\n"));
    }
}

proptest! {
    #[test]
    fn whatever_the_pieces_and_writes_the_same_arrives(
        pieces in prop::collection::vec(prop_oneof![Just(0usize), 1usize..100, 8_000usize..9_000, 20_000usize..40_000], 0..8),
        waits in prop::collection::vec(any::<bool>(), 8),
        bite in prop_oneof![1usize..50, 1_000usize..100_000],
        sized: bool,
    ) {
        let mut events = Vec::new();
        for (n, (length, wait)) in pieces.iter().zip(waits).enumerate() {
            events.extend(wait.then_some(Event::Pending));
            events.push(Event::Data(vec![b'a' + n as u8; *length]));
        }
        let body: Vec<u8> =
            pieces.iter().enumerate().flat_map(|(n, length)| vec![b'a' + n as u8; *length]).collect();
        let length = sized.then_some(body.len() as u64);
        let mut peer = Peer::new(bite, usize::MAX);
        let mut request = request("POST", "", &events, length);
        let mut cx = Context::from_waker(Waker::noop());
        while request.poll(&mut cx, &mut peer).map(Result::unwrap).is_pending() {
            prop_assert!(request.out.len() <= GATHER_MAX + 2 * COPY_MAX, "{} bytes held", request.out.len());
        }
        prop_assert!(request.is_sent());
        let end = peer.got.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
        let (head, sent) = (String::from_utf8(peer.got[..end].to_vec()).unwrap(), &peer.got[end..]);
        if events.is_empty() {
            prop_assert!(sent.is_empty());
        } else if sized {
            let announced = format!("content-length: {}\r\n", body.len());
            prop_assert!(head.contains(&announced));
            prop_assert_eq!(sent, body);
        } else {
            let answer = [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", sent].concat();
            let read = crate::upstream::whole::read([answer.as_slice()], false).unwrap();
            prop_assert!(read.complete && read.rest.is_empty());
            prop_assert_eq!(read.body, body);
        }
    }
}
