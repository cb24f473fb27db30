//! What it would change to take rules out and to put others in.
//!
//! Takes in a model with rules to try, gives out for each trial the movements that would be decided
//! differently. Which trials are worth making is not known here.

use std::collections::HashMap;

use super::crowd::Crowd;
use super::space::{can_move, every_end, movement};
use crate::diagram::{Diagram, Memo};
use crate::model::{AppId, Model, People, PolicyId, Rule, RuleId};
use crate::movement::{Context, Endpoint, Movement};
use crate::table::{Device, DeviceKind, Seen, Showing, Touched, Trial, Verdicts, Workshop, World};
use crate::vocabulary::{Channel, DeviceState, Side};

/// A model whose rules can be tried.
pub(super) struct Trials<'a> {
    pub(super) model: &'a Model,
    pub(super) crowd: Crowd,
    shop: Workshop,
    /// By kind of device and side.
    members: ByClass,
    /// By kind of device: who applies to what, once somebody has asked.
    worlds: Vec<World>,
}

/// By kind of device, channel and side: the ends of each class.
type ByClass = HashMap<(DeviceKind, Channel, Side), Vec<Vec<Endpoint>>>;

/// An example of what a trial changes, or of what a rule matches.
#[derive(Debug, Clone)]
pub(super) struct Example {
    pub(super) kind: DeviceKind,
    pub(super) channel: Channel,
    pub(super) ends: [Endpoint; 2],
    /// For whom.
    pub(super) users: Diagram,
    /// What is decided, as a function of users, and what would be.
    pub(super) before: Diagram,
    pub(super) after: Diagram,
}

impl<'a> Trials<'a> {
    /// A model with rules that are not in force. They are numbered behind the model's own.
    pub(super) fn new(
        model: &'a Model,
        guest: Option<PolicyId>,
        extra: &[Rule],
        nodes: usize,
    ) -> Self {
        Self::among(model, guest, extra, nodes, std::iter::empty())
    }

    /// The same among users that some more clauses tell apart.
    pub(super) fn among<'c>(
        model: &'a Model,
        guest: Option<PolicyId>,
        extra: &[Rule],
        nodes: usize,
        more: impl Iterator<Item = &'c People>,
    ) -> Self {
        let mut clauses: Vec<People> = super::space::clauses_of(model).cloned().collect();
        clauses.extend(extra.iter().filter_map(|rule| rule.scope.people.clone()));
        clauses.extend(more.cloned());
        let mut crowd = Crowd::new(clauses.iter(), model.users().len(), nodes);
        let shop = Workshop::new(model, guest, extra, &crowd.groups, &mut crowd.verdicts);
        let mut trials = Self { model, crowd, shop, members: ByClass::new(), worlds: Vec::new() };
        trials.gather_members();
        trials
    }

    /// What is known of movements, apart from the users.
    pub(super) fn stage(&mut self) -> (Stage<'_>, &mut Crowd) {
        let Self { crowd, shop, members, worlds, .. } = self;
        if worlds.is_empty() {
            *worlds = shop.worlds(&mut crowd.verdicts);
        }
        (Stage { shop, members, worlds }, crowd)
    }

    /// Tries changes, each by itself, and shows each piece of what it changes, until enough is seen of it.
    pub(super) fn show_changes(
        &mut self,
        trials: &[Trial],
        mut show: impl FnMut(&mut Verdicts, Stage<'_>, usize, &Touched) -> Seen,
    ) {
        let (stage, crowd) = self.stage();
        let shop = stage.shop;
        shop.try_out(&mut crowd.verdicts, trials, |verdicts, number, touched| {
            show(verdicts, stage, number, &touched)
        });
    }

    /// Shows each piece of what some rules match, until enough is seen of it.
    pub(super) fn show_regions(
        &mut self,
        rules: &[RuleId],
        mut show: impl FnMut(&mut Verdicts, Stage<'_>, usize, &Touched) -> Seen,
    ) {
        let (stage, crowd) = self.stage();
        let shop = stage.shop;
        shop.regions(&mut crowd.verdicts, rules, |verdicts, number, touched| {
            show(verdicts, stage, number, &touched)
        });
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
                    self.members.insert((kind, *channel, side), members);
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
        let model = self.model;
        let mut found: Vec<Option<Example>> = vec![None; trials.len()];
        let mut memo = Memo::default();
        self.show_changes(trials, |verdicts, stage, number, touched| {
            found[number] = stage.change(model, verdicts, touched, &mut memo);
            if found[number].is_some() { Seen::Enough } else { Seen::More }
        });
        found
    }

    /// Of each rule up to so many examples of what it matches, one for each piece that is decided alike.
    pub(super) fn regions(&mut self, rules: &[RuleId], bound: usize) -> Vec<Vec<Example>> {
        let model = self.model;
        let mut found: Vec<Vec<Example>> = vec![Vec::new(); rules.len()];
        self.show_regions(rules, |verdicts, stage, number, touched| {
            found[number].extend(stage.example(model, verdicts, touched, touched.users));
            if found[number].len() < bound { Seen::More } else { Seen::Enough }
        });
        found
    }

    /// An example as a movement: of the user in the fewest groups for whom it is one.
    pub(super) fn movement(&self, example: &Example) -> Option<Movement> {
        let users = self.crowd.example(example.users)?;
        let (_, device) = self.shop.kinds().find(|(kind, _)| *kind == example.kind)?;
        let is_deployed = |end: &Endpoint| matches!(end, Endpoint::App { deployed: true, .. });
        let state = if example.ends.iter().any(is_deployed) {
            self.most_managed(example.kind, device)
        } else {
            device.state
        };
        let context = Context { users, platform: device.platform, state };
        let [from, to] = example.ends;
        Some(movement(self.model, example.channel, (from, to), context))
    }

    /// By kind of device: the policies that apply to some app, with those for whom they do.
    pub(super) fn applying(&mut self) -> Vec<(Device, Vec<(PolicyId, Diagram)>)> {
        let devices: HashMap<DeviceKind, Device> = self.shop.kinds().collect();
        let applying = self.shop.applies_to_somebody(&mut self.crowd.verdicts);
        applying.into_iter().map(|(kind, policies)| (devices[&kind], policies)).collect()
    }
}

/// What is known of movements, apart from the users.
#[derive(Clone, Copy)]
pub(super) struct Stage<'s> {
    shop: &'s Workshop,
    members: &'s ByClass,
    worlds: &'s [World],
}

