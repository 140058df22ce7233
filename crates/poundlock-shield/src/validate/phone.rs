//! Telephone numbers in international form (ITU-T E.164): `+`, a country calling code, a national number.
//!
//! Main function: [`check_phone`]. It knows which calling codes are assigned and how long their numbers are, not which
//! numbers are in use, and it does not guess a country for a national number.

mod codes;

use codes::CODES;

/// The most digits of a number, calling code included (ITU-T E.164, 6.1).
pub const MAX_PHONE_DIGITS: usize = 15;
/// The longest text that is looked at, separators included, in bytes.
pub const MAX_PHONE_BYTES: usize = 32;

/// How a number may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PhoneForm {
    /// `+` and digits only.
    #[default]
    Compact,
    /// Single spaces, dots and hyphens between digits too, and one pair of parentheses: `+1 (212) 555-0123`.
    Separated,
}

/// An accepted number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Phone {
    /// `+` and digits: the form to store and to compare.
    pub e164: String,
    /// The calling code.
    pub code: u16,
}

/// Why a number is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// It does not start with `+`.
    #[error("must start with + and a country calling code")]
    NoPlus,
    /// Something other than digits and the separators of its form.
    #[error("must hold only digits after the +")]
    Character,
    /// More than [`MAX_PHONE_DIGITS`] digits or [`MAX_PHONE_BYTES`] bytes.
    #[error("must have at most {MAX_PHONE_DIGITS} digits")]
    TooLong,
    /// No country has this calling code.
    #[error("must start with an assigned country calling code")]
    Code,
    /// Too few or too many digits after the calling code.
    #[error("must have {min} to {max} digits after +{code}")]
    NationalLength {
        /// The calling code.
        code: u16,
        /// The fewest.
        min: u8,
        /// The most.
        max: u8,
    },
    /// Under +1, an area or exchange code that starts with 0 or 1.
    #[error("must have a valid area code after +1")]
    AreaCode,
}

/// Checks a number.
///
/// # Errors
/// The first problem.
pub fn check_phone(text: &str, form: PhoneForm) -> Result<Phone, PhoneError> {
    if text.len() > MAX_PHONE_BYTES {
        return Err(PhoneError::TooLong);
    }
    let rest = text.strip_prefix('+').ok_or(PhoneError::NoPlus)?;
    let digits = match form {
        PhoneForm::Compact => rest.to_owned(),
        PhoneForm::Separated => join(rest)?,
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(PhoneError::Character);
    }
    if digits.len() > MAX_PHONE_DIGITS {
        return Err(PhoneError::TooLong);
    }
    let (code, min, max, national) = split(&digits).ok_or(PhoneError::Code)?;
    if !(usize::from(min)..=usize::from(max)).contains(&national.len()) {
        return Err(PhoneError::NationalLength { code, min, max });
    }
    if code == 1 && [0, 3].iter().any(|at| national.as_bytes()[*at] < b'2') {
        return Err(PhoneError::AreaCode);
    }
    Ok(Phone { e164: format!("+{digits}"), code })
}

/// Removes separators: single ones, between digits, and one pair of parentheses around digits.
fn join(text: &str) -> Result<String, PhoneError> {
    let mut digits = String::with_capacity(MAX_PHONE_DIGITS);
    let (mut opened, mut closed, mut last) = (false, false, ' ');
    for c in text.chars() {
        let fits = match c {
            '0'..='9' => true,
            '(' => !std::mem::replace(&mut opened, true) && (last.is_ascii_digit() || last == ' '),
            ')' => opened && !std::mem::replace(&mut closed, true) && last.is_ascii_digit(),
            ' ' | '.' | '-' => last.is_ascii_digit() || last == ')',
            _ => false,
        };
        if !fits || (digits.is_empty() && !c.is_ascii_digit()) {
            return Err(PhoneError::Character);
        }
        if c.is_ascii_digit() {
            digits.push(c);
        }
        last = c;
    }
    // A number ends with a digit, and what was opened is closed.
    if opened == closed && last.is_ascii_digit() { Ok(digits) } else { Err(PhoneError::Character) }
}

/// The calling code, the fewest and most national digits, and the national number. Codes are prefix-free.
fn split(digits: &str) -> Option<(u16, u8, u8, &str)> {
    (1..=3.min(digits.len())).find_map(|length| {
        let code: u16 = digits[..length].parse().ok().filter(|_| !digits.starts_with('0'))?;
        let at = CODES.binary_search_by_key(&code, |entry| entry.0).ok()?;
        let (code, min, max) = CODES[at];
        Some((code, min, max, &digits[length..]))
    })
}

#[cfg(test)]
mod tests {
    use super::{PhoneForm::*, *};
    use proptest::prelude::*;

    fn check(text: &str, form: PhoneForm, expected: Result<&str, PhoneError>) {
        assert_eq!(check_phone(text, form).map(|phone| phone.e164), expected.map(str::to_owned), "{text}");
    }

    #[test]
    fn numbers_in_both_forms() {
        check("+12125550123", Compact, Ok("+12125550123"));
        check("+442071838750", Compact, Ok("+442071838750"));
        check("+3545510000", Compact, Ok("+3545510000"));
        check("+1 (212) 555-0123", Separated, Ok("+12125550123"));
        check("+44 20.7183 8750", Separated, Ok("+442071838750"));
        check("+1 (212) 555-0123", Compact, Err(PhoneError::Character));
        check("0049301234567", Compact, Err(PhoneError::NoPlus));
        check("+", Compact, Err(PhoneError::Character));
        check("+1212555012", Compact, Err(PhoneError::NationalLength { code: 1, min: 10, max: 10 }));
        check("+11125550123", Compact, Err(PhoneError::AreaCode));
        check("+2101234567", Compact, Err(PhoneError::Code));
        check("+0491234567", Compact, Err(PhoneError::Code));
        check("+49123456789012345", Compact, Err(PhoneError::TooLong));
    }

    #[test]
    fn separators_that_are_not_between_digits_are_refused() {
        for text in [
            "+1  2125550123",
            "+1 (212 5550123",
            "+1 212) 5550123",
            "+12125550123-",
            "+ 12125550123",
            "+(1)2125550123",
            "+1 ((212)) 5550123",
            "+1 () 2125550123",
            "+1-(2)-(1)25550123",
            "+1212555\u{0660}123",
            "+1;2125550123",
        ] {
            check(text, Separated, Err(PhoneError::Character));
        }
    }

    #[test]
    fn the_codes_are_sorted_prefix_free_and_fit_in_fifteen_digits() {
        assert!(CODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (code, min, max) in CODES {
            let text = code.to_string();
            let longer =
                CODES.iter().filter(|other| other.0 != code && other.0.to_string().starts_with(&text));
            assert_eq!(longer.count(), 0, "{code}");
            assert!(min <= max && text.len() + usize::from(max) <= MAX_PHONE_DIGITS, "{code}");
        }
    }

    proptest! {
        #[test]
        fn the_result_is_canonical(text in "\\+?[0-9 ().-]{0,20}") {
            if let Ok(phone) = check_phone(&text, Separated) {
                prop_assert_eq!(check_phone(&phone.e164, Compact), Ok(phone.clone()));
                prop_assert!(phone.e164.len() <= 1 + MAX_PHONE_DIGITS);
            }
        }
    }
}
