//! `require` and `launch` through the front door: what a whole policy set says about who may open
//! an app, and which mistakes and oddities are reported, where.

use mam::access::FiredAnswer;
use mam::analysis::{AccessVerdict, Analysis, diff_access};
use mam::model::{Access, AccessKind, Action, Requirement};
use mam::{Compiler, Platform, Severity};

const OPENING: &str = r#"mam 1
app mail "Mail" { ios "com.example.mail" android "com.example.mail" sdk }
app edge "Edge" { sdk }
users staff
"#;

/// A policy for phones.
fn phones(statements: &str) -> String {
    format!(
        "{OPENING}policy p {{ for staff on ios, android protect mail
block print
{statements}
}}"
    )
}

/// The access statements of the only policy, and every diagnostic as one line.
fn check(text: &str) -> (Vec<Access>, Vec<String>) {
    let checked = Compiler::new().check("test.mam", text);
    let access = checked.model().map(|model| model.policies()[0].access.clone());
    let reports = checked.reports().iter().map(mam::Report::short).collect();
    (access.unwrap_or_default(), reports)
}

fn launches(access: &[Access]) -> Vec<String> {
    let text = |access: &Access| match &access.kind {
        AccessKind::Launch { action, condition } => Some(format!("{action} when {condition}")),
        _ => None,
    };
    access.iter().filter_map(text).collect()
}

/// The strictest of the published protection levels, as far as it concerns access.
const STRICT: &str = r"
require pin { length 6 simple no attempts 5 then wipe expires 365 days
              biometrics-override 24 hours biometrics-class 3 biometrics-change ask
              recheck 30 minutes }
require encryption { class locked }
launch block when offline > 7 days
launch wipe  when offline > 30 days
launch wipe  when jailbroken
launch block when account-disabled
launch block when threat > secured
launch block when os < 14.8 on ios
launch block when os > 15.0 on ios
launch block when os < 9.0 on android
launch block when os > 11.0 on android
launch block when patch < 2020-01-01
launch block when integrity < strong
launch block when app-scan off
launch block when device-lock < high
launch wipe  when knox failed";

#[test]
fn a_strict_policy_is_read_without_complaint() {
    let (access, reports) = check(&phones(STRICT));
    assert_eq!(reports, Vec::<String>::new());
    assert_eq!(access.len(), 16);
    let Some(AccessKind::Require(Requirement::Pin(pin))) = access.first().map(|one| &one.kind)
    else {
        panic!("the PIN comes first")
    };
    assert_eq!(pin.length.map(|length| length.value), Some(6));
    assert_eq!(pin.biometrics_override_minutes.map(|field| field.value), Some(1440));
    assert_eq!(launches(&access).last().map(String::as_str), Some("wipe when knox failed"));
}

#[test]
fn statements_hold_where_the_policy_does_and_the_thing_exists() {
    let (access, _) = check(&phones("launch wipe when knox failed launch wipe when jailbroken"));
    let platforms = |index: usize| access[index].platforms.iter().collect::<Vec<_>>();
    assert_eq!(platforms(0), [Platform::Android]);
    assert_eq!(platforms(1), [Platform::Ios, Platform::Android]);
}

#[test]
fn a_policy_for_windows_knows_what_windows_has() {
    let windows = |statement: &str| {
        let head = "for staff on windows protect edge otherwise allow block print";
        check(&format!("{OPENING}policy p {{ {head} {statement} }}")).1
    };
    assert_eq!(windows("launch block when os < 10.0.22631.3155"), Vec::<String>::new());
    assert_eq!(
        windows("require pin { length 6 }"),
        ["test.mam:5:82: error[mam::check::bad-access]: `require pin` does not exist on windows"]
    );
}

#[test]
fn every_mistake_of_a_policy_is_reported_at_its_place() {
    let (_, reports) = check(&phones(
        "require pin { length 3 recheck 30 kind digits }
launch warn when jailbroken
launch block when os < 17.0 on anroid
launch block when patch < 2026-02-30",
    ));
    assert_eq!(
        reports,
        [
            "test.mam:7:22: error[mam::check::bad-access]: `length` takes 4 to 16",
            "test.mam:7:32: error[mam::check::bad-access]: `recheck` needs a unit",
            "test.mam:7:40: error[mam::resolve::unknown-word]: `digits` is no value of `kind`",
            "test.mam:8:8: error[mam::check::bad-access]: `jailbroken` has no action `warn`",
            "test.mam:9:32: error[mam::resolve::unknown-word]: `anroid` is no platform",
            "test.mam:10:27: error[mam::check::bad-access]: the calendar has no `2026-02-30`",
        ]
    );
}

#[test]
fn oddities_are_warnings_that_show_both_places() {
    let text = phones(
        "launch warn when os < 16.0 on ios
launch block when os < 17.0 on ios",
    );
    let checked = Compiler::new().check("test.mam", &text);
    let reports = checked.reports();
    let [report] = reports.as_slice() else { panic!("{reports:?}") };
    assert_eq!(report.diagnostic().severity, Severity::Warning);
    assert_eq!(report.diagnostic().labels.len(), 2);
    assert_eq!(
        report.short(),
        "test.mam:7:8: warning[mam::check::access-conflict]: \
         `launch warn when os < 16.0` has no effect"
    );
    assert!(checked.compile().is_ok(), "a warning stops nothing");
}

