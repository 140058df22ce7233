//! The labels of one series, kept small. Main type: [`LabelSet`].
//! It does not check labels; [`check_labels`](super::name::check_labels) did.

/// Names and values in order, in one text with the ends of its pieces: two allocations instead of two a
/// label. Two sets are equal only if all their pieces are, whatever characters the values hold.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct LabelSet {
    text: Box<str>,
    ends: Box<[u16]>,
}

impl LabelSet {
    /// At most 64 KiB of text; the limits on labels keep it below a third of that.
    pub(super) fn new(pairs: &[(&str, &str)]) -> Self {
        let mut text = String::new();
        let mut ends = Vec::with_capacity(pairs.len() * 2);
        for piece in pairs.iter().flat_map(|(name, value)| [name, value]) {
            text.push_str(piece);
            ends.push(u16::try_from(text.len()).expect("the limits on labels keep the text short"));
        }
        Self { text: text.into(), ends: ends.into() }
    }

    /// Names and values, in the order given.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut start = 0;
        let mut piece = move |end: u16| {
            let piece = &self.text[start..usize::from(end)];
            start = usize::from(end);
            piece
        };
        self.ends.chunks_exact(2).map(move |ends| (piece(ends[0]), piece(ends[1])))
    }
}
