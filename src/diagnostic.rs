//! What is wrong with a policy set, or odd about it: codes, messages, places, help.
//!
//! Takes in spans and words from every layer, gives out plain data and, for whoever renders it, the
//! [`miette::Diagnostic`] form. Knows no layer. Each [`Code`] has a section of the same name in
//! `docs/diagnostics.md`; a test compares the two.

use std::fmt;
use std::sync::Arc;

use crate::source::{Sources, Span};

/// Whether a policy set can be compiled all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can, but something has no effect or not the one that it seems to have.
    Warning,
    /// It can, and nothing is wrong; whoever wrote it may want to know.
    Advice,
}

impl Severity {
    /// The word for it.
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
        /// The stable name of a kind of diagnostic.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code { $( $(#[$meta])* $variant, )* }

        impl Code {
            /// Every code, grouped by the layer that gives it.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The code as it is printed.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $code, )* }
            }

            /// How much it weighs.
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
    /// One statement is larger than the limit.
    StatementSize = "mam::limit::statement-size" Error,
    /// More files than the limit.
    FileCount = "mam::limit::files" Error,
    /// A name or string longer than the limit.
    NameLength = "mam::limit::name-length" Error,
    /// Brackets nested deeper than the limit.
    Nesting = "mam::limit::nesting" Error,
    /// More declarations than the limit.
    DeclarationCount = "mam::limit::declarations" Error,
    /// More statements than the limit.
    StatementCount = "mam::limit::statements" Error,
    /// More groups of people to tell apart than the limit.
    UserGroupCount = "mam::limit::user-groups" Error,
    /// More nodes to tell users apart than the limit.
    NodeCount = "mam::limit::nodes" Error,
    /// More table cells than the limit.
    CellCount = "mam::limit::cells" Error,

    /// The text is not what the grammar expects.
    Unexpected = "mam::syntax::unexpected" Error,
    /// A word of another language, or a misspelt one.
    NearMiss = "mam::syntax::near-miss" Error,
    /// A reserved word where a name stands.
    ReservedWord = "mam::syntax::reserved-word" Error,
    /// A brace or bracket that is never closed.
    UnclosedBrace = "mam::syntax::unclosed-brace" Error,
    /// A brace or bracket that closes nothing.
    StrayBrace = "mam::syntax::stray-brace" Error,
    /// A string that does not end on its line.
    UnclosedString = "mam::syntax::unclosed-string" Error,
    /// A backslash with an unknown letter behind it.
    BadEscape = "mam::syntax::bad-escape" Error,
    /// A character that the language does not use.
    BadCharacter = "mam::syntax::bad-character" Error,
    /// A number that is too large.
    NumberRange = "mam::syntax::number-range" Error,
    /// A clause that stands twice.
    DuplicateClause = "mam::syntax::duplicate-clause" Error,
    /// A statement where it cannot stand.
    Misplaced = "mam::syntax::misplaced" Error,
    /// Documentation above nothing.
    MisplacedDoc = "mam::syntax::misplaced-doc" Error,
    /// The file does not open with the language version.
    MissingVersion = "mam::syntax::missing-version" Error,
    /// The file names a newer version of the language.
    NewerVersion = "mam::syntax::newer-version" Error,
    /// A key that stands twice in a JSON object.
    DuplicateKey = "mam::syntax::duplicate-key" Error,

    /// `use` names a catalogue that does not exist.
    UnknownCatalogue = "mam::load::unknown-catalogue" Error,
    /// A file cannot be read.
    CannotRead = "mam::load::cannot-read" Error,
    /// A path leaves the folder of the root file.
    OutsideFolder = "mam::load::outside-folder" Error,

    /// One name, declared twice.
    DuplicateName = "mam::resolve::duplicate-name" Error,
    /// One app id, declared twice.
    DuplicateId = "mam::resolve::duplicate-id" Error,
    /// A name that nothing declares.
    UnknownName = "mam::resolve::unknown-name" Error,
    /// A name of another kind of thing.
    WrongKind = "mam::resolve::wrong-kind" Error,
    /// A word that is no platform, device state, field or condition.
    UnknownWord = "mam::resolve::unknown-word" Error,
    /// Groups that hold each other.
    GroupCycle = "mam::resolve::group-cycle" Error,
    /// An app id that is not of the form `platform:id`.
    BadId = "mam::resolve::bad-id" Error,

