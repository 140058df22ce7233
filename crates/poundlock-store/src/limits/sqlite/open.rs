//! Opens the file and repairs what can be repaired.
//!
//! Main item: [`open`]. A bad row costs that row, a bad file that file, and neither the store.

use super::{OpenError, Opened};
use crate::limits::bounds::EXACT;
use poundlock_limit::KEY_MAX;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqliteSynchronous};
use sqlx::{Connection, SqliteConnection};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The layout below.
const VERSION: i64 = 1;
/// How long another process may take to let go of the file.
const PATIENCE: Duration = Duration::from_millis(500);

const LAYOUT: [&str; 4] = [
    "CREATE TABLE IF NOT EXISTS quota (limit_name TEXT NOT NULL, key TEXT NOT NULL, \
     period_start INTEGER NOT NULL, period_end INTEGER NOT NULL, used INTEGER NOT NULL, \
     PRIMARY KEY (limit_name, key))",
    "CREATE INDEX IF NOT EXISTS quota_end ON quota (period_end)",
    // Holds whatever was there, so nothing here has a type.
    "CREATE TABLE IF NOT EXISTS quarantine (limit_name, key, period_start, period_end, used, reason, since)",
    "PRAGMA user_version = 1",
];

/// Opens or creates the file. One that SQLite cannot read is renamed and a new one made.
///
/// # Errors
/// See [`OpenError`].
pub(super) async fn open(path: &Path) -> Result<(SqliteConnection, Opened), OpenError> {
    let (mut connection, set_aside) = match try_open(path).await {
        Err(error) if is_damage(&error) => {
            let aside = set_aside(path).map_err(OpenError::SetAside)?;
            (try_open(path).await.map_err(refused)?, Some(aside))
        }
        result => (result.map_err(refused)?, None),
    };
    let version: i64 =
        sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut connection).await.map_err(refused)?;
    if version > VERSION {
        return Err(OpenError::Newer(version));
    }
    for statement in LAYOUT {
        sqlx::query(statement).execute(&mut connection).await.map_err(refused)?;
    }
    let quarantined = quarantine(&mut connection).await.map_err(refused)?;
    Ok((connection, Opened { set_aside, quarantined }))
}

/// Opens the file and has SQLite look through it.
async fn try_open(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .busy_timeout(PATIENCE)
        // What is in memory would be wrong if somebody else wrote.
        .locking_mode(SqliteLockingMode::Exclusive)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let said: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut connection).await?;
    // Takes the lock also if there is nothing to write.
    sqlx::query("BEGIN EXCLUSIVE; COMMIT").execute(&mut connection).await?;
    match said == "ok" {
        true => Ok(connection),
        false => Err(sqlx::Error::Protocol(DAMAGED.to_owned())),
    }
}

/// What our own finding is called among SQLite's errors.
const DAMAGED: &str = "the file is damaged";

fn is_damage(error: &sqlx::Error) -> bool {
    match error {
        // SQLITE_CORRUPT and SQLITE_NOTADB; the lowest byte is the kind.
        sqlx::Error::Database(error) => error
            .code()
            .and_then(|code| code.parse::<i32>().ok())
            .is_some_and(|code| [11, 26].contains(&(code & 0xff))),
        sqlx::Error::Protocol(text) => text == DAMAGED,
        _ => false,
    }
}

fn refused(error: sqlx::Error) -> OpenError {
    let code = match &error {
        sqlx::Error::Database(error) => error.code().and_then(|code| code.parse::<i32>().ok()),
        _ => None,
    };
    // SQLITE_BUSY
    if code.is_some_and(|code| code & 0xff == 5) {
        OpenError::Locked
    } else {
        OpenError::Failed(error.to_string())
    }
}

/// Renames the file and its log; the new name of the file.
fn set_aside(path: &Path) -> std::io::Result<PathBuf> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let aside = with_suffix(path, &format!(".damaged-{}", since.as_millis()));
    for suffix in ["-wal", "-shm", ""] {
        match std::fs::rename(with_suffix(path, suffix), with_suffix(&aside, suffix)) {
            Err(error) if suffix.is_empty() || error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error);
            }
            _ => {}
        }
    }
    Ok(aside)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// Moves rows that nothing could have written out of the way; how many.
async fn quarantine(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    const MOVE: &str = "INSERT INTO quarantine SELECT limit_name, key, period_start, period_end, used, \
         'a number is out of range, or no number', unixepoch() FROM quota WHERE rowid IN (SELECT rowid FROM bad)";
    let mut transaction = connection.begin().await?;
    let find = sqlx::query(
        "CREATE TEMP TABLE bad AS SELECT rowid FROM quota WHERE typeof(limit_name) <> 'text' \
         OR typeof(key) <> 'text' OR length(key) > ?1 OR key GLOB '*[^!-~]*' OR typeof(period_start) <> 'integer' \
         OR typeof(period_end) <> 'integer' OR typeof(used) <> 'integer' OR period_start < 0 \
         OR period_end NOT BETWEEN period_start AND ?2 OR used NOT BETWEEN 0 AND ?2",
    );
    let key_max = i64::try_from(KEY_MAX).unwrap_or(i64::MAX);
    let exact = i64::try_from(EXACT).unwrap_or(i64::MAX);
    find.bind(key_max).bind(exact).execute(&mut *transaction).await?;
    let moved = sqlx::query(MOVE).execute(&mut *transaction).await?.rows_affected();
    sqlx::query("DELETE FROM quota WHERE rowid IN (SELECT rowid FROM bad)")
        .execute(&mut *transaction)
        .await?;
    sqlx::query("DROP TABLE bad").execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(moved)
}
