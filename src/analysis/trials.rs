//! What it would change to take rules out and to put others in.
//!
//! Takes in a model with rules to try, gives out for each trial the movements that would be decided
//! differently. Which trials are worth making is not known here.

use std::collections::HashMap;
use std::rc::Rc;

use super::crowd::Crowd;
use super::space::{can_move, every_end};
use crate::diagram::{Diagram, Memo};
use crate::model::{Model, People, PolicyId, Rule, RuleId};
use crate::movement::Endpoint;
use crate::table::{Device, DeviceKind, Seen, Showing, Touched, Trial, Verdicts, Workshop};
use crate::vocabulary::{Channel, DeviceState, Side};

/// Ends by class.
type Members = Rc<Vec<Vec<Endpoint>>>;

/// A model whose rules can be tried.
pub(super) struct Trials<'a> {
    pub(super) model: &'a Model,
    pub(super) crowd: Crowd,
    shop: Workshop,
    /// By kind of device and side.
    members: HashMap<(DeviceKind, Channel, Side), Members>,
}

/// An example of what a trial changes, or of what a rule matches.
#[derive(Debug, Clone)]
pub(super) struct Example {
    pub(super) kind: DeviceKind,
    pub(super) channel: Channel,
    pub(super) ends: [Endpoint; 2],
    /// For whom.
    pub(super) users: Diagram,
    /// What is decided, as a function of users.
    pub(super) before: Diagram,
}

impl<'a> Trials<'a> {
    /// A model with rules that are not in force. They are numbered behind the model's own.
    pub(super) fn new(
        model: &'a Model,
        guest: Option<PolicyId>,
        extra: &[Rule],
        nodes: usize,
    ) -> Self {
        let clauses = super::space::clauses_of(model)
            .chain(extra.iter().filter_map(|rule| rule.scope.people.as_ref()));
        let clauses: Vec<&People> = clauses.collect();
        let mut crowd = Crowd::new(clauses.into_iter(), model.users().len(), nodes);
        let shop = Workshop::new(model, guest, extra, &crowd.groups, &mut crowd.verdicts);
        let mut trials = Self { model, crowd, shop, members: HashMap::new() };
        trials.gather_members();
        trials
    }

    /// Notes which ends each class has on each kind of device.
    fn gather_members(&mut self) {
        let kinds: Vec<_> = self.shop.kinds().collect();
        for (kind, device) in kinds {
            let state = self.most_managed(kind, device);
            for channel in Channel::ALL.iter().filter(|one| one.exists_on(device.platform)) {
                for side in [Side::Source, Side::Target] {
                    let ends = every_end(self.model, *channel, side, device.platform, state);
                    let mut members: Vec<Vec<Endpoint>> = Vec::new();
                    for end in ends {
                        let class = self.shop.class(side, end);
                        if members.len() <= class {
                            members.resize(class + 1, Vec::new());
                        }
                        members[class].push(end);
                    }
                    self.members.insert((kind, *channel, side), Rc::new(members));
                }
            }
        }
    }

    /// A state of the kind, if possible one in which apps can be deployed.
    fn most_managed(&self, kind: DeviceKind, device: Device) -> DeviceState {
        let alike = |state: &&DeviceState| {
            state.is_enrolled() && self.shop.kind(Device { state: **state, ..device }) == Some(kind)
        };
        DeviceState::ALL.iter().find(alike).copied().unwrap_or(device.state)
    }

    /// Of each trial an example of what it changes; `None` where it changes nothing.
    pub(super) fn changes(&mut self, trials: &[Trial]) -> Vec<Option<Example>> {
        let Self { model, crowd, shop, members, .. } = self;
        let mut found: Vec<Option<Example>> = vec![None; trials.len()];
        let mut memo = Memo::default();
        shop.try_out(&mut crowd.verdicts, trials, |verdicts, number, touched| {
            let differs = &mut |a, b| u32::from(a != b);
            let (before, after) = (touched.before, touched.after);
            let users = verdicts.diagrams.join(before, after, &mut memo, differs);
            found[number] = example(model, members, verdicts, &touched, users);
            if found[number].is_some() { Seen::Enough } else { Seen::More }
        });
        found
    }

    /// Of each rule up to so many examples of what it matches, one for each piece that is decided alike.
    pub(super) fn regions(&mut self, rules: &[RuleId], bound: usize) -> Vec<Vec<Example>> {
        let Self { model, crowd, shop, members, .. } = self;
        let mut found: Vec<Vec<Example>> = vec![Vec::new(); rules.len()];
        shop.regions(&mut crowd.verdicts, rules, |verdicts, number, touched| {
            found[number].extend(example(model, members, verdicts, &touched, touched.users));
            if found[number].len() < bound { Seen::More } else { Seen::Enough }
        });
        found
    }

    /// By kind of device: the policies that apply to some app, with those for whom they do.
    pub(super) fn applying(&mut self) -> Vec<(Device, Vec<(PolicyId, Diagram)>)> {
        let devices: HashMap<DeviceKind, Device> = self.shop.kinds().collect();
        let applying = self.shop.applies_to_somebody(&mut self.crowd.verdicts);
        applying.into_iter().map(|(kind, policies)| (devices[&kind], policies)).collect()
    }
}

/// A movement among those that a trial touches, for some of the users.
fn example(
    model: &Model,
    members: &HashMap<(DeviceKind, Channel, Side), Members>,
    verdicts: &mut Verdicts,
    touched: &Touched,
    users: Diagram,
) -> Option<Example> {
    let Touched { kind, channel, before, .. } = *touched;
    let of = |side, showing: &Showing| {
        let members = members.get(&(kind, channel, side))?;
        members.get(showing.class).map(Vec::as_slice)
    };
    for source in &touched.sources {
        let from = verdicts.diagrams.and(users, source.when);
        if from == Diagram::FALSE {
            continue;
        }
        for target in &touched.targets {
            let users = verdicts.diagrams.and(from, target.when);
            if users == Diagram::FALSE {
                continue;
            }
            let sources = of(Side::Source, source).unwrap_or_default();
            let targets = of(Side::Target, target).unwrap_or_default();
            let managed = source.managed && target.managed;
            for from in sources {
                for to in targets {
                    if can_move(model, channel, *from, *to, &|| managed) {
                        return Some(Example { kind, channel, ends: [*from, *to], users, before });
                    }
                }
            }
        }
    }
    None
}
