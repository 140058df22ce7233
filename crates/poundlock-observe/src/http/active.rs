//! Requests in flight, by method and scheme. Main type: [`Active`].
//! It does not know routes: the semantic conventions give this metric only these two labels.

use super::cell::Writer;
use super::labels::{Method, Scheme};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

const CELLS: usize = Method::ALL.len() * Scheme::ALL.len();
/// Added modulo 2⁶⁴.
const MINUS_ONE: u64 = u64::MAX;

/// Requests in flight of one shard.
#[derive(Default)]
#[repr(align(64))]
pub(super) struct Active {
    cells: [InFlight; CELLS],
}

/// One number rather than a difference of two: a scrape that is interrupted between two reads would show
/// thousands of requests that are long over.
#[derive(Default)]
struct InFlight {
    /// Modulo 2⁶⁴: a request may end on another shard than it began on.
    count: AtomicU64,
    used: AtomicBool,
}

impl Active {
    #[inline]
    pub(super) fn begin<W: Writer>(&self, method: Method, scheme: Scheme) {
        let cell = &self.cells[index(method, scheme)];
        W::add(&cell.count, 1);
        if !cell.used.load(Relaxed) {
            cell.used.store(true, Relaxed);
        }
    }

    #[inline]
    pub(super) fn finish<W: Writer>(&self, method: Method, scheme: Scheme) {
        W::add(&self.cells[index(method, scheme)].count, MINUS_ONE);
    }

    pub(super) fn add_to(&self, total: &mut ActiveTotal) {
        for (total, cell) in total.cells.iter_mut().zip(&self.cells) {
            total.count = total.count.wrapping_add(cell.count.load(Relaxed));
            total.used |= cell.used.load(Relaxed);
        }
    }
}

/// [`Active`] added up over shards.
#[derive(Default)]
pub(super) struct ActiveTotal {
    cells: [InFlightTotal; CELLS],
}

#[derive(Default)]
struct InFlightTotal {
    count: u64,
    used: bool,
}

impl ActiveTotal {
    /// Requests in flight, for every label set that was ever used and for GET over HTTP.
    pub(super) fn used(&self) -> impl Iterator<Item = (Method, Scheme, u64)> + '_ {
        let all = Method::ALL.into_iter().flat_map(|method| Scheme::ALL.map(|scheme| (method, scheme)));
        all.filter_map(|(method, scheme)| {
            let cell = &self.cells[index(method, scheme)];
            let shown = cell.used || (method, scheme) == (Method::Get, Scheme::Http);
            shown.then(|| (method, scheme, (cell.count as i64).max(0) as u64))
        })
    }
}

#[inline]
fn index(method: Method, scheme: Scheme) -> usize {
    method as usize * Scheme::ALL.len() + scheme as usize
}
