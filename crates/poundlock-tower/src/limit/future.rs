//! A request on its way past the limits.
//!
//! Main type: [`LimitFuture`]. It knows the states; what is decided in them is `judge`'s.

use super::settle::Settlement;
use super::told::Told;
use crate::Rejection;
use http::Response;
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower_service::Service;

/// What follows from having been admitted.
#[derive(Default)]
pub(super) struct Admitted {
    pub(super) told: Told,
    /// What is still to be settled when the answer is known.
    pub(super) settlement: Option<Box<Settlement>>,
}

/// An answer of the store that is awaited.
pub(super) type Answer = Pin<Box<dyn Future<Output = Result<Admitted, Rejection>> + Send>>;

pin_project! {
    /// The inner call with the headers about limits, or a refusal.
    pub struct LimitFuture<S: Service<Req>, Req> {
        #[pin]
        state: State<S, Req, S::Future>,
    }
}

pin_project! {
    #[project = Projected]
    enum State<S, Req, F> {
        Waiting { answer: Answer, then: Option<(S, Req)> },
        Admitted { #[pin] inner: F, admitted: Option<Admitted> },
        Denied { rejection: Option<Rejection> },
    }
}

impl<S: Service<Req>, Req> LimitFuture<S, Req> {
    pub(super) fn admitted(inner: S::Future, admitted: Admitted) -> Self {
        Self { state: State::Admitted { inner, admitted: Some(admitted) } }
    }

    pub(super) fn denied(rejection: Rejection) -> Self {
        Self { state: State::Denied { rejection: Some(rejection) } }
    }

    pub(super) fn waiting(answer: Answer, ready: S, request: Req) -> Self {
        Self { state: State::Waiting { answer, then: Some((ready, request)) } }
    }
}

impl<S, Req, R> Future for LimitFuture<S, Req>
where
    S: Service<Req, Response = Response<R>, Error: Into<Rejection>>,
{
    type Output = Result<Response<R>, Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                Projected::Waiting { answer, then } => match ready!(answer.as_mut().poll(cx)) {
                    Ok(admitted) => {
                        let (mut service, request) = then.take().expect(ONCE);
                        State::Admitted { inner: service.call(request), admitted: Some(admitted) }
                    }
                    Err(rejection) => State::Denied { rejection: Some(rejection) },
                },
                Projected::Admitted { inner, admitted } => {
                    let result = ready!(inner.poll(cx));
                    let Admitted { told, settlement } = admitted.take().expect(ONCE);
                    return Poll::Ready(result.map_err(Into::into).map(|mut response| {
                        if let Some(settlement) = settlement {
                            settlement.answered(response.headers_mut());
                        }
                        told.add_to(response.headers_mut());
                        response
                    }));
                }
                Projected::Denied { rejection } => return Poll::Ready(Err(rejection.take().expect(ONCE))),
            };
            state.set(next);
        }
    }
}

const ONCE: &str = "a future is not polled after it was ready";
