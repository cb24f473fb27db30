//! Random access statements, and facts at their thresholds.
//!
//! Takes in bytes and the text of a policy set, gives out the text with statements in its policies. What
//! the checker refuses is taken out again. Facts lie at the thresholds and one step beside them.

use mam::access::AppAccess;
use mam::model::{
    AppId, Date, Fact, IntegrityVerdict, KnoxResult, LockComplexity, Model, Threat, UsersId,
    Version,
};
use mam::vocabulary::{Account, DeviceState, Platform};
use mam::{Checked, Compiler, Facts, Severity};
use serde_json::Value;

use super::policy_set::Choices;
use super::universe;

const CONDITIONS: &[&str] = &[
    "os < 16.0",
    "os < 16.4",
    "os < 17",
    "os > 16.4",
    "os > 17.0.0.1",
    "app < 4.2",
    "app < 4.2.0.1",
    "sdk < 20.1",
    "patch < 2026-01-01",
    "patch < 2026-03-01",
    "offline > 0 minutes",
    "offline > 12 hours",
    "offline > 90 days",
    "jailbroken",
    "account-disabled",
    "threat > secured",
    "threat > medium",
    "threat > high",
    "integrity < basic",
    "integrity < device",
    "integrity < strong",
    "app-scan off",
    "device-lock < low",
    "device-lock < high",
    "knox failed",
    "knox failed-if-supported",
    "company-portal < 5.0",
    "company-portal-age > 30 days",
    "model not in \"A\", \"b\"",
    "model not in \"B\", \"ß\"",
    "manufacturer not in \"A\"",
    "off-duty",
];

const FIELDS: &[&str] = &[
    "length 4",
    "length 8",
    "kind alphanumeric",
    "kind numeric",
    "simple no",
    "simple yes",
    "attempts 5 then reset",
    "attempts 3 then wipe",
    "attempts 4 then reset, 6 then wipe",
    "history 0",
    "history 3",
    "expires 365 days",
    "expires 30 days",
    "biometrics no",
    "biometrics yes",
    "biometrics face",
    "biometrics touch",
    "biometrics-override 30 minutes",
    "biometrics-class 3",
    "biometrics-change ask",
    "recheck 30 minutes",
    "recheck 1 hour",
    "skip-with-device-pin",
];

const PLACES: &[&str] = &[
    "",
    "",
    "",
    "",
    " on ios",
    " on android",
    " devices unmanaged",
    " devices enrolled",
    " devices third-party, aosp",
];

