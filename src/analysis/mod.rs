//! Exact analysis: answers about all movements of a scope.
//!
//! Takes in a checked set, gives out plain data: whether expectations hold, the decisions about an open scope,
//! matrices, changes, paths, lints, repairs. Everything is worked out on equivalence classes, for all users at
//! once, and never sampled; what would take more than the limits allow ends in [`LimitExceeded`] and in no
//! answer. Scopes come out as text that every command takes back in.
//!
//! `engine` is what all of it stands on; `ask` answers questions about one set, `effective` tells what holds for one
//! person, `layers` what protects a device, `framework` which level of the data protection framework is reached,
//! `picture` refines all channels at once, `compare` compares two,
//! `reach` follows chains of movements, `what_if` tries other rules, `repair` looks for edits.

mod access;
mod ask;
mod compare;
mod effective;
mod engine;
mod fixes;
#[cfg(feature = "intune")]
pub(crate) mod framework;
mod layers;
mod picture;
mod reach;
mod repair;
mod subject;
mod threads;
mod what_if;

pub use access::{
    AccessChange, AccessChangeKind, AccessCounterexample, AccessExpectationResult, AccessPart,
    AccessRow, AccessSide, AccessVerdict, FieldChange, NotOneAccess, RequirementChange,
    diff_access,
};
#[cfg(feature = "intune")]
pub(crate) use access::{AccessDifferences, EffectDifference, RequirementDifference};
#[cfg(feature = "report")]
pub(crate) use ask::by_group::ByGroup;
pub use ask::by_group::LeftOut;
pub use ask::expect::{Chain, Counterexample, ExpectationResult, Hop, HopEnd, Verdict};
pub use ask::matrix::{Cell, GroupMatrices, Matrix};
pub use ask::partition::Part;
pub use compare::changes::{Change, ChangeKind, ChangeMatrix, ChangedCell, diff, diff_matrices};
#[cfg(feature = "intune")]
pub(crate) use compare::comparer::{ComparedEndpoint, Comparison};
#[cfg(feature = "intune")]
pub(crate) use compare::differences::Difference;
#[cfg(feature = "intune")]
pub(crate) use compare::pairs::best_pairs;
pub use compare::pairs::{PolicyPairs, pair_policies, with_confirmed_apps};
pub use compare::picture::{
    CellChange, ChangeContext, ChangePicture, ChangePictureCell, diff_picture,
};
pub use compare::statements::{StatementChange, StatementChangeKind, diff_statements};
pub use effective::{
    AppliedPolicy, EffectiveCondition, EffectiveKind, Unapplied, Unmet, UnmetTest,
};
#[cfg(feature = "intune")]
pub(crate) use engine::endpoints::every_endpoint;
pub use fixes::{Fixed, fixed};
#[cfg(feature = "intune")]
pub use framework::{MissingPoint, ReachedLevel};
pub use layers::{LayerLimit, LayerStatement, Layers, Provision};
pub use picture::{
    Picture, PictureCell, PictureClass, PictureContext, PictureGroup, PictureMember, PicturePlace,
    Station, WouldBe, WouldBeCell,
};
pub use reach::paths::{Cut, LEAKS, Path, PathOptions, Paths};
pub use repair::{NoRemedy, Remedy, RemedyStep, StepKind};
pub use subject::Analysis;
pub use what_if::coverage::{Coverage, RuleCoverage};
pub use what_if::fates::{AccessSurvivor, Decided, Fate, Mutation, Mutations, Survivor};
pub use what_if::mutants::MutationKind;

use serde::Serialize;

use crate::access::{AppAccess, Facts};
use crate::decision::Effect;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Report};
use crate::limits::{LimitExceeded, Limits};
use crate::model::{AccessScope, ChainScope, PolicyId, Scope};
use crate::movement::{Endpoint, Movement};
use crate::vocabulary::DeviceState;
use engine::query::Query;
use engine::space::{OnlyMovement, ScopeSpace};

/// Changes that a report-only policy would make if it were live.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WouldChange {
    /// The movements that would be decided differently.
    pub movements: Vec<Change>,
    /// The accesses that would have another effect.
    pub accesses: Vec<AccessChange>,
    /// The accesses for which something else would be required.
    pub requirements: Vec<RequirementChange>,
}

/// The reason why a scope is not one movement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotOneMovement {
    /// The scope holds several movements.
    #[error("the scope holds several movements; it leaves open {}", open.join(", "))]
    Several {
        /// The parts that are left open, each with the clause that fixes it.
        open: Vec<String>,
    },
    /// The scope holds none.
    #[error(
        "the scope holds no movement: nothing like this exists, or it stays inside one app under \
         one account"
    )]
    Empty,
    /// The search met a limit.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
}

