//! Laws of what a host remembers: time never loosens, a wipe is final, attempts are counted from the last right
//! PIN or the last new one.

use mam::access::{PinRequirement, Requirements};
use mam::host::{Ask, Event, Memory, pin_flaw};
use mam::interpret;
use mam::model::IntegrityVerdict;
use mam::{AccessRequest, Compiler, Facts};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// What a policy with this body requires of staff on an enrolled Android device.
fn required(body: &str) -> Requirements {
    let text = format!(
        "mam 1 app mail {{ sdk }} users staff
         policy p {{ for staff protect mail otherwise allow {body} }}"
    );
    let checked = Compiler::new().check("host.mam", &text);
    let model = checked.model().unwrap_or_else(|| panic!("{}", checked.errors()));
    let request: AccessRequest<'_> = serde_json::from_str(
        r#"{"launch": {"app": "mail"}, "user": {"groups": ["staff"]},
            "device": {"platform": "android", "management": "intune"}}"#,
    )
    .unwrap();
    let access = request.resolve(model.directory()).unwrap();
    interpret::decide_access(model, &access, &Facts::default()).requirements
}

fn pin(body: &str) -> PinRequirement {
    required(body).pin.unwrap()
}

fn events() -> impl Strategy<Value = Vec<(Event, u32)>> {
    let event = select(vec![
        Event::Opened,
        Event::Left,
        Event::PinSet,
        Event::RightPin,
        Event::WrongPin,
        Event::RightBiometrics,
        Event::BiometricsChanged,
        Event::RightCredentials,
        Event::CheckedIn,
        Event::Attested(IntegrityVerdict::Strong),
        Event::NotAttested,
        Event::Restarted,
    ]);
    vec((event, 0..200_u32), 0..30)
}

const BODIES: &[&str] = &[
    "",
    "require pin",
    "require pin { recheck 30 minutes }",
    "require pin { recheck 30 minutes  biometrics-override 2 hours  expires 1 day }",
    "require pin { biometrics no  recheck 5 minutes  attempts 3 then reset }",
    "require pin { biometrics-change ask  attempts 3 then reset, 5 then wipe }",
    "require pin { skip-with-device-pin  attempts 4 then wipe }  require credentials recheck 1 hour",
];

/// The memory after some events, each some minutes after the one before.
fn memory(events: &[(Event, u32)], required: &Requirements) -> (Memory, u32) {
    let mut now = 1000;
    let mut memory = Memory::new(now);
    for (event, minutes) in events {
        now += minutes;
        memory = memory.after(*event, now, required);
    }
    (memory, now)
}

/// How much is asked for: what is asked later asks for no less.
fn strictness(asks: &[Ask]) -> (bool, u8) {
    let pin = asks.iter().map(|ask| match ask {
        Ask::NewPin => 3,
        Ask::Pin => 2,
        Ask::Biometrics => 1,
        _ => 0,
    });
    (asks.contains(&Ask::Credentials), pin.max().unwrap_or(0))
}