#[test]
fn minimum_versions_are_stepped_by_action() {
    // The published example: below 10 a warning, below 9 blocked, below 8 wiped.
    let (access, reports) = check(&phones(
        "launch warn  when os < 10.0 on android
launch block when os < 9.0 on android
launch wipe  when os < 8.0 on android",
    ));
    assert_eq!(reports, Vec::<String>::new());
    let actions: Vec<_> = access
        .iter()
        .filter_map(|one| match one.kind {
            AccessKind::Launch { action, .. } => Some(action),
            _ => None,
        })
        .collect();
    assert_eq!(actions, [Action::Warn, Action::Block, Action::Wipe]);
}

#[test]
fn intervals_of_facts_are_told_with_their_effects() {
    let text = phones(
        "require pin { length 6 }
launch warn when os < 18.0 on ios
launch block when os < 17.0 on ios
launch block when os > 19.0 on ios
launch wipe when offline > 90 days
launch block when offline > 12 hours
launch wipe when threat > low
launch block when model not in \"A\", \"b\" on ios",
    );
    let checked = Compiler::new().check("test.mam", &text);
    let analysis = Analysis::new(&checked).unwrap();
    let asked = checked.access_question("launch mail on ios for staff").unwrap();
    let parts = analysis.access_parts(&asked).unwrap();
    let rows: Vec<_> =
        parts[0].rows.iter().map(|row| format!("{} when {}", row.effect, row.when)).collect();
    assert_eq!(
        rows,
        [
            "block when os < 17.0",
            "warn when not os < 17.0, os < 18.0",
            "block when os > 19.0",
            "block when offline > 12 hours, not offline > 90 days",
            "wipe when offline > 90 days",
            "block when threat unknown",
            "wipe when threat medium",
            "wipe when threat high",
            "block when model not in \"A\", \"b\"",
        ]
    );
    assert_eq!(parts[0].scopes, ["launch mail for staff on ios"]);
    // Every row is a scope that is decided so.
    for row in &parts[0].rows {
        let claim = if row.effect.lets_in() { "allow" } else { "block" };
        let expectation =
            format!("expect {claim} launch mail for staff on ios when {}, threat low", row.when);
        if row.when.starts_with("threat") || claim == "allow" {
            continue;
        }
        let more = Compiler::new().check("test.mam", &format!("{text}\n{expectation}\n"));
        let results = Analysis::new(&more).unwrap().test_access();
        assert_eq!(results[0].verdict, AccessVerdict::Holds, "{expectation}");
    }
}

#[test]
fn a_row_of_a_difference_has_one_effect_on_each_side() {
    let sets = ["block when integrity < strong", "warn when integrity < device"]
        .map(|launch| Compiler::new().check("test.mam", &phones(&format!("launch {launch}"))));
    let [before, after] = sets.each_ref().map(|set| Analysis::new(set).unwrap());
    let (effects, _) = diff_access(&before, &after).unwrap();
    let rows: Vec<_> = effects
        .iter()
        .map(|row| {
            let rule = |fired: &[FiredAnswer]| {
                fired.iter().map(|one| one.rule.clone()).collect::<String>()
            };
            let rules = [rule(&row.before.fired), rule(&row.after.fired)];
            (row.scopes.join("; "), row.words.clone().unwrap(), rules)
        })
        .collect();
    let [block, warn] =
        ["block when integrity < strong", "warn when integrity < device"].map(str::to_owned);
    assert_eq!(
        rows,
        [
            (
                "launch mail for staff on android when integrity basic; \
                 launch mail for staff on android when integrity none"
                    .to_owned(),
                "integrity none or basic is warned of, and no longer blocked".to_owned(),
                [block.clone(), warn]
            ),
            (
                "launch mail for staff on android when integrity device".to_owned(),
                "integrity device is no longer blocked".to_owned(),
                [block, String::new()]
            ),
        ]
    );
}

#[test]
fn an_open_filter_is_named_for_movements_and_accesses_alike() {
    let text = format!(
        "{OPENING}filter own filter lent
policy p {{ for staff matching own on ios protect mail block print require pin }}
policy q {{ for any matching lent on android protect mail block print }}"
    );
    let checked = Compiler::new().check("test.mam", &text);
    let analysis = Analysis::new(&checked).unwrap();
    let clauses = "on ios devices unmanaged";
    let asked = |people: &str| {
        let access = format!("launch mail as work for {people} {clauses} when rest unknown");
        let access = analysis.access(&checked.access_question(&access).unwrap());
        let movement = format!("print from mail as work for {people} {clauses}");
        let movement = analysis.movement(&checked.question(&movement).unwrap());
        [
            access.map(drop).map_err(|one| one.to_string()),
            movement.map(drop).map_err(|one| one.to_string()),
        ]
    };
    let open = "it leaves open the filter `own` (`for … matching own` or `for … not matching own`)";
    for answer in asked("exactly staff matching lent") {
        assert!(answer.as_ref().is_err_and(|text| text.ends_with(open)), "{answer:?}");
    }
    let both = asked("exactly staff matching own not matching lent");
    assert_eq!(both, [Ok(()), Ok(())]);
    for answer in asked("any matching own matching lent") {
        assert!(answer.is_err_and(|text| text.ends_with("the user (`for exactly …`)")));
    }
}
