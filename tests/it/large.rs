//! Large policy sets: what holds however many groups of people and policies there are.
//!
//! `MAM_PROPS=100 cargo test --release --test it large::` tries a hundred times as many cases.

use std::fmt::Write as _;

use mam::analysis::Verdict;
use mam::interpret;
use mam::model::{Model, UsersId};
use mam::movement::{Context, Movement};
use mam::vocabulary::{Account, Channel};
use mam::{
    Analysis, Checked, Code, Compiler, DeviceRequest, DeviceState, EndpointRequest, Limits,
    Platform, Request, Table, UserRequest,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::policy_set::{Choices, PolicySet, Style};
use crate::support::random::{self, regressions};
use crate::support::universe::{self, Universe};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { max_shrink_iters: 300, ..random::config(cases, regressions!("large")) }
}

/// A set with a table, and some users.
struct Large {
    text: String,
    checked: Checked,
    table: Table,
    people: Vec<Vec<UsersId>>,
}

impl std::fmt::Debug for Large {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\n{}", self.text)
    }
}

impl Large {
    fn model(&self) -> &Model {
        self.checked.model().unwrap()
    }

    /// The movements of some users, each on one device.
    fn visit(&self, mut visit: impl FnMut(&Movement)) {
        let names: Vec<_> =
            self.text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').collect();
        let universe = Universe::some_of_each(self.model(), &names, 1).odd();
        let universe = universe.with_people(self.people.clone());
        let contexts = universe.contexts();
        let devices = contexts.len() / self.people.len().max(1);
        for (at, of_user) in contexts.chunks(devices.max(1)).enumerate() {
            let context: &Context = &of_user[at * 5 % of_user.len()];
            let mut number = 0;
            universe.visit(context, |movement| {
                number += 1;
                if number % 7 == at % 7 {
                    visit(movement);
                }
            });
        }
    }
}

fn large() -> impl Strategy<Value = Large> {
    (vec(any::<u8>(), 6000), vec(any::<u8>(), 200)).prop_map(|(bytes, users)| {
        let (set, checked) = PolicySet::choose_large(&mut Choices::new(&bytes)).checked();
        let table = checked.compile().unwrap();
        let all = universe::users(checked.model().unwrap());
        let mut choices = Choices::new(&users);
        let people = (0..6).map(|_| {
            let count = [1, 3, 10, 30][choices.below(4)];
            let mut groups: Vec<UsersId> = if all.is_empty() {
                Vec::new()
            } else {
                (0..count).map(|_| all[choices.below(all.len())]).collect()
            };
            groups.sort_unstable();
            groups.dedup();
            groups
        });
        let people = people.collect();
        Large { text: set.text(Style::default()), checked, table, people }
    })
}

/// The decision in a session, for a movement of two apps that the request tells apart.
fn in_session(table: &Table, request: &Request<'_>) -> mam::Decision {
    let session = table.session(&request.user, &request.device).unwrap();
    let source = session.source(request.channel, &request.source).unwrap();
    let target = session.target(request.channel, request.target.as_ref().unwrap()).unwrap();
    let decision = session.decide(request.channel, source, target);
    // What the cache knows is what was decided.
    assert_eq!(session.decide(request.channel, source, target), decision);
    let resolved = session.resolve(request.channel, source, target);
    assert_eq!(table.decide(&resolved), decision);
    decision
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn the_table_decides_like_the_interpreter(one in large()) {
        let loaded = Table::from_bytes(&one.table.to_bytes()).unwrap();
        let mut wrong = Vec::new();
        one.visit(|movement| {
            let meant = interpret::judge(one.model(), movement);
            let resolved = one.table.resolve_movement(movement);
            let told = (one.table.decide(&resolved), one.table.determining(&resolved));
            let request = universe::request(one.model(), movement);
            let again = loaded.resolve(&request).unwrap();
            let also = (loaded.decide(&again), loaded.determining(&again));
            let in_session = match movement {
                Movement { characters: None, same_app: false, .. } => in_session(&loaded, &request),
                _ => told.0,
            };
            let meant = (meant.decision, meant.determining);
            if told != meant || also != meant || in_session != meant.0 {
                wrong.push((universe::words(one.model(), movement), told, in_session, meant));
            }
        });
        prop_assert!(wrong.is_empty(), "{:#?}", wrong[0]);
    }
}

// ---------------------------------------------------------------- more of everything

/// `count` groups, each with a policy whose head is its own.
fn policies(count: usize) -> String {
    let mut text = "mam 1\napp notes { sdk }\napp chat { ios \"com.chat\" }\n".to_owned();
    for group in 0..count {
        writeln!(text, "users g{group}").unwrap();
        let rule =
            ["allow share to chat", "block copy to chat", "allow copy to chat up to 9 characters"];
        writeln!(text, "policy p{group} {{ for g{group}  protect notes  {} }}", rule[group % 3])
            .unwrap();
    }
    text
}

fn device() -> DeviceRequest<'static> {
    DeviceRequest::new(Platform::Ios, DeviceState::Unmanaged)
}

/// A user whom very many policies reach is decided for like any other.
#[test]
fn no_number_of_policies_is_too_many_for_a_user() {
    let count = 300;
    let checked = Compiler::new().check("set.mam", &policies(count));
    let (model, table) = (checked.model().unwrap(), checked.compile().unwrap());
    assert_eq!(table.stats().bundles, count);
    for groups in [1, 7, 8, 9, 12, 13, 63, 64, 65, 129, 300] {
        // In every third group all policies allow the same.
        for (first, step) in [(0, 1), (0, 3), (1, 3), (2, 3)] {
            let groups = (first..count).step_by(step).take(groups);
            let user = UserRequest::new(groups.map(|group| format!("g{group}")));
            for channel in [Channel::Share, Channel::Copy, Channel::Print] {
                let source = EndpointRequest::app("notes").with_account(Account::Work);
                let target = (channel != Channel::Print).then(|| EndpointRequest::app("chat"));
                let request = Request::new(channel, source, target, user.clone(), device());
                let movements = request.resolve(model.directory()).unwrap();
                let meant = interpret::decide(model, &movements[0]);
                assert_eq!(table.decide(&table.resolve(&request).unwrap()), meant, "{request:?}");
                if channel != Channel::Print {
                    assert_eq!(in_session(&table, &request), meant, "{request:?}");
                }
            }
        }
    }
}

