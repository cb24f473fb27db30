//! The costs of decisions about columns, by the type of the columns: `cargo bench --features arrow --bench columns`.

#![allow(missing_docs, reason = "criterion's macros write the items")]
#![allow(
    unreachable_pub,
    missing_debug_implementations,
    reason = "a bench is no library: it stops where its own policies do not compile"
)]

mod support;

use std::hint::black_box;
use std::num::NonZero;
use std::thread;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mam::Table;
use mam::columnar::{Options, decide_batch};
use support::columns::{Encoding, batch};
use support::{Size, organisation};

/// Rows of a batch; of all of them together for several threads.
const ROWS: usize = 1 << 20;

fn table(rules: usize) -> Table {
    let size = Size { rules, apps: 300 };
    mam::compile("bench.mam", &organisation(size)).expect("the organisation compiles")
}

/// Rows on as many threads as there are processors, each with slices of the batch.
fn columns(c: &mut Criterion) {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let mut group = c.benchmark_group("columns");
    group.sample_size(10);
    group.throughput(Throughput::Elements(ROWS as u64));
    for rules in [100, 1_000] {
        let table = table(rules);
        for encoding in Encoding::ALL {
            for (name, options) in [
                ("decisions", Options::default()),
                ("with rules", Options::default().with_rules(true)),
            ] {
                let batch = batch(ROWS / threads, *encoding);
                let id = BenchmarkId::new(format!("{name} from {}", encoding.name()), rules);
                group.bench_function(id, |b| {
                    b.iter(|| {
                        thread::scope(|scope| {
                            for _ in 0..threads {
                                scope.spawn(|| {
                                    decide_batch(&table, black_box(&batch), &options)
                                        .expect("every row can be answered")
                                });
                            }
                        });
                    });
                });
            }
        }
    }
}

criterion_group!(benches, columns);
criterion_main!(benches);
