//! What the parts of an `ALTER TABLE` do.
//!
//! Main item: [`actions`].

use super::{Dialect, Effect, statement::next_is, token::Token};

/// The worst of all parts.
pub(super) fn actions(tokens: &[Token], dialect: Dialect) -> Effect {
    let mut depth = 0u32;
    let parts = tokens.split(|token| {
        match token {
            Token::Mark('(') => depth += 1,
            Token::Mark(')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        *token == Token::Mark(',') && depth == 0
    });
    parts.map(|part| action(part, dialect)).max().unwrap_or(Effect::Unknown)
}

fn action(part: &[Token], dialect: Dialect) -> Effect {
    let Some(Token::Word(verb)) = part.first() else { return Effect::Unknown };
    let rest = &part[1..];
    match verb.as_str() {
        "ADD" => add(rest, dialect),
        "DROP" => drop(rest, dialect),
        "RENAME" if renames_inside(rest) => Effect::Neutral,
        "RENAME" | "MODIFY" | "CHANGE" => Effect::Contract,
        // `ALTER INDEX name VISIBLE`; elsewhere a column may be called like that.
        "ALTER" if dialect == Dialect::MySql && next_is(rest, "INDEX") => Effect::Neutral,
        "ALTER" => alter_column(rest),
        "VALIDATE" => Effect::Neutral,
        // How MySQL shall do it.
        "ALGORITHM" | "LOCK" | "AUTO_INCREMENT" | "COMMENT" => Effect::Neutral,
        "ENGINE" | "FORCE" => Effect::Blocking,
        "SET" if next_is(rest, "SCHEMA") => Effect::Contract,
        "SET" if ["LOGGED", "UNLOGGED", "TABLESPACE"].iter().any(|word| next_is(rest, word)) => {
            Effect::Blocking
        }
        "SET" if rest.first() == Some(&Token::Mark('(')) => Effect::Neutral,
        _ => Effect::Unknown,
    }
}

fn add(mut rest: &[Token], dialect: Dialect) -> Effect {
    let stricter = ["CONSTRAINT", "CHECK", "UNIQUE", "FOREIGN", "PRIMARY", "EXCLUDE"];
    if stricter.iter().any(|word| next_is(rest, word)) {
        return Effect::Contract;
    }
    if next_is(rest, "INDEX") || next_is(rest, "KEY") {
        return if dialect == Dialect::MySql { Effect::Expand } else { Effect::Unknown };
    }
    if ["FULLTEXT", "SPATIAL"].iter().any(|word| next_is(rest, word)) {
        return Effect::Blocking;
    }
    if ["PARTITION", "SYSTEM", "PERIOD"].iter().any(|word| next_is(rest, word)) {
        return Effect::Unknown;
    }
    for word in ["COLUMN", "IF", "NOT", "EXISTS"] {
        rest = if next_is(rest, word) { &rest[1..] } else { rest };
    }
    // MySQL takes several columns in brackets.
    if !matches!(rest.first(), Some(Token::Word(_) | Token::Quoted(_))) {
        return Effect::Unknown;
    }
    add_column(&rest[1..], dialect)
}

fn add_column(rest: &[Token], dialect: Dialect) -> Effect {
    let has = |word| rest.iter().any(|token: &Token| token.is(word));
    let not_null = rest.windows(2).any(|pair| pair[0].is("NOT") && pair[1].is("NULL"));
    let serial = ["SERIAL", "BIGSERIAL", "SMALLSERIAL", "AUTO_INCREMENT"].iter().any(|word| has(word));
    let default = rest.iter().position(|token| token.is("DEFAULT"));
    // A default that is computed may be computed for every row.
    let computed = default.is_some_and(|at| rest[at..].contains(&Token::Mark('(')));
    if has("PRIMARY") {
        return Effect::Unknown;
    }
    if not_null && default.is_none() && !serial && !has("GENERATED") && !has("AS") {
        return Effect::Contract;
    }
    let checked = has("REFERENCES") && dialect != Dialect::Sqlite;
    let locks = has("UNIQUE") || has("CHECK") || has("GENERATED") || serial || computed || checked;
    if locks { Effect::Blocking } else { Effect::Expand }
}

/// `RENAME INDEX a TO b`, and not `RENAME index TO b`, which is about a column.
fn renames_inside(rest: &[Token]) -> bool {
    let is_kind = ["INDEX", "KEY", "CONSTRAINT"].iter().any(|word| next_is(rest, word));
    is_kind && rest.get(2).is_some_and(|token| token.is("TO"))
}

fn drop(rest: &[Token], dialect: Dialect) -> Effect {
    let Some(Token::Word(what)) = rest.first() else { return Effect::Contract };
    // A column may be called like that: then nothing follows the word.
    match what.as_str() {
        "CONSTRAINT" | "CHECK" if rest.len() > 1 => Effect::Expand,
        "FOREIGN" if rest.get(1).is_some_and(|token| token.is("KEY")) => Effect::Expand,
        "INDEX" | "KEY" if rest.len() > 1 && dialect == Dialect::MySql => Effect::Neutral,
        _ => Effect::Contract,
    }
}

/// `ALTER [COLUMN] name …`; a type that changes may not hold what the old release writes.
fn alter_column(rest: &[Token]) -> Effect {
    let rest = if next_is(rest, "COLUMN") { &rest[1..] } else { rest };
    let words: Vec<_> = rest.iter().skip(1).take(3).collect();
    let are = |expect: &[&str]| {
        words.len() >= expect.len() && words.iter().zip(expect).all(|(token, word)| token.is(word))
    };
    if are(&["SET", "DEFAULT"]) || are(&["SET", "STATISTICS"]) || are(&["SET", "STORAGE"]) {
        Effect::Neutral
    } else if are(&["DROP", "NOT", "NULL"]) {
        Effect::Expand
    } else if are(&["SET", "NOT", "NULL"]) || are(&["DROP"]) || are(&["TYPE"]) || are(&["SET", "DATA"]) {
        Effect::Contract
    } else {
        Effect::Unknown
    }
}
