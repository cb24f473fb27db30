//! Whether policies of Intune mean in this engine what they mean in Intune.
//!
//! The engine reads a policy as JSON and decides every movement; an oracle that shares nothing with it
//! (`oracle/`) reads the same JSON and decides them too. Made-up policies bring every member
//! together with every other, exports of tenants bring what people write,
//! and published tests say what must come out.
//!
//! `MAM_PROPS=100 cargo test --release --all-features --test intune meaning::` makes up a hundred times
//! as many.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::Value;

use crate::corpus::{self, Export};
use crate::oracle::back::{exported, lost};
use crate::oracle::compare::{
    Depth, Example, Found, Kind, compare, compare_with, report, smallest,
};
use crate::oracle::generate;

pub(crate) const TESTS: crate::Tests = tests![
    made_up_policies_mean_what_the_oracle_says,
    made_up_sets_mean_what_the_oracle_says,
    made_up_policies_come_back_as_they_were,
    made_up_sets_mean_the_same_after_an_export,
];

pub(crate) const OF_EXPORTS: crate::Tests = tests![real_policies_mean_what_the_oracle_says,];

/// How many policies, and how many sets of several, are made up.
const MADE_UP: u64 = 100;

/// How many kinds of differences a failure shows.
const ENOUGH: usize = 60;

fn made_up_policies_mean_what_the_oracle_says() {
    let policies = numbers().map(|number| (number.to_string(), vec![generate::policy(number)]));
    hold_together(&policies.collect::<Vec<_>>(), Depth::TwoStates).assert_complete();
}

fn made_up_sets_mean_what_the_oracle_says() {
    let sets = numbers().map(|number| (number.to_string(), generate::policies(number)));
    hold_together(&sets.collect::<Vec<_>>(), Depth::FewApps).assert_complete();
}

fn real_policies_mean_what_the_oracle_says() {
    let policies = exported_policies();
    assert!(!policies.is_empty(), "no policies found");
    // What unknown apps are taken for is this engine's own reading, and tried elsewhere.
    let lists_apps = |policy: &Value| {
        let group = policy["appGroupType"].as_str().unwrap_or("selectedPublicApps");
        group != "selectedPublicApps" || policy["apps"].is_array()
    };
    let policies = policies.into_iter().filter(|(_, policy)| lists_apps(policy));
    let policies = policies.map(|(name, policy)| (name, vec![policy]));
    let tally = hold_together(&policies.collect::<Vec<_>>(), Depth::EveryState);
    assert!(tally.compared > 0, "no policy could be compared");
}

fn made_up_policies_come_back_as_they_were() {
    let lost = |number: u64| {
        let mut policy = generate::policy(number);
        // Of all apps the list is what the service knew on a day, and is not written back.
        if policy["appGroupType"] == "allApps" {
            policy["apps"] = Value::Null;
        }
        lost(&policy).err().map(|what| format!("{number}: {policy}\n{what}"))
    };
    let lost: Vec<_> = numbers().filter_map(lost).collect();
    assert!(lost.is_empty(), "{} are not what they were\n\n{}", lost.len(), lost.join("\n\n"));
}

fn made_up_sets_mean_the_same_after_an_export() {
    let (mut movements, mut wrong) = (0, Vec::new());
    // Each is compiled several times over: fewer of them must do.
    for number in numbers().step_by(4) {
        let set = generate::policies(number);
        let exported = match exported(&set) {
            Ok(exported) => exported,
            Err(why) => {
                wrong.push(format!("{number}: {}\n{why}", Value::from(set)));
                continue;
            }
        };
        match compare_with(&set, &exported, Depth::FewApps) {
            Found::Compared { movements: count, differences, .. } => {
                movements += count;
                let shown = differences.iter().map(|(kind, example)| report(kind, example));
                wrong.extend(shown.map(|what| format!("{number}: {what}")));
            }
            Found::NoPolicy(why) | Found::Refused(why) => wrong.push(format!("{number}: {why}")),
        }
    }
    println!("{movements} movements");
    assert!(wrong.is_empty(), "{}\n\n{}", wrong.len(), wrong.join("\n\n"));
}

fn numbers() -> impl Iterator<Item = u64> {
    let times = std::env::var("MAM_PROPS").ok().and_then(|times| times.parse().ok());
    0..(MADE_UP as f64 * times.unwrap_or(1.0)).round() as u64
}

