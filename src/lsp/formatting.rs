//! Formatting: the canonical layout, as edits of the lines that differ.

use lsp_types::{Range, TextEdit};

use super::carry::Carry;
use super::view::View;
use crate::syntax::print::print;

/// The edits that lay the document out; `None` if it has mistakes of syntax.
pub(super) fn edits(view: &View<'_>, within: Option<Range>) -> Option<Vec<TextEdit>> {
    let parsed = view.document.parsed().filter(|parsed| !parsed.is_broken())?;
    let old = &view.document.text;
    let new = print(&parsed.file, &parsed.sources);
    let edits = Carry::new(old.text(), &new).edits().into_iter();
    let edits = edits.filter_map(|(bytes, with)| {
        Some(TextEdit::new(old.range(bytes), new.get(with)?.to_owned()))
    });
    let touches = |edit: &TextEdit| {
        within.is_none_or(|range| {
            edit.range.start.line <= range.end.line && range.start.line <= edit.range.end.line
        })
    };
    Some(edits.filter(touches).collect())
}