proptest! {
    #[test]
    fn time_never_loosens(
        events in events(), body in select(BODIES), has_pin in any::<bool>(), waits in vec(0..3000_u32, 5)
    ) {
        let required = required(body);
        let (memory, mut now) = memory(&events, &required);
        let mut before = strictness(&memory.asks(&required, has_pin, now));
        let mut offline = 0;
        for wait in waits {
            now += wait;
            let (credentials, pin) = strictness(&memory.asks(&required, has_pin, now));
            prop_assert!(credentials >= before.0 && pin >= before.1, "{memory:?} at {now}");
            before = (credentials, pin);
            let mut facts = Facts::default();
            memory.remember(&mut facts, now);
            prop_assert!(facts.offline_minutes >= Some(offline));
            offline = facts.offline_minutes.unwrap_or(0);
        }
        // A clock that is set back makes nothing younger.
        prop_assert_eq!(
            memory.asks(&required, has_pin, 0),
            memory.asks(&required, has_pin, 1000.max(events.iter().map(|one| one.1).sum::<u32>() + 1000))
        );
    }

    #[test]
    fn a_wipe_is_final(events in events(), more in events(), body in select(BODIES)) {
        let required = required(body);
        let (before, now) = memory(&events, &required);
        let wiped = before.after(Event::Wiped, now, &required);
        prop_assert!(wiped.is_wiped());
        let after = more.iter().fold(wiped, |memory, (event, wait)| memory.after(*event, now + wait, &required));
        prop_assert_eq!(after, wiped);
        prop_assert!(after.asks(&required, false, now).is_empty());
    }

    #[test]
    fn attempts_are_counted_from_the_last_right_or_new_pin(events in events(), body in select(BODIES)) {
        let required = required(body);
        let (mut memory, mut now, mut expected) = (Memory::new(0), 0, 0);
        let (mut has_pin, mut is_reset, mut signed_in) = (false, false, false);
        let limits = required.pin.map(|pin| (pin.reset_after, pin.wipe_after)).unwrap_or_default();
        for (event, wait) in &events {
            now += wait;
            let asked = memory.asks(&required, false, now);
            let is_unknown = asked.iter().any(|ask| matches!(ask, Ask::Pin | Ask::Biometrics));
            memory = memory.after(*event, now, &required);
            match event {
                Event::PinSet if is_unknown || is_reset && !signed_in => {}
                Event::PinSet => (expected, has_pin, is_reset) = (0, true, false),
                Event::RightCredentials => signed_in |= is_reset,
                Event::RightPin if has_pin && !is_reset => expected = 0,
                Event::WrongPin => {
                    expected += 1;
                    if limits.0.is_some_and(|most| expected >= most) {
                        (is_reset, signed_in) = (true, false);
                    }
                    if limits.1.is_some_and(|most| expected >= most) {
                        break;
                    }
                }
                _ => {}
            }
        }
        prop_assert_eq!(memory.failed_attempts(), expected);
    }

    #[test]
    fn what_passes_stricter_rules_passes_milder_ones(text in "[0-9a-c!]{0,8}") {
        let (mild, strict) = (
            pin("require pin { length 4 }"),
            pin("require pin { length 6  kind alphanumeric  simple no }"),
        );
        if pin_flaw(&text, &strict, |_| false).is_none() {
            prop_assert_eq!(pin_flaw(&text, &mild, |_| false), None);
        }
    }
}

#[test]
fn a_day_with_a_pin() {
    let required = required(
        "require pin { recheck 30 minutes  biometrics-override 2 hours  attempts 3 then reset }",
    );
    let asks = |memory: &Memory, now| memory.asks(&required, false, now);
    let memory = Memory::new(0);
    assert_eq!(asks(&memory, 0), [Ask::NewPin]);
    let memory = memory.after(Event::PinSet, 1, &required);
    assert_eq!(asks(&memory, 30), []);
    assert_eq!(asks(&memory, 31), [Ask::Biometrics]);
    assert_eq!(asks(&memory, 121), [Ask::Pin]);
    let memory =
        memory.after(Event::WrongPin, 121, &required).after(Event::WrongPin, 121, &required);
    assert_eq!(asks(&memory, 121), [Ask::Pin]);
    let memory = memory.after(Event::WrongPin, 121, &required);
    assert_eq!(asks(&memory, 121), [Ask::Credentials, Ask::NewPin]);
    // Who does not sign in sets no new PIN.
    let memory = memory.after(Event::PinSet, 121, &required);
    assert_eq!(asks(&memory, 121), [Ask::Credentials, Ask::NewPin]);
    let memory = memory.after(Event::RightCredentials, 121, &required);
    assert_eq!(asks(&memory, 121), [Ask::NewPin]);
    let memory = memory.after(Event::PinSet, 122, &required);
    assert_eq!((asks(&memory, 122), memory.failed_attempts()), (Vec::new(), 0));
}

/// Who finds an unlocked phone replaces no PIN.
#[test]
fn a_new_pin_is_set_by_who_is_recognised() {
    let required = required("require pin { recheck 30 minutes }");
    let memory = Memory::new(0).after(Event::PinSet, 0, &required);
    let later = memory.after(Event::PinSet, 31, &required);
    assert_eq!(later.asks(&required, false, 31), [Ask::Biometrics]);
    let known = memory.after(Event::RightPin, 31, &required).after(Event::PinSet, 32, &required);
    assert_eq!(known.asks(&required, false, 32), []);
}

