//! Path templates: `/users/{id}/report.{format}`.
//!
//! Main type: [`Template`]. It sees decoded segments, so a slash that was encoded stays inside its segment.

/// A template, segment by segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Word(String),
    Variable { before: String, name: String, after: String },
}

impl Template {
    /// Reads a template; `None` if it has no slash in front, an open brace, or two variables in a segment.
    pub(super) fn parse(path: &str) -> Option<Self> {
        let segments = path.strip_prefix('/')?.split('/').map(Segment::parse).collect::<Option<_>>()?;
        Some(Self { segments })
    }

    /// The names of its variables.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Variable { name, .. } => Some(&**name),
            Segment::Word(_) => None,
        })
    }

    /// For each segment, whether it is a word: the greater of two lists goes first.
    pub(super) fn rank(&self) -> Vec<bool> {
        self.segments.iter().map(|segment| matches!(segment, Segment::Word(_))).collect()
    }

    pub(super) fn matches(&self, path: &[String]) -> bool {
        self.segments.len() == path.len()
            && self.segments.iter().zip(path).all(|(segment, text)| segment.value(text).is_some())
    }

    /// The values of the variables in a path that matches.
    pub(super) fn values(&self, path: &[String]) -> Vec<(&str, String)> {
        let values =
            self.segments.iter().zip(path).map(|(segment, text)| segment.value(text).unwrap_or_default());
        let pairs = self.segments.iter().zip(values).filter_map(|(segment, value)| match segment {
            Segment::Variable { name, .. } => Some((&**name, value.to_owned())),
            Segment::Word(_) => None,
        });
        pairs.collect()
    }
}

impl Segment {
    fn parse(text: &str) -> Option<Self> {
        let Some((before, rest)) = text.split_once('{') else {
            return (!text.contains('}')).then(|| Self::Word(text.to_owned()));
        };
        let (name, after) = rest.split_once('}')?;
        let plain =
            !name.is_empty() && !before.contains('}') && !name.contains('{') && !after.contains(['{', '}']);
        plain.then(|| Self::Variable {
            before: before.to_owned(),
            name: name.to_owned(),
            after: after.to_owned(),
        })
    }

    /// What the text holds for the variable, which is never empty; nothing for a word that is the text.
    fn value<'a>(&self, text: &'a str) -> Option<&'a str> {
        match self {
            Self::Word(word) => (word == text).then_some(""),
            Self::Variable { before, after, .. } => {
                text.strip_prefix(&**before)?.strip_suffix(&**after).filter(|value| !value.is_empty())
            }
        }
    }
}
