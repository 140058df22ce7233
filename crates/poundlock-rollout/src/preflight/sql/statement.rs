//! What a statement does, by its first words.
//!
//! Main type: [`Script`], which remembers the tables that a script made itself: no release knows them yet.

use super::{Classified, Dialect, Effect, alter, token::Token};
use std::collections::HashSet;

/// Words of a statement that are shown.
const SHOWN: usize = 6;

pub(super) struct Script {
    dialect: Dialect,
    made: HashSet<String>,
}

impl Script {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, made: HashSet::new() }
    }

    pub(super) fn classify(mut self, tokens: &[Token]) -> Vec<Classified> {
        let statements = tokens.split(|token| *token == Token::Mark(';')).filter(|tokens| !tokens.is_empty());
        statements.map(|tokens| Classified { start: start(tokens), effect: self.statement(tokens) }).collect()
    }

    fn statement(&mut self, tokens: &[Token]) -> Effect {
        let Some(Token::Word(verb)) = tokens.first() else { return Effect::Unknown };
        let rest = &tokens[1..];
        let has = |word| rest.iter().any(|token: &Token| token.is(word));
        match verb.as_str() {
            "CREATE" => self.create(rest),
            "DROP" => self.drop(rest),
            "ALTER" if next_is(rest, "TABLE") => self.alter_table(&rest[1..]),
            "ALTER" if next_is(rest, "TYPE") && has("ADD") && has("VALUE") => Effect::Expand,
            "ALTER" if next_is(rest, "INDEX") && has("RENAME") => Effect::Neutral,
            "ALTER" if has("RENAME") || has("DROP") => Effect::Contract,
            "INSERT" => self.insert(rest),
            "DELETE" | "TRUNCATE" | "RENAME" | "REVOKE" => Effect::Contract,
            "GRANT" => Effect::Expand,
            "COMMENT" | "ANALYZE" | "COMMIT" | "SAVEPOINT" | "RELEASE" => Effect::Neutral,
            // Of a transaction, and not of a body.
            "BEGIN" | "START" if rest.is_empty() || begins_transaction(rest) => Effect::Neutral,
            // `END` alone ends a transaction; the end of a body may hide what came before.
            "END" if rest.is_empty() => Effect::Neutral,
            "SET"
                if !(has("PASSWORD")
                    || has("GLOBAL")
                    || has("PERSIST")
                    || rest.contains(&Token::Mark('('))) =>
            {
                Effect::Neutral
            }
            "PRAGMA" if next_is(rest, "FOREIGN_KEYS") || next_is(rest, "DEFER_FOREIGN_KEYS") => {
                Effect::Neutral
            }
            "VACUUM" if !has("FULL") && self.dialect == Dialect::Postgres => Effect::Neutral,
            "REFRESH" | "REINDEX" if has("CONCURRENTLY") => Effect::Neutral,
            "VACUUM" | "REFRESH" | "REINDEX" | "CLUSTER" | "LOCK" | "OPTIMIZE" => Effect::Blocking,
            _ => Effect::Unknown,
        }
    }

    fn create(&mut self, rest: &[Token]) -> Effect {
        let replaces = next_is(rest, "OR");
        let kind = rest.iter().position(|token| {
            let kinds =
                ["TABLE", "INDEX", "VIEW", "TYPE", "SCHEMA", "SEQUENCE", "EXTENSION", "DOMAIN", "FUNCTION"];
            kinds.iter().any(|kind| token.is(kind))
        });
        let Some(at) = kind.filter(|at| *at <= 4 && !replaces) else { return Effect::Unknown };
        let before = |word| rest[..at].iter().any(|token| token.is(word));
        let behind = &rest[at + 1..];
        match &rest[at] {
            // What it runs later is not known, but nobody calls it yet.
            _ if before("TRIGGER") || before("EVENT") => Effect::Unknown,
            token if token.is("INDEX") => self.create_index(rest, at),
            token if token.is("TABLE") => {
                let temporary = before("TEMP") || before("TEMPORARY");
                let maybe = next_is(behind, "IF");
                if let (false, Some((name, _))) = (maybe || temporary, table_name(behind)) {
                    self.made.insert(name);
                }
                if temporary { Effect::Neutral } else { Effect::Expand }
            }
            _ => Effect::Expand,
        }
    }

    fn create_index(&self, rest: &[Token], at: usize) -> Effect {
        let on = rest.iter().position(|token| token.is("ON"));
        let table = on.and_then(|on| table_name(&rest[on + 1..]));
        let Some((table, _)) = table else { return Effect::Unknown };
        let has = |word| rest[..at + 2.min(rest.len() - at)].iter().any(|token| token.is(word));
        if self.made.contains(&table) {
            return Effect::Expand;
        }
        if has("UNIQUE") {
            // Rows that the old release may write are refused.
            return Effect::Contract;
        }
        let writes_go_on = match self.dialect {
            Dialect::Postgres => has("CONCURRENTLY"),
            Dialect::MySql => !has("FULLTEXT") && !has("SPATIAL"),
            Dialect::Sqlite => false,
        };
        if writes_go_on { Effect::Expand } else { Effect::Blocking }
    }

    fn drop(&mut self, rest: &[Token]) -> Effect {
        let has = |word| rest.iter().take(2).any(|token| token.is(word));
        if next_is(rest, "INDEX") {
            let locks = self.dialect == Dialect::Postgres && !has("CONCURRENTLY");
            return if locks { Effect::Blocking } else { Effect::Neutral };
        }
        if next_is(rest, "TEMPORARY") {
            return Effect::Neutral;
        }
        let own = next_is(rest, "TABLE")
            && table_name(&rest[1..])
                .is_some_and(|(name, behind)| behind.is_empty() && self.made.remove(&name));
        if own { Effect::Neutral } else { Effect::Contract }
    }

    fn alter_table(&mut self, rest: &[Token]) -> Effect {
        let Some((name, actions)) = table_name(rest) else { return Effect::Unknown };
        if !self.made.contains(&name) {
            return alter::actions(actions, self.dialect);
        }
        // A table of its own may get the name of one that a release knows.
        if actions.iter().any(|token| token.is("RENAME")) { Effect::Unknown } else { Effect::Expand }
    }

    fn insert(&self, rest: &[Token]) -> Effect {
        let has = |word| rest.iter().any(|token: &Token| token.is(word));
        let into = rest.iter().position(|token| token.is("INTO"));
        let table = into.and_then(|into| table_name(&rest[into + 1..]));
        match table {
            Some((name, _)) if self.made.contains(&name) => Effect::Expand,
            _ if has("UPDATE") || has("REPLACE") || has("CONFLICT") || has("DUPLICATE") => Effect::Unknown,
            Some(_) if has("SELECT") => Effect::Blocking,
            Some(_) if has("VALUES") || has("VALUE") => Effect::Neutral,
            _ => Effect::Unknown,
        }
    }
}

