//! Verdict codes: verdicts in 16 bits, ordered so that combining them takes a few instructions.
//!
//! Takes in verdicts and the limits on characters of a table, gives out codes and their combinations:
//! deny-overrides between policies, weakest obligations between rules that allow. Policies, rules and
//! matrices are not known here.

use crate::decision::Verdict;
use crate::limits::{LimitExceeded, Resource};
use crate::vocabulary::{Effect, Obligations};

/// The outcome of a policy, or of several.
///
/// The two lowest bits are obligations. The rest is a rank: 0 is blocked, then come the limits on
/// characters with the smallest first, then allowed without a limit, then not applicable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Code(u16);

const FLAGS: u16 = 3;
const TAGGED: u16 = 1;
const WITHOUT_CONTENT: u16 = 2;
const RANK: u32 = 2;

/// The ranks of "allowed without a limit" and of "not applicable"; limits have smaller ones.
const UNLIMITED: u16 = u16::MAX >> RANK;
const NONE: u16 = UNLIMITED - 1;

impl Code {
    /// No policy applies; within one policy, no rule matches.
    pub(crate) const NOT_APPLICABLE: Self = Self(UNLIMITED << RANK);
    pub(crate) const BLOCKED: Self = Self(0);
    /// Allowed without obligations.
    pub(crate) const FREE: Self = Self(NONE << RANK);

    /// The most limits on characters that codes can tell apart.
    pub(crate) const MOST_LIMITS: usize = NONE as usize - 1;

    /// The code of a verdict. `limits` are all limits on characters, the smallest first.
    pub(crate) fn new(verdict: Verdict, limits: &[u32]) -> Result<Self, LimitExceeded> {
        if verdict.effect == Effect::Block {
            return Ok(Self::BLOCKED);
        }
        let Obligations { characters, without_content, tagged } = verdict.obligations;
        let rank = match characters.map(|limit| limits.partition_point(|one| *one < limit)) {
            None => NONE,
            Some(at) if at < Self::MOST_LIMITS => at as u16 + 1,
            Some(_) => {
                let needed = limits.len();
                return Err(LimitExceeded::new(Resource::Indices, needed, Self::MOST_LIMITS));
            }
        };
        let flags = u16::from(tagged) * TAGGED + u16::from(without_content) * WITHOUT_CONTENT;
        Ok(Self(rank << RANK | flags))
    }

    /// The verdict; not to be asked where no policy applies.
    #[inline]
    pub(crate) fn verdict(self, limits: &[u32]) -> Verdict {
        let characters = match self.0 >> RANK {
            0 => return Verdict::BLOCKED,
            NONE.. => None,
            rank => limits.get(usize::from(rank) - 1).copied(),
        };
        let (without_content, tagged) = (self.0 & WITHOUT_CONTENT != 0, self.0 & TAGGED != 0);
        Verdict::allowed(Obligations { characters, without_content, tagged })
    }

    /// Whether the code has a meaning where there are so many limits.
    pub(crate) fn is_valid(self, limits: usize) -> bool {
        let (rank, flags) = (self.0 >> RANK, self.0 & FLAGS);
        match rank {
            0 | UNLIMITED => flags == 0,
            NONE => true,
            _ => usize::from(rank) <= limits,
        }
    }

    #[inline]
    pub(crate) fn is_blocked(self) -> bool {
        self.0 >> RANK == 0
    }

    /// The outcome of two policies: deny-overrides, and all obligations of both. A block can keep bits of
    /// obligations, which mean nothing there.
    #[inline]
    pub(crate) fn deny_overrides(self, other: Self) -> Self {
        Self((self.0 & !FLAGS).min(other.0 & !FLAGS) | (self.0 | other.0) & FLAGS)
    }

    /// The only code of its verdict: a block has no obligations.
    pub(crate) fn canonical(self) -> Self {
        if self.is_blocked() { Self::BLOCKED } else { self }
    }

    /// The outcome of two rules, or groups of rules, of one policy: a block, else the weakest obligations.
    pub(crate) fn within_policy(self, other: Self) -> Self {
        match (self, other) {
            (Self::NOT_APPLICABLE, one) | (one, Self::NOT_APPLICABLE) => one,
            _ if self.is_blocked() || other.is_blocked() => Self::BLOCKED,
            _ => Self((self.0 & !FLAGS).max(other.0 & !FLAGS) | self.0 & other.0 & FLAGS),
        }
    }

    /// The code, and where no rule matches the default.
    pub(crate) fn or_default(self, default: Self) -> Self {
        if self == Self::NOT_APPLICABLE { default } else { self }
    }

    /// The bits, as a file holds them.
    pub(crate) const fn bits(self) -> u16 {
        self.0
    }

    /// The code of such bits.
    pub(crate) const fn of_bits(bits: u16) -> Self {
        Self(bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: &[u32] = &[5, 80];

    fn all() -> Vec<Verdict> {
        let mut all = vec![Verdict::BLOCKED];
        for characters in [None, Some(5), Some(80)] {
            for bits in 0..4 {
                let (without_content, tagged) = (bits & 1 == 1, bits & 2 == 2);
                all.push(Verdict::allowed(Obligations { characters, without_content, tagged }));
            }
        }
        all
    }

    fn code(verdict: Verdict) -> Code {
        Code::new(verdict, LIMITS).unwrap()
    }

    #[test]
    fn codes_mean_their_verdicts_and_join_as_they_do() {
        for one in all() {
            assert_eq!(code(one).verdict(LIMITS), one);
            assert!(code(one).is_valid(2));
            assert_eq!(code(one).deny_overrides(Code::NOT_APPLICABLE), code(one));
            assert_eq!(code(one).within_policy(Code::NOT_APPLICABLE), code(one));
            for other in all() {
                let joined = code(one).deny_overrides(code(other));
                assert_eq!(joined.verdict(LIMITS), one.join(other));
            }
        }
        assert!(!Code::of_bits(3 << RANK).is_valid(2) && !Code::of_bits(1).is_valid(2));
    }

    #[test]
    fn rules_of_a_policy_weaken_each_other() {
        let allowed = |characters, tagged| {
            code(Verdict::allowed(Obligations { characters, tagged, without_content: false }))
        };
        let one = allowed(Some(5), true).within_policy(allowed(Some(80), false));
        assert_eq!(one, allowed(Some(80), false));
        assert_eq!(one.within_policy(Code::BLOCKED), Code::BLOCKED);
        assert_eq!(one.within_policy(allowed(None, true)), Code::FREE);
        assert_eq!(Code::NOT_APPLICABLE.or_default(Code::FREE), Code::FREE);
    }
}
