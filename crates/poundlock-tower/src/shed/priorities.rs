//! Which requests matter more than others.
//!
//! Main type: [`Priorities`]. What follows from a priority is `poundlock-limit`'s.

use crate::limit::Patterns;
use http::HeaderName;
use http::request::Parts;
use poundlock_limit::throttle::Priority;

/// Priorities by header and by path; what is not mentioned is [`Priority::Default`].
#[derive(Debug, Clone, Default)]
pub struct Priorities {
    /// What is shed last.
    pub critical: Option<Patterns>,
    /// What is shed first, unless it is critical too.
    pub sheddable: Option<Patterns>,
    /// A header that says `critical`, `default` or `sheddable`, believed from trusted peers only. It goes before paths.
    pub header: Option<HeaderName>,
}

impl Priorities {
    /// The priority of a request; `trusted` is whether its peer is a proxy of ours.
    pub(super) fn of(&self, head: &Parts, trusted: bool) -> Priority {
        let told = self.header.as_ref().filter(|_| trusted).and_then(|name| told(head, name));
        told.unwrap_or_else(|| self.by_path(head))
    }

    fn by_path(&self, head: &Parts) -> Priority {
        let is = |patterns: &Option<Patterns>| patterns.as_ref().is_some_and(|p| p.matches(head));
        if is(&self.critical) {
            Priority::Critical
        } else if is(&self.sheddable) {
            Priority::Sheddable
        } else {
            Priority::Default
        }
    }
}

/// What the header says, if it is there once and makes sense.
fn told(head: &Parts, name: &HeaderName) -> Option<Priority> {
    let mut values = head.headers.get_all(name).iter();
    match (values.next()?.as_bytes(), values.next()) {
        (b"critical", None) => Some(Priority::Critical),
        (b"default", None) => Some(Priority::Default),
        (b"sheddable", None) => Some(Priority::Sheddable),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn check(path: &str, header: &[&str], trusted: bool, expect: Priority) {
        let priorities = Priorities {
            critical: Some(Patterns::new(["/pay/*"], [])),
            sheddable: Some(Patterns::new(["/batch", "/pay/later"], [])),
            header: Some(HeaderName::from_static("x-priority")),
        };
        let mut request = Request::get(path).body(()).unwrap();
        header.iter().for_each(|v| _ = request.headers_mut().append("x-priority", v.parse().unwrap()));
        assert_eq!(priorities.of(&request.into_parts().0, trusted), expect, "{path} {header:?} {trusted}");
    }

    #[test]
    fn a_trusted_header_goes_before_paths_and_critical_before_sheddable() {
        use Priority::{Critical, Default, Sheddable};
        check("/", &[], true, Default);
        check("/pay/now", &[], true, Critical);
        check("/pay/later", &[], false, Critical);
        check("/batch", &[], false, Sheddable);
        check("/%62atch", &[], false, Sheddable);
        check("/", &["critical"], true, Critical);
        check("/pay/now", &["sheddable"], true, Sheddable);
        check("/pay/now", &["default"], true, Default);
    }

    #[test]
    fn a_header_of_a_stranger_or_without_sense_counts_for_nothing() {
        check("/batch", &["critical"], false, Priority::Sheddable);
        check("/batch", &["CRITICAL"], true, Priority::Sheddable);
        check("/batch", &["critical", "critical"], true, Priority::Sheddable);
        check("/", &[""], true, Priority::Default);
    }
}
