//! Diagnostics as SARIF 2.1.0, the format of code scanning services.
//!
//! Takes in findings, gives out a log with one run. Names are those of the OASIS standard; rules are
//! described by the explanations of their codes. Does not know where findings come from.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mam::Severity;
use mam::diagnostic::Code;
use serde::Serialize;

use crate::format::findings::{Finding, Findings, LabelForm, Place};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Debug, Serialize)]
pub(crate) struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    invocations: [Invocation; 1],
    results: Vec<SarifResult>,
}

#[derive(Debug, Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<ReportingDescriptor>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ReportingDescriptor {
    id: &'static str,
    short_description: Message,
    help: Message,
    default_configuration: Configuration,
}

#[derive(Debug, Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Debug, Serialize)]
struct Message {
    text: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Fix>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Fix {
    description: Message,
    artifact_changes: Vec<ArtifactChange>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange {
    artifact_location: ArtifactLocation,
    replacements: Vec<Replacement>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement {
    deleted_region: Region,
    inserted_content: Message,
}

/// Findings as a log with one run.
pub(crate) fn log(findings: &Findings) -> Log {
    let mut codes: Vec<Code> = findings.diagnostics.iter().map(|one| one.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let results = findings.diagnostics.iter().map(|one| result(one, &codes, &mut seen));
    let results = results.collect();
    let driver = Driver {
        name: "mam",
        semantic_version: env!("CARGO_PKG_VERSION"),
        rules: codes.iter().map(|code| descriptor(*code)).collect(),
    };
    Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool { driver },
            column_kind: "unicodeCodePoints",
            invocations: [Invocation { execution_successful: true }],
            results,
        }],
    }
}

fn descriptor(code: Code) -> ReportingDescriptor {
    let explanation = code.explanation();
    let opening = explanation.split("\n\n").next().unwrap_or("").replace('\n', " ");
    ReportingDescriptor {
        id: code.as_str(),
        short_description: Message { text: opening },
        help: Message { text: explanation.to_owned() },
        default_configuration: Configuration { level: level(code.severity()) },
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        _ => "note",
    }
}

fn result(finding: &Finding, codes: &[Code], seen: &mut BTreeMap<String, usize>) -> SarifResult {
    let help = finding.help.as_deref();
    let text =
        help.map_or_else(|| finding.message.clone(), |help| format!("{}: {help}", finding.message));
    // Stable when other lines come or go.
    let file = finding.place.as_ref().map_or("", |place| place.file.as_str());
    let about = format!("{} {file} {}", finding.code, finding.line_text);
    let number = seen.entry(about.clone()).or_default();
    *number += 1;
    let fingerprint = format!("{about} {number}");
    let related = finding.labels.iter().skip(1).map(|label| location(label, true));
    SarifResult {
        rule_id: finding.code.as_str(),
        rule_index: codes.binary_search(&finding.code).unwrap_or_default(),
        level: level(finding.severity),
        message: Message { text },
        locations: finding.labels.iter().take(1).map(|label| location(label, false)).collect(),
        related_locations: related.collect(),
        partial_fingerprints: [("findingLine/v1", fingerprint)].into_iter().collect(),
        fixes: fix(finding).into_iter().collect(),
    }
}

fn location(label: &LabelForm, with_text: bool) -> Location {
    Location {
        physical_location: PhysicalLocation {
            artifact_location: artifact(&label.place.file),
            region: region(&label.place),
        },
        message: with_text.then(|| Message { text: label.text.clone() }),
    }
}

const fn region(place: &Place) -> Region {
    Region {
        start_line: place.line,
        start_column: place.column,
        end_line: place.end_line,
        end_column: place.end_column,
    }
}

fn fix(finding: &Finding) -> Option<Fix> {
    let mut changes: BTreeMap<ArtifactLocation, Vec<Replacement>> = BTreeMap::new();
    for edit in &finding.edits {
        let replacement = Replacement {
            deleted_region: region(&edit.place),
            inserted_content: Message { text: edit.text.clone() },
        };
        changes.entry(artifact(&edit.place.file)).or_default().push(replacement);
    }
    let description = Message { text: finding.help.clone().unwrap_or_default() };
    let changes: Vec<_> = changes
        .into_iter()
        .map(|(artifact_location, replacements)| ArtifactChange { artifact_location, replacements })
        .collect();
    (!changes.is_empty()).then_some(Fix { description, artifact_changes: changes })
}

/// A path as a relative reference of RFC 3986.
fn artifact(path: &str) -> ArtifactLocation {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'\\' => uri.push('/'),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => {
                let _infallible = write!(uri, "%{byte:02X}");
            }
        }
    }
    ArtifactLocation { uri }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_encoded() {
        assert_eq!(artifact("a b/ü.mam").uri, "a%20b/%C3%BC.mam");
        assert_eq!(artifact(r"a\b.mam").uri, "a/b.mam");
        assert_eq!(artifact("<stdin>").uri, "%3Cstdin%3E");
    }
}
