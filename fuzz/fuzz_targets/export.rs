//! Generated policy sets as settings of Intune: refused with reasons, or JSON that reads back and comes out again.

#![no_main]

mod policy_text;

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use mam::intune::export::{ExportError, Options, export};
use mam::{Compiler, Platform};

fuzz_target!(|bytes: &[u8]| {
    let mut choices = Unstructured::new(bytes);
    let Ok(platform) = choices.choose(Platform::ALL).copied() else { return };
    let Ok(nearest) = choices.ratio(1, 2) else { return };
    let Ok(text) = policy_text::policy_set(&mut choices) else { return };
    // Graph wants object ids, and has no clauses of two groups.
    let ids = [
        ("users staff", "users staff \"11111111-2222-3333-4444-555555555555\""),
        ("users guests", "users guests \"21111111-2222-3333-4444-555555555555\""),
        ("users field", "users field \"31111111-2222-3333-4444-555555555555\""),
        (" and ", ", "),
        ("app docs {", "app docs { ios \"d.d\" android \"d.d\""),
    ];
    let text = ids.iter().fold(text, |text, (old, new)| text.replace(old, new));
    let checked = Compiler::new().check("fuzz.mam", &text);
    let options = Options::new(platform).with_nearest(nearest);
    let exported = match export(&checked, &options) {
        Ok(exported) => exported,
        Err(ExportError::Refused(errors)) => return assert!(!errors.reports().is_empty(), "{text}"),
        Err(ExportError::Inexact { deviations, .. }) => {
            assert!(!deviations.is_empty(), "{text}");
            // The nearest settings are never laxer: else there are none.
            assert!(!nearest || deviations.iter().any(|one| one.laxer), "{deviations:?}\n{text}");
            return;
        }
        Err(other) => panic!("{other}"),
    };
    assert!(exported.deviations.iter().all(|one| !one.laxer), "{text}");
    let read = Compiler::new().check("fuzz.json", &exported.text);
    assert!(!read.has_errors(), "{}\n{text}\n{}", read.errors(), exported.text);
    let again = export(&read, &Options::new(platform));
    let again = again.unwrap_or_else(|error| panic!("{error}\n{text}\n{}", exported.text));
    assert_eq!(again.text, exported.text, "{text}");
});
