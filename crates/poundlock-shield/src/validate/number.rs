//! Integers in a range, written in decimal.
//!
//! Main type: [`IntegerRule`]. It knows one way to write a number, so that no two parsers can read it as two numbers.

/// Which integers are accepted: from `min` to `max`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IntegerRule {
    /// The least.
    pub min: i64,
    /// The greatest.
    pub max: i64,
}

/// Why an integer is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IntegerError {
    /// Not an optional `-` and ASCII digits without leading zeros.
    #[error("must be a whole number in decimal digits")]
    Form,
    /// Below the least, or below what 64 bits hold.
    #[error("must be at least {0}")]
    Low(i64),
    /// Above the greatest, or above what 64 bits hold.
    #[error("must be at most {0}")]
    High(i64),
}

impl IntegerRule {
    /// Checks a number that is written as text.
    ///
    /// # Errors
    /// See [`IntegerError`]. `-0`, `+1`, `007`, `1e3`, `0x1f` and `1_000` are errors of form.
    pub fn check(self, text: &str) -> Result<i64, IntegerError> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let zero_led = digits.starts_with('0') && text != "0";
        match (plain && !zero_led, text.parse()) {
            (false, _) => Err(IntegerError::Form),
            (true, Ok(value)) => self.check_value(value),
            (true, Err(_)) if text.starts_with('-') => Err(IntegerError::Low(self.min)),
            (true, Err(_)) => Err(IntegerError::High(self.max)),
        }
    }

    /// Checks a number.
    ///
    /// # Errors
    /// [`IntegerError::Low`] or [`IntegerError::High`].
    pub fn check_value(self, value: i64) -> Result<i64, IntegerError> {
        match value {
            value if value < self.min => Err(IntegerError::Low(self.min)),
            value if value > self.max => Err(IntegerError::High(self.max)),
            value => Ok(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: IntegerRule = IntegerRule { min: i64::MIN, max: i64::MAX };

    #[test]
    fn one_way_to_write_a_number() {
        for text in
            ["", "-", "+1", "007", "-0", "1.0", "1e3", "0x1f", "1_000", " 1", "1\n", "٣", "１", "--1", "1-"]
        {
            assert_eq!(ALL.check(text), Err(IntegerError::Form), "{text}");
        }
        assert_eq!((ALL.check("0"), ALL.check("-9223372036854775808")), (Ok(0), Ok(i64::MIN)));
    }

    #[test]
    fn what_is_out_of_range_says_which_end() {
        let rule = IntegerRule { min: -5, max: 10 };
        assert_eq!((rule.check("-5"), rule.check("10")), (Ok(-5), Ok(10)));
        assert_eq!(
            (rule.check("-6"), rule.check("11")),
            (Err(IntegerError::Low(-5)), Err(IntegerError::High(10)))
        );
        let huge = "9".repeat(1_000);
        assert_eq!(rule.check(&huge), Err(IntegerError::High(10)));
        assert_eq!(rule.check(&format!("-{huge}")), Err(IntegerError::Low(-5)));
    }

    proptest! {
        #[test]
        fn every_number_is_read_as_itself(value: i64) {
            prop_assert_eq!(ALL.check(&value.to_string()), Ok(value));
        }
    }
}
