//! The contexts that policies tell apart: kinds of users, platforms, kinds of devices.
//!
//! Takes in a model, gives out one number for every user, platform and device state. Two contexts
//! are one if no clause of a policy or rule answers differently in them.

use std::collections::HashMap;

use super::users::{TooMany, UserClass, signature, user_classes};
use crate::limits::Limits;
use crate::model::{Model, People, UsersId};
use crate::movement::Context;
use crate::vocabulary::{DeviceState, DeviceStates, Platform};

const PLATFORMS: usize = Platform::ALL.len();
const STATES: usize = DeviceState::ALL.len();

/// A context as the table numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContextId(pub(super) u32);

/// How users, platforms and device states map to contexts.
#[derive(Debug, Clone)]
pub(super) struct Contexts {
    clauses: Vec<People>,
    user_class: HashMap<Vec<bool>, u32>,
    /// By user class, platform and state.
    numbers: Vec<u32>,
    /// One example of each context.
    pub(super) witnesses: Vec<Context>,
}

impl Contexts {
    pub(super) fn new(model: &Model, limits: &Limits) -> Result<Self, TooMany> {
        let clauses = user_clauses(model);
        let classes = user_classes(&clauses, model.users().len(), limits.user_classes)?;
        let masks = state_masks(model);
        let mut contexts = Self {
            user_class: (classes.iter().zip(0..))
                .map(|(class, number)| (class.signature.clone(), number))
                .collect(),
            clauses,
            numbers: Vec::with_capacity(classes.len() * PLATFORMS * STATES),
            witnesses: Vec::new(),
        };
        for class in &classes {
            for platform in Platform::ALL {
                contexts.add(class, *platform, &masks);
            }
        }
        Ok(contexts)
    }

    /// Numbers the states of a platform for one kind of users; those that no clause tells apart share
    /// a number, and so do those that the platform lacks.
    fn add(&mut self, class: &UserClass, platform: Platform, masks: &[DeviceStates]) {
        let mut known: HashMap<Vec<bool>, u32> = HashMap::new();
        for state in DeviceState::ALL {
            let answers = masks.iter().map(|mask| mask.contains(*state)).collect();
            let number = if state.exists_on(platform) {
                *known.entry(answers).or_insert_with(|| {
                    let users = class.witness.clone();
                    self.witnesses.push(Context { users, platform, state: *state });
                    u32::try_from(self.witnesses.len() - 1).unwrap_or(u32::MAX)
                })
            } else {
                u32::MAX
            };
            self.numbers.push(number);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.witnesses.len()
    }

    /// The context of a user on a device; `None` where the state does not exist on the platform.
    pub(super) fn number(
        &self,
        users: &[UsersId],
        platform: Platform,
        state: DeviceState,
    ) -> Option<ContextId> {
        let class = *self.user_class.get(&signature(&self.clauses, users))? as usize;
        let at = (class * PLATFORMS + platform.index()) * STATES + state.index();
        let number = *self.numbers.get(at)?;
        (number != u32::MAX).then_some(ContextId(number))
    }

    /// The clauses that tell users apart.
    pub(super) fn clauses(&self) -> &[People] {
        &self.clauses
    }
}

/// Every `for` clause of policies and rules, each once.
fn user_clauses(model: &Model) -> Vec<People> {
    let heads = model.policies().iter().map(|policy| &policy.people);
    let rules = model.rules().iter().filter_map(|rule| rule.scope.people.as_ref());
    let mut clauses: Vec<_> = heads.chain(rules).cloned().collect();
    clauses.sort_unstable();
    clauses.dedup();
    clauses
}

/// Every set of device states on which a decision depends, each once.
fn state_masks(model: &Model) -> Vec<DeviceStates> {
    let heads = model.policies().iter().map(|policy| policy.devices);
    let rules = model.rules().iter().map(|rule| rule.scope.devices);
    let mut masks: Vec<_> = heads.chain(rules).collect();
    if model.apps().iter().any(|app| app.on_premises) {
        masks.push([DeviceState::Configmgr].into_iter().collect());
    }
    masks.sort_unstable();
    masks.dedup();
    masks
}
