//! Reads expressions and conditions of SQL out of tokens.
//!
//! Main types: [`Sentence`], the tokens with what was learnt about them, and [`Operand`]. Every read looks at
//! a bounded number of tokens, so a detector that tries it at each token stays linear.

use std::cell::Cell;

use super::{
    token::{Kind, Token},
    word::Word,
};

/// How far a read goes.
const REACH: usize = 48;

/// How many operands may be read for one token that gives a reason: groups nest, and reads start again.
const FUEL: u32 = 128;

/// The tokens of one reading of a value.
pub(super) struct Sentence<'a> {
    pub(super) text: &'a [u8],
    pub(super) tokens: &'a [Token],
    /// For each `(`, the index of its `)`; for all others, their own index.
    partners: Vec<u32>,
    fuel: Cell<u32>,
}

/// What an expression is made of, the most telling part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operand {
    /// A column, or any word.
    Name,
    /// A call of a function that is not one of SQL's.
    Call,
    Number,
    /// `NULL`, `TRUE`
    Literal,
    Text,
    OpenText,
    Variable,
    /// `CASE … END`
    Case,
    /// A call of a function of SQL.
    Function,
    /// A call that only attacks make.
    Probe,
    /// A query in parentheses.
    Query,
}

impl Operand {
    /// Whether its value is known without the database.
    pub(super) fn constant(self) -> bool {
        matches!(self, Operand::Number | Operand::Literal | Operand::Text | Operand::OpenText)
    }

    /// Whether it asks the database for something.
    pub(super) fn asks(self) -> bool {
        self >= Operand::Variable
    }
}

