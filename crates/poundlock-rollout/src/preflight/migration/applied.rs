//! What a tool's table says, as one list for all tools.
//!
//! Main items: [`Table`], [`applied`] and [`Applied`].

use super::{MAX_MIGRATIONS, Tool, version};
use crate::hex;
use std::collections::BTreeMap;

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A number.
    Int(i64),
    /// A truth value; databases without any give a number.
    Bool(bool),
    /// A text, or a moment as a text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// The rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// As many cells a row.
    pub rows: Vec<Vec<Cell>>,
}

/// Why migrations cannot be read. Trying again does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The table is not that of the tool.
    #[error("{table} has no column {column}")]
    NoColumn {
        /// The table.
        table: &'static str,
        /// What is missing.
        column: &'static str,
    },
    /// A value is of a kind that the tool does not write.
    #[error("{table}.{column} has a value that {tool} does not write", tool = .tool.name())]
    Value {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The tool.
        tool: Tool,
    },
    /// More than 20,000 rows or files.
    #[error("there are more than {MAX_MIGRATIONS} migrations")]
    TooMany,
    /// A file that cannot be understood.
    #[error("{path}: {why}")]
    File {
        /// Which.
        path: String,
        /// Why.
        why: &'static str,
    },
}

/// A migration that the database knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Applied {
    /// Comparable with that of a file.
    pub(super) version: String,
    /// Whether it began and did not end well.
    pub(super) dirty: bool,
    /// What its text hashed to, as the tool writes it.
    pub(super) checksum: Option<String>,
    /// Everything up to it counts as applied.
    pub(super) is_baseline: bool,
}

struct Row<'a> {
    tool: Tool,
    table: &'a Table,
    cells: &'a [Cell],
}

pub(super) fn applied(tool: Tool, table: &Table) -> Result<Vec<Applied>, ReadError> {
    if table.rows.len() > MAX_MIGRATIONS {
        return Err(ReadError::TooMany);
    }
    let mut found: BTreeMap<usize, Applied> = BTreeMap::new();
    let mut places = BTreeMap::new();
    for (place, cells) in table.rows.iter().enumerate() {
        let row = Row { tool, table, cells };
        let Some((applied, is_there)) = one(&row)? else { continue };
        // A later row about the same migration replaces an earlier one.
        let first = *places.entry(applied.version.clone()).or_insert(place);
        if is_there {
            found.insert(first, applied);
        } else {
            found.remove(&first);
        }
    }
    Ok(found.into_values().collect())
}

/// A migration and whether it is applied; `None` for rows that are about none.
fn one(row: &Row<'_>) -> Result<Option<(Applied, bool)>, ReadError> {
    let plain = |version| Applied { version, dirty: false, checksum: None, is_baseline: false };
    Ok(Some(match row.tool {
        Tool::Alembic => (plain(row.text("version_num")?), true),
        Tool::Django => (plain(format!("{}.{}", row.text("app")?, row.text("name")?)), true),
        Tool::Sqlx => {
            let checksum = Some(hex::write(row.bytes("checksum")?));
            (Applied { dirty: !row.truth("success")?, checksum, ..plain(row.text("version")?) }, true)
        }
        Tool::Diesel | Tool::SeaOrm => (plain(row.text("version")?), true),
        Tool::Ecto | Tool::Rails | Tool::Dbmate => (plain(version::number(&row.text("version")?)), true),
        Tool::Flyway => return flyway(row),
        Tool::Prisma => {
            let rolled_back = *row.cell("rolled_back_at")? != Cell::Null;
            let dirty = *row.cell("finished_at")? == Cell::Null;
            let checksum = row.optional("checksum")?;
            (Applied { dirty, checksum, ..plain(row.text("migration_name")?) }, !rolled_back)
        }
        Tool::GolangMigrate => {
            let version = version::number(&row.text("version")?);
            (Applied { dirty: row.truth("dirty")?, is_baseline: true, ..plain(version) }, true)
        }
        Tool::Refinery => {
            let version = version::number(&row.text("version")?);
            let checksum = row.optional("checksum")?;
            (Applied { checksum, ..plain(version) }, true)
        }
        Tool::Goose => {
            let version = version::number(&row.text("version_id")?);
            // Goose's own first row is about no migration.
            if version == "0" {
                return Ok(None);
            }
            (plain(version), row.truth("is_applied")?)
        }
    }))
}

fn flyway(row: &Row<'_>) -> Result<Option<(Applied, bool)>, ReadError> {
    let kind = row.text("type")?;
    let version = match row.optional("version")? {
        Some(version) => version::dotted(&version),
        None if kind == "SCHEMA" => return Ok(None),
        // Repeatable ones have a name only.
        None => row.text("script")?.rsplit('/').next().unwrap_or_default().to_owned(),
    };
    let dirty = !row.truth("success")?;
    let is_baseline = kind == "BASELINE" || kind == "SQL_BASELINE";
    let applied = Applied { version, dirty, checksum: row.optional("checksum")?, is_baseline };
    let undone = kind.starts_with("UNDO") || kind == "DELETE";
    Ok(Some((applied, !undone)))
}

impl Row<'_> {
    fn cell(&self, column: &'static str) -> Result<&Cell, ReadError> {
        let place = self.table.columns.iter().position(|name| name.eq_ignore_ascii_case(column));
        let cell = place.and_then(|place| self.cells.get(place));
        cell.ok_or(ReadError::NoColumn { table: self.tool.table(), column })
    }

    fn optional(&self, column: &'static str) -> Result<Option<String>, ReadError> {
        match self.cell(column)? {
            Cell::Null => Ok(None),
            Cell::Text(text) => Ok(Some(text.trim().to_owned())),
            Cell::Int(number) => Ok(Some(number.to_string())),
            Cell::Bool(_) => Err(self.wrong(column)),
            Cell::Bytes(bytes) => {
                let text = String::from_utf8(bytes.clone()).map_err(|_| self.wrong(column))?;
                Ok(Some(text.trim().to_owned()))
            }
        }
    }

    fn text(&self, column: &'static str) -> Result<String, ReadError> {
        self.optional(column)?.ok_or_else(|| self.wrong(column))
    }

    fn bytes(&self, column: &'static str) -> Result<&[u8], ReadError> {
        match self.cell(column)? {
            Cell::Bytes(bytes) => Ok(bytes),
            _ => Err(self.wrong(column)),
        }
    }

    fn truth(&self, column: &'static str) -> Result<bool, ReadError> {
        match self.cell(column)? {
            Cell::Bool(truth) => Ok(*truth),
            Cell::Int(number) => Ok(*number != 0),
            _ => Err(self.wrong(column)),
        }
    }

    fn wrong(&self, column: &'static str) -> ReadError {
        ReadError::Value { table: self.tool.table(), column, tool: self.tool }
    }
}
