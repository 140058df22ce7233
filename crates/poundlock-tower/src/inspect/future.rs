//! A request on its way past the inspection.
//!
//! Main type: [`InspectFuture`]. What is looked at is not its business.

use crate::Rejection;
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// The inner call, or a refusal that is ready at once.
    pub struct InspectFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = Projected]
    enum State<F> {
        Admitted { #[pin] inner: F },
        Denied { rejection: Option<Rejection> },
    }
}

impl<F> InspectFuture<F> {
    pub(super) fn admitted(inner: F) -> Self {
        Self { state: State::Admitted { inner } }
    }

    pub(super) fn denied(rejection: Rejection) -> Self {
        Self { state: State::Denied { rejection: Some(rejection) } }
    }
}

impl<F, T, E> Future for InspectFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<Rejection>,
{
    type Output = Result<T, Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            Projected::Admitted { inner } => inner.poll(cx).map_err(Into::into),
            Projected::Denied { rejection } => {
                Poll::Ready(Err(rejection.take().expect("a future is not polled after it was ready")))
            }
        }
    }
}
