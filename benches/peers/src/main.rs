//! `mam` beside other engines, on one generated workload:
//!
//! ```sh
//! cargo run --release -- [--rules 10,100,1000,10000] [--apps 300] [--requests 20000] [--only mam,dense]
//! ```
//!
//! Every engine decides its requests first and must say what the rules say; only then it is timed. Engines
//! that need microseconds have the first thousand requests, since some need minutes for all. Timing
//! goes round: each engine in turn decides for a moment, many times, so that a slow moment of the machine
//! hits all of them. A number is the median of those moments. What each engine is given is explained
//! in its module and in `docs/benchmarks.md`. `--draw growth.svg < run.md` draws what a run printed.

mod draw;
mod engines;
mod workload;

use std::alloc::System;
use std::time::{Duration, Instant};

use engines::{Engine, Entry, FAST, PEERS};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use workload::{Workload, is_allowed};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How often each engine has its turn.
const ROUNDS: usize = 25;

/// How long a turn takes at least.
const TURN: Duration = Duration::from_millis(20);

/// How many requests the peers have.
const SOME: usize = 1_000;

/// With more apps than this only the engines that stay fast are run.
const MANY_APPS: usize = 1_000;

struct Options {
    rules: Vec<usize>,
    apps: usize,
    requests: usize,
    only: Vec<String>,
}

fn main() {
    let options = options();
    for rules in &options.rules {
        run(*rules, &options);
    }
}

fn options() -> Options {
    let mut options = Options {
        rules: vec![10, 100, 1_000, 10_000],
        apps: 300,
        requests: 20_000,
        only: Vec::new(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().unwrap_or_else(|| panic!("{name} needs a value"));
        let number = || value.parse().unwrap_or_else(|_| panic!("{name} needs a number"));
        match name.as_str() {
            "--rules" => {
                let numbers = value.split(',').map(str::parse);
                options.rules = numbers.collect::<Result<_, _>>().expect("--rules needs numbers");
            }
            "--apps" => options.apps = number(),
            "--requests" => options.requests = number(),
            "--draw" => {
                let run =
                    std::io::read_to_string(std::io::stdin()).expect("a run on standard input");
                draw::draw(&run, &value).expect("the picture can be written");
                std::process::exit(0);
            }
            "--only" => options.only = value.split(',').map(str::to_owned).collect(),
            _ => panic!("there is no option {name}"),
        }
    }
    options
}

/// An engine at one size.
struct Measured {
    name: &'static str,
    engine: Box<dyn Engine>,
    load: Duration,
    heap: usize,
    /// Nanoseconds per decision, one number for each turn.
    turns: Vec<f64>,
    next: usize,
    /// How many requests it has.
    requests: usize,
}

fn run(rules: usize, options: &Options) {
    let workload = Workload::new(rules, options.apps, options.requests);
    let expected: Vec<bool> =
        workload.requests.iter().map(|request| is_allowed(&workload.rules, request)).collect();
    let peers: &[Entry] = if options.apps > MANY_APPS { &[] } else { &PEERS };
    let wanted = |name: &str| {
        options.only.is_empty() || options.only.iter().any(|only| name.contains(only.as_str()))
    };
    let mut all: Vec<Measured> = FAST
        .iter()
        .chain(peers)
        .filter(|(name, _)| wanted(name))
        .map(|entry| measure_load(entry, &workload))
        .collect();
    for one in &mut all {
        check(one, &expected[..one.requests]);
    }
    for _ in 0..ROUNDS {
        for one in &mut all {
            turn(one);
        }
    }
    print(rules, options, &expected, &mut all);
}

fn measure_load((name, prepare): &Entry, workload: &Workload) -> Measured {
    let load = prepare(workload);
    // Once to see what stays, and some times for the time.
    let region = Region::new(ALLOCATOR);
    let mut engine = load();
    let change = region.change();
    let heap = change.bytes_allocated.saturating_sub(change.bytes_deallocated);
    let mut times = Vec::new();
    while times.len() < 5 && times.iter().sum::<Duration>() < Duration::from_secs(2) {
        let start = Instant::now();
        let again = load();
        times.push(start.elapsed());
        drop(again);
    }
    times.sort();
    let is_peer = PEERS.iter().any(|(peer, _)| peer == name);
    let requests = workload.requests.len().min(if is_peer { SOME } else { usize::MAX });
    engine.prepare(&workload.requests[..requests]);
    let load = times[times.len() / 2];
    Measured { name, engine, load, heap, turns: Vec::new(), next: 0, requests }
}

/// Whether an engine says what the rules say.
fn check(one: &mut Measured, expected: &[bool]) {
    for (number, expected) in expected.iter().enumerate() {
        let said = one.engine.is_allowed(number);
        assert_eq!(said, *expected, "{} decides request {number} otherwise", one.name);
    }
}

/// Decides for a moment.
fn turn(one: &mut Measured) {
    let (start, mut decided, mut allowed) = (Instant::now(), 0_u32, 0_u32);
    while start.elapsed() < TURN {
        // The clock is looked at now and then only.
        let some = if decided > 0 && start.elapsed().as_micros() / u128::from(decided) > 10 {
            1
        } else {
            200
        };
        for _ in 0..some {
            allowed += u32::from(one.engine.is_allowed(one.next));
            one.next = if one.next + 1 < one.requests { one.next + 1 } else { 0 };
        }
        decided += some;
    }
    std::hint::black_box(allowed);
    one.turns.push(start.elapsed().as_secs_f64() * 1e9 / f64::from(decided));
}

fn print(rules: usize, options: &Options, expected: &[bool], all: &mut [Measured]) {
    let allowed = expected.iter().filter(|allowed| **allowed).count();
    let (apps, requests) = (options.apps, expected.len());
    println!(
        "\n{rules} rules, {apps} apps; {requests} requests, {allowed} of them allowed; all agree\n"
    );
    let median = |one: &mut Measured| {
        one.turns.sort_by(f64::total_cmp);
        one.turns[one.turns.len() / 2]
    };
    let dense = all.iter_mut().find(|one| one.name.contains("dense")).map(median);
    println!("| | decision | times the dense array | load | heap |");
    println!("| --- | --: | --: | --: | --: |");
    for one in all {
        let time = median(one);
        let ratio = dense.map_or(String::new(), |dense| format!("{:.1}", time / dense));
        let (name, load) = (one.name, duration(one.load.as_secs_f64() * 1e9));
        println!("| {name} | {} | {ratio} | {load} | {} |", duration(time), size(one.heap));
    }
}

fn duration(nanoseconds: f64) -> String {
    match nanoseconds {
        ns if ns < 100.0 => format!("{ns:.1} ns"),
        ns if ns < 1e3 => format!("{ns:.0} ns"),
        ns if ns < 1e6 => format!("{:.1} µs", ns / 1e3),
        ns if ns < 1e9 => format!("{:.1} ms", ns / 1e6),
        ns => format!("{:.1} s", ns / 1e9),
    }
}

fn size(bytes: usize) -> String {
    match bytes {
        bytes if bytes < 1 << 20 => format!("{} KiB", bytes.div_ceil(1 << 10)),
        bytes => format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)),
    }
}