fn one<'t>(choices: &mut Choices<'_>, from: &[&'t str]) -> &'t str {
    from[choices.below(from.len())]
}

/// Tests of facts, as scopes have them.
const TESTS: &[&str] = &[
    "os 16.4",
    "os unknown",
    "os 17.0.0.1",
    "not os < 16.4",
    "patch 2026-02-28",
    "offline 12 hours",
    "offline unknown",
    "threat low",
    "threat unknown",
    "not threat > medium",
    "integrity expired",
    "integrity none",
    "integrity strong",
    "not integrity < device",
    "not jailbroken",
    "not account-disabled",
    "not app-scan off",
    "device-lock none",
    "device-lock medium",
    "knox passed",
    "knox unsupported",
    "not knox failed",
    "company-portal-age 30 days",
    "model \"a\"",
    "model \"Z\"",
    "model unknown",
    "not model not in \"A\", \"b\"",
    "manufacturer unknown",
    "not off-duty",
    "off-duty unknown",
];

/// An expectation about accesses.
pub(crate) fn expectation(choices: &mut Choices<'_>) -> String {
    let claim = match choices.below(8) {
        0 => format!("require pin {{ {} }}", one(choices, FIELDS)),
        1 => "require encryption".to_owned(),
        2 => "require credentials recheck 1 hour".to_owned(),
        at => ["allow", "warn", "block", "block", "wipe"][at - 3].to_owned(),
    };
    let sets =
        ["", " any", " managed", " unmanaged", " any as work", " unlisted", " any except managed"];
    let mut text = format!("expect {claim} launch{}", one(choices, &sets));
    text.push_str(one(choices, PLACES));
    if !claim.starts_with("require") && choices.below(2) == 0 {
        let mut tests: Vec<&str> = (0..1 + choices.below(2))
            .map(|_| match choices.below(2) {
                0 => one(choices, TESTS),
                _ => one(choices, CONDITIONS),
            })
            .collect();
        // A list of names goes on behind a comma.
        tests.sort_by_key(|test| test.contains("not in"));
        if choices.below(3) == 0 {
            tests.push("rest unknown");
        }
        text.push_str(&format!(" when {}", tests.join(", ")));
    }
    text
}

fn statement(choices: &mut Choices<'_>) -> String {
    let place = one(choices, PLACES);
    match choices.below(6) {
        0 | 1 => {
            let fields: Vec<_> = (0..choices.below(4)).map(|_| one(choices, FIELDS)).collect();
            format!("require pin {{ {} }}{place}", fields.join("  "))
        }
        2 => {
            let classes = ["", " { class restart }", " { class open-files }", " { class locked }"];
            format!("require encryption{}{place}", one(choices, &classes))
        }
        3 if choices.below(2) == 0 => {
            let recheck = one(choices, &["", " recheck 30 minutes", " recheck 1 hour"]);
            format!("require credentials{recheck}{place}")
        }
        _ => {
            let action = one(choices, &["warn", "block", "wipe"]);
            format!("launch {action} when {}{place}", one(choices, CONDITIONS))
        }
    }
}

/// The text with statements in each policy, as far as the checker takes them.
pub(crate) fn with_access(text: &str, choices: &mut Choices<'_>) -> Checked {
    let mut lines = Vec::new();
    for line in text.lines() {
        if line == "}" {
            lines.extend((0..choices.below(8)).map(|_| statement(choices)));
            lines.extend((0..choices.below(3)).map(|_| expectation(choices)));
        }
        lines.push(line.to_owned());
    }
    lines.extend((0..3).map(|_| expectation(choices)));
    loop {
        let checked = Compiler::new().check("access.mam", &lines.join("\n"));
        let reports = checked.reports();
        let errors = reports.iter().filter(|one| one.diagnostic().severity == Severity::Error);
        let mut wrong: Vec<usize> = errors.map(|one| line_of(&one.short())).collect();
        wrong.sort_unstable();
        wrong.dedup();
        if wrong.is_empty() {
            return checked;
        }
        for line in wrong.into_iter().rev() {
            let gone = lines.remove(line - 1);
            let words = ["launch ", "require ", "expect "];
            let is_access = words.iter().any(|word| gone.starts_with(word));
            assert!(is_access, "{gone}: {}", checked.errors());
        }
    }
}

/// The line of a report in its short form.
fn line_of(short: &str) -> usize {
    short.split(':').nth(1).and_then(|line| line.parse().ok()).unwrap()
}

/// Facts for a device: each unknown, or at some threshold, or one step beside it.
pub(crate) fn facts(choices: &mut Choices<'_>, platform: Platform) -> Facts<'static> {
    let mut facts = Facts::default();
    facts.os = version(choices);
    facts.app = version(choices);
    facts.offline_minutes = number(choices, &[0, 720, 129_600]);
    facts.account_disabled = flag(choices);
    facts.threat = word(choices, Threat::ALL);
    if platform != Platform::Android {
        facts.sdk = version(choices);
    }
    if platform != Platform::Windows {
        facts.jailbroken = flag(choices);
        facts.off_duty = flag(choices);
        facts.model = name(choices);
    }
    if platform == Platform::Android {
        let (year, month, day) = DAYS[choices.below(DAYS.len())];
        facts.patch = Date::new(year, month, day).filter(|_| choices.below(4) > 0);
        facts.integrity = word(choices, IntegrityVerdict::ALL);
        facts.app_scan = flag(choices);
        facts.device_lock = word(choices, LockComplexity::ALL);
        facts.knox = word(choices, KnoxResult::ALL);
        facts.company_portal = version(choices);
        facts.company_portal_days = number(choices, &[30]);
        facts.manufacturer = name(choices);
    }
    facts
}

/// Facts that differ from others in one fact, once for each value that some condition could tell apart: every
/// threshold, one step on either side of it, every word, and the ends of the range.
pub(crate) fn every_value(others: &Facts<'_>, platform: Platform) -> Vec<Facts<'static>> {
    let others = serde_json::to_value(others).unwrap();
    let mut found = Vec::new();
    for fact in Fact::ALL.iter().filter(|fact| fact.exists_on(platform)) {
        for value in values(*fact) {
            let mut facts = others.clone();
            facts[fact.word()] = value;
            found.push(serde_json::from_value(facts).unwrap());
        }
    }
    found
}

/// Values of a fact as JSON.
fn values(fact: Fact) -> Vec<Value> {
    let texts: &[&str] = match fact {
        Fact::Os => &[
            "0",
            "15.4294967295",
            "16",
            "16.0.0.1",
            "16.3.4294967295",
            "16.4",
            "16.4.0.1",
            "16.4294967295",
            "17",
            "17.0.0.1",
            "17.0.0.2",
            "4294967295.4294967295.4294967295.4294967295",
        ],
        Fact::App => &["0", "4.1.4294967295", "4.2", "4.2.0.1", "4.2.0.2", "4294967295"],
        Fact::Sdk => &["0", "20.0.4294967295.4294967295", "20.1", "20.1.0.1"],
        Fact::CompanyPortal => &["0", "4.4294967295", "5.0", "5.0.0.1"],
        Fact::Patch => &[
            "0001-01-01",
            "2025-12-31",
            "2026-01-01",
            "2026-01-02",
            "2026-02-28",
            "2026-03-01",
            "2026-03-02",
            "9999-12-31",
        ],
        Fact::Offline => &[
            "0 minutes",
            "1 minute",
            "719 minutes",
            "12 hours",
            "721 minutes",
            "129599 minutes",
            "90 days",
            "129601 minutes",
            "4000000000 minutes",
        ],
        Fact::CompanyPortalAge => &["0 days", "29 days", "30 days", "31 days", "4000000000 days"],
        Fact::Threat => &["secured", "low", "medium", "high"],
        Fact::Integrity => &["none", "basic", "device", "strong", "expired"],
        Fact::DeviceLock => &["none", "low", "medium", "high"],
        Fact::Knox => &["passed", "failed", "unsupported"],
        Fact::Model | Fact::Manufacturer => &["a", "A", "b", "B ", "ß", "SS", "ẞ", ""],
        Fact::AccountDisabled | Fact::Jailbroken | Fact::AppScan | Fact::OffDuty => {
            return vec![Value::Bool(false), Value::Bool(true)];
        }
    };
    texts.iter().map(|text| Value::from(*text)).collect()
}

const LAST: u32 = u32::MAX;

const DAYS: &[(u16, u8, u8)] =
    &[(2025, 12, 31), (2026, 1, 1), (2026, 2, 28), (2026, 3, 1), (2026, 3, 2)];

/// Versions at the thresholds and one step beside them.
const VERSIONS: &[[u32; 4]] = &[
    [16, 0, 0, 0],
    [15, LAST, LAST, LAST],
    [16, 0, 0, 1],
    [16, 4, 0, 0],
    [16, 3, LAST, LAST],
    [16, 4, 0, 1],
    [17, 0, 0, 0],
    [17, 0, 0, 1],
    [17, 0, 0, 2],
    [4, 2, 0, 0],
    [4, 2, 0, 1],
    [4, 1, LAST, LAST],
    [5, 0, 0, 0],
    [20, 1, 0, 0],
    [20, 0, LAST, LAST],
    [0, 0, 0, 0],
    [LAST, LAST, LAST, LAST],
];

const MINUTES: &[u32] = &[0, 1, 719, 720, 721, 129_599, 129_600, 129_601];

const NAMES: &[&str] = &["a", "B", "b ", "ß", "ẞ", "Σ", ""];

fn version(choices: &mut Choices<'_>) -> Option<Version> {
    let at = choices.below(VERSIONS.len() + 3);
    VERSIONS.get(at).copied().map(Version)
}

fn number(choices: &mut Choices<'_>, thresholds: &[u32]) -> Option<u32> {
    let threshold = thresholds[choices.below(thresholds.len())];
    match choices.below(4) {
        0 => None,
        1 => Some(threshold),
        2 => Some(threshold + 1),
        _ => Some(threshold.saturating_sub(1)),
    }
}

fn flag(choices: &mut Choices<'_>) -> Option<bool> {
    [None, Some(false), Some(true)][choices.below(3)]
}

fn word<T: Copy>(choices: &mut Choices<'_>, all: &[T]) -> Option<T> {
    all.get(choices.below(all.len() + 1)).copied()
}

fn name(choices: &mut Choices<'_>) -> Option<std::borrow::Cow<'static, str>> {
    NAMES.get(choices.below(NAMES.len() + 2)).map(|name| (*name).into())
}

/// Facts that differ from some in one fact: every value at a threshold or one step beside it, and none.
pub(crate) fn one_fact_changed(facts: &Facts<'static>, platform: Platform) -> Vec<Facts<'static>> {
    let mut found = Vec::new();
    let mut with = |change: &dyn Fn(&mut Facts<'static>)| {
        let mut facts = facts.clone();
        change(&mut facts);
        found.push(facts);
    };
    for version in VERSIONS.iter().copied().map(Version).map(Some).chain([None]) {
        with(&|facts| facts.os = version);
        with(&|facts| facts.app = version);
        match platform {
            Platform::Android => with(&|facts| facts.company_portal = version),
            _ => with(&|facts| facts.sdk = version),
        }
    }
    for minutes in MINUTES.iter().copied().map(Some).chain([None]) {
        with(&|facts| facts.offline_minutes = minutes);
    }
    for threat in Threat::ALL.iter().copied().map(Some).chain([None]) {
        with(&|facts| facts.threat = threat);
    }
    for flag in [None, Some(false), Some(true)] {
        with(&|facts| facts.account_disabled = flag);
        if platform != Platform::Windows {
            with(&|facts| facts.jailbroken = flag);
            with(&|facts| facts.off_duty = flag);
        }
        if platform == Platform::Android {
            with(&|facts| facts.app_scan = flag);
        }
    }
    for name in NAMES.iter().copied().map(Some).chain([None]) {
        if platform != Platform::Windows {
            with(&|facts| facts.model = name.map(Into::into));
        }
        if platform == Platform::Android {
            with(&|facts| facts.manufacturer = name.map(Into::into));
        }
    }
    if platform == Platform::Android {
        for verdict in IntegrityVerdict::ALL.iter().copied().map(Some).chain([None]) {
            with(&|facts| facts.integrity = verdict);
        }
        for lock in LockComplexity::ALL.iter().copied().map(Some).chain([None]) {
            with(&|facts| facts.device_lock = lock);
        }
        for knox in KnoxResult::ALL.iter().copied().map(Some).chain([None]) {
            with(&|facts| facts.knox = knox);
        }
        for days in [None, Some(29), Some(30), Some(31)] {
            with(&|facts| facts.company_portal_days = days);
        }
        for date in DAYS.iter().map(|(year, month, day)| Date::new(*year, *month, *day)) {
            with(&|facts| facts.patch = date);
        }
        with(&|facts| facts.patch = None);
    }
    found
}

/// Every device.
fn devices() -> impl Iterator<Item = (Platform, DeviceState)> {
    let all =
        |platform: &'static Platform| DeviceState::ALL.iter().map(move |one| (*platform, *one));
    Platform::ALL.iter().flat_map(all).filter(|(platform, state)| state.exists_on(*platform))
}

/// Some accesses: every app and account, for users and devices that are chosen.
pub(crate) fn accesses(model: &Model, choices: &mut Choices<'_>) -> Vec<AppAccess> {
    let devices: Vec<_> = devices().collect();
    let groups = universe::users(model);
    let mut found = Vec::new();
    for app in model.app_ids() {
        let accounts = if model.app(app).sdk { Account::ALL } else { &[Account::Personal] };
        for account in accounts {
            let (platform, state) = devices[choices.below(devices.len())];
            let users: Vec<UsersId> =
                groups.iter().copied().filter(|_| choices.below(2) == 0).collect();
            let context = universe::context(model, &users, platform, state);
            found.push(AppAccess { app, account: *account, context });
        }
    }
    found
}

/// The words of an access, for messages.
pub(crate) fn in_words(model: &Model, access: &AppAccess, facts: &Facts<'_>) -> String {
    let name = |app: AppId| model.app(app).name.clone();
    let facts = serde_json::to_string(facts).unwrap();
    format!("{} as {} {:?} {facts}", name(access.app), access.account, access.context)
}

/// The text of a set of one file.
pub(crate) fn text_of(checked: &Checked) -> String {
    checked.sources().iter().next().map(|(_, source)| source.text().to_string()).unwrap_or_default()
}
