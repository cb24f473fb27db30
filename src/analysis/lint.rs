//! Rules and policies that do nothing, or not what they seem to do.
//!
//! Takes in an analysed set, gives out diagnostics with places and suggested edits. Each is exact: a rule
//! is said to change nothing if and only if every movement would be decided alike without it. The
//! form of statements is looked up in the AST; mistakes that need no look at movements are found by the
//! model's own checks.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Analysis;
use super::access;
use super::differ::Comparison;
use super::narrower::{self, Part};
use super::space::Lens;
use super::trials::{Example, Trials};
use super::vacuous;
use crate::decision::Ground;
use crate::diagnostic::{Code, Diagnostic, Edit};
use crate::diagram::Diagram;
use crate::model::{Model, Origin, People, PolicyId, Rule, RuleId, Yields};
use crate::source::{Sources, Span};
use crate::syntax::ast::{self, ItemKind};
use crate::syntax::print;
use crate::table::{Table, Trial};
use crate::vocabulary::{DeviceState, Effect, Platform, Platforms};

/// So many examples tell by what a rule is shadowed.
const EXAMPLES: usize = 200;

/// So many of the rules that shadow another one are shown.
const SHOWN: usize = 3;

/// Everything odd about a set that only a look at all movements finds.
pub(super) fn lints(analysis: &Analysis<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let statements = super::statements(analysis.checked.files());
    let linter = Linter { analysis, model: analysis.model, statements };
    let nobody = linter.policies(&mut found);
    linter.rules(&nobody, &mut found);
    linter.mergeable(&mut found);
    linter.unprotected(&mut found);
    linter.vacuous(&mut found);
    found.sort_by_key(|one: &Diagnostic| (one.span(), one.code));
    found
}

struct Linter<'a> {
    analysis: &'a Analysis<'a>,
    model: &'a Model,
    /// Rules as they are written.
    statements: HashMap<Span, &'a ast::Rule>,
}

