//! Decisions to be counted, not timed: `bash benches/instructions.sh` runs this below a simulated processor,
//! which counts instructions and is never in a hurry.
//!
//! `instructions WAY SIZE TIMES` decides 1,000 requests so many times. The size is the number of rules, and for
//! ways of a company the number of groups of each user. As a bench it only shows that it runs.

#![allow(
    unreachable_pub,
    missing_debug_implementations,
    reason = "a bench is no library: it stops where its own policies do not compile"
)]

mod support;

use std::hint::black_box;

use mam::{Request, ResolvedSource, ResolvedTarget, Session, Table};
use support::access::{launch_request, launching};
use support::{Size, organisation, requests, scale};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let asked = match arguments.as_slice() {
        [way, size, times] => Some((way.as_str(), size.parse(), times.parse())),
        _ => None,
    };
    let Some((way, Ok(size), Ok(times))) = asked else {
        for way in WAYS {
            println!("{way}: {} blocked", run(way, 10, 1));
        }
        return;
    };
    println!("{}", run(way, size, times));
}

const WAYS: [&str; 9] = [
    "resolved",
    "ids",
    "names",
    "requests",
    "company ids",
    "company names",
    "company requests",
    "access resolved",
    "access requests",
];

/// Decides again and again; gives how many are blocked.
fn run(way: &str, size: usize, times: usize) -> usize {
    if let Some(way) = way.strip_prefix("company ") {
        let text = scale::company(150, 400);
        return decide(way, &text, scale::requests(150, 400, size, 20), times);
    }
    if let Some(way) = way.strip_prefix("access ") {
        return decide_access(way, &launching(size), times);
    }
    let size = Size { rules: size, apps: 300 };
    decide(way, &organisation(size), requests(size, 1_000), times)
}

fn decide(way: &str, text: &str, requests: Vec<Request<'static>>, times: usize) -> usize {
    let table = mam::compile("bench.mam", text).expect("the organisation compiles");
    let sessions: Vec<Session> = requests
        .iter()
        .map(|request| table.session(&request.user, &request.device).expect("the device exists"))
        .collect();
    let all = requests.iter().zip(&sessions);
    match way {
        "resolved" => {
            let resolved: Vec<_> =
                requests.iter().map(|one| table.resolve(one).expect("it resolves")).collect();
            let again = || resolved.iter().filter(|one| table.decide(one).is_blocked()).count();
            (0..times).map(|_| again()).sum()
        }
        "ids" => {
            let ends: Vec<_> = all
                .map(|(request, session)| (request.channel, ends(session, request), session))
                .collect();
            let decide = |(channel, (from, to), session): &(_, (_, _), &Session)| {
                session.decide(*channel, *from, *to).is_blocked()
            };
            (0..times).map(|_| ends.iter().filter(|one| decide(one)).count()).sum()
        }
        "names" => {
            let decide = |(request, session): &(&Request<'_>, &Session)| {
                let (from, to) = ends(session, request);
                session.decide(request.channel, from, to).is_blocked()
            };
            (0..times).map(|_| all.clone().filter(decide).count()).sum()
        }
        _ => (0..times).map(|_| requests.iter().filter(|one| answer(&table, one)).count()).sum(),
    }
}

/// Decides one access 1,000 times in a row.
fn decide_access(way: &str, text: &str, times: usize) -> usize {
    let table = mam::compile("bench.mam", text).expect("the policies compile");
    let request = launch_request();
    let resolve = || table.resolve_access(&request).expect("it resolves");
    let resolved = resolve();
    let lets_in = |access: &_| table.decide_access(access, &request.facts).effect.lets_in();
    let all = 0..times * 1_000;
    match way {
        "resolved" => all.filter(|_| !lets_in(black_box(&resolved))).count(),
        _ => all.filter(|_| !lets_in(&resolve())).count(),
    }
}

fn answer(table: &Table, request: &Request<'_>) -> bool {
    table.decide(&table.resolve(request).expect("it resolves")).is_blocked()
}

fn ends(session: &Session, request: &Request<'_>) -> (ResolvedSource, ResolvedTarget) {
    let target = request.target.as_ref().expect("it has one");
    let from = session.source(request.channel, &request.source).expect("it is declared");
    let to = session.target(request.channel, target).expect("it is declared");
    (from, to)
}