fn begins_transaction(rest: &[Token]) -> bool {
    ["TRANSACTION", "WORK", "IMMEDIATE", "EXCLUSIVE", "DEFERRED"].iter().any(|word| next_is(rest, word))
}

pub(super) fn next_is(tokens: &[Token], word: &str) -> bool {
    tokens.first().is_some_and(|token| token.is(word))
}

/// The name of a table, as far as it can be compared, and what follows it.
fn table_name(mut tokens: &[Token]) -> Option<(String, &[Token])> {
    for word in ["IF", "NOT", "EXISTS", "ONLY"] {
        if next_is(tokens, word) {
            tokens = &tokens[1..];
        }
    }
    let mut name = String::new();
    loop {
        match tokens.first()? {
            // Bare names are the same in any case; for a quoted one that may not hold, so it never equals a bare one by luck.
            Token::Word(word) => name.push_str(word),
            Token::Quoted(text) => name.push_str(&format!("\"{text}\"")),
            Token::Text | Token::Mark(_) => return None,
        }
        tokens = &tokens[1..];
        if tokens.first() != Some(&Token::Mark('.')) {
            return Some((name, tokens));
        }
        name.push('.');
        tokens = &tokens[1..];
    }
}

fn start(tokens: &[Token]) -> String {
    let words = tokens.iter().take(SHOWN).map(|token| match token {
        Token::Word(text) | Token::Quoted(text) => text[..text.floor_char_boundary(64)].to_owned(),
        Token::Text => "'…'".to_owned(),
        Token::Mark(mark) => mark.to_string(),
    });
    words.collect::<Vec<_>>().join(" ")
}
