//! Questions about whole companies, at company size: `cargo bench --bench scale`.
//!
//! The companies are those of `support::scale`. Questions whose answer grows with what policies say are asked
//! about one app or one group of people, as people ask them. `docs/benchmarks.md` shows a run.

#![allow(missing_docs, reason = "criterion's macros write the items")]
#![allow(
    unreachable_pub,
    missing_debug_implementations,
    reason = "a bench is no library: it stops where its own policies do not compile"
)]

mod support;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use mam::analysis::{LEAKS, PathOptions, diff};
use mam::{Analysis, Checked, Compiler};
use support::scale;

/// Apps of a company.
const APPS: usize = 400;

fn checked(text: &str) -> Checked {
    let checked = Compiler::new().check("company.mam", text);
    let reports = checked.reports();
    assert!(!checked.has_errors(), "{:?}", reports.first().map(mam::Report::short));
    checked
}

/// Whether the benches are only tried: then with small companies.
fn is_tried() -> bool {
    std::env::args().any(|argument| argument == "--test")
}

fn text_to_table(c: &mut Criterion) {
    let mut group = c.benchmark_group("text to table");
    group.sample_size(10);
    let (companies, overlaps): (&[usize], &[usize]) =
        if is_tried() { (&[20], &[5]) } else { (&[150, 1_000], &[40]) };
    let mut texts: Vec<(String, String)> = Vec::new();
    texts.extend(companies.iter().map(|n| (format!("company {n}"), scale::company(*n, APPS))));
    texts.extend(overlaps.iter().map(|n| (format!("overlap {n}"), scale::overlap(*n))));
    texts.push(("wide".to_owned(), scale::wide()));
    for (name, text) in &texts {
        group.bench_function(name, |b| {
            b.iter(|| Compiler::new().check("company.mam", black_box(text)).compile().is_ok());
        });
    }
}

fn questions(c: &mut Criterion) {
    let mut group = c.benchmark_group("questions");
    group.sample_size(10);
    let sizes: &[usize] = if is_tried() { &[10] } else { &[150] };
    for &n in sizes {
        let text = scale::company(n, APPS);
        let (before, after) = (checked(&text), checked(&with_one_rule_changed(&text)));
        let [analysis, edited] = [&before, &after].map(|one| Analysis::new(one).unwrap());
        group.bench_function(BenchmarkId::new("test, 200 expectations", n), |b| {
            b.iter(|| analysis.test().len());
        });
        group.bench_function(BenchmarkId::new("diff, one rule changed", n), |b| {
            b.iter(|| diff(&analysis, &edited).is_ok());
        });
        let leaks = before.chain(LEAKS).unwrap();
        group.bench_function(BenchmarkId::new("paths, first 100", n), |b| {
            b.iter(|| analysis.paths(&leaks, PathOptions::default()).is_ok());
        });
        let scope = before.question("share from a30 to any for team3").unwrap();
        group.bench_function(BenchmarkId::new("decide share from an app", n), |b| {
            b.iter(|| analysis.decide(&scope).is_ok());
        });
    }
}

/// The policies with another limit in one of their rules.
fn with_one_rule_changed(text: &str) -> String {
    text.replacen("up to 500 characters", "up to 450 characters", 1)
}

criterion_group!(benches, text_to_table, questions);
criterion_main!(benches);
