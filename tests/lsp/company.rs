//! A whole company: answers come soon while the set is large.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;

use serde_json::json;

use crate::client::{Client, place, position};

/// The text of a company: apps, people, and policies with rules and expectations.
fn company(policies: usize) -> String {
    let mut text = String::from("mam 1\n\nstorage drive corporate\nstorage locker personal\n");
    for app in 0..300 {
        let traits = if app % 2 == 0 { "  sdk  multi-identity" } else { "" };
        let _ = writeln!(
            text,
            "app a{app} {{ ios \"com.example.a{app}\"  android \"com.example.a{app}\"{traits} }}"
        );
    }
    for team in 0..20 {
        let _ = writeln!(text, "users team{team}");
    }
    for policy in 0..policies {
        let app = |number: usize| 2 * ((policy * 7 + number * 13) % 150);
        let _ = writeln!(
            text,
            "policy p{policy} {{\n  for team{}\n  protect a{}, a{}",
            policy % 20,
            app(0),
            app(1)
        );
        for rule in 0..7 {
            let _ = writeln!(text, "  allow share to a{} on ios", app(rule + 2));
        }
        let _ = writeln!(text, "  expect block share to unlisted\n}}");
    }
    text
}

/// The bound in milliseconds from a keystroke to an answer, or to the errors. Those of the promise hold if `MAM_TIMES` is
/// `strict`, for a machine without other work; otherwise they are wide, and notice what grows with the square of the text.
fn bound(what: &str) -> u128 {
    let is_strict = std::env::var("MAM_TIMES").is_ok_and(|it| it == "strict");
    match what {
        "completion" if is_strict => 50,
        "errors" if is_strict => 500,
        _ if is_strict => 200,
        "errors" => 10_000,
        _ => 5_000,
    }
}

#[test]
fn a_company_is_answered_in_time() {
    let text = company(150);
    let mut client = Client::new(&[]);
    client.open("company.mam", &text);
    client.checked("company.mam");
    let at = text.rfind("share to a").unwrap() + "share to ".len();
    let start = position(&text, at);
    let mut slowest = BTreeMap::new();
    for _ in 0..4 {
        for method in ["completion", "semanticTokens/full", "documentSymbol", "foldingRange"] {
            let begin = Instant::now();
            let range = json!({ "start": start, "end": start });
            client.change("company.mam", json!([{ "range": range, "text": "b" }]));
            let found =
                client.request(&format!("textDocument/{method}"), place("company.mam", &start));
            let answered = begin.elapsed().as_millis();
            assert!(found.to_string().len() > 1_000, "{method}");
            let found = client.checked("company.mam");
            let checked = begin.elapsed().as_millis();
            assert!(
                found.iter().any(|one| one["code"] == "mam::resolve::unknown-name"),
                "{found:?}"
            );
            for (name, time) in [(method, answered), ("errors", checked)] {
                let known = slowest.entry(name).or_insert(0);
                *known = time.max(*known);
            }
        }
    }
    println!("milliseconds after a keystroke at most: {slowest:?}");
    for (name, time) in slowest {
        assert!(time < bound(name), "{name}: {time} ms, the bound is {} ms", bound(name));
    }
    client.shutdown();
}
