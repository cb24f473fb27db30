//! Statements: those of a document, and the question that each one is about.

use super::places::bytes_of;
use super::view::View;
use crate::source::{Span, Spanned};
use crate::syntax::ast::{
    AccessScope, ChannelWord, Claim, Expect, ExpectAccess, File, ItemKind, People, Policy, Rule,
    Scope, Set, Statement, StatementKind, Words,
};
use crate::syntax::print;
use crate::vocabulary::{Channel, Effect, Side};

/// A statement of a policy, or an expectation outside of policies.
#[derive(Debug, Clone, Copy)]
pub(super) struct StatementAt<'f> {
    pub(super) span: Span,
    pub(super) kind: StatementRef<'f>,
    pub(super) policy: Option<&'f Policy>,
}

/// The kinds of statements that can be asked about.
#[derive(Debug, Clone, Copy)]
pub(super) enum StatementRef<'f> {
    Rule(&'f Rule),
    Expect(&'f Expect),
    ExpectAccess(&'f ExpectAccess),
    /// A requirement or launch condition, with its places.
    Access(&'f StatementKind, [Option<&'f Words>; 2]),
    /// A clause of a head, or a setting.
    Other(&'f StatementKind),
}

/// A question that a command answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) command: &'static str,
    /// The scope, or the chains.
    pub(super) scope: String,
}

/// The statements of a file, in order.
pub(super) fn statements(file: &File) -> impl Iterator<Item = StatementAt<'_>> {
    file.items.iter().flat_map(|item| {
        let alone = |kind| vec![StatementAt { span: item.span, kind, policy: None }];
        match &item.kind {
            ItemKind::Expect(expect) => alone(StatementRef::Expect(expect)),
            ItemKind::ExpectAccess(expect) => alone(StatementRef::ExpectAccess(expect)),
            ItemKind::Policy(policy) => {
                policy.body.iter().map(|one| of_policy(policy, one)).collect()
            }
            _ => Vec::new(),
        }
    })
}

fn of_policy<'f>(policy: &'f Policy, statement: &'f Statement) -> StatementAt<'f> {
    let kind = match &statement.kind {
        StatementKind::Rule(rule) => StatementRef::Rule(rule),
        StatementKind::Expect(expect) => StatementRef::Expect(expect),
        StatementKind::ExpectAccess(expect) => StatementRef::ExpectAccess(expect),
        kind @ StatementKind::Require(require) => {
            let places = [require.platforms.as_ref(), require.devices.as_ref()];
            StatementRef::Access(kind, places)
        }
        kind @ StatementKind::Launch(launch) => {
            StatementRef::Access(kind, [launch.platforms.as_ref(), launch.devices.as_ref()])
        }
        kind => StatementRef::Other(kind),
    };
    StatementAt { span: statement.span, kind, policy: Some(policy) }
}

/// The statement of the document at a byte.
pub(super) fn statement_at<'s>(view: &View<'s>, at: usize) -> Option<StatementAt<'s>> {
    let file = &view.document.parsed()?.file;
    statements(file).find(|one| {
        let bytes = bytes_of(one.span);
        bytes.start <= at && at <= bytes.end
    })
}

/// The policy of the document around a byte.
pub(super) fn policy_at<'s>(view: &View<'s>, at: usize) -> Option<&'s Policy> {
    let items = &view.document.parsed()?.file.items;
    items.iter().find_map(|item| match &item.kind {
        ItemKind::Policy(policy) if bytes_of(item.span).contains(&at) => Some(policy),
        _ => None,
    })
}

/// The policy of a file with a name.
pub(super) fn policy_of<'f>(file: &'f File, name: &str) -> Option<&'f Policy> {
    file.items.iter().find_map(|item| match &item.kind {
        ItemKind::Policy(policy) if policy.name.text == name => Some(policy),
        _ => None,
    })
}

/// The clauses that tell for whom and where a policy is, as text.
pub(super) fn audience(policy: &Policy) -> String {
    let clauses = policy.body.iter().filter(|one| {
        matches!(one.kind, StatementKind::For(_) | StatementKind::On(_) | StatementKind::Devices(_))
    });
    let clauses: Vec<_> = clauses.map(|one| print::statement(&one.kind)).collect();
    clauses.join(" ")
}

/// The clauses of a policy's head that bound what its statements are about.
struct Head<'f> {
    people: Option<&'f People>,
    platforms: Option<&'f Words>,
    devices: Option<&'f Words>,
    protect: Option<&'f Set>,
}

