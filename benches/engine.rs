//! What the steps from text to decision cost, at three sizes: `cargo bench --bench engine`.

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
use mam::{Compiler, Limits, interpret, syntax};
use support::{SIZES, organisation, requests};

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
    }
}

fn decide(c: &mut Criterion) {
    let mut group = c.benchmark_group("decide");
    group.throughput(Throughput::Elements(REQUESTS as u64));
    for size in SIZES {
        let checked = Compiler::new().check("bench.mam", &organisation(size));
        let table = checked.compile().expect("the organisation compiles");
        let requests = requests(size, REQUESTS);
        let resolved: Vec<_> =
            requests.iter().map(|request| table.resolve(request).expect("it resolves")).collect();
        group.bench_function(BenchmarkId::new("resolved", size.rules), |b| {
            b.iter(|| resolved.iter().filter(|one| table.decide(one).is_allowed()).count());
        });
        group.bench_function(BenchmarkId::new("from names", size.rules), |b| {
            b.iter(|| {
                let resolved = requests.iter().filter_map(|request| table.resolve(request).ok());
                resolved.filter(|one| table.decide(one).is_allowed()).count()
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
            .filter_map(|request| request.resolve(model.directory()).ok())
            .collect();
        group.throughput(Throughput::Elements(movements.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(size.rules), |b| {
            b.iter(|| {
                movements.iter().filter(|one| interpret::decide(model, one).is_allowed()).count()
            });
        });
    }
}

criterion_group!(engine, parse, compile, decide, interpreter);
criterion_main!(engine);
