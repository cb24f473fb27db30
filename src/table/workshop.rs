//! The rules of a model at work: where planes are worked out, and where changes are tried.
//!
//! Takes in a model and perhaps rules that are not in force, gives out planes and what it would change
//! to take some rules out or to put others in. How planes are stored is not known here.

use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;

use super::Aspect;
use super::classes::{ClassKey, Classes, Points};
use super::devices::{Device, DeviceKind, Devices};
use super::groups::Groups;
use super::plane::{Place, SeenEnd, SeenEnds, Work};
use super::rulebook::Rulebook;
use super::sets::Holders;
use super::trial::{Showing, Touch, Trial};
use super::verdicts::Verdicts;
use super::world::{Form, Interned, Voices, World};
use crate::diagram::{Diagram, Diagrams, Memo};
use crate::model::{AppId, Model, PolicyId, Rule, RuleId};
use crate::movement::Endpoint;
use crate::vocabulary::{Channel, Kind, Platform, Side};

/// A model in numbers, ready to be worked with.
pub(crate) struct Workshop {
    pub(super) book: Rulebook,
    /// Of sources and of targets.
    pub(super) classes: [Classes; 2],
    pub(super) devices: Devices,
    pub(super) points: Points,
    /// By platform: which terms hold sources and targets.
    holders: [[Holders; Platform::ALL.len()]; 2],
    /// The classes of sources and of targets in the order in which examples are looked for.
    orders: [Vec<usize>; 2],
}

/// What is known of movements on a kind of device, whatever the channel.
pub(super) struct OnDevice {
    device: Device,
    world: World,
    /// Of sources and of targets.
    ends: [Ends; 2],
}

/// What is known of one end of movements on a kind of device.
struct Ends {
    /// By class.
    forms: Vec<Vec<Form>>,
    reasons: Vec<Diagram>,
}

/// What a trial changes in one place.
#[derive(Debug, Clone)]
pub(crate) struct Touched {
    pub(crate) kind: DeviceKind,
    pub(crate) channel: Channel,
    /// Classes of sources.
    pub(crate) sources: Vec<Showing>,
    /// Classes of targets.
    pub(crate) targets: Vec<Showing>,
    /// What is decided without the trial, and with it.
    pub(crate) before: Diagram,
    pub(crate) after: Diagram,
    /// For whom.
    pub(crate) users: Diagram,
}

impl Workshop {
    /// Numbers a model. With a `guest`, that policy, which only reports, is treated as if it were live.
    /// `extra` are rules to try; they are numbered behind those of the model. `groups` must know every
    /// clause of model and rules.
    pub(crate) fn new(
        model: &Model,
        guest: Option<PolicyId>,
        extra: &[Rule],
        groups: &Groups,
        verdicts: &mut Verdicts,
    ) -> Self {
        let points = Points::new(model.apps().len(), model.storages().len());
        let rules = || model.rules().iter().chain(extra);
        let classes =
            [Side::Source, Side::Target].map(|side| Classes::new(model, rules(), side, points));
        let both = [&classes[0], &classes[1]];
        let diagrams = &mut verdicts.diagrams;
        let book = Rulebook::new(model, guest, extra, both, groups, diagrams);
        let holders = [0, 1].map(|side: usize| {
            let forms = 2 * classes[side].len();
            let on =
                |platform: usize| Holders::new(&book.sets[side], Platform::ALL[platform], forms);
            std::array::from_fn(on)
        });
        let orders = classes.each_ref().map(Classes::by_app);
        Self { book, classes, devices: Devices::new(model, extra), points, holders, orders }
    }

