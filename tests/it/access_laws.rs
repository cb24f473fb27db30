//! What must hold of access, tried on random policy sets, with facts at thresholds and beside them.

use mam::access::AppAccess;
use mam::interpret;
use mam::model::{AppId, Model, UsersId};
use mam::movement::Context;
use mam::vocabulary::Account;
use mam::{AccessEffect, Checked, Facts, Table};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::access_set::{devices, facts, with_access};
use crate::support::policy_set::{Choices, PolicySet, Style};
use crate::support::random::{self, regressions};
use crate::support::universe;

fn config(cases: u32) -> ProptestConfig {
    random::config(cases, regressions!("access_laws"))
}

/// A set whose policies have access statements.
fn checked() -> impl Strategy<Value = Checked> {
    (vec(any::<u8>(), 700), vec(any::<u8>(), 200)).prop_map(|(set, access)| {
        let text = PolicySet::choose(&mut Choices::new(&set)).checked().0.text(Style::default());
        with_access(&text, &mut Choices::new(&access))
    })
}

/// Some accesses: every app and account, for users and devices that are chosen.
fn accesses(model: &Model, choices: &mut Choices<'_>) -> Vec<AppAccess> {
    let devices: Vec<_> = devices().collect();
    let groups = universe::users(model);
    let mut found = Vec::new();
    for app in model.app_ids() {
        let accounts = if model.app(app).sdk { Account::ALL } else { &[Account::Personal] };
        for account in accounts {
            let (platform, state) = devices[choices.below(devices.len())];
            let users: Vec<UsersId> =
                groups.iter().copied().filter(|_| choices.below(2) == 0).collect();
            let context = Context { users, platform, state };
            found.push(AppAccess { app, account: *account, context });
        }
    }
    found
}

/// The words of an access, for messages.
fn words(model: &Model, access: &AppAccess, facts: &Facts<'_>) -> String {
    let name = |app: AppId| model.app(app).name.clone();
    let facts = serde_json::to_string(facts).unwrap();
    format!("{} as {} {:?} {facts}", name(access.app), access.account, access.context)
}

fn text(checked: &Checked) -> String {
    checked.sources().iter().next().map(|(_, source)| source.text().to_string()).unwrap_or_default()
}

proptest! {
    #![proptest_config(config(120))]

    /// The table decides, and says why, as the interpreter does; so do its bytes.
    #[test]
    fn the_table_decides_like_the_interpreter(checked in checked(), bytes in vec(any::<u8>(), 2000)) {
        let table = checked.compile().unwrap();
        let loaded = Table::from_bytes(&table.to_bytes()).unwrap();
        let model = checked.model().unwrap();
        let choices = &mut Choices::new(&bytes);
        for access in accesses(model, choices) {
            let facts = facts(choices, access.context.platform);
            let meant = interpret::judge_access(model, &access, &facts);
            for table in [&table, &loaded] {
                let resolved = table.resolve_app_access(&access).unwrap();
                let about = || format!("{}\n{}", words(model, &access, &facts), text(&checked));
                let found = table.decide_access(&resolved, &facts);
                prop_assert_eq!(found, meant.decision, "{}", about());
                let found = table.access_details(&resolved, &facts);
                prop_assert_eq!(&found, &meant.details, "{}", about());
            }
        }
    }

    /// The effect is that of the strictest condition that fires, and these stand in order.
    #[test]
    fn what_fires_decides(checked in checked(), bytes in vec(any::<u8>(), 2000)) {
        let model = checked.model().unwrap();
        let choices = &mut Choices::new(&bytes);
        for access in accesses(model, choices) {
            let facts = facts(choices, access.context.platform);
            let meant = interpret::judge_access(model, &access, &facts);
            let effects: Vec<_> = meant.details.fired.iter().map(|one| one.effect).collect();
            let strictest = effects.first().copied().unwrap_or(AccessEffect::Allow);
            prop_assert_eq!(meant.decision.effect, strictest);
            prop_assert!(effects.is_sorted_by(|a, b| a >= b));
            prop_assert_eq!(meant.decision.wipe.is_some(), strictest == AccessEffect::Wipe);
        }
    }

    /// Joined requirements meet what each of two policies requires; the join keeps its laws.
    #[test]
    fn requirements_join_as_a_lattice(checked in checked(), bytes in vec(any::<u8>(), 2000)) {
        let model = checked.model().unwrap();
        let choices = &mut Choices::new(&bytes);
        let all: Vec<_> = accesses(model, choices).iter()
            .map(|access| interpret::decide_access(model, access, &Facts::default()).requirements)
            .collect();
        for (a, b) in all.iter().zip(all.iter().rev()) {
            let joined = a.join(*b);
            prop_assert_eq!(joined, b.join(*a));
            prop_assert_eq!(a.join(*a), *a);
            prop_assert_eq!(joined.join(*b), joined);
            prop_assert!(joined.meet(*a) && joined.meet(*b));
        }
    }
}
