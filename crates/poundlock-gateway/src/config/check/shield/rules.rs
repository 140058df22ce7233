//! Checks what the inputs of a route must be: fields, dates, pages, batches, uploads, documents.

use std::sync::Arc;

use jiff::SignedDuration;
use poundlock_shield::validate::Part;
use poundlock_shield::validate::batch::{FormLimits, JsonLimits};
use poundlock_shield::validate::date::{DateRule, Future, RangeRule};
use poundlock_shield::validate::openapi::{OpenApi, OpenApiOptions, Unknown};
use poundlock_shield::validate::pagination::{OnExcess, PageParameter, PageRange, Pagination};
use poundlock_shield::validate::rule::{FieldRule, Pointer, Presence, RangeFields, Target, Times};
use poundlock_shield::validate::schema::Schema;
use poundlock_shield::validate::upload::{ArchiveLimits, FileKind, ImageLimits, UploadRule};

use super::{Report, field};
use crate::config::checked::{Document, ShieldRules};
use crate::config::raw::{
    RawBatch, RawExcess, RawField, RawFileKind, RawPage, RawPageParameter, RawRange, RawShieldRoute,
    RawUnknown, RawUploads,
};
use crate::config::tree::below;
use crate::config::values::{self, Mistake};

/// The most of a body that may be read as a whole, in bytes.
const MAX_WHOLE: u64 = 16 << 20;

pub(super) fn check(path: &str, raw: &RawShieldRoute, report: &mut Report<'_>) -> Option<ShieldRules> {
    let at = |key: &str| format!("{path}.{key}");
    let fields: Vec<_> =
        raw.fields.iter().map(|(name, raw)| fields(&at("fields"), name, raw, report)).collect();
    let ranges = raw.ranges.iter().enumerate();
    let ranges: Vec<_> = ranges.map(|(n, raw)| range(&format!("{path}.ranges[{n}]"), raw, report)).collect();
    let pagination = optional(&raw.page, |raw| page(&at("page"), raw, report));
    let batch = optional(&raw.batch, |raw| batch(&at("batch"), raw, report));
    let upload = optional(&raw.uploads, |raw| uploads(&at("uploads"), raw, report));
    let schema = optional(&raw.json_schema, |name| schema(at("json_schema"), name, report));
    let openapi = openapi(path, raw, report);
    let whole = report.read(at("whole"), &raw.whole, whole);
    Some(ShieldRules {
        fields: fields.into_iter().collect::<Option<Vec<_>>>()?.concat(),
        ranges: ranges.into_iter().collect::<Option<_>>()?,
        unknown: if raw.unknown == RawUnknown::Refuse { Unknown::Refused } else { Unknown::Allowed },
        pagination: pagination?,
        batch: batch?,
        upload: upload?,
        schema: schema?,
        openapi: openapi?,
        whole: whole?,
    })
}

fn whole(text: &str) -> Result<usize, Mistake> {
    match values::size(text)? {
        size if size <= MAX_WHOLE => Ok(size as usize),
        _ => Err(Mistake::new("a size out of range", "expected at most 16MiB: that much memory a request")),
    }
}

/// What is not given is no mistake.
fn optional<R, T>(raw: &Option<R>, check: impl FnOnce(&R) -> Option<T>) -> Option<Option<T>> {
    raw.as_ref().map_or(Some(None), |raw| check(raw).map(Some))
}

/// The rules for one field: of a body two, as a form has names and JSON has members.
fn fields(path: &str, name: &str, raw: &RawField, report: &mut Report<'_>) -> Option<Vec<FieldRule>> {
    let path = below(path, name);
    for key in field::misplaced(raw) {
        let message = format!("`{key}` has no meaning for this type");
        report.error(format!("{path}.{key}"), message, "not used", "remove it, or choose another `type`");
    }
    let target = report.read(path.clone(), name, field::named);
    let check = field::check(&path, raw, report);
    let allow = report.read_all(&format!("{path}.allow"), &raw.allow, |text| Ok(text.to_owned()));
    let (part, name) = target?;
    let rule = FieldRule {
        target: Target::Named(part, name.clone()),
        presence: if raw.required { Presence::Required } else { Presence::Optional },
        times: if raw.repeated { Times::Many } else { Times::Once },
        check: check?,
        allow: allow?,
    };
    if part != Part::Body {
        return Some(vec![rule]);
    }
    let pointer: String = name.split('.').map(|step| format!("/{}", escape(step))).collect();
    let pointer = report.read(path, pointer, |text| {
        Pointer::parse(text).map_err(|error| Mistake::new("malformed field", error.to_string()))
    });
    Some(vec![FieldRule { target: Target::Json(pointer?), ..rule.clone() }, rule])
}

