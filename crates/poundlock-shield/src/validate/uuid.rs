//! UUIDs (RFC 9562) in their hyphenated form.
//!
//! Main function: [`check_uuid`]. It does not know whether a UUID is in use.

/// Which UUIDs are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UuidVersions {
    bits: u16,
}

impl UuidVersions {
    /// Versions 1 to 8, but neither the nil nor the max UUID.
    pub const ALL: Self = Self { bits: 0b1_1111_1110 };
    /// The random ones.
    pub const V4: Self = Self::only(4);
    /// The random ones that sort by time.
    pub const V7: Self = Self::only(7);

    /// One version; outside 1 to 8 there are none.
    #[must_use]
    pub const fn only(version: u8) -> Self {
        let bits = if version >= 1 && version <= 8 { 1 << version } else { 0 };
        Self { bits }
    }

    /// Those of both.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self { bits: self.bits | other.bits }
    }

    fn holds(self, version: u8) -> bool {
        self.bits >> version & 1 == 1
    }
}

/// Why a UUID is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UuidError {
    /// Not 8-4-4-4-12 hexadecimal digits.
    #[error("must be a UUID like 01234567-89ab-7def-8123-456789abcdef")]
    Form,
    /// The variant is not that of RFC 9562, as in the nil and the max UUID.
    #[error("must be a UUID of the RFC 9562 variant")]
    Variant,
    /// A version that is not asked for.
    #[error("must not be a version {0} UUID")]
    Version(u8),
}

/// Checks a UUID and returns its value, most significant digit first.
///
/// # Errors
/// See [`UuidError`].
pub fn check_uuid(text: &str, versions: UuidVersions) -> Result<u128, UuidError> {
    if text.len() != 36 {
        return Err(UuidError::Form);
    }
    let mut value = 0u128;
    for (at, byte) in text.bytes().enumerate() {
        match (at, char::from(byte).to_digit(16)) {
            (8 | 13 | 18 | 23, None) if byte == b'-' => {}
            (8 | 13 | 18 | 23, _) | (_, None) => return Err(UuidError::Form),
            (_, Some(digit)) => value = value << 4 | u128::from(digit),
        }
    }
    if value >> 62 & 0b11 != 0b10 {
        return Err(UuidError::Variant);
    }
    let version = (value >> 76 & 0xf) as u8;
    if versions.holds(version) { Ok(value) } else { Err(UuidError::Version(version)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn forms_variants_and_versions() {
        // The test vectors of RFC 9562, appendix A.
        let vectors = [
            (1, "C232AB00-9414-11EC-B3C8-9F6BDECED846"),
            (4, "919108f7-52d1-4320-9bac-f847db4148a8"),
            (6, "1EC9414C-232A-6B00-B3C8-9F6BDECED846"),
            (7, "017F22E2-79B0-7CC3-98C4-DC0C0C07398F"),
        ];
        for (version, text) in vectors {
            assert!(check_uuid(text, UuidVersions::ALL).is_ok(), "{text}");
            assert!(check_uuid(text, UuidVersions::only(version)).is_ok());
            let others = UuidVersions::only(3).or(UuidVersions::only(9));
            assert_eq!(check_uuid(text, others), Err(UuidError::Version(version)));
        }
        let nil = "00000000-0000-0000-0000-000000000000";
        assert_eq!(check_uuid(nil, UuidVersions::ALL), Err(UuidError::Variant));
        for text in [
            "",
            "919108f752d143209bacf847db4148a8",
            "{919108f7-52d1-4320-9bac-f847db4148a}",
            "919108f7-52d1-4320-9bac-f847db4148ag",
            "919108f7-52d1-4320-9bac+f847db4148a8",
            "919108f75-2d1-4320-9bac-f847db4148a8",
            "９19108f7-52d1-4320-9bac-f847db4148",
        ] {
            assert_eq!(check_uuid(text, UuidVersions::ALL), Err(UuidError::Form), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_value_survives(value: u128, version in 1u8..=8) {
            let value = value & !(0xf << 76 | 0b11 << 62) | u128::from(version) << 76 | 0b10 << 62;
            let hex = format!("{value:032x}");
            let text = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
            prop_assert_eq!(check_uuid(&text, UuidVersions::only(version)), Ok(value));
        }
    }
}
