//! What the steps from text to decision cost, at four sizes: `cargo bench --bench engine`.

#![allow(missing_docs, reason = "criterion's macros write the items")]
#![allow(
    unreachable_pub,
    missing_debug_implementations,
    reason = "a bench is no library: it stops where its own policies do not compile"
)]

mod support;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mam::source::Sources;
use mam::{
    Channel, Compiler, Limits, Request, Resolved, ResolvedSource, ResolvedTarget, Session, Table,
    interpret, syntax,
};
use support::access::{launch_request, launching};
use support::{SIZES, Size, organisation, requests, scale};

/// So many different requests that a table does not sit in the nearest cache by luck.
const REQUESTS: usize = 2_000;

fn parse(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    for size in SIZES {
        let text = organisation(size);
        let mut sources = Sources::default();
        let id = sources.add("bench.mam", &text);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(size.rules), |b| {
            b.iter(|| syntax::parse(black_box(&sources), id, &Limits::default()));
        });
    }
}

fn compile(c: &mut Criterion) {
    let mut group = c.benchmark_group("compile");
    group.sample_size(10);
    for size in SIZES {
        let text = organisation(size);
        group.bench_function(BenchmarkId::new("check", size.rules), |b| {
            b.iter(|| Compiler::new().check("bench.mam", black_box(&text)));
        });
        let checked = Compiler::new().check("bench.mam", &text);
        group.bench_function(BenchmarkId::new("build", size.rules), |b| {
            b.iter(|| black_box(&checked).compile().expect("the organisation compiles"));
        });
        group.bench_function(BenchmarkId::new("text to table", size.rules), |b| {
            b.iter(|| mam::compile("bench.mam", black_box(&text)).expect("it compiles"));
        });
    }
}

/// A table with requests about it in every form in which a host can have them.
struct Asked {
    table: Table,
    requests: Vec<Request<'static>>,
    sessions: Vec<Session>,
    /// The channel and the ends of each request.
    ends: Vec<(Channel, ResolvedSource, ResolvedTarget)>,
    resolved: Vec<Resolved>,
}

impl Asked {
    fn new(size: Size) -> Self {
        let checked = Compiler::new().check("bench.mam", &organisation(size));
        let table = checked.compile().expect("the organisation compiles");
        let requests = requests(size, REQUESTS);
        let sessions = requests.iter().map(|request| {
            table.session(&request.user, &request.device).expect("the device exists")
        });
        let sessions: Vec<_> = sessions.collect();
        let ends = requests.iter().zip(&sessions).map(|(request, session)| {
            let (channel, (from, to)) = (request.channel, ends(session, request));
            (channel, from, to)
        });
        let ends = ends.collect();
        let resolved = requests.iter().map(|one| table.resolve(one).expect("it resolves"));
        let resolved = resolved.collect();
        Self { table, requests, sessions, ends, resolved }
    }
}

fn ends(session: &Session, request: &Request<'_>) -> (ResolvedSource, ResolvedTarget) {
    let target = request.target.as_ref().expect("it has one");
    let from = session.source(request.channel, &request.source).expect("it is declared");
    let to = session.target(request.channel, target).expect("it is declared");
    (from, to)
}

fn access(c: &mut Criterion) {
    let mut group = c.benchmark_group("access");
    for size in SIZES {
        let table = mam::compile("bench.mam", &launching(size.rules)).expect("it compiles");
        let request = launch_request();
        let access = table.resolve_access(&request).expect("it resolves");
        group.bench_function(BenchmarkId::new("resolved", size.rules), |b| {
            b.iter(|| table.decide_access(black_box(&access), black_box(&request.facts)));
        });
        group.bench_function(BenchmarkId::new("from names", size.rules), |b| {
            b.iter(|| {
                let access = table.resolve_access(black_box(&request)).expect("it resolves");
                table.decide_access(&access, &request.facts)
            });
        });
    }
}

