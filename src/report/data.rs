//! Views of a policy set as plain data.
//!
//! Lists that repeat are pools: rules, classes of endpoints, decisions and lines of a matrix stand once, and are named
//! by position. A part whose analysis meets a limit has that limit in its place.

use serde::{Serialize, Serializer};

use crate::analysis::{
    AccessChange, AccessExpectationResult, AccessPart, Cell, Change, ChangePicture, Coverage,
    ExpectationResult, LeftOut, Paths, RequirementChange, StatementChange, Station, WouldChange,
};
use crate::compiler::Checked;
use crate::decision::RuleAnswer;
use crate::diagnostic::Severity;
use crate::limits::LimitExceeded;
use crate::vocabulary::{Account, Channel, Platform};

/// The work on a report, as far as it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The part that is worked on.
    pub part: &'static str,
    /// How many steps of it are done.
    pub done: usize,
    /// How many steps it has.
    pub all: usize,
}

/// A policy set with the names of its files.
#[derive(Debug, Clone, Copy)]
pub struct Set<'a> {
    /// The set.
    pub checked: &'a Checked,
    /// The names of the files that were given.
    pub files: &'a [String],
}

/// All that a report tells of a policy set.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Views {
    /// The name of the set: that of its tenant, or else of its first file.
    pub title: String,
    /// The files that were named.
    pub files: Vec<String>,
    /// The movements that were asked about; `None` for all.
    pub scope: Option<String>,
    /// Numbers and names that the other views come to.
    pub summary: Summary,
    /// The differences from another set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Section<Changes>>,
    /// The decisions on movements, context by context.
    pub movements: Section<Movements>,
    /// The paths of company data to where it should not be.
    pub paths: Section<Paths>,
    /// The expectations with their results.
    pub expectations: Expectations,
    /// The policies that only report.
    pub report_only: Vec<ReportOnlyView>,
    /// The coverage of rules by expectations.
    pub coverage: Section<Coverage>,
    /// Warnings and advice.
    pub findings: Section<Findings>,
    /// The parts that are left out, each with the reason.
    pub left_out: Vec<LeftOut>,
}

/// A part of a report: what was found, or the limit that its analysis met.
#[derive(Debug, Clone, PartialEq)]
pub enum Section<T> {
    /// All of it.
    Whole(T),
    /// Nothing: a limit was met.
    Limit(LimitExceeded),
}

impl<T> Section<T> {
    /// What was found, if no limit was met.
    #[must_use]
    pub fn whole(&self) -> Option<&T> {
        match self {
            Self::Whole(found) => Some(found),
            Self::Limit(_) => None,
        }
    }

    /// The limit that was met.
    #[must_use]
    pub fn limit(&self) -> Option<LimitExceeded> {
        match self {
            Self::Whole(_) => None,
            Self::Limit(limit) => Some(*limit),
        }
    }
}

impl<T> From<Result<T, LimitExceeded>> for Section<T> {
    fn from(found: Result<T, LimitExceeded>) -> Self {
        match found {
            Ok(found) => Self::Whole(found),
            Err(limit) => Self::Limit(limit),
        }
    }
}

impl<T: Serialize> Serialize for Section<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Met {
            limit: LimitExceeded,
        }
        match self {
            Self::Whole(found) => found.serialize(serializer),
            Self::Limit(limit) => Met { limit: *limit }.serialize(serializer),
        }
    }
}

/// Numbers and names of a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// The policies.
    pub policies: usize,
    /// How many of them only report.
    pub report_only: usize,
    /// The rules.
    pub rules: usize,
    /// The launch conditions and requirements.
    pub access_statements: usize,
    /// The groups of people.
    pub groups: usize,
    /// By platform: how many apps some policy protects.
    pub apps: Vec<PlatformApps>,
    /// The levels of Microsoft's data protection framework that are reached where policies apply.
    pub levels: Vec<PlatformLevels>,
    /// The contexts in which no policy applies, as clauses of scopes.
    pub free: Vec<String>,
    /// The company storages to which something may be saved somewhere, by title.
    pub storages: Vec<String>,
}

/// The apps that are protected on a platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlatformApps {
    /// The platform.
    pub platform: Platform,
    /// How many apps some policy protects there.
    pub apps: usize,
}

/// The levels that are reached on a platform: from the lowest kind of people and devices to the highest one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlatformLevels {
    /// The platform.
    pub platform: Platform,
    /// The lowest level; 0 for none.
    pub lowest: u8,
    /// The highest level.
    pub highest: u8,
}

/// The differences between two sets.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Changes {
    /// The files of the other set.
    pub against: Vec<String>,
    /// The movements that are decided differently.
    pub changes: Vec<Change>,
    /// The accesses with different effects.
    pub accesses: Vec<AccessChange>,
    /// The accesses with different requirements.
    pub requirements: Vec<RequirementChange>,
    /// The statements that decide nothing and differ.
    pub statements: Vec<StatementChange>,
    /// The movements as a picture, of the people and devices of the report's scope.
    pub picture: Section<ChangePicture>,
}

/// A policy that only reports.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReportOnlyView {
    /// Its name.
    pub policy: String,
    /// Its title.
    pub title: Option<String>,
    /// What would be decided differently if it were live.
    pub would_change: Section<WouldChange>,
}

/// The expectations of a set.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Expectations {
    /// Those about movements.
    pub movements: Vec<ExpectationResult>,
    /// Those about accesses.
    pub accesses: Vec<AccessExpectationResult>,
    /// How many hold.
    pub hold: usize,
    /// How many do not, or speak of nothing.
    pub fail: usize,
    /// How many met a limit.
    pub limit: usize,
}