impl<'a> Linter<'a> {
    fn sources(&self) -> &'a Sources {
        self.analysis.checked.sources()
    }

    fn trials(&self, guest: Option<PolicyId>, extra: &[Rule]) -> Trials<'a> {
        Trials::new(self.model, guest, extra, self.analysis.checked.limits().nodes)
    }

    /// Whether the author can change what stands in a place.
    fn is_own(&self, span: Span) -> bool {
        self.sources().is_authored(span.source)
    }

    // ------------------------------------------------------------ rules

    /// Rules, and parts of rules, without which nothing would be decided differently.
    fn rules(&self, nobody: &BTreeSet<PolicyId>, found: &mut Vec<Diagnostic>) {
        let guests = self.model.policy_ids().filter(|id| self.model.policy(*id).report_only);
        for guest in std::iter::once(None).chain(guests.map(Some)) {
            let is_meant = |rule: &Rule| match guest {
                Some(guest) => rule.policy == guest,
                None => !self.model.policy(rule.policy).report_only,
            };
            let rules = self.model.rules().iter().enumerate();
            let rules = rules.filter(|(_, rule)| is_meant(rule) && !nobody.contains(&rule.policy));
            let rules: Vec<RuleId> = rules
                .filter(|(_, rule)| !self.is_told(rule) && self.is_own(rule.span))
                .map(|(id, _)| RuleId::new(id))
                .collect();
            let trials: Vec<Trial> = rules.iter().map(|id| without(*id)).collect();
            let mut shop = self.trials(guest, &[]);
            let changes = shop.changes(&trials);
            let (useful, idle): (Vec<_>, Vec<_>) =
                rules.into_iter().zip(changes).partition(|(_, change)| change.is_some());
            let idle: Vec<RuleId> = idle.into_iter().map(|(id, _)| id).collect();
            for (id, region) in idle.iter().zip(shop.regions(&idle, EXAMPLES)) {
                let diagnostic = self.idle(*id, guest, &region, &mut shop);
                let is_silent =
                    matches!(diagnostic.code, Code::LintNoMovement | Code::LintOverridden);
                found.push(diagnostic);
                if is_silent {
                    found.extend(self.unseen(*id));
                }
            }
            let useful: Vec<RuleId> = useful.into_iter().map(|(id, _)| id).collect();
            self.parts(&useful, guest, found);
        }
    }

    /// The `because` of a rule that never decides anything.
    fn unseen(&self, id: RuleId) -> Option<Diagnostic> {
        let statement = self.statements.get(&self.model.rule(id).span)?;
        let because = statement.scope.because.as_ref()?;
        let message = "nobody ever gets to read this `because`";
        let help = "the rule decides nothing; say it at the rule that does";
        let diagnostic = Diagnostic::new(Code::LintUnseen, message);
        let edit = Edit { span: self.with_word(because.span, "because"), text: String::new() };
        Some(diagnostic.at(because.span, "never shown").help(help).safe_edits(vec![edit]))
    }

    /// Whether the model's checks have told already that the rule does nothing.
    fn is_told(&self, rule: &Rule) -> bool {
        let told = self.analysis.checked.diagnostics().iter();
        let mut about = told.filter(|one| {
            matches!(one.code, Code::RepeatsDefault | Code::NoEffect | Code::IdleTerm)
        });
        about.any(|one| {
            one.span().is_some_and(|span| {
                span.source == rule.span.source
                    && rule.span.start <= span.start
                    && span.end <= rule.span.end
            })
        })
    }

    /// What to say of a rule that changes nothing.
    fn idle(
        &self,
        id: RuleId,
        guest: Option<PolicyId>,
        region: &[Example],
        shop: &mut Trials<'_>,
    ) -> Diagnostic {
        let rule = self.model.rule(id);
        let edits = vec![self.without_statement(rule.span)];
        if region.is_empty() {
            let message = "a rule that matches no movement";
            let help =
                "nothing like this exists where the policy applies; take it out, or widen it";
            let diagnostic = Diagnostic::new(Code::LintNoMovement, message);
            return diagnostic
                .at(rule.span, "nothing moves like this")
                .help(help)
                .safe_edits(edits);
        }
        let allows = rule.effect.effect() == Effect::Allow;
        let is_blocked = |example: &Example, shop: &mut Trials<'_>| {
            let parts = shop.crowd.parts(example.before);
            parts.into_iter().all(|(one, users)| {
                shop.crowd.decision(one).effect() == Effect::Block
                    || shop.crowd.are_apart(users, example.users)
            })
        };
        let overridden = allows && region.iter().all(|example| is_blocked(example, shop));
        let by = self.shadows(id, guest, region);
        let (code, message, label, help) = if overridden {
            (
                Code::LintOverridden,
                "everything that this rule allows is blocked all the same",
                "this allows nothing",
                "a block always wins; take one of the two out",
            )
        } else {
            (
                Code::LintShadowedRule,
                "without this rule nothing would be decided differently",
                "this changes nothing",
                "what it says is said already; take it out",
            )
        };
        let mut diagnostic = Diagnostic::new(code, message).at(rule.span, label).help(help);
        for ground in by.iter().take(SHOWN) {
            diagnostic = diagnostic.at(self.place(*ground), self.word(*ground));
        }
        // Whoever lets two policies say the same may want the one to hold without the other.
        if by.iter().all(|ground| ground.policy != rule.policy) {
            return diagnostic.advice();
        }
        diagnostic.safe_edits(edits)
    }

    /// What decides, beside a rule, where the rule matches.
    fn shadows(&self, id: RuleId, guest: Option<PolicyId>, region: &[Example]) -> Vec<Ground> {
        let table = self.analysis.table_with(guest);
        let mut lens = Lens::new(self.analysis, table, std::iter::empty());
        let mut counts: BTreeMap<Ground, usize> = BTreeMap::new();
        for example in region {
            for (ground, when) in
                lens.contributions(example.kind, None, example.channel, example.ends)
            {
                let rule = self.model.rule(id);
                let is_other = ground.rule != Some(id) && when != Diagram::FALSE;
                // A block decides alone; what allows is needed from every policy.
                let own = ground.policy == rule.policy && ground.side == rule.effect.side();
                if is_other && (ground.effect == Effect::Block || own) {
                    *counts.entry(ground).or_default() += 1;
                }
            }
        }
        let mut found: Vec<(usize, Ground)> =
            counts.into_iter().map(|(ground, count)| (count, ground)).collect();
        let is_default = |ground: &Ground| ground.rule.is_none();
        found.sort_by_key(|(count, ground)| {
            (is_default(ground), std::cmp::Reverse(*count), *ground)
        });
        let blocks = found.iter().any(|(_, ground)| ground.effect == Effect::Block);
        let told = found.into_iter().map(|(_, ground)| ground);
        let told = told.filter(|ground| !blocks || ground.effect == Effect::Block);
        self.default_behind(id).filter(|_| !blocks).into_iter().chain(told).collect()
    }

    /// The default of a rule's policy, if it says what the rule says.
    fn default_behind(&self, id: RuleId) -> Option<Ground> {
        let rule = self.model.rule(id);
        let (policy, side) = (rule.policy, rule.effect.side());
        let default = self.model.policy(policy).default_effect(side);
        let effect = rule.effect.effect();
        (default == effect).then_some(Ground { policy, side, rule: None, effect })
    }

    fn place(&self, ground: Ground) -> Span {
        let policy = self.model.policy(ground.policy);
        match ground.rule {
            Some(rule) => self.model.rule(rule).span,
            None => policy.otherwise_span.unwrap_or(policy.span),
        }
    }

    fn word(&self, ground: Ground) -> &'static str {
        match (ground.rule, ground.effect) {
            (Some(_), Effect::Block) => "this blocks it",
            (Some(_), Effect::Allow) => "this allows it",
            (None, Effect::Block) => "this default blocks it",
            (None, Effect::Allow) => "this default allows it",
        }
    }

    /// Parts of rules without which nothing would be decided differently.
    fn parts(&self, rules: &[RuleId], guest: Option<PolicyId>, found: &mut Vec<Diagnostic>) {
        let mut parts: Vec<(RuleId, Part)> = Vec::new();
        for id in rules {
            let rule = self.model.rule(*id);
            if let Some(statement) = self.statements.get(&rule.span) {
                parts.extend(
                    narrower::parts(self.model, rule, statement)
                        .into_iter()
                        .map(|part| (*id, part)),
                );
            }
        }
        let extra: Vec<Rule> = parts.iter().map(|(_, part)| part.rule.clone()).collect();
        let first = self.model.rules().len();
        let trials = parts
            .iter()
            .enumerate()
            .map(|(at, (id, _))| Trial { removes: vec![*id], adds: vec![RuleId::new(first + at)] });
        let trials: Vec<Trial> = trials.collect();
        let changes = self.trials(guest, &extra).changes(&trials);
        let mut told = BTreeSet::new();
        for ((id, part), change) in parts.iter().zip(changes) {
            // One part at a time: without the first the second may be needed.
            if change.is_none() && told.insert(*id) {
                let message = "without this part of the rule nothing would be decided differently";
                let diagnostic = Diagnostic::new(Code::LintShadowedPart, message);
                let edit = Edit { span: self.with_comma(part.span), text: String::new() };
                let help = "what it adds is decided so already; take it out";
                let diagnostic = diagnostic.at(part.span, "this changes nothing").help(help);
                found.push(diagnostic.safe_edits(vec![edit]));
            }
        }
    }

    // ------------------------------------------------------------ statements

    fn files(&self) -> impl Iterator<Item = &'a ast::File> {
        self.analysis.checked.files().iter()
    }

    fn text(&self, span: Span) -> &'a str {
        self.sources().get(span.source).map_or("", |source| source.text())
    }

    /// Takes a statement out, with its line if it stands there alone.
    fn without_statement(&self, span: Span) -> Edit {
        let text = self.text(span);
        let (start, end) = (span.start as usize, span.end as usize);
        let line = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let rest = text.get(end..).unwrap_or("");
        let next = rest.find('\n').map_or(text.len(), |at| end + at + 1);
        let is_blank = |from: usize, to: usize| {
            text.get(from..to).is_some_and(|piece| piece.trim().is_empty())
        };
        let alone = is_blank(line, start) && is_blank(end, next);
        let (start, end) = if alone { (line, next) } else { (start, end) };
        let at = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        Edit { span: Span { start: at(start), end: at(end), ..span }, text: String::new() }
    }

    /// A member of a list with the comma that goes with it, or the blank before a clause.
    fn with_comma(&self, span: Span) -> Span {
        let text = self.text(span);
        let (start, end) = (span.start as usize, span.end as usize);
        let (before, after) = (text.get(..start).unwrap_or(""), text.get(end..).unwrap_or(""));
        let at = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let lead = before.trim_end();
        if lead.ends_with(',') {
            let start = lead.trim_end_matches(',').trim_end().len();
            return Span { start: at(start), ..span };
        }
        let rest = after.trim_start();
        if let Some(rest) = rest.strip_prefix(',') {
            let end = text.len() - rest.trim_start().len();
            return Span { end: at(end), ..span };
        }
        // The only exception goes with its word.
        self.with_word(Span { start: at(lead.len()), ..span }, "except")
    }

    /// A piece of text with the word in front of it, if that is this one, and the blanks before.
    fn with_word(&self, span: Span, word: &str) -> Span {
        let before = self.text(span).get(..span.start as usize).unwrap_or("").trim_end();
        let before = before.strip_suffix(word).map_or(before, str::trim_end);
        Span { start: u32::try_from(before.len()).unwrap_or(u32::MAX), ..span }
    }

    // ------------------------------------------------------------ two rules in one

    /// Rules of a policy that differ in one thing only.
    fn mergeable(&self, found: &mut Vec<Diagnostic>) {
        for policy in self.model.policies() {
            let mut told = BTreeSet::new();
            for (at, id) in policy.rules.iter().enumerate() {
                let one = self.model.rule(*id);
                let others = policy.rules[at + 1..].iter();
                let joined = others.filter(|other| !told.contains(*other)).find_map(|other| {
                    let what = narrower::differ_in_one(one, self.model.rule(*other))?;
                    Some((*other, what))
                });
                let Some((other, what)) = joined else { continue };
                if !self.is_own(one.span) || told.contains(id) {
                    continue;
                }
                told.insert(other);
                let second = self.model.rule(other).span;
                let message = format!("two rules that differ in their {what} only");
                let help = format!("write one rule that names both {what}");
                let diagnostic = Diagnostic::new(Code::LintMergeable, message);
                let diagnostic = diagnostic.at(second, "this could be said above");
                let diagnostic = diagnostic.at(one.span, "here").help(help);
                found.push(match self.merged(one.span, second) {
                    Some(text) => {
                        let first = Edit { span: one.span, text };
                        diagnostic.safe_edits(vec![first, self.without_statement(second)])
                    }
                    None => diagnostic,
                });
            }
        }
    }

    /// The text of the rule that says what two rules say which differ in one list.
    fn merged(&self, one: Span, other: Span) -> Option<String> {
        let (one, other) = (self.statements.get(&one)?, self.statements.get(&other)?);
        narrower::merged(one, other).map(|rule| print::rule(&rule))
    }

    // ------------------------------------------------------------ policies

    /// Policies for nobody, policies that others make superfluous, and gaps between policies.
    fn policies(&self, found: &mut Vec<Diagnostic>) -> BTreeSet<PolicyId> {
        let mut shop = self.trials(None, &[]);
        let applying = shop.applying();
        let mut nobody = BTreeSet::new();
        for id in self.model.policy_ids() {
            let policy = self.model.policy(id);
            let mut here = applying.iter().flat_map(|(_, policies)| policies);
            if !policy.report_only && !here.any(|(one, when)| *one == id && *when != Diagram::FALSE)
            {
                nobody.insert(id);
                found.extend(policy.rules.iter().filter_map(|rule| self.unseen(*rule)));
                let message = format!("`{}` applies to nobody", policy.name);
                let help = "its users, apps, platforms and devices never meet, or it always yields";
                let diagnostic = Diagnostic::new(Code::LintNobody, message);
                let edit = self.policy_at(policy.span).map(|span| self.without_statement(span));
                let diagnostic = diagnostic.at(policy.span, "this never applies").help(help);
                found.push(diagnostic.edits(edit.into_iter().collect()));
            }
        }
        self.superfluous(&nobody, found);
        self.gaps(&applying, &mut shop, found);
        nobody
    }

    /// Policies without which nothing would be decided differently.
    fn superfluous(&self, nobody: &BTreeSet<PolicyId>, found: &mut Vec<Diagnostic>) {
        let live: Vec<PolicyId> = (self.model.policy_ids())
            .filter(|id| !self.model.policy(*id).report_only && !nobody.contains(id))
            .collect();
        for id in &live {
            let others = live.iter().filter(|other| *other != id);
            let covering: Vec<PolicyId> =
                others.filter(|other| self.covers(**other, *id)).copied().collect();
            let Some(cover) = covering.first() else { continue };
            let checked = self.analysis.checked;
            if self.yield_to(*id)
                || !self.changes_nothing(*id)
                || access::says_alone(checked, self.model, *id)
            {
                continue;
            }
            let (one, other) = (self.model.policy(*id), self.model.policy(*cover));
            let message = format!("without `{}` nothing would be decided differently", one.name);
            let diagnostic = Diagnostic::new(Code::LintSuperfluous, message)
                .at(one.span, "this changes nothing")
                .at(other.span, "this is as strict, for the same people, apps and devices")
                .help("take one of the two out");
            let edit = self.policy_at(one.span).map(|span| self.without_statement(span));
            found.push(diagnostic.edits(edit.into_iter().collect()));
        }
    }

    /// Whether a policy is for all people, apps and devices that another one is for.
    fn covers(&self, wide: PolicyId, narrow: PolicyId) -> bool {
        let (wide, narrow) = (self.model.policy(wide), self.model.policy(narrow));
        let apps = |(app, on): &(crate::model::AppId, Platforms)| {
            wide.protect.iter().any(|(one, also)| one == app && also.and(*on) == *on)
        };
        wide.yields == Yields::No
            && wide.platforms.and(narrow.platforms) == narrow.platforms
            && wide.devices.and(narrow.devices) == narrow.devices
            && narrow.protect.iter().all(apps)
            && (wide.people == narrow.people || wide.people == People::ANYBODY)
    }

    fn yield_to(&self, id: PolicyId) -> bool {
        self.model.policies().iter().any(|policy| match &policy.yields {
            Yields::No => false,
            Yields::Any => true,
            Yields::To(ids) => ids.contains(&id),
        })
    }

    fn changes_nothing(&self, id: PolicyId) -> bool {
        let mut model = self.model.clone();
        let people = People::Some { of: Some(Vec::new()), except: Vec::new() };
        model.policies[id.index()].people = people;
        let limits = self.analysis.checked.limits();
        let Ok(table) = Table::new(&model, limits) else { return false };
        let comparison = Comparison {
            models: [self.model, &model],
            tables: [&self.analysis.table, &table],
            platforms: Platforms::all(),
            left_out: &|_| false,
            nodes: limits.nodes,
        };
        !comparison.is_any()
    }

    /// Groups of people and kinds of devices that no policy is for.
    fn gaps(
        &self,
        applying: &[(crate::table::Device, Vec<(PolicyId, Diagram)>)],
        shop: &mut Trials<'_>,
        found: &mut Vec<Diagnostic>,
    ) {
        let live = || self.model.policies().iter().filter(|policy| !policy.report_only);
        let Some(first) = live().find(|policy| self.is_own(policy.span)) else { return };
        let covered = |platform: Platform, state: Option<DeviceState>| {
            let here = live().filter(|policy| policy.platforms.contains(platform));
            here.into_iter().any(|policy| state.is_none_or(|state| policy.devices.contains(state)))
        };
        // On Windows the service protects data on devices that nobody manages, and on no others.
        let platforms = Platform::ALL.iter().filter(|platform| **platform != Platform::Windows);
        for platform in platforms.filter(|platform| covered(**platform, None)) {
            let open = DeviceState::ALL
                .iter()
                .filter(|state| state.exists_on(*platform) && !covered(*platform, Some(**state)));
            let open: Vec<_> = open.map(|state| state.word()).collect();
            if !open.is_empty() {
                let words = open.join(", ");
                let message = format!("no policy is for devices `{words}` on `{platform}`");
                let help = "company data moves freely there; say so with a policy, or widen one";
                let diagnostic = Diagnostic::new(Code::LintGap, message);
                found.push(diagnostic.at(first.span, "the first policy of the set").help(help));
            }
        }
        for (number, users) in self.model.users().iter().enumerate() {
            let group = vec![crate::model::UsersId::new(number)];
            let only = shop.crowd.user(&group);
            let meant = |when: &Diagram, shop: &mut Trials<'_>| !shop.crowd.are_apart(*when, only);
            let mut policies = applying.iter().flat_map(|(_, policies)| policies);
            if policies.any(|(_, when)| meant(when, shop)) {
                continue;
            }
            let Some(span) = self.declaration(&users.name).filter(|span| self.is_own(*span)) else {
                continue;
            };
            let message = format!("no policy is for people who are only in `{}`", users.name);
            let help = "company data moves freely for them; let a policy be for them, too";
            let diagnostic = Diagnostic::new(Code::LintGap, message);
            found.push(diagnostic.at(span, "declared here").help(help));
        }
    }

    /// All of the policy that has its name in a place.
    fn policy_at(&self, name: Span) -> Option<Span> {
        let mut items = self.files().flat_map(|file| &file.items);
        let item = items.find(|item| match &item.kind {
            ItemKind::Policy(policy) => policy.name.span == name,
            _ => false,
        });
        item.map(|item| item.span)
    }

    fn declaration(&self, name: &str) -> Option<Span> {
        let items = self.files().flat_map(|file| &file.items);
        items
            .filter_map(|item| match &item.kind {
                ItemKind::Users(users) if users.name.text == name => Some(users.name.span),
                _ => None,
            })
            .next()
    }

    /// Expectations that would hold whatever rules said.
    fn vacuous(&self, found: &mut Vec<Diagnostic>) {
        let all = vacuous::find(self.analysis).into_iter();
        for (one, why) in all.filter(|(one, _)| self.is_own(one.span)) {
            let diagnostic =
                Diagnostic::new(Code::LintVacuous, "an expectation that nothing could break");
            let help = "correct what was meant, or leave it out: it promises nothing";
            let edit = self.without_statement(one.span);
            found.push(diagnostic.at(one.span, why).help(help).edits(vec![edit]));
        }
    }

    /// Declared apps that carry the SDK and that no policy protects.
    fn unprotected(&self, found: &mut Vec<Diagnostic>) {
        if self.model.policies().is_empty() {
            return;
        }
        let mut protected = BTreeSet::new();
        for policy in self.model.policies() {
            protected.extend(policy.protect.iter().map(|(app, _)| *app));
        }
        for id in self.model.app_ids().filter(|id| !protected.contains(id)) {
            let app = self.model.app(id);
            let declared =
                app.span.filter(|span| app.origin == Origin::Declared && self.is_own(*span));
            let Some(span) = declared.filter(|_| app.sdk && !app.container) else { continue };
            let message = format!("`{}` carries the SDK, and no policy protects it", app.name);
            let help = "let a policy protect it, or leave out `sdk`";
            let diagnostic = Diagnostic::new(Code::LintUnprotected, message);
            found.push(diagnostic.at(span, "protected nowhere").help(help));
        }
    }
}

fn without(rule: RuleId) -> Trial {
    Trial { removes: vec![rule], adds: Vec::new() }
}