/// What is asked about many expectations at once is answered as if each stood alone.
#[test]
fn an_expectation_among_many_is_answered_as_alone() {
    let set = policies(12);
    let expectation = |number: usize| {
        let effect = ["allow", "block"][number % 2];
        let channel = ["share", "copy", "print"][number / 2 % 3];
        let place = if channel == "print" { "" } else { " to chat" };
        let group = number / 6 % 12;
        format!("expect {effect} {channel} from notes as work{place} for g{group}\n")
    };
    let all: String = (0..144).map(expectation).collect();
    let checked = Compiler::new().check("set.mam", &format!("{set}{all}"));
    let among_many = Analysis::new(&checked).unwrap().test();
    assert_eq!(among_many.len(), 144);
    let mut holding = 0;
    for (number, found) in among_many.iter().enumerate() {
        assert_eq!(found.expectation.index(), number);
        let one = Compiler::new().check("set.mam", &format!("{set}{}", expectation(number)));
        let alone = Analysis::new(&one).unwrap().test().swap_remove(0);
        assert_eq!(found.verdict, alone.verdict, "{}", found.text);
        holding += usize::from(alone.verdict == Verdict::Holds);
    }
    assert!(holding > 0 && holding < 144, "{holding} of 144 hold");
}

/// Rules without effect are explained whole, however many there are.
#[test]
fn every_one_of_many_rules_without_effect_is_reported() {
    let mut text = "mam 1\napp notes { sdk }\n".to_owned();
    for app in 0..620 {
        writeln!(text, "app a{app} {{ ios \"com.a{app}\" }}").unwrap();
    }
    text.push_str("policy p { for any protect notes\n  block share to any\n");
    for app in 0..620 {
        writeln!(text, "  allow share to a{app}").unwrap();
    }
    text.push_str("}\n");
    let mut limits = Limits::default();
    limits.diagnostics = 10_000;
    let checked = Compiler::new().limits(limits).check("set.mam", &text);
    let lints = Analysis::new(&checked).unwrap().lints().unwrap();
    let overridden = lints.iter().filter(|one| one.code() == Code::LintOverridden);
    let places: Vec<&str> = overridden.filter_map(|one| one.location()).collect();
    let meant: Vec<String> = (625..625 + 620).map(|line| format!("set.mam:{line}:3")).collect();
    assert_eq!(places, meant);
}

/// A limit of groups that is met is an error with both numbers; the default is no hindrance.
#[test]
fn groups_are_bounded_by_data_alone() {
    let text = policies(700);
    assert_eq!(Compiler::new().check("set.mam", &text).compile().unwrap().stats().user_groups, 700);
    let mut limits = Limits::default();
    limits.user_groups = 699;
    let errors = Compiler::new().limits(limits).check("set.mam", &text).compile().unwrap_err();
    assert!(errors.is_limit());
    assert!(errors.to_string().contains("700 groups of people are told apart, the limit is 699"));
}

/// Groups of people with policies of their own: with every group the kinds of people are twice as many.
#[test]
fn matrices_of_too_many_kinds_of_people_are_about_some_and_name_the_others() {
    let mut text = "mam 1\napp notes { ios \"a\" sdk }\napp chat { ios \"b\" }\n".to_owned();
    for group in 0..60 {
        let characters = group + 1;
        let _ = writeln!(
            text,
            "users g{group} policy p{group} {{ for g{group} protect notes \
             allow copy to any up to {characters} characters }}"
        );
    }
    let mut limits = Limits::default();
    limits.user_kinds = 20;
    let checked = Compiler::new().limits(limits).check("groups.mam", &text);
    let analysis = Analysis::new(&checked).unwrap();
    let scope = |text: &str| checked.question(text).unwrap();
    let copy = scope("copy from notes to chat on ios");
    assert!(analysis.matrix(&copy).is_err());
    let found = analysis.matrix_by_group(&copy, 10).unwrap();
    let scopes: Vec<&str> = found.matrices.iter().map(|one| &*one.scope).collect();
    assert!(scopes.iter().any(|one| one.contains("for exactly g8 ")), "{scopes:?}");
    assert!(!scopes.iter().any(|one| one.contains("exactly g9 ")), "{scopes:?}");
    for matrix in &found.matrices {
        let cell = matrix.rows[0].1[0].as_ref().unwrap();
        let asked = matrix.scope.replacen("copy", "copy from notes to chat", 1);
        let parts = analysis.decide(&scope(&asked)).unwrap();
        let is_alike = |part: &mam::analysis::Part| {
            (part.answer.effect, &part.answer.limits) == (cell.effect, &cell.limits)
        };
        assert!(!parts.is_empty() && parts.iter().all(is_alike), "{asked}");
    }
    let [several, others] = &found.left_out[..] else { panic!("{:?}", found.left_out) };
    assert_eq!(several.what, "people in several groups at once");
    assert!(others.what.starts_with("people in just one of g9, g10, "), "{}", others.what);
    assert!(others.what.ends_with(", g59"), "{}", others.what);
    // Who asks for some people is answered about them, or not at all.
    assert!(analysis.matrix_by_group(&scope("copy for any on ios"), 10).is_err());
}
