//! Signature help: the fields of the requirement that is being written.

use lsp_types::{
    Documentation, ParameterInformation, ParameterLabel, Position, SignatureHelp,
    SignatureInformation,
};

use super::position::number;
use super::view::View;
use crate::access::RequirementPart;
use crate::model::{FieldValues, field_values};
use crate::reference;
use crate::syntax::cursor;

/// The fields of the requirement around a position, with the one that is being written.
pub(super) fn help(view: &View<'_>, position: Position) -> Option<SignatureHelp> {
    let cursor = cursor(view.document.text.text(), view.offset(position))?;
    let at = cursor.before.iter().rposition(|word| word == "require")?;
    let what = cursor.before.get(at + 1)?;
    let behind = cursor.before.get(at + 2..)?;
    if behind.iter().any(|word| matches!(word.as_str(), "}" | "launch" | "on" | "devices")) {
        return None;
    }
    let fields = fields(what);
    let texts: Vec<_> = fields.iter().map(|field| with_values(field)).collect();
    let is_field = |word: &String| fields.iter().position(|field| field == word);
    let active = behind.iter().rev().find_map(is_field).map(number);
    let meaning =
        |word: &str| reference::find(word).map(|it| Documentation::String(it.meaning.to_owned()));
    let parameters = fields.iter().zip(&texts).map(|(field, text)| ParameterInformation {
        label: ParameterLabel::Simple(text.clone()),
        documentation: meaning(field),
    });
    let signature = SignatureInformation {
        label: format!("require {what} {{ {} }}", texts.join("  ")),
        documentation: meaning(what),
        parameters: Some(parameters.collect()),
        active_parameter: active,
    };
    let (signatures, active_parameter) = (vec![signature], active);
    (!fields.is_empty()).then_some(SignatureHelp {
        signatures,
        active_signature: Some(0),
        active_parameter,
    })
}

/// The words of a requirement's fields.
fn fields(requirement: &str) -> Vec<&'static str> {
    let is_of_it = |part: &&RequirementPart| {
        **part != part.requirement() && part.requirement().word() == requirement
    };
    RequirementPart::ALL.iter().filter(is_of_it).map(|part| part.word()).collect()
}

/// A field with the values that it takes: `kind numeric|alphanumeric`.
fn with_values(field: &str) -> String {
    match field_values(field) {
        None | Some(FieldValues::None) => field.to_owned(),
        Some(FieldValues::Number) => format!("{field} NUMBER"),
        Some(FieldValues::Time(units)) => format!("{field} NUMBER {}", units.join("|")),
        Some(FieldValues::Attempts(then)) => format!("{field} NUMBER then {}", then.join("|")),
        Some(FieldValues::Words(words)) => format!("{field} {}", words.join("|")),
    }
}
