//! Codes and severities of diagnostics.
//!
//! Gives out, for each kind of diagnostic, its stable code, its severity and its explanation, the
//! section of that name in `docs/diagnostics.md`; a test compares the two lists. Does not know
//! messages and places.

use std::fmt;

/// The severity of a diagnostic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// A mistake: the policy set cannot be compiled.
    Error,
    /// A part of the policy set has no effect, or another one than it seems to have.
    Warning,
    /// A hint; nothing is wrong.
    Advice,
}

impl Severity {
    /// The lower-case word of the severity, as output shows it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Advice => "advice",
        }
    }
}

macro_rules! codes {
    ($( $(#[$meta:meta])* $variant:ident = $code:literal $severity:ident, )*) => {
        /// The stable code of a kind of diagnostic.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code { $( $(#[$meta])* $variant, )* }

        impl Code {
            /// Every code, grouped by layer.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The code as output shows it: `mam::layer::name`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $code, )* }
            }

            /// The usual severity of such a diagnostic.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $( Self::$variant => Severity::$severity, )* }
            }
        }
    };
}

codes! {
    /// The file is larger than the limit.
    FileSize = "mam::limit::file-size" Error,
    /// A statement is larger than the limit.
    StatementSize = "mam::limit::statement-size" Error,
    /// The policy set has more files than the limit.
    FileCount = "mam::limit::files" Error,
    /// A name or string is longer than the limit.
    NameLength = "mam::limit::name-length" Error,
    /// Brackets are nested deeper than the limit.
    Nesting = "mam::limit::nesting" Error,
    /// The policy set has more declarations than the limit.
    DeclarationCount = "mam::limit::declarations" Error,
    /// The policies have more statements than the limit.
    StatementCount = "mam::limit::statements" Error,
    /// The policies distinguish more groups of people than the limit.
    UserGroupCount = "mam::limit::user-groups" Error,
    /// The decision diagrams need more nodes than the limit.
    NodeCount = "mam::limit::nodes" Error,
    /// The decision table needs more cells than the limit.
    CellCount = "mam::limit::cells" Error,
    /// A question takes more steps than the limit.
    StepCount = "mam::limit::steps" Error,
    /// More kinds of users that a scope leaves open than the limit.
    UserKindCount = "mam::limit::user-kinds" Error,
    /// More `for` clauses in one part of an answer than the limit.
    UserClauseCount = "mam::limit::user-clauses" Error,
    /// More members of a part of a table than 32 bits can number.
    IndexCount = "mam::limit::indices" Error,

    /// A token that the grammar does not accept in its place.
    Unexpected = "mam::syntax::unexpected" Error,
    /// A word of another language, or a misspelt one.
    NearMiss = "mam::syntax::near-miss" Error,
    /// A reserved word in the place of a name.
    ReservedWord = "mam::syntax::reserved-word" Error,
    /// A brace or bracket that is never closed.
    UnclosedBrace = "mam::syntax::unclosed-brace" Error,
    /// A brace or bracket that closes nothing.
    StrayBrace = "mam::syntax::stray-brace" Error,
    /// A string without a closing quote on its line.
    UnclosedString = "mam::syntax::unclosed-string" Error,
    /// An unknown escape in a string.
    BadEscape = "mam::syntax::bad-escape" Error,
    /// A character that the language does not use.
    BadCharacter = "mam::syntax::bad-character" Error,
    /// A character in a string or comment that is not seen, or changes how others are shown.
    HiddenCharacter = "mam::syntax::hidden-character" Warning,
    /// A number that is too large.
    NumberRange = "mam::syntax::number-range" Error,
    /// A clause that occurs twice.
    DuplicateClause = "mam::syntax::duplicate-clause" Error,
    /// A statement or declaration in the wrong place.
    Misplaced = "mam::syntax::misplaced" Error,
    /// Documentation without a declaration or statement below it.
    MisplacedDoc = "mam::syntax::misplaced-doc" Error,
    /// A file without language version.
    MissingVersion = "mam::syntax::missing-version" Error,
    /// A file in a newer version of the language.
    NewerVersion = "mam::syntax::newer-version" Error,
    /// A key that occurs twice in a JSON object.
    DuplicateKey = "mam::syntax::duplicate-key" Error,

    /// An unknown catalogue behind `use`.
    UnknownCatalogue = "mam::load::unknown-catalogue" Error,
    /// A file that cannot be read.
    CannotRead = "mam::load::cannot-read" Error,
    /// A path that leaves the folder of the root file.
    OutsideFolder = "mam::load::outside-folder" Error,

    /// A name that is declared twice.
    DuplicateName = "mam::resolve::duplicate-name" Error,
    /// An app id that is declared twice.
    DuplicateId = "mam::resolve::duplicate-id" Error,
    /// A name without declaration.
    UnknownName = "mam::resolve::unknown-name" Error,
    /// A name that is declared, but as another kind of thing.
    WrongKind = "mam::resolve::wrong-kind" Error,
    /// A word that is no platform, device state, field or condition.
    UnknownWord = "mam::resolve::unknown-word" Error,
    /// Groups that contain each other.
    GroupCycle = "mam::resolve::group-cycle" Error,
    /// An app id that is not of the form `platform:id`.
    BadId = "mam::resolve::bad-id" Error,

    /// `as` or `deployed` on a term that it does not apply to.
    BadQualifier = "mam::check::bad-qualifier" Error,
    /// A word in a group's definition that depends on policies.
    GroupWord = "mam::check::group-word" Error,
    /// An empty set.
    EmptySet = "mam::check::empty-set" Error,
    /// A set without any endpoint of the kind that the channel moves data between.
    SetContradictsChannel = "mam::check::set-contradicts-channel" Error,
    /// A term without any endpoint of the kind that the channels move data between.
    IdleTerm = "mam::check::idle-term" Warning,
    /// A channel that the effect does not fit.
    ChannelEffect = "mam::check::channel-effect" Error,
    /// A channel that takes no `to` clause.
    MissingTarget = "mam::check::missing-target" Error,
    /// A limit that does not apply to the channel.
    LimitChannel = "mam::check::limit-channel" Error,
    /// A policy without a required clause in its head.
    MissingHeadClause = "mam::check::missing-head-clause" Error,
    /// An app id that no app can have.
    OddId = "mam::check::odd-id" Warning,
    /// A clause of a rule that looks like one of the policy's head.
    ClauseBelow = "mam::check::clause-below-rule" Warning,
    /// A term that cannot be protected.
    CannotProtect = "mam::check::cannot-protect" Error,
    /// A scope without movements.
    EmptyScope = "mam::check::empty-scope" Error,
    /// A rule that only repeats the policy's default.
    RepeatsDefault = "mam::check::repeats-default" Warning,
    /// Policies that yield to each other.
    YieldsCircle = "mam::check::yields-circle" Error,
    /// A combination that the product does not support.
    Unsupported = "mam::check::unsupported" Warning,
    /// A requirement or launch condition with the wrong value, unit or action.
    BadAccess = "mam::check::bad-access" Error,
    /// Access statements that contradict or repeat each other.
    AccessConflict = "mam::check::access-conflict" Warning,
    /// A declaration or word without effect.
    NoEffect = "mam::check::no-effect" Warning,
    /// A rule that no movement matches.
    LintNoMovement = "mam::lint::no-movement" Warning,
    /// A rule whose removal changes no decision.
    LintShadowedRule = "mam::lint::shadowed-rule" Warning,
    /// A part of a rule whose removal changes no decision.
    LintShadowedPart = "mam::lint::shadowed-part" Advice,
    /// An `allow` whose movements are all blocked by other rules.
    LintOverridden = "mam::lint::overridden-allow" Warning,
    /// Two rules that one rule can replace.
    LintMergeable = "mam::lint::mergeable-rules" Advice,
    /// A policy that applies to no user.
    LintNobody = "mam::lint::policy-for-nobody" Warning,
    /// A policy whose removal changes no decision.
    LintSuperfluous = "mam::lint::superfluous-policy" Warning,
    /// People or devices without a policy.
    LintGap = "mam::lint::gap" Advice,
    /// An app that carries the SDK, but is not protected.
    LintUnprotected = "mam::lint::unprotected-app" Advice,
    /// A declaration that nothing names.
    LintUnused = "mam::lint::unused-declaration" Advice,
    /// An expectation that no policy could break.
    LintVacuous = "mam::lint::vacuous-expectation" Advice,
    /// A `because` that is never shown.
    LintUnseen = "mam::lint::unseen-because" Advice,
    /// A launch condition that conditions of other policies always precede.
    LintIdleLaunch = "mam::lint::idle-launch" Warning,
    /// Launch conditions of several policies that together let no value of a fact pass.
    LintClosedLaunch = "mam::lint::closed-launch" Warning,
    /// Numbers of policies that differ, for which the product takes its default.
    LintProductDefault = "mam::lint::product-default" Advice,

    /// Text that is no JSON, or is cut off.
    IntuneJson = "mam::intune::json" Error,
    /// JSON in a build without the feature `intune`.
    IntuneNotRead = "mam::intune::not-read" Error,
    /// An object that is no policy of Microsoft Graph.
    IntuneNotAPolicy = "mam::intune::not-a-policy" Error,
    /// A policy of an unknown platform.
    IntunePlatform = "mam::intune::platform" Error,
    /// A member with a value of the wrong type, or out of range.
    IntuneBadValue = "mam::intune::bad-value" Error,
    /// A member that occurs twice in its object.
    IntuneDoublet = "mam::intune::duplicate-member" Error,
    /// An unknown member.
    IntuneUnknownMember = "mam::intune::unknown-member" Warning,
    /// A member without effect on the policy's platform.
    IntuneIdle = "mam::intune::idle-member" Warning,
    /// A member that another member overrides.
    IntuneContradiction = "mam::intune::contradiction" Warning,
    /// A value that no rule can state.
    IntuneKept = "mam::intune::kept" Warning,
    /// An object that decides no movement.
    IntuneNoRules = "mam::intune::no-rules" Warning,
    /// An assignment filter without a known rule.
    IntuneFilter = "mam::intune::filter" Warning,
    /// An assignment that could be of several policies.
    IntuneLooseAssignment = "mam::intune::loose-assignment" Error,
    /// A policy whose assignments the export does not list.
    IntuneUnknownAssignments = "mam::intune::unknown-assignments" Warning,
    /// A policy whose apps the export does not list.
    IntuneUnknownApps = "mam::intune::unknown-apps" Warning,
    /// An answer that lists the first of its objects only.
    IntuneNextPage = "mam::intune::next-page" Warning,
    /// A configuration of apps that bears on movements or accesses.
    IntuneConfiguration = "mam::intune::configuration" Warning,
    /// A policy for managed devices whose apps are not told of the management.
    IntuneManagementKeys = "mam::intune::management-keys" Warning,
    /// A policy that sends links to a browser that no policy protects.
    IntuneBrowser = "mam::intune::browser" Warning,
    /// A universal link of an app that no declaration names.
    IntuneUnknownLink = "mam::intune::unknown-link" Warning,
    /// An exemption that defeats another setting.
    IntuneDefeated = "mam::intune::defeated" Warning,
    /// A block whose list of exceptions is empty.
    IntuneEmptyList = "mam::intune::empty-list" Warning,
    /// A setting that depends on the management of the device.
    IntuneNeedsManagement = "mam::intune::needs-management" Warning,
    /// A setting whose parent setting is off.
    IntuneSwitchedOff = "mam::intune::switched-off" Warning,
    /// An attestation that devices of other makers fail.
    IntuneKnox = "mam::intune::knox" Warning,
    /// A period that is too short for its purpose.
    IntuneShortPeriod = "mam::intune::short-period" Warning,
    /// A setting that affects personal accounts, too.
    IntunePersonal = "mam::intune::personal-accounts" Warning,
    /// A policy for all device types beside one for particular ones.
    IntuneSuperseded = "mam::intune::superseded" Warning,
    /// Policies that differ in a number.
    IntuneNumbers = "mam::intune::number-conflict" Warning,

    /// A policy set without a policy to export.
    ExportNothing = "mam::export::nothing" Error,
    /// A statement that no setting of Intune expresses.
    ExportNoSetting = "mam::export::no-setting" Error,
    /// An app without an id on the platform.
    ExportNoId = "mam::export::no-app-id" Error,
    /// People without the object id of a group.
    ExportNoGroupId = "mam::export::no-group-id" Warning,
    /// A kept setting that contradicts the rules.
    ExportSetting = "mam::export::setting-left-out" Warning,
    /// A trait of an app that no member states.
    ExportUnstated = "mam::export::unstated" Warning,
    /// A policy that cannot be exported, beside others that can.
    ExportLeftOut = "mam::export::left-out" Warning,
}

/// The text of `docs/diagnostics.md`, a section for each code.
const EXPLANATIONS: &str = include_str!("../../docs/diagnostics.md");

impl Code {
    /// The code with this text, with or without the prefix `mam::`.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == text || code.as_str().strip_prefix("mam::") == Some(text))
    }

    /// Whether a limit was exceeded; more generous [`Limits`](crate::Limits) may help.
    #[must_use]
    pub fn is_limit(self) -> bool {
        self.as_str().starts_with("mam::limit::")
    }

    /// Whether every answer depends on something that an export does not say, and that is read strictly.
    #[must_use]
    pub const fn is_assumption(self) -> bool {
        matches!(
            self,
            Self::IntuneUnknownApps | Self::IntuneUnknownAssignments | Self::IntuneNextPage
        )
    }

    /// The explanation of the code, in Markdown: meaning, example, repair.
    #[must_use]
    pub fn explanation(self) -> &'static str {
        let heading = format!("\n## `{}`\n", self.as_str());
        let Some(at) = EXPLANATIONS.find(&heading) else { return "" };
        let body = EXPLANATIONS.get(at + heading.len()..).unwrap_or("");
        let end = body.find("\n## ").unwrap_or(body.len());
        body.get(..end).unwrap_or(body).trim()
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
