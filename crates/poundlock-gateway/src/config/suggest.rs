//! "Did you mean": the nearest of the words that would have been right.

/// Longer words, in bytes, are nobody's slip; the comparison takes the square of the length.
const MAX_WORD: usize = 64;

/// The candidate nearest to `word`, when it is near enough to be a slip: one edit for every three letters.
pub(super) fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > MAX_WORD {
        return None;
    }
    let word = word.to_lowercase();
    let near_enough = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= near_enough)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
