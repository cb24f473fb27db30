//! Outcomes of expectations as JUnit XML, the format of test results on CI servers.
//!
//! Takes in outcomes, gives out a suite for each file with a case for each expectation. Has no times:
//! output is deterministic.

use std::collections::BTreeMap;
use std::io;

use mam::analysis::{AccessVerdict, Verdict};
use mam::source::visible;
use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::writer::Writer;

use crate::render::answer;
use crate::render::outcome::{Outcome, Shown, State};
use crate::render::style::Capabilities;
use crate::render::text::count;

/// The outcomes as a document.
///
/// # Errors
///
/// None in practice: writing to memory does not fail.
pub(crate) fn document(outcomes: &[Outcome]) -> io::Result<String> {
    let mut suites: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        suites.entry(outcome.file()).or_default().push(outcome);
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

fn fails(outcome: &Outcome) -> bool {
    !matches!(outcome.state(), State::Holds | State::Limit(_))
}

fn is_undecided(outcome: &Outcome) -> bool {
    matches!(outcome.state(), State::Limit(_))
}

fn suite(writer: &mut Writer<Vec<u8>>, file: &str, outcomes: &[&Outcome]) -> io::Result<()> {
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

fn case(writer: &mut Writer<Vec<u8>>, outcome: &Outcome) -> io::Result<()> {
    let name = legal(&format!("{}{}", outcome.policy(), outcome.text()));
    let line = outcome.line().to_string();
    let element = writer
        .create_element("testcase")
        .with_attribute(("name", name.as_str()))
        .with_attribute(("classname", legal(outcome.file()).as_str()))
        .with_attribute(("file", legal(outcome.file()).as_str()))
        .with_attribute(("line", line.as_str()));
    let (message, text) = match outcome.state() {
        State::Holds => {
            element.write_empty()?;
            return Ok(());
        }
        State::Empty => (format!("its scope holds no {}", outcome.subject()), String::new()),
        State::Fails => failure(outcome),
        State::Limit(error) => (format!("not decided: {error}"), String::new()),
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

/// Why an expectation fails: a message, and more lines.
fn failure(outcome: &Outcome) -> (String, String) {
    let caps = Capabilities::PLAIN;
    let shown = match outcome {
        Outcome::Movement(one) => match &one.verdict {
            Verdict::Fails(found) => Shown::movement(found, caps),
            Verdict::Leads(chain) => {
                let mut lines = answer::chain(&chain.hops, caps);
                lines.extend(chain.advice.iter().map(|advice| format!("help: {advice}")));
                let count = count(chain.hops.len(), "movement");
                return (format!("{count} lead there"), lines.join("\n"));
            }
            _ => return Default::default(),
        },
        Outcome::Access(one) => match &one.verdict {
            AccessVerdict::Fails(found) => Shown::access(found, caps),
            _ => return Default::default(),
        },
    };
    let mut lines = shown.details;
    lines.extend(shown.advice.iter().map(|advice| format!("help: {advice}")));
    (format!("{}: {}", shown.headline, shown.scope), lines.join("\n"))
}

/// The text with escapes for hidden characters, and without characters that XML does not permit.
fn legal(text: &str) -> String {
    visible(text).replace(['\u{FFFE}', '\u{FFFF}'], "\u{FFFD}")
}
