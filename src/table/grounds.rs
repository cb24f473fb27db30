//! Who decides a movement that a table has resolved.
//!
//! Takes in a rulebook and one movement, looks up for this user and device which policies apply and
//! which rules match, gives out the grounds. Nothing here is in a hurry.

use super::devices::Device;
use super::judge::{self, Speaker, Voice};
use super::rulebook::{Rulebook, form};
use super::{Mask, Table};
use crate::decision::Determining;
use crate::diagram::Diagram;
use crate::model::{AppId, PolicyId, RuleId};
use crate::movement::Endpoint;
use crate::vocabulary::{Account, Channel, Side};

/// One movement as the rulebook numbers it.
#[derive(Clone, Copy)]
pub(super) struct Moving {
    pub(super) channel: Channel,
    pub(super) device: Device,
    pub(super) users: Mask,
    pub(super) ends: [Endpoint; 2],
    pub(super) characters: u32,
}

/// The policies that are in force together: the live ones, and perhaps one more.
struct World<'t> {
    table: &'t Table,
    moving: Moving,
    /// The policy that only reports and is judged as if it were live.
    guest: Option<PolicyId>,
    /// Of each end: the policies that apply to it.
    applying: [Vec<PolicyId>; 2],
}

pub(super) fn grounds(table: &Table, moving: Moving) -> Determining {
    let book = &table.0.book;
    let reports = book.heads.iter().enumerate().filter(|(_, head)| head.reports);
    let guests = reports.map(|(id, _)| Some(PolicyId::new(id)));
    let mut found = Determining::default();
    for guest in std::iter::once(None).chain(guests) {
        let world = World::new(table, moving, guest);
        let speakers = world.speakers();
        let matching = world.matching(&speakers);
        let grounds = judge::grounds(book, &speakers, &matching, moving.characters);
        found.by.extend(grounds.by);
        found.report_only.extend(grounds.report_only);
    }
    found
}

impl<'t> World<'t> {
    fn new(table: &'t Table, moving: Moving, guest: Option<PolicyId>) -> Self {
        let world = Self { table, moving, guest, applying: Default::default() };
        let applying = moving.ends.map(|end| match end {
            Endpoint::App { app, .. } => world.applying(app),
            Endpoint::Storage(_) | Endpoint::Place(_) => Vec::new(),
        });
        Self { applying, ..world }
    }

    fn book(&self) -> &Rulebook {
        &self.table.0.book
    }

    fn is_meant(&self, people: Diagram) -> bool {
        self.table.evaluate(people, &self.moving.users) == 1
    }

    /// The policies that apply to an app, whatever the account.
    fn applying(&self, app: AppId) -> Vec<PolicyId> {
        let Device { platform, state } = self.moving.device;
        let mut found: Vec<PolicyId> = Vec::new();
        for id in self.book().protecting(app, platform, state) {
            let head = self.book().head(id);
            let in_force = !head.reports || self.guest == Some(id);
            let yields = self.book().above(head).iter().any(|other| found.contains(other));
            if in_force && self.is_meant(head.people) && !yields {
                found.push(id);
            }
        }
        found
    }

    /// The account under which an end is judged.
    fn account(&self, side: Side) -> Option<Account> {
        let Endpoint::App { app, account, .. } = self.moving.ends[side as usize] else {
            return None;
        };
        let traits = self.book().apps[app.index()];
        let exists = traits.sdk && traits.platforms.contains(self.moving.device.platform);
        Some(match exists {
            false => Account::Personal,
            true if !traits.multi_identity && !self.applying[side as usize].is_empty() => {
                Account::Work
            }
            true => account,
        })
    }

    /// Who speaks, the source's side first. Of a world with a guest only the guest's words count.
    fn speakers(&self) -> Vec<Speaker> {
        let mut found = Vec::new();
        for side in [Side::Source, Side::Target] {
            let Some(account) = self.account(side) else { continue };
            let channel = self.moving.channel;
            if !channel.judged_at(side) || !channel.exists_on(self.moving.device.platform) {
                continue;
            }
            let voice = if account == Account::Work { Voice::Full } else { Voice::AppWide };
            let mut policies = self.applying[side as usize].clone();
            policies.sort_unstable();
            policies.retain(|id| self.guest.is_none_or(|guest| guest == *id));
            let reports = self.guest.is_some();
            found.extend(policies.into_iter().map(|policy| Speaker {
                policy,
                side,
                voice,
                reports,
            }));
        }
        found
    }

    /// The rules of those who speak that match the movement.
    fn matching(&self, speakers: &[Speaker]) -> Vec<RuleId> {
        let Moving { channel, device, .. } = self.moving;
        let forms = [Side::Source, Side::Target].map(|side| self.form(side));
        let mut policies: Vec<_> = speakers.iter().map(|speaker| speaker.policy).collect();
        policies.sort_unstable();
        policies.dedup();
        let book = self.book();
        let rules = policies.iter().flat_map(|id| book.rules(book.head(*id)).iter().copied());
        rules
            .filter(|id| {
                let line = self.book().line(*id);
                let holds =
                    |side| self.book().holds(line, side, device.platform, forms[side as usize]);
                line.is_for(channel, device.platform, device.state)
                    && self.is_meant(line.people)
                    && holds(Side::Source)
                    && holds(Side::Target)
            })
            .collect()
    }

    /// The form in which rules see an end.
    fn form(&self, side: Side) -> usize {
        let end = self.moving.ends[side as usize];
        let (end, managed) = match (end, self.account(side)) {
            (Endpoint::App { app, deployed, .. }, Some(account)) => {
                let applies = !self.applying[side as usize].is_empty();
                let end = Endpoint::App { app, account, deployed };
                (end, account == Account::Work && applies)
            }
            _ => (end, false),
        };
        form(self.table.class_of(side, end) as usize, managed)
    }
}
