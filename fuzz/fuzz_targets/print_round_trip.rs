//! Text that parses prints to text that parses to the same print.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mam::{Limits, Severity};
use mam::source::Sources;
use mam::syntax::{parse, print};

/// The canonical text, if the text is without mistakes.
fn canonical(text: &str) -> Option<String> {
    let mut sources = Sources::default();
    let id = sources.add("fuzz.mam", text);
    let (file, found) = parse(&sources, id, &Limits::default());
    let is_error = found.iter().any(|one| one.severity == Severity::Error);
    (!is_error).then(|| print::print(&file, &sources))
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some(once) = canonical(text) {
        let twice = canonical(&once);
        assert_eq!(twice.as_deref(), Some(once.as_str()), "of {text:?}");
    }
});
