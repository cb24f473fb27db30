//! The byte layout of a table's parts: their fields, in the order in which they are written.
//!
//! The one place that says how a table is laid out as bytes; `docs/format.md` says it in words. A
//! change here is a new version of the format.

use std::sync::Arc;

use super::codec::{Flaw, Part, Reader, Record, part, record};

use crate::access::{CredentialsRequirement, EncryptionRequirement, PinRequirement, Requirements};
use crate::dd::{Cond, Node, NodeId};
use crate::model::{
    AccessEntry, AccessId, Action, AppEntry, Biometrics, Directory, EncryptionClass, Entries,
    PinKind, PolicyEntry, PolicyId, RuleEntry, StorageEntry, Text, Texts,
};
use crate::table::access::{
    AccessIr, AccessLayout, BundleAccess, ConditionIr, Limit, Need, PolicyAccess, Probe,
    RequirementIr,
};
use crate::table::ir::{
    AppIr, Device, DeviceKind, DeviceKinds, EndpointClasses, EndpointIndex, GroupVariables, Ir,
    PolicyIr, Range32, RuleIr, SetTerms, Sets, ViewRange,
};
use crate::table::runtime::{AccessParts, Bundle, Layer, Layout, Matrix, Parts, TableData};
use crate::vocabulary::{
    Channels, DeviceState, DeviceStates, Effect, Obligations, Platform, Platforms, RuleEffect,
};

/// The version of the format that is written.
pub(super) const VERSION: u32 = 5;

/// The version that has everything but unconfirmed policies. A table without such policies is written in it.
pub(super) const WITHOUT_UNCONFIRMED: u32 = 4;

/// The version that has everything but filters. A table of policies without filters is written in it.
pub(super) const WITHOUT_FILTERS: u32 = 3;

/// The version that has everything but requirements and launch conditions. A table without them is written
/// in it again.
pub(super) const WITHOUT_ACCESS: u32 = 2;

/// Writes a whole table in the version of the format that has what it has.
pub(super) fn write(table: &TableData, out: &mut Vec<u8>) -> u32 {
    let unconfirmed = Unconfirmed::of(table);
    let has_filters = table.directory.attributes().filters > 0 || unconfirmed.is_some();
    names(table.directory.entries(), table.access.is_some(), has_filters, out);
    table.groups.variables().to_vec().write(out);
    table.devices.write(out);
    table.classes.iter().for_each(|classes| classes.of_endpoint.write(out));
    table.layout.write(out);
    table.nodes.write(out);
    table.ir.write(out);
    let Some(AccessParts { ir, layout }) = &table.access else { return WITHOUT_ACCESS };
    ir.write(out);
    layout.write(out);
    if !has_filters {
        return WITHOUT_FILTERS;
    }
    table.assigned.write(out);
    let Some(Unconfirmed { policies, bundles }) = unconfirmed else { return WITHOUT_UNCONFIRMED };
    policies.write(out);
    bundles.write(out);
    VERSION
}

/// The unconfirmed policies, and the bundles of them.
struct Unconfirmed {
    policies: Vec<u32>,
    bundles: Vec<u32>,
}

impl Unconfirmed {
    /// Those of a table; `None` if it has none.
    fn of(table: &TableData) -> Option<Self> {
        let policies = (0..).zip(&table.ir.policies).filter(|(_, one)| one.unconfirmed);
        let bundles = (0..).zip(&table.layout.bundles).filter(|(_, one)| one.unconfirmed);
        let policies: Vec<u32> = policies.map(|(number, _)| number).collect();
        let bundles = bundles.map(|(number, _)| number).collect();
        (!policies.is_empty() && table.access.is_some()).then_some(Self { policies, bundles })
    }

    fn read(from: &mut Reader<'_>, ir: &mut Ir, layout: &mut Layout) -> Result<(), Flaw> {
        for number in Vec::<u32>::read(from)? {
            let policy = ir.policies.get_mut(number as usize).ok_or("there is no such policy")?;
            policy.unconfirmed = true;
        }
        for number in Vec::<u32>::read(from)? {
            let bundle =
                layout.bundles.get_mut(number as usize).ok_or("there is no such bundle")?;
            bundle.unconfirmed = true;
        }
        Ok(())
    }
}

