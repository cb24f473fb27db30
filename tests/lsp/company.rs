//! A whole company: answers come soon while the set is large, and work that is useless ends soon.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::json;

use crate::client::{Client, place, position};
use crate::diagnostics::NOTES;

#[path = "../../benches/support/mod.rs"]
#[allow(unreachable_pub, missing_docs, reason = "the companies of the benches")]
mod support;

/// Groups of people, and as many policies; apps.
const SIZE: (usize, usize) = (150, 400);

fn company() -> String {
    support::scale::company(SIZE.0, SIZE.1)
}

/// The bound in milliseconds from a keystroke to an answer, to the errors, or to the end of older work. Those of the promise
/// hold if `MAM_TIMES` is `strict`, for a machine without other work; otherwise they are wide, and notice what grows with
/// the square of the text.
fn bound(what: &str) -> u128 {
    let is_strict = std::env::var("MAM_TIMES").is_ok_and(|it| it == "strict");
    match what {
        "completion" if is_strict => 50,
        "errors" | "another text" if is_strict => 500,
        _ if is_strict => 200,
        "errors" | "another text" => 10_000,
        _ => 5_000,
    }
}

/// The slowest times in milliseconds, by what was waited for.
#[derive(Default)]
struct Times(BTreeMap<&'static str, u128>);

impl Times {
    fn note(&mut self, what: &'static str, since: Instant) {
        let known = self.0.entry(what).or_insert(0);
        *known = since.elapsed().as_millis().max(*known);
    }

    fn check(&self) {
        println!("milliseconds after a keystroke at most: {:?}", self.0);
        for (what, time) in &self.0 {
            assert!(*time < bound(what), "{what}: {time} ms, the bound is {} ms", bound(what));
        }
    }
}

#[test]
fn a_company_is_answered_in_time() {
    let text = company();
    let mut client = Client::with(&[], json!({ "idle": 60_000 }), &["utf-16"]);
    client.open("company.mam", &text);
    let found = client.checked("company.mam");
    assert!(found.iter().all(|one| one["severity"] != 1), "{found:?}");
    let rule = text.find("allow share to a").unwrap();
    let at = rule + "allow share to ".len();
    let start = position(&text, at);
    let mut slowest = Times::default();
    for _ in 0..4 {
        for method in ["completion", "semanticTokens/full", "documentSymbol", "foldingRange"] {
            let begin = Instant::now();
            let range = json!({ "start": start, "end": start });
            client.change("company.mam", json!([{ "range": range, "text": "b" }]));
            let found =
                client.request(&format!("textDocument/{method}"), place("company.mam", &start));
            slowest.note(method, begin);
            assert!(found.to_string().len() > 1_000, "{method}");
            let found = client.checked("company.mam");
            slowest.note("errors", begin);
            assert!(
                found.iter().any(|one| one["code"] == "mam::resolve::unknown-name"),
                "{found:?}"
            );
        }
    }
    slowest.check();
    client.shutdown();
}

#[test]
fn a_newer_text_stops_the_analysis_of_a_company() {
    let mut client = Client::new(&[]);
    let text = company();
    let mut slowest = Times::default();
    for pause in [100, 700, 2_500] {
        client.open("company.mam", &text);
        client.checked("company.mam");
        std::thread::sleep(std::time::Duration::from_millis(pause));
        let state =
            client.command("mam.state", json!({ "uri": crate::client::uri("company.mam") }));
        assert_eq!(state["complete"], false, "the analysis is through after {pause} ms");
        let begin = Instant::now();
        client.set("company.mam", NOTES);
        client.analysed("company.mam");
        slowest.note("another text", begin);
        client.close("company.mam");
    }
    slowest.check();
    client.shutdown();
}