/// A step of a JSON pointer (RFC 6901).
fn escape(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

fn range(path: &str, raw: &RawRange, report: &mut Report<'_>) -> Option<RangeFields> {
    let start = report.read(format!("{path}.start"), &raw.start, field::named);
    let end = report.read(format!("{path}.end"), &raw.end, field::named);
    let span = optional(&raw.max_span, |text| report.read(format!("{path}.max_span"), text, values::timeout));
    let ((part, start), (other, end), span) = (start?, end?, span?);
    if part != other {
        let help = "both must be in the query, or both in the body";
        report.error(format!("{path}.end"), "two parts of a request".to_owned(), "in another part", help);
        return None;
    }
    let future = if raw.future { Future::Allowed } else { Future::Refused };
    let max_span = span.and_then(|span| SignedDuration::try_from(span).ok());
    let rule = RangeRule { ends: DateRule { future, ..DateRule::default() }, max_span };
    Some(RangeFields { part, start, end, rule })
}

fn page(path: &str, raw: &RawPage, report: &mut Report<'_>) -> Option<Pagination> {
    let parameter = |(name, raw): (&String, &RawPageParameter)| {
        let odd = |c: char| c.is_control() || c == '"' || c == '\\';
        if name.is_empty() || name.contains(odd) {
            let at = below(&format!("{path}.parameters"), name);
            report.error(
                at,
                "malformed name of a parameter".to_owned(),
                "no client sends it",
                "write it decoded",
            );
            return None;
        }
        let (min, max, default) = (raw.min, raw.max, raw.default.unwrap_or(raw.min));
        if !(min..=max).contains(&default) {
            let at = below(&format!("{path}.parameters"), name);
            let (key, message) = match min > max {
                true => ("min", format!("`min` of {min} is above `max` of {max}")),
                false => ("default", format!("`default` of {default} is not from {min} to {max}")),
            };
            report.error(
                format!("{at}.{key}"),
                message,
                "expected `min` ≤ `default` ≤ `max`",
                "change one of them",
            );
            return None;
        }
        Some(PageParameter { name: name.clone(), range: PageRange::Number { min, max, default } })
    };
    let parameters: Vec<_> = raw.parameters.iter().map(parameter).collect();
    let parameters: Vec<_> = parameters.into_iter().collect::<Option<_>>()?;
    let on_excess = match raw.on_excess {
        RawExcess::Clamp => OnExcess::Clamp,
        RawExcess::Refuse => OnExcess::Refuse,
    };
    match parameters.is_empty() {
        true => Some(Pagination { on_excess, ..Pagination::default() }),
        false => Some(Pagination { parameters, on_excess }),
    }
}

fn batch(path: &str, raw: &RawBatch, report: &mut Report<'_>) -> Option<(JsonLimits, FormLimits)> {
    let bytes = report.read(format!("{path}.max_size"), &raw.max_size, values::size);
    let text = report.read(format!("{path}.max_text"), &raw.max_text, values::size);
    let (bytes, text) = (bytes?, text?);
    let json = JsonLimits {
        bytes,
        depth: raw.max_depth as usize,
        items: raw.max_items as usize,
        keys: raw.max_keys as usize,
        values: raw.max_values.into(),
        string_bytes: usize::try_from(text).unwrap_or(usize::MAX),
        ..JsonLimits::default()
    };
    let form =
        FormLimits { bytes, fields: raw.max_fields as usize, value_bytes: text, ..FormLimits::default() };
    Some((json, form))
}

fn uploads(path: &str, raw: &RawUploads, report: &mut Report<'_>) -> Option<UploadRule> {
    let max_bytes = report.read(format!("{path}.max_size"), &raw.max_size, values::size);
    let total_bytes = report.read(format!("{path}.max_unpacked"), &raw.max_unpacked, values::size);
    let max_bytes = max_bytes?;
    Some(UploadRule {
        kinds: raw.types.iter().copied().map(kind).collect(),
        max_bytes,
        max_name_bytes: raw.max_name as usize,
        image: ImageLimits { side: raw.max_side, pixels: raw.max_pixels },
        archive: ArchiveLimits {
            entries: raw.max_entries as usize,
            total_bytes: total_bytes?,
            ratio: raw.max_ratio.into(),
            ..ArchiveLimits::default()
        },
        json: JsonLimits { bytes: max_bytes, ..JsonLimits::default() },
    })
}

fn schema(path: String, name: &str, report: &mut Report<'_>) -> Option<Document> {
    let document = report.document(&path, name)?;
    match Schema::compile(&document.content) {
        Ok(_) => Some(document),
        Err(error) => {
            let place = if error.pointer.is_empty() { "/" } else { &error.pointer };
            let label = format!("at {place}: {}", error.message);
            report.mistake(path, Mistake::new("no usable JSON Schema", label));
            None
        }
    }
}

fn openapi(path: &str, raw: &RawShieldRoute, report: &mut Report<'_>) -> Option<Option<(Document, String)>> {
    let base = optional(&raw.openapi_base, |text| {
        report.read(format!("{path}.openapi_base"), text, |text| match text.starts_with('/') {
            true => Ok(text.trim_end_matches('/').to_owned()),
            false => {
                Err(Mistake::new("malformed path", "expected the beginning of paths, such as \"/api/v1\""))
            }
        })
    });
    let Some(name) = &raw.openapi else {
        if raw.openapi_base.is_some() {
            let message = "`openapi_base` without `openapi`".to_owned();
            report.error(
                format!("{path}.openapi_base"),
                message,
                "never used",
                "add `openapi = \"openapi.json\"`",
            );
        }
        return Some(None);
    };
    let at = format!("{path}.openapi");
    let document = report.document(&at, name)?;
    let base = base?.unwrap_or_default();
    match OpenApi::compile(
        &document.content,
        OpenApiOptions { base_path: base.clone(), ..OpenApiOptions::default() },
    ) {
        Ok(_) => Some(Some((document, base))),
        Err(error) => {
            report.mistake(at, Mistake::new("no usable OpenAPI document", error.to_string()));
            None
        }
    }
}

impl Report<'_> {
    /// The JSON in a file that the configuration names.
    fn document(&mut self, path: &str, name: &str) -> Option<Document> {
        let text = match self.documents.read(name) {
            Ok(text) => text,
            Err(error) => {
                self.mistake(
                    path.to_owned(),
                    Mistake::new("no readable file", format!("cannot read it: {error}")),
                );
                return None;
            }
        };
        match serde_json::from_str(&text) {
            Ok(content) => Some(Document { name: name.to_owned(), content: Arc::new(content) }),
            Err(error) => {
                self.mistake(
                    path.to_owned(),
                    Mistake::new("no JSON", format!("the file is not JSON: {error}")),
                );
                None
            }
        }
    }
}

