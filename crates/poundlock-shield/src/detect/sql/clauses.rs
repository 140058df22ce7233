//! Clauses of a query that a value adds: `WHERE`, `ORDER BY`, `UNION`, `INTO`, `CASE`, queries in parentheses.
//!
//! One function a clause; each is called with the token that starts it.

use super::{
    expr::{Operand, Sentence},
    rules::{Before, Found, LONG, before, hidden, more_follows},
    token::Kind,
    word::Word,
};
use crate::detect::{CERTAIN, DOUBTFUL, LIKELY, ODD};

/// `UNION [ALL] SELECT …`
pub(super) fn union(s: &Sentence<'_>, at: usize) -> Found {
    let mut next = at + 1;
    while s.is(next, Word::All) || s.kind(next) == Some(Kind::Open) {
        next += 1;
    }
    if s.is(next, Word::Values) && s.kind(next + 1) == Some(Kind::Open) {
        return Some(("union", next + 2, LIKELY));
    }
    if !s.is(next, Word::Select) {
        return cut_union(s, at);
    }
    let gap = &s.text[s.tokens[at].end..s.tokens[next].start];
    let commented = memchr::memmem::find(gap, b"/*").is_some();
    let odd = s.kind(next + 1) == Some(Kind::Word(Word::Name)) && s.kind(next + 2) == Some(Kind::Number);
    if commented || s.is(next + 1, Word::From) || odd {
        return Some(("union", next + 1, CERTAIN));
    }
    if let Some(end) = s.select_list(next) {
        return Some(("union", end, CERTAIN));
    }
    // Columns that are not read here, but that come from somewhere.
    let from = (next + 2..next + 24).find(|at| s.is(*at, Word::From));
    let listed = |end: usize| end <= next + 4 || (next..end).any(|at| s.kind(at) == Some(Kind::Comma));
    if let Some(from) = from.filter(|from| listed(*from) && before(s, at) != Before::Word) {
        return Some(("union", from, CERTAIN));
    }
    // Cut short, or a list that this grammar does not know.
    match s.kind(next + 1) {
        // Bytes that are not text may be letters that are still encoded.
        Some(Kind::Operator) if s.spelled(next + 1) == b"%" => Some(("union-words", next + 1, LIKELY)),
        None | Some(Kind::Tail | Kind::Other | Kind::Operator) => Some(("union", next + 1, CERTAIN)),
        Some(Kind::Number | Kind::Text | Kind::OpenText | Kind::Variable | Kind::Open) => {
            Some(("union", next + 2, CERTAIN))
        }
        // `union select keyword`: what somebody looks for in a search engine.
        Some(Kind::Word(_)) if s.ends(next + 2) || s.kind(next + 2) == Some(Kind::Close) => {
            let alone = matches!(before(s, at), Before::Start | Before::Word);
            // No column has such a name.
            if alone && !s.spelled(next + 1).is_ascii() {
                return Some(("union", next + 2, DOUBTFUL));
            }
            Some(("union", next + 2, if alone { LIKELY } else { CERTAIN }))
        }
        _ => Some(("union-words", next + 1, DOUBTFUL)),
    }
}

/// `1/**/UNION`, cut short: a comment between a number and the word gives it away.
pub(super) fn cut_union(s: &Sentence<'_>, at: usize) -> Found {
    let before = s.tokens.get(at.checked_sub(1)?)?;
    let gap = &s.text[before.end..s.tokens[at].start];
    let comment = gap.contains(&b'#') || memchr::memmem::find(gap, b"/*").is_some();
    let number = before.kind == Kind::Number && s.ends(at + 1);
    number.then_some(("union", at + 1, if comment { CERTAIN } else { DOUBTFUL }))
}

/// `WHERE 1=1`, `HAVING 1=1`
pub(super) fn filter(s: &Sentence<'_>, at: usize) -> Found {
    if s.is(at, Word::Having) && having_constant(s, at) {
        return Some(("filter", at + 2, CERTAIN));
    }
    let c = s.condition(at + 1)?;
    let prose = before(s, at) == Before::Word && !matches!(s.kind(at - 1), Some(Kind::Word(Word::Name)));
    let score = match () {
        () if c.left.kind == Operand::Query || c.right.kind == Operand::Query => CERTAIN,
        () if c.left.constant && c.right.constant && !c.word => CERTAIN,
        () if c.left.kind.asks() || c.right.kind.asks() => CERTAIN,
        () if at > 1 && s.is(at - 2, Word::From) && before(s, at - 2) != Before::Word => CERTAIN,
        () if prose || c.word => ODD,
        () if hidden(s, c.end) => CERTAIN,
        () if before(s, at) != Before::Word && s.ends(c.end) => LIKELY,
        () => DOUBTFUL,
    };
    Some(("filter", c.end, score))
}

/// `HAVING (1 OR true)`, `HAVING 1 FOR UPDATE`
fn having_constant(s: &Sentence<'_>, at: usize) -> bool {
    let operand = s.skip_open(at + 1);
    let constant = s.expression(operand).filter(|e| e.constant);
    constant.is_some_and(|e| {
        (operand > at + 1 && s.is(e.end, Word::And))
            || (s.says(e.end, "for") && s.spelled(e.end + 1).len() >= 6)
    })
}

