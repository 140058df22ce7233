//! The file: what is in it, how it is opened, read and written.
//!
//! Main type: [`Database`]. It writes rows all or none, and knows no budgets.

use super::open;
use super::{OpenError, Opened};
use crate::limits::bounds::EXACT;
use poundlock_limit::{KEY_MAX, Key, Micros, Used};
use sqlx::{Connection, QueryBuilder, Sqlite, SqliteConnection};
use std::path::Path;

/// Rows in one statement: five values each, far below what SQLite takes.
const ROWS: usize = 500;
/// Rows that are deleted at once, so that no request waits long for it.
const DELETED_AT_ONCE: i64 = 1000;

/// What the file holds of one quota of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) limit: String,
    pub(super) key: Key,
    pub(super) used: Used,
    /// When the period ends, after which the row is of no use.
    pub(super) end: Micros,
}

type Columns = (String, String, i64, i64, i64);

/// The open file; nobody else can have it open at the same time.
pub(super) struct Database {
    connection: SqliteConnection,
}

impl Database {
    /// Opens or creates the file, sets a damaged one aside and damaged rows apart.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub(super) async fn open(path: &Path) -> Result<(Self, Opened), OpenError> {
        let (connection, opened) = open::open(path).await?;
        Ok((Self { connection }, opened))
    }

    /// What is there of these quotas, by limit and key.
    pub(super) async fn load(&mut self, wanted: &[(&str, Key)]) -> Result<Vec<Row>, sqlx::Error> {
        let mut rows = Vec::new();
        for some in wanted.chunks(ROWS) {
            let mut query = QueryBuilder::<Sqlite>::new(
                "SELECT limit_name, key, period_start, period_end, used FROM quota WHERE (limit_name, key) IN (",
            );
            query.push_values(some, |mut row, (limit, key)| {
                row.push_bind(*limit).push_bind(key.as_str().to_owned());
            });
            let found: Vec<Columns> =
                query.push(")").build_query_as().fetch_all(&mut self.connection).await?;
            rows.extend(found.into_iter().filter_map(row));
        }
        Ok(rows)
    }

    /// Writes these rows, all or none; they are on the disk when it returns.
    pub(super) async fn write(&mut self, rows: &[Row]) -> Result<(), sqlx::Error> {
        let mut transaction = self.connection.begin().await?;
        for some in rows.chunks(ROWS) {
            let mut query = QueryBuilder::<Sqlite>::new(
                "INSERT INTO quota (limit_name, key, period_start, period_end, used) ",
            );
            query.push_values(some, |mut columns, row| {
                columns.push_bind(&*row.limit).push_bind(row.key.as_str().to_owned());
                columns.push_bind(number(row.used.start.0)).push_bind(number(row.end.0));
                columns.push_bind(number(row.used.amount));
            });
            query.push(
                " ON CONFLICT (limit_name, key) DO UPDATE SET period_start = excluded.period_start, \
                 period_end = excluded.period_end, used = excluded.used",
            );
            query.build().execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }

    /// Forgets one quota.
    pub(super) async fn delete(&mut self, limit: &str, key: &Key) -> Result<(), sqlx::Error> {
        let delete = sqlx::query("DELETE FROM quota WHERE limit_name = ? AND key = ?");
        delete.bind(limit).bind(key.as_str()).execute(&mut self.connection).await.map(drop)
    }

    /// Deletes some of the rows whose period ended before this; how many.
    pub(super) async fn prune(&mut self, before: Micros) -> Result<u64, sqlx::Error> {
        let delete = sqlx::query(
            "DELETE FROM quota WHERE rowid IN (SELECT rowid FROM quota WHERE period_end < ? LIMIT ?)",
        );
        let done = delete.bind(number(before.0)).bind(DELETED_AT_ONCE).execute(&mut self.connection).await?;
        Ok(done.rows_affected())
    }

    /// The rows of a limit after this row number, the first `count`, and the last one's row number.
    pub(super) async fn list(
        &mut self,
        limit: &str,
        after: u64,
        count: usize,
    ) -> Result<(Vec<Row>, Option<u64>), sqlx::Error> {
        let query = sqlx::query_as(
            "SELECT rowid, key, period_start, period_end, used FROM quota \
             WHERE limit_name = ? AND rowid > ? ORDER BY rowid LIMIT ?",
        );
        let query = query.bind(limit).bind(number(after)).bind(i64::try_from(count).unwrap_or(i64::MAX));
        let found: Vec<(i64, String, i64, i64, i64)> = query.fetch_all(&mut self.connection).await?;
        let last = found.last().and_then(|(id, ..)| u64::try_from(*id).ok());
        let rows = found
            .into_iter()
            .filter_map(|(_, key, start, end, used)| row((limit.to_owned(), key, start, end, used)));
        Ok((rows.collect(), last))
    }

    pub(super) async fn close(self) -> Result<(), sqlx::Error> {
        self.connection.close().await
    }
}

/// A row, if it is one that [`Database::write`] could have written.
fn row((limit, key, start, end, used): Columns) -> Option<Row> {
    debug_assert!(key.len() <= KEY_MAX, "rows are checked when the file is opened");
    let [start, end, amount] = [start, end, used].map(|number| u64::try_from(number).ok());
    let used = Used { start: Micros(start?), amount: amount? };
    Some(Row { limit, key: Key::new(&key)?, used, end: Micros(end?) })
}

/// A number as SQLite has it; none is over [`EXACT`].
fn number(number: u64) -> i64 {
    i64::try_from(number.min(EXACT)).unwrap_or(i64::MAX)
}
