//! Scopes: what a statement in a policy is about, as text.
//!
//! Takes in the clauses of a statement and the head of its policy, gives out a scope within both: users, platforms and
//! devices of both, and, where the statement leaves its apps open, those that the policy protects, under their work
//! accounts. Where no scope can say that, it holds more, and the policy is asked about together with it.

use crate::source::{Span, Spanned};
use crate::syntax::ast::{
    Account, AccountWord, ChannelWord, Matching, Member, Name, People, Policy, Rule, Scope, Set,
    SetWord, StatementKind, Term, TermKind, Words,
};
use crate::vocabulary::{Channel, DeviceState, Platform, Side};

/// The clauses of a policy's head that bound what its statements are about.
#[derive(Default)]
pub(super) struct Head<'f> {
    pub(super) people: Option<&'f People>,
    pub(super) platforms: Option<&'f Words>,
    pub(super) devices: Option<&'f Words>,
    pub(super) protect: Option<&'f Set>,
    /// Whether it is not known which of the apps are protected.
    is_unconfirmed: bool,
}

impl<'f> Head<'f> {
    pub(super) fn of(policy: Option<&'f Policy>) -> Self {
        let mut head = Self::default();
        for statement in policy.iter().flat_map(|policy| &policy.body) {
            match &statement.kind {
                StatementKind::For(people) => head.people = Some(people),
                StatementKind::On(words) => head.platforms = Some(words),
                StatementKind::Devices(words) => head.devices = Some(words),
                StatementKind::Protect(protect) => {
                    head.protect = Some(&protect.set);
                    head.is_unconfirmed = protect.unconfirmed.is_some();
                }
                _ => {}
            }
        }
        head
    }

    /// Whether the policy is for a platform.
    pub(super) fn has_platform(&self, platform: Platform) -> bool {
        self.platforms.is_none_or(|words| !meant(words, &[platform.word()]).is_empty())
    }

    /// Whether the policy is for a device state.
    pub(super) fn has_state(&self, state: DeviceState) -> bool {
        self.devices.is_none_or(|words| !meant(words, &[state.word()]).is_empty())
    }

    /// The protected apps, under their work accounts.
    pub(super) fn own_apps(&self) -> Option<Set> {
        self.protect.map(|set| under(AccountWord::One(Account::Work), set))
    }

    /// The users of a clause within the head; those of the clause, where no clause can say that.
    pub(super) fn people(&self, own: Option<&People>) -> Option<People> {
        match (self.people, own) {
            (Some(head), Some(own)) => Some(in_both(head, own).unwrap_or_else(|| own.clone())),
            (head, own) => own.or(head).cloned(),
        }
    }

    /// Whether no clause can say for which users of both the head and a clause something holds.
    pub(super) fn cannot_say(&self, own: Option<&People>) -> bool {
        self.people.zip(own).is_some_and(|(head, own)| in_both(head, own).is_none())
    }

    /// The platforms of a clause within the head.
    pub(super) fn platforms(&self, own: Option<&Words>) -> Option<Words> {
        let all: Vec<_> = Platform::ALL.iter().map(|one| one.word()).collect();
        words_in_both(self.platforms, own, &all)
    }

    /// The device states of a clause within the head.
    pub(super) fn devices(&self, own: Option<&Words>) -> Option<Words> {
        let all: Vec<_> = DeviceState::ALL.iter().map(|one| one.word()).collect();
        words_in_both(self.devices, own, &all)
    }
}

/// The scope of a rule within the head of its policy.
pub(super) fn of_rule(rule: &Rule, head: &Head<'_>) -> Scope {
    let mut scope = rule.scope.clone();
    let account = match rule.scope.app_wide {
        Some(_) => AccountWord::Any,
        None => AccountWord::One(Account::Work),
    };
    let own = match rule.effect.value.side() {
        Side::Source => &mut scope.from,
        Side::Target => &mut scope.to,
    };
    *own = own.as_ref().or(head.protect).map(|set| under(account, set));
    within(scope, head)
}

