//! Any text as a request, and any text as a link in one: refused with a reason, or answered alike by the table and
//! the interpreter.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use mam::{AccessRequest, Checked, Compiler, Request, Table, interpret};

/// The sample set, with apps that are told by links: once for all runs.
static SET: LazyLock<(Checked, Table)> = LazyLock::new(|| {
    let text = include_str!("../seeds/contoso.mam");
    let links = "app portal { url \"portal:\", \"*.portal.example/*\", \"https://files.example/a/*\" }\n";
    let checked = Compiler::new().check("contoso.mam", &format!("{text}\n{links}"));
    let table = checked.compile().expect("the sample compiles");
    (checked, table)
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if text.starts_with('{') {
        movement(text);
        access(text);
    } else {
        let link = serde_json::to_string(&format!("url:{text}")).expect("a text is JSON");
        movement(&format!(
            r#"{{"channel": "link", "source": {{"app": "outlook", "account": "work"}}, "target": {{"app": {link}}},
                "user": {{"groups": ["staff"]}}, "device": {{"platform": "ios", "management": "unmanaged"}}}}"#
        ));
    }
});

fn movement(text: &str) {
    let (checked, table) = &*SET;
    let request: Request<'_> = match serde_json::from_str(text) {
        Ok(request) => request,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let model = checked.model().expect("it compiled");
    match (request.resolve(model.directory()), table.answer(&request)) {
        (Ok(movements), Ok(answer)) => {
            let (_, judged) = interpret::judge_request(model, &movements).expect("it means one");
            assert_eq!(answer.effect, judged.decision.effect(), "{text}");
        }
        (Err(error), Err(other)) => {
            assert_eq!(error, other, "{text}");
            assert!(!error.help().is_empty() && error.code().starts_with("mam::"), "{text}");
        }
        (known, answered) => panic!("{known:?} and {answered:?} of {text}"),
    }
}

fn access(text: &str) {
    let (_, table) = &*SET;
    let Ok(request) = serde_json::from_str::<AccessRequest<'_>>(text) else { return };
    if let Err(error) = table.answer_access(&request) {
        assert!(!error.help().is_empty() && error.code().starts_with("mam::"), "{text}");
    }
}