    /// `as` or `deployed` where it means nothing.
    BadQualifier = "mam::check::bad-qualifier" Error,
    /// A word in a group's definition that depends on policies.
    GroupWord = "mam::check::group-word" Error,
    /// A set that holds nothing.
    EmptySet = "mam::check::empty-set" Error,
    /// A set that can hold nothing of the kind that a channel needs.
    SetContradictsChannel = "mam::check::set-contradicts-channel" Error,
    /// A term that none of the channels can hold.
    IdleTerm = "mam::check::idle-term" Warning,
    /// A channel that the effect does not fit.
    ChannelEffect = "mam::check::channel-effect" Error,
    /// A channel that has no target written.
    MissingTarget = "mam::check::missing-target" Error,
    /// A limit on a channel that has none such.
    LimitChannel = "mam::check::limit-channel" Error,
    /// A head clause that a policy must have.
    MissingHeadClause = "mam::check::missing-head-clause" Error,
    /// Something that cannot be protected.
    CannotProtect = "mam::check::cannot-protect" Error,
    /// A scope that holds no movement.
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
    /// Something declared that can have no effect.
    NoEffect = "mam::check::no-effect" Warning,
    /// A rule that matches no movement.
    LintNoMovement = "mam::lint::no-movement" Warning,
    /// A rule without which nothing would be decided differently.
    LintShadowedRule = "mam::lint::shadowed-rule" Warning,
    /// A part of a rule without which nothing would be decided differently.
    LintShadowedPart = "mam::lint::shadowed-part" Advice,
    /// A rule that allows what is blocked all the same.
    LintOverridden = "mam::lint::overridden-allow" Warning,
    /// Two rules that one could say.
    LintMergeable = "mam::lint::mergeable-rules" Advice,
    /// A policy that applies to nobody.
    LintNobody = "mam::lint::policy-for-nobody" Warning,
    /// A policy without which nothing would be decided differently.
    LintSuperfluous = "mam::lint::superfluous-policy" Warning,
    /// People or devices for which there is no policy.
    LintGap = "mam::lint::gap" Advice,
    /// An app that could be protected and is not.
    LintUnprotected = "mam::lint::unprotected-app" Advice,
    /// An expectation that no policy could break.
    LintVacuous = "mam::lint::vacuous-expectation" Advice,
    /// A `because` that is never shown.
    LintUnseen = "mam::lint::unseen-because" Advice,

    /// A text that is no JSON, or is cut off.
    IntuneJson = "mam::intune::json" Error,
    /// JSON, where no feature reads it.
    IntuneNotRead = "mam::intune::not-read" Error,
    /// An object that is no policy of Microsoft Graph.
    IntuneNotAPolicy = "mam::intune::not-a-policy" Error,
    /// A policy whose platform is not to be told.
    IntunePlatform = "mam::intune::platform" Error,
    /// A member with a value of the wrong type, or out of range.
    IntuneBadValue = "mam::intune::bad-value" Error,
    /// A member that stands twice in its object.
    IntuneDoublet = "mam::intune::duplicate-member" Error,
    /// A member that nothing is known of.
    IntuneUnknownMember = "mam::intune::unknown-member" Warning,
    /// A member that does nothing on the policy's platform.
    IntuneIdle = "mam::intune::idle-member" Warning,
    /// A member that another one overrides.
    IntuneContradiction = "mam::intune::contradiction" Warning,
    /// A value that no rule can state.
    IntuneKept = "mam::intune::kept" Warning,
    /// An object that decides no movement.
    IntuneNoRules = "mam::intune::no-rules" Warning,
    /// An assignment filter whose rule is not known.
    IntuneFilter = "mam::intune::filter" Warning,
    /// An exemption that makes another setting idle.
    IntuneDefeated = "mam::intune::defeated" Warning,
    /// A block whose list of exceptions is empty.
    IntuneEmptyList = "mam::intune::empty-list" Warning,
    /// A setting that depends on the management of the device.
    IntuneNeedsManagement = "mam::intune::needs-management" Warning,
    /// A setting under a switch that is off.
    IntuneSwitchedOff = "mam::intune::switched-off" Warning,
    /// An attestation that phones of other makers fail.
    IntuneKnox = "mam::intune::knox" Warning,
    /// A time too short for what it is for.
    IntuneShortPeriod = "mam::intune::short-period" Warning,
    /// A setting that reaches beyond the work account.
    IntunePersonal = "mam::intune::personal-accounts" Warning,
    /// A policy for all device types beside one for particular ones.
    IntuneSuperseded = "mam::intune::superseded" Warning,
    /// Numbers in which policies differ.
    IntuneNumbers = "mam::intune::number-conflict" Warning,

