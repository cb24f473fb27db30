//! Navigation: from a name to its declaration and to its uses.

use std::collections::BTreeMap;

use lsp_types::{DocumentHighlight, DocumentHighlightKind, Location, Position};

use super::places::{Places, bytes_of};
use super::uri::{folder_of, joined};
use super::view::View;
use crate::compiler::Checked;
use crate::source::{SourceKind, Span};
use crate::syntax::ast::{ItemKind, Use};
use crate::syntax::{NameRole, occurrences};

/// The declaration of the name at a position, or the file that `use` names there.
pub(super) fn definition(view: &View<'_>, position: Position) -> Option<Location> {
    let at = view.offset(position);
    if let Some(location) = used_file(view, at) {
        return Some(location);
    }
    let checked = view.checked()?;
    let places = view.places(checked);
    let (name, role, _) = view.occurrence_at(at)?;
    if role == NameRole::Catalogue {
        let catalogue = checked
            .sources()
            .iter()
            .find(|(_, source)| source.kind() == SourceKind::Catalogue && source.name() == name)?;
        return places.location(Span { source: catalogue.0, start: 0, end: 0 });
    }
    if !role.is_name() {
        return None;
    }
    let found = view.declaration(checked, &name)?;
    places.location(found.name).or_else(|| catalogue_use(&places, found.name))
}

/// The place of the `use` that brings a catalogue's declaration, for editors that show no catalogues.
fn catalogue_use(places: &Places<'_>, declared: Span) -> Option<Location> {
    let checked = places.checked;
    let catalogue = checked.sources().name(declared.source);
    let items = checked.files().iter().flat_map(|file| &file.items);
    let found = items.filter_map(|item| match &item.kind {
        ItemKind::Use(Use::Catalogue(name)) if name.text == catalogue => Some(name.span),
        _ => None,
    });
    found.into_iter().find_map(|span| places.location(span))
}

/// The file that a `use` at a byte names.
fn used_file(view: &View<'_>, at: usize) -> Option<Location> {
    let file = &view.document.parsed()?.file;
    let path = file.items.iter().find_map(|item| match &item.kind {
        ItemKind::Use(Use::File(path)) if bytes_of(path.span).contains(&at) => Some(&path.value),
        _ => None,
    })?;
    let path = joined(folder_of(view.path), path)?;
    Some(Location::new(view.documents.uri(&path)?, lsp_types::Range::default()))
}

/// The occurrences of a name in a set, by source and bytes; its declaration is among them if that is wanted.
pub(super) fn occurrences_of(checked: &Checked, name: &str, with_declaration: bool) -> Vec<Span> {
    let files = checked.files().iter();
    let all = files.flat_map(occurrences);
    let found = all.filter(|one| {
        let is_declaration = matches!(one.role, NameRole::Declares(_));
        one.text == name && one.role.is_name() && (with_declaration || !is_declaration)
    });
    found.map(|one| one.span).collect()
}

/// The places of a name in a set, by file and byte; its declaration is among them if that is wanted.
pub(super) fn add_uses(
    places: &Places<'_>,
    name: &str,
    with_declaration: bool,
    into: &mut BTreeMap<(String, u32), Location>,
) {
    for span in occurrences_of(places.checked, name, with_declaration) {
        let path = places.checked.sources().name(span.source).to_owned();
        into.extend(places.location(span).map(|location| ((path, span.start), location)));
    }
}

/// The occurrences of the name at a position in the document.
pub(super) fn highlights(view: &View<'_>, position: Position) -> Option<Vec<DocumentHighlight>> {
    let (name, role, _) = view.occurrence_at(view.offset(position))?;
    if !role.is_name() {
        return None;
    }
    let text = &view.document.text;
    let all = occurrences(&view.document.parsed()?.file).into_iter();
    let found = all.filter(|one| one.text == name && one.role.is_name()).map(|one| {
        let kind = match one.role {
            NameRole::Declares(_) => DocumentHighlightKind::WRITE,
            _ => DocumentHighlightKind::READ,
        };
        DocumentHighlight { range: text.range(bytes_of(one.span)), kind: Some(kind) }
    });
    Some(found.collect())
}