/// The scope of an expectation within the head of its policy. `open` is about what comes into the policy's apps, all
/// else about what leaves them.
pub(super) fn of_expectation(scope: &Scope, head: &Head<'_>) -> Scope {
    let mut scope = scope.clone();
    let opens = |one: &Spanned<ChannelWord>| one.value == ChannelWord::One(Channel::Open);
    let is_open = !scope.channels.is_empty() && scope.channels.iter().all(opens);
    let may_open = |one: &Spanned<ChannelWord>| one.value == ChannelWord::Any || opens(one);
    if is_open && scope.to.is_none() {
        scope.to = head.own_apps();
    } else if scope.from.is_none() && !scope.channels.iter().any(may_open) {
        scope.from = head.own_apps();
    } else if scope.to.is_none()
        && !head.is_unconfirmed
        && scope.from.as_ref().is_some_and(is_alien)
    {
        scope.to = head.own_apps();
    }
    within(scope, head)
}

/// Whether a set holds no app where a policy applies to it.
fn is_alien(set: &Set) -> bool {
    let is_it = |term: &Term| match &term.what {
        TermKind::Word(word) => match word {
            SetWord::Unmanaged
            | SetWord::Unlisted
            | SetWord::AnyStorage
            | SetWord::CorporateStorage
            | SetWord::PersonalStorage => term.account.is_none(),
            SetWord::Any | SetWord::AnyApp | SetWord::Managed => false,
        },
        TermKind::Name(_) | TermKind::Id(_) => false,
    };
    set.terms.iter().all(is_it)
}

/// The scope of chains of an expectation within the head of its policy: they begin in the policy's apps, and are over all
/// channels where it names none.
pub(super) fn of_chains(scope: &Scope, head: &Head<'_>, span: Span) -> Scope {
    let mut scope = scope.clone();
    scope.from = scope.from.or_else(|| head.own_apps());
    if scope.channels.is_empty() {
        scope.channels.push(Spanned { value: ChannelWord::Any, span });
    }
    within(scope, head)
}

/// A scope without limits, within the users and devices of a head.
fn within(scope: Scope, head: &Head<'_>) -> Scope {
    Scope {
        people: head.people(scope.people.as_ref()),
        platforms: head.platforms(scope.platforms.as_ref()),
        devices: head.devices(scope.devices.as_ref()),
        up_to: None,
        without_content: None,
        tagged: None,
        app_wide: None,
        because: None,
        ..scope
    }
}

/// A set whose names stand for one account, or all, where they name none.
fn under(account: AccountWord, set: &Set) -> Set {
    let takes_account = |term: &Term| match term.what {
        TermKind::Name(_) | TermKind::Word(SetWord::Any | SetWord::AnyApp) => {
            term.account.is_none()
        }
        TermKind::Word(_) | TermKind::Id(_) => false,
    };
    let term = |term: &Term| match takes_account(term) {
        true => Term { account: Some(Spanned { value: account, span: term.span }), ..term.clone() },
        false => term.clone(),
    };
    Set { terms: set.terms.iter().map(term).collect(), ..set.clone() }
}

// ---------------------------------------------------------------- platforms and devices

