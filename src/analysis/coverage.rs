//! What do the expectations speak about?
//!
//! Takes in an analysed set, gives out for each rule how many expectations speak of a movement that it
//! matches, and how many cells of the table some expectation speaks about. Whether they hold is not asked.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::Analysis;
use super::describe::Describe;
use super::space::{Lens, Space};
use super::spoken::Spoken;
use super::trials::{Example, Trials};
use crate::bits::Bits;
use crate::model::{ExpectationId, PolicyId, RuleId, Scope};
use crate::table::{DeviceKind, Seat, Seen};
use crate::vocabulary::Channel;

/// What expectations speak about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Coverage {
    /// Every rule, in order.
    pub rules: Vec<RuleCoverage>,
    /// How many cells of the table hold a movement.
    pub cells: usize,
    /// How many of them some expectation speaks about.
    pub cells_spoken: usize,
}

impl Coverage {
    /// How many rules some expectation speaks about.
    #[must_use]
    pub fn rules_spoken(&self) -> usize {
        self.rules.iter().filter(|rule| rule.expectations > 0).count()
    }
}

/// How many expectations speak about a rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleCoverage {
    /// The policy.
    pub policy: String,
    /// The rule's canonical text.
    pub rule: String,
    /// The file that it stands in.
    pub file: String,
    /// The line on which it begins.
    pub line: u32,
    /// How many expectations have a movement in their scope that the rule matches.
    pub expectations: usize,
    /// Where there is none: a movement that the rule matches, as a scope.
    pub example: Option<String>,
}

pub(super) fn coverage(analysis: &Analysis<'_>) -> Coverage {
    let model = analysis.model;
    let mut speaking: Vec<Vec<ExpectationId>> = vec![Vec::new(); model.rules().len()];
    let mut examples: BTreeMap<RuleId, String> = BTreeMap::new();
    let guests = model.policy_ids().filter(|id| model.policy(*id).report_only);
    for guest in std::iter::once(None).chain(guests.map(Some)) {
        look(analysis, guest, &mut speaking, &mut examples);
    }
    let rules = speaking.iter().enumerate().map(|(number, speaking)| {
        let id = RuleId::new(number);
        let entry = model.directory().rule(id);
        RuleCoverage {
            policy: model.policy(entry.policy).name.clone(),
            rule: entry.text.to_owned(),
            file: entry.file.to_owned(),
            line: entry.line,
            expectations: speaking.len(),
            example: examples.get(&id).filter(|_| speaking.is_empty()).cloned(),
        }
    });
    let rules = rules.collect();
    let mut cells = Cells { analysis, found: HashSet::new() };
    cells.add(&Scope::everything(), None);
    let all = cells.found.len();
    cells.found.clear();
    for one in model.expectations() {
        cells.add(&one.scope, one.policy.filter(|id| !model.policy(*id).report_only));
    }
    Coverage { rules, cells: all, cells_spoken: cells.found.len() }
}

/// Looks at the rules of one world: that of the live policies, or that of a policy which only reports.
fn look(
    analysis: &Analysis<'_>,
    guest: Option<PolicyId>,
    speaking: &mut [Vec<ExpectationId>],
    examples: &mut BTreeMap<RuleId, String>,
) {
    let model = analysis.model;
    let all = (0..model.rules().len()).map(RuleId::new);
    let rules: Vec<RuleId> =
        all.filter(|id| analysis.matters(guest, model.rule(*id).policy)).collect();
    let nodes = analysis.checked.limits().nodes;
    let people = model.expectations().iter().filter_map(|one| one.scope.people.as_ref());
    let mut stage = Trials::among(model, guest, &[], nodes, people);
    let mut spoken = Spoken::new(&mut stage, guest);
    let count = spoken.expectations.len();
    let mut known = vec![Bits::new(count); rules.len()];
    let mut first: Vec<Option<Example>> = vec![None; rules.len()];
    stage.show_regions(&rules, |verdicts, stage, number, touched| {
        if first[number].is_none() {
            first[number] = stage.example(model, verdicts, touched, touched.users);
        }
        spoken.speaking(verdicts, stage, touched, None, &mut known[number]);
        if known[number].len() < count { Seen::More } else { Seen::Enough }
    });
    let table = analysis.table_with(guest);
    for ((id, known), first) in rules.iter().zip(&known).zip(&first) {
        speaking[id.index()].extend(known.iter().map(|at| spoken.expectations[at].0));
        let movement = first.as_ref().and_then(|example| stage.movement(example));
        if let Some(movement) = movement {
            let text = || Describe::new(model).movement(table, &movement);
            examples.entry(*id).or_insert_with(text);
        }
    }
}

/// Cells of the table that scopes hold movements of.
struct Cells<'a> {
    analysis: &'a Analysis<'a>,
    found: HashSet<(DeviceKind, Channel, Seat, Seat)>,
}

impl Cells<'_> {
    fn add(&mut self, scope: &Scope, policy: Option<PolicyId>) {
        let lens = &mut Lens::new(self.analysis, &self.analysis.table, scope.people.iter());
        let mut space = Space::new(lens, scope, policy);
        space.visit(lens, |space, lens, pair| {
            let cell = (pair.spot.kind, pair.channel, pair.source.seat, pair.target.seat);
            if !self.found.contains(&cell) && space.holds(lens, pair) {
                self.found.insert(cell);
            }
            Seen::More
        });
    }
}
