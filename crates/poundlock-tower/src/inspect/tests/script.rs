//! A body that does as it is told. Main type: [`Script`].

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use std::cell::Cell;
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// One step of a body.
#[derive(Debug, Clone)]
pub(in super::super) enum Step {
    Data(Bytes),
    Trailers,
    /// A trailer of this value.
    Trailer(&'static str),
    /// Nothing yet; woken at once.
    Later,
    /// Nothing for ever.
    Never,
    /// The client breaks off.
    Broken,
}

/// Does its steps in order.
#[derive(Debug, Default)]
pub(in super::super) struct Script {
    steps: VecDeque<Step>,
    /// Its announced length; `None` is chunked.
    left: Option<u64>,
    ended: bool,
    pub(super) polls: Rc<Cell<usize>>,
}

impl Script {
    /// No body at all.
    pub(super) fn none() -> Self {
        Self { left: Some(0), ..Self::default() }
    }

    /// Of an announced length, in one piece.
    pub(super) fn whole(body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self { left: Some(body.len() as u64), ..Self::of([Step::Data(body)]) }
    }

    /// Chunked.
    pub(super) fn of(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), ..Self::default() }
    }

    /// In pieces of these sizes over and over, with a pause between each; of an announced length or chunked.
    pub(super) fn pieces(body: &[u8], sizes: &[usize], announced: bool) -> Self {
        let (mut steps, mut rest) = (VecDeque::new(), body);
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at((*size).clamp(1, rest.len()));
            steps.extend([Step::Later, Step::Data(Bytes::copy_from_slice(piece))]);
            rest = after;
        }
        Self { steps, left: announced.then_some(body.len() as u64), ..Self::default() }
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.polls.set(self.polls.get() + 1);
        match self.steps.pop_front() {
            Some(Step::Data(data)) => {
                self.left = self.left.map(|left| left - data.len() as u64);
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
            Some(Step::Trailers) => Poll::Ready(Some(Ok(Frame::trailers(HeaderMap::new())))),
            Some(Step::Trailer(value)) => {
                let name = HeaderName::from_static("x-note");
                let trailers = HeaderMap::from_iter([(name, HeaderValue::from_static(value))]);
                Poll::Ready(Some(Ok(Frame::trailers(trailers))))
            }
            Some(Step::Later) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Step::Never) => {
                self.steps.push_front(Step::Never);
                Poll::Pending
            }
            Some(Step::Broken) => Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
            None => {
                self.ended = true;
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == Some(0) || self.ended
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl Script {
    /// Announces another length than it has; it breaks off then, as hyper's do.
    pub(super) fn announce(&mut self, length: u64) {
        self.left = Some(length);
        self.steps.push_back(Step::Broken);
    }
}
