//! A request on its way past the throttle.
//!
//! Main type: [`ShedFuture`]. What its end means to the throttle is `ticket`'s.

use super::ticket::Ticket;
use crate::Rejection;
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// The inner call, with a place at the service until it ends, or a refusal that is ready at once.
    pub struct ShedFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = Projected]
    enum State<F> {
        Admitted { #[pin] inner: F, ticket: Option<Ticket> },
        Denied { rejection: Option<Rejection> },
    }
}

impl<F> ShedFuture<F> {
    pub(super) fn admitted(inner: F, ticket: Option<Ticket>) -> Self {
        Self { state: State::Admitted { inner, ticket } }
    }

    pub(super) fn denied(rejection: Rejection) -> Self {
        Self { state: State::Denied { rejection: Some(rejection) } }
    }
}

impl<F, T, E> Future for ShedFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<Rejection>,
{
    type Output = Result<T, Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            Projected::Admitted { inner, ticket } => {
                let result = ready!(inner.poll(cx)).map_err(Into::into);
                if let Some(ticket) = ticket.take() {
                    ticket.ended(result.as_ref().err());
                }
                Poll::Ready(result)
            }
            Projected::Denied { rejection } => {
                Poll::Ready(Err(rejection.take().expect("a future is not polled after it was ready")))
            }
        }
    }
}
