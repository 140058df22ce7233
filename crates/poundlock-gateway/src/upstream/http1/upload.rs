//! The rest of a request whose answer has already begun.
//!
//! Main types: [`Upload`], which sends on whether or not anybody reads the answer, and [`Unfinished`], a
//! connection whose answer is complete before the request is. Few requests need it: it costs a task.

use super::connection::Connection;
use super::outgoing::Outgoing;
use poundlock_tower::BodyError;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::task::JoinHandle;

/// What an upload came to.
#[derive(Debug)]
pub(super) enum Uploaded {
    /// All is sent.
    All(OwnedWriteHalf),
    /// The instance takes no more.
    Stopped,
    /// The client broke off.
    Broken(BodyError),
}

/// Sends in a task of its own; dropping it ends that.
#[derive(Debug)]
pub(super) struct Upload(JoinHandle<Uploaded>);

impl Upload {
    pub(super) fn start(mut request: Outgoing, mut to: OwnedWriteHalf) -> Self {
        Self(tokio::task::spawn_local(async move {
            match poll_fn(|cx| request.poll(cx, &mut to)).await {
                Ok(()) if request.is_stopped() => Uploaded::Stopped,
                Ok(()) => Uploaded::All(to),
                Err(broken) => Uploaded::Broken(broken),
            }
        }))
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Uploaded> {
        // A task that panicked has sent no more.
        Pin::new(&mut self.0).poll(cx).map(|ended| ended.unwrap_or(Uploaded::Stopped))
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A connection that can be used again once the rest of its request is sent.
#[derive(Debug)]
pub(crate) struct Unfinished {
    pub(super) connection: Box<Connection<OwnedReadHalf>>,
    pub(super) upload: Upload,
}

impl Unfinished {
    /// Waits for the end of the request; `None` if it ended badly, or the instance said more than its answer.
    pub(crate) async fn finish(mut self) -> Option<Box<Connection>> {
        match poll_fn(|cx| self.upload.poll(cx)).await {
            Uploaded::All(write) => self.connection.join(write).map(Box::new).filter(|c| c.is_idle()),
            Uploaded::Stopped | Uploaded::Broken(_) => None,
        }
    }
}
