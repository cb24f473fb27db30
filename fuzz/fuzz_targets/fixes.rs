//! Safe suggestions on generated policy sets: what they write checks, decides the same, and has none left.

#![no_main]

mod policy_text;

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use mam::analysis::{Analysis, diff, fixed};
use mam::Compiler;

fuzz_target!(|bytes: &[u8]| {
    let mut choices = Unstructured::new(bytes);
    let Ok(text) = policy_text::policy_set(&mut choices) else { return };
    let before = Compiler::new().check("fuzz.mam", &text);
    if before.has_errors() {
        return;
    }
    let after = fixed(&before, &|name| name == "fuzz.mam").expect("small sets meet no limit");
    let source = after.checked.sources().iter().find(|(_, one)| one.name() == "fuzz.mam");
    let written = source.expect("it was read").1.text().to_string();
    let read = Compiler::new().check("fuzz.mam", &written);
    assert!(!read.has_errors(), "{}\n{text}\nbecame\n{written}", read.errors());
    let [one, other] =
        [&before, &read].map(|checked| Analysis::new(checked).expect("small sets compile"));
    let changes = diff(&one, &other).expect("small sets meet no limit");
    assert!(changes.is_empty(), "{changes:?}\n{text}\nbecame\n{written}");
    let again = fixed(&read, &|name| name == "fuzz.mam").expect("small sets meet no limit");
    assert_eq!(again.made, 0, "{text}\nbecame\n{written}");
});
