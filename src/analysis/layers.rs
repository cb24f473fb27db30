//! Layers of protection on devices in one management state: what management provides, and what policies add.
//!
//! Takes in a checked set and a state, gives out what the device's management provides or cannot provide there
//! and which statements rely on it, the statements that protect data, access and removal, and what limits those
//! who author and combine such policies. Everything but the abilities of management is read from the policies.

use serde::Serialize;

use super::subject::Analysis;
use crate::model::{
    Access, AccessKind, Action, App, EndpointSet, Model, Policy, PolicyId, Requirement, Rule,
    RuleId,
};
use crate::vocabulary::{DeviceState, DeviceStates, Effect, Platform, Platforms, RuleEffect};

/// The layers of protection on devices in one management state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Layers {
    /// The state.
    pub devices: DeviceState,
    /// The platforms that have it and that some policy is for.
    pub platforms: Vec<Platform>,
    /// Who manages such devices; null where nobody does.
    pub management: Option<&'static str>,
    /// What management can provide, in the order of the table.
    pub provides: Vec<Provision>,
    /// The live policies for such devices.
    pub policies: Vec<String>,
    /// Rules and defaults that keep company data from moving.
    pub relocation: Vec<LayerStatement>,
    /// What is asked for before an app opens, and what warns or keeps it shut.
    pub access: Vec<LayerStatement>,
    /// What removes company data.
    pub wipe: Vec<LayerStatement>,
    /// What the policies run into when they are authored, or beside other products.
    pub limits: Vec<LayerLimit>,
}

/// Something that the management of devices can provide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Provision {
    /// The thing.
    pub what: &'static str,
    /// Whether it is there in this state.
    pub provided: bool,
    /// The statements that rely on it: where it is missing, they never match.
    pub relied_on_by: Vec<LayerStatement>,
}

/// A statement of a policy, in a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LayerStatement {
    /// The policy.
    pub policy: String,
    /// The statement's canonical text.
    pub statement: String,
    /// The file in which it stands.
    pub file: String,
    /// The line on which it begins.
    pub line: u32,
}

/// A limit that concerns some policies or apps of the set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LayerLimit {
    /// The limit in words.
    pub limit: &'static str,
    /// The policies or apps that it concerns.
    pub concerns: Vec<String>,
}

/// What management provides on devices that it manages.
const PROVISIONS: [&str; 6] =
    ["enrolment", "app deployment", "compliance", "certificates", "Wi-Fi profiles", "VPN profiles"];

/// The provision on which `deployed` relies.
const DEPLOYMENT: &str = "app deployment";

/// The layers on devices in a state.
pub(super) fn layers(analysis: &Analysis<'_>, state: DeviceState) -> Layers {
    let model = analysis.model;
    let live = |id: &PolicyId| {
        let policy = model.policy(*id);
        !policy.report_only && is_for(policy.platforms, policy.devices, state)
    };
    let policies: Vec<PolicyId> = model.policy_ids().filter(live).collect();
    let here = Here { model, state, policies };
    Layers {
        devices: state,
        platforms: here.platforms(),
        management: manager(state),
        provides: here.provides(),
        policies: here.policies().map(|policy| policy.name.clone()).collect(),
        relocation: here.relocation(),
        access: here.access(&|kind| !only_removes(kind)),
        wipe: here.access(&removes),
        limits: here.limits(),
    }
}

/// Whether something on some platforms and devices is for devices in a state: it exists on one of the platforms.
fn is_for(platforms: Platforms, devices: DeviceStates, state: DeviceState) -> bool {
    devices.contains(state) && platforms.iter().any(|platform| state.exists_on(platform))
}

/// Who manages devices in a state.
const fn manager(state: DeviceState) -> Option<&'static str> {
    match state {
        DeviceState::Unmanaged => None,
        DeviceState::Intune
        | DeviceState::AndroidEnterprise
        | DeviceState::AndroidDedicated
        | DeviceState::Aosp
        | DeviceState::AospUserless => Some("Intune"),
        DeviceState::Configmgr => Some("Intune and Configuration Manager"),
        DeviceState::ThirdParty => Some("another MDM"),
    }
}

/// Whether a statement about accesses asks for nothing before an app opens.
fn only_removes(kind: &AccessKind) -> bool {
    matches!(kind, AccessKind::Launch { action: Action::Wipe, .. })
}

/// Whether a statement about accesses removes company data.
fn removes(kind: &AccessKind) -> bool {
    match kind {
        AccessKind::Launch { action, .. } => *action == Action::Wipe,
        AccessKind::Require(Requirement::Pin(pin)) => {
            pin.attempts.is_some_and(|attempts| attempts.value.wipe.is_some())
        }
        AccessKind::Require(_) => false,
    }
}

/// The policies for one state of devices.
struct Here<'m> {
    model: &'m Model,
    state: DeviceState,
    policies: Vec<PolicyId>,
}

