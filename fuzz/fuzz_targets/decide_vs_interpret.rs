//! On generated policy sets the compiled table and the interpreter decide alike; so does the table that
//! was written and loaded.

#![no_main]

mod policy_text;
mod requests;

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use mam::{Channel, Compiler, Request, interpret};

/// Movements that are compared of each policy set.
const MOVEMENTS: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    let mut choices = Unstructured::new(bytes);
    let Ok(text) = policy_text::policy_set(&mut choices) else { return };
    let checked = Compiler::new().check("fuzz.mam", &text);
    let Some(model) = checked.model() else { return };
    let table = checked.compile().expect("small sets compile");
    let loaded = mam::Table::from_bytes(&table.to_bytes()).expect("what is written is read");
    for _ in 0..MOVEMENTS {
        let Ok(request) = requests::request(&mut choices) else { return };
        let Ok(movements) = request.resolve(model.directory()) else { continue };
        let resolved =
            table.resolve(&request).expect("what the model resolves, the table resolves");
        let (_, judgement) = interpret::judge_request(model, &movements).expect("it means one");
        let meant = judgement.decision;
        assert_eq!(table.decide(&resolved), meant, "{request:?}\n{text}");
        assert_eq!(table.determining(&resolved), judgement.determining, "{request:?}\n{text}");
        let again = loaded.resolve(&request).expect("both know the same names");
        assert_eq!(loaded.decide(&again), meant, "{request:?}\n{text}");
        assert_eq!(loaded.determining(&again), judgement.determining, "{request:?}\n{text}");
        session_agrees(&table, &request, meant);
    }
});

/// A session decides the same of two apps that it can tell apart by their names.
fn session_agrees(table: &mam::Table, request: &Request<'_>, meant: mam::Decision) {
    let (Some(target), None) = (&request.target, request.characters) else { return };
    if request.channel == Channel::Copy || target.app == request.source.app {
        return;
    }
    let session = table.session(&request.user, &request.device).expect("it resolved before");
    let source = session.source(request.channel, &request.source).expect("it resolved before");
    let target = session.target(request.channel, target).expect("it resolved before");
    assert_eq!(session.decide(request.channel, source, target), meant);
    let mut decisions = [meant; 2];
    decisions.iter_mut().for_each(|one| one.reason = None);
    session.decide_all(request.channel, source, &[target, target], &mut decisions);
    assert_eq!(decisions, [meant; 2]);
}
