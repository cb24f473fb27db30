//! Contexts: pictures as matrices that share their parts.
//!
//! Takes in pictures, gives out contexts and pools. The subjects of a matrix are the apps that a policy can protect,
//! under each of their accounts: no policy decides what data of others does. Where a question about all people meets a
//! limit, [`gather`] asks for the people of one group at a time, and says so.

use std::collections::BTreeMap;

use super::data::{
    ClassView, Column, ContextView, DecisionView, EndpointView, MatrixRow, MembersView, Movements,
    PlaceView, Progress, Section,
};
use super::kinds::Kinds;
use super::pool::Pool;
use crate::analysis::{
    Analysis, ByGroup, Cell, LeftOut, Picture, PictureClass, PictureContext, PictureMember,
    PicturePlace, Station,
};
use crate::compiler::Checked;
use crate::decision::RuleAnswer;
use crate::draw;
use crate::limits::{LimitExceeded, Limits};
use crate::model::{People, Scope};
use crate::vocabulary::{Account, Channel, Effect, Side};

/// The most kinds of people that are asked about one by one.
const MOST_KINDS: usize = 25;

/// The most nodes of a question about all people: where it takes more, one about each group is better.
const MOST_NODES: usize = 2_000_000;

/// The most rows of all matrices.
const MOST_ROWS: usize = 150_000;

/// The most bytes of all drawings.
const MOST_DRAWN: usize = 2_000_000;

/// The set and the movements that are asked about.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) checked: &'a Checked,
    pub(super) analysis: Analysis<'a>,
    pub(super) scope: &'a Scope,
}

/// The contexts of a scope, with parts that are left out.
pub(super) fn gather(
    subject: Subject<'_>,
    left_out: &mut Vec<LeftOut>,
    progress: &mut dyn FnMut(Progress),
) -> Section<Movements> {
    progress(Progress { part: "movements", done: 0, all: 1 });
    let mut found = Gathered::new(subject, left_out);
    let has_groups = subject.scope.people.is_none() && !subject.analysis.model().users().is_empty();
    let mut limits = subject.checked.limits().clone();
    if has_groups {
        limits.nodes = limits.nodes.min(MOST_NODES);
    }
    match whole_picture(subject, &limits) {
        Ok(picture) => found.add(&picture),
        Err(limit) if has_groups => found.add_group_by_group(limit, progress),
        Err(limit) => return Section::Limit(limit),
    }
    // The sort is stable: contexts stay in the order of strictness.
    found.contexts.sort_by_key(|context| context.policies.is_empty());
    let all = found.contexts.len();
    for at in 0..all {
        progress(Progress { part: "effective policy", done: at, all });
        found.add_kinds(at);
    }
    Section::Whole(found.finish())
}

/// The picture of all people. That it meets no limit is found out without the rules, which take most of the memory.
fn whole_picture(subject: Subject<'_>, limits: &Limits) -> Result<Picture, LimitExceeded> {
    let Subject { analysis, scope, .. } = subject;
    analysis.picture_within(scope, limits, false)?;
    analysis.picture_within(scope, limits, true)
}

/// The key of a rule: a rule decides on one side.
type RuleKey = (String, Side, String, String, u32);

/// The key of a decision: effect, whether it is enforced, limits, rules.
type DecisionKey = (Effect, bool, Option<u32>, bool, bool, Vec<usize>);

/// A line of a matrix: columns, each with its decision.
type Line = Vec<(usize, usize)>;

/// A row of a matrix: the subject, and the other class.
type RowKey = (usize, usize);

/// Contexts while they are gathered.
struct Gathered<'a> {
    subject: Subject<'a>,
    left_out: &'a mut Vec<LeftOut>,
    contexts: Vec<ContextView>,
    columns: Vec<Column>,
    rules: Pool<RuleKey, RuleAnswer>,
    decisions: Pool<DecisionKey, DecisionView>,
    lines: Pool<Line, Line>,
    classes: Pool<ClassView, ClassView>,
    endpoints: Pool<EndpointView, EndpointView>,
    kinds: Kinds,
    rows: usize,
    drawn: usize,
    undrawn: usize,
}

