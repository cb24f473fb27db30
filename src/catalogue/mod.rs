//! Catalogues: policy text that is built into the crate, for `use NAME`.
//!
//! Gives out `.mam` text by name. Does not know the language; the text is parsed and checked like
//! that of any file.

/// The catalogues: names and texts.
const CATALOGUES: &[(&str, &str)] = &[("microsoft", include_str!("microsoft.mam"))];

/// The text of the catalogue with this name.
#[must_use]
pub fn get(name: &str) -> Option<&'static str> {
    CATALOGUES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The names of all catalogues.
pub fn names() -> impl Iterator<Item = &'static str> {
    CATALOGUES.iter().map(|(name, _)| *name)
}
