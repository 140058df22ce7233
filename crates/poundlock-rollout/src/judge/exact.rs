//! Numbers in a journal, to the last bit: as text, because not every reader of JSON numbers gives back what was written.
//!
//! Used with `#[serde(with = "exact")]`. A number that is not finite or below 0 is refused.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// What can be written this way.
pub(super) trait Exact: Sized {
    type Text: Serialize + for<'de> Deserialize<'de>;
    fn write(&self) -> Self::Text;
    fn read(text: Self::Text) -> Option<Self>;
}

pub(super) fn serialize<T: Exact, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    value.write().serialize(to)
}

pub(super) fn deserialize<'de, T: Exact, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    T::read(T::Text::deserialize(from)?)
        .ok_or_else(|| D::Error::custom("expected numbers from 0 on, as text"))
}

impl Exact for f64 {
    type Text = String;

    fn write(&self) -> String {
        // The shortest text that reads as the same number.
        format!("{self:?}")
    }

    fn read(text: String) -> Option<Self> {
        text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
    }
}

impl<const N: usize> Exact for [f64; N] {
    type Text = Vec<String>;

    fn write(&self) -> Vec<String> {
        self.iter().map(Exact::write).collect()
    }

    fn read(text: Vec<String>) -> Option<Self> {
        text.into_iter().map(f64::read).collect::<Option<Vec<f64>>>()?.try_into().ok()
    }
}

impl Exact for Option<f64> {
    type Text = Option<String>;

    fn write(&self) -> Option<String> {
        self.as_ref().map(Exact::write)
    }

    fn read(text: Option<String>) -> Option<Self> {
        text.map_or(Some(None), |text| f64::read(text).map(Some))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_amount_is_refused() {
        for bad in ["NaN", "inf", "-1.0", "", "1e999", "x"] {
            assert_eq!(f64::read(bad.to_owned()), None, "{bad}");
        }
        assert_eq!(<[f64; 2]>::read(vec!["1.0".to_owned()]), None);
    }

    proptest! {
        #[test]
        fn every_amount_comes_back(bits in 0u64..0x7ff0_0000_0000_0000) {
            let number = f64::from_bits(bits);
            prop_assert_eq!(f64::read(number.write()).map(f64::to_bits), Some(bits));
        }
    }
}
