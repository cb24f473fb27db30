//! Pictures as plain data: contexts, classes of endpoints, and cells.

use serde::Serialize;

use crate::analysis::ask::matrix::Cell;
use crate::decision::RuleAnswer;
use crate::vocabulary::{Account, Channel, Platform};

/// The movements of a scope, in contexts that are decided differently.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Picture {
    /// The contexts. The one in which most is blocked comes first; those without a policy come last.
    pub contexts: Vec<PictureContext>,
    /// The rules and defaults that decide, in the order of the set. Cells name them by position.
    pub rules: Vec<RuleAnswer>,
    /// The groups that the files of the set declare, each with the names of its apps.
    pub groups: Vec<PictureGroup>,
}

/// People on devices for whom every movement of the scope is decided alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PictureContext {
    /// The people and devices. Together they are the context.
    pub places: Vec<PicturePlace>,
    /// The live policies that apply to some of the apps for some of the people.
    pub policies: Vec<String>,
    /// The endpoints of the scope that exist here. Each is in one class.
    pub classes: Vec<PictureClass>,
    /// The movements: there is a cell where data can move from some member of a class to some member of one.
    pub cells: Vec<PictureCell>,
    /// What report-only policies would change, each if it were live.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub would_be: Vec<WouldBe>,
}

/// What a report-only policy would change in a context if it were live.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WouldBe {
    /// The policy.
    pub policy: String,
    /// Whether it would for all people and devices of the context, and not for some of them.
    pub whole: bool,
    /// The endpoints, in classes that it treats alike.
    pub classes: Vec<PictureClass>,
    /// The movements between these classes on channels on which it would change some.
    pub cells: Vec<WouldBeCell>,
}

/// What a report-only policy would change between two classes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WouldBeCell {
    /// The channel.
    pub channel: Channel,
    /// The class of the sources, by position.
    pub source: usize,
    /// The class of the targets, by position.
    pub target: usize,
    /// The decision; null where the policy would change nothing.
    pub decided: Option<Cell>,
    /// The decision if the policy were live; null likewise.
    pub would_be: Option<Cell>,
}

/// People on devices, as the clauses of a scope. A clause that is not needed is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PicturePlace {
    /// The people: `for staff except contractors`.
    pub people: String,
    /// The platforms: `on ios`.
    pub platforms: String,
    /// The same, one by one.
    #[serde(skip)]
    pub on: Vec<Platform>,
    /// The device management states: `devices unmanaged`.
    pub devices: String,
}

/// The relation of an endpoint to the company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Station {
    /// An app that a policy protects. Where none applies: the work account of an app that one could protect.
    CompanyApps,
    /// A storage of the company.
    CompanyStorage,
    /// Another account in an app that counts as the company's.
    OtherAccounts,
    /// Any other app.
    OtherApps,
    /// A personal storage.
    PersonalStorage,
    /// A place of the device.
    Device,
}

impl Station {
    /// Every station, in the order of output.
    pub const ALL: &'static [Self] = &[
        Self::CompanyApps,
        Self::CompanyStorage,
        Self::OtherAccounts,
        Self::OtherApps,
        Self::PersonalStorage,
        Self::Device,
    ];

    /// Whether it belongs to the company.
    #[must_use]
    pub const fn is_company(self) -> bool {
        matches!(self, Self::CompanyApps | Self::CompanyStorage)
    }
}

/// Endpoints that no movement of the scope tells apart: on each channel and side they are decided alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PictureClass {
    /// The relation of the endpoints to the company.
    pub station: Station,
    /// Whether a policy applies to them.
    pub managed: bool,
    /// The endpoints as sets of the language. Together they are the class.
    pub sets: Vec<String>,
    /// The endpoints one by one: those first that the files of the set name.
    pub members: Vec<PictureMember>,
}

/// An endpoint of a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PictureMember {
    /// The name; of an app that is known by an id alone, the id.
    pub name: String,
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The account, if it is an app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// Whether the device's MDM installed the app, where that makes a difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployed: Option<bool>,
    /// Whether it stands for everything that nothing names.
    pub unlisted: bool,
    /// Whether the files of the set name it.
    pub named: bool,
}

/// The decision about every movement from one class to another on a channel.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PictureCell {
    /// The channel.
    pub channel: Channel,
    /// The class of the sources, by position.
    pub source: usize,
    /// The class of the targets, by position.
    pub target: usize,
    /// The decision.
    #[serde(flatten)]
    pub cell: Cell,
    /// The rules and defaults that determine the decision about some of the movements, by position.
    pub by: Vec<usize>,
}

/// A group of apps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PictureGroup {
    /// Its name.
    pub name: String,
    /// The names of its apps.
    pub apps: Vec<String>,
}
