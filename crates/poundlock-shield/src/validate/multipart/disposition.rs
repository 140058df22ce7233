//! The headers of a part.
//!
//! Main type: [`PartHead`].

use super::MultipartError;

/// What a part says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartHead {
    /// The field's name.
    pub name: String,
    /// A file's name; what has one is a file.
    pub file_name: Option<String>,
    /// The declared type.
    pub content_type: Option<String>,
}

impl PartHead {
    /// Reads header lines without the empty one behind them.
    pub(super) fn read(lines: &[u8]) -> Result<Self, MultipartError> {
        let text = std::str::from_utf8(lines).map_err(|_| MultipartError::Headers)?;
        let (mut disposition, mut content_type) = (None, None);
        for line in text.split("\r\n") {
            let (name, value) = line.split_once(':').ok_or(MultipartError::Headers)?;
            if !is_token(name) || value.contains(|c: char| c.is_control() && c != '\t') {
                return Err(MultipartError::Headers);
            }
            let place = match name.to_ascii_lowercase().as_str() {
                "content-disposition" => &mut disposition,
                "content-type" => &mut content_type,
                // Readers decode what this says, or do not (RFC 7578 4.7).
                "content-transfer-encoding" if !is_plain_encoding(value) => {
                    return Err(MultipartError::Headers);
                }
                _ => continue,
            };
            if place.replace(value.trim()).is_some() {
                return Err(MultipartError::Headers);
            }
        }
        let disposition = disposition.ok_or(MultipartError::Disposition)?;
        let wrong = |()| MultipartError::Disposition;
        let is_form =
            disposition.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("form-data"));
        let name = parameter(disposition, "name").map_err(wrong)?;
        let file_name = parameter(disposition, "filename").map_err(wrong)?;
        let extended = parameter(disposition, "filename*").map_err(wrong)?;
        match name {
            Some(name) if is_form && extended.is_none() => {
                Ok(Self { name, file_name, content_type: content_type.map(str::to_owned) })
            }
            _ => Err(MultipartError::Disposition),
        }
    }
}

fn is_plain_encoding(value: &str) -> bool {
    ["7bit", "8bit", "binary"].iter().any(|plain| value.trim().eq_ignore_ascii_case(plain))
}

fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// The value of a parameter behind the first `;`.
///
/// # Errors
/// One of the parameters is there twice, or is written in a way that not every reader reads the same, such as with backslashes.
pub(super) fn parameter(header: &str, wanted: &str) -> Result<Option<String>, ()> {
    let mut found = None;
    let mut rest = header.split_once(';').map_or("", |(_, rest)| rest).trim();
    let mut seen: Vec<String> = Vec::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or(())?;
        let name = name.trim().to_ascii_lowercase();
        let (value, after) = value(after.trim_start())?;
        if !is_token(&name) || seen.contains(&name) {
            return Err(());
        }
        if name == wanted {
            found = Some(value.to_owned());
        }
        seen.push(name);
        rest = match after.trim_start().strip_prefix(';') {
            Some(after) => after.trim(),
            None if after.trim().is_empty() => "",
            None => return Err(()),
        };
    }
    Ok(found)
}

/// A value, quoted or not, and what follows.
fn value(text: &str) -> Result<(&str, &str), ()> {
    let (value, after) = match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').ok_or(())?,
        None => text.split_at(text.find([';', ' ', '\t']).unwrap_or(text.len())),
    };
    if value.contains(['\\', '"']) || (!text.starts_with('"') && value.is_empty()) {
        Err(())
    } else {
        Ok((value, after))
    }
}
