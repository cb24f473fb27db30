//! The catalogues that are built into the crate, as `.mam` text like any other file.

/// The catalogues by name.
const CATALOGUES: &[(&str, &str)] = &[("microsoft", include_str!("microsoft.mam"))];

/// The text of a catalogue.
#[must_use]
pub fn get(name: &str) -> Option<&'static str> {
    CATALOGUES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The names of all catalogues.
pub fn names() -> impl Iterator<Item = &'static str> {
    CATALOGUES.iter().map(|(name, _)| *name)
}
