//! Outcomes of expectations as JUnit XML, the format of test results on CI servers.
//!
//! Takes in outcomes, gives out a suite for each file with a case for each expectation. Has no times:
//! output is deterministic.

use std::collections::BTreeMap;
use std::io;

use mam::analysis::{ExpectationResult, Verdict};
use mam::source::visible;
use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::writer::Writer;

use crate::render::answer;
use crate::render::style::Capabilities;
use crate::render::text::count;

/// The outcomes as a document.
///
/// # Errors
///
/// None in practice: writing to memory does not fail.
pub(crate) fn document(outcomes: &[ExpectationResult]) -> io::Result<String> {
    let mut suites: BTreeMap<&str, Vec<&ExpectationResult>> = BTreeMap::new();
    for outcome in outcomes {
        suites.entry(&outcome.file).or_default().push(outcome);
    }
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let all = outcomes.iter();
    let (tests, failures) = (outcomes.len(), all.clone().filter(|one| fails(one)).count());
    let errors = all.filter(|one| is_undecided(one)).count();
    writer
        .create_element("testsuites")
        .with_attribute(("name", "mam"))
        .with_attribute(("tests", tests.to_string().as_str()))
        .with_attribute(("failures", failures.to_string().as_str()))
        .with_attribute(("errors", errors.to_string().as_str()))
        .write_inner_content(|writer| {
            suites.iter().try_for_each(|(file, outcomes)| suite(writer, file, outcomes))
        })?;
    let mut text = writer.into_inner();
    text.push(b'\n');
    String::from_utf8(text).map_err(io::Error::other)
}

fn fails(outcome: &ExpectationResult) -> bool {
    !matches!(outcome.verdict, Verdict::Holds | Verdict::Limit(_))
}

fn is_undecided(outcome: &ExpectationResult) -> bool {
    matches!(outcome.verdict, Verdict::Limit(_))
}

fn suite(
    writer: &mut Writer<Vec<u8>>,
    file: &str,
    outcomes: &[&ExpectationResult],
) -> io::Result<()> {
    let failures = outcomes.iter().filter(|one| fails(one)).count();
    let errors = outcomes.iter().filter(|one| is_undecided(one)).count();
    writer
        .create_element("testsuite")
        .with_attribute(("name", legal(file).as_str()))
        .with_attribute(("tests", outcomes.len().to_string().as_str()))
        .with_attribute(("failures", failures.to_string().as_str()))
        .with_attribute(("errors", errors.to_string().as_str()))
        .write_inner_content(|writer| outcomes.iter().try_for_each(|one| case(writer, one)))?;
    Ok(())
}

fn case(writer: &mut Writer<Vec<u8>>, outcome: &ExpectationResult) -> io::Result<()> {
    let policy = outcome.policy.as_ref().map(|policy| format!("{policy}: ")).unwrap_or_default();
    let name = legal(&format!("{policy}{}", outcome.text));
    let line = outcome.line.to_string();
    let element = writer
        .create_element("testcase")
        .with_attribute(("name", name.as_str()))
        .with_attribute(("classname", legal(&outcome.file).as_str()))
        .with_attribute(("file", legal(&outcome.file).as_str()))
        .with_attribute(("line", line.as_str()));
    let (message, text) = match &outcome.verdict {
        Verdict::Holds => {
            element.write_empty()?;
            return Ok(());
        }
        Verdict::Empty => ("its scope holds no movement".to_owned(), String::new()),
        Verdict::Fails(found) => {
            let headline = answer::headline(&found.answer);
            let mut lines = answer::details(&found.answer, Capabilities::PLAIN);
            lines.extend(found.advice.iter().map(|advice| format!("help: {advice}")));
            (format!("{headline}: {}", found.scope), lines.join("\n"))
        }
        Verdict::Leads(chain) => {
            let mut lines = answer::chain(&chain.hops, Capabilities::PLAIN);
            lines.extend(chain.advice.iter().map(|advice| format!("help: {advice}")));
            let count = count(chain.hops.len(), "movement");
            (format!("{count} lead there"), lines.join("\n"))
        }
        Verdict::Limit(error) => (format!("not decided: {error}"), String::new()),
        _ => (String::new(), String::new()),
    };
    let kind = if is_undecided(outcome) { "error" } else { "failure" };
    element.write_inner_content(|writer| {
        writer
            .create_element(kind)
            .with_attribute(("message", legal(&message).as_str()))
            .write_text_content(BytesText::new(&legal(&text)))?;
        Ok(())
    })?;
    Ok(())
}

/// The text with escapes for hidden characters, and without characters that XML does not permit.
fn legal(text: &str) -> String {
    visible(text).replace(['\u{FFFE}', '\u{FFFF}'], "\u{FFFD}")
}
