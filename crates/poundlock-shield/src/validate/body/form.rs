//! A multipart form against the rules of its route.
//!
//! Main type: [`FormReader`]. Files are inspected while they pass; names and values of fields are kept until the end.

use super::super::{
    FieldPath, Issues, Part, RouteRules,
    batch::{FormChecker, FormKind, FormProblem},
    multipart::{Multipart, MultipartError, PartHead, Parts},
    upload::{UploadInspector, UploadRule},
};
use super::about_body;
use std::sync::Arc;

/// A form that is being read.
#[derive(Debug)]
pub(super) struct FormReader {
    multipart: Multipart,
    fields: Fields,
}

#[derive(Debug)]
struct Fields {
    checker: FormChecker,
    value_bytes: u64,
    upload: Option<Arc<UploadRule>>,
    whole_bytes: usize,
    /// Names and values, of those that are no files.
    kept: Vec<(String, Vec<u8>)>,
    kept_bytes: usize,
    part: Reading,
}

#[derive(Debug)]
enum Reading {
    Nothing,
    Value(u64),
    File { name: String, inspector: Option<Box<UploadInspector<Arc<UploadRule>>>> },
}

impl FormReader {
    pub(super) fn new(rules: &RouteRules, content_type: &str) -> Result<Self, MultipartError> {
        let fields = Fields {
            checker: FormChecker::new(rules.form),
            value_bytes: rules.form.value_bytes,
            upload: rules.upload.clone(),
            whole_bytes: rules.whole_bytes,
            kept: Vec::new(),
            kept_bytes: 0,
            part: Reading::Nothing,
        };
        Ok(Self { multipart: Multipart::new(content_type)?, fields })
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) -> Result<(), Issues> {
        self.multipart.feed(chunk, &mut self.fields).map_err(|Refused(issues)| issues)
    }

    /// Ends the form; `check` is asked about its fields.
    pub(super) fn finish(
        self,
        check: impl FnOnce(&[(String, String)]) -> Result<(), Issues>,
    ) -> Result<(), Issues> {
        self.multipart.finish().map_err(about_body)?;
        let text = |(name, value): (String, Vec<u8>)| (name, String::from_utf8_lossy(&value).into_owned());
        let fields: Vec<(String, String)> = self.fields.kept.into_iter().map(text).collect();
        check(&fields)
    }
}

/// Issues, for the reader of parts.
struct Refused(Issues);

impl From<MultipartError> for Refused {
    fn from(error: MultipartError) -> Self {
        Self(about_body(error))
    }
}

impl From<FormProblem> for Refused {
    fn from(problem: FormProblem) -> Self {
        Self(about_body(problem))
    }
}

impl Parts for Fields {
    type Error = Refused;

    fn begin(&mut self, head: PartHead) -> Result<(), Refused> {
        let PartHead { name, file_name, content_type } = head;
        let Some(file_name) = file_name else {
            self.keep(name.len())?;
            self.kept.push((name, Vec::new()));
            self.part = Reading::Value(0);
            return Ok(());
        };
        let inspector = self.upload.as_ref().map(|rule| {
            let path = FieldPath::field(Part::Body, &name);
            Box::new(UploadInspector::new(rule.clone(), path, &file_name, content_type.as_deref()))
        });
        self.part = Reading::File { name, inspector };
        Ok(())
    }

    fn data(&mut self, data: &[u8]) -> Result<(), Refused> {
        match &mut self.part {
            Reading::File { inspector: Some(inspector), .. } => inspector.feed(data).map_err(Refused),
            Reading::Value(bytes) => {
                *bytes += data.len() as u64;
                if *bytes > self.value_bytes {
                    let (field, kind) = (self.kept.len() - 1, FormKind::ValueBytes(self.value_bytes));
                    return Err(FormProblem { field, kind }.into());
                }
                self.keep(data.len())?;
                if let Some((_, value)) = self.kept.last_mut() {
                    value.extend_from_slice(data);
                }
                Ok(())
            }
            Reading::File { inspector: None, .. } | Reading::Nothing => Ok(()),
        }
    }

    fn end(&mut self) -> Result<(), Refused> {
        match std::mem::replace(&mut self.part, Reading::Nothing) {
            Reading::Value(bytes) => {
                let name = self.kept.last().map_or("", |(name, _)| name);
                self.checker.field(name.as_bytes(), bytes)?;
            }
            Reading::File { name, inspector } => {
                if let Some(inspector) = inspector {
                    inspector.finish().map_err(Refused)?;
                }
                self.checker.field(name.as_bytes(), 0)?;
            }
            Reading::Nothing => {}
        }
        Ok(())
    }
}

impl Fields {
    /// Makes room for so many bytes of names and values.
    fn keep(&mut self, bytes: usize) -> Result<(), FormProblem> {
        self.kept_bytes += bytes;
        if self.kept_bytes > self.whole_bytes {
            let kind = FormKind::Bytes(self.whole_bytes as u64);
            return Err(FormProblem { field: self.kept.len(), kind });
        }
        Ok(())
    }
}
