//! Signature help: the fields of the requirement that is being written.

use lsp_types::{
    Documentation, ParameterInformation, ParameterLabel, Position, SignatureHelp,
    SignatureInformation,
};

use super::position::number;
use super::view::View;
use crate::reference;
use crate::syntax::cursor;

/// A field of a requirement, as the reference explains it.
struct Field {
    name: &'static str,
    example: &'static str,
    meaning: &'static str,
}

/// The fields of PINs, in the order of the reference.
fn fields() -> Vec<Field> {
    let section = reference::find("require").and_then(|word| word.section());
    let rows = section.map_or("", |(_, text)| text).lines();
    let fields = rows.filter_map(|row| {
        let mut cells = row.strip_prefix("| `")?.split(" | ");
        let name = cells.next()?.trim_end_matches('`');
        let example = cells.next()?.trim_matches('`');
        let meaning = cells.nth(1)?.trim_end_matches(" |");
        Some(Field { name, example, meaning })
    });
    fields.collect()
}

/// The fields of the requirement around a position, with the one that is being written.
pub(super) fn help(view: &View<'_>, position: Position) -> Option<SignatureHelp> {
    let cursor = cursor(view.document.text.text(), view.offset(position))?;
    let at = cursor.before.iter().rposition(|word| word == "require")?;
    let what = cursor.before.get(at + 1)?;
    let behind = cursor.before.get(at + 2..)?;
    if what != "pin" || behind.iter().any(|word| word == "}") {
        return None;
    }
    let fields = fields();
    let label = fields.iter().map(|field| field.example).collect::<Vec<_>>().join("  ");
    let is_field = |word: &String| fields.iter().position(|field| field.name == word);
    let active = behind.iter().rev().find_map(is_field);
    let parameters = fields.iter().map(|field| ParameterInformation {
        label: ParameterLabel::Simple(field.example.to_owned()),
        documentation: Some(Documentation::String(field.meaning.to_owned())),
    });
    let signature = SignatureInformation {
        label: format!("require pin {{ {label} }}"),
        documentation: reference::find("require")
            .map(|it| Documentation::String(it.meaning.to_owned())),
        parameters: Some(parameters.collect()),
        active_parameter: active.map(number),
    };
    let active_parameter = active.map(number);
    Some(SignatureHelp { signatures: vec![signature], active_signature: Some(0), active_parameter })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_has_the_fields() {
        let names: Vec<_> = fields().iter().map(|field| field.name).collect();
        assert!(names.starts_with(&["length", "kind", "simple", "attempts"]), "{names:?}");
        assert!(names.len() >= 12, "{names:?}");
    }
}
