//! A device: it loads a compiled table and decides, without parser, compiler and analysis.
//!
//! ```sh
//! cargo mam compile examples/contoso.mam -o contoso.mamc
//! cargo run --no-default-features --example device contoso.mamc
//! ```

use mam::decision::Permission;
use mam::{
    Account, Channel, DeviceRequest, DeviceState, EndpointRequest, Platform, Table, UserRequest,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args_os().nth(1).ok_or("name a compiled table")?;
    let table = Table::from_bytes(&std::fs::read(file)?)?;

    // Once for each sign-in.
    let device = DeviceRequest::new(Platform::Ios, DeviceState::Unmanaged);
    let session = table.session(&UserRequest::new(["staff"]), &device)?;

    // Once for each app.
    let outlook = EndpointRequest::app("outlook").with_account(Account::Work);
    let outlook = session.source(Channel::Copy, &outlook)?;
    let chat = EndpointRequest::app("ios:net.whatsapp.WhatsApp");
    let chat = session.target(Channel::Copy, &chat)?;

    // For each movement.
    for characters in [12, 4000] {
        let answer = match session.decide_copy(outlook, chat, characters).permission() {
            Permission::Denied => "may not be copied",
            Permission::Free | Permission::Limited(_) => "may be copied",
        };
        println!("{characters} characters {answer}");
    }

    // A refusal can be explained.
    for rule in table.spell_out(&session.resolve_copy(outlook, chat, 4000)).by {
        let why = rule.because.as_deref().unwrap_or("no reason given");
        println!("{}: {} ({why})", rule.policy, rule.rule);
    }

    // A link stands for the app that it opens.
    let meeting = EndpointRequest::app("url:https://teams.microsoft.com/l/meetup-join/1");
    let meeting = session.target(Channel::Link, &meeting)?;
    let decision = session.decide(Channel::Link, outlook, meeting);
    println!("the link: {}", decision.effect());
    if let Some(account) = decision.assumed {
        println!("  as strict as for its {account} account, since none is named");
    }
    Ok(())
}
