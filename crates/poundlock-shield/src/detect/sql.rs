//! SQL injection.
//!
//! Main item: [`detect`]. A value is read as SQL three times: as it stands, and as what is left when its
//! first `'` or `"` has closed the literal around it (the idea of contexts is libinjection's). What counts is
//! grammar that does something – a condition, a query, a call, a second statement – at a place where
//! the query around the value would take it. Words alone never count.

mod broken;
mod calls;
mod clauses;
mod expr;
mod pieces;
mod rules;
mod statement;
mod token;
mod word;

use super::{Hits, LIKELY, Subject, hints::Mark};
use expr::Sentence;
pub(super) use statement::SHORT;
use token::tokens;

/// Looks for SQL in every context the value may end up in.
pub(super) fn detect(subject: &Subject<'_>, hits: &mut Hits) {
    let text = subject.text;
    let hints = &subject.hints;
    if hints.sql(text) || hints.has(Mark::QUOTES) && memchr::memmem::find(text, b"--").is_some() {
        read(text, 0, None, hits);
    }
    for (quote, mark) in [(b'\'', Mark::SINGLE), (b'"', Mark::DOUBLE)] {
        if hints.has(mark)
            && let Some(at) = memchr::memchr(quote, text)
            && (at == 0 || token::continues(text, at + 1))
        {
            read(text, at, Some(quote), hits);
        }
    }
}

fn read(text: &[u8], from: usize, quote: Option<u8>, hits: &mut Hits) {
    let tokens = tokens(text, from, quote);
    let sentence = Sentence::new(text, &tokens);
    for at in 0..tokens.len() {
        rules::at(&sentence, at, hits);
    }
    if text.len() <= pieces::LONGEST && text.is_ascii() {
        let found = (0..tokens.len()).find_map(|at| Some((at, pieces::at(&sentence, at)?)));
        if let Some((at, end)) = found {
            rules::add(&sentence, at, end, "piece", LIKELY, hits);
        }
    }
    statement::whole(&sentence, hits);
}
