//! How the cost of analysis grows with rules, apps and groups of people: `cargo bench --bench growth`.
//!
//! The usual organisation has 300 apps, 20 independent groups of people, 40 policies, 1,000 rules and 200
//! expectations; each curve changes one of these numbers. `docs/benchmarks.md` shows a run.

#![allow(missing_docs, reason = "criterion's macros write the items")]
#![allow(
    unreachable_pub,
    missing_debug_implementations,
    reason = "a bench is no library: it stops where its own policies do not compile"
)]

mod support;

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main};
use mam::analysis::{LEAKS, PathOptions, diff};
use mam::{Analysis, Checked, Compiler};
use support::{Company, company};

fn checked(size: Company) -> Checked {
    let checked = Compiler::new().check("company.mam", &company(size));
    let reports = checked.reports();
    assert!(!checked.has_errors(), "{:?}", reports.first().map(mam::Report::short));
    checked
}

/// The sizes of a curve; of those the smallest where it is only tried whether the benches run.
fn sizes(all: &[usize]) -> &[usize] {
    let is_tried = std::env::args().any(|argument| argument == "--test");
    if is_tried { &all[..1] } else { all }
}

/// Everything that is asked of a set, at one size.
fn everything(group: &mut BenchmarkGroup<'_, WallTime>, size: Company, at: usize) {
    let text = company(size);
    group.bench_function(BenchmarkId::new("check", at), |b| {
        b.iter(|| Compiler::new().check("company.mam", black_box(&text)).compile().is_ok());
    });
    let checked = checked(size);
    let analysis = Analysis::new(&checked).expect("the company compiles");
    group.bench_function(BenchmarkId::new("test", at), |b| b.iter(|| analysis.test().len()));
    group.bench_function(BenchmarkId::new("lints", at), |b| {
        b.iter(|| analysis.lints().unwrap().len());
    });
    group.bench_function(BenchmarkId::new("diff", at), |b| {
        b.iter(|| diff(&analysis, &analysis).unwrap().len());
    });
    group.bench_function(BenchmarkId::new("mutate", at), |b| {
        b.iter(|| analysis.mutate().unwrap().noticed);
    });
    let leaks = checked.chain(LEAKS).expect("a question");
    group.bench_function(BenchmarkId::new("paths", at), |b| {
        b.iter(|| analysis.paths(&leaks, PathOptions::default()).unwrap().paths.len());
    });
}

fn rules(c: &mut Criterion) {
    let mut group = c.benchmark_group("growth with rules");
    group.sample_size(10);
    for &rules in sizes(&[100, 300, 1_000]) {
        everything(&mut group, Company { rules, ..Company::USUAL }, rules);
    }
    // Many rules: what a pipeline does on every change.
    for &rules in sizes(&[3_000, 10_000]) {
        let text = company(Company { rules, ..Company::USUAL });
        group.bench_function(BenchmarkId::new("check", rules), |b| {
            b.iter(|| Compiler::new().check("company.mam", black_box(&text)).compile().is_ok());
        });
    }
}

fn apps(c: &mut Criterion) {
    let mut group = c.benchmark_group("growth with apps");
    group.sample_size(10);
    for &apps in sizes(&[100, 300, 1_000]) {
        everything(&mut group, Company { apps, ..Company::USUAL }, apps);
    }
}

fn groups(c: &mut Criterion) {
    let mut group = c.benchmark_group("growth with groups");
    group.sample_size(10);
    for &groups in sizes(&[5, 10, 20, 40]) {
        everything(&mut group, Company { groups, ..Company::USUAL }, groups);
    }
}

criterion_group!(growth, rules, apps, groups);
criterion_main!(growth);
