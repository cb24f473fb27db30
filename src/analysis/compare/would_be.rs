//! Report-only policies in a picture: what would be decided otherwise if each of them were live.
//!
//! Takes in a set and its picture, adds to each context the movements that a report-only policy would change. The set
//! is compared with itself with that policy live; nothing else is known of such policies here.

#![allow(
    clippy::indexing_slicing,
    reason = "classes are numbered by the context that they belong to"
)]

use super::comparer::Comparison;
use super::picture::{ChangePictureCell, Painter, Refined};
use crate::analysis::engine::contexts::Gathered;
use crate::analysis::picture::{
    Mentions, Picture, PictureClass, PictureContext, PictureMember, PicturePlace, WouldBe,
    WouldBeCell,
};
use crate::analysis::subject::Analysis;
use crate::dd::Cond;
use crate::limits::{LimitExceeded, Limits};
use crate::model::{People, PolicyId, Scope};
use crate::vocabulary::DeviceStates;

/// The places of each context as scopes.
type Places = Vec<Vec<Scope>>;

/// Adds to a picture what its set's report-only policies would change.
pub(in crate::analysis) fn add(
    analysis: &Analysis<'_>,
    picture: &mut Picture,
    limits: &Limits,
) -> Result<(), LimitExceeded> {
    let model = analysis.model;
    let policies = model.policy_ids().filter(|id| model.policy(*id).report_only);
    let policies: Vec<PolicyId> = policies.collect();
    if policies.is_empty() {
        return Ok(());
    }
    let scopes = |context: &PictureContext| -> Vec<Scope> {
        context.places.iter().filter_map(|place| scope(analysis, place)).collect()
    };
    let places: Places = picture.contexts.iter().map(scopes).collect();
    for policy in policies {
        add_policy((analysis, limits), policy, &places, picture)?;
    }
    Ok(())
}

/// A place as the scope that its clauses are.
fn scope(analysis: &Analysis<'_>, place: &PicturePlace) -> Option<Scope> {
    let PicturePlace { people, platforms, devices, .. } = place;
    analysis.checked.question(&format!("any {people} {platforms} {devices}")).ok()
}

fn add_policy(
    (analysis, limits): (&Analysis<'_>, &Limits),
    policy: PolicyId,
    places: &Places,
    picture: &mut Picture,
) -> Result<(), LimitExceeded> {
    let model = analysis.model;
    let comparison = Comparison::with_live(model, policy, limits);
    let mentions = [analysis, analysis].map(Mentions::of);
    let people = places.iter().flatten().filter_map(|scope| scope.people.as_ref());
    let people: Vec<&People> = people.collect();
    let everything = Scope::everything();
    let mut painter = Painter::new(&comparison, &mentions, (&everything, &people))?;
    let found = painter.every_context()?;
    for (context, places) in picture.contexts.iter_mut().zip(places) {
        for one in &found {
            let Some(whole) = shared(&mut painter, one, places)? else { continue };
            let policy = model.policy(policy).name.clone();
            context.would_be.extend(would_be(&painter, context, (policy, whole), &one.what));
        }
    }
    Ok(())
}

/// Whether some people and devices are in places, and then whether all of these places are theirs.
fn shared(
    painter: &mut Painter<'_>,
    one: &Gathered<Refined>,
    places: &[Scope],
) -> Result<Option<bool>, LimitExceeded> {
    let (mut is_any, mut is_whole) = (false, true);
    for place in places {
        let users = match &place.people {
            Some(people) => painter.users(people)?,
            None => Cond::TRUE,
        };
        let manager = painter.manager();
        let both = manager.and(one.users, users)?;
        for platform in place.platforms.iter() {
            let states = place.devices.iter().filter(|state| state.exists_on(platform));
            for state in states {
                let has =
                    |(on, states): &(_, DeviceStates)| *on == platform && states.contains(state);
                let is_here = one.devices.iter().any(has) && !both.is_never();
                is_any |= is_here;
                is_whole &= is_here && both == users;
            }
        }
    }
    Ok(is_any.then_some(is_whole))
}

/// The changes that a report-only policy would make in a context, as far as the context has the movements; nothing if it
/// would make none.
fn would_be(
    painter: &Painter<'_>,
    context: &PictureContext,
    (policy, whole): (String, bool),
    refined: &Refined,
) -> Option<WouldBe> {
    let changed = painter.finish(refined.clone(), Vec::new());
    let has = |member: &PictureMember| {
        let is_it = |known: &PictureMember| {
            known.name == member.name
                && known.account == member.account
                && (known.deployed.is_none()
                    || known.deployed == member.deployed
                    || member.deployed.is_none())
        };
        context.classes.iter().any(|class| class.members.iter().any(is_it))
    };
    let class = |class: &PictureClass| -> PictureClass {
        let members = class.members.iter().filter(|member| has(member)).cloned().collect();
        PictureClass { members, ..class.clone() }
    };
    let classes: Vec<PictureClass> = changed.classes.iter().map(class).collect();
    let is_here = |cell: &&ChangePictureCell| {
        let has_members = |at: usize| !classes[at].members.is_empty();
        let has_channel = context.cells.iter().any(|known| known.channel == cell.channel);
        has_channel && has_members(cell.source) && has_members(cell.target)
    };
    let cells = changed.cells.iter().filter(is_here).map(|cell| WouldBeCell {
        channel: cell.channel,
        source: cell.source,
        target: cell.target,
        decided: cell.change.as_ref().map(|change| change.before.clone()),
        would_be: cell.change.as_ref().map(|change| change.after.clone()),
    });
    let cells: Vec<WouldBeCell> = cells.collect();
    let is_any = cells.iter().any(|cell| cell.would_be.is_some());
    is_any.then_some(WouldBe { policy, whole, classes, cells })
}
