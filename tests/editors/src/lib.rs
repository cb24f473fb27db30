//! The policies of the repository, and the grammars for editors.

use std::path::{Path, PathBuf};

/// The root of the repository.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Every `.mam` file of the repository, in order.
///
/// # Panics
///
/// When a folder cannot be read.
#[must_use]
pub fn policies() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["examples", "tests", "src/catalogue", "fuzz/seeds", "docs"] {
        collect(&root().join(folder), &mut found);
    }
    found.sort();
    assert!(found.len() > 150, "the policies are not found");
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|one| one.expect("a folder can be read").path()) {
        if path.is_dir() && !path.ends_with("target") && !path.ends_with("node_modules") {
            collect(&path, found);
        } else if path.extension().is_some_and(|end| end == "mam") {
            found.push(path);
        }
    }
}
