//! Where a database's schema is, from the rows of a migration tool's own table and the project's files.
//!
//! Main items: [`Tool`] and [`read`]. It does not know how a table is read; [`Tool::select`] says what to ask, and nothing of it changes a
//! database.

mod applied;
mod checksum;
mod files;
mod graph;
mod state;
#[cfg(test)]
mod tests;
mod tool;
mod version;

pub use applied::{Cell, ReadError, Table};
pub use files::File;
pub use state::{Pending, Problem, SchemaState, check};
pub use tool::Tool;

/// The most rows of a table, and the most files of a project.
pub const MAX_MIGRATIONS: usize = 20_000;

/// Compares what was applied with what the project has.
///
/// Rows in the order in which [`Tool::select`] gives them; files with their paths below the project.
pub fn read(tool: Tool, table: &Table, files: &[File<'_>]) -> Result<SchemaState, ReadError> {
    let known = files::known(tool, files)?;
    let applied = applied::applied(tool, table)?;
    Ok(state::compare(tool, &applied, &known))
}
