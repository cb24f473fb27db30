//! Statements: those of a document, and the question that each one is about.

use super::places::bytes_of;
use super::scopes::{Head, of_chains, of_expectation, of_rule};
use super::view::View;
use crate::source::{Span, Spanned};
use crate::syntax::ast::{
    AccessScope, ChannelWord, Claim, Expect, ExpectAccess, File, ItemKind, Policy, Rule, Scope,
    Statement, StatementKind, Words,
};
use crate::syntax::print;
use crate::vocabulary::{Channel, Effect};

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
    /// The policy whose reading of the scope is meant.
    pub(super) policy: Option<String>,
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

    /// The question about what it decides or claims, within the head of its policy.
    pub(super) fn question(&self) -> Option<Question> {
        let head = Head::of(self.policy);
        let policy = self.policy_name().map(str::to_owned);
        let explain = |scope| ("mam.explain", scope);
        let (command, scope) = match self.kind {
            StatementRef::Rule(rule) => explain(print::scope(&of_rule(rule, &head))),
            StatementRef::Expect(expect) => match expect.claim {
                Claim::Effect(_) => explain(print::scope(&of_expectation(&expect.scope, &head))),
                Claim::NoPath => {
                    let scope = of_chains(&expect.scope, &head, self.span);
                    ("mam.paths", print::scope(&scope))
                }
            },
            StatementRef::ExpectAccess(expect) => {
                let scope = expect.scope.clone();
                explain(print::access_scope(&accesses(scope, &head)))
            }
            StatementRef::Access(_, [platforms, devices]) => {
                let (platforms, devices) = (platforms.cloned(), devices.cloned());
                let (set, people, when, span) = (None, None, None, self.span);
                let scope = AccessScope { set, people, platforms, devices, when, span };
                explain(print::access_scope(&accesses(scope, &head)))
            }
            StatementRef::Other(_) => return None,
        };
        Some(Question { command, scope, policy })
    }

    /// The users of the policy, where no scope can say which of them a statement is about; and the policies that it yields
    /// to, which put it aside.
    pub(super) fn remarks(&self) -> Vec<String> {
        let head = Head::of(self.policy);
        let mut remarks = Vec::new();
        let own = match self.kind {
            StatementRef::Rule(rule) => rule.scope.people.as_ref(),
            _ => None,
        };
        if let Some(people) = head.people.filter(|_| head.cannot_say(own)) {
            let clause = print::statement(&StatementKind::For(people.clone()));
            remarks.push(format!("Of these users it is about those of the policy: `{clause}`."));
        }
        let yields = self
            .policy
            .iter()
            .flat_map(|policy| &policy.body)
            .find(|one| matches!(one.kind, StatementKind::Yields(_)));
        if let Some(yields) = yields {
            let clause = print::statement(&yields.kind);
            remarks
                .push(format!("It is not in force where its policy does not apply: `{clause}`."));
        }
        remarks
    }
}

/// A scope of accesses within a head: of the protected apps, where it leaves them open.
fn accesses(scope: AccessScope, head: &Head<'_>) -> AccessScope {
    AccessScope {
        set: scope.set.or_else(|| head.own_apps()),
        people: head.people(scope.people.as_ref()),
        platforms: head.platforms(scope.platforms.as_ref()),
        devices: head.devices(scope.devices.as_ref()),
        ..scope
    }
}
