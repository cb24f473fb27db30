//! The byte layout of a table's parts: their fields, in the order in which they are written.
//!
//! The one place that says how a table is laid out as bytes; `docs/format.md` says it in words. A
//! change here is a new version of the format.

use std::sync::Arc;

use super::codec::{Flaw, Part, Reader, Record, part, record};
use crate::dd::{Cond, Node, NodeId};
use crate::decision::{Decision, Verdict};
use crate::model::{
    AppEntry, Directory, Entries, PolicyEntry, PolicyId, RuleEntry, StorageEntry, Text, Texts,
};
use crate::table::decisions::Outcome;
use crate::table::ir::{
    AppIr, Device, DeviceKind, DeviceKinds, EndpointClasses, EndpointIndex, GroupVariables, Ir,
    PolicyIr, Range32, RuleIr, SetTerms, Sets, ViewRange,
};
use crate::table::runtime::{ClassFacts, Layout, MatrixAt, TableData, next_stamp};
use crate::vocabulary::{
    Channels, DeviceState, DeviceStates, Effect, Obligations, Platform, Platforms, Reason,
    RuleEffect,
};

/// A whole table.
impl Part for TableData {
    fn write(&self, out: &mut Vec<u8>) {
        self.directory.entries().write(out);
        self.groups.write(out);
        self.devices.write(out);
        self.classes.iter().for_each(|classes| classes.of_endpoint.write(out));
        self.facts_at.write(out);
        self.facts.write(out);
        self.layout.write(out);
        self.nodes.write(out);
        self.decisions.write(out);
        self.ir.write(out);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
        let entries = Entries::read(from)?;
        super::check::entries(&entries)?;
        let endpoints = EndpointIndex::new(entries.apps.len(), entries.storages.len());
        let groups = Part::read(from)?;
        let devices = Part::read(from)?;
        let of_endpoints: [Vec<u32>; 2] = Part::read(from)?;
        of_endpoints.iter().try_for_each(|one| super::check::classes(one, endpoints.len()))?;
        let facts_at = Part::read(from)?;
        let facts = Part::read(from)?;
        let layout = Part::read(from)?;
        let nodes = Part::read(from)?;
        let decisions = Part::read(from)?;
        let ir = Ir::read(from)?;
        Ok(Self {
            stamp: next_stamp(),
            directory: Arc::new(Directory::of(entries).ok_or("a name or id is listed twice")?),
            groups,
            devices,
            endpoints,
            classes: of_endpoints.map(|of_endpoint| EndpointClasses::of(endpoints, of_endpoint)),
            facts_at,
            facts,
            layout,
            nodes,
            decisions,
            character_limits: ir.character_limits(),
            ir,
        })
    }
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

part! {
    Entries { texts, apps, storages, users, policies, rules, ids, urls }
}

record! {
    Text { start: u32, length: u32 }
    AppEntry<Text> { name: Text, sdk: bool, platforms: Platforms }
    StorageEntry { name: Text, writable: bool }
    PolicyEntry<Text> { name: Text, file: Text, line: u32, otherwise: Effect, otherwise_line: u32 }
    RuleEntry<Text> {
        policy: PolicyId, effect: RuleEffect, text: Text, file: Text, line: u32, because: Option<Text>,
    }
}

// ---------------------------------------------------------------- users and devices

/// By group: its variable.
impl Part for GroupVariables {
    fn write(&self, out: &mut Vec<u8>) {
        self.variables().to_vec().write(out);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
        let variables: Vec<Option<u32>> = Part::read(from)?;
        super::check::variables(&variables)?;
        Ok(Self::of(variables))
    }
}

part! {
    DeviceKinds { numbers, witnesses }
}

record! {
    DeviceKind { 0: u32 }
    Device { platform: Platform, state: DeviceState }
}

// ---------------------------------------------------------------- matrices

part! {
    Layout { matrices, lines, cells }
}

record! {
    ClassFacts { managed: Cond, reason: Outcome }
    MatrixAt { rows: u32, columns: u32, cells: u32, width: u32 }
    Node { variable: u32, low: NodeId, high: NodeId }
    Decision { verdict: Verdict, reason: Option<Reason> }
    Verdict { effect: Effect, obligations: Obligations }
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
    }
    RuleIr {
        policy: PolicyId, effect: RuleEffect, channels: Channels, platforms: Platforms,
        devices: DeviceStates, people: Cond, obligations: Obligations, app_wide: bool,
        sets: [Option<u32>; 2],
    }
    AppIr { sdk: bool, multi_identity: bool, on_premises: bool, platforms: Platforms }
    SetTerms { named: Range32, except: Range32 }
    ViewRange { first: u32, last: u32 }
}