/// What became of many policies.
#[derive(Debug, Default)]
struct Tally {
    compared: u64,
    movements: u64,
    /// Of which a policy has a say.
    spoken: u64,
    no_policy: Vec<String>,
    refused: Vec<String>,
}

impl Tally {
    /// Everything was compared, and much of it is decided by a policy.
    fn assert_complete(&self) {
        assert!(self.refused.is_empty(), "{}", self.refused.join("\n"));
        assert!(self.no_policy.is_empty(), "{}", self.no_policy.join("\n"));
        let Self { spoken, movements, .. } = self;
        assert!(spoken * 10 > *movements, "policies decide {spoken} of {movements} movements only");
    }
}

/// A kind of difference among many sets of policies.
struct Seen<'p> {
    sets: u64,
    /// The first set that shows it, and how.
    name: &'p str,
    set: &'p [Value],
    example: Example,
}

/// Compares every set of policies, and fails with what differs.
fn hold_together(sets: &[(String, Vec<Value>)], depth: Depth) -> Tally {
    let queue = Mutex::new(sets.iter());
    let found = Mutex::new((Tally::default(), BTreeMap::new()));
    let work = || {
        loop {
            let Some((name, set)) = queue.lock().unwrap().next() else { return };
            let result = compare(set, depth);
            let (tally, kinds) = &mut *found.lock().unwrap();
            match result {
                Found::NoPolicy(why) => tally.no_policy.push(format!("  {name}: {why}")),
                Found::Refused(why) => {
                    let set = Value::from(set.clone());
                    tally.refused.push(format!("  {name}: {why}\n  {set}"));
                }
                Found::Compared { movements, spoken, differences } => {
                    tally.compared += 1;
                    tally.movements += movements;
                    tally.spoken += spoken;
                    for (kind, example) in differences {
                        let seen =
                            kinds.entry(kind).or_insert(Seen { sets: 0, name, set, example });
                        seen.sets += 1;
                    }
                }
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        (0..threads).for_each(|_| drop(scope.spawn(work)));
    });
    let (tally, kinds) = found.into_inner().unwrap();
    println!("{} sets, {} movements", tally.compared, tally.movements);
    println!("not compared:\n{}", [&tally.no_policy[..], &tally.refused].concat().join("\n"));
    let shown: Vec<_> =
        kinds.iter().take(ENOUGH).map(|(kind, seen)| show(kind, seen, depth)).collect();
    assert!(kinds.is_empty(), "{} kinds of differences\n\n{}", kinds.len(), shown.join("\n\n"));
    tally
}

/// A movement that is decided in two ways, with the smallest policy that shows it.
fn show(kind: &Kind, seen: &Seen<'_>, depth: Depth) -> String {
    let Seen { sets, name, set, example } = seen;
    let small = Value::from(smallest(set, kind, depth));
    format!("{}\n  in {sets} sets, such as {name}, or shorter:\n  {small}", report(kind, example))
}

// ---------------------------------------------------------------- real policies

/// Every policy in every export, each once.
fn exported_policies() -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for Export { name, text } in corpus::exports() {
        match serde_json::from_str(text.trim_start_matches('\u{FEFF}')) {
            Ok(json) => collect(&name, json, &mut found),
            Err(error) => println!("{name} is no JSON: {error}"),
        }
    }
    let mut seen = Vec::new();
    found.retain(|(_, policy)| {
        let new = !seen.contains(policy);
        if new {
            seen.push(policy.clone());
        }
        new
    });
    found
}

/// Policies stand alone, in lists, in answers of Graph, and as text in other objects. What names and
/// dates them is made alike, so that versions that mean the same are compared once.
fn collect(name: &str, json: Value, found: &mut Vec<(String, Value)>) {
    const PASSING: &[&str] =
        &["description", "createdDateTime", "lastModifiedDateTime", "version", "id"];
    match json {
        Value::Object(mut members) if members.contains_key("printBlocked") => {
            members.retain(|name, _| !PASSING.contains(&name.as_str()));
            members.insert("displayName".to_owned(), Value::from("Policy"));
            found.push((name.to_owned(), Value::Object(members)));
        }
        Value::Object(members) => {
            members.into_iter().for_each(|(_, member)| collect(name, member, found));
        }
        Value::Array(items) => items.into_iter().for_each(|item| collect(name, item, found)),
        Value::String(text) if text.starts_with(['{', '[']) => {
            if let Ok(json) = serde_json::from_str(&text) {
                collect(name, json, found);
            }
        }
        _ => {}
    }
}