    /// The kinds of devices, each with an example.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = (DeviceKind, Device)> + '_ {
        let kinds = self.devices.witnesses.iter().zip(0..);
        kinds.map(|(device, number)| (DeviceKind(number), *device))
    }

    /// The kind of a device.
    pub(crate) fn kind(&self, device: Device) -> Option<DeviceKind> {
        self.devices.number(device.platform, device.state)
    }

    /// For whom a policy applies to some app, by kind of device.
    pub(crate) fn applies_to_somebody(
        &self,
        verdicts: &mut Verdicts,
    ) -> Vec<(DeviceKind, Vec<(PolicyId, Diagram)>)> {
        let kinds: Vec<_> = self.kinds().collect();
        kinds
            .into_iter()
            .map(|(kind, device)| {
                let on = self.place(verdicts, device);
                (kind, on.world.somewhere(&mut verdicts.diagrams))
            })
            .collect()
    }

    /// By kind of device: who applies to what.
    pub(crate) fn worlds(&self, verdicts: &mut Verdicts) -> Vec<World> {
        let people = &mut |_: &mut _, people| people;
        let kinds = self.kinds().map(|(_, device)| device);
        kinds
            .map(|device| World::new(&self.book, &mut verdicts.diagrams, device, None, people))
            .collect()
    }

    /// For whom a policy applies to an app, whatever the account.
    pub(crate) fn applies(
        &self,
        worlds: &[World],
        kind: DeviceKind,
        policy: PolicyId,
        app: AppId,
    ) -> Diagram {
        let world = worlds.get(kind.0 as usize);
        let mut own = world.into_iter().flat_map(|world| world.applying(&self.book, app));
        own.find(|(id, _)| *id == policy).map_or(Diagram::FALSE, |(_, when)| *when)
    }

    /// The class of an end.
    pub(crate) fn class(&self, side: Side, end: Endpoint) -> usize {
        self.classes[side as usize].of_point[self.points.number(end)] as usize
    }

    /// What is known of a kind of device.
    pub(super) fn place(&self, verdicts: &mut Verdicts, device: Device) -> OnDevice {
        let people = &mut |_: &mut _, people| people;
        let world = World::new(&self.book, &mut verdicts.diagrams, device, None, people);
        let ends = [0, 1].map(|side| self.ends(verdicts, &world, side));
        OnDevice { device, world, ends }
    }

    fn ends(&self, verdicts: &mut Verdicts, world: &World, side: usize) -> Ends {
        let (book, classes) = (&self.book, &self.classes[side]);
        let all = || 0..classes.len();
        let diagrams = &mut verdicts.diagrams;
        let forms = all().map(|class| world.forms(book, diagrams, classes, class)).collect();
        let numbers: Vec<Diagram> =
            all().map(|class| world.reason(book, diagrams, classes, class)).collect();
        let mut known: HashMap<Diagram, Diagram, FxBuildHasher> = HashMap::default();
        let reasons = numbers
            .into_iter()
            .map(|numbers| *known.entry(numbers).or_insert_with(|| verdicts.not_enforced(numbers)));
        Ends { forms, reasons: reasons.collect() }
    }

    /// Prepares one channel on a kind of device.
    pub(super) fn work<'a>(
        &'a self,
        verdicts: &mut Verdicts,
        on: &'a OnDevice,
        channel: Channel,
        extra: &[RuleId],
    ) -> Work<'a> {
        let Device { platform, state } = on.device;
        let place = Place { channel, platform, state };
        let ends = [Side::Source, Side::Target].map(|side| SeenEnds {
            seen: self.seen(&on.ends[side as usize], channel, side),
            holders: &self.holders[side as usize][platform.index()],
            order: &self.orders[side as usize],
        });
        Work::new(&self.book, verdicts, place, ends, extra)
    }

    /// The ends as one channel sees them.
    fn seen<'e>(&self, ends: &'e Ends, channel: Channel, side: Side) -> Vec<SeenEnd<'e>> {
        let decides_reason = side == channel.own_side();
        let keys = self.classes[side as usize].keys.iter();
        let ends = keys.zip(&ends.forms).zip(&ends.reasons);
        ends.map(|((key, forms), reason)| SeenEnd {
            forms: if fits(channel, side, *key) { forms } else { &[] },
            reason: decides_reason.then_some(*reason),
        })
        .collect()
    }

    /// Tries changes, each by itself, and shows what each of them changes until enough is seen of it.
    pub(crate) fn try_out(
        &self,
        verdicts: &mut Verdicts,
        trials: &[Trial],
        mut show: impl FnMut(&mut Verdicts, usize, Touched) -> Seen,
    ) {
        let mut extra: Vec<_> =
            trials.iter().flat_map(|trial| trial.adds.iter().copied()).collect();
        extra.sort_unstable();
        extra.dedup();
        let rules = |number: usize| trials[number].removes.iter().chain(&trials[number].adds);
        self.visit(verdicts, trials.len(), &rules, &extra, |verdicts, work, number, at| {
            work.touches(verdicts, &trials[number], &mut |verdicts, touch| {
                show(verdicts, number, at.touched(work, touch))
            })
        });
    }

    /// Shows what is decided of everything that some rules match, each by itself, until enough is seen.
    pub(crate) fn regions(
        &self,
        verdicts: &mut Verdicts,
        rules: &[RuleId],
        mut show: impl FnMut(&mut Verdicts, usize, Touched) -> Seen,
    ) {
        let own = |number: usize| std::iter::once(&rules[number]).chain(&[]);
        self.visit(verdicts, rules.len(), &own, &[], |verdicts, work, number, at| {
            let region = work.region(verdicts, rules[number]);
            let mut pieces = region.into_iter().map(|touch| at.touched(work, touch));
            let enough = pieces.any(|touched| show(verdicts, number, touched) == Seen::Enough);
            if enough { Seen::Enough } else { Seen::More }
        });
    }

    /// Goes through the places in which something about some rules can matter.
    fn visit<'r, R: Iterator<Item = &'r RuleId>>(
        &self,
        verdicts: &mut Verdicts,
        count: usize,
        rules: &dyn Fn(usize) -> R,
        extra: &[RuleId],
        mut look: impl FnMut(&mut Verdicts, &Work<'_>, usize, Where) -> Seen,
    ) {
        let mut open = vec![true; count];
        for (kind, device) in self.kinds() {
            let on = self.place(verdicts, device);
            for channel in Channel::ALL.iter().filter(|one| one.exists_on(device.platform)) {
                let matters = |number: &usize| {
                    rules(*number).any(|id| {
                        self.book.line(*id).is_for(*channel, device.platform, device.state)
                    })
                };
                let numbers = (0..count).filter(|number| open[*number]).filter(matters);
                let numbers: Vec<usize> = numbers.collect();
                if !numbers.is_empty() {
                    let work = self.work(verdicts, &on, *channel, extra);
                    let at = Where { kind, channel: *channel };
                    for number in numbers {
                        open[number] = look(verdicts, &work, number, at) == Seen::More;
                    }
                }
            }
        }
    }
}

