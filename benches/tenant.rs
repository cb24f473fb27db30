//! How long a tenant of Intune takes to be read: `cargo bench --bench tenant --features intune`.
//!
//! The tenant has policies for one platform, each assigned to a group of its own with one of 50 assignment
//! filters, half of which ask for the management of the device.

#![allow(missing_docs, reason = "criterion's macros write the items")]
#![allow(
    unreachable_pub,
    missing_debug_implementations,
    reason = "a bench is no library: it stops where its own policies do not compile"
)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use mam::{Limits, intune};
use serde_json::{Value, json};

/// The document of a tenant of some policies.
fn tenant(policies: usize) -> String {
    let mut objects: Vec<Value> = (0..50).map(filter).collect();
    objects.extend((0..policies).map(policy));
    json!({ "value": objects }).to_string()
}

fn filter(number: usize) -> Value {
    let rule = match number % 2 {
        0 => "(app.deviceManagementType -eq \"Unmanaged\")".to_owned(),
        _ => format!("(app.osVersion -startsWith \"{number}\")"),
    };
    json!({
        "@odata.type": "#microsoft.graph.deviceAndAppManagementAssignmentFilter",
        "id": format!("dddddddd-2222-3333-4444-{number:012}"),
        "displayName": format!("Filter {number}"),
        "platform": "iOSMobileApplicationManagement",
        "rule": rule,
    })
}

fn policy(number: usize) -> Value {
    let filter = number % 50;
    json!({
        "@odata.type": "#microsoft.graph.iosManagedAppProtection",
        "id": format!("T_aaaaaaaa-2222-3333-4444-{number:012}"),
        "displayName": format!("Policy {number}"),
        "appGroupType": "allCoreMicrosoftApps",
        "targetedAppManagementLevels": if number.is_multiple_of(4) { "unmanaged" } else { "unspecified" },
        "allowedOutboundDataTransferDestinations": "managedApps",
        "allowedOutboundClipboardSharingLevel": "managedAppsWithPasteIn",
        "pinRequired": true,
        "printBlocked": number.is_multiple_of(2),
        "minimumRequiredOsVersion": "17.0",
        "assignments": [{ "target": {
            "@odata.type": "#microsoft.graph.groupAssignmentTarget",
            "groupId": format!("bbbbbbbb-2222-3333-4444-{number:012}"),
            "deviceAndAppManagementAssignmentFilterId": format!("dddddddd-2222-3333-4444-{filter:012}"),
            "deviceAndAppManagementAssignmentFilterType": "include",
        } }],
    })
}

fn reading(c: &mut Criterion) {
    let is_tried = std::env::args().any(|argument| argument == "--test");
    let sizes: &[usize] = if is_tried { &[50] } else { &[250, 1000] };
    let mut group = c.benchmark_group("tenant");
    group.sample_size(10);
    for size in sizes {
        let text = tenant(*size);
        group.bench_function(BenchmarkId::new("import", size), |b| {
            b.iter(|| {
                intune::import(&[("tenant.json", black_box(&text))], &Limits::default()).unwrap()
            });
        });
        group.bench_function(BenchmarkId::new("recognised", size), |b| {
            b.iter(|| intune::recognised(&[("tenant.json", black_box(&text))], &Limits::default()));
        });
    }
    group.finish();
}

criterion_group!(benches, reading);
criterion_main!(benches);
