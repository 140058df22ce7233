//! A body in pieces that can be looked at without keeping others waiting.
//!
//! Main type: [`Pieces`]. Between two pieces of what came at once it gives way: other requests of the thread have their turn.
//! It does not know what the pieces are looked at for.

use bytes::Bytes;
use http::{HeaderMap, header};
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Bytes that are looked at in one go: about a millisecond.
const PLAIN: usize = 64 << 10;
/// The same of a body with a content coding, which may become a hundred times as long.
const CODED: usize = 1 << 10;

/// A body whose frames are short.
pub(super) struct Pieces<B> {
    body: B,
    /// What has come, and waits for its turn.
    rest: Bytes,
    most: usize,
    /// Whether others have had their turn since the last piece.
    gave_way: bool,
}

impl<B> Pieces<B> {
    /// The body of a request with these headers.
    pub(super) fn of(body: B, headers: &HeaderMap) -> Self {
        let most = if headers.contains_key(header::CONTENT_ENCODING) { CODED } else { PLAIN };
        Self { body, rest: Bytes::new(), most, gave_way: false }
    }

    fn piece(&mut self) -> Frame<Bytes> {
        self.gave_way = false;
        Frame::data(self.rest.split_to(self.rest.len().min(self.most)))
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Pieces<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.get_mut();
        if !this.rest.is_empty() {
            if !std::mem::replace(&mut this.gave_way, true) {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            return Poll::Ready(Some(Ok(this.piece())));
        }
        let frame = match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
            Some(Ok(frame)) => frame,
            other => return Poll::Ready(other),
        };
        Poll::Ready(Some(Ok(match frame.into_data() {
            Ok(data) if data.len() > this.most => {
                this.rest = data;
                this.piece()
            }
            Ok(data) => Frame::data(data),
            Err(trailers) => trailers,
        })))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (mut hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::Full;
    use std::task::Waker;

    #[test]
    fn what_comes_at_once_is_handed_on_piece_by_piece_with_turns_for_others_between() {
        let headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, "gzip".parse().unwrap())]);
        let whole: Vec<u8> = (0..CODED * 2 + 10).map(|n| n as u8).collect();
        let mut body = Pieces::of(Full::new(Bytes::from(whole.clone())), &headers);
        let (mut got, mut turns) = (Vec::new(), 0);
        let mut cx = Context::from_waker(Waker::noop());
        loop {
            assert_eq!(body.size_hint().exact(), Some((whole.len() - got.len()) as u64));
            assert_eq!(body.is_end_stream(), got.len() == whole.len());
            match Pin::new(&mut body).poll_frame(&mut cx) {
                Poll::Pending => turns += 1,
                Poll::Ready(None) => break,
                Poll::Ready(Some(frame)) => {
                    let data = frame.unwrap().into_data().unwrap();
                    assert!(data.len() <= CODED);
                    got.extend_from_slice(&data);
                }
            }
        }
        assert_eq!((got, turns), (whole, 2));
    }

    #[test]
    fn a_short_piece_is_the_one_that_came() {
        let data = Bytes::from(vec![7; PLAIN]);
        let mut body = Pieces::of(Full::new(data.clone()), &HeaderMap::new());
        let Poll::Ready(Some(Ok(frame))) =
            Pin::new(&mut body).poll_frame(&mut Context::from_waker(Waker::noop()))
        else {
            panic!("it is there at once")
        };
        assert_eq!(frame.into_data().unwrap().as_ptr(), data.as_ptr());
    }
}
