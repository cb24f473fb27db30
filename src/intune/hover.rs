//! Titles of settings in exports, for editors.
//!
//! Takes in the text of an export and a byte, gives out the setting whose name is there. Does not know what
//! it decides.

use std::ops::Range;

use super::json::{self, Home, Node, NodeKind};
use super::schema::{PROPERTIES, ValueType};
use crate::limits::Limits;
use crate::source::{Sources, Span};

/// A setting of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SettingTitle {
    /// Its title in the portal.
    pub(crate) title: &'static str,
    /// Its platforms and values, in words.
    pub(crate) values: String,
    /// The bytes of its name.
    pub(crate) bytes: Range<usize>,
}

/// The setting whose name is at a byte of an export.
pub(crate) fn setting_at(text: &str, at: usize) -> Option<SettingTitle> {
    let source = Sources::default().add("", "");
    let whole = Span { source, start: 0, end: u32::try_from(text.len()).ok()? };
    let root = json::parse(text, Home::Whole(whole), &Limits::default()).ok()?;
    let (name, bytes) = name_at(&root, at)?;
    let rows: Vec<_> = PROPERTIES.iter().filter(|row| row.name == name).collect();
    let first = rows.first()?;
    let lines = rows.iter().map(|row| {
        let platforms: Vec<_> = row.on.iter().map(|one| one.word()).collect();
        format!("- {}: {}", platforms.join(", "), values(row.kind))
    });
    Some(SettingTitle { title: first.title, values: lines.collect::<Vec<_>>().join("\n"), bytes })
}

/// The name of the member whose name is at a byte, with its bytes.
fn name_at(node: &Node, at: usize) -> Option<(&str, Range<usize>)> {
    match &node.kind {
        NodeKind::Object(members) => members.iter().find_map(|member| {
            let start = member.span.start as usize;
            // The name stands in quotes in front of the value.
            let end = (start + member.name.len() + 2).min(member.value.span.start as usize);
            let bytes = start..end;
            if bytes.contains(&at) {
                return Some((member.name.as_str(), bytes));
            }
            name_at(&member.value, at)
        }),
        NodeKind::Array(list) => list.iter().find_map(|one| name_at(one, at)),
        _ => None,
    }
}

/// The values of a type, in words; the default comes first.
fn values(kind: ValueType) -> String {
    let listed = |words: &[&str]| format!("`{}`", words.join("`, `"));
    match kind {
        ValueType::Bool => "`false`, `true`".to_owned(),
        ValueType::Int { from, to, default } => {
            format!("a number from {from} to {to}; else {default}")
        }
        ValueType::Word(words) => listed(words),
        ValueType::WordOrNull(words) => format!("`null`, {}", listed(words)),
        ValueType::Words(words) => format!("some of {}", listed(words)),
        ValueType::Duration(Some(minutes)) => format!("a duration; else {minutes} minutes"),
        ValueType::Duration(None) => "a duration such as `PT12H`".to_owned(),
        ValueType::Text => "a text".to_owned(),
        ValueType::Texts => "texts".to_owned(),
        ValueType::Pairs => "pairs of `name` and `value`".to_owned(),
        ValueType::Kept => "kept; it decides nothing".to_owned(),
        ValueType::Special => "a part of the policy's head".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_settings_are_found() {
        let text = r#"{ "value": [{ "saveAsBlocked": true }] }"#;
        let at = text.find("AsBlocked").unwrap_or(0);
        let found = setting_at(text, at).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(found.title, "Save copies of org data");
        assert_eq!(found.values, "- ios, android: `false`, `true`");
        assert!(setting_at(text, 4).is_none() && setting_at("{", 0).is_none());
    }
}
