//! What every rule and default contributes between two ends, as functions of the user.
//!
//! Takes in a world and two ends, gives out the grounds that can decide with those for whom they do.
//! For analysis, which asks about all users at once.

use std::collections::BTreeMap;

use super::devices::Device;
use super::judge::Voice;
use super::rulebook::Rulebook;
use super::world::{Form, World};
use super::{DeviceKind, Table};
use crate::decision::Ground;
use crate::diagram::{Diagram, Diagrams};
use crate::model::{AppId, PolicyId, RuleId};
use crate::movement::Endpoint;
use crate::vocabulary::{Channel, Effect, Side};

/// Turns a table's conditions into those of another store.
pub(crate) type Translate<'t> = dyn FnMut(&mut Diagrams, Diagram) -> Diagram + 't;

/// Two ends on a channel, seen by rules in one way.
struct Pair<'a> {
    book: &'a Rulebook,
    channel: Channel,
    device: Device,
    /// For whom they are seen so.
    when: Diagram,
    forms: [&'a Form; 2],
}

impl Table {
    /// The policies in force on a kind of device, with conditions in another store.
    pub(crate) fn world(
        &self,
        kind: DeviceKind,
        guest: Option<PolicyId>,
        diagrams: &mut Diagrams,
        translate: &mut Translate<'_>,
    ) -> World {
        let device = self.0.devices.witnesses[kind.0 as usize];
        World::new(&self.0.book, diagrams, device, guest, translate)
    }

    /// For whom a policy applies to an app.
    pub(crate) fn applies(&self, world: &World, policy: PolicyId, app: AppId) -> Diagram {
        let applying = world.applying(&self.0.book, app).iter();
        applying
            .filter(|(id, _)| *id == policy)
            .map(|(_, when)| *when)
            .next()
            .unwrap_or(Diagram::FALSE)
    }

    /// Everything that can decide what moves between two ends. A ground is listed with those for whom
    /// its policy says so, whatever others say. With a guest only the guest's words count.
    pub(crate) fn contributions(
        &self,
        world: &World,
        channel: Channel,
        ends: [Endpoint; 2],
        guest: Option<PolicyId>,
        diagrams: &mut Diagrams,
        translate: &mut Translate<'_>,
    ) -> BTreeMap<Ground, Diagram> {
        let inner = &*self.0;
        let mut found = BTreeMap::new();
        let device = world.device();
        let forms = [Side::Source, Side::Target].map(|side| {
            let class = self.class_of(side, ends[side as usize]) as usize;
            world.forms(&inner.book, diagrams, &inner.classes[side as usize], class)
        });
        for source in &forms[0] {
            for target in &forms[1] {
                let when = diagrams.and(source.when, target.when);
                let forms = [source, target];
                let pair = Pair { book: &inner.book, channel, device, when, forms };
                if when != Diagram::FALSE {
                    pair.add(guest, diagrams, translate, &mut found);
                }
            }
        }
        found.retain(|_, when| *when != Diagram::FALSE);
        found
    }
}

impl Pair<'_> {
    fn add(
        &self,
        guest: Option<PolicyId>,
        diagrams: &mut Diagrams,
        translate: &mut Translate<'_>,
        found: &mut BTreeMap<Ground, Diagram>,
    ) {
        for side in [Side::Source, Side::Target] {
            if !self.channel.judged_at(side) || !self.channel.exists_on(self.device.platform) {
                continue;
            }
            for (policy, voice, when) in self.forms[side as usize].voices.iter() {
                if guest.is_none_or(|guest| guest == *policy) {
                    let when = diagrams.and(self.when, *when);
                    for (ground, when) in
                        self.said(*policy, side, *voice, when, diagrams, translate)
                    {
                        let known = found.entry(ground).or_insert(Diagram::FALSE);
                        *known = diagrams.or(*known, when);
                    }
                }
            }
        }
    }

    /// What a policy says: rules that block, else rules that allow, else its default.
    fn said(
        &self,
        policy: PolicyId,
        side: Side,
        voice: Voice,
        when: Diagram,
        diagrams: &mut Diagrams,
        translate: &mut Translate<'_>,
    ) -> Vec<(Ground, Diagram)> {
        let ground = |rule, effect| Ground { policy, side, rule, effect };
        let mut said = Vec::new();
        let mut left = when;
        for effect in [Effect::Block, Effect::Allow] {
            if effect == Effect::Allow && voice == Voice::AppWide {
                return said;
            }
            let mut open = left;
            for rule in self.matching(policy, side, voice, effect) {
                let people = translate(diagrams, self.book.line(rule).people);
                said.push((ground(Some(rule), effect), diagrams.and(left, people)));
                open = diagrams.choose(people, Diagram::FALSE, open);
            }
            left = open;
        }
        let default = match side {
            Side::Source => self.book.head(policy).otherwise,
            Side::Target => Effect::Allow,
        };
        said.push((ground(None, default), left));
        said
    }

    fn matching(
        &self,
        policy: PolicyId,
        side: Side,
        voice: Voice,
        effect: Effect,
    ) -> impl Iterator<Item = RuleId> + '_ {
        let rules = self.book.rules(self.book.head(policy)).iter().copied();
        rules.filter(move |id| {
            let line = self.book.line(*id);
            let holds = |side: Side| {
                self.book.holds(line, side, self.device.platform, self.forms[side as usize].number)
            };
            line.effect.side() == side
                && line.effect.effect() == effect
                && (voice == Voice::Full || line.app_wide)
                && line.is_for(self.channel, self.device.platform, self.device.state)
                && holds(Side::Source)
                && holds(Side::Target)
        })
    }
}