impl<'f> Head<'f> {
    fn of(policy: Option<&'f Policy>) -> Self {
        let mut head = Self { people: None, platforms: None, devices: None, protect: None };
        for statement in policy.iter().flat_map(|policy| &policy.body) {
            match &statement.kind {
                StatementKind::For(people) => head.people = Some(people),
                StatementKind::On(words) => head.platforms = Some(words),
                StatementKind::Devices(words) => head.devices = Some(words),
                StatementKind::Protect(protect) => head.protect = Some(&protect.set),
                _ => {}
            }
        }
        head
    }
}

impl StatementAt<'_> {
    /// The name of the policy around it.
    pub(super) fn policy_name(&self) -> Option<&str> {
        self.policy.map(|policy| policy.name.text.as_str())
    }

    /// Its canonical text, as the analysis has it.
    pub(super) fn text(&self) -> String {
        match self.kind {
            StatementRef::Rule(rule) => print::rule(rule),
            StatementRef::Expect(expect) => print::expect(expect),
            StatementRef::ExpectAccess(expect) => print::expect_access(expect),
            StatementRef::Access(kind, _) | StatementRef::Other(kind) => print::statement(kind),
        }
    }

    /// Whether it is an expectation.
    pub(super) const fn is_expectation(&self) -> bool {
        matches!(self.kind, StatementRef::Expect(_) | StatementRef::ExpectAccess(_))
    }

    /// The scope of what a rule allows on a channel; `None` if it allows nothing there.
    pub(super) fn permitted_on(&self, channel: Channel) -> Option<String> {
        let StatementRef::Rule(rule) = self.kind else { return None };
        let is_on = rule.scope.channels.iter().any(|one| match one.value {
            ChannelWord::Any => channel.judged_at(rule.effect.value.side()),
            ChannelWord::One(one) => one == channel,
        });
        if rule.effect.value.effect() != Effect::Allow || !is_on {
            return None;
        }
        let span = self.span;
        let channels = vec![Spanned { value: ChannelWord::One(channel), span }];
        let scope = of_rule(rule, &Head::of(self.policy));
        Some(print::scope(&Scope { channels, ..scope }))
    }

    /// The question about what it decides or claims. What it leaves open is as its policy's head has it.
    pub(super) fn question(&self) -> Option<Question> {
        let head = Head::of(self.policy);
        let explain = |scope| Some(Question { command: "mam.explain", scope });
        match self.kind {
            StatementRef::Rule(rule) => explain(print::scope(&of_rule(rule, &head))),
            StatementRef::Expect(expect) => {
                let scope = within(expect.scope.clone(), &head);
                match expect.claim {
                    Claim::Effect(_) => explain(print::scope(&scope)),
                    Claim::NoPath => {
                        let scope = chains(scope, self.span);
                        Some(Question { command: "mam.paths", scope })
                    }
                }
            }
            StatementRef::ExpectAccess(expect) => {
                let scope = expect.scope.clone();
                let places = [None, None];
                explain(print::access_scope(&accesses(scope, places, &head)))
            }
            StatementRef::Access(_, places) => {
                let (set, span) = (head.protect.cloned(), self.span);
                let (people, platforms, devices, when) = (None, None, None, None);
                let scope = AccessScope { set, people, platforms, devices, when, span };
                explain(print::access_scope(&accesses(scope, places, &head)))
            }
            StatementRef::Other(_) => None,
        }
    }
}

/// The scope of a rule, within a head.
fn of_rule(rule: &Rule, head: &Head<'_>) -> Scope {
    let mut scope = rule.scope.clone();
    match rule.effect.value.side() {
        Side::Source => scope.from = scope.from.or_else(|| head.protect.cloned()),
        Side::Target => scope.to = scope.to.or_else(|| head.protect.cloned()),
    }
    within(scope, head)
}

/// A scope without limits, within a head.
fn within(scope: Scope, head: &Head<'_>) -> Scope {
    Scope {
        people: scope.people.or_else(|| head.people.cloned()),
        platforms: scope.platforms.or_else(|| head.platforms.cloned()),
        devices: scope.devices.or_else(|| head.devices.cloned()),
        up_to: None,
        without_content: None,
        tagged: None,
        app_wide: None,
        ..scope
    }
}

/// The chains of a scope, as text; over all channels where it names none.
fn chains(mut scope: Scope, span: Span) -> String {
    if scope.channels.is_empty() {
        scope.channels.push(Spanned { value: ChannelWord::Any, span });
    }
    print::scope(&scope)
}

/// A scope of accesses within places and a head.
fn accesses(
    scope: AccessScope,
    [platforms, devices]: [Option<&Words>; 2],
    head: &Head<'_>,
) -> AccessScope {
    AccessScope {
        people: scope.people.or_else(|| head.people.cloned()),
        platforms: scope.platforms.or_else(|| platforms.or(head.platforms).cloned()),
        devices: scope.devices.or_else(|| devices.or(head.devices).cloned()),
        ..scope
    }
}
