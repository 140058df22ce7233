//! Which names and labels are valid. Main functions: [`check_name`], [`check_labels`].
//! It does not know which names are taken.
//!
//! Source: Prometheus "Metric names and labels", the classic character set that every scraper reads.

use super::RegistryError;
use super::label_set::LabelSet;
use crate::limits::MAX_LABEL_VALUE_BYTES;

const MAX_NAME_BYTES: usize = 200;
const MAX_LABELS: usize = 16;
/// Names that mean something to the formats or to us.
const RESERVED: [&str; 3] = ["le", "quantile", "overflow"];

pub(super) fn check_name(name: &str) -> Result<(), RegistryError> {
    let rest = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':';
    let valid = name.len() <= MAX_NAME_BYTES
        && name.bytes().all(rest)
        && name.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    if valid { Ok(()) } else { Err(RegistryError::InvalidName(name.to_owned())) }
}

/// Counters end in `_total`, and only they; what histograms append is theirs.
pub(super) fn check_suffix(name: &str, is_counter: bool) -> Result<(), RegistryError> {
    let is_histograms = ["_bucket", "_sum", "_count"].iter().any(|suffix| name.ends_with(suffix));
    if name.ends_with("_total") == is_counter && !is_histograms {
        Ok(())
    } else {
        Err(RegistryError::WrongSuffix(name.to_owned()))
    }
}

/// The family name in OpenMetrics, where `_total` is not part of it.
pub(super) fn stem(name: &str) -> &str {
    name.strip_suffix("_total").unwrap_or(name)
}

/// Sorted, and without empty values: what tells one series from another.
pub(super) fn check_labels(metric: &str, labels: &[(&str, &str)]) -> Result<LabelSet, RegistryError> {
    if labels.len() > MAX_LABELS {
        return Err(RegistryError::TooManyLabels(metric.to_owned()));
    }
    let mut sorted = labels.to_vec();
    sorted.sort_unstable();
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(RegistryError::DuplicateLabel(pair[0].0.to_owned()));
    }
    for (name, value) in &sorted {
        check_label_name(name)?;
        if value.len() > MAX_LABEL_VALUE_BYTES {
            return Err(RegistryError::LabelTooLong((*name).to_owned()));
        }
    }
    sorted.retain(|(_, value)| !value.is_empty());
    Ok(LabelSet::new(&sorted))
}

fn check_label_name(name: &str) -> Result<(), RegistryError> {
    let valid = name.len() <= MAX_NAME_BYTES
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
        && !name.starts_with("__")
        && !RESERVED.contains(&name);
    if valid { Ok(()) } else { Err(RegistryError::InvalidLabel(name.to_owned())) }
}