/// The words of two clauses, of which one may be left out; `None` if they are all there are.
fn words_in_both(head: Option<&Words>, own: Option<&Words>, all: &[&'static str]) -> Option<Words> {
    let (Some(head), Some(own)) = (head, own) else { return own.or(head).cloned() };
    let (outer, inner) = (meant(head, all), meant(own, all));
    let both: Vec<_> = inner.iter().filter(|word| outer.contains(word)).copied().collect();
    // Clauses that have nothing in common are a mistake, which is reported.
    if both.is_empty() || both == inner {
        return Some(own.clone());
    }
    if both == outer {
        return Some(head.clone());
    }
    let name = |word: &&str| Name { text: (*word).to_owned(), span: own.span };
    let of = Some(both.iter().map(name).collect());
    Some(Words { of, except: Vec::new(), span: own.span })
}

/// The words that a clause stands for.
fn meant(words: &Words, all: &[&'static str]) -> Vec<&'static str> {
    let holds = |name: &Name, word: &str| match name.text.as_str() {
        "any" => true,
        "enrolled" => word != DeviceState::Unmanaged.word(),
        text => text == word,
    };
    let is_in = |word: &&&'static str| {
        words.of.as_ref().is_none_or(|of| of.iter().any(|name| holds(name, word)))
            && !words.except.iter().any(|name| holds(name, word))
    };
    all.iter().filter(is_in).copied().collect()
}

// ---------------------------------------------------------------- users

/// A `for` clause without `exactly`.
struct Groups<'p> {
    /// The groups; `None` for everybody.
    of: Option<&'p [Member]>,
    /// Whether users are in all of the groups, not in one of them at least.
    is_every: bool,
    except: &'p [Member],
}

impl<'p> Groups<'p> {
    fn of(people: &'p People) -> Option<Self> {
        match people {
            People::Some { of, except, .. } => {
                let is_every = of.as_ref().is_some_and(|of| of.len() == 1);
                Some(Self { of: of.as_deref(), is_every, except })
            }
            People::Every { of, except, .. } => Some(Self { of: Some(of), is_every: true, except }),
            People::Exactly { .. } => None,
        }
    }
}

/// The clause for the users of two clauses; `None` if there is none in the language, or it is not known which it is.
fn in_both(head: &People, own: &People) -> Option<People> {
    let (Some(outer), Some(inner)) = (Groups::of(head), Groups::of(own)) else {
        // Users of exactly some groups are one kind: they are all of the head, or none is.
        return (!has_tests(head) && !has_tests(own) && Groups::of(own).is_none())
            .then(|| own.clone());
    };
    let mut except = inner.except.to_vec();
    add(&mut except, outer.except);
    let (of, is_every) = match (outer.of, inner.of) {
        (None, of) => (of.map(<[Member]>::to_vec), inner.is_every),
        (of, None) => (of.map(<[Member]>::to_vec), outer.is_every),
        (Some(a), Some(b)) if outer.is_every && inner.is_every => {
            let mut of = a.to_vec();
            add(&mut of, b);
            (Some(of), true)
        }
        (Some(a), Some(b)) if lies_within((b, inner.is_every), (a, outer.is_every)) => {
            (Some(b.to_vec()), inner.is_every)
        }
        (Some(a), Some(b)) if lies_within((a, outer.is_every), (b, inner.is_every)) => {
            (Some(a.to_vec()), outer.is_every)
        }
        (Some(_), Some(_)) => return None,
    };
    let span = match own {
        People::Some { span, .. } | People::Every { span, .. } | People::Exactly { span, .. } => {
            *span
        }
    };
    Some(match of {
        Some(of) if is_every && of.len() > 1 => People::Every { of, except, span },
        of => People::Some { of, except, span },
    })
}

/// Whether users of one list of groups are users of another list, as far as the names tell. Of each list it is said
/// whether it asks for all of its groups.
fn lies_within(
    (list, is_every): (&[Member], bool),
    (others, others_every): (&[Member], bool),
) -> bool {
    let is_held = |one: &Member| others.iter().any(|other| is_alike(one, other));
    let holds = if is_every { list.iter().any(is_held) } else { list.iter().all(is_held) };
    holds && !others_every
}

/// Adds members that are not there yet.
fn add(list: &mut Vec<Member>, more: &[Member]) {
    for one in more {
        if !list.iter().any(|other| is_alike(one, other)) {
            list.push(one.clone());
        }
    }
}

/// Whether two members name one group with equal tests, wherever they stand.
fn is_alike(one: &Member, other: &Member) -> bool {
    let name = |member: &Member| member.group.as_ref().map(|name| name.text.clone());
    let test = |test: &Matching| (test.filter.text.clone(), test.holds);
    let tests = |member: &Member| member.matching.iter().map(test).collect::<Vec<_>>();
    name(one) == name(other) && tests(one) == tests(other)
}

/// Whether a clause tests filters.
fn has_tests(people: &People) -> bool {
    let (of, except): (&[Member], &[Member]) = match people {
        People::Some { of, except, .. } => (of.as_deref().unwrap_or_default(), except),
        People::Every { of, except, .. } => (of, except),
        People::Exactly { of, .. } => (of, &[]),
    };
    of.iter().chain(except).any(|member| !member.matching.is_empty())
}
