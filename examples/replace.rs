//! Replacing a table while others decide: `cargo run --example replace`.
//!
//! A gateway decides on several threads. When a new table arrives it is loaded beside the old one and put in
//! its place at once: nobody waits, nobody decides by half a table, and the old one goes when the last
//! session that began with it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use arc_swap::ArcSwap;
use mam::{
    Channel, DeviceRequest, DeviceState, EndpointRequest, Platform, Session, Table, UserRequest,
};

const DEVICE: DeviceRequest<'static> = DeviceRequest::new(Platform::Ios, DeviceState::Unmanaged);

/// The table in force.
struct Gateway {
    table: ArcSwap<Table>,
}

impl Gateway {
    /// What a sign-in fixes. A session keeps the table that it began with; one that lives longer than a
    /// table may is opened anew, which costs less than a microsecond.
    fn session(&self, groups: &[&str]) -> Result<Session, mam::ResolveError> {
        let user = UserRequest::new(groups.iter().copied());
        self.table.load().session(&user, &DEVICE)
    }

    /// Puts a table that was loaded in the place of the one in force. One that cannot be loaded changes
    /// nothing.
    fn replace(&self, bytes: &[u8]) -> Result<(), mam::table::LoadTableError> {
        self.table.store(Arc::new(Table::from_bytes(bytes)?));
        Ok(())
    }
}

/// Whether mail may be shared with notes.
fn may_share(session: &Session) -> Result<bool, mam::ResolveError> {
    let mail = session.source(Channel::Share, &EndpointRequest::app("ios:com.example.mail"))?;
    let notes = session.target(Channel::Share, &EndpointRequest::app("ios:com.example.notes"))?;
    Ok(!session.decide(Channel::Share, mail, notes).is_blocked())
}

fn compiled(rule: &str) -> Result<Vec<u8>, mam::Errors> {
    let text = format!(
        r#"mam 1
        app mail  {{ ios "com.example.mail"   sdk }}
        app notes {{ ios "com.example.notes" }}
        users staff
        policy p {{ for staff  protect mail  {rule} }}"#
    );
    Ok(mam::compile("policy.mam", &text)?.to_bytes())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let strict = compiled("block share to notes")?;
    let mild = compiled("allow share to notes")?;
    let gateway = Gateway { table: ArcSwap::from_pointee(Table::from_bytes(&strict)?) };
    let (done, decided, allowed) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let Ok(session) = gateway.session(&["staff"]) else { return };
                    for _ in 0..1_000 {
                        let yes = may_share(&session).is_ok_and(|yes| yes);
                        allowed.fetch_add(u64::from(yes), Ordering::Relaxed);
                        decided.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        let mut replaced = Ok(());
        for table in [&mild, &strict].into_iter().cycle().take(1_000) {
            replaced = replaced.and_then(|()| gateway.replace(table));
        }
        done.store(true, Ordering::Relaxed);
        replaced
    })?;
    println!(
        "replaced the table 1000 times meanwhile, {} decisions, {} of them allowed",
        decided.into_inner(),
        allowed.into_inner()
    );
    Ok(())
}
