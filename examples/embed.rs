//! How an app embeds the engine: load a policy once, resolve a user once per sign-in, decide per
//! movement, and tell the user why something is refused.
//!
//! Run it with `cargo run --example embed`.

use std::error::Error;

use mam::{
    Account, Channel, Compiler, DeviceRequest, DeviceState, EndpointRequest, Platform, Table,
    UserRequest, interpret,
};

const POLICY: &str = r#"
mam 1

use microsoft

users staff "Contoso employees"

policy baseline "Company data on any device" {
  for     staff
  on      ios, android
  protect outlook, word

  allow  share to managed
  allow  copy to any up to 50 characters
  allow  save to onedrive
  refuse share from unmanaged

  block  print because "Please print at the office"
}
"#;

fn main() -> Result<(), Box<dyn Error>> {
    // Once, when the policy arrives. Warnings do not stop the compilation; show them to authors.
    let checked = Compiler::new().check("baseline.mam", POLICY);
    for report in checked.reports() {
        println!("{}", report.short());
    }
    let table: Table = checked.compile()?;

    // Once, when somebody signs in.
    let user = UserRequest::new(["staff", "everybody"]);
    let device = DeviceRequest::new(Platform::Ios, DeviceState::Unmanaged);
    let session = table.session(&user, &device)?;
    let outlook = EndpointRequest::app("outlook").with_account(Account::Work);
    let outlook = session.source(Channel::Share, &outlook)?;

    // For every movement: a few array reads.
    for app in ["word", "ios:net.whatsapp.WhatsApp"] {
        let target = session.target(Channel::Share, &EndpointRequest::app(app))?;
        let decision = session.decide(Channel::Share, outlook, target);
        println!("share from outlook to {app}: {}", decision.effect());
    }

    // A refusal carries its rules, and the text that their author wrote for people.
    let printer = session.target(Channel::Print, &EndpointRequest::storage("printer"))?;
    let answer = table.spell_out(&session.resolve(Channel::Print, outlook, printer));
    for rule in &answer.by {
        let why = rule.because.as_deref().unwrap_or("no reason given");
        println!(
            "print: {} by `{}` ({}:{}): {why}",
            answer.effect, rule.rule, rule.file, rule.line
        );
    }

    // Where the source of the policy is at hand, the interpreter tells what every policy contributed.
    let request: mam::Request = serde_json::from_str(
        r#"{"channel": "copy", "characters": 120,
            "source": {"app": "outlook"}, "target": {"app": "ios:net.whatsapp.WhatsApp"},
            "user": {"groups": ["staff"]}, "device": {"platform": "ios", "management": "unmanaged"}}"#,
    )?;
    if let Some(model) = checked.model() {
        let movements = request.resolve(model.directory())?;
        let judgement = interpret::judge_request(model, &movements).map(|(_, judgement)| judgement);
        for part in judgement.into_iter().flat_map(|judgement| judgement.policies) {
            let name = &model.policy(part.policy).name;
            println!("copy: {name} as {}: {:?}, {:?}", part.side, part.standing, part.verdict);
        }
    }
    Ok(())
}