    /// Nothing is there to export.
    ExportNothing = "mam::export::nothing" Error,
    /// A statement for which Graph has no form.
    ExportNoSetting = "mam::export::no-setting" Error,
    /// An app without an id on the platform.
    ExportNoId = "mam::export::no-app-id" Error,
    /// People without the object id of a group.
    ExportNoGroupId = "mam::export::no-group-id" Warning,
    /// A kept setting that contradicts the rules.
    ExportSetting = "mam::export::setting-left-out" Warning,
    /// A policy that Graph cannot hold, beside others.
    ExportLeftOut = "mam::export::left-out" Warning,
}

/// The text of `docs/diagnostics.md`: a section for each code.
const EXPLANATIONS: &str = include_str!("../docs/diagnostics.md");

impl Code {
    /// The code that is printed so; `mam::` may be left out.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == text || code.as_str().strip_prefix("mam::") == Some(text))
    }

    /// What it means and what to do, in Markdown.
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

/// A place with what to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A few words, lower case, no full stop; may be empty.
    pub text: String,
}

/// One mistake or oddity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its stable name.
    pub code: Code,
    /// Whether it stops the compilation.
    pub severity: Severity,
    /// What is wrong, in one sentence: lower case, no full stop.
    pub message: String,
    /// Where; the first is the primary one.
    pub labels: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
    /// The edits that do it, all together.
    pub edits: Vec<Edit>,
    /// Whether the edits change no decision, so that a tool may make them.
    pub is_safe: bool,
}

/// A piece of text and what to write in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The piece.
    pub span: Span,
    /// What to write there; nothing takes the piece out.
    pub text: String,
}

impl Diagnostic {
    /// A diagnostic without a place.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            labels: Vec::new(),
            help: None,
            edits: Vec::new(),
            is_safe: false,
        }
    }

    /// Adds a place; the first call gives the primary one.
    #[must_use]
    pub(crate) fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Says what to do.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Makes advice of it, where it may well be meant so.
    #[must_use]
    pub(crate) fn advice(self) -> Self {
        Self { severity: Severity::Advice, ..self }
    }

    /// Suggests edits that may change decisions, or that take out what an author may want.
    #[must_use]
    pub(crate) fn edits(self, edits: Vec<Edit>) -> Self {
        Self { edits, ..self }
    }

    /// Suggests edits that change no decision.
    #[must_use]
    pub(crate) fn safe_edits(self, edits: Vec<Edit>) -> Self {
        Self { edits, is_safe: true, ..self }
    }

    /// The primary place.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }
}

/// Whether one of some diagnostics is an error. Found from the end, where those of the last step are.
pub(crate) fn has_error(found: &[Diagnostic]) -> bool {
    found.iter().rev().any(|one| one.severity == Severity::Error)
}

/// A growing list that keeps no more than a bounded number, and counts the rest.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    bound: usize,
    dropped: usize,
    errors: usize,
}

impl Diagnostics {
    pub(crate) fn new(bound: usize) -> Self {
        Self { bound, ..Self::default() }
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        let is_error = diagnostic.severity == Severity::Error;
        self.errors += usize::from(is_error);
        if self.list.len() < self.bound {
            self.list.push(diagnostic);
        } else {
            self.dropped += 1;
        }
    }

    pub(crate) fn extend(&mut self, more: impl IntoIterator<Item = Diagnostic>) {
        more.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }

