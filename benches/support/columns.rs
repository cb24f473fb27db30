//! Batches of movements about an organisation, in columns.

use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, Int32Builder, ListBuilder, StringBuilder, StringDictionaryBuilder,
    StringViewBuilder,
};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch};

use super::{Random, USERS};

/// How texts are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Dictionary,
    Plain,
    View,
}

impl Encoding {
    pub const ALL: &'static [Self] = &[Self::Dictionary, Self::Plain, Self::View];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Dictionary => "dictionaries",
            Self::Plain => "plain text",
            Self::View => "views",
        }
    }

    fn column<'t>(self, texts: impl Iterator<Item = Option<&'t str>>) -> ArrayRef {
        match self {
            Self::Dictionary => {
                let mut builder = StringDictionaryBuilder::<Int32Type>::new();
                texts.for_each(|text| builder.append_option(text));
                Arc::new(builder.finish())
            }
            Self::Plain => {
                let mut builder = StringBuilder::new();
                texts.for_each(|text| builder.append_option(text));
                Arc::new(builder.finish())
            }
            Self::View => {
                let mut builder = StringViewBuilder::new();
                texts.for_each(|text| builder.append_option(text));
                Arc::new(builder.finish())
            }
        }
    }

    fn lists<'t>(self, lists: impl Iterator<Item = Vec<&'t str>>) -> ArrayRef {
        fn of<'t, B: ArrayBuilder>(
            names: B,
            lists: impl Iterator<Item = Vec<&'t str>>,
            append: impl Fn(&mut B, &str),
        ) -> ArrayRef {
            let mut builder = ListBuilder::new(names);
            for list in lists {
                list.iter().for_each(|name| append(builder.values(), name));
                builder.append(true);
            }
            Arc::new(builder.finish())
        }
        match self {
            Self::Dictionary => {
                of(StringDictionaryBuilder::<Int32Type>::new(), lists, |to, name| {
                    to.append_value(name);
                })
            }
            Self::Plain => of(StringBuilder::new(), lists, |to, name| to.append_value(name)),
            Self::View => of(StringViewBuilder::new(), lists, |to, name| to.append_value(name)),
        }
    }
}

/// Number of distinct apps in a batch: the declared ones, and others by their ids.
const APPS: usize = 10_000;

const CHANNELS: [&str; 6] = ["share", "copy", "copy", "link", "type", "call"];
const STATES: [&str; 3] = ["unmanaged", "unmanaged", "intune"];

/// Movements of random users between random apps on both platforms.
pub fn batch(rows: usize, encoding: Encoding) -> RecordBatch {
    let mut random = Random::new(20);
    let platforms = ["ios", "android"];
    let names: Vec<String> = (0..2 * APPS)
        .map(|app| format!("{}:com.example.a{}", platforms[app % 2], app / 2))
        .collect();
    struct Row<'n> {
        source: &'n str,
        target: &'n str,
        platform: usize,
        draws: [usize; 6],
    }
    let rows: Vec<Row<'_>> = (0..rows)
        .map(|_| {
            let platform = random.below(2);
            let mut app = |bound: usize| names[2 * random.below(bound) + platform].as_str();
            // Most sources are declared apps, most targets are not.
            let (source, target) = (app(400), app(APPS));
            let draws = [6, 3, 4, 4, 3, 200].map(|bound| random.below(bound));
            Row { source, target, platform, draws }
        })
        .collect();
    let words =
        |of: &dyn Fn(&Row<'_>) -> Option<&'static str>| encoding.column(rows.iter().map(of));
    let mut characters = Int32Builder::new();
    for row in &rows {
        let is_copy = CHANNELS[row.draws[0]] == "copy";
        characters.append_option((is_copy && row.draws[4] == 0).then_some(row.draws[5] as i32));
    }
    let groups = rows.iter().map(|row| {
        let mut groups = vec![USERS[row.draws[2]]];
        groups.extend((row.draws[3] == 0).then_some("elsewhere"));
        groups
    });
    let accounts = ["work", "personal", "work"];
    RecordBatch::try_from_iter([
        ("channel", words(&|row| Some(CHANNELS[row.draws[0]]))),
        ("source", encoding.column(rows.iter().map(|row| Some(row.source)))),
        ("source_account", words(&|row| Some(accounts[row.draws[4]]))),
        ("target", encoding.column(rows.iter().map(|row| Some(row.target)))),
        ("target_account", words(&|row| (row.draws[4] > 0).then_some("work"))),
        ("groups", encoding.lists(groups)),
        ("platform", words(&|row| Some(["ios", "android"][row.platform]))),
        ("management", words(&|row| Some(STATES[row.draws[1]]))),
        ("characters", Arc::new(characters.finish()) as ArrayRef),
    ])
    .expect("the columns are of one length")
}