/// Whoever leaves and comes back is asked what was asked before.
#[test]
fn what_is_asked_stays_asked() {
    let asked = |body: &str, expected: Ask| {
        let required = required(body);
        let memory = Memory::new(0).after(Event::PinSet, 0, &required);
        let memory = memory.after(Event::Left, 1, &required);
        let now = 100;
        assert_eq!(memory.asks(&required, false, now), [expected], "{body}");
        for event in [Event::Left, Event::Opened, Event::WrongPin] {
            let later = memory.after(event, now, &required).after(Event::Left, now + 1, &required);
            assert_eq!(later.asks(&required, false, now + 1), [expected], "{body}: {event:?}");
        }
    };
    asked("require pin { recheck 30 minutes }", Ask::Biometrics);
    asked("require pin { recheck 30 minutes  biometrics no }", Ask::Pin);
    asked("require pin { recheck 30 minutes  biometrics-override 60 minutes }", Ask::Pin);
    asked("require credentials recheck 30 minutes", Ask::Credentials);
    // In use, nothing is asked again.
    let required = required("require pin { recheck 30 minutes }");
    let mut memory = Memory::new(0).after(Event::PinSet, 0, &required);
    for now in (20..200).step_by(20) {
        assert_eq!(memory.asks(&required, false, now), []);
        memory = memory.after(Event::Opened, now, &required);
    }
}

#[test]
fn who_is_not_recognised_replaces_no_old_pin() {
    let required = required("require pin { recheck 30 minutes  expires 2 days }");
    let memory = Memory::new(0).after(Event::PinSet, 0, &required);
    let days = 2 * 24 * 60;
    assert_eq!(memory.asks(&required, false, days), [Ask::Biometrics, Ask::NewPin]);
    let memory = memory.after(Event::RightPin, days, &required);
    assert_eq!(memory.asks(&required, false, days), [Ask::NewPin]);
}

#[test]
fn biometrics_are_an_answer_where_they_are_asked_for() {
    let recognised = |body: &str| {
        let required = required(body);
        let memory = Memory::new(0).after(Event::PinSet, 0, &required);
        let memory = memory.after(Event::BiometricsChanged, 1, &required);
        let memory = memory.after(Event::RightBiometrics, 100, &required);
        memory.asks(&required, false, 100)
    };
    assert_eq!(recognised("require pin { recheck 30 minutes }"), []);
    assert_eq!(recognised("require pin { recheck 30 minutes  biometrics no }"), [Ask::Pin]);
    let changed = "require pin { recheck 30 minutes  biometrics-change ask }";
    assert_eq!(recognised(changed), [Ask::Pin]);
    let overdue = "require pin { recheck 30 minutes  biometrics-override 60 minutes }";
    assert_eq!(recognised(overdue), [Ask::Pin]);
}

#[test]
fn a_verdict_that_cannot_be_renewed_expires() {
    let required = Requirements::default();
    let integrity = |memory: &Memory, now| {
        let mut facts = Facts::default();
        memory.remember(&mut facts, now);
        facts.integrity
    };
    let memory = Memory::new(0);
    assert_eq!(integrity(&memory, 0), None);
    let memory = memory.after(Event::Attested(IntegrityVerdict::Device), 10, &required);
    assert_eq!(integrity(&memory, 5000), Some(IntegrityVerdict::Device));
    let failed = memory.after(Event::NotAttested, 20, &required);
    assert_eq!(integrity(&failed, 10 + 24 * 60 - 1), Some(IntegrityVerdict::Device));
    assert_eq!(integrity(&failed, 10 + 24 * 60), Some(IntegrityVerdict::Expired));
    let restarted = failed.after(Event::Restarted, 30, &required);
    assert_eq!(integrity(&restarted, 30), Some(IntegrityVerdict::Expired));
    // In whichever order the two are seen.
    let restarted = memory.after(Event::Restarted, 20, &required);
    assert_eq!(integrity(&restarted, 20), Some(IntegrityVerdict::Device));
    let failed = restarted.after(Event::NotAttested, 30, &required);
    assert_eq!(integrity(&failed, 30), Some(IntegrityVerdict::Expired));
}