impl<'a> Gathered<'a> {
    fn new(subject: Subject<'a>, left_out: &'a mut Vec<LeftOut>) -> Self {
        Self {
            subject,
            left_out,
            contexts: Vec::new(),
            columns: columns(),
            rules: Pool::default(),
            decisions: Pool::default(),
            lines: Pool::default(),
            classes: Pool::default(),
            endpoints: Pool::default(),
            kinds: Kinds::default(),
            rows: 0,
            drawn: 0,
            undrawn: 0,
        }
    }

    /// Adds the pictures of people in no group and in just one.
    fn add_group_by_group(&mut self, limit: LimitExceeded, progress: &mut dyn FnMut(Progress)) {
        let model = self.subject.analysis.model();
        let ByGroup { people, left_out } = ByGroup::new(model, limit, MOST_KINDS);
        self.left_out.extend(left_out);
        let all = people.len();
        for (done, people) in people.into_iter().enumerate() {
            progress(Progress { part: "movements", done, all });
            let whose = ByGroup::names(model, &people);
            let missing = match self.of_people(people) {
                Ok(()) => continue,
                Err(why) => why,
            };
            let what = match whose.as_str() {
                "none" => "people in no group".to_owned(),
                groups => format!("people in {groups} only"),
            };
            self.left_out.push(LeftOut::new(
                what,
                missing,
                format!("a scope shows them: `any for exactly {whose}`"),
            ));
        }
    }

    /// Adds the contexts of some people, or tells why not.
    fn of_people(&mut self, people: People) -> Result<(), String> {
        if self.rows >= MOST_ROWS {
            return Err(format!("the matrices have {} rows, the limit is {MOST_ROWS}", self.rows));
        }
        let scope = Scope { people: Some(people), ..self.subject.scope.clone() };
        let picture = self.subject.analysis.picture(&scope).map_err(|limit| limit.to_string())?;
        self.add(&picture);
        Ok(())
    }

    /// Adds the contexts of a picture.
    fn add(&mut self, picture: &Picture) {
        let rules: Vec<usize> = picture.rules.iter().map(|rule| self.rule(rule)).collect();
        let drawings = draw::contexts(picture);
        let names = draw::class_names(picture);
        for ((context, drawings), names) in picture.contexts.iter().zip(drawings).zip(names) {
            let classes = context.classes.iter().zip(names);
            let classes = classes.map(|(class, name)| self.class(class, name)).collect();
            let rows =
                if context.policies.is_empty() { Vec::new() } else { self.matrix(context, &rules) };
            self.rows += rows.len();
            let drawings =
                [drawings.work, drawings.personal].map(|one| one.map(|one| one.element()));
            let drawings = drawings.map(|one| one.filter(|text| self.has_room(text)));
            self.contexts.push(ContextView {
                places: context.places.iter().map(place).collect(),
                policies: context.policies.clone(),
                classes,
                rows,
                drawings,
            });
        }
    }

    /// Whether there is room for another drawing.
    fn has_room(&mut self, drawing: &str) -> bool {
        let has_room = self.drawn + drawing.len() <= MOST_DRAWN;
        self.drawn += if has_room { drawing.len() } else { 0 };
        self.undrawn += usize::from(!has_room);
        has_room
    }

    fn rule(&mut self, rule: &RuleAnswer) -> usize {
        let RuleAnswer { policy, side, rule: text, file, line, .. } = rule;
        let key = (policy.clone(), *side, text.clone(), file.clone(), *line);
        self.rules.position(key, || rule.clone())
    }

    fn class(&mut self, class: &PictureClass, name: String) -> usize {
        let mut members: BTreeMap<(Option<Account>, Option<bool>), Vec<usize>> = BTreeMap::new();
        for PictureMember { name, title, account, deployed, .. } in &class.members {
            let endpoint = EndpointView { name: name.clone(), title: title.clone() };
            let endpoint = self.endpoints.add(endpoint);
            members.entry((*account, *deployed)).or_default().push(endpoint);
        }
        let members = members.into_iter().map(|((account, deployed), endpoints)| MembersView {
            account,
            deployed,
            endpoints,
        });
        let (station, sets) = (class.station, class.sets.clone());
        self.classes.add(ClassView { station, name, sets, members: members.collect() })
    }

