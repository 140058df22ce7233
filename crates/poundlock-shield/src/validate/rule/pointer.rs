//! Members of a JSON document, by pointers in which `*` stands for every item or member.
//!
//! Main type: [`Pointer`]. It goes as deep as it is long, whatever the document holds.

use super::super::{FieldPath, Part};
use serde_json::Value;

/// The longest pointer, in steps.
const MAX_STEPS: usize = 32;

/// A pointer into JSON (RFC 6901) in which `*` stands for every item or member: `/items/*/email`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    steps: Vec<String>,
}

/// The text is no pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PointerError {
    /// It does not start with a slash.
    #[error("must start with a slash")]
    Slash,
    /// It is too long.
    #[error("must have at most {MAX_STEPS} steps")]
    Long,
    /// A `~` that is not `~0` or `~1`.
    #[error("must write ~ as ~0")]
    Escape,
}

impl Pointer {
    /// Reads a pointer.
    ///
    /// # Errors
    /// See [`PointerError`].
    pub fn parse(text: &str) -> Result<Self, PointerError> {
        let steps = text.strip_prefix('/').ok_or(PointerError::Slash)?.split('/');
        let steps: Vec<String> = steps.map(|step| step.replace("~1", "/")).collect();
        if steps.len() > MAX_STEPS {
            return Err(PointerError::Long);
        }
        match text.replace("~0", "").replace("~1", "").contains('~') {
            true => Err(PointerError::Escape),
            false => Ok(Self { steps: steps.into_iter().map(|step| step.replace("~0", "~")).collect() }),
        }
    }

    /// Calls `visit` with every member that the pointer names, and with `None` where all but the last step exists.
    pub(super) fn each(&self, document: &Value, visit: &mut dyn FnMut(FieldPath, Option<&Value>)) {
        walk(&self.steps, document, FieldPath::whole(Part::Body), visit);
    }
}

fn walk(steps: &[String], value: &Value, path: FieldPath, visit: &mut dyn FnMut(FieldPath, Option<&Value>)) {
    let Some((step, rest)) = steps.split_first() else { return visit(path, Some(value)) };
    match value {
        Value::Array(items) if step == "*" => {
            for (at, item) in items.iter().enumerate() {
                walk(rest, item, path.clone().child(&at.to_string()), visit);
            }
        }
        Value::Object(members) if step == "*" => {
            for (name, member) in members {
                walk(rest, member, path.clone().child(name), visit);
            }
        }
        Value::Object(members) => match members.get(step) {
            Some(member) => walk(rest, member, path.child(step), visit),
            None if rest.is_empty() => visit(path.child(step), None),
            // What is missing higher up is for a rule about that to say.
            None => {}
        },
        Value::Array(items) => {
            if let Some(item) = step.parse().ok().and_then(|at: usize| items.get(at)) {
                walk(rest, item, path.child(step), visit);
            }
        }
        // A rule about something inside a number or a text cannot be met.
        _ => visit(path.child(step), None),
    }
}
