//! Pages, batches and uploads as they are written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::SizeText;

/// Pages of lists.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Page")]
pub(in crate::config) struct RawPage {
    /// What happens to a number out of bounds.
    pub(in crate::config) on_excess: RawExcess,
    /// The parameters by name. Empty: page to 10000, per_page and limit to 100, offset to 100000, and cursor.
    #[schemars(extend("maxProperties" = 64))]
    pub(in crate::config) parameters: BTreeMap<String, RawPageParameter>,
}

impl Default for RawPage {
    fn default() -> Self {
        Self { on_excess: RawExcess::Clamp, parameters: BTreeMap::new() }
    }
}

/// What happens to a number out of bounds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "OnExcess")]
pub(in crate::config) enum RawExcess {
    /// The nearest bound takes its place, before the service sees it.
    Clamp,
    /// The request is refused with 422.
    Refuse,
}

/// A parameter that says which page, or how large.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "PageParameter")]
pub(in crate::config) struct RawPageParameter {
    /// The least.
    #[schemars(range(min = 0))]
    pub(in crate::config) min: u64,
    /// The greatest.
    #[schemars(range(min = 0))]
    pub(in crate::config) max: u64,
    /// In place of what is no number. Unset: the least.
    #[schemars(range(min = 0), example = 20)]
    pub(in crate::config) default: Option<u64>,
}

impl Default for RawPageParameter {
    fn default() -> Self {
        Self { min: 1, max: 100, default: None }
    }
}

/// Names that no rule is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Unknown")]
pub(in crate::config) enum RawUnknown {
    /// They pass.
    #[default]
    Pass,
    /// The request is refused with 422.
    Refuse,
}

/// How much a JSON body or a form may hold.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Batch")]
pub(in crate::config) struct RawBatch {
    /// Bytes of the body.
    pub(in crate::config) max_size: SizeText,
    /// Items of one array in JSON.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub(in crate::config) max_items: u32,
    /// Names of one object in JSON.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(in crate::config) max_keys: u32,
    /// Arrays and objects inside each other in JSON.
    #[schemars(range(min = 1, max = 120))]
    pub(in crate::config) max_depth: u32,
    /// Values altogether in JSON.
    #[schemars(range(min = 1, max = 100_000_000))]
    pub(in crate::config) max_values: u32,
    /// Fields of a form.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(in crate::config) max_fields: u32,
    /// One string in JSON, or one value of a form.
    pub(in crate::config) max_text: SizeText,
}

impl Default for RawBatch {
    fn default() -> Self {
        Self {
            max_size: "10MiB".into(),
            max_items: 1_000,
            max_keys: 256,
            max_depth: 32,
            max_values: 100_000,
            max_fields: 1_000,
            max_text: "1MiB".into(),
        }
    }
}

/// Which files are accepted.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Uploads")]
pub(in crate::config) struct RawUploads {
    /// Their kinds. Name, declared type and bytes must agree on one of them.
    #[schemars(length(min = 1, max = 25), example = ["png", "pdf"])]
    pub(in crate::config) types: Vec<RawFileKind>,
    /// The largest file.
    pub(in crate::config) max_size: SizeText,
    /// Bytes of its name.
    #[schemars(range(min = 1, max = 1024))]
    pub(in crate::config) max_name: u32,
    /// Pixels of an image's longer side.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(in crate::config) max_side: u32,
    /// Pixels of an image altogether.
    #[schemars(range(min = 1, max = 10_000_000_000_u64))]
    pub(in crate::config) max_pixels: u64,
    /// Entries of an archive.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(in crate::config) max_entries: u32,
    /// An archive when unpacked.
    pub(in crate::config) max_unpacked: SizeText,
    /// How many times larger an archive may be when unpacked.
    #[schemars(range(min = 1, max = 10_000))]
    pub(in crate::config) max_ratio: u32,
}

impl Default for RawUploads {
    fn default() -> Self {
        use RawFileKind::{Gif, Jpeg, Pdf, Png, Webp};
        Self {
            types: vec![Png, Jpeg, Gif, Webp, Pdf],
            max_size: "10MiB".into(),
            max_name: 255,
            max_side: 16_384,
            max_pixels: 50_000_000,
            max_entries: 1_000,
            max_unpacked: "200MiB".into(),
            max_ratio: 100,
        }
    }
}

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "FileKind")]
#[allow(missing_docs, reason = "the names say it")]
pub(in crate::config) enum RawFileKind {
    Png,
    Jpeg,
    Gif,
    Webp,
    Bmp,
    Svg,
    Pdf,
    Zip,
    Docx,
    Xlsx,
    Pptx,
    Odt,
    Ods,
    Gzip,
    Mp3,
    Wav,
    Ogg,
    Flac,
    Mp4,
    Webm,
    Text,
    Csv,
    Json,
    Xml,
    Html,
}