/// `ORDER BY 1`, `GROUP BY a, b HAVING …`
pub(super) fn sorting(s: &Sentence<'_>, at: usize) -> Found {
    if !s.is(at + 1, Word::By) {
        return None;
    }
    let first = s.expression(at + 2)?;
    let mut end = first.end;
    while s.kind(end) == Some(Kind::Comma) {
        let Some(item) = s.expression(end + 1) else { break };
        end = item.end;
    }
    if s.says(end, "desc") || s.says(end, "asc") {
        end += 1;
    }
    let before = before(s, at);
    let opens = before != Before::Word;
    let score = match first.kind {
        Operand::Query | Operand::Probe => CERTAIN,
        Operand::Number if opens && (s.ends(end) || more_follows(s, end)) => CERTAIN,
        _ if opens && hidden(s, end) => CERTAIN,
        kind if opens && kind.asks() => CERTAIN,
        Operand::Number if s.ends(end) => LIKELY,
        _ if before == Before::Break && (s.ends(end) || more_follows(s, end)) => CERTAIN,
        _ if before == Before::Number && more_follows(s, end) => LIKELY,
        _ => ODD,
    };
    Some(("sorting", end, score))
}

/// `INTO OUTFILE 'x'`
pub(super) fn into(s: &Sentence<'_>, at: usize) -> Found {
    let file = s.is(at + 1, Word::File);
    let name = s.kind(at + 2);
    match name {
        _ if !file => None,
        Some(Kind::Text | Kind::OpenText | Kind::Number | Kind::Open | Kind::Word(Word::Function)) => {
            Some(("outfile", at + 3, CERTAIN))
        }
        _ if before(s, at) != Before::Word => Some(("outfile", at + 2, CERTAIN)),
        _ => Some(("outfile", at + 2, LIKELY)),
    }
}

/// `PROCEDURE ANALYSE(…)`
pub(super) fn procedure(s: &Sentence<'_>, at: usize) -> Found {
    (s.says(at + 1, "analyse") && s.kind(at + 2) == Some(Kind::Open)).then_some((
        "procedure",
        at + 3,
        CERTAIN,
    ))
}

/// `CASE WHEN 1=1 THEN …`
pub(super) fn case(s: &Sentence<'_>, at: usize) -> Found {
    if s.is(at + 2, Word::When) && s.is(at + 4, Word::Then) {
        return Some(("case", at + 5, if at <= 1 { CERTAIN } else { LIKELY }));
    }
    // `CASE WHEN … THEN … END`, from the start.
    let then = (at..at + 12).find(|at| s.is(*at, Word::Then));
    let ended = then.is_some_and(|then| (then..then + 12).any(|at| s.is(at, Word::End)));
    if at == 0 && s.is(1, Word::When) && ended {
        return Some(("case", 2, CERTAIN));
    }
    let whole = at == 0 && s.expression(0).is_some_and(|e| e.kind == Operand::Case && s.ends(e.end));
    if whole && (at..at + 12).any(|at| s.is(at, Word::Then)) {
        return Some(("case", s.tokens.len(), CERTAIN));
    }
    if !s.is(at + 1, Word::When) {
        return None;
    }
    let c = s.condition(at + 2)?;
    let certain = (c.left.constant && c.right.constant) || c.left.kind.asks() || c.right.kind.asks();
    Some(("case", c.end, if certain || s.is(c.end, Word::Then) { CERTAIN } else { LIKELY }))
}

/// `LIMIT 1,1 INTO …`, `' LIMIT 1 -- `
pub(super) fn limit(s: &Sentence<'_>, at: usize) -> Found {
    let counts = matches!(s.kind(at + 1), Some(Kind::Number));
    let open = before(s, at) == Before::Break;
    (counts && open && (hidden(s, at + 2) || hidden(s, at + 4))).then_some(("limit", at + 2, CERTAIN))
}

/// `(SELECT …)`
pub(super) fn query(s: &Sentence<'_>, at: usize) -> Found {
    let select = at + 1;
    if !s.is(select, Word::Select) {
        return tested(s, at);
    }
    match s.select_list(select) {
        Some(end) => Some(("query", end, CERTAIN)),
        None => Some(("query-words", select + 1, ODD)),
    }
}

/// `(1=1)*2` as the whole value
pub(super) fn tested(s: &Sentence<'_>, at: usize) -> Found {
    let c = s.condition(at + 1).filter(|c| at == 0 && !c.word && c.left.constant && c.right.constant)?;
    (s.kind(c.end) == Some(Kind::Close) && s.expression(at).is_some_and(|whole| s.ends(whole.end)))
        .then_some(("tested", c.end + 1, CERTAIN))
}

/// A `SELECT` that something stands before: `-1 uni0n select concat(a, b), 2 from c`.
pub(super) fn inner_select(s: &Sentence<'_>, at: usize) -> Found {
    if at == 0 || at > 5 || s.text.len() > LONG {
        return None;
    }
    if let Some(Kind::Break) = s.kind(at - 1) {
        let cut = s.tokens.last().is_some_and(|token| token.kind == Kind::Tail);
        return cut.then_some(("select", at + 1, CERTAIN));
    }
    let end = s.select_list(at)?;
    let list = at..end.min(at + 64).min(s.tokens.len());
    let has = |kind: Kind| list.clone().any(|at| s.kind(at) == Some(kind));
    let count = list.clone().filter(|at| s.kind(*at) == Some(Kind::Comma)).count();
    let numbers = s.kind(at + 1) == Some(Kind::Number) && count >= 3;
    let catalogue = s.is(end, Word::From) && s.is(s.skip_open(end + 1), Word::Catalogue);
    let again =
        (0..at).any(|at| s.is(at, Word::Select)) && s.kind(at + 1) == Some(Kind::Number) && s.ends(end);
    let certain = (has(Kind::Comma) && has(Kind::Open)) || numbers || catalogue || again;
    Some(("select", end, if certain { CERTAIN } else { DOUBTFUL }))
}
