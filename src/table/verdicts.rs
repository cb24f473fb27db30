//! Decisions as the numbers of decision diagrams.
//!
//! Takes in decisions, gives them numbers, and joins functions of users that end in them. Who decides
//! what is not known here.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use crate::decision::{Decision, Verdict};
use crate::diagram::{Diagram, Diagrams, Memo};
use crate::vocabulary::{Effect, Obligations, Reason};

/// The number at the end of a diagram where nobody has said anything.
pub(super) const SILENT: u32 = 0;

/// Nobody has said anything.
pub(crate) const SILENCE: Diagram = Diagram::leaf(SILENT);

/// Functions from users to decisions, or to silence.
pub(crate) struct Verdicts {
    pub(crate) diagrams: Diagrams,
    decisions: Vec<Decision>,
    numbers: HashMap<Decision, u32, FxBuildHasher>,
    strictest: Memo,
    mildest: Memo,
    otherwise: Memo,
}

impl Verdicts {
    pub(crate) fn new(diagrams: Diagrams) -> Self {
        Self {
            diagrams,
            // What silence would be if it were asked for: it never is.
            decisions: vec![Decision::not_enforced(Reason::AppNotProtected)],
            numbers: HashMap::default(),
            strictest: Memo::default(),
            mildest: Memo::default(),
            otherwise: Memo::default(),
        }
    }

    /// The decision of every number; that of [`SILENCE`] is none.
    pub(crate) fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    /// The number that stands for a decision.
    pub(crate) fn number(&mut self, decision: Decision) -> u32 {
        let next = u32::try_from(self.decisions.len()).unwrap_or(u32::MAX >> 1);
        *self.numbers.entry(decision).or_insert_with(|| {
            self.decisions.push(decision);
            next
        })
    }

    /// The same decision for all users.
    pub(crate) fn all(&mut self, decision: Decision) -> Diagram {
        Diagram::leaf(self.number(decision))
    }

    /// A block for all users.
    pub(crate) fn block(&mut self) -> Diagram {
        self.all(Decision::enforced(Verdict::BLOCKED))
    }

    /// An allow within limits, for those whom a condition means; of others nothing is said.
    pub(crate) fn allow(&mut self, when: Diagram, limits: Obligations) -> Diagram {
        let verdict = Verdict { effect: Effect::Allow, obligations: limits };
        let allowed = self.all(Decision::enforced(verdict));
        self.diagrams.choose(when, allowed, SILENCE)
    }

    /// Joins two functions; silence is neutral.
    fn join(
        &mut self,
        a: Diagram,
        b: Diagram,
        memo: impl Fn(&mut Self) -> &mut Memo,
        with: impl Fn(Verdict, Verdict) -> Verdict,
    ) -> Diagram {
        match (a, b) {
            (SILENCE, other) | (other, SILENCE) => return other,
            _ if a == b => return a,
            _ => {}
        }
        let mut known = std::mem::take(memo(self));
        let Self { diagrams, decisions, numbers, .. } = self;
        let found = diagrams.join(a, b, &mut known, &mut |a, b| {
            if a == 0 || b == 0 || a == b {
                return a.max(b);
            }
            let verdict = with(decisions[a as usize].verdict, decisions[b as usize].verdict);
            let decision = Decision::enforced(verdict);
            let next = u32::try_from(decisions.len()).unwrap_or(u32::MAX >> 1);
            *numbers.entry(decision).or_insert_with(|| {
                decisions.push(decision);
                next
            })
        });
        *memo(self) = known;
        found
    }

    /// Whether a function lets something pass for somebody for whom the other one does not.
    pub(crate) fn is_looser(&mut self, before: Diagram, after: Diagram) -> bool {
        let passing: Vec<bool> = self.decisions.iter().map(Decision::is_allowed).collect();
        let opens = &mut |a: u32, b: u32| u32::from(!passing[a as usize] && passing[b as usize]);
        self.diagrams.join(before, after, &mut Memo::default(), opens) != Diagram::FALSE
    }

    /// What two policies say together.
    pub(crate) fn strictest(&mut self, a: Diagram, b: Diagram) -> Diagram {
        self.join(a, b, |all| &mut all.strictest, Verdict::join)
    }

    /// What two rules of one policy that allow say together: of each kind of limit the mildest.
    pub(crate) fn mildest(&mut self, a: Diagram, b: Diagram) -> Diagram {
        self.join(
            a,
            b,
            |all| &mut all.mildest,
            |a, b| {
                let (a, b) = (a.obligations, b.obligations);
                let obligations = Obligations {
                    characters: a.characters.zip(b.characters).map(|(a, b)| a.max(b)),
                    without_content: a.without_content & b.without_content,
                    tagged: a.tagged & b.tagged,
                };
                Verdict { effect: Effect::Allow, obligations }
            },
        )
    }

    /// The first function, and where it is silent the other.
    pub(crate) fn otherwise(&mut self, a: Diagram, b: Diagram) -> Diagram {
        if a == SILENCE {
            return b;
        }
        let with = &mut |a, b| if a == 0 { b } else { a };
        self.diagrams.join(a, b, &mut self.otherwise, with)
    }

    /// The decisions where nobody has a say, from the numbers of reasons.
    pub(crate) fn not_enforced(&mut self, reasons: Diagram) -> Diagram {
        let decisions = Reason::ALL.iter().map(|reason| Decision::not_enforced(*reason));
        let numbers: Vec<u32> = decisions.map(|decision| self.number(decision)).collect();
        self.diagrams.map(reasons, |reason| numbers.get(reason as usize).copied().unwrap_or(0))
    }
}
