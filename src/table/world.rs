//! Who applies to what on one kind of device, as functions of the user.
//!
//! Takes in a rulebook and a device, gives out for each app the policies that apply to it, and for
//! each class of ends the forms in which rules can see it. Channels and rules are not known here.

use std::collections::HashSet;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;

use super::classes::{ClassKey, Classes};
use super::devices::Device;
use super::judge::Voice;
use super::rulebook::{Rulebook, form};
use crate::diagram::{Diagram, Diagrams};
use crate::model::{AppId, PolicyId};
use crate::vocabulary::{Account, Reason};

/// Policies that apply to an app, each with those for whom it does.
pub(crate) type Applying = Vec<(PolicyId, Diagram)>;

/// The live policies on one kind of device.
pub(crate) struct World {
    device: Device,
    /// By kind of protection.
    applying: Vec<Applying>,
    /// By kind of protection: for whom a policy applies.
    managed: Vec<Diagram>,
    /// By kind of protection: those policies as they speak with all of their rules, and with their
    /// `app-wide` ones. Equal lists are one.
    voices: Vec<[Arc<Voices>; 2]>,
}

/// How policies speak of an end: each with how much of it does, and for whom.
pub(super) type Voices = Vec<(PolicyId, Voice, Diagram)>;

/// Lists of voices, equal ones once: to compare two is to compare where they are.
#[derive(Default)]
pub(super) struct Interned(HashSet<Arc<Voices>, FxBuildHasher>);

impl Interned {
    pub(super) fn intern(&mut self, voices: Voices) -> Arc<Voices> {
        if let Some(known) = self.0.get(&voices) {
            return Arc::clone(known);
        }
        let new = Arc::new(voices);
        self.0.insert(Arc::clone(&new));
        new
    }
}

/// One way in which rules can see an end of a class, and for whom they see it so.
pub(super) struct Form {
    pub(super) when: Diagram,
    /// The number by which sets hold it.
    pub(super) number: usize,
    pub(super) voices: Arc<Voices>,
}

impl Form {
    /// Whether rules see a managed app.
    pub(super) fn is_managed(&self) -> bool {
        self.number % 2 == 1
    }
}

impl World {
    /// The policies in force on a device: the live ones and perhaps a guest that only reports.
    /// `people` gives those whom a head means.
    pub(super) fn new(
        book: &Rulebook,
        diagrams: &mut Diagrams,
        device: Device,
        guest: Option<PolicyId>,
        people: &mut dyn FnMut(&mut Diagrams, Diagram) -> Diagram,
    ) -> Self {
        let mut world =
            Self { device, applying: Vec::new(), managed: Vec::new(), voices: Vec::new() };
        let mut known = Interned::default();
        for app in book.protection_examples() {
            let applying = applying(book, diagrams, device, app, guest, people);
            let all = applying.iter().map(|(_, when)| *when);
            world.managed.push(all.fold(Diagram::FALSE, |all, when| diagrams.or(all, when)));
            world.voices.push([Voice::Full, Voice::AppWide].map(|voice| {
                let voices = applying.iter().map(|(policy, when)| (*policy, voice, *when));
                known.intern(voices.collect())
            }));
            world.applying.push(applying);
        }
        world
    }

    /// Every policy that applies to some app, with those for whom it does to one at least.
    pub(super) fn somewhere(&self, diagrams: &mut Diagrams) -> Applying {
        let mut found = std::collections::BTreeMap::new();
        for (policy, when) in self.applying.iter().flatten() {
            let known = found.entry(*policy).or_insert(Diagram::FALSE);
            *known = diagrams.or(*known, *when);
        }
        found.into_iter().collect()
    }

    pub(super) fn device(&self) -> Device {
        self.device
    }

    /// The policies that apply to an app, whatever the account.
    pub(super) fn applying(&self, book: &Rulebook, app: AppId) -> &[(PolicyId, Diagram)] {
        &self.applying[book.protection(app)]
    }

    /// For whom some policy applies to an app.
    fn managed(&self, book: &Rulebook, app: AppId) -> Diagram {
        self.managed[book.protection(app)]
    }