impl Here<'_> {
    fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.policies.iter().map(|id| self.model.policy(*id))
    }

    fn platforms(&self) -> Vec<Platform> {
        let is_for = |platform: &Platform| {
            self.state.exists_on(*platform)
                && self.policies().any(|policy| policy.platforms.contains(*platform))
        };
        Platform::ALL.iter().copied().filter(is_for).collect()
    }

    /// The rules for such devices, each with its statement.
    fn rules(&self) -> impl Iterator<Item = (&Rule, LayerStatement)> {
        let directory = self.model.directory();
        let ids = self.policies().flat_map(|policy| policy.rules.iter().copied());
        let here = |id: &RuleId| {
            let scope = &self.model.rule(*id).scope;
            is_for(scope.platforms, scope.devices, self.state)
        };
        let rules = ids.filter(here);
        rules.map(move |id| {
            let entry = directory.rule(id);
            let statement = LayerStatement {
                policy: directory.policy(entry.policy).name.to_owned(),
                statement: entry.text.to_owned(),
                file: entry.file.to_owned(),
                line: entry.line,
            };
            (self.model.rule(id), statement)
        })
    }

    fn provides(&self) -> Vec<Provision> {
        let says_deployed = |set: &Option<EndpointSet>| {
            let mut terms = set.iter().flat_map(|set| set.terms.iter().chain(&set.except));
            terms.any(|term| term.deployed)
        };
        let provision = |what: &'static str| {
            let relying = self.rules().filter(|(rule, _)| {
                what == DEPLOYMENT
                    && (says_deployed(&rule.scope.from) || says_deployed(&rule.scope.to))
            });
            Provision {
                what,
                provided: self.state.is_enrolled(),
                relied_on_by: relying.map(|(_, statement)| statement).collect(),
            }
        };
        PROVISIONS.into_iter().map(provision).collect()
    }

    /// Rules that block or limit, and the defaults that block.
    fn relocation(&self) -> Vec<LayerStatement> {
        let directory = self.model.directory();
        let blocking = self.policies.iter().filter_map(|id| {
            let entry = directory.policy(*id);
            (entry.otherwise == Effect::Block).then(|| LayerStatement {
                policy: entry.name.to_owned(),
                statement: "otherwise block".to_owned(),
                file: entry.file.to_owned(),
                line: entry.otherwise_line,
            })
        });
        let restricts = |rule: &Rule| {
            matches!(rule.effect, RuleEffect::Block | RuleEffect::Refuse)
                || rule.obligations != crate::vocabulary::Obligations::default()
        };
        let rules = self.rules().filter(|(rule, _)| restricts(rule));
        blocking.chain(rules.map(|(_, statement)| statement)).collect()
    }

    /// Statements about accesses of some kinds for such devices.
    fn access(&self, is_meant: &dyn Fn(&AccessKind) -> bool) -> Vec<LayerStatement> {
        let directory = self.model.directory();
        let statements = self.policies().flat_map(|policy| &policy.access);
        let is_here = |one: &&Access| is_for(one.platforms, one.devices, self.state);
        let here = statements.filter(is_here).filter(|one| is_meant(&one.kind));
        let statement = |one: &Access| {
            let entry = directory.access(one.id);
            let keyword = match one.kind {
                AccessKind::Launch { .. } => "launch ",
                AccessKind::Require(_) => "",
            };
            LayerStatement {
                policy: directory.policy(entry.policy).name.to_owned(),
                statement: format!("{keyword}{}", entry.text),
                file: entry.file.to_owned(),
                line: entry.line,
            }
        };
        here.map(statement).collect()
    }

    fn limits(&self) -> Vec<LayerLimit> {
        let apps = |is_it: &dyn Fn(&App) -> bool| -> Vec<String> {
            let protected = self.policies().flat_map(|policy| &policy.protect);
            let mut found: Vec<_> = protected.map(|(app, _)| *app).collect();
            found.sort_unstable();
            found.dedup();
            let named = found.into_iter().map(|id| self.model.app(id));
            named.filter(|app| is_it(app)).map(|app| app.name.clone()).collect()
        };
        let for_unmanaged =
            self.policies().filter(|policy| policy.devices.contains(DeviceState::Unmanaged));
        let containers = self.model.apps().iter().filter(|app| app.container);
        let on_premises = match self.state {
            DeviceState::Configmgr => apps(&|app| app.on_premises),
            _ => Vec::new(),
        };
        let limits = [
            (
                "the classic admin console holds policies for enrolled devices only; author these in the portal",
                for_unmanaged.map(|policy| policy.name.clone()).collect(),
            ),
            (
                "Configuration Manager with Exchange or SharePoint on the company's servers is not supported; \
                 no policy applies to these apps",
                on_premises,
            ),
            (
                "another vendor's MAM or container must not be combined with these policies",
                containers.map(|app| app.name.clone()).collect::<Vec<String>>(),
            ),
        ];
        let limits = limits.into_iter().filter(|(_, concerns)| !concerns.is_empty());
        limits.map(|(limit, concerns)| LayerLimit { limit, concerns }).collect()
    }
}
