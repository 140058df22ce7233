//! One connection to the server, proven to work.
//!
//! Main type: [`Server`]. It runs the script, and the few plain commands beside it. It knows no callers and no deadline
//! of a request.

use super::script::{Batch, SOURCE};
use crate::limits::StoreError;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisError};
use std::time::Duration;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_millis(500);
/// How long a node that is silent counts as one that shares.
const NODE_SECONDS: u64 = 5;

/// A connection, cheap to clone, and the digest that the server gave the script.
#[derive(Clone)]
pub(super) struct Server {
    connection: MultiplexedConnection,
    digest: String,
}

impl Server {
    /// Connects, loads the script and runs it once, so that a server that cannot write counts as down.
    ///
    /// # Errors
    /// When one of these fails or takes too long.
    pub(super) async fn connect(
        client: &Client,
        prefix: &str,
        deadline: Duration,
    ) -> Result<Self, StoreError> {
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT)).set_response_timeout(None);
        let connecting = client.get_multiplexed_async_connection_with_config(&config);
        let connection = within(CONNECT, connecting).await?;
        let mut server = Self { connection, digest: String::new() };
        within(CONNECT, server.load()).await?;
        within(deadline, server.run(&Batch::probe(prefix), "")).await?;
        Ok(server)
    }

    /// Runs the script on a batch.
    ///
    /// # Errors
    /// What the server says, or that the connection is gone. A script that the server has forgotten is loaded again.
    pub(super) async fn run(&mut self, batch: &Batch, now: &str) -> Result<Vec<u8>, RedisError> {
        match self.ask(&self.evalsha(batch, now)).await {
            Err(error) if error.code() == Some("NOSCRIPT") => {
                self.load().await?;
                self.ask(&self.evalsha(batch, now)).await
            }
            result => result,
        }
    }

    /// Runs any command.
    ///
    /// # Errors
    /// What the server says, or that the connection is gone.
    pub(super) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisError> {
        command.query_async(&mut self.connection.clone()).await
    }

    /// Says that this node lives, and counts those that have lately said so.
    ///
    /// # Errors
    /// As [`Server::ask`].
    pub(super) async fn beat(&self, prefix: &str, node: u64) -> Result<u32, RedisError> {
        let key = format!("{{{prefix}}}:nodes");
        let (seconds, _): (u64, u64) = self.ask(&redis::cmd("TIME")).await?;
        let silent = seconds.saturating_sub(NODE_SECONDS);
        let (nodes,): (u32,) = redis::pipe()
            .cmd("ZADD")
            .arg(&key)
            .arg(seconds)
            .arg(node)
            .ignore()
            .cmd("ZREMRANGEBYSCORE")
            .arg(&key)
            .arg("-inf")
            .arg(silent)
            .ignore()
            .cmd("EXPIRE")
            .arg(&key)
            .arg(2 * NODE_SECONDS)
            .ignore()
            .cmd("ZCARD")
            .arg(&key)
            .query_async(&mut self.connection.clone())
            .await?;
        Ok(nodes)
    }

    async fn load(&mut self) -> Result<(), RedisError> {
        self.digest = self.ask(redis::cmd("SCRIPT").arg("LOAD").arg(SOURCE)).await?;
        Ok(())
    }

    fn evalsha(&self, batch: &Batch, now: &str) -> Cmd {
        let mut command = redis::cmd("EVALSHA");
        command.arg(&self.digest).arg(batch.keys.len()).arg(&batch.keys).arg(now).arg(&batch.blob);
        command
    }
}

/// The result within this time, in the words of a store.
pub(super) async fn within<T>(
    time: Duration,
    result: impl Future<Output = Result<T, RedisError>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(time, result).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(StoreError::Failed(error.to_string())),
        Err(_) => Err(StoreError::Timeout),
    }
}
