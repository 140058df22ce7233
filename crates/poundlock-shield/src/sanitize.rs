//! Text made harmless for the place where it will stand.
//!
//! Main functions: [`sanitize_string`] and, by place, those of [`escape`]. [`html`] keeps chosen markup. None of them detects
//! an attack, and none makes text safe for another place than its own: a value is stored as it came and escaped where it is shown.

pub mod escape;
mod file_name;
pub mod html;
mod log_text;
mod text;

pub(crate) use file_name::is_reserved;
pub use file_name::{MAX_FILE_NAME_BYTES, safe_file_name};
pub(crate) use html::unescape;
pub use log_text::log_safe;
pub use text::{collapse_whitespace, is_unprintable, normalize, sanitize_string, strip_controls, strip_nul};
