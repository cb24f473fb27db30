//! On generated policy sets the compiled table, before and after it was written and loaded, and the
//! interpreter decide accesses alike.

#![no_main]

mod policy_text;

use std::collections::BTreeSet;

use arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use mam::{AccessRequest, Checked, Compiler, Table, interpret};

/// Accesses that are compared of each policy set.
const ACCESSES: usize = 64;

/// Statements that policies can have; those that need Android only where a policy applies there.
const STATEMENTS: [&str; 23] = [
    "launch warn when os < 17.0",
    "launch block when os < 16.4",
    "launch wipe when os > 19.0",
    "launch block when app < 4.2 devices unmanaged",
    "launch wipe when offline > 90 days",
    "launch block when offline > 12 hours",
    "launch wipe when account-disabled",
    "launch wipe when threat > low",
    "launch block when jailbroken",
    "launch block when model not in \"A\", \"b\"",
    "require pin { length 6 attempts 3 then reset, 5 then wipe }",
    "require pin { kind alphanumeric biometrics no skip-with-device-pin }",
    "require encryption",
    "require credentials recheck 1 hour",
    "launch warn when patch < 2026-01-31",
    "launch block when integrity < strong",
    "launch wipe when integrity < device",
    "launch block when app-scan off",
    "launch warn when device-lock < medium",
    "launch wipe when knox failed",
    "launch block when company-portal < 5.0",
    "launch warn when company-portal-age > 30 days",
    "launch wipe when manufacturer not in \"Acme\"",
];

const FACTS: [&str; 26] = [
    "\"os\":\"16.4\"",
    "\"os\":\"16.3.9.9\"",
    "\"os\":\"19.0.0.1\"",
    "\"app\":\"4.2\"",
    "\"app\":\"4.1\"",
    "\"offline\":\"12 hours\"",
    "\"offline\":\"721 minutes\"",
    "\"offline\":\"91 days\"",
    "\"account-disabled\":true",
    "\"threat\":\"low\"",
    "\"threat\":\"high\"",
    "\"jailbroken\":true",
    "\"model\":\"B\"",
    "\"model\":\"c\"",
    "\"patch\":\"2026-01-31\"",
    "\"patch\":\"2026-01-30\"",
    "\"integrity\":\"device\"",
    "\"integrity\":\"expired\"",
    "\"app-scan\":false",
    "\"device-lock\":\"low\"",
    "\"knox\":\"unsupported\"",
    "\"company-portal\":\"4.9.9.9\"",
    "\"company-portal-age\":\"31 days\"",
    "\"manufacturer\":\"acme\"",
    "\"manufacturer\":\"Other\"",
    "\"off-duty\":true",
];

fuzz_target!(|bytes: &[u8]| {
    let mut choices = Unstructured::new(bytes);
    let Ok(text) = policy_text::policy_set(&mut choices) else { return };
    let Ok(text) = with_access(&text, &mut choices) else { return };
    let Some(checked) = without_misplaced(&text) else { return };
    let Some(model) = checked.model() else { return };
    let table = checked.compile().expect("small sets compile");
    let loaded = Table::from_bytes(&table.to_bytes()).expect("what is written is read");
    for _ in 0..ACCESSES {
        let Ok(json) = request(&mut choices) else { return };
        // A fact may be there twice, or on a platform that lacks it.
        let Ok(request) = serde_json::from_str::<AccessRequest<'_>>(&json) else { continue };
        let Ok(access) = request.resolve(model.directory()) else { continue };
        let meant = interpret::judge_access(model, &access, &request.facts);
        for table in [&table, &loaded] {
            let resolved =
                table.resolve_access(&request).expect("what the model resolves, the table resolves");
            let decision = table.decide_access(&resolved, &request.facts);
            assert_eq!(decision, meant.decision, "{json}\n{text}");
            let details = table.access_details(&resolved, &request.facts);
            assert_eq!(details, meant.details, "{json}\n{text}");
        }
    }
});

/// A policy set with some of the statements in each policy.
fn with_access(text: &str, choices: &mut Unstructured<'_>) -> Result<String> {
    let mut found = String::new();
    for line in text.lines() {
        if line == "}" {
            for _ in 0..choices.int_in_range(0..=4)? {
                found.push_str(choices.choose(&STATEMENTS)?);
                found.push('\n');
            }
        }
        found.push_str(line);
        found.push('\n');
    }
    Ok(found)
}

/// The checked set without the lines that make it a wrong one: facts that do not exist where a policy applies.
fn without_misplaced(text: &str) -> Option<Checked> {
    let checked = Compiler::new().check("fuzz.mam", text);
    let reports = checked.reports();
    let wrong: BTreeSet<usize> =
        reports.iter().filter_map(|one| one.short().split(':').nth(1)?.parse().ok()).collect();
    if !checked.has_errors() {
        return Some(checked);
    }
    let lines = text.lines().enumerate().filter(|(at, _)| !wrong.contains(&(at + 1)));
    let lines: Vec<&str> = lines.map(|(_, line)| line).collect();
    let checked = Compiler::new().check("fuzz.mam", &lines.join("\n"));
    (!checked.has_errors()).then_some(checked)
}

/// A request about such a set. Not all of them resolve.
fn request(choices: &mut Unstructured<'_>) -> Result<String> {
    let app = choices.choose(&["mail", "docs", "notes", "chat", "bank", "ios:x"])?;
    let account = choices.choose(&["work", "personal", "other"])?;
    let platform = choices.choose(&["ios", "android", "windows"])?;
    let management = choices.choose(&["unmanaged", "intune", "configmgr", "third-party", "aosp"])?;
    let mut groups = Vec::new();
    for group in ["\"staff\"", "\"guests\"", "\"field\""] {
        if choices.ratio(1, 2)? {
            groups.push(group);
        }
    }
    let mut filters = Vec::new();
    for filter in ["\"own\"", "\"recent\""] {
        if choices.ratio(1, 2)? {
            filters.push(filter);
        }
    }
    let filters = filters.join(",");
    let mut facts = Vec::new();
    for _ in 0..choices.int_in_range(0..=4)? {
        facts.push(*choices.choose(&FACTS)?);
    }
    let (groups, facts) = (groups.join(","), facts.join(","));
    Ok(format!(
        "{{\"launch\":{{\"app\":\"{app}\",\"account\":\"{account}\"}},\"user\":{{\"groups\":[{groups}]}},\
         \"device\":{{\"platform\":\"{platform}\",\"management\":\"{management}\",\"filters\":[{filters}]}},\"facts\":{{{facts}}}}}"
    ))
}