impl<'s> Stage<'s> {
    /// The kinds of devices, each with an example.
    pub(super) fn kinds(self) -> impl Iterator<Item = (DeviceKind, Device)> + 's {
        self.shop.kinds()
    }

    /// The kind of a device.
    pub(super) fn kind(self, device: Device) -> Option<DeviceKind> {
        self.shop.kind(device)
    }

    /// The ends of a class.
    pub(super) fn members(
        self,
        kind: DeviceKind,
        channel: Channel,
        side: Side,
        class: usize,
    ) -> &'s [Endpoint] {
        let all = self.members.get(&(kind, channel, side));
        all.and_then(|all| all.get(class)).map_or(&[], Vec::as_slice)
    }

    /// For whom a policy applies to an app.
    pub(super) fn applies(self, kind: DeviceKind, policy: PolicyId, app: AppId) -> Diagram {
        self.shop.applies(self.worlds, kind, policy, app)
    }

    /// An example of a piece that a trial changes, if it does.
    pub(super) fn change(
        self,
        model: &Model,
        verdicts: &mut Verdicts,
        touched: &Touched,
        memo: &mut Memo,
    ) -> Option<Example> {
        let differs = &mut |a, b| u32::from(a != b);
        let users = verdicts.diagrams.join(touched.before, touched.after, memo, differs);
        self.example(model, verdicts, touched, users)
    }

    /// A movement among those that are touched, for some of the users.
    pub(super) fn example(
        self,
        model: &Model,
        verdicts: &mut Verdicts,
        touched: &Touched,
        users: Diagram,
    ) -> Option<Example> {
        let Touched { kind, channel, before, after, .. } = *touched;
        let of = |side, showing: &Showing| self.members(kind, channel, side, showing.class);
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
                let managed = source.managed && target.managed;
                for from in of(Side::Source, source) {
                    for to in of(Side::Target, target) {
                        if can_move(model, channel, *from, *to, &|| managed) {
                            let ends = [*from, *to];
                            return Some(Example { kind, channel, ends, users, before, after });
                        }
                    }
                }
            }
        }
        None
    }
}