/// Reads a whole table of a version of the format.
pub(super) fn read(from: &mut Reader<'_>, version: u32) -> Result<Parts, Flaw> {
    let has_access = version > WITHOUT_ACCESS;
    let has_filters = version > WITHOUT_FILTERS;
    let entries = entries(from, has_access, has_filters)?;
    super::check::entries(&entries)?;
    let attributes = entries.attributes();
    let endpoints = EndpointIndex::new(entries.apps.len(), entries.storages.len());
    let variables: Vec<Option<u32>> = Part::read(from)?;
    super::check::variables(&variables)?;
    let groups = GroupVariables::of(attributes, variables);
    let devices = Part::read(from)?;
    let of_endpoints: [Vec<u32>; 2] = Part::read(from)?;
    of_endpoints.iter().try_for_each(|one| super::check::classes(one, endpoints.len()))?;
    let mut layout = Layout::read(from)?;
    let nodes = Part::read(from)?;
    let mut ir = Ir::read(from)?;
    let access = match has_access {
        true => Some(AccessParts { ir: Part::read(from)?, layout: Part::read(from)? }),
        false => None,
    };
    let assigned = if has_filters { Part::read(from)? } else { Vec::new() };
    if version > WITHOUT_UNCONFIRMED {
        Unconfirmed::read(from, &mut ir, &mut layout)?;
    }
    Ok(Parts {
        directory: Arc::new(Directory::of(entries).ok_or("a name or id is listed twice")?),
        groups,
        devices,
        endpoints,
        classes: of_endpoints.map(|of_endpoint| EndpointClasses::of(endpoints, of_endpoint)),
        layout,
        nodes,
        ir,
        access,
        assigned,
    })
}

// ---------------------------------------------------------------- names

impl Part for Texts {
    fn write(&self, out: &mut Vec<u8>) {
        super::codec::length(self.all().len()).write(out);
        out.extend_from_slice(self.all().as_bytes());
        out.resize(out.len().next_multiple_of(4), 0);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
        String::read(from).map(Self::of)
    }
}

/// Writes the names of a table.
fn names(entries: &Entries, has_access: bool, has_filters: bool, out: &mut Vec<u8>) {
    let Entries { texts, apps, storages, users, filters, policies, rules, access, ids, urls } =
        entries;
    texts.write(out);
    apps.write(out);
    storages.write(out);
    users.write(out);
    if has_filters {
        filters.write(out);
    }
    policies.write(out);
    rules.write(out);
    if has_access {
        access.write(out);
    }
    ids.write(out);
    urls.write(out);
}

/// Reads the names of a table.
fn entries(from: &mut Reader<'_>, has_access: bool, has_filters: bool) -> Result<Entries, Flaw> {
    Ok(Entries {
        texts: Part::read(from)?,
        apps: Part::read(from)?,
        storages: Part::read(from)?,
        users: Part::read(from)?,
        filters: if has_filters { Part::read(from)? } else { Vec::new() },
        policies: Part::read(from)?,
        rules: Part::read(from)?,
        access: if has_access { Part::read(from)? } else { Vec::new() },
        ids: Part::read(from)?,
        urls: Part::read(from)?,
    })
}

record! {
    Text { start: u32, length: u32 }
    AppEntry<Text> { name: Text, sdk: bool, platforms: Platforms }
    StorageEntry { name: Text, writable: bool }
    PolicyEntry<Text> { name: Text, file: Text, line: u32, otherwise: Effect, otherwise_line: u32 }
    RuleEntry<Text> {
        policy: PolicyId, effect: RuleEffect, text: Text, file: Text, line: u32, because: Option<Text>,
    }
    AccessEntry<Text> {
        policy: PolicyId, text: Text, file: Text, line: u32, because: Option<Text>,
    }
}

// ---------------------------------------------------------------- users and devices

part! {
    DeviceKinds { numbers, witnesses }
}

