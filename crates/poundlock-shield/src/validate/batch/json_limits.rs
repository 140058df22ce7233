//! What a JSON document may hold, and what can be wrong with it.
//!
//! Main types: [`JsonLimits`] and [`JsonKind`]. They do not know how a document is read.

/// How much a document may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JsonLimits {
    /// Bytes of the document.
    pub bytes: u64,
    /// Arrays and objects inside each other.
    pub depth: usize,
    /// Items of one array.
    pub items: usize,
    /// Names of one object.
    pub keys: usize,
    /// Values altogether, arrays and objects too.
    pub values: u64,
    /// Bytes of one string, decoded.
    pub string_bytes: usize,
    /// Bytes of one name, decoded.
    pub key_bytes: usize,
    /// Bytes of one number: parsers of arbitrary precision take quadratic time over long ones.
    pub number_bytes: usize,
}

impl Default for JsonLimits {
    fn default() -> Self {
        Self {
            bytes: 10 << 20,
            depth: 32,
            items: 1_000,
            keys: 256,
            values: 100_000,
            string_bytes: 1 << 20,
            key_bytes: 256,
            number_bytes: 64,
        }
    }
}

/// Why a document is refused, and after how many bytes that was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} (at byte {at})")]
pub struct JsonProblem {
    /// Bytes before the one at fault.
    pub at: u64,
    /// What is wrong.
    pub kind: JsonKind,
}

/// What is wrong with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonKind {
    /// Not JSON.
    #[error("must be well-formed JSON")]
    Syntax,
    /// It ends too early.
    #[error("must be a complete JSON document")]
    Unfinished,
    /// Bytes in a string that are not UTF-8.
    #[error("must be valid UTF-8")]
    Utf8,
    /// Half a surrogate pair, which no text can hold.
    #[error("must not hold half a surrogate pair")]
    Surrogate,
    /// A name twice in one object: parsers disagree on which counts.
    #[error("must not hold a name twice in one object")]
    Duplicate,
    /// A number beyond what 64-bit floats hold, where it is to be read as one.
    #[error("must hold numbers that fit 64 bits")]
    NumberRange,
    /// Over [`JsonLimits::bytes`].
    #[error("must have at most {0} bytes")]
    Bytes(u64),
    /// Over [`JsonLimits::depth`].
    #[error("must be nested at most {0} deep")]
    Depth(usize),
    /// Over [`JsonLimits::items`].
    #[error("must have at most {0} items in an array")]
    Items(usize),
    /// Over [`JsonLimits::keys`].
    #[error("must have at most {0} names in an object")]
    Keys(usize),
    /// Over [`JsonLimits::values`].
    #[error("must have at most {0} values")]
    Values(u64),
    /// Over [`JsonLimits::string_bytes`].
    #[error("must have at most {0} bytes in a string")]
    StringBytes(usize),
    /// Over [`JsonLimits::key_bytes`].
    #[error("must have at most {0} bytes in a name")]
    KeyBytes(usize),
    /// Over [`JsonLimits::number_bytes`].
    #[error("must have at most {0} digits in a number")]
    NumberBytes(usize),
}

/// What an accepted document holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JsonSummary {
    /// Bytes.
    pub bytes: u64,
    /// Values.
    pub values: u64,
    /// The deepest nesting.
    pub depth: usize,
}
