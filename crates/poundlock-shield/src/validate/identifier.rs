//! Names of columns and sort orders that end up in a query's text, where no placeholder can stand.
//!
//! Main type: [`Identifiers`], an allow-list. What it returns is always its own text, never the client's: that is what makes
//! the result safe to put into SQL. It does not know which columns a table has.

/// The most sort keys in one order.
pub const MAX_SORT_KEYS: usize = 8;
/// The longest part of a name, in bytes: PostgreSQL's limit, the lowest of the common databases.
pub const MAX_NAME_BYTES: usize = 63;

/// The names that clients may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifiers {
    names: Vec<String>,
}

/// One key of a sort order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortKey<'a> {
    /// The column, from the allow-list.
    pub column: &'a str,
    /// Which way.
    pub direction: Direction,
}

/// Which way a column is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// Least first.
    #[default]
    Ascending,
    /// Greatest first.
    Descending,
}

impl Direction {
    /// `ASC` or `DESC`.
    #[must_use]
    pub fn as_sql(self) -> &'static str {
        match self {
            Self::Ascending => "ASC",
            Self::Descending => "DESC",
        }
    }
}

/// Why a name or an order is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// In an allow-list: not letters, digits and `_`, or too long. A name may have a table before a dot.
    #[error("must be a plain name of at most {MAX_NAME_BYTES} bytes")]
    Name,
    /// Not on the allow-list.
    #[error("must name a field that can be used here")]
    Unknown,
    /// Neither `asc` nor `desc` after a name.
    #[error("must sort by asc or desc")]
    Direction,
    /// The same column twice.
    #[error("must not sort by a field twice")]
    Twice,
    /// More than [`MAX_SORT_KEYS`].
    #[error("must sort by at most {MAX_SORT_KEYS} fields")]
    Many,
}

impl Identifiers {
    /// An allow-list.
    ///
    /// # Errors
    /// [`IdentifierError::Name`] if one of the names would need quotes in SQL.
    pub fn new<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Result<Self, IdentifierError> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        match names.iter().all(|name| is_plain(name)) {
            true => Ok(Self { names }),
            false => Err(IdentifierError::Name),
        }
    }

    /// The name on the list that was sent.
    ///
    /// # Errors
    /// [`IdentifierError::Unknown`].
    pub fn column(&self, text: &str) -> Result<&str, IdentifierError> {
        self.names.iter().find(|name| *name == text).map(String::as_str).ok_or(IdentifierError::Unknown)
    }

    /// Reads an order: keys with commas between them, each `name`, `-name`, `+name`, `name:desc` or `name desc`.
    ///
    /// # Errors
    /// See [`IdentifierError`].
    pub fn sort(&self, text: &str) -> Result<Vec<SortKey<'_>>, IdentifierError> {
        let mut keys: Vec<SortKey<'_>> = Vec::new();
        for part in text.split(',') {
            let key = self.sort_key(part)?;
            if keys.iter().any(|other| other.column == key.column) {
                return Err(IdentifierError::Twice);
            }
            if keys.len() == MAX_SORT_KEYS {
                return Err(IdentifierError::Many);
            }
            keys.push(key);
        }
        Ok(keys)
    }

    fn sort_key(&self, text: &str) -> Result<SortKey<'_>, IdentifierError> {
        let text = text.trim_matches(' ');
        if let Some(name) = text.strip_prefix('-') {
            return Ok(SortKey { column: self.column(name)?, direction: Direction::Descending });
        }
        let (name, word) =
            text.strip_prefix('+').unwrap_or(text).split_once([':', ' ']).unwrap_or((text, "asc"));
        let name = name.strip_prefix('+').unwrap_or(name);
        let direction = match word {
            word if word.eq_ignore_ascii_case("asc") => Direction::Ascending,
            word if word.eq_ignore_ascii_case("desc") => Direction::Descending,
            _ => return Err(IdentifierError::Direction),
        };
        Ok(SortKey { column: self.column(name)?, direction })
    }
}

fn is_plain(name: &str) -> bool {
    let part = |part: &str| {
        let starts_well = part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        starts_well
            && part.len() <= MAX_NAME_BYTES
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    name.split('.').count() <= 3 && name.split('.').all(part)
}

#[cfg(test)]
mod tests {
    use super::{Direction::*, *};
    use proptest::prelude::*;

    fn list() -> Identifiers {
        Identifiers::new(["id", "created_at", "users.name"]).unwrap()
    }

    fn check(text: &str, expected: Result<&[(&str, Direction)], IdentifierError>) {
        let list = list();
        let keys = list
            .sort(text)
            .map(|keys| keys.iter().map(|key| (key.column, key.direction)).collect::<Vec<_>>());
        assert_eq!(keys, expected.map(<[_]>::to_vec), "{text}");
    }

    #[test]
    fn orders() {
        check("id", Ok(&[("id", Ascending)]));
        check(
            "-created_at,+id, users.name:DESC",
            Ok(&[("created_at", Descending), ("id", Ascending), ("users.name", Descending)]),
        );
        check("id desc", Ok(&[("id", Descending)]));
        check("", Err(IdentifierError::Unknown));
        check("ID", Err(IdentifierError::Unknown));
        check("password", Err(IdentifierError::Unknown));
        check("id;drop table x", Err(IdentifierError::Direction));
        check("id desc, (select 1)", Err(IdentifierError::Direction));
        check("(case when 1=1 then id end)", Err(IdentifierError::Direction));
        check("id--", Err(IdentifierError::Unknown));
        check("id,-id", Err(IdentifierError::Twice));
    }

    #[test]
    fn a_list_holds_only_what_needs_no_quotes() {
        for name in ["", "a b", "a\"", "1a", "a..b", "a.b.c.d", "a;--", "é", &"a".repeat(64)] {
            assert_eq!(Identifiers::new([name]), Err(IdentifierError::Name), "{name}");
        }
        let many: Vec<String> = (0..9).map(|n| format!("c{n}")).collect();
        assert_eq!(Identifiers::new(many.clone()).unwrap().sort(&many.join(",")), Err(IdentifierError::Many));
        assert_eq!(Ascending.as_sql().to_owned() + Descending.as_sql(), "ASCDESC");
    }

    proptest! {
        #[test]
        fn only_the_lists_own_text_comes_out(text in "[-+]?(id|created_at|x)([ :](asc|desc|x))?(,.{0,6})?") {
            let list = list();
            for key in list.sort(&text).unwrap_or_default() {
                prop_assert!(list.names.iter().any(|name| std::ptr::eq(name.as_str(), key.column)));
            }
        }
    }
}