fn decide(c: &mut Criterion) {
    let mut group = c.benchmark_group("decide");
    group.throughput(Throughput::Elements(REQUESTS as u64));
    for size in SIZES {
        let Asked { table, requests, sessions, ends: ids, resolved } = Asked::new(size);
        let pairs = || requests.iter().zip(&sessions);
        group.bench_function(BenchmarkId::new("resolved", size.rules), |b| {
            b.iter(|| resolved.iter().filter(|one| table.decide(one).is_blocked()).count());
        });
        group.bench_function(BenchmarkId::new("from ids", size.rules), |b| {
            b.iter(|| {
                let decisions = ids.iter().zip(&sessions);
                let decisions = decisions.map(|((on, from, to), one)| one.decide(*on, *from, *to));
                decisions.filter(mam::Decision::is_blocked).count()
            });
        });
        group.bench_function(BenchmarkId::new("from names", size.rules), |b| {
            b.iter(|| {
                let decisions = pairs().map(|(request, session)| {
                    let (from, to) = ends(session, request);
                    session.decide(request.channel, from, to)
                });
                decisions.filter(mam::Decision::is_blocked).count()
            });
        });
        group.bench_function(BenchmarkId::new("from whole requests", size.rules), |b| {
            b.iter(|| {
                let resolved = requests.iter().filter_map(|request| table.resolve(request).ok());
                resolved.filter(|one| table.decide(one).is_blocked()).count()
            });
        });
    }
}

/// The requests of one user of a company, with a session and the ends in it.
struct User<'r> {
    session: Session,
    requests: &'r [Request<'static>],
    ends: Vec<(Channel, ResolvedSource, ResolvedTarget)>,
}

impl<'r> User<'r> {
    fn new(table: &Table, requests: &'r [Request<'static>]) -> Self {
        let session = table.session(&requests[0].user, &requests[0].device).expect("it exists");
        let ends = requests.iter().map(|request| {
            let (from, to) = ends(&session, request);
            (request.channel, from, to)
        });
        let ends = ends.collect();
        Self { session, requests, ends }
    }
}

/// The decisions of large companies, for users in few groups and in many.
fn company(c: &mut Criterion) {
    const APPS: usize = 400;
    const USERS: usize = 40;
    for n in [10, 150, 1_000, 3_000] {
        let mut group = c.benchmark_group(format!("company of {n}"));
        let table = mam::compile("company.mam", &scale::company(n, APPS)).expect("it compiles");
        for groups in [1, 3, 10, 30] {
            let requests = scale::requests(n, APPS, groups, USERS);
            let users: Vec<User<'_>> =
                requests.chunks(scale::OF_USER).map(|one| User::new(&table, one)).collect();
            group.throughput(Throughput::Elements(requests.len() as u64));
            group.bench_function(BenchmarkId::new("open a session", groups), |b| {
                let open = |one: &&Request<'_>| table.session(&one.user, &one.device).is_ok();
                b.iter(|| requests.iter().filter(open).count());
            });
            group.bench_function(BenchmarkId::new("resolve a source", groups), |b| {
                let sources = |User { session, requests, .. }: &User<'_>| {
                    let source = |one: &&Request<'_>| {
                        black_box(session.source(one.channel, &one.source)).is_ok()
                    };
                    requests.iter().filter(source).count()
                };
                b.iter(|| users.iter().map(sources).sum::<usize>());
            });
            group.bench_function(BenchmarkId::new("decide from ids", groups), |b| {
                let allowed = |User { session, ends, .. }: &User<'_>| {
                    let decisions =
                        ends.iter().map(|(on, from, to)| session.decide(*on, *from, *to));
                    decisions.filter(mam::Decision::is_blocked).count()
                };
                b.iter(|| users.iter().map(allowed).sum::<usize>());
            });
            group.bench_function(BenchmarkId::new("decide whole requests", groups), |b| {
                let resolved = || requests.iter().filter_map(|one| table.resolve(one).ok());
                b.iter(|| resolved().filter(|one| table.decide(one).is_blocked()).count());
            });
        }
    }
}

