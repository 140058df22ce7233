//! What is suspicious in a sentence of SQL, token by token.
//!
//! Main item: [`at`]. Each rule asks two things: does grammar follow that does something, and could the query
//! around the value stand before it.

use super::{
    Hits, broken, calls, clauses,
    expr::{Condition, Operand, Sentence},
    statement,
    token::Kind,
    word::Word,
};
use crate::{
    class::Class,
    detect::{CERTAIN, DOUBTFUL, LIKELY, ODD},
};

/// Applies the rules that start at the token `at`.
pub(super) fn at(s: &Sentence<'_>, at: usize, hits: &mut Hits) {
    let Some(kind) = s.kind(at) else { return };
    s.refuel();
    let found = match kind {
        Kind::Word(Word::Union) => clauses::union(s, at),
        Kind::Word(Word::And) | Kind::Pipes | Kind::Ampersands => logic(s, at),
        Kind::Word(Word::Where | Word::Having) => clauses::filter(s, at),
        Kind::Word(Word::Order | Word::Group) => clauses::sorting(s, at),
        Kind::Word(Word::Probe | Word::Encode | Word::Condition | Word::Function | Word::Catalogue) => {
            calls::call(s, at)
        }
        Kind::Word(Word::Into) => clauses::into(s, at),
        Kind::Word(Word::Procedure) => clauses::procedure(s, at),
        Kind::Word(Word::Case) => clauses::case(s, at),
        Kind::Word(Word::Limit) => clauses::limit(s, at),
        Kind::Word(Word::Select) => clauses::inner_select(s, at),
        Kind::Word(Word::Statement) => statement::inner(s, at),
        Kind::Word(Word::Waitfor) => statement::waitfor(s, at),
        Kind::Word(Word::Compare) | Kind::Compare => compared(s, at),
        Kind::Variable => calls::variable(s, at),
        Kind::Open => clauses::query(s, at),
        Kind::Semicolon => statement::stacked(s, at),
        Kind::Break => broken::broken(s, at),
        _ => None,
    };
    if let Some((rule, end, score)) = found {
        add(s, at, end, rule, score, hits);
    }
}

/// A longer value is a text, in which SQL may be an example.
pub(super) const LONG: usize = 512;

