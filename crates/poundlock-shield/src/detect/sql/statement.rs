//! Whole statements: after a `;`, and as the whole value.
//!
//! Main items: [`stacked`] and [`whole`].

use super::{
    Hits,
    expr::{Operand, Sentence},
    rules::{self, Found},
    token::Kind,
    word::Word,
};
use crate::detect::{CERTAIN, DOUBTFUL, LIKELY, ODD, pieces::notation};

/// A statement after the `;` at `at`.
pub(super) fn stacked(s: &Sentence<'_>, at: usize) -> Found {
    let (end, score) = statement(s, at + 1)?;
    // In running text a statement is an example; after a value it is an attack.
    let short = s.text.len() <= 512 || s.ends(end);
    // After a `;` a plain query is no search for one.
    let query = s.is(at + 1, Word::Select) && s.is(end, Word::From) && at > 0;
    let score = if query && short { CERTAIN } else { score };
    let after_value = at == 1 && s.kind(0) == Some(Kind::Number);
    let score = if after_value && score >= DOUBTFUL { CERTAIN } else { score };
    Some(("stacked", end, if short { score } else { score.min(LIKELY) }))
}

/// The value itself, or what is left after its literal was closed, is a statement.
pub(super) fn whole(s: &Sentence<'_>, hits: &mut Hits) {
    s.refuel();
    let mut start = 0;
    while matches!(s.kind(start), Some(Kind::Break | Kind::Close | Kind::Open | Kind::Semicolon)) {
        start += 1;
    }
    // `1 select …`, `-1' select …`
    if s.kind(start) == Some(Kind::Number) && s.is(start + 1, Word::Select) {
        start += 1;
    }
    if let Some((end, score)) = statement(s, start) {
        // After a quote in running text stands what is quoted: an example.
        let quoted = s.kind(0) == Some(Kind::Break) && s.text[..s.tokens[0].start].contains(&b' ');
        let score = if quoted { score.min(DOUBTFUL) } else { score };
        rules::add(s, start, end, "statement", score, hits);
    } else if let Some(end) = compared_groups(s) {
        rules::add(s, 0, end, "compared", CERTAIN, hits);
    } else if let Some(end) = fragment(s) {
        rules::add(s, 0, end, "fragment", LIKELY, hits);
    } else if let Some((end, score)) = calculation(s) {
        rules::add(s, 0, end, "calculation", score, hits);
    } else if s.is(start, Word::Select) && s.ends(start + 2) && s.kind(start + 1) == Some(Kind::Text) {
        rules::add(s, start, start + 2, "statement", DOUBTFUL, hits);
    }
}

/// `(1) in (binary('b')) -- `: groups that are compared, and a comment behind them.
fn compared_groups(s: &Sentence<'_>) -> Option<usize> {
    let tail = s.tokens.last().filter(|token| token.kind == Kind::Tail)?;
    let bare = s.text[tail.start..].iter().all(|byte| matches!(byte, b'-' | b'#' | b' '));
    let c = s.condition(0).filter(|_| s.kind(0) == Some(Kind::Open) && bare && s.text.len() <= SHORT)?;
    let known = |kind: Operand| kind != Operand::Name && kind != Operand::Call;
    (known(c.left.kind) && known(c.right.kind)).then_some(c.end)
}

/// A statement that something stands before: sure when it runs a procedure of the system.
pub(super) fn inner(s: &Sentence<'_>, at: usize) -> Found {
    if at == 0 || s.text.len() > rules::LONG {
        return None;
    }
    let (end, score) = verb(s, at)?;
    let runs = s.says(at, "exec") || s.says(at, "execute");
    let name = s.spelled(at + 1).to_ascii_lowercase();
    let system = runs && (name.starts_with(b"xp_") || name.starts_with(b"sp_"));
    let joined = s.text[..s.tokens[at].start].ends_with(b"*/");
    (score == CERTAIN).then_some(("inner", end, if system || joined { CERTAIN } else { DOUBTFUL }))
}

/// The longest value that may be a piece of SQL and nothing else.
pub(in crate::detect) const SHORT: usize = 96;