    /// The forms in which rules can see a class.
    pub(super) fn forms(
        &self,
        book: &Rulebook,
        diagrams: &mut Diagrams,
        classes: &Classes,
        class: usize,
    ) -> Vec<Form> {
        let ClassKey::App { class: apps, account, deployed } = classes.keys[class] else {
            return vec![Form {
                when: Diagram::TRUE,
                number: form(class, false),
                voices: Arc::default(),
            }];
        };
        let app = classes.apps[apps as usize];
        let traits = book.apps[app.index()];
        let managed = self.managed(book, app);
        let seen_as = |account, is_managed| {
            form(classes.of_app(apps as usize, account, deployed), is_managed)
        };
        let [full, app_wide] = &self.voices[book.protection(app)];
        let voices = |voice| match voice {
            Voice::Full => Arc::clone(full),
            Voice::AppWide => Arc::clone(app_wide),
        };
        let exists = traits.sdk && traits.platforms.contains(self.device.platform);
        let (as_managed, as_it_is) = match (exists, account) {
            (false, _) => (None, (Account::Personal, Voice::AppWide)),
            (true, Account::Work) => (Some(Account::Work), (Account::Work, Voice::Full)),
            (true, _) if !traits.multi_identity => (Some(Account::Work), (account, Voice::AppWide)),
            (true, _) => (None, (account, Voice::AppWide)),
        };
        let mut forms = Vec::new();
        let unmanaged = match as_managed {
            Some(account) => {
                let number = seen_as(account, true);
                forms.push(Form { when: managed, number, voices: voices(Voice::Full) });
                diagrams.not(managed)
            }
            None => Diagram::TRUE,
        };
        // Where a policy applies the app is seen as managed, so here none does but on other accounts.
        let (account, voice) = as_it_is;
        let number = seen_as(account, false);
        let heard = if as_managed.is_some() { Arc::default() } else { voices(voice) };
        forms.push(Form { when: unmanaged, number, voices: heard });
        forms.retain(|form| form.when != Diagram::FALSE);
        forms
    }

    /// Why no policy has a say in what an end does, as a function of the user: the number of a
    /// [`Reason`].
    pub(super) fn reason(
        &self,
        book: &Rulebook,
        diagrams: &mut Diagrams,
        classes: &Classes,
        class: usize,
    ) -> Diagram {
        let constant =
            |reason: Reason| Diagram::leaf(u32::try_from(reason.index()).unwrap_or_default());
        let ClassKey::App { class, account, .. } = classes.keys[class] else {
            return constant(Reason::AppNotProtected);
        };
        let app = classes.apps[class as usize];
        let traits = book.apps[app.index()];
        let Device { platform, state } = self.device;
        match (traits.sdk, account) {
            _ if !traits.platforms.contains(platform) => return constant(Reason::Platform),
            (false, _) | (_, Account::Personal) => return constant(Reason::PersonalAccount),
            (_, Account::Other) => return constant(Reason::OtherOrganisation),
            (true, Account::Work) => {}
        }
        // The policy that gets furthest says why.
        let mut found = constant(Reason::UserNotAssigned);
        let live = book.heads.iter().enumerate().filter(|(_, head)| !head.reports);
        let mut passed: Vec<_> = live
            .map(|(id, head)| {
                (book.tests_passed(PolicyId::new(id), app, platform, state), head.people)
            })
            .collect();
        passed.sort_unstable();
        passed.dedup();
        for (tests, people) in passed {
            let reason = match tests {
                1 => Reason::AppNotProtected,
                2 => Reason::Platform,
                3 => Reason::DeviceState,
                _ => Reason::Unsupported,
            };
            found = diagrams.choose(people, constant(reason), found);
        }
        found
    }
}

fn applying(
    book: &Rulebook,
    diagrams: &mut Diagrams,
    device: Device,
    app: AppId,
    guest: Option<PolicyId>,
    people: &mut dyn FnMut(&mut Diagrams, Diagram) -> Diagram,
) -> Applying {
    let mut found = Applying::new();
    for id in book.protecting(app, device.platform, device.state) {
        let head = book.head(id);
        if head.reports && guest != Some(id) {
            continue;
        }
        let mut when = people(diagrams, head.people);
        for other in book.above(head) {
            let stronger = found.iter().find(|(one, _)| one == other);
            if let Some((_, stronger)) = stronger {
                when = diagrams.choose(*stronger, Diagram::FALSE, when);
            }
        }
        if when != Diagram::FALSE {
            found.push((id, when));
        }
    }
    found
}
