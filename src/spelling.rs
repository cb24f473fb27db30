//! Suggestions for misspelt words.
//!
//! Takes in a word and candidates, gives out the candidate that was probably meant. Does not know
//! what the words mean.

/// The candidate nearest to a word in edits (Damerau, 1964), the first of several; `None` if the
/// nearest has too many edits for the length of the word.
pub(crate) fn closest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let allowed = match word.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        6..=9 => 2,
        _ => 3,
    };
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
