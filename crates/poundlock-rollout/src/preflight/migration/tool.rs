//! The migration tools whose tables can be read.
//!
//! Main type: [`Tool`].

use super::{File, files};

/// A migration tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// Alembic, of SQLAlchemy.
    Alembic,
    /// Django.
    Django,
    /// sqlx, of Rust.
    Sqlx,
    /// Diesel, of Rust.
    Diesel,
    /// Flyway.
    Flyway,
    /// Prisma.
    Prisma,
    /// golang-migrate.
    GolangMigrate,
    /// Ecto, of Elixir.
    Ecto,
    /// Rails.
    Rails,
    /// dbmate.
    Dbmate,
    /// refinery, of Rust.
    Refinery,
    /// goose, of Go.
    Goose,
    /// SeaORM, of Rust.
    SeaOrm,
}

impl Tool {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alembic => "alembic",
            Self::Django => "django",
            Self::Sqlx => "sqlx",
            Self::Diesel => "diesel",
            Self::Flyway => "flyway",
            Self::Prisma => "prisma",
            Self::GolangMigrate => "golang-migrate",
            Self::Ecto => "ecto",
            Self::Rails => "rails",
            Self::Dbmate => "dbmate",
            Self::Refinery => "refinery",
            Self::Goose => "goose",
            Self::SeaOrm => "sea-orm",
        }
    }

    /// Its table.
    pub const fn table(self) -> &'static str {
        match self {
            Self::Alembic => "alembic_version",
            Self::Django => "django_migrations",
            Self::Sqlx => "_sqlx_migrations",
            Self::Diesel => "__diesel_schema_migrations",
            Self::Flyway => "flyway_schema_history",
            Self::Prisma => "_prisma_migrations",
            Self::GolangMigrate | Self::Ecto | Self::Rails | Self::Dbmate => "schema_migrations",
            Self::Refinery => "refinery_schema_history",
            Self::Goose => "goose_db_version",
            Self::SeaOrm => "seaql_migrations",
        }
    }

    /// The only statement that is sent: it reads. At most one row more than [`super::MAX_MIGRATIONS`] comes.
    pub fn select(self) -> String {
        let (columns, order) = match self {
            Self::Alembic => ("version_num", "version_num"),
            Self::Django => ("app, name", "id"),
            Self::Sqlx => ("version, success, checksum", "version"),
            Self::Flyway => ("version, script, type, checksum, success", "installed_rank"),
            Self::Prisma => ("migration_name, checksum, finished_at, rolled_back_at", "started_at"),
            Self::GolangMigrate => ("version, dirty", "version"),
            Self::Diesel | Self::Ecto | Self::Rails | Self::Dbmate | Self::SeaOrm => ("version", "version"),
            Self::Refinery => ("version, checksum", "version"),
            Self::Goose => ("version_id, is_applied", "id"),
        };
        let limit = super::MAX_MIGRATIONS + 1;
        format!("SELECT {columns} FROM {} ORDER BY {order} LIMIT {limit}", self.table())
    }

    /// The tool behind a table that a database has. Four tools share `schema_migrations`: its columns tell two of them, and the
    /// project's files the others.
    pub fn of_table(table: &str, columns: &[&str], files: &[File<'_>]) -> Option<Self> {
        let has = |column| columns.contains(&column);
        let all = [
            Self::Alembic,
            Self::Django,
            Self::Sqlx,
            Self::Diesel,
            Self::Flyway,
            Self::Prisma,
            Self::Refinery,
            Self::Goose,
            Self::SeaOrm,
        ];
        if table != "schema_migrations" {
            return all.into_iter().find(|tool| tool.table() == table);
        }
        if has("dirty") {
            return Some(Self::GolangMigrate);
        }
        if has("inserted_at") {
            return Some(Self::Ecto);
        }
        let holds = |tool| files.iter().any(|file| files::version(tool, file).is_some());
        [Self::Rails, Self::Dbmate].into_iter().find(|tool| holds(*tool))
    }
}