    /// The rows of a context: for each subject and other class, the columns with their decisions.
    fn matrix(&mut self, context: &PictureContext, rules: &[usize]) -> Vec<MatrixRow> {
        let station = |at: usize| context.classes.get(at).map(|class| class.station);
        let mut rows: BTreeMap<RowKey, Line> = BTreeMap::new();
        for cell in &context.cells {
            let [from, to] = [station(cell.source), station(cell.target)];
            let by = cell.by.iter().filter_map(|at| rules.get(*at).copied()).collect();
            let decision = self.decision(&cell.cell, by);
            let mut add = |key, incoming| {
                let column = Column { channel: cell.channel, incoming };
                let column = self.columns.iter().position(|one| *one == column);
                rows.entry(key).or_default().extend(column.map(|column| (column, decision)));
            };
            if is_subject(from) {
                add((cell.source, cell.target), false);
            }
            if is_subject(to) && from != to {
                add((cell.target, cell.source), true);
            }
        }
        let line = |((subject, other), mut line): (RowKey, Line)| {
            line.sort_unstable();
            MatrixRow { subject, other, line: self.lines.add(line) }
        };
        rows.into_iter().filter(|(_, line)| !line.is_empty()).map(line).collect()
    }

    fn decision(&mut self, cell: &Cell, by: Vec<usize>) -> usize {
        let limits = &cell.limits;
        let (content, tagged) = (limits.content.is_some(), limits.tagged.is_some());
        let key = (cell.effect, cell.enforced, limits.characters, content, tagged, by.clone());
        self.decisions.position(key, || DecisionView { cell: cell.clone(), by })
    }

    /// Asks what holds in the apps of a context.
    fn add_kinds(&mut self, at: usize) {
        let Some(context) = self.contexts.get_mut(at) else { return };
        for place in &mut context.places {
            let (subject, clauses) = (self.subject, place.clauses());
            place.kinds = self.kinds.of(subject.checked, subject.analysis, &clauses).into();
            let scope = subject.checked.access_question(&super::kinds::opened(&clauses));
            let parts = scope.map(|scope| subject.analysis.access_parts(&scope));
            place.access = parts.unwrap_or_else(|_| Ok(Vec::new())).into();
        }
    }

    fn finish(self) -> Movements {
        if self.undrawn > 0 {
            self.left_out.push(LeftOut::new(
                format!("{} drawings", self.undrawn),
                format!("all drawings would have more than {MOST_DRAWN} bytes"),
                "`mam draw FILE SCOPE` draws each of them".to_owned(),
            ));
        }
        let (policies, sentences) = self.kinds.into_lists();
        Movements {
            columns: self.columns,
            contexts: self.contexts,
            classes: self.classes.into_list(),
            endpoints: self.endpoints.into_list(),
            lines: self.lines.into_list(),
            decisions: self.decisions.into_list(),
            rules: self.rules.into_list(),
            policies,
            sentences,
        }
    }
}

/// Whether a matrix has rows of the endpoints of a station.
fn is_subject(station: Option<Station>) -> bool {
    matches!(station, Some(Station::CompanyApps | Station::OtherAccounts))
}

/// The columns of all matrices: what leaves a subject, then what comes in where that can be refused.
fn columns() -> Vec<Column> {
    let out = Channel::ALL.iter().filter(|one| one.judged_at(Side::Source));
    let out = out.map(|channel| Column { channel: *channel, incoming: false });
    let incoming = Channel::ALL.iter().filter(|one| one.judged_at(Side::Target));
    let incoming = incoming.map(|channel| Column { channel: *channel, incoming: true });
    out.chain(incoming).collect()
}

fn place(place: &PicturePlace) -> PlaceView {
    let [who, device] = draw::place_words(place);
    PlaceView {
        people: place.people.clone(),
        platforms: place.platforms.clone(),
        devices: place.devices.clone(),
        on: place.on.clone(),
        who,
        device,
        kinds: Section::Whole(Vec::new()),
        access: Section::Whole(Vec::new()),
    }
}
