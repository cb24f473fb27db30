//! The invariants between the parts of a table, on which array reads rely.
//!
//! Takes in parts whose numbers are each in their range, gives out the first broken invariant. `names` checks
//! what requests and answers are told by, `conditions` the diagrams over users, `policies` what determining
//! rules are found by, `layout` the matrices, `access` what decides accesses. Each check takes time in proportion to the bytes: `ranges`
//! refuses parts that overlap, and shared parts are looked at once.

mod access;
mod conditions;
mod layout;
mod names;
mod policies;
mod ranges;

use super::codec::{Flaw, demand};
use crate::table::ir::DeviceKinds;
use crate::table::runtime::Parts;
use crate::vocabulary::{DeviceState, Platform};
use conditions::Conditions;
pub(super) use names::{classes, entries, variables};

/// The invariants between the parts: devices, conditions, matrices, policies.
pub(super) fn table(parts: &Parts) -> Result<(), Flaw> {
    let conditions = Conditions::new(&parts.nodes, parts.groups.len())?;
    assigned(parts, &conditions)?;
    devices(&parts.devices)?;
    policies::ir(parts, &conditions)?;
    layout::layout(parts, &conditions)?;
    access::access(parts)
}

/// In a table with filters, each bundle has the users whom they may let in.
fn assigned(parts: &Parts, conditions: &Conditions<'_>) -> Result<(), Flaw> {
    let has_filters = parts.directory.attributes().filters > 0;
    let bundles = if has_filters { parts.layout.bundles.len() } else { 0 };
    demand(parts.assigned.len() == bundles, "a bundle has no users whom filters let in")?;
    conditions.hold(parts.assigned.iter().copied())
}

fn devices(devices: &DeviceKinds) -> Result<(), Flaw> {
    let states = DeviceState::ALL.len();
    demand(devices.numbers.len() == Platform::ALL.len() * states, "a device is missing")?;
    let on =
        |platform: &'static Platform| DeviceState::ALL.iter().map(move |state| (platform, state));
    let mut numbers = Platform::ALL.iter().flat_map(on).zip(&devices.numbers);
    let fits = numbers.all(|((platform, state), kind)| {
        kind.is_some() == state.exists_on(*platform)
            && kind.is_none_or(|one| one.index() < devices.len())
    });
    demand(fits, "a device is of no kind")?;
    let most = Platform::ALL.len() * states;
    demand(devices.len() <= most, "there are more kinds of devices than devices")?;
    let mut witnesses = devices.witnesses.iter();
    demand(witnesses.all(|one| one.state.exists_on(one.platform)), "there is no such device")
}
