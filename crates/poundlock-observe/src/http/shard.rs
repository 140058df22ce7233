//! Handles that write to one shard's storage. Main types: [`ExclusiveShard`], [`SharedShard`], one trait
//! [`Shard`]. They do not know what is counted.

use super::cell::{Cell, Exclusive, Shared, Writer};
use super::matrix::Matrix;
use super::storage::{Key, Storage};
use std::marker::PhantomData;
use std::sync::Arc;

/// Somewhere to count.
pub(super) trait Shard<C: Cell> {
    /// How this shard raises a counter.
    type Writer: Writer;
    fn matrix(&self) -> &Matrix<C>;
    fn storage(&self) -> &Storage<C>;

    /// Counts one observation.
    #[inline]
    fn add(&self, key: Key, sample: &C::Sample) {
        self.matrix().add::<Self::Writer>(self.storage(), key, sample);
    }

    /// What is counted once for the whole shard.
    #[inline]
    fn per_shard<'a>(&'a self) -> &'a C::PerShard
    where
        C: 'a,
    {
        self.storage().per_shard()
    }
}

/// The only writer of its storage: not `Clone`, not `Sync`.
pub(super) struct ExclusiveShard<C: Cell> {
    matrix: Arc<Matrix<C>>,
    storage: Arc<Storage<C>>,
    not_sync: PhantomData<std::cell::Cell<()>>,
}

/// One of many writers of the shared storage.
pub(super) struct SharedShard<C: Cell> {
    matrix: Arc<Matrix<C>>,
    storage: Arc<Storage<C>>,
}

impl<C: Cell> ExclusiveShard<C> {
    pub(super) fn new(matrix: &Arc<Matrix<C>>) -> Self {
        Self { storage: matrix.exclusive(), matrix: Arc::clone(matrix), not_sync: PhantomData }
    }
}

impl<C: Cell> Drop for ExclusiveShard<C> {
    fn drop(&mut self) {
        self.matrix.release(Arc::clone(&self.storage));
    }
}

impl<C: Cell> Shard<C> for ExclusiveShard<C> {
    type Writer = Exclusive;

    #[inline]
    fn matrix(&self) -> &Matrix<C> {
        &self.matrix
    }

    #[inline]
    fn storage(&self) -> &Storage<C> {
        &self.storage
    }
}

impl<C: Cell> SharedShard<C> {
    pub(super) fn new(matrix: &Arc<Matrix<C>>) -> Self {
        Self { storage: matrix.shared(), matrix: Arc::clone(matrix) }
    }
}

impl<C: Cell> Clone for SharedShard<C> {
    fn clone(&self) -> Self {
        Self { matrix: Arc::clone(&self.matrix), storage: Arc::clone(&self.storage) }
    }
}

impl<C: Cell> Shard<C> for SharedShard<C> {
    type Writer = Shared;

    #[inline]
    fn matrix(&self) -> &Matrix<C> {
        &self.matrix
    }

    #[inline]
    fn storage(&self) -> &Storage<C> {
        &self.storage
    }
}