impl<'a> Sentence<'a> {
    pub(super) fn new(text: &'a [u8], tokens: &'a [Token]) -> Self {
        let mut partners: Vec<u32> = (0..tokens.len() as u32).collect();
        let mut open = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            match token.kind {
                Kind::Open => open.push(at),
                Kind::Close => {
                    if let Some(start) = open.pop() {
                        partners[start] = at as u32;
                    }
                }
                _ => {}
            }
        }
        Self { text, tokens, partners, fuel: Cell::new(FUEL) }
    }

    /// Allows another read.
    pub(super) fn refuel(&self) {
        self.fuel.set(FUEL);
    }

    pub(super) fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    pub(super) fn is(&self, at: usize, word: Word) -> bool {
        self.kind(at) == Some(Kind::Word(word))
    }

    pub(super) fn spelled(&self, at: usize) -> &'a [u8] {
        self.tokens.get(at).map_or(&[], |token| &self.text[token.start..token.end])
    }

    pub(super) fn says(&self, at: usize, word: &str) -> bool {
        self.spelled(at).eq_ignore_ascii_case(word.as_bytes())
    }

    /// Whether the query could go on after `at` without the rest of the value: nothing is left, or a comment
    /// hides it.
    pub(super) fn ends(&self, at: usize) -> bool {
        match self.kind(at) {
            None | Some(Kind::Tail) => true,
            Some(Kind::Semicolon) => matches!(self.kind(at + 1), None | Some(Kind::Tail)),
            _ => false,
        }
    }

    /// The index after the `)` that belongs to the `(` at `at`, or after the last token.
    fn after_group(&self, at: usize) -> usize {
        let partner = self.partners[at] as usize;
        if partner == at { self.tokens.len() } else { partner + 1 }
    }

    /// Skips `(`s.
    pub(super) fn skip_open(&self, mut at: usize) -> usize {
        while self.kind(at) == Some(Kind::Open) {
            at += 1;
        }
        at
    }

    /// Reads one operand at `at`; returns the index after it.
    pub(super) fn operand(&self, at: usize) -> Option<(usize, Operand)> {
        self.fuel.set(self.fuel.get().checked_sub(1)?);
        let at = self.skip_signs(at);
        match self.kind(at)? {
            Kind::Number => Some((at + 1, Operand::Number)),
            Kind::Text => Some((self.skip_texts(at + 1), Operand::Text)),
            Kind::OpenText => Some((at + 1, Operand::OpenText)),
            Kind::Variable => Some((self.skip_dots(at + 1), Operand::Variable)),
            Kind::Open => Some(self.group(at)),
            Kind::Word(word) => self.named(at, word),
            _ => None,
        }
    }

    fn skip_signs(&self, mut at: usize) -> usize {
        for _ in 0..16 {
            let sign = match self.kind(at) {
                Some(Kind::Word(Word::Not | Word::All)) => true,
                Some(Kind::Operator) => matches!(self.spelled(at), b"-" | b"+" | b"~" | b"!"),
                _ => false,
            };
            if !sign {
                break;
            }
            at += 1;
        }
        at
    }

    /// Strings side by side are one for most databases.
    fn skip_texts(&self, mut at: usize) -> usize {
        let mut left = REACH;
        while left > 0 && self.kind(at) == Some(Kind::Text) {
            at += 1;
            left -= 1;
        }
        at
    }

    fn skip_dots(&self, mut at: usize) -> usize {
        let mut left = 8;
        while left > 0 && self.kind(at) == Some(Kind::Dot) && !self.ends(at + 1) {
            at += 2;
            left -= 1;
        }
        at
    }

    fn group(&self, at: usize) -> (usize, Operand) {
        let end = self.after_group(at);
        let inner = self.skip_open(at);
        if self.is(inner, Word::Select) && self.selects(inner) {
            return (end, Operand::Query);
        }
        let kind = self.expression(inner).map_or(Operand::Name, |inner| inner.kind);
        (end, kind)
    }

    fn named(&self, at: usize, word: Word) -> Option<(usize, Operand)> {
        let call = self.kind(at + 1) == Some(Kind::Open);
        match word {
            Word::Literal => Some((at + 1, Operand::Literal)),
            Word::Secret if call => Some((self.after_group(at + 1), Operand::Function)),
            Word::Secret => Some((at + 1, Operand::Variable)),
            Word::Case => Some((self.case_end(at), Operand::Case)),
            Word::Probe | Word::Encode | Word::Condition if call => {
                Some((self.after_group(at + 1), Operand::Probe))
            }
            // SQLite and others call `LIKE(a, b)` and `IN(…)` too.
            Word::Function | Word::Compare if call => Some((self.after_group(at + 1), Operand::Function)),
            Word::Name | Word::Catalogue | Word::Table | Word::Values if call => {
                Some((self.after_group(at + 1), Operand::Call))
            }
            Word::Name
            | Word::Catalogue
            | Word::Table
            | Word::Values
            | Word::Function
            | Word::Probe
            | Word::Encode
            | Word::File
            | Word::Statement
            | Word::Condition
            | Word::End => self.path(at),
            _ => None,
        }
    }

    /// `schema.table.column`, or a call of a function with a dotted name.
    fn path(&self, at: usize) -> Option<(usize, Operand)> {
        let end = self.skip_dots(at + 1);
        let probe =
            (at..end).any(|part| matches!(self.kind(part), Some(Kind::Word(Word::Probe | Word::Catalogue))));
        if self.kind(end) == Some(Kind::Open) && end > at + 1 {
            let kind = if probe { Operand::Probe } else { Operand::Call };
            return Some((self.after_group(end), kind));
        }
        // `UTL_HTTP.REQUEST`, cut short
        let package = end > at + 1 && self.is(at, Word::Probe);
        Some((end, if package { Operand::Probe } else { Operand::Name }))
    }

    fn case_end(&self, at: usize) -> usize {
        let last = (at + REACH).min(self.tokens.len());
        (at..last).find(|at| self.is(*at, Word::End)).map_or(last, |end| end + 1)
    }

    /// Reads operands joined by operators; returns the index after them and the most telling operand, and
    /// whether all of them are constants.
    pub(super) fn expression(&self, at: usize) -> Option<Expression> {
        let (mut end, first) = self.operand(at)?;
        let mut whole = Expression { end, kind: first, constant: first.constant() };
        for _ in 0..REACH {
            let joined = match self.kind(end) {
                Some(Kind::Operator | Kind::Pipes | Kind::Word(Word::Operator)) => end + 1,
                Some(Kind::Dot) if self.spelled(end) == b"::" => end + 1,
                _ => break,
            };
            let Some((next, kind)) = self.operand(joined) else { break };
            end = next;
            whole.end = end;
            whole.constant &= kind.constant();
            whole.kind = whole.kind.max(kind);
        }
        Some(whole)
    }

    /// Reads `a = b`, `a LIKE b`, `a IN (…)`, `a IS NULL`, `a BETWEEN b AND c`.
    pub(super) fn condition(&self, at: usize) -> Option<Condition> {
        let inner = self.skip_open(at);
        let opened = inner - at;
        let left = self.expression(inner)?;
        let mut at = left.end;
        for _ in 0..opened {
            at += usize::from(self.kind(at) == Some(Kind::Close));
        }
        let word = match self.kind(at)? {
            Kind::Compare => false,
            Kind::Word(Word::Compare | Word::Not) => true,
            _ => return None,
        };
        while matches!(self.kind(at), Some(Kind::Compare | Kind::Word(Word::Compare | Word::Not | Word::By)))
        {
            at += 1;
        }
        // A word such as LIKE or IS takes what stands in a sentence of English as well.
        let right = self.expression(self.skip_open_once(at))?;
        Some(Condition { end: right.end, left, right, word })
    }

    /// `IN (1, 2)`: into the list, unless it is a query.
    fn skip_open_once(&self, at: usize) -> usize {
        let inner = self.skip_open(at);
        if inner > at && !self.is(inner, Word::Select) && !self.is(inner, Word::Case) { inner } else { at }
    }

    /// Whether a `SELECT` at `at` is followed by a list of columns and not by English.
    pub(super) fn selects(&self, at: usize) -> bool {
        self.select_list(at).is_some()
    }

    /// The index after the columns of the `SELECT` at `at`, if these are columns.
    pub(super) fn select_list(&self, at: usize) -> Option<usize> {
        let mut item = at + 1;
        while self.is(item, Word::All) {
            // `TOP 1`, `DISTINCT ON (…)`
            item += 1 + usize::from(self.says(item, "top"));
        }
        let mut named_only = true;
        for count in 0..REACH {
            let next = self.column(item, &mut named_only)?;
            match self.kind(next) {
                Some(Kind::Comma) => {
                    if self.ends(next + 1) {
                        return (!named_only || count > 0).then_some(next + 1);
                    }
                    item = next + 1;
                }
                Some(Kind::Word(Word::From)) => return self.has_tables(next, named_only).then_some(next),
                _ if named_only => {
                    return (count > 0 && self.ends(next)).then_some(next);
                }
                _ => return Some(next),
            }
        }
        Some(item)
    }

    fn column(&self, at: usize, named_only: &mut bool) -> Option<usize> {
        if self.kind(at) == Some(Kind::Operator) && self.spelled(at) == b"*" {
            *named_only &= !matches!(self.kind(at + 1), Some(Kind::Word(Word::From | Word::Into)));
            return Some(at + 1);
        }
        let item = match self.condition(at) {
            Some(condition) => {
                *named_only &= condition.word;
                condition.end
            }
            None => {
                let item = self.expression(at)?;
                *named_only &= matches!(item.kind, Operand::Name);
                item.end
            }
        };
        Some(self.alias(item))
    }

    fn alias(&self, at: usize) -> usize {
        match self.kind(at) {
            Some(Kind::Word(Word::As)) => at + 2,
            Some(Kind::Word(Word::Name)) if self.tokens[at].start > 0 => at + 1,
            _ => at,
        }
    }

    /// Whether a table follows the `FROM` at `at`: a name that something of SQL or nothing follows, or a query.
    fn has_tables(&self, at: usize, named_only: bool) -> bool {
        let table = self.skip_open(at + 1);
        if table > at + 1 {
            return true;
        }
        let Some((next, kind)) = self.operand(table) else { return !named_only };
        if !named_only || kind != Operand::Name {
            return true;
        }
        // English goes on with words: `select one from the list`.
        match self.kind(next) {
            None | Some(Kind::Tail | Kind::Semicolon | Kind::Close | Kind::Comma) => true,
            // `select a from b where` is also how English goes on.
            Some(Kind::Word(Word::Where)) => self.condition(next + 1).is_some(),
            Some(Kind::Word(
                Word::Order | Word::Group | Word::Limit | Word::Union | Word::Having | Word::As,
            )) => true,
            _ => false,
        }
    }
}

/// An expression that was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expression {
    pub(super) end: usize,
    pub(super) kind: Operand,
    pub(super) constant: bool,
}

/// A condition that was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Condition {
    pub(super) end: usize,
    pub(super) left: Expression,
    pub(super) right: Expression,
    /// Whether a word compares, not a sign.
    pub(super) word: bool,
}
