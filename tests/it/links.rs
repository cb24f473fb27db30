//! Links in scopes, requests and comparisons: a link stands for the app that it opens, everywhere.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use mam::analysis::{Analysis, diff};
use mam::{
    Account, Channel, Checked, Compiler, DeviceRequest, DeviceState, Effect, EndpointRequest,
    Platform, Request, UserRequest,
};

const MEETINGS: &str = "mam 1\n\
    app mail { ios \"com.example.mail\"  sdk  multi-identity }\n\
    app meet { ios \"com.example.meet\"  url \"*.meet.example/join/*\"  url \"meet:\"  sdk  multi-identity }\n\
    users staff\n\
    policy p {\n  for staff  on ios  protect mail, meet\n  allow link to managed\n}\n";

fn checked(text: &str) -> Checked {
    let checked = Compiler::new().check("set.mam", text);
    assert!(!checked.has_errors(), "{}", checked.errors());
    checked
}

/// What a request says of a link, under an account of the app that it opens.
fn requested(checked: &Checked, link: &str, account: Option<Account>) -> (Effect, Option<Account>) {
    let mut target = EndpointRequest::app(format!("url:{link}"));
    target.account = account;
    let request = Request::new(
        Channel::Link,
        EndpointRequest::app("mail").with_account(Account::Work),
        target,
        UserRequest::new(["staff"]),
        DeviceRequest::new(Platform::Ios, DeviceState::Unmanaged),
    );
    let answer = checked.compile().unwrap().answer(&request).unwrap();
    (answer.effect, answer.assumed)
}

/// What a scope says of it.
fn asked(checked: &Checked, link: &str, account: Account) -> Effect {
    let scope = format!(
        "link from mail as work to \"url:{link}\" as {account} for staff on ios devices unmanaged"
    );
    let parts = Analysis::new(checked).unwrap().decide(&checked.question(&scope).unwrap()).unwrap();
    let [part] = parts.as_slice() else { panic!("{scope}: {} parts", parts.len()) };
    part.answer.effect
}

#[test]
fn scopes_and_requests_take_a_link_for_one_app() {
    let checked = checked(MEETINGS);
    for link in ["https://eu.meet.example/join/7", "meet://room/7", "HTTP://a.MEET.example/Join/"] {
        for account in Account::ALL {
            let effect = asked(&checked, link, *account);
            assert_eq!(requested(&checked, link, Some(*account)), (effect, None), "{link}");
            assert_eq!(effect == Effect::Allow, *account == Account::Work, "{link} as {account}");
        }
        let strictest = (Effect::Block, Some(Account::Personal));
        assert_eq!(requested(&checked, link, None), strictest, "{link}");
    }
    for link in ["https://meet.example/join/7", "https://evil.example/?.meet.example/join/7"] {
        assert_eq!(requested(&checked, link, None), (Effect::Block, None), "{link}");
    }
}

#[test]
fn to_expect_something_of_a_link_changes_no_decision() {
    let link = "https://eu.meet.example/join/7";
    let expectation =
        format!("expect allow link from mail as work to \"url:{link}\" as work for staff on ios\n");
    let with = checked(&format!("{MEETINGS}{expectation}"));
    let results = Analysis::new(&with).unwrap().test();
    assert!(results.iter().all(|one| one.verdict == mam::analysis::Verdict::Holds), "{results:?}");
    for account in [None, Some(Account::Work), Some(Account::Personal)] {
        let plain = requested(&checked(MEETINGS), link, account);
        assert_eq!(requested(&with, link, account), plain);
    }
    // A pattern that a rule names is another matter: it is an app of its own.
    let narrower = MEETINGS.replace("to managed", "to \"url:*.meet.example/join/open/*\"");
    let narrower = checked(&narrower);
    assert_eq!(requested(&narrower, "https://a.meet.example/join/open/1", None).0, Effect::Allow);
    assert_eq!(requested(&narrower, link, None).0, Effect::Block);
}

#[test]
fn data_goes_to_links_and_comes_from_none() {
    let without = MEETINGS.replace("url \"*.meet.example/join/*\"  url \"meet:\"", "");
    let (before, after) = (checked(&without), checked(MEETINGS));
    for sets in [[&before, &after], [&after, &before]] {
        let [old, new] = sets.map(|set| Analysis::new(set).unwrap());
        let scopes: Vec<_> = diff(&old, &new).unwrap().into_iter().map(|one| one.scope).collect();
        assert!(!scopes.is_empty());
        for scope in scopes {
            let (_, behind) = scope.split_once(" from ").unwrap();
            let (source, target) = behind.split_once(" to ").unwrap();
            assert!(!source.contains("url:") && target.contains("url:"), "{scope}");
        }
    }
}
