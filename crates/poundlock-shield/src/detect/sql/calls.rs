//! Calls of functions, catalogues and variables that attacks ask for.
//!
//! Main item: [`call`].

use super::{
    expr::{Operand, Sentence},
    rules::{Before, Found, LONG, before, more_follows},
    token::Kind,
    word::Word,
};
use crate::detect::{CERTAIN, DOUBTFUL, LIKELY, ODD};

/// `sleep(5)`, `CHAR(65)+CHAR(66)`, `IIF(1=1, …)`, `information_schema.tables`
pub(super) fn call(s: &Sentence<'_>, at: usize) -> Found {
    let (end, operand) = s.operand(at)?;
    let Some(Kind::Word(word)) = s.kind(at) else { return None };
    if matches!(s.kind(at.wrapping_sub(1)), Some(Kind::Dot)) {
        return None;
    }
    let first = s.kind(at + 1);
    let empty = first == Some(Kind::Open) && s.kind(at + 2) == Some(Kind::Close);
    let whole = at <= 1 && (s.ends(end) || after_whole(s, end));
    let score = match word {
        Word::Catalogue => return catalogue(s, at, end),
        _ if first != Some(Kind::Open) && operand != Operand::Probe => return None,
        // `if (2 == 3) stop` is code.
        Word::Condition if continues_code(s, end) => 0,
        Word::Condition => s.condition(at + 2).filter(|c| !c.word).map_or(0, |c| match c {
            c if c.left.constant && c.right.constant => CERTAIN,
            c if c.left.kind.asks() || c.right.kind.asks() => CERTAIN,
            _ => 0,
        }),
        Word::Probe if empty => LIKELY,
        Word::Probe if whole || before(s, at) == Before::Break => CERTAIN,
        Word::Probe if !common(s.spelled(at)) && s.text.len() <= LONG => CERTAIN,
        Word::Probe => LIKELY,
        Word::Encode => encoded(s, at, end),
        Word::Function if whole && tells(s, at) => CERTAIN,
        Word::Function if tells(s, at) => DOUBTFUL,
        _ => 0,
    };
    (score > 0).then_some(("call", end, score))
}

/// Whether what follows an `if (…)` is the code of a program.
pub(super) fn continues_code(s: &Sentence<'_>, at: usize) -> bool {
    match s.kind(at) {
        Some(Kind::Word(Word::Select | Word::Statement | Word::Waitfor | Word::And | Word::Union)) => false,
        Some(Kind::Word(_) | Kind::Other) => true,
        _ => false,
    }
}

/// Names that programs outside databases have as well.
pub(super) fn common(name: &[u8]) -> bool {
    let names =
        ["sleep", "benchmark", "polygon", "linestring", "multipoint", "current_setting", "unhex", "listagg"];
    names.iter().any(|common| name.eq_ignore_ascii_case(common.as_bytes()))
}

/// Whether only SQL can follow a call: `sleep(5) and …`, `version() = 1`.
pub(super) fn after_whole(s: &Sentence<'_>, end: usize) -> bool {
    matches!(s.kind(end), Some(Kind::Close | Kind::Compare | Kind::Pipes))
        || more_follows(s, end)
        || s.is(end, Word::From)
}

/// Whether the call at `at` is one that asks what attackers ask: `version()`, `concat(user(), …)`.
pub(super) fn tells(s: &Sentence<'_>, at: usize) -> bool {
    let arguments = at + 2;
    let asks = |at: usize| {
        s.operand(at).is_some_and(|(_, kind)| kind >= Operand::Function || kind == Operand::Variable)
    };
    let secret = ["version", "current_user", "session_user", "system_user", "current_database", "db_name"];
    let nested = ["user", "database", "version", "schema"];
    if nested.iter().any(|name| s.says(arguments, name))
        && s.kind(arguments + 1) == Some(Kind::Open)
        && s.kind(arguments + 2) == Some(Kind::Close)
    {
        return true;
    }
    (s.kind(arguments) == Some(Kind::Close) && secret.iter().any(|name| s.says(at, name))) || asks(arguments)
}

/// `CHAR(1)+CHAR(2)`, `CHR(1)||CHR(2)`
pub(super) fn encoded(s: &Sentence<'_>, at: usize, end: usize) -> u8 {
    let joined = matches!(s.kind(end), Some(Kind::Operator | Kind::Pipes));
    let number = s.kind(at + 2) == Some(Kind::Number);
    match s.kind(end + 1) {
        Some(Kind::Word(Word::Encode)) if joined && number => CERTAIN,
        _ if number => ODD,
        _ => 0,
    }
}

/// `information_schema.tables`, `FROM sysobjects`
pub(super) fn catalogue(s: &Sentence<'_>, at: usize, end: usize) -> Found {
    let from = at > 0 && s.is(at - 1, Word::From);
    let name = s.spelled(at);
    let common =
        ["master", "mysql", "dual", "table_name", "column_name", "schemata", "table_schema", "northwind"];
    let plain = common.iter().any(|word| name.eq_ignore_ascii_case(word.as_bytes()));
    let score = match () {
        () if plain => ODD,
        () if from || s.kind(at + 1) == Some(Kind::Dot) => LIKELY,
        () => DOUBTFUL,
    };
    Some(("catalogue", end, score))
}

/// `@@version`
pub(super) fn variable(s: &Sentence<'_>, at: usize) -> Found {
    let name = s.spelled(at).to_ascii_lowercase();
    let known = [
        &b"@@version"[..],
        b"@@hostname",
        b"@@datadir",
        b"@@basedir",
        b"@@servername",
        b"@@global",
        b"@@identity",
        b"@@rowcount",
        b"@@spid",
        b"@@language",
        b"@@tmpdir",
        b"@@version_compile_os",
        b"@@secure_file_priv",
        b"@@plugin_dir",
        b"@@session",
    ];
    let score = if known.contains(&&name[..]) { CERTAIN } else { return None };
    Some(("variable", at + 1, score))
}
