//! Words of the language, as the reference explains them, for help and for editors.
//!
//! Takes in `docs/language.md`, gives out the line and the section about a word. Does not know the
//! grammar.

use std::sync::LazyLock;

/// The reference of the language. Its table of all words is the list of the words that are explained.
const REFERENCE: &str = include_str!("../docs/language.md");

/// A word of the language.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Word {
    /// The word.
    pub word: &'static str,
    /// One or two sentences about it.
    pub meaning: &'static str,
    /// The anchor of the section that tells more.
    anchor: &'static str,
}

/// Every word that is explained, in the order of the reference.
pub fn all() -> impl Iterator<Item = Word> {
    static WORDS: LazyLock<Vec<Word>> = LazyLock::new(|| words().collect());
    WORDS.iter().copied()
}

/// The rows of the table of all words.
fn words() -> impl Iterator<Item = Word> {
    let (_, table) = REFERENCE.split_once("\n## All words\n").unwrap_or_default();
    let table = table.split("\n## ").next().unwrap_or("");
    table.lines().filter_map(|line| {
        let (word, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
        let (meaning, more) = rest.rsplit_once(" | [")?;
        let (_, anchor) = more.split_once("](#")?;
        Some(Word { word, meaning, anchor: anchor.strip_suffix(") |")? })
    })
}

/// The word with this spelling.
///
/// ```
/// let word = mam::reference::find("unlisted").unwrap();
/// assert!(word.meaning.contains("no declaration"));
/// ```
#[must_use]
pub fn find(word: &str) -> Option<Word> {
    all().find(|one| one.word == word)
}

impl Word {
    /// The section that tells more: its heading and the lines below it.
    #[must_use]
    pub fn section(&self) -> Option<(&'static str, &'static str)> {
        let mut sections =
            REFERENCE.split("\n#").skip(1).filter_map(|piece| piece.split_once('\n'));
        let heading = |line: &'static str| line.trim_start_matches('#').trim();
        let (line, text) = sections.find(|(line, _)| anchor(heading(line)) == self.anchor)?;
        Some((heading(line), text.trim()))
    }
}

/// The anchor of a heading: small letters, and `-` for blanks.
fn anchor(heading: &str) -> String {
    let known = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-'));
    known.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_a_section() {
        assert!(all().count() > 130);
        for word in all() {
            let (heading, text) = word.section().unwrap_or_else(|| panic!("{word:?}"));
            assert!(!heading.is_empty() && !text.is_empty(), "{word:?}");
            assert_eq!(find(word.word).map(|one| one.meaning), Some(word.meaning));
        }
    }
}