    /// Those that were kept.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// How many were not kept. Reading stops soon after the bound, so there may be more mistakes.
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// Whether one of them is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Why a policy set cannot be compiled: all of its diagnostics, together with its texts.
///
/// One word wide; cheap to clone.
#[derive(Clone)]
pub struct Errors(Arc<(Vec<Report>, bool)>);

impl Errors {
    pub(crate) fn new(diagnostics: &Diagnostics, sources: &Sources) -> Self {
        let reports = diagnostics.iter().map(|one| Report::new(one.clone(), sources)).collect();
        let is_limit = diagnostics.iter().any(|one| one.code.as_str().starts_with("mam::limit::"));
        Self(Arc::new((reports, is_limit)))
    }

    /// Every diagnostic, warnings too, ready to be rendered.
    #[must_use]
    pub fn reports(&self) -> &[Report] {
        &self.0.0
    }

    /// Whether a limit was exceeded; more generous [`Limits`](crate::Limits) may help.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        self.0.1
    }
}

impl fmt::Debug for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, report) in self.reports().iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{}", report.short())?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}

impl miette::Diagnostic for Errors {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(self.reports().iter().map(|report| report as &dyn miette::Diagnostic)))
    }
}

/// A diagnostic together with the texts that its places are in: what renderers take.
#[derive(Debug, Clone)]
pub struct Report {
    diagnostic: Diagnostic,
    source: Option<miette::NamedSource<Arc<str>>>,
    location: Option<String>,
    /// The labels in other files, as reports of their own.
    elsewhere: Vec<Report>,
}

impl Report {
    /// Joins a diagnostic with its texts.
    #[must_use]
    pub fn new(mut diagnostic: Diagnostic, sources: &Sources) -> Self {
        let home = diagnostic.span().map(|span| span.source);
        let (here, away): (Vec<_>, Vec<_>) =
            diagnostic.labels.drain(..).partition(|label| Some(label.span.source) == home);
        diagnostic.labels = here;
        let elsewhere = away.into_iter().map(|label| {
            let note = Diagnostic::new(diagnostic.code, label.text.clone()).at(label.span, "");
            Self::new(note, sources)
        });
        let elsewhere = elsewhere.collect();
        let location = diagnostic.span().map(|span| {
            let position = sources.position(span);
            format!("{}:{}:{}", sources.name(span.source), position.line, position.column)
        });
        let source = home
            .and_then(|id| sources.get(id))
            .map(|source| miette::NamedSource::new(source.name(), Arc::clone(source.text())));
        Self { diagnostic, source, location, elsewhere }
    }

    /// The diagnostic itself; its labels are those in the primary file.
    #[must_use]
    pub fn diagnostic(&self) -> &Diagnostic {
        &self.diagnostic
    }

    /// The text that its places are in, with its name.
    #[must_use]
    pub fn text(&self) -> Option<(&str, &Arc<str>)> {
        self.source.as_ref().map(|source| (source.name(), source.inner()))
    }

    /// `file:line:column` of the primary place.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// The labels in other files.
    #[must_use]
    pub fn elsewhere(&self) -> &[Report] {
        &self.elsewhere
    }

    /// One line: place, severity, code, message.
    #[must_use]
    pub fn short(&self) -> String {
        let severity = self.diagnostic.severity.word();
        let place = self.location().map(|place| format!("{place}: ")).unwrap_or_default();
        format!("{place}{severity}[{}]: {}", self.diagnostic.code, self.diagnostic.message)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for Report {}

impl miette::Diagnostic for Report {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Advice => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.diagnostic.help.as_ref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|source| source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        let labels = self.diagnostic.labels.iter().enumerate().map(|(index, label)| {
            let text = Some(label.text.clone()).filter(|text| !text.is_empty());
            let range = label.span.start as usize..label.span.end as usize;
            if index == 0 {
                miette::LabeledSpan::new_primary_with_span(text, range)
            } else {
                miette::LabeledSpan::new_with_span(text, range)
            }
        });
        Some(Box::new(labels))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        if self.elsewhere.is_empty() {
            return None;
        }
        Some(Box::new(self.elsewhere.iter().map(|report| report as &dyn miette::Diagnostic)))
    }
}

/// The candidate that a misspelt word was probably meant to be.
pub(crate) fn closest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let allowed = match word.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        6..=9 => 2,
        _ => 3,
    };
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
