//! The sources of the crate as text.

use std::fs;
use std::path::Path;

/// Every Rust file under `src` by its path there.
pub(crate) fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut open = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push((name(&root, &path), fs::read_to_string(&path).unwrap()));
        }
    }
    found.sort();
    found
}

fn name(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap();
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}
