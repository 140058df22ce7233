//! What a migration does to the release that runs beside it.
//!
//! Main items: [`classify`] and [`Effect`]. It reads words, not meaning: what it is not sure of is [`Effect::Unknown`]. It does not know
//! the schema, nor how large a table is.
//!
//! The lexical rules are those of the manuals (Postgres 4.1, MySQL 8.4 chapter 11, SQLite "SQL Comment Syntax" and "SQL Language
//! Expressions"); locks are those of Postgres "Explicit Locking", MySQL "Online DDL Operations" and SQLite, which locks the whole file.

mod alter;
mod statement;
#[cfg(test)]
mod tests;
mod token;

use statement::Script;

/// Which database reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
    /// SQLite.
    Sqlite,
}

/// What it does to a release that does not know it. The worst is last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It changes nothing that a release could see.
    Neutral,
    /// It adds something, or loosens a rule.
    Expand,
    /// It may lock a table for as long as it takes to read or write it.
    Blocking,
    /// It is not clear what it does.
    Unknown,
    /// It takes something away, renames it, or makes a rule stricter: the old release may fail.
    Contract,
}

/// A statement and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classified {
    /// Its first words, for people.
    pub start: String,
    /// What it does.
    pub effect: Effect,
}

/// The most bytes of a script; a longer one is unknown.
pub const MAX_SCRIPT: usize = 4 << 20;

/// Every statement of a script, and what it does.
pub fn statements(script: &str, dialect: Dialect) -> Vec<Classified> {
    let unknown = |start: &str| vec![Classified { start: start.to_owned(), effect: Effect::Unknown }];
    if script.len() > MAX_SCRIPT {
        return unknown("a script of more than 4 MiB");
    }
    match token::tokens(script, dialect) {
        Ok(tokens) => Script::new(dialect).classify(&tokens),
        Err(token::Unreadable(why)) => unknown(why),
    }
}

/// What a script does: the worst of its statements. A script of none is neutral.
pub fn classify(script: &str, dialect: Dialect) -> Effect {
    let effects = statements(script, dialect).into_iter().map(|statement| statement.effect);
    effects.max().unwrap_or(Effect::Neutral)
}