record! {
    DeviceKind { 0: u32 }
    Device { platform: Platform, state: DeviceState }
}

// ---------------------------------------------------------------- matrices

/// Everything but the ranks of words, which are counted again.
impl Part for Layout {
    fn write(&self, out: &mut Vec<u8>) {
        self.traits.write(out);
        self.bundles.write(out);
        self.yields_to.write(out);
        self.words.write(out);
        self.lists.write(out);
        self.sets_by_kind.write(out);
        self.sets.write(out);
        self.layers.write(out);
        self.matrices.write(out);
        self.cells.write(out);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
        Ok(Self {
            traits: Part::read(from)?,
            bundles: Part::read(from)?,
            yields_to: Part::read(from)?,
            words: Part::read(from)?,
            lists: Part::read(from)?,
            sets_by_kind: Part::read(from)?,
            sets: Part::read(from)?,
            layers: Part::read(from)?,
            matrices: Part::read(from)?,
            cells: Part::read(from)?,
            ranks: Vec::new(),
            seen: Vec::new(),
        })
    }
}

record! {
    Bundle {
        people: Cond, platforms: Platforms, devices: DeviceStates, otherwise: Effect,
        yields_to: Range32, words: u32, classes: Range32, protects: Range32,
        lines: [[u32; 3]; 2], line_counts: [u32; 2], sets: u32, layers: Range32,
    } else { unconfirmed: false }
    Layer { people: Cond, sets: u32 }
    Matrix { rows: u32, columns: u32, lines: [u32; 2], cells: u32, width: u32 }
    Node { variable: u32, low: NodeId, high: NodeId }
    Obligations { characters: Option<u32>, without_content: bool, tagged: bool }
}

// ---------------------------------------------------------------- policies and rules

part! {
    Ir {
        policies, rules, order, protected, yielded_to, rule_ids, apps, protection, examples, sets,
    }
    Sets { sets, members, terms, ranges }
}

record! {
    Range32 { start: u32, length: u32 }
    PolicyIr {
        people: Cond, platforms: Platforms, devices: DeviceStates, report_only: bool,
        otherwise: Effect, protects: Range32, yields_to: Range32, rules: Range32,
    } else { unconfirmed: false }
    RuleIr {
        policy: PolicyId, effect: RuleEffect, channels: Channels, platforms: Platforms,
        devices: DeviceStates, people: Cond, obligations: Obligations, app_wide: bool,
        sets: [Option<u32>; 2],
    }
    AppIr { sdk: bool, multi_identity: bool, on_premises: bool, platforms: Platforms }
    SetTerms { named: Range32, except: Range32 }
    ViewRange { first: u32, last: u32 }
}

// ---------------------------------------------------------------- accesses

part! {
    AccessIr { conditions, requirements, policies, texts, lists }
    AccessLayout { bundles, limits, needs }
}

record! {
    ConditionIr { statement: AccessId, limit: Limit }
    RequirementIr { statement: AccessId, need: Need }
    PolicyAccess { conditions: Range32, requirements: Range32 }
    BundleAccess { limits: Range32, needs: Range32 }
    Limit {
        platforms: Platforms, devices: DeviceStates, probe: Probe, action: Action, threshold: u128,
        names: Range32,
    }
    Need { platforms: Platforms, devices: DeviceStates, said: Requirements }
    Requirements {
        pin: Option<PinRequirement>, credentials: Option<CredentialsRequirement>,
        encryption: Option<EncryptionRequirement>,
    }
    PinRequirement {
        length: Option<u8>, kind: PinKind, simple_blocked: bool, reset_after: Option<u32>,
        wipe_after: Option<u32>, history: u8, expires_days: Option<u32>, biometrics: Biometrics,
        biometrics_override_minutes: Option<u32>, class_3: bool, asks_after_change: bool,
        recheck_minutes: Option<u32>, skips_with_device_pin: bool,
    }
    CredentialsRequirement { recheck_minutes: Option<u32> }
    EncryptionRequirement { class: Option<EncryptionClass> }
}