fn kind(raw: RawFileKind) -> FileKind {
    match raw {
        RawFileKind::Png => FileKind::Png,
        RawFileKind::Jpeg => FileKind::Jpeg,
        RawFileKind::Gif => FileKind::Gif,
        RawFileKind::Webp => FileKind::Webp,
        RawFileKind::Bmp => FileKind::Bmp,
        RawFileKind::Svg => FileKind::Svg,
        RawFileKind::Pdf => FileKind::Pdf,
        RawFileKind::Zip => FileKind::Zip,
        RawFileKind::Docx => FileKind::Docx,
        RawFileKind::Xlsx => FileKind::Xlsx,
        RawFileKind::Pptx => FileKind::Pptx,
        RawFileKind::Odt => FileKind::Odt,
        RawFileKind::Ods => FileKind::Ods,
        RawFileKind::Gzip => FileKind::Gzip,
        RawFileKind::Mp3 => FileKind::Mp3,
        RawFileKind::Wav => FileKind::Wav,
        RawFileKind::Ogg => FileKind::Ogg,
        RawFileKind::Flac => FileKind::Flac,
        RawFileKind::Mp4 => FileKind::Mp4,
        RawFileKind::Webm => FileKind::Webm,
        RawFileKind::Text => FileKind::Text,
        RawFileKind::Csv => FileKind::Csv,
        RawFileKind::Json => FileKind::Json,
        RawFileKind::Xml => FileKind::Xml,
        RawFileKind::Html => FileKind::Html,
    }
}
