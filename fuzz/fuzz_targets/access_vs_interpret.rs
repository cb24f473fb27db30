//! On generated policy sets the compiled table, before and after it was written and loaded, and the
//! interpreter decide accesses alike.

#![no_main]

mod policy_text;

use arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use mam::{AccessRequest, Compiler, Table, interpret};

/// Accesses that are compared of each policy set.
const ACCESSES: usize = 64;

/// Statements that every policy can have, wherever it applies.
const STATEMENTS: [&str; 14] = [
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
];

const FACTS: [&str; 14] = [
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
];

fuzz_target!(|bytes: &[u8]| {
    let mut choices = Unstructured::new(bytes);
    let Ok(text) = policy_text::policy_set(&mut choices) else { return };
    let Ok(text) = with_access(&text, &mut choices) else { return };
    let checked = Compiler::new().check("fuzz.mam", &text);
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