/// Warnings and advice about a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Findings {
    /// The diagnostics, as found.
    pub list: Vec<Finding>,
    /// How many are warnings.
    pub warnings: usize,
    /// How many are advice.
    pub advice: usize,
    /// How many more there are.
    pub not_shown: usize,
}

/// A diagnostic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The stable code.
    pub code: &'static str,
    /// The severity.
    pub severity: Severity,
    /// The message.
    pub message: String,
    /// The place, as `file:line:column`.
    pub place: Option<String>,
    /// The remarks on places: each with the place.
    pub labels: Vec<(String, String)>,
    /// What to do.
    pub help: Option<String>,
}

// ---------------------------------------------------------------- movements

/// The decisions on movements, with the pools that they share.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Movements {
    /// The columns of matrices.
    pub columns: Vec<Column>,
    /// The contexts, the strictest first.
    pub contexts: Vec<ContextView>,
    /// The classes of endpoints.
    pub classes: Vec<ClassView>,
    /// The endpoints.
    pub endpoints: Vec<EndpointView>,
    /// Lines of matrices: columns, each with its decision.
    pub lines: Vec<Vec<(usize, usize)>>,
    /// The decisions.
    pub decisions: Vec<DecisionView>,
    /// The rules and defaults that decide.
    pub rules: Vec<RuleAnswer>,
    /// The policies that do not apply somewhere.
    pub policies: Vec<PolicyView>,
    /// Sentences on why policies do not apply, and what would change that.
    pub sentences: Vec<String>,
}

/// A column of matrices: a channel, out of the subject of the row or into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Column {
    /// The channel.
    pub channel: Channel,
    /// Whether data comes in.
    pub incoming: bool,
}

/// People on devices for whom every movement is decided alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ContextView {
    /// The people and devices. Together they are the context.
    pub places: Vec<PlaceView>,
    /// The live policies that apply.
    pub policies: Vec<String>,
    /// The classes of endpoints.
    pub classes: Vec<usize>,
    /// The rows of the matrix; none where no policy applies.
    pub rows: Vec<MatrixRow>,
    /// The drawings of work and of personal accounts, as elements.
    #[serde(skip)]
    pub drawings: [Option<String>; 2],
}

/// A row of the matrix: `[subject, other, line]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MatrixRow {
    /// The class of apps that data leaves or enters, by position in the context.
    pub subject: usize,
    /// The class at the other side, by position in the context.
    pub other: usize,
    /// The line of decisions.
    pub line: usize,
}

impl Serialize for MatrixRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.subject, self.other, self.line).serialize(serializer)
    }
}

/// People on devices.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PlaceView {
    /// The people, as a clause of a scope.
    pub people: String,
    /// The platforms, as a clause.
    pub platforms: String,
    /// The device states, as a clause.
    pub devices: String,
    /// The platforms, one by one.
    pub on: Vec<Platform>,
    /// The people in words.
    pub who: String,
    /// The devices in words.
    pub device: String,
    /// What holds in the apps, kind by kind.
    pub kinds: Section<Vec<KindView>>,
    /// Who may open the apps, and what is required.
    pub access: Section<Vec<AccessPart>>,
}

impl PlaceView {
    /// The clauses of the place: `for staff on ios devices unmanaged`.
    #[must_use]
    pub fn clauses(&self) -> String {
        let clauses = [&self.people, &self.platforms, &self.devices];
        let clauses: Vec<&str> =
            clauses.into_iter().map(String::as_str).filter(|one| !one.is_empty()).collect();
        clauses.join(" ")
    }
}

/// Apps in which the same policies apply.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct KindView {
    /// The apps, accounts, people and devices.
    pub scopes: Vec<String>,
    /// The policies that apply.
    pub applies: Vec<usize>,
    /// The policies that do not.
    pub others: Vec<UnappliedView>,
    /// The levels of Microsoft's data protection framework that are reached.
    pub levels: Vec<LevelView>,
}

/// A policy that does not apply, with the tests that fail: `[policy, [[why, change, [scope...]]...]]`.
pub type UnappliedView = (usize, Vec<(usize, usize, Vec<usize>)>);

/// A level that is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LevelView {
    /// The platform.
    pub platform: Platform,
    /// The level; 0 for none.
    pub reached: u8,
    /// What the next level asks for, as sentences.
    pub missing: Vec<usize>,
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct PolicyView {
    /// Its name.
    pub policy: String,
    /// Its title.
    pub title: Option<String>,
    /// The file that declares it.
    pub file: String,
    /// The line of its name.
    pub line: u32,
}

/// Endpoints that no movement tells apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct ClassView {
    /// The relation of the endpoints to the company.
    pub station: Station,
    /// The class in a few words.
    pub name: String,
    /// The endpoints as sets of the language. Together they are the class.
    pub sets: Vec<String>,
    /// The endpoints, by account.
    pub members: Vec<MembersView>,
}

/// Members of a class.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct MembersView {
    /// The account, of apps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// Whether the device's management installed them, where that makes a difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployed: Option<bool>,
    /// The endpoints.
    pub endpoints: Vec<usize>,
}

/// An app, storage or place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct EndpointView {
    /// Its name.
    pub name: String,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// A decision with the rules that determine it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DecisionView {
    /// The decision.
    #[serde(flatten)]
    pub cell: Cell,
    /// The rules and defaults that determine the decision on some of the movements.
    pub by: Vec<usize>,
}