impl Analysis<'_> {
    /// Checks every expectation, in order. One that meets a limit has the verdict [`Verdict::Limit`] and
    /// leaves the others as they are.
    #[must_use]
    pub fn test(&self) -> Vec<ExpectationResult> {
        ask::expect::test(self)
    }

    /// Checks every expectation about accesses, in order, likewise.
    #[must_use]
    pub fn test_access(&self) -> Vec<AccessExpectationResult> {
        access::test(self)
    }

    /// Reports of the expectations whose scope holds no movement.
    ///
    /// # Errors
    ///
    /// When an expectation meets a limit.
    pub fn empty_expectations(&self) -> Result<Vec<Report>, LimitExceeded> {
        self.empty_among(&self.test(), &self.test_access())
    }

    /// Reports of the expectations among some outcomes whose scope holds nothing.
    fn empty_among(
        &self,
        movements: &[ExpectationResult],
        accesses: &[AccessExpectationResult],
    ) -> Result<Vec<Report>, LimitExceeded> {
        let mut found = Diagnostics::new(self.limits().diagnostics);
        for outcome in movements {
            match outcome.verdict {
                Verdict::Limit(error) => return Err(error),
                Verdict::Empty => {
                    let expectation = self.model.expectation(outcome.expectation);
                    let message = "an expectation that speaks of no movement";
                    let help = "nothing like this exists on these platforms and devices, or it \
                                stays inside one app under one account; widen the scope or leave \
                                the line out";
                    let diagnostic = Diagnostic::new(Code::EmptyScope, message);
                    found.push(diagnostic.at(expectation.span, "this holds nothing").help(help));
                }
                Verdict::Holds | Verdict::Fails(_) | Verdict::Leads(_) => {}
            }
        }
        for outcome in accesses {
            match outcome.verdict {
                AccessVerdict::Limit(error) => return Err(error),
                AccessVerdict::Empty => {
                    let expectation = self.model.access_expectations().get(outcome.expectation);
                    let message = "an expectation that speaks of no access";
                    let help = "nothing like this exists on these platforms and devices, or no value \
                                of a fact passes all tests; widen the scope or leave the line out";
                    let diagnostic = Diagnostic::new(Code::EmptyScope, message).help(help);
                    let place = expectation.map(|one| one.span);
                    found.extend(place.map(|place| diagnostic.at(place, "this holds nothing")));
                }
                AccessVerdict::Holds | AccessVerdict::Fails(_) => {}
            }
        }
        Ok(self.reports(&found))
    }

    /// Reports of rules and policies that have no effect or not the one that they seem to have, and gaps between
    /// policies. Each finding is exact: it is there if and only if it is true of all movements.
    ///
    /// # Errors
    ///
    /// When the analysis meets a limit.
    pub fn lints(&self) -> Result<Vec<Report>, LimitExceeded> {
        let mut found = Diagnostics::new(self.limits().diagnostics);
        found.extend(what_if::lint::lints(self)?);
        Ok(self.reports(&found))
    }

    /// Reports of compiling and of analysis: expectations whose scope holds nothing, and with `lints` also what
    /// [`lints`](Self::lints) finds. A limit that is met is one of the reports.
    #[must_use]
    pub fn findings(&self, lints: bool) -> Vec<Report> {
        self.findings_beside(&self.test(), &self.test_access(), lints)
    }

    /// The same, where the outcomes of expectations are known.
    pub(crate) fn findings_beside(
        &self,
        movements: &[ExpectationResult],
        accesses: &[AccessExpectationResult],
        lints: bool,
    ) -> Vec<Report> {
        let limit_met = |error| self.checked.limit_errors(error).reports().to_vec();
        let compiled = self.checked.compile();
        let mut found = compiled.err().map_or_else(Vec::new, |errors| errors.reports().to_vec());
        found.extend(self.empty_among(movements, accesses).unwrap_or_else(limit_met));
        if lints {
            found.extend(self.lints().unwrap_or_else(limit_met));
        }
        found.dedup_by(|a, b| a.code().is_limit() && a.short() == b.short());
        found
    }

    fn reports(&self, found: &Diagnostics) -> Vec<Report> {
        let sources = self.checked.sources();
        found.iter().map(|one| Report::new(one.clone(), sources)).collect()
    }

    /// The decisions about the movements of a scope: parts that are decided alike, as few as can be found.
    /// Together they are the scope.
    ///
    /// # Errors
    ///
    /// When the analysis meets a limit.
    pub fn decide(&self, scope: &Scope) -> Result<Vec<Part>, LimitExceeded> {
        self.with_unnamed(&scope.unnamed, |analysis, first| {
            ask::partition::parts(analysis, &scope.with_apps(first), None)
        })
    }

    /// Likewise, of what the scope means in an expectation that stands in a policy.
    ///
    /// # Errors
    ///
    /// When the analysis meets a limit.
    #[cfg(feature = "lsp")]
    pub(crate) fn decide_in(
        &self,
        policy: Option<PolicyId>,
        scope: &Scope,
    ) -> Result<Vec<Part>, LimitExceeded> {
        self.with_unnamed(&scope.unnamed, |analysis, first| {
            ask::partition::parts(analysis, &scope.with_apps(first), policy)
        })
    }

    /// Matrices of sources by targets, one for each channel, kind of users and kind of devices of a scope.
    ///
    /// # Errors
    ///
    /// When the analysis meets a limit, that on kinds of users among them.
    pub fn matrix(&self, scope: &Scope) -> Result<Vec<Matrix>, LimitExceeded> {
        self.with_unnamed(&scope.unnamed, |analysis, first| {
            ask::matrix::matrices(analysis, &scope.with_apps(first))
        })
    }

    /// Likewise; but where a scope without `for` leaves open more kinds of users than a question may, matrices for at most
    /// `most` of them: users in no group, then users in just one group. Who is left out is named.
    ///
    /// # Errors
    ///
    /// When the analysis meets a limit.
    pub fn matrix_by_group(
        &self,
        scope: &Scope,
        most: usize,
    ) -> Result<GroupMatrices, LimitExceeded> {
        self.with_unnamed(&scope.unnamed, |analysis, first| {
            ask::matrix::matrices_by_group(analysis, &scope.with_apps(first), most)
        })
    }

    /// The movements of a scope as a picture: contexts that are decided differently, each with one refinement of
    /// sources and targets over all channels. Why no policy applies makes no difference here.
    ///
    /// ```
    /// use mam::{Analysis, Compiler};
    ///
    /// let checked = Compiler::new().check("notes.mam", "mam 1\n\
    ///     app notes { ios \"com.example.notes\"  sdk }\n\
    ///     policy baseline { for any  protect notes  allow share to managed }");
    /// let scope = checked.question("any on ios devices unmanaged")?;
    /// let picture = Analysis::new(&checked)?.picture(&scope)?;
    /// let [context] = &picture.contexts[..] else { panic!("everybody is decided alike") };
    /// assert_eq!(context.policies, ["baseline"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the analysis meets a limit, that on kinds of users among them.
    pub fn picture(&self, scope: &Scope) -> Result<Picture, LimitExceeded> {
        self.picture_within(scope, self.limits(), true)
    }

    /// The picture of a scope within other limits, with or without rules.
    pub(crate) fn picture_within(
        &self,
        scope: &Scope,
        limits: &Limits,
        with_rules: bool,
    ) -> Result<Picture, LimitExceeded> {
        self.with_unnamed(&scope.unnamed, |analysis, first| {
            let scope = &scope.with_apps(first);
            let mut found = picture::picture(analysis, scope, limits, with_rules)?;
            compare::would_be::add(analysis, &mut found, limits)?;
            Ok(found)
        })
    }

    /// The picture of a scope without the rules that determine decisions, which cost most where many apps are told
    /// apart. A drawing needs none.
    ///
    /// # Errors
    ///
    /// When the analysis meets a limit, that on kinds of users among them.
    pub fn picture_without_rules(&self, scope: &Scope) -> Result<Picture, LimitExceeded> {
        self.picture_within(scope, self.limits(), false)
    }

    /// The paths of data from the starts of chains to their ends, movement by movement, with the rules that
    /// let it pass.
    ///
    /// # Errors
    ///
    /// When the analysis meets a limit.
    pub fn paths(&self, chain: &ChainScope, options: PathOptions) -> Result<Paths, LimitExceeded> {
        self.with_unnamed(&chain.scope.unnamed, |analysis, first| {
            reach::paths::paths(analysis, &chain.with_apps(first), None, options)
        })
    }

    /// Likewise, of what the scope means in an expectation that stands in a policy.
    ///
    /// # Errors
    ///
    /// When the analysis meets a limit.
    #[cfg(feature = "lsp")]
    pub(crate) fn paths_in(
        &self,
        policy: Option<PolicyId>,
        chain: &ChainScope,
        options: PathOptions,
    ) -> Result<Paths, LimitExceeded> {
        self.with_unnamed(&chain.scope.unnamed, |analysis, first| {
            reach::paths::paths(analysis, &chain.with_apps(first), policy, options)
        })
    }

    /// The rules and cells that expectations are about.
    ///
    /// # Errors
    ///
    /// When the analysis meets a limit.
    pub fn coverage(&self) -> Result<Coverage, LimitExceeded> {
        what_if::coverage::coverage(self, true)
    }

    /// The coverage without the expectations that are proposed for launch conditions and requirements, which cost most.
    ///
    /// # Errors
    ///
    /// When the analysis meets a limit.
    pub fn coverage_without_proposals(&self) -> Result<Coverage, LimitExceeded> {
        what_if::coverage::coverage(self, false)
    }

    /// Mutation testing: the small edits of every rule, and the expectations that notice them.
    ///
    /// # Errors
    ///
    /// When the analysis meets a limit.
    pub fn mutate(&self) -> Result<Mutations, LimitExceeded> {
        what_if::mutation::mutate(self)
    }

    /// Every movement and access that would be decided differently if one of the set's report-only policies were live;
    /// nothing of a policy that is live, or that the set does not have.
    ///
    /// ```
    /// use mam::{Analysis, Compiler};
    ///
    /// let checked = Compiler::new().check("notes.mam", "mam 1\n\
    ///     app notes { ios \"com.example.notes\"  sdk }\n\
    ///     policy baseline { for any  protect notes  allow print }\n\
    ///     policy trial report-only { for any  protect notes  block print  allow print to any }");
    /// let analysis = Analysis::new(&checked)?;
    /// assert!(!analysis.would_change("trial")?.movements.is_empty());
    /// assert!(analysis.would_change("baseline")?.movements.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the analysis meets a limit.
    pub fn would_change(&self, policy: &str) -> Result<WouldChange, LimitExceeded> {
        let mut ids = self.model.policy_ids();
        let is_it = |id: &PolicyId| {
            let own = self.model.policy(*id);
            own.report_only && own.name == policy
        };
        let Some(id) = ids.find(is_it) else { return Ok(WouldChange::default()) };
        let movements = compare::changes::would_change(self, id)?;
        let (accesses, requirements) = access::would_change(self, id)?;
        Ok(WouldChange { movements, accesses, requirements })
    }

    /// The fewest edits that a bounded search finds, or changes of one user's memberships, after which every movement of
    /// a scope has an effect; each with everything that it would change, those that loosen the least first.
    ///
    /// # Errors
    ///
    /// When the scope cannot be read or holds no movement, when it is decided so already, when no edit was
    /// found, or when the search meets a limit.
    pub fn remedies(&self, question: &str, wanted: Effect) -> Result<Vec<Remedy>, NoRemedy> {
        repair::remedies(self, question, wanted)
    }

    /// Edits or changes of memberships, likewise, after which a claim about accesses holds. The claim is what stands
    /// behind `expect`, such as `block launch outlook as work when os < 17.0`.
    ///
    /// ```
    /// use mam::{Analysis, Compiler};
    ///
    /// let checked = Compiler::new().check("notes.mam", "mam 1\n\
    ///     app notes { ios \"com.example.notes\"  sdk }\n\
    ///     policy baseline { for any  protect notes  launch warn when os < 17.0 }");
    /// let analysis = Analysis::new(&checked)?;
    /// let remedies = analysis.access_remedies("block launch notes as work on ios when os < 17.0").unwrap();
    /// assert_eq!(remedies[0].steps[0].after.as_deref(), Some("launch block when os < 17.0"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the claim cannot be read or is about no access, when it holds already, when no edit was found, or when the
    /// search meets a limit.
    pub fn access_remedies(&self, claim: &str) -> Result<Vec<Remedy>, NoRemedy> {
        repair::access_remedies(self, claim)
    }

    /// Whether a question can be read and holds movements, and all of them have an effect.
    #[cfg(feature = "intune")]
    pub(crate) fn is_met(&self, question: &str, wanted: Effect) -> Result<bool, LimitExceeded> {
        repair::is_met(self, question, wanted)
    }

    /// Whether a claim about accesses can be read and is about some, and holds.
    #[cfg(feature = "intune")]
    pub(crate) fn is_claim_met(&self, claim: &str) -> Result<bool, LimitExceeded> {
        repair::is_claim_met(self, claim)
    }

    /// The one movement of a scope; `deployed` may be left open and is false then.
    ///
    /// # Errors
    ///
    /// When the scope holds several movements or none, or when the analysis meets a limit.
    pub fn movement(&self, scope: &Scope) -> Result<Movement, NotOneMovement> {
        let found = self.with_unnamed(&scope.unnamed, |analysis, first| {
            let (scope, limits) = (&scope.with_apps(first), analysis.limits());
            let query = &mut Query::new(analysis.model, None, limits, scope.people.iter())?;
            ScopeSpace::new(query, scope, None)?.only_movement(query)
        });
        match found? {
            OnlyMovement::One(movement) => Ok(self.without_unnamed(movement)),
            OnlyMovement::Several(open) => Err(NotOneMovement::Several { open }),
            OnlyMovement::Nothing => Err(NotOneMovement::Empty),
        }
    }

    /// A movement as the model numbers it: an app that it does not have is the unlisted one.
    fn without_unnamed(&self, movement: Movement) -> Movement {
        let unlisted = self.model.unlisted_app();
        let known = |end: Endpoint| match end {
            Endpoint::App { app, account, deployed } => {
                Endpoint::App { app: app.min(unlisted), account, deployed }
            }
            Endpoint::Storage(_) | Endpoint::Place(_) => end,
        };
        let (source, target) = (known(movement.source), known(movement.target));
        Movement { source, target, ..movement }
    }

    /// The accesses of a scope: parts that are decided alike for the same facts, each with the intervals of
    /// every fact that lead to something else than `allow`.
    ///
    /// # Errors
    ///
    /// When the analysis meets a limit.
    pub fn access_parts(&self, scope: &AccessScope) -> Result<Vec<AccessPart>, LimitExceeded> {
        let query = &mut Query::new(self.model, None, self.limits(), scope.people.iter())?;
        access::parts(query, scope, None)
    }

    /// Likewise, of what the scope means in an expectation that stands in a policy.
    ///
    /// # Errors
    ///
    /// When the analysis meets a limit.
    #[cfg(feature = "lsp")]
    pub(crate) fn access_parts_in(
        &self,
        policy: Option<PolicyId>,
        scope: &AccessScope,
    ) -> Result<Vec<AccessPart>, LimitExceeded> {
        let query = &mut Query::new(self.model, None, self.limits(), scope.people.iter())?;
        access::parts(query, scope, policy)
    }

    /// What holds in the accesses of a scope: kinds of people and devices, as few as the policies that apply, their
    /// requirements and their launch conditions tell apart, each with what its movements are decided to and with
    /// the reason why each other policy does not apply. Tests of facts in the scope make no difference.
    ///
    /// ```
    /// use mam::{Analysis, Compiler};
    ///
    /// let checked = Compiler::new().check("notes.mam", "mam 1\nusers staff\n\
    ///     app notes { ios \"com.example.notes\"  sdk }\n\
    ///     policy baseline { for staff  protect notes  allow share to managed }");
    /// let scope = checked.access_question("launch notes for exactly none on ios devices intune")?;
    /// let kinds = Analysis::new(&checked)?.effective(&scope)?;
    /// assert_eq!(kinds[0].others[0].unmet[0].why, "it is not for the user: `for staff`");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the analysis meets a limit, that on kinds of users among them.
    pub fn effective(&self, scope: &AccessScope) -> Result<Vec<EffectiveKind>, LimitExceeded> {
        effective::effective(self, scope, true)
    }

    /// The same without movements, which cost most: a picture has them.
    ///
    /// # Errors
    ///
    /// When the analysis meets a limit.
    pub fn effective_without_movements(
        &self,
        scope: &AccessScope,
    ) -> Result<Vec<EffectiveKind>, LimitExceeded> {
        effective::effective(self, scope, false)
    }

    /// What protects devices in a management state: what management provides there, and what the live policies for
    /// such devices add.
    #[must_use]
    pub fn layers(&self, state: DeviceState) -> Layers {
        layers::layers(self, state)
    }

    /// The one access of a scope, with its facts. Values of a fact that no condition tells apart count as one.
    ///
    /// # Errors
    ///
    /// When the scope holds several accesses or none, or when the analysis meets a limit.
    pub fn access(&self, scope: &AccessScope) -> Result<(AppAccess, Facts<'static>), NotOneAccess> {
        let query = &mut Query::new(self.model, None, self.limits(), scope.people.iter())?;
        access::one_access(query, scope)
    }

    /// A movement as a scope that holds it and nothing else.
    ///
    /// # Errors
    ///
    /// When the analysis meets a limit.
    pub fn scope_of(&self, movement: &Movement) -> Result<String, LimitExceeded> {
        Query::new(self.model, None, self.limits(), std::iter::empty())?.scope_of(movement)
    }
}