pub(super) type Found = Option<(&'static str, usize, u8)>;

pub(super) fn add(s: &Sentence<'_>, at: usize, end: usize, rule: &'static str, score: u8, hits: &mut Hits) {
    let last = end.clamp(at + 1, s.tokens.len()) - 1;
    hits.add(Class::Sqli, rule, s.tokens[at].start..s.tokens[last].end, score);
}

/// `AND 1=1`, `|| 'a'='a`, `OR sleep(1)`
fn logic(s: &Sentence<'_>, at: usize) -> Found {
    let pipes = s.kind(at) == Some(Kind::Pipes);
    if s.is(at + 1, Word::And) && s.spelled(at).len() == s.spelled(at + 1).len() {
        return None;
    }
    let before = before(s, at);
    let start = at + 1;
    if s.says(start, "match") && (start + 1..start + 6).any(|at| s.says(at, "against")) {
        return Some(("match", start + 1, if before == Before::Word { LIKELY } else { CERTAIN }));
    }
    if let Some(condition) = s.condition(start) {
        let score = condition_score(s, at, &condition, before);
        if let Some(end) = cut(s, before).filter(|_| score < CERTAIN) {
            return Some(("cut", end, CERTAIN));
        }
        return (score > 0).then_some(("condition", condition.end, score));
    }
    if let Some(end) = cut(s, before) {
        return Some(("cut", end, CERTAIN));
    }
    if s.is(start, Word::Select) && before != Before::Word && s.selects(start) {
        return Some(("query", start + 2, CERTAIN));
    }
    let opened = s.kind(start) == Some(Kind::Open) && s.is(start + 1, Word::Select);
    if opened && before != Before::Word && (start + 2..start + 12).any(|at| s.is(at, Word::From)) {
        return Some(("query", start + 2, CERTAIN));
    }
    let operand = s.expression(s.skip_open(start))?;
    let closed = s.ends(operand.end) || s.kind(operand.end) == Some(Kind::Close);
    let score = match operand.kind {
        Operand::Query => CERTAIN,
        Operand::Probe if before != Before::Word => CERTAIN,
        Operand::Function if before == Before::Break => CERTAIN,
        Operand::Function
            if before == Before::Number && (closed || s.kind(operand.end) == Some(Kind::Compare)) =>
        {
            CERTAIN
        }
        kind if kind.asks() && before == Before::Break && closed => CERTAIN,
        Operand::Function if before == Before::Start && hidden(s, operand.end) => CERTAIN,
        kind if kind.asks() && before == Before::Number && hidden(s, operand.end) => CERTAIN,
        // Nothing but the quote stands before it.
        Operand::Number | Operand::Literal if before == Before::Break && closed && s.tokens[0].start == 0 => {
            CERTAIN
        }
        Operand::Function | Operand::Case | Operand::Variable if before != Before::Word => LIKELY,
        // `' or 1 -- `, `' or 'x`: the query goes on only if something closes the literal.
        Operand::OpenText if before == Before::Break && !pipes && nonempty(s, operand.end) && tight(s) => {
            CERTAIN
        }
        _ if before == Before::Break && operand.constant && hidden(s, operand.end) => CERTAIN,
        _ if before == Before::Break && operand.constant && (closed || pipes) => LIKELY,
        Operand::Number | Operand::Literal if before == Before::Number && hidden(s, operand.end) => CERTAIN,
        Operand::Call if before == Before::Break => LIKELY,
        _ if before == Before::Break && more(s, operand.end) => LIKELY,
        _ => 0,
    };
    (score > 0).then_some(("operand", operand.end, score))
}

/// The end of the value, if the literal was closed after one word and a bare comment cuts the query off at the end.
fn cut(s: &Sentence<'_>, before: Before) -> Option<usize> {
    if before != Before::Break || s.text.len() > LONG {
        return None;
    }
    let last = s.tokens.last().filter(|token| token.kind == Kind::Tail)?;
    let bare = s.text[last.start..].iter().all(|byte| matches!(byte, b'-' | b'#' | b' ' | b'+'));
    let word = !s.text[..s.tokens[0].start].iter().any(u8::is_ascii_whitespace);
    (bare && word).then_some(s.tokens.len())
}

/// Whether the open string before `end` has something in it: `' or 'a`.
pub(super) fn nonempty(s: &Sentence<'_>, end: usize) -> bool {
    end > 0
        && s.spelled(end - 1).len() > 1
        && s.spelled(end - 1).len() < 24
        && !s.spelled(end - 1).contains(&b' ')
}

/// Whether the literal was closed where prose does not have a quote: after a word, or by `'`.
fn tight(s: &Sentence<'_>) -> bool {
    let quote = s.tokens[0].start;
    !s.text[..quote].iter().any(u8::is_ascii_whitespace) || s.text[quote] == b'\''
}

/// Whether a comment hides the rest of the query.
pub(super) fn hidden(s: &Sentence<'_>, at: usize) -> bool {
    let mut at = at;
    while s.kind(at) == Some(Kind::Close) {
        at += 1;
    }
    match s.kind(at) {
        Some(Kind::Tail) => true,
        Some(Kind::Semicolon) => s.kind(at + 1) == Some(Kind::Tail),
        _ => false,
    }
}

/// Whether another condition follows.
fn more(s: &Sentence<'_>, at: usize) -> bool {
    s.is(at, Word::And) && s.condition(at + 1).is_some_and(|c| c.left.constant && c.right.constant && !c.word)
}

/// What stands before a token, as far as a query would mind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// The end of the literal around the value, parentheses after it left out.
    Break,
    /// Nothing: the value starts here.
    Start,
    /// A number, a string or a `)`.
    Number,
    Word,
}

pub(super) fn before(s: &Sentence<'_>, at: usize) -> Before {
    let mut at = at;
    let mut closed = false;
    while at > 0 && matches!(s.kind(at - 1), Some(Kind::Close)) && !closed_here(s, at - 1) {
        at -= 1;
        closed = true;
    }
    match at.checked_sub(1).and_then(|before| s.kind(before)) {
        None if closed => Before::Number,
        None => Before::Start,
        Some(Kind::Break) => Before::Break,
        Some(Kind::Number | Kind::Text | Kind::Variable | Kind::Close | Kind::Word(Word::Literal)) => {
            Before::Number
        }
        Some(_) if closed => Before::Number,
        Some(_) => Before::Word,
    }
}

/// Whether the `)` at `at` closes a `(` of the value's own.
fn closed_here(s: &Sentence<'_>, at: usize) -> bool {
    let from = at.saturating_sub(16);
    let count = |kind| s.tokens[from..at].iter().filter(|token| token.kind == kind).count();
    count(Kind::Open) > count(Kind::Close)
}

