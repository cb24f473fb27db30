//! Which classes the sets of rules hold.
//!
//! Takes in the classes of one side, gives out one bit set per distinct set of endpoints and
//! platform. How an app is seen in a context (under which account, managed or not) is one of its
//! *forms*; a set holds forms, so that nothing here depends on contexts.

use std::collections::HashMap;

use super::classes::{ClassKey, Classes, set_holds};
use crate::bits::Bits;
use crate::model::{EndpointSet, Model, RuleId};
use crate::vocabulary::{Platform, Side};

/// The number of a form: two for each class.
pub(super) fn form(class: usize, managed: bool) -> usize {
    class * 2 + usize::from(managed)
}

/// The sets of all rules on one side.
pub(super) struct Membership<'a> {
    model: &'a Model,
    classes: &'a Classes,
    /// The distinct sets.
    sets: Vec<&'a EndpointSet>,
    /// By rule: the number of its set; `None` where the rule says nothing of this side.
    of_rule: Vec<Option<usize>>,
    /// By platform and set: the forms that it holds, as soon as somebody asks.
    forms: Vec<Vec<Option<Bits>>>,
}

impl<'a> Membership<'a> {
    pub(super) fn new(model: &'a Model, classes: &'a Classes, side: Side) -> Self {
        let mut sets = Vec::new();
        let mut numbers = HashMap::new();
        let of_rule = (model.rules().iter())
            .map(|rule| {
                let set = rule.scope.side(side)?;
                Some(*numbers.entry(set).or_insert_with(|| {
                    sets.push(set);
                    sets.len() - 1
                }))
            })
            .collect();
        let forms = vec![vec![None; sets.len()]; Platform::ALL.len()];
        Self { model, classes, sets, of_rule, forms }
    }

    /// The forms that a rule's set holds on a platform; `None` for all.
    pub(super) fn of(&mut self, rule: RuleId, platform: Platform) -> Option<&Bits> {
        let number = self.of_rule[rule.index()]?;
        let (model, classes, set) = (self.model, self.classes, self.sets[number]);
        let forms = &mut self.forms[platform.index()][number];
        Some(forms.get_or_insert_with(|| held_forms(model, classes, set, platform)))
    }
}

fn held_forms(model: &Model, classes: &Classes, set: &EndpointSet, platform: Platform) -> Bits {
    let mut forms = Bits::new(classes.len() * 2);
    for (class, key) in classes.keys.iter().enumerate() {
        let end = classes.example(*key);
        let can_be_managed: &[bool] = match key {
            ClassKey::App { .. } => &[false, true],
            ClassKey::Storage { .. } | ClassKey::Place(_) => &[false],
        };
        for managed in can_be_managed {
            if set_holds(model, set, end, platform, *managed) {
                forms.insert(form(class, *managed));
            }
        }
    }
    forms
}
