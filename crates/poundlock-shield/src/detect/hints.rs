//! The prefilter: which detectors have a reason to run.
//!
//! Main type: [`Hints`]. One pass over the bytes tells which marks there are; one Aho-Corasick over all
//! literals tells which words. It knows no grammar.

use aho_corasick::{
    Anchored, StartKind,
    automaton::{Automaton, StateID},
    dfa::{Builder, DFA},
};
use std::sync::LazyLock;

use super::terms::{TERMS, Term};

/// Single bytes that detectors ask for, as bits.
pub(super) struct Mark;

impl Mark {
    pub(super) const SINGLE: u32 = 1;
    pub(super) const DOUBLE: u32 = 1 << 1;
    pub(super) const QUOTES: u32 = Mark::SINGLE | Mark::DOUBLE;
    pub(super) const COMPARE: u32 = 1 << 2;
    pub(super) const PAREN: u32 = 1 << 3;
    pub(super) const LESS: u32 = 1 << 4;
    pub(super) const SLASH: u32 = 1 << 5;
    pub(super) const PIPE: u32 = 1 << 6;
    pub(super) const SEMICOLON: u32 = 1 << 7;
    pub(super) const DOLLAR: u32 = 1 << 8;
    pub(super) const BACKTICK: u32 = 1 << 9;
    pub(super) const AMPERSAND: u32 = 1 << 10;
    pub(super) const BRACE: u32 = 1 << 11;
    pub(super) const BRACKET: u32 = 1 << 12;
    pub(super) const NEWLINE: u32 = 1 << 13;
    pub(super) const COLON: u32 = 1 << 14;
    pub(super) const AT: u32 = 1 << 15;
    pub(super) const HASH: u32 = 1 << 16;
    pub(super) const PERCENT: u32 = 1 << 17;
    pub(super) const STAR: u32 = 1 << 18;
    pub(super) const CONTROL: u32 = 1 << 19;
    pub(super) const BACKSLASH: u32 = 1 << 20;
    pub(super) const CARET: u32 = 1 << 21;
    pub(super) const DIGIT: u32 = 1 << 22;
}

/// The most terms that are looked at in one reading.
const MAX_TERMS: usize = 64;

/// What one pass over a value found.
pub(super) struct Hints {
    marks: u32,
    words: u32,
    /// Terms by index, and where they end.
    terms: Vec<(usize, usize)>,
}

impl Hints {
    pub(super) fn of(text: &[u8]) -> Self {
        let marks = text.iter().fold(0, |seen, byte| seen | MARKS[usize::from(*byte)]);
        let Seen { words, terms } = WORDS.search(text);
        Self { marks, words, terms }
    }

    /// Whether there are only letters, digits and punctuation that does nothing, and no word of interest.
    pub(super) fn quiet(&self) -> bool {
        self.marks & !Mark::DIGIT == 0 && self.words == 0 && self.terms.is_empty()
    }

    /// The terms that were found, and where each ends.
    pub(super) fn terms(&self) -> impl Iterator<Item = (&'static Term, usize)> + '_ {
        self.terms.iter().map(|(term, end)| (&TERMS[*term], *end))
    }

    pub(super) fn has(&self, marks: u32) -> bool {
        self.marks & marks != 0
    }

    pub(super) fn word(&self, group: u32) -> bool {
        self.words & group != 0
    }

    /// Whether the value may be SQL as it stands: a word that queries need, or a comparison with something to
    /// compare.
    pub(super) fn sql(&self, text: &[u8]) -> bool {
        let marks = Mark::QUOTES
            | Mark::COMPARE
            | Mark::PAREN
            | Mark::DIGIT
            | Mark::STAR
            | Mark::SEMICOLON
            | Mark::AT;
        self.word(group::SQL)
            || (self.word(group::SQL_AS_ENGLISH) && self.has(marks))
            || (self.has(Mark::COMPARE) && (self.has(Mark::PAREN | Mark::PIPE) || logical(text)))
            || (text.len() <= super::sql::SHORT
                && ((self.has(Mark::COLON) && memchr::memmem::find(text, b"::").is_some())
                    || self.word(group::SQL_AS_ENGLISH)
                    || self.has(Mark::COMPARE | Mark::PAREN | Mark::PIPE)))
    }
}

/// Whether there is a word that joins conditions.
fn logical(text: &[u8]) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric();
    memchr::memchr3_iter(b'r', b'R', b'&', text).chain(memchr::memchr2_iter(b'd', b'D', text)).any(|at| {
        match text[at] {
            b'&' => text.get(at + 1) == Some(&b'&'),
            b'r' | b'R' => {
                at > 0
                    && text[at - 1].eq_ignore_ascii_case(&b'o')
                    && !text.get(at + 1).is_some_and(|b| b.is_ascii_alphabetic())
            }
            _ => {
                at > 1
                    && text[at - 2..at].eq_ignore_ascii_case(b"an")
                    && !text.get(at + 1).is_some_and(|b| word(*b) && !b.is_ascii_digit())
            }
        }
    })
}