/// A piece of SQL that means nothing by itself, and nothing else: `HEX(`, `11 != 1`, `LIKE NULL`, `sysobjects`.
fn fragment(s: &Sentence<'_>) -> Option<usize> {
    if s.text.len() > SHORT || s.kind(0) == Some(Kind::Break) && s.tokens[0].start > 0 {
        return None;
    }
    let start = usize::from(s.kind(0) == Some(Kind::Break));
    let open = s.kind(start + 1) == Some(Kind::Open);
    let end = start + 2;
    match s.kind(start)? {
        Kind::Word(Word::Probe | Word::Function | Word::Encode | Word::Condition | Word::Secret) if open => {
            Some(end)
        }
        Kind::Word(Word::Catalogue | Word::Probe) if s.kind(start + 1).is_none() => Some(start + 1),
        Kind::Word(Word::Compare)
            if matches!(s.kind(start + 1), Some(Kind::Word(Word::Literal) | Kind::OpenText)) =>
        {
            Some(end)
        }
        Kind::Word(Word::And) | Kind::Pipes | Kind::Ampersands => {
            s.expression(start + 1).filter(|e| e.kind != Operand::Name && s.ends(e.end)).map(|e| e.end)
        }
        Kind::Word(Word::Union) if !s.text.is_ascii() => None,
        Kind::Word(Word::Union) if s.is(start + 1, Word::Select) || s.is(start + 1, Word::All) => Some(end),
        Kind::Word(Word::Select | Word::From)
            if matches!(s.kind(end), None | Some(Kind::Tail | Kind::Word(Word::From | Word::Where))) =>
        {
            s.kind(start + 1).map(|_| end)
        }
        Kind::Number | Kind::Text => s
            .condition(start)
            .filter(|c| {
                c.left.constant
                    && c.right.constant
                    && s.kind(start + 1) == Some(Kind::Compare)
                    && !matches!(s.spelled(start + 1), b"<" | b">")
                    && s.ends(c.end)
            })
            .map(|c| c.end),
        _ => None,
    }
}

/// Functions that take secrets apart.
const TAKING: [&str; 13] = [
    "ascii",
    "ord",
    "substring",
    "substr",
    "mid",
    "hex",
    "conv",
    "version",
    "database",
    "user",
    "char_length",
    "bin",
    "length",
];

/// The value is one expression that asks the database, or that a comment cuts off: `1+ascii(…)`, `1 --`.
fn calculation(s: &Sentence<'_>) -> Option<(usize, u8)> {
    let whole = s.expression(0)?;
    let end = whole.end;
    let secret = |at: usize| {
        let names = ["version", "user", "database", "schema", "current_user", "session_user", "system_user"];
        let empty = s.kind(at + 1) == Some(Kind::Open) && s.kind(at + 2) == Some(Kind::Close);
        empty && names.iter().any(|name| s.says(at, name))
    };
    if s.ends(end) && s.kind(1) == Some(Kind::Open) && (2..end.min(16)).any(secret) {
        return Some((end, CERTAIN));
    }
    let taking = |at: usize| TAKING.iter().any(|name| s.says(at, name)) && s.kind(at + 1) == Some(Kind::Open);
    if s.ends(end)
        && whole.kind == Operand::Function
        && s.kind(0) == Some(Kind::Number)
        && (0..end.min(24)).any(taking)
    {
        return Some((end, CERTAIN));
    }
    let tail = s.tokens.get(end).filter(|token| token.kind == Kind::Tail)?;
    let comment = &s.text[tail.start..];
    let bare =
        comment.iter().all(|byte| matches!(byte, b'-' | b'#' | b' ')) && s.text[tail.start - 1] == b' ';
    let binary = (0..end.min(24))
        .any(|at| s.says(at, "binary") || matches!(s.kind(at), Some(Kind::Text | Kind::Variable)));
    match s.kind(0)? {
        Kind::Number if bare && whole.constant => Some((end + 1, CERTAIN)),
        Kind::Number | Kind::Variable if matches!(comment, b"--" | b"/*") => Some((end + 1, CERTAIN)),
        Kind::Number if memchr::memmem::find(comment, b"sp_password").is_some() => Some((end + 1, CERTAIN)),
        Kind::Open
            if matches!(comment, b"--" | b"/*")
                && s.tokens.iter().any(|t| t.kind == Kind::Word(Word::And)) =>
        {
            Some((end + 1, CERTAIN))
        }
        Kind::Open if bare && (binary || whole.kind >= Operand::Case) => Some((end + 1, CERTAIN)),
        _ => None,
    }
}

