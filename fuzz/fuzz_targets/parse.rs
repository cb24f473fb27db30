//! Any bytes: reading and checking never panic, and every place lies within its text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mam::Compiler;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let checked = Compiler::new().check("fuzz.mam", text);
    for diagnostic in checked.diagnostics() {
        for label in &diagnostic.labels {
            let source = checked.sources().get(label.span.source).expect("the source exists");
            let range = label.span.start as usize..label.span.end as usize;
            assert!(source.text().get(range).is_some(), "{diagnostic:?}");
        }
    }
    for report in checked.reports() {
        assert!(!report.short().is_empty());
    }
    // The same text as a question: about a set of its own, or refused.
    let empty = Compiler::new().check("empty.mam", "mam 1\nusers staff\n");
    let _ = empty.question(text);
});