/// From one app to each of many, one by one and at once.
fn batch(c: &mut Criterion) {
    let mut group = c.benchmark_group("batch");
    for size in SIZES {
        let Asked { requests, sessions, .. } = Asked::new(size);
        let session = &sessions[0];
        let is_shared =
            |one: &&Request<'_>| one.channel == Channel::Share && one.device == requests[0].device;
        let shared = requests.iter().filter(is_shared).map(|one| ends(session, one));
        let (from, targets): (Vec<_>, Vec<_>) = shared.unzip();
        let from = &from[0];
        let mut decisions = vec![session.decide(Channel::Share, *from, targets[0]); targets.len()];
        group.throughput(Throughput::Elements(targets.len() as u64));
        group.bench_function(BenchmarkId::new("one by one", size.rules), |b| {
            b.iter(|| {
                for (to, decision) in targets.iter().zip(&mut decisions) {
                    *decision = session.decide(Channel::Share, *from, *to);
                }
                black_box(&decisions);
            });
        });
        group.bench_function(BenchmarkId::new("at once", size.rules), |b| {
            b.iter(|| {
                session.decide_all(Channel::Share, *from, &targets, &mut decisions);
                black_box(&decisions);
            });
        });
    }
}

/// Who decided.
fn explain(c: &mut Criterion) {
    let mut group = c.benchmark_group("explain");
    group.sample_size(10);
    for size in SIZES {
        let Asked { table, resolved, .. } = Asked::new(size);
        let some = &resolved[..100];
        group.throughput(Throughput::Elements(some.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(size.rules), |b| {
            b.iter(|| some.iter().map(|one| table.determining(one).by.len()).sum::<usize>());
        });
    }
}

/// A table from its bytes, and back.
fn bytes(c: &mut Criterion) {
    let mut group = c.benchmark_group("bytes");
    for size in SIZES {
        let checked = Compiler::new().check("bench.mam", &organisation(size));
        let table = checked.compile().expect("the organisation compiles");
        let bytes = table.to_bytes();
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(BenchmarkId::new("load", size.rules), |b| {
            b.iter(|| Table::from_bytes(black_box(&bytes)).is_ok());
        });
        group.bench_function(BenchmarkId::new("write", size.rules), |b| {
            b.iter(|| table.to_bytes().len());
        });
    }
}

/// Requests as lines of JSON, each read, resolved and decided: what a thread of `mam replay` does.
fn replay(c: &mut Criterion) {
    let mut group = c.benchmark_group("replay");
    group.throughput(Throughput::Elements(REQUESTS as u64));
    for size in SIZES {
        let Asked { table, requests, .. } = Asked::new(size);
        let lines = requests.iter().map(|request| serde_json::to_vec(request).expect("JSON"));
        let lines: Vec<_> = lines.collect();
        group.bench_function(BenchmarkId::from_parameter(size.rules), |b| {
            b.iter(|| {
                let allowed = lines.iter().filter(|line| {
                    let request: Request<'_> = serde_json::from_slice(line).expect("a request");
                    let resolved = table.resolve(&request).expect("it resolves");
                    black_box(table.case(&resolved));
                    table.decide(&resolved).is_blocked()
                });
                allowed.count()
            });
        });
    }
}

/// The definition of the meaning, for comparison: written to be read, not to be fast.
fn interpreter(c: &mut Criterion) {
    let mut group = c.benchmark_group("interpret");
    group.sample_size(10);
    for size in SIZES {
        let checked = Compiler::new().check("bench.mam", &organisation(size));
        let model = checked.model().expect("the organisation has no errors");
        let movements: Vec<_> = requests(size, 20)
            .iter()
            .filter_map(|request| request.resolve(model.directory()).ok()?.pop())
            .collect();
        group.throughput(Throughput::Elements(movements.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(size.rules), |b| {
            b.iter(|| {
                movements.iter().filter(|one| interpret::decide(model, one).is_blocked()).count()
            });
        });
    }
}

criterion_group!(
    engine,
    parse,
    compile,
    bytes,
    decide,
    access,
    company,
    batch,
    explain,
    replay,
    interpreter
);
criterion_main!(engine);
