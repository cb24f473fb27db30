//! The shapes of rows: everything in a row of movements that comes from a closed vocabulary, as one number.
//!
//! Takes in columns of words and flags, gives out a number for each row and what the number stands for: rows of
//! one shape differ in names, groups, filters and numbers of characters only.

#![allow(
    clippy::indexing_slicing,
    reason = "digits are made for all numbers of a column, and codes are below the product of all bases"
)]

use super::requests::{Ends, Movements};
use super::words::{Flags, Value, Word, Words};
use crate::vocabulary::{Account, Channel, DeviceState, Kind, Platform};

/// A device: its platform and its management state.
pub(super) type Device = (Platform, DeviceState);

/// Number of devices: each has an index below.
pub(super) const DEVICES: usize = Platform::ALL.len() * DeviceState::ALL.len();

/// The index of a device.
#[inline(always)]
pub(super) fn index_of((platform, state): Device) -> usize {
    platform.index() * DeviceState::ALL.len() + state.index()
}

/// What all rows of a shape have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) channel: Channel,
    pub(super) device: Device,
    /// By side: the list of names that are resolved alike.
    pub(super) lists: [u32; 2],
}

/// Channels on which names are resolved alike: those of apps, those of storages, and each one with places.
const LANES: usize = 2 + Channel::ALL.len();

/// Accounts, with none; and flags, with none.
const ACCOUNTS: usize = 1 + Account::ALL.len();
const FLAGS: usize = 3;

/// Number of lists of names on one side: each has an index below.
pub(super) const LISTS: usize = LANES * ACCOUNTS * FLAGS * DEVICES;

/// The shapes of rows.
#[derive(Debug)]
pub(super) struct Shapes {
    /// By row: the number of its shape.
    numbers: Vec<u32>,
    /// By number: the shape; `None` if the rows have a word that is unknown or missing.
    shapes: Vec<Option<Shape>>,
}

impl Shapes {
    pub(super) fn new(columns: &Movements<'_>) -> Self {
        let mut codes = Codes { rows: vec![0; columns.rows], base: 1 };
        codes.add_words(&columns.channel);
        codes.add_words(&columns.users.platform);
        codes.add_words(&columns.users.management);
        for ends in [&columns.source, &columns.target] {
            codes.add_words(&ends.account);
            codes.add_flags(&ends.deployed);
        }
        let mut known = vec![0; codes.base as usize];
        let mut shapes = Vec::new();
        let mut numbers = codes.rows;
        for (row, number) in numbers.iter_mut().enumerate() {
            let shape = &mut known[*number as usize];
            if *shape == 0 {
                shapes.push(Shape::of(columns, row));
                // There are no more shapes than codes.
                *shape = shapes.len() as u32;
            }
            *number = *shape - 1;
        }
        Self { numbers, shapes }
    }

    /// The shape of a row, if all of its words are known.
    #[inline(always)]
    pub(super) fn of(&self, row: usize) -> Option<Shape> {
        self.shapes[self.numbers[row] as usize]
    }
}

impl Shape {
    fn of(columns: &Movements<'_>, row: usize) -> Option<Self> {
        let Value::Known(channel) = columns.channel.value(row) else { return None };
        let Value::Known(platform) = columns.users.platform.value(row) else { return None };
        let Value::Known(state) = columns.users.management.value(row) else { return None };
        let device = (platform, state);
        let source = list(&columns.source, channel.source_kind(), (channel, device), row)?;
        let target = list(&columns.target, channel.target_kind(), (channel, device), row)?;
        Some(Self { channel, device, lists: [source, target] })
    }
}

/// The list of names in which a row has its endpoint on a side.
fn list(
    ends: &Ends<'_>,
    kind: Kind,
    (channel, device): (Channel, Device),
    row: usize,
) -> Option<u32> {
    let account = match ends.account.value(row) {
        Value::Null => 0,
        Value::Known(account) => 1 + account.index(),
        Value::Unknown => return None,
    };
    let lane = match kind {
        Kind::App => 0,
        Kind::Storage => 1,
        Kind::Place => 2 + channel.index(),
    };
    // Only what a device's MDM installs depends on more than the platform.
    let device = match ends.deployed.get(row) {
        Some(true) => index_of(device),
        _ => index_of((device.0, DeviceState::Unmanaged)),
    };
    let deployed = ends.deployed.number(row) as usize;
    u32::try_from(((lane * ACCOUNTS + account) * FLAGS + deployed) * DEVICES + device).ok()
}

/// A number for each row that is made of the digits of columns.
struct Codes {
    rows: Vec<u32>,
    /// The product of the bases of all digits: codes are below.
    base: u32,
}

impl Codes {
    /// Adds the digit of a column of words, unless all of them are null. All bases together have a product of
    /// less than a million.
    fn add_words<T: Word>(&mut self, words: &Words<'_, T>) {
        let digits: Vec<u32> = words.digits().map(|digit| digit * self.base).collect();
        if words.numbers().is_empty() {
            return;
        }
        for (code, number) in self.rows.iter_mut().zip(words.numbers()) {
            *code += digits[*number as usize];
        }
        self.base *= T::WORDS.len() as u32 + 2;
    }

    fn add_flags(&mut self, flags: &Flags<'_>) {
        if flags.is_null() {
            return;
        }
        for (row, code) in self.rows.iter_mut().enumerate() {
            *code += flags.number(row) * self.base;
        }
        self.base *= FLAGS as u32;
    }
}
