//! What the parts of a table are made of, field by field, in the order in which they are written.
//!
//! The one place that says how a table is laid out as bytes; `docs/format.md` says it in words. A
//! change here is a new version of the format.

use std::sync::Arc;

use super::codec::{Flaw, Part, Reader, Record, part, record};
use crate::decision::{Decision, Verdict};
use crate::diagram::{Diagram, Node};
use crate::model::{
    AppEntry, Directory, Entries, PolicyEntry, PolicyId, RuleEntry, StorageEntry, Text, Texts,
};
use crate::table::classes::{Classes, Points};
use crate::table::devices::{Device, DeviceKind, Devices};
use crate::table::groups::Groups;
use crate::table::rulebook::{Head, Line, Rulebook, Stretch, Traits};
use crate::table::sets::{Run, SetAt, Sets};
use crate::table::{Aspect, Cells, Inner, PlaneAt, next_stamp};
use crate::vocabulary::{
    Channels, DeviceState, DeviceStates, Effect, Obligations, Platform, Platforms, Reason,
    RuleEffect,
};

/// A whole table.
impl Part for Inner {
    fn write(&self, out: &mut Vec<u8>) {
        self.directory.entries().write(out);
        self.groups.write(out);
        self.devices.write(out);
        self.classes.iter().for_each(|classes| classes.of_point.write(out));
        self.aspects_at.write(out);
        self.aspects.write(out);
        self.cells.write(out);
        self.nodes.write(out);
        self.decisions.write(out);
        self.book.write(out);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
        let entries = Entries::read(from)?;
        super::check::entries(&entries)?;
        let points = Points::new(entries.apps.len(), entries.storages.len());
        let groups = Part::read(from)?;
        let devices = Part::read(from)?;
        let of_points: [Vec<u32>; 2] = Part::read(from)?;
        of_points.iter().try_for_each(|one| super::check::classes(one, points.len()))?;
        let aspects_at = Part::read(from)?;
        let aspects = Part::read(from)?;
        let cells = Part::read(from)?;
        let nodes = Part::read(from)?;
        let decisions = Part::read(from)?;
        let book = Rulebook::read(from)?;
        Ok(Self {
            stamp: next_stamp(),
            directory: Arc::new(Directory::of(entries)),
            groups,
            devices,
            points,
            classes: of_points.map(|of_point| Classes::of(points, of_point)),
            aspects_at,
            aspects,
            cells,
            nodes,
            decisions,
            limits: book.limits(),
            book,
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

/// By group: the number of its question.
impl Part for Groups {
    fn write(&self, out: &mut Vec<u8>) {
        self.questions().to_vec().write(out);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
        let questions: Vec<Option<u32>> = Part::read(from)?;
        super::check::questions(&questions)?;
        Ok(Self::of(questions))
    }
}

part! {
    Devices { numbers, witnesses }
}

record! {
    DeviceKind { 0: u32 }
    Device { platform: Platform, state: DeviceState }
}

// ---------------------------------------------------------------- cells

part! {
    Cells { planes, maps, cells }
}

record! {
    Aspect { managed: Diagram, reason: Diagram }
    PlaneAt { rows: u32, columns: u32, cells: u32, width: u32 }
    Node { question: u32, no: Diagram, yes: Diagram }
    Decision { verdict: Verdict, reason: Option<Reason> }
    Verdict { effect: Effect, obligations: Obligations }
    Obligations { characters: Option<u32>, without_content: bool, tagged: bool }
}

// ---------------------------------------------------------------- policies and rules

part! {
    Rulebook { heads, lines, order, protected, above, rules, apps, protection, examples, sets }
    Sets { sets, members, terms, runs }
}

record! {
    Stretch { start: u32, length: u32 }
    Head {
        people: Diagram, platforms: Platforms, devices: DeviceStates, reports: bool, otherwise: Effect,
        protected: Stretch, above: Stretch, rules: Stretch,
    }
    Line {
        policy: PolicyId, effect: RuleEffect, channels: Channels, platforms: Platforms,
        devices: DeviceStates, people: Diagram, obligations: Obligations, app_wide: bool,
        sets: [Option<u32>; 2],
    }
    Traits { sdk: bool, multi_identity: bool, on_premises: bool, platforms: Platforms }
    SetAt { named: Stretch, except: Stretch }
    Run { first: u32, last: u32 }
}
