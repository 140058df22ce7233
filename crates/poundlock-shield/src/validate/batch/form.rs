//! Forms against limits: urlencoded in chunks, multipart part by part.
//!
//! Main type: [`FormChecker`]. It does not know what a field means, and decodes names only to compare them.

use super::{super::pagination::decode, NameHash};
use std::collections::BTreeSet;

/// Whether a name may come more than once. One that ends in `[]` always may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Duplicates {
    /// It may.
    #[default]
    Allowed,
    /// It may not.
    Refused,
}

/// How much a form may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FormLimits {
    /// Bytes altogether.
    pub bytes: u64,
    /// Fields.
    pub fields: usize,
    /// Bytes of one name, as sent.
    pub name_bytes: usize,
    /// Bytes of one value, as sent.
    pub value_bytes: u64,
    /// Brackets in one name: `a[b][c]` is nested 2 deep.
    pub depth: usize,
    /// Whether a name may come twice.
    pub duplicates: Duplicates,
}

impl Default for FormLimits {
    fn default() -> Self {
        let (bytes, value_bytes) = (10 << 20, 1 << 20);
        Self {
            bytes,
            fields: 1_000,
            name_bytes: 256,
            value_bytes,
            depth: 8,
            duplicates: Duplicates::default(),
        }
    }
}

/// Why a form is refused, and at which field, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} (at field {field})")]
pub struct FormProblem {
    /// Which field.
    pub field: usize,
    /// What is wrong.
    pub kind: FormKind,
}

/// What is wrong with a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormKind {
    /// Over [`FormLimits::bytes`].
    #[error("must have at most {0} bytes")]
    Bytes(u64),
    /// Over [`FormLimits::fields`].
    #[error("must have at most {0} fields")]
    Fields(usize),
    /// Over [`FormLimits::name_bytes`].
    #[error("must have at most {0} bytes in a name")]
    NameBytes(usize),
    /// Over [`FormLimits::value_bytes`].
    #[error("must have at most {0} bytes in a value")]
    ValueBytes(u64),
    /// Over [`FormLimits::depth`].
    #[error("must be nested at most {0} deep")]
    Depth(usize),
    /// A name twice where that is refused.
    #[error("must not hold a name twice")]
    Duplicate,
}

/// A form that is being read.
#[derive(Debug, Clone)]
pub struct FormChecker {
    limits: FormLimits,
    names: BTreeSet<u64>,
    fields: usize,
    bytes: u64,
    /// The name of the field that is being read, as sent.
    name: Vec<u8>,
    /// Bytes of its value, once `=` has come.
    value: Option<u64>,
    failed: Option<FormProblem>,
}

impl FormChecker {
    /// A checker at the beginning of a form.
    #[must_use]
    pub fn new(limits: FormLimits) -> Self {
        let (names, name) = (BTreeSet::new(), Vec::new());
        Self { limits, names, fields: 0, bytes: 0, name, value: None, failed: None }
    }

    /// Reads the next bytes of an `application/x-www-form-urlencoded` body or of a query string.
    ///
    /// # Errors
    /// The first problem, now and at every later call.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), FormProblem> {
        self.failed.map_or(Ok(()), Err)?;
        self.bytes += chunk.len() as u64;
        if self.bytes > self.limits.bytes {
            return Err(self.fail(FormKind::Bytes(self.limits.bytes)));
        }
        for byte in chunk {
            match (byte, &mut self.value) {
                (b'&', _) => self.end_field()?,
                (b'=', None) => self.value = Some(0),
                (_, Some(length)) if *length < self.limits.value_bytes => *length += 1,
                (_, Some(_)) => return Err(self.fail(FormKind::ValueBytes(self.limits.value_bytes))),
                (_, None) if self.name.len() < self.limits.name_bytes => self.name.push(*byte),
                (_, None) => return Err(self.fail(FormKind::NameBytes(self.limits.name_bytes))),
            }
        }
        Ok(())
    }

    /// Counts a field that somebody else has taken out of the body, such as a part of a multipart form.
    ///
    /// # Errors
    /// The first problem, now and at every later call.
    pub fn field(&mut self, name: &[u8], value_bytes: u64) -> Result<(), FormProblem> {
        self.failed.map_or(Ok(()), Err)?;
        self.judge(name, value_bytes).map_err(|kind| self.fail(kind))?;
        self.fields += 1;
        Ok(())
    }

    /// Ends the form and says how many fields it has.
    ///
    /// # Errors
    /// The first problem.
    pub fn finish(&mut self) -> Result<usize, FormProblem> {
        self.failed.map_or(Ok(()), Err)?;
        self.end_field()?;
        Ok(self.fields)
    }

    /// Nothing between two `&` is no field.
    fn end_field(&mut self) -> Result<(), FormProblem> {
        let sent = std::mem::take(&mut self.name);
        let value = self.value.take();
        if sent.is_empty() && value.is_none() {
            return Ok(());
        }
        self.field(&decode(&sent), value.unwrap_or(0))
    }

    fn judge(&mut self, name: &[u8], value_bytes: u64) -> Result<(), FormKind> {
        let limits = self.limits;
        if self.fields >= limits.fields {
            return Err(FormKind::Fields(limits.fields));
        }
        if name.len() > limits.name_bytes {
            return Err(FormKind::NameBytes(limits.name_bytes));
        }
        if value_bytes > limits.value_bytes {
            return Err(FormKind::ValueBytes(limits.value_bytes));
        }
        if name.iter().filter(|b| **b == b'[').count() > limits.depth {
            return Err(FormKind::Depth(limits.depth));
        }
        let refused = limits.duplicates == Duplicates::Refused && !name.ends_with(b"[]");
        if refused && !self.names.insert(NameHash::of(name).0) {
            return Err(FormKind::Duplicate);
        }
        Ok(())
    }

    fn fail(&mut self, kind: FormKind) -> FormProblem {
        let problem = FormProblem { field: self.fields, kind };
        self.failed = Some(problem);
        problem
    }
}
