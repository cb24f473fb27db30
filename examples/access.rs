//! An app asks whether it may be opened, and what it has to ask for before.
//!
//! ```sh
//! cargo run --example access
//! ```

use mam::{AccessEffect, AccessRequest};

const POLICY: &str = r#"
mam 1

use microsoft

users staff

policy phones {
  for       staff
  on        ios, android
  protect   outlook
  otherwise allow

  require pin { length 6  recheck 30 minutes }
  launch  block when os < 17.0 on ios because "Please update your phone"
  launch  wipe when jailbroken
}
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let table = mam::compile("phones.mam", POLICY)?;
    let request: AccessRequest<'_> = serde_json::from_str(
        r#"{"launch": {"app": "outlook", "account": "work"},
            "user": {"groups": ["staff"]},
            "device": {"platform": "ios", "management": "unmanaged"},
            "facts": {"os": "16.4", "jailbroken": false}}"#,
    )?;

    // Once for each app and sign-in; then facts cost a few comparisons.
    let access = table.resolve_access(&request)?;
    let decision = table.decide_access(&access, &request.facts);
    match decision.effect {
        AccessEffect::Allow => println!("come in"),
        AccessEffect::Warn => println!("come in, but read this"),
        AccessEffect::Block => println!("not now"),
        AccessEffect::Wipe => println!("the work account's data is removed"),
    }
    if let Some(pin) = decision.requirements.pin {
        println!("a PIN of {} characters is asked for", pin.length.unwrap_or(1));
    }

    // A refusal can be explained.
    for fired in table.answer_access(&request)?.fired {
        let why = fired.because.as_deref().unwrap_or("no reason given");
        println!("{}: {} ({why})", fired.policy, fired.rule);
    }
    Ok(())
}
