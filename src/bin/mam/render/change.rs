//! Differences between two policy sets: styles, and lines about accesses.
//!
//! Takes in differences, gives out their styles and their details as lines. Does not know how they are found.

use mam::access::{FieldAnswer, FieldValue};
use mam::analysis::{
    AccessChange, AccessChangeKind, AccessSide, ChangeKind, FieldChange, RequirementChange,
    StatementChangeKind,
};
use mam::vocabulary::Reason;

use crate::render::access::{fired, places};
use crate::render::style::{Capabilities, Style};

/// Style of a movement that two sets decide differently.
pub(crate) const fn style(kind: ChangeKind) -> Style {
    match kind {
        ChangeKind::Looser => Style::Bad,
        ChangeKind::Tighter => Style::Good,
        ChangeKind::Limits => Style::Limited,
        _ => Style::Faint,
    }
}

/// Style of a statement in which two sets differ.
pub(crate) const fn statement_style(kind: StatementChangeKind) -> Style {
    match kind {
        StatementChangeKind::Unknown => Style::Limited,
        _ => Style::Faint,
    }
}

/// Style of an access that two sets decide differently.
pub(crate) const fn access_style(kind: AccessChangeKind) -> Style {
    match kind {
        AccessChangeKind::Looser => Style::Bad,
        AccessChangeKind::Tighter => Style::Good,
        AccessChangeKind::Mixed => Style::Limited,
        _ => Style::Faint,
    }
}

/// An effect that changed, without its scopes: in words, before and after.
pub(crate) fn effects(change: &AccessChange, caps: Capabilities) -> Vec<String> {
    let AccessChange { kind, words, before, after, .. } = change;
    if matches!(kind, AccessChangeKind::Enforcement | AccessChangeKind::Reason) {
        return vec![effect_in_words(change)];
    }
    let mut lines: Vec<String> = words.iter().cloned().collect();
    for (word, side) in [("before", before), ("after", after)] {
        lines.push(format!("{word}: {}", in_short(side)));
        lines.extend(fired(&side.fired, caps).into_iter().map(|line| format!("  {line}")));
    }
    lines
}

/// An effect that changed, on one line.
pub(crate) fn effect_in_words(change: &AccessChange) -> String {
    let AccessChange { words, before, after, .. } = change;
    words.clone().unwrap_or_else(|| format!("{}; now: {}", in_short(before), in_short(after)))
}

/// The effect, or the reason why no policy applies.
fn in_short(side: &AccessSide) -> &'static str {
    side.reason.map_or(side.effect.word(), Reason::description)
}

/// Requirements that changed, field by field.
pub(crate) fn requirements(change: &RequirementChange, caps: Capabilities) -> Vec<String> {
    let mut lines: Vec<String> = change.fields.iter().map(|one| field(one, caps)).collect();
    if change.wipes_sooner {
        lines.push("work data is wiped sooner than before".to_owned());
    }
    lines
}

/// Requirements that changed, on one line, without the statements that say so.
pub(crate) fn requirements_in_words(change: &RequirementChange) -> String {
    change.fields.iter().map(field_in_words).collect::<Vec<_>>().join("; ")
}

/// A field that changed, with the statements that say so.
fn field(change: &FieldChange, caps: Capabilities) -> String {
    let text = field_in_words(change);
    let by = [&change.before, &change.after].into_iter().flatten().flat_map(|one| one.by.clone());
    let by: Vec<_> = by.collect();
    if by.is_empty() { text } else { format!("{text}  {}", places(&by, caps)) }
}

fn field_in_words(change: &FieldChange) -> String {
    let FieldChange { requirement, field, before, after, .. } = change;
    let name =
        field.map_or_else(|| (*requirement).to_owned(), |field| format!("{requirement} {field}"));
    let is_flag = |one: &Option<FieldAnswer>| {
        one.as_ref().is_some_and(|one| matches!(one.value, FieldValue::Flag(_)))
    };
    match (before, after) {
        (before, _) if *field == Some("skip-with-device-pin") => match before {
            None => format!("{requirement} may be skipped with a device PIN now"),
            Some(_) => format!("{requirement} may no longer be skipped with a device PIN"),
        },
        (None, after) if is_flag(after) => format!("{name} is required now"),
        (before, None) if is_flag(before) => format!("{name} is no longer required"),
        (before, after) => {
            let text = |one: &Option<FieldAnswer>| {
                one.as_ref().map_or_else(|| "nothing".to_owned(), |one| one.value.to_string())
            };
            format!("{name}: {}; now: {}", text(before), text(after))
        }
    }
}