/// The end of the statement at `at`, and how sure it is one.
fn statement(s: &Sentence<'_>, at: usize) -> Option<(usize, u8)> {
    match s.kind(at)? {
        Kind::Word(Word::Select) => select(s, at),
        Kind::Word(Word::Waitfor) => waitfor(s, at).map(|(_, end, score)| (end, score)),
        Kind::Word(Word::Statement) => verb(s, at),
        Kind::Word(Word::Name) if s.says(at, "do") && s.kind(at + 1) == Some(Kind::Open) => {
            let c = s.condition(at + 1).filter(|c| c.left.constant && c.right.constant)?;
            Some((c.end, CERTAIN))
        }
        Kind::Word(Word::Probe | Word::Condition) => {
            let (end, kind) = s.operand(at)?;
            (kind == Operand::Probe && s.ends(end)).then_some((end, CERTAIN))
        }
        _ => None,
    }
}

/// `WAITFOR DELAY '0:0:5'`
pub(super) fn waitfor(s: &Sentence<'_>, at: usize) -> Found {
    let time = matches!(s.kind(at + 2), Some(Kind::Text | Kind::OpenText));
    let words = s.says(at + 1, "delay") || s.says(at + 1, "time");
    words.then_some(("waitfor", at + 3, if time { CERTAIN } else { DOUBTFUL }))
}

fn select(s: &Sentence<'_>, at: usize) -> Option<(usize, u8)> {
    let end = s.select_list(at)?;
    let item = s.expression(at + 1).map(|item| item.kind);
    let list = |kind: Kind| s.tokens[at..end.min(s.tokens.len())].iter().any(|token| token.kind == kind);
    let score = match item {
        _ if list(Kind::Comma) && list(Kind::Open) => CERTAIN,
        Some(Operand::Query | Operand::Probe | Operand::Variable | Operand::Case) => CERTAIN,
        _ if s.is(end, Word::From) && s.is(s.skip_open(end + 1), Word::Catalogue) => CERTAIN,
        Some(Operand::Number) if counts(s, at) => CERTAIN,
        _ if s.text.len() <= rules::LONG && notation(s.text) => CERTAIN,
        Some(Operand::Number) if s.is(end, Word::From) && hexadecimal(s.spelled(at + 1)) => CERTAIN,
        _ if s.text.len() <= rules::LONG && versioned(s.text) => CERTAIN,
        // A plain query, from the start: text that somebody looks for, or a console's.
        _ if s.is(end, Word::From) => LIKELY,
        Some(Operand::Function) => CERTAIN,
        Some(kind) if kind.constant() && s.kind(at + 2) == Some(Kind::Comma) && s.ends(end) => CERTAIN,
        _ if s.ends(end) => LIKELY,
        _ => DOUBTFUL,
    };
    Some((end, score))
}

/// `SELECT 1,2,3,4`: columns that are counted.
fn counts(s: &Sentence<'_>, at: usize) -> bool {
    let number = |at: usize| s.kind(at) == Some(Kind::Number);
    let comma = |at: usize| s.kind(at) == Some(Kind::Comma);
    number(at + 1) && comma(at + 2) && number(at + 3) && comma(at + 4) && number(at + 5) && comma(at + 6)
}

fn hexadecimal(number: &[u8]) -> bool {
    number.len() > 4 && number[..2].eq_ignore_ascii_case(b"0x")
}

/// Whether there is a comment that MySQL runs.
fn versioned(text: &[u8]) -> bool {
    memchr::memmem::find(text, b"/*!").is_some()
}