/// Sets of literals, as bits.
pub(super) mod group {
    /// Words that queries need.
    pub(crate) const SQL: u32 = 1;
    /// Words of queries that English has as well: reason only beside a digit or a mark.
    pub(crate) const SQL_AS_ENGLISH: u32 = 1 << 1;
    /// Words inside tags that run something.
    pub(crate) const MARKUP: u32 = 1 << 2;
    /// Words of script.
    pub(crate) const SCRIPT: u32 = 1 << 3;
    /// Steps up in paths.
    pub(crate) const DOTS: u32 = 1 << 4;
    /// Names of files without their separators.
    pub(crate) const SQUEEZED: u32 = 1 << 5;
    /// Schemes that read files.
    pub(crate) const WRAPPER: u32 = 1 << 6;
}

/// Literals of each group, separated by white space; `~` stands for a space in one.
const LITERALS: [(u32, &str); 7] = [
    (
        group::SQL,
        r##"
        infile select union having order~by group~by drop exec waitfor
        sleep benchmark information_schema sysobjects load_file outfile dumpfile extractvalue updatexml @@
        char( chr( xp_ sp_ case~when version( database( user( procedure iif( elt( rlike
        shutdown truncate concat make_set randomblob regexp_substring pg_
        utl_ dbms_ if( convert( cast( -- 0x /*
        "##,
    ),
    (
        group::SQL_AS_ENGLISH,
        r##"
        call case like between where limit null create update alter grant merge attach master delete declare insert regexp
        "##,
    ),
    (
        group::MARKUP,
        r##"
        onerror onload onclick onmouse onfocus onblur onkey ontoggle onanimation onpointer onbegin onstart
        onpage onscroll onsubmit onchange oninput onselect ondrag ontouch onwheel oncopy onpaste oncut
        onresize onhash onmessage onauxclick oncontext onafter onbefore ontransition onplay onended onunload
        onfinish onshow onready ondbl onactivate oncan onprogress ontime onseek javascript: script: vbscript
        data: style srcdoc expression formaction &# &colon &tab &newline
        "##,
    ),
    (
        group::SCRIPT,
        r##"
        alert confirm prompt eval execscript settimeout setinterval function fetch importscripts atob import
        print window self top parent frames globalthis document this location opener constructor content
        fromcharcode onerror
        "##,
    ),
    (
        group::DOTS,
        r##"
        .. ./
        "##,
    ),
    (group::SQUEEZED, "etcpasswd winini bootini win.ini boot.ini webxml web.xml global.asa globalasa"),
    (
        group::WRAPPER,
        r##"
        php: phar: expect: zip: glob: zlib: ogg: rar: file: data:// data:text netdoc: jar: ssh2.
        "##,
    ),
];

static WORDS: LazyLock<Words> = LazyLock::new(Words::new);

/// All literals in one automaton.
struct Words {
    dfa: DFA,
    start: StateID,
    /// The group of each literal that is none of the terms; terms follow.
    groups: Vec<u32>,
}

/// What was found in a text, or in a part of it.
#[derive(Default)]
struct Seen {
    words: u32,
    terms: Vec<(usize, usize)>,
}

/// How many parts of a text are read in turns: each step waits for memory, not for the others.
const LANES: usize = 4;

/// Shorter texts are read in one piece.
const WORTH_LANES: usize = 256;

impl Words {
    fn new() -> Self {
        let split = |words: &'static str| words.split_whitespace();
        let words = LITERALS.iter().flat_map(|(_, words)| split(words).map(|word| word.replace('~', " ")));
        let literals = words.chain(TERMS.iter().map(|term| term.text.clone()));
        let dfa = Builder::new()
            .ascii_case_insensitive(true)
            .start_kind(StartKind::Unanchored)
            .prefilter(false)
            .build(literals)
            .expect("a few hundred short literals fit into an automaton");
        let start = dfa.start_state(Anchored::No).expect("built for searches that start anywhere");
        let groups = LITERALS.iter().flat_map(|(group, words)| split(words).map(|_| *group)).collect();
        Self { dfa, start, groups }
    }

    /// The literals in `text`, overlapping ones too, in the order of their ends.
    fn search(&self, text: &[u8]) -> Seen {
        if text.len() < WORTH_LANES {
            let mut seen = Seen::default();
            self.read(text, 0, self.start, &mut seen);
            return seen;
        }
        let part = text.len() / LANES;
        let mut lanes: [Seen; LANES] = Default::default();
        let mut states: [StateID; LANES] = std::array::from_fn(|lane| self.warm(text, lane * part));
        for at in 0..part {
            for (lane, state) in states.iter_mut().enumerate() {
                let at = lane * part + at;
                *state = self.step(*state, text[at], at + 1, &mut lanes[lane]);
            }
        }
        self.read(text, LANES * part, states[LANES - 1], &mut lanes[LANES - 1]);
        let words = lanes.iter().fold(0, |all, lane| all | lane.words);
        let terms = lanes.into_iter().flat_map(|lane| lane.terms).take(MAX_TERMS).collect();
        Seen { words, terms }
    }

    /// The state after what stands before `at`, as far as it matters.
    fn warm(&self, text: &[u8], at: usize) -> StateID {
        let from = at.saturating_sub(self.dfa.max_pattern_len() - 1);
        text[from..at].iter().fold(self.start, |state, byte| self.dfa.next_state(Anchored::No, state, *byte))
    }

    fn read(&self, text: &[u8], from: usize, mut state: StateID, seen: &mut Seen) {
        for (at, byte) in text.iter().enumerate().skip(from) {
            state = self.step(state, *byte, at + 1, seen);
        }
    }

    fn step(&self, state: StateID, byte: u8, end: usize, seen: &mut Seen) -> StateID {
        let state = self.dfa.next_state(Anchored::No, state, byte);
        if self.dfa.is_match(state) {
            self.note(state, end, seen);
        }
        state
    }

    fn note(&self, state: StateID, end: usize, seen: &mut Seen) {
        for index in 0..self.dfa.match_len(state) {
            let literal = self.dfa.match_pattern(state, index).as_usize();
            match self.groups.get(literal) {
                Some(group) => seen.words |= group,
                None if seen.terms.len() < MAX_TERMS => seen.terms.push((literal - self.groups.len(), end)),
                None => {}
            }
        }
    }
}

const MARKS: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = mark(byte as u8);
        byte += 1;
    }
    table
};

const fn mark(byte: u8) -> u32 {
    match byte {
        b'\'' => Mark::SINGLE,
        b'"' => Mark::DOUBLE,
        b'=' | b'>' | b'!' => Mark::COMPARE,
        b'<' => Mark::LESS | Mark::COMPARE,
        b'(' | b')' => Mark::PAREN,
        b'/' => Mark::SLASH,
        b'|' => Mark::PIPE,
        b';' => Mark::SEMICOLON,
        b'$' => Mark::DOLLAR,
        b'`' => Mark::BACKTICK,
        b'&' => Mark::AMPERSAND,
        b'{' | b'}' => Mark::BRACE,
        b'[' | b']' => Mark::BRACKET,
        b'\n' | b'\r' => Mark::NEWLINE,
        b':' => Mark::COLON,
        b'@' => Mark::AT,
        b'#' => Mark::HASH,
        b'%' => Mark::PERCENT,
        b'*' => Mark::STAR,
        b'\\' => Mark::BACKSLASH,
        b'^' => Mark::CARET,
        b'0'..=b'9' => Mark::DIGIT,
        0..=8 | 11 | 12 | 14..=31 | 127 => Mark::CONTROL,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A text at which lanes are cut anywhere, with literals over the cuts.
    fn text() -> impl Strategy<Value = Vec<u8>> {
        let parts = vec![
            "select",
            "SELECT",
            "x",
            " ",
            "..",
            "./",
            "__proto__",
            "information_schema",
            "system(",
            "on",
            "error",
        ];
        prop::collection::vec(prop::sample::select(parts), 0..200)
            .prop_map(|parts| parts.concat().into_bytes())
    }

    proptest! {
        #[test]
        fn lanes_find_what_one_reader_finds(text in text()) {
            let mut whole = Seen::default();
            WORDS.read(&text, 0, WORDS.start, &mut whole);
            let seen = WORDS.search(&text);
            prop_assert_eq!((seen.words, seen.terms), (whole.words, whole.terms));
        }
    }
}
