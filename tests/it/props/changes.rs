//! Pictures of changes against what both sets decide of every movement.

use super::*;
use mam::analysis::{
    CellChange, ChangeContext, ChangeKind, PictureClass, PictureMember, PicturePlace, diff_picture,
};

/// The clauses of a place as a scope.
fn scope_of(place: &PicturePlace) -> String {
    let clauses = [&place.people, &place.platforms, &place.devices];
    clauses.into_iter().fold("any".to_owned(), |text, clause| format!("{text} {clause}"))
}

/// The class of an endpoint. An app that both sets name is a member by its name.
fn class_of(model: &Model, classes: &[PictureClass], end: Endpoint) -> Option<usize> {
    let (name, account, deployed) = match end {
        Endpoint::App { app, account, deployed } => {
            (model.app(app).name.clone(), Some(account), deployed)
        }
        Endpoint::Storage(id) => (model.storage(id).name.clone(), None, false),
        Endpoint::Place(place) => (place.word().to_owned(), None, false),
    };
    let is_it = |member: &PictureMember| {
        member.name == name
            && member.account == account
            && member.deployed.is_none_or(|one| one == deployed)
    };
    classes.iter().position(|class| class.members.iter().any(is_it))
}

/// What a picture says of a movement.
fn change<'c>(model: &Model, context: &'c ChangeContext, of: &Movement) -> Option<&'c CellChange> {
    let [from, to] = [of.source, of.target].map(|end| class_of(model, &context.classes, end));
    let (from, to) = (from?, to?);
    let mut cells = context.cells.iter();
    let cell = cells
        .find(|cell| cell.channel == of.channel && cell.source == from && cell.target == to)?;
    cell.change.as_ref()
}

proptest! {
    #![proptest_config(config(30))]

    #[test]
    fn a_picture_of_changes_has_what_changed_and_nothing_else(
        (before, after) in changed(one_rule), pick: Index,
    ) {
        let analyses = [&before, &after].map(|one| Analysis::new(&one.checked).unwrap());
        let everything = Scope::everything();
        let picture = diff_picture(&analyses[0], &analyses[1], &everything).unwrap();
        let contexts = some_contexts(&before.universe(), &pick, 6);
        let mut seen = BTreeSet::new();
        for context in &picture.contexts {
            for place in &context.places {
                let scope = scope_of(place);
                let asked = before.checked.question(&scope);
                prop_assert!(asked.is_ok(), "{}\n{}", scope, asked.unwrap_err());
                for (movement, _) in movements_in(&before, &asked.unwrap(), &contexts) {
                    seen.insert(movement.clone());
                    let words = universe::words(before.model(), &movement);
                    let was = before.decide(&movement);
                    let now = after.answer(before.model(), &movement);
                    let told = change(before.model(), context, &movement);
                    let before_it = was.answer(&Determining::default(), before.model().directory());
                    let key = |one: &Answer| (one.effect, one.enforced, one.limits.clone());
                    if key(&before_it) == key(&now) {
                        prop_assert!(told.is_none(), "{}: {:?}", words, told);
                        continue;
                    }
                    prop_assert!(told.is_some(), "{} is not drawn", words);
                    let told = told.unwrap();
                    for (answer, cell) in [(&before_it, &told.before), (&now, &told.after)] {
                        prop_assert_eq!(key(answer), (cell.effect, cell.enforced, cell.limits.clone()));
                    }
                    if key(&before_it).0 != key(&now).0 {
                        let looser = now.effect == Effect::Allow;
                        let kind = if looser { ChangeKind::Looser } else { ChangeKind::Tighter };
                        prop_assert_eq!(told.kind, kind);
                    }
                }
            }
        }
        for context in &contexts {
            before.universe().visit(context, |movement| {
                let is_inside = before.decide(movement).reason == Some(Reason::SameApp);
                assert!(is_inside || seen.contains(movement), "a movement is in no context");
            });
        }
    }
}
