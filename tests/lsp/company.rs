//! A whole company: answers come soon while the set is large.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::{Client, place, position, uri};

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

#[test]
fn a_company_answers_completions_and_errors_in_time() {
    let text = company(150);
    let mut client = Client::new(&[]);
    client.open("company.mam", &text);
    client.checked("company.mam");
    let at = text.rfind("share to a").unwrap() + "share to ".len();
    let start = position(&text, at);
    let (mut slowest_completion, mut slowest_check) = (Duration::ZERO, Duration::ZERO);
    for letter in ["b", "c", "d", "e", "f"] {
        let begin = Instant::now();
        client.change(
            "company.mam",
            json!([{ "range": { "start": start, "end": start }, "text": letter }]),
        );
        let found = client.request("textDocument/completion", place("company.mam", &start));
        slowest_completion = slowest_completion.max(begin.elapsed());
        assert!(found.as_array().unwrap().len() > 300);
        let found = client.checked("company.mam");
        slowest_check = slowest_check.max(begin.elapsed());
        assert!(found.iter().any(|one| one["code"] == "mam::resolve::unknown-name"), "{found:?}");
    }
    println!("completion {slowest_completion:?}, errors {slowest_check:?}");
    // Bounds for machines that do other work beside and for builds without optimization; the documents have the
    // numbers of a quiet one.
    assert!(slowest_completion < Duration::from_secs(2), "{slowest_completion:?}");
    assert!(slowest_check < Duration::from_secs(10), "{slowest_check:?}");
    assert!(client.published.contains_key(&uri("company.mam")));
    client.shutdown();
}