/// Whether whoever is shown something wants to see more of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    More,
    Enough,
}

/// A kind of device and a channel.
#[derive(Clone, Copy)]
struct Where {
    kind: DeviceKind,
    channel: Channel,
}

impl Where {
    fn touched(self, work: &Work<'_>, touch: Touch) -> Touched {
        Touched {
            kind: self.kind,
            channel: self.channel,
            sources: work.sources_of(touch.source),
            targets: work.targets_of(&touch.columns),
            before: touch.before,
            after: touch.after,
            users: touch.users,
        }
    }
}

impl OnDevice {
    /// What is known of the classes of sources and of targets.
    pub(super) fn aspects(&self) -> [Vec<Aspect>; 2] {
        let of = |ends: &Ends| {
            let classes = ends.forms.iter().zip(&ends.reasons);
            let aspects = classes.map(|(forms, reason)| {
                let managed = forms.iter().find(|form| form.is_managed());
                Aspect {
                    managed: managed.map_or(Diagram::FALSE, |form| form.when),
                    reason: *reason,
                }
            });
            aspects.collect()
        };
        self.ends.each_ref().map(of)
    }

    /// Makes forms say of users for whom an end is seen otherwise whatever is short.
    pub(super) fn simplify(&mut self, diagrams: &mut Diagrams) {
        let mut memo = Memo::default();
        let forms = self.ends.iter_mut().flat_map(|ends| ends.forms.iter_mut().flatten());
        // Lists that were one stay one, and others can become equal. By where a list is, which stays its
        // own as long as the list is kept.
        let mut simple: HashMap<_, [Arc<Voices>; 2], FxBuildHasher> = HashMap::default();
        let mut known = Interned::default();
        for form in forms {
            let care = form.is_managed().then_some(form.when);
            let [_, after] = simple.entry((Arc::as_ptr(&form.voices), care)).or_insert_with(|| {
                let before = Arc::clone(&form.voices);
                let mut voices = (*before).clone();
                if let Some(care) = care {
                    for (_, _, when) in &mut voices {
                        *when = diagrams.simplify(*when, care, &mut memo);
                    }
                }
                [before, known.intern(voices)]
            });
            form.voices = Arc::clone(after);
        }
    }
}

/// Whether a class can stand at this end of the channel.
fn fits(channel: Channel, side: Side, key: ClassKey) -> bool {
    let kind = match side {
        Side::Source => channel.source_kind(),
        Side::Target => channel.target_kind(),
    };
    match key {
        ClassKey::App { .. } => kind == Kind::App,
        ClassKey::Storage { .. } => kind == Kind::Storage,
        ClassKey::Place(place) => channel.places().contains(&place),
    }
}
