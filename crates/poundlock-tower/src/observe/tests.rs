//! However a request ends, it is counted once, under the right outcome.
use super::*;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Full};
use std::cell::RefCell;
use std::convert::Infallible;
use std::future::Ready;
use std::rc::Rc;

#[derive(Clone, Default)]
struct Records(Rc<RefCell<Vec<RequestRecord>>>);

impl HttpRecorder for Records {
    fn begin(&self, _: RouteId, _: Method) {}

    fn finish(&self, record: &RequestRecord) {
        self.0.borrow_mut().push(*record);
    }
}

#[derive(Clone)]
struct Answer(&'static str, Option<Rejection>);

impl Service<Request<Empty<Bytes>>> for Answer {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Empty<Bytes>>) -> Self::Future {
        let mut response = Response::new(Full::new(Bytes::from_static(self.0.as_bytes())));
        if let Some(rejection) = self.1.clone() {
            *response.status_mut() = rejection.status();
            response.extensions_mut().insert(rejection);
        }
        std::future::ready(Ok(response))
    }
}

/// Calls, does something with the answer, and gives (status, error type, bytes) as counted.
async fn check(method: &str, answer: Answer, read: bool, expect: (u16, Option<ErrorType>, u64)) {
    let records = Records::default();
    let mut service = ObserveLayer::new(records.clone(), RouteId::UNMATCHED).layer(answer);
    let request = Request::builder().method(method).body(Empty::new()).unwrap();
    let response = service.call(request).await.unwrap();
    if read {
        response.into_body().collect().await.unwrap();
    } else {
        drop(response);
    }
    let records = records.0.borrow();
    assert_eq!(records.len(), 1, "counted once");
    assert_eq!((records[0].status, records[0].error, records[0].response_bytes), expect);
}

#[tokio::test]
async fn outcomes() {
    check("GET", Answer("hello", None), true, (200, None, 5)).await;
    check("GET", Answer("hello", None), false, (499, Some(ErrorType::Cancelled), 0)).await;
    check("GET", Answer("", None), false, (200, None, 0)).await;
    check("HEAD", Answer("hello", None), false, (200, None, 0)).await;
    let timeout = Rejection::UpstreamTimeout("shop".into());
    check("GET", Answer("p", Some(timeout)), true, (504, Some(ErrorType::UpstreamTimeout), 1)).await;
    check("GET", Answer("p", Some(Rejection::NoRoute)), true, (404, None, 1)).await;
}

#[tokio::test]
async fn a_request_that_is_dropped_before_its_answer_is_cancelled() {
    let records = Records::default();
    let mut service = ObserveLayer::new(records.clone(), RouteId::UNMATCHED).layer(Answer("", None));
    drop(service.call(Request::new(Empty::new())));
    assert_eq!(records.0.borrow()[0].error, Some(ErrorType::Cancelled));
}