/// How sure a condition after a logical operator is an injected one.
fn condition_score(s: &Sentence<'_>, at: usize, c: &Condition, before: Before) -> u8 {
    let (left, right) = (c.left.kind, c.right.kind);
    if left == Operand::Query || right == Operand::Query {
        return CERTAIN;
    }
    let sign = s.kind(at) == Some(Kind::Ampersands) || s.kind(at) == Some(Kind::Pipes);
    if left == Operand::Probe || right == Operand::Probe {
        return if before == Before::Word && sign { LIKELY } else { CERTAIN };
    }
    if left.asks() || right.asks() {
        let prose = before == Before::Word && (at > 3 || !s.ends(c.end));
        let prose = prose || (sign && before != Before::Break && s.text.len() > 64);
        return if prose { LIKELY } else { CERTAIN };
    }
    if c.left.constant && c.right.constant {
        let mut score = constants(s, c, before);
        // `1 < 2 and 3 > 2` is arithmetic.
        if at > 2 && before == Before::Number && matches!(s.spelled(at - 2), b"<" | b">") {
            score = score.min(LIKELY);
        }
        // `12 || 10 >=10.5` is a range of versions.
        let range = sign && before != Before::Break && !matches!(s.spelled(c.left.end), b"=" | b"==");
        return if range { score.min(LIKELY) } else { score };
    }
    let closed = s.ends(c.end) || s.kind(c.end) == Some(Kind::Close);
    // `or a = a`
    let same = !c.word && c.left.end == at + 2 && c.end == at + 4 && s.spelled(at + 1) == s.spelled(at + 3);
    if same && closed && before != Before::Word && !sign {
        return CERTAIN;
    }
    let call = left == Operand::Call || right == Operand::Call;
    match before {
        // The query's own quote ends the last string, or a comment hides it.
        Before::Break if hidden(s, c.end) || (right == Operand::OpenText && !c.word) => CERTAIN,
        Before::Break if right == Operand::OpenText && nonempty(s, c.end) => CERTAIN,
        Before::Break if !c.word && (closed || more_follows(s, c.end)) => CERTAIN,
        Before::Break | Before::Number if closed && c.word && right == Operand::Text && !sign => CERTAIN,
        Before::Break if closed && right == Operand::Literal => CERTAIN,
        Before::Number if closed && c.word && right == Operand::Literal && at == 1 => CERTAIN,
        Before::Number if at == 1 && !c.word && c.left.constant && grouped(s, at, c) => CERTAIN,
        Before::Break if closed => LIKELY,
        Before::Number if hidden(s, c.end) && !sign => CERTAIN,
        Before::Number if call && closed && !sign => LIKELY,
        Before::Number | Before::Start if !sign && closed && !c.word => LIKELY,
        Before::Word if left == Operand::Call && right == Operand::Call && closed && at <= 3 => CERTAIN,
        _ if c.word => 0,
        _ => ODD,
    }
}

/// Whether the right side of a comparison is in parentheses: `1=(…)`.
fn grouped(s: &Sentence<'_>, at: usize, c: &Condition) -> bool {
    let near = at..c.end.min(at + 12);
    near.clone().any(|at| s.kind(at) == Some(Kind::Compare) && s.kind(at + 1) == Some(Kind::Open))
}

/// Both sides are constants: `1=1`, `'a'='a`, `2 LIKE 2`.
fn constants(s: &Sentence<'_>, c: &Condition, before: Before) -> u8 {
    let closed = s.ends(c.end) || matches!(s.kind(c.end), Some(Kind::Close)) || more_follows(s, c.end);
    let text = c.left.kind == Operand::Text && matches!(c.right.kind, Operand::Text | Operand::OpenText);
    match before {
        Before::Break | Before::Number if !c.word || closed => CERTAIN,
        Before::Start if !c.word => CERTAIN,
        // `name and 1=1`: what stands before may be a column, or a word of a sentence.
        Before::Word if !c.word && (closed || text) && s.text.len() <= LONG => CERTAIN,
        Before::Word if !c.word && (closed || text) => LIKELY,
        _ if closed => LIKELY,
        _ => DOUBTFUL,
    }
}

pub(super) fn more_follows(s: &Sentence<'_>, at: usize) -> bool {
    use Word::{And, Group, Having, Into, Limit, Order, Union};
    matches!(
        s.kind(at),
        Some(
            Kind::Word(And | Union | Order | Group | Having | Limit | Into) | Kind::Pipes | Kind::Ampersands
        )
    )
}

/// `1 = (SELECT …)`, `'='`, `1=1`
fn compared(s: &Sentence<'_>, at: usize) -> Found {
    let right = s.expression(at + 1)?;
    let before = before(s, at);
    let sign = s.kind(at) == Some(Kind::Compare);
    let score = match right.kind {
        Operand::Query => CERTAIN,
        Operand::Probe if before != Before::Word => CERTAIN,
        kind if kind.asks() && before == Before::Break => CERTAIN,
        _ if before != Before::Break => return None,
        Operand::OpenText if sign && nonempty(s, right.end) => LIKELY,
        _ if right.constant && more_follows(s, right.end) => CERTAIN,
        _ if right.constant && hidden(s, right.end) => LIKELY,
        Operand::OpenText | Operand::Number | Operand::Text => DOUBTFUL,
        _ => return None,
    };
    Some(("compared", right.end, score))
}