/// Statements that start with a verb, each with the words that must follow.
fn verb(s: &Sentence<'_>, at: usize) -> Option<(usize, u8)> {
    let table = |at: usize| s.is(at, Word::Table);
    let word = |at: usize, text: &str| s.says(at, text);
    let name = |at: usize| s.operand(at).filter(|(_, kind)| *kind == Operand::Name).map(|(end, _)| end);
    let lower = s.spelled(at).to_ascii_lowercase();
    match &lower[..] {
        b"drop" | b"alter" | b"truncate" | b"create" | b"rename" => {
            let object = if table(at + 1) { at + 2 } else { at + 3 };
            let end = (table(at + 1) || table(at + 2)).then(|| name(object))??;
            Some((
                end,
                if s.ends(end) || s.kind(end) == Some(Kind::Open) || s.kind(end).is_none() {
                    CERTAIN
                } else {
                    DOUBTFUL
                },
            ))
        }
        b"insert" | b"replace" => {
            let end = s.is(at + 1, Word::Into).then(|| s.operand(at + 2))??.0;
            let values =
                s.is(end, Word::Values) || s.is(end, Word::Select) || s.kind(end) == Some(Kind::Open);
            Some((end, if values { CERTAIN } else { ODD }))
        }
        b"update" => {
            let end = name(at + 1)?;
            let set = s.is(end, Word::Set) && s.condition(end + 1).is_some();
            set.then_some((end + 1, CERTAIN))
        }
        b"delete" => {
            let modifiers = ["low_priority", "quick", "ignore"];
            let from = at + 1 + usize::from(modifiers.iter().any(|modifier| word(at + 1, modifier)));
            let end = s.is(from, Word::From).then(|| name(from + 1))??;
            (s.ends(end) || s.is(end, Word::Where)).then_some((end, CERTAIN))
        }
        b"exec" | b"execute" => execute(s, at),
        b"begin" => statement(s, at + 1),
        b"declare" => matches!(s.kind(at + 1), Some(Kind::Variable)).then_some((at + 2, CERTAIN)),
        b"shutdown" => {
            (s.ends(at + 1) || word(at + 1, "with")).then_some((at + 1, if at > 1 { CERTAIN } else { ODD }))
        }
        b"call" => called(s, at),
        b"grant" | b"revoke" => {
            (word(at + 2, "on") || word(at + 2, "to") || word(at + 3, "on")).then_some((at + 3, DOUBTFUL))
        }
        b"merge" => s.is(at + 1, Word::Into).then_some((at + 2, DOUBTFUL)),
        b"load" => (word(at + 1, "data") || word(at + 1, "xml"))
            .then_some((at + 2, if at > 1 { CERTAIN } else { DOUBTFUL })),
        b"copy" => {
            name(at + 1).filter(|end| s.is(*end, Word::From) || word(*end, "to")).map(|end| (end, DOUBTFUL))
        }
        b"attach" | b"backup" | b"restore" => table(at + 1).then_some((at + 2, LIKELY)),
        b"handler" => {
            name(at + 1).filter(|end| word(*end, "open") || word(*end, "read")).map(|end| (end, LIKELY))
        }
        b"bulk" => word(at + 1, "insert").then_some((at + 2, LIKELY)),
        b"reconfigure" => s.ends(at + 1).then_some((at + 1, LIKELY)),
        b"show" => (word(at + 1, "tables") || word(at + 1, "databases") || word(at + 1, "columns"))
            .then_some((at + 2, LIKELY)),
        _ => None,
    }
}

fn called(s: &Sentence<'_>, at: usize) -> Option<(usize, u8)> {
    match s.operand(at + 1)? {
        (end, Operand::Probe) => Some((end, CERTAIN)),
        (end, Operand::Call) => Some((end, DOUBTFUL)),
        _ => None,
    }
}

/// `EXEC xp_cmdshell 'x'`, `EXEC('x')`, `EXECUTE IMMEDIATE 'x'`
fn execute(s: &Sentence<'_>, at: usize) -> Option<(usize, u8)> {
    let next = s.spelled(at + 1).to_ascii_lowercase();
    let system = [&b"xp_"[..], b"sp_", b"master"].iter().any(|prefix| next.starts_with(prefix));
    match s.kind(at + 1)? {
        _ if system => Some((at + 2, CERTAIN)),
        Kind::Variable => Some((at + 2, CERTAIN)),
        Kind::Open if s.kind(at + 2) == Some(Kind::Variable) => Some((at + 2, CERTAIN)),
        Kind::Open if at > 0 && s.kind(at + 2) != Some(Kind::Close) => Some((at + 2, CERTAIN)),
        Kind::Open if s.kind(at + 2) != Some(Kind::Close) => Some((at + 2, LIKELY)),
        Kind::Word(_) if s.says(at + 1, "immediate") => Some((at + 2, CERTAIN)),
        _ => None,
    }
}
