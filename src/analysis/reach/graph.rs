//! The graph of allowed movements on one block of devices.
//!
//! Takes in the ends of chains, gives out nodes (views of endpoints) and, for each of them, the users for whom
//! chains start, end or may not pass there. Whether an app is deployed is a variable like those over
//! groups, so that an app is either deployed or not throughout a chain. How chains are found is not known
//! here.
//!
//! Apps that neither rules nor the question tell apart are one equivalence class. If an app has n endpoints
//! (one for each account, deployed or not), the graph keeps n + 1 apps of a class. They suffice: for one
//! user each of them is one node, and a shortest chain arrives at each kind of node of a class once at most. If it arrived at two apps in
//! nodes of one kind, both would be deployed or both not, and exchanging the two apps in the part up to
//! the first would lead to the second one sooner. So a chain needs no more apps of a class than there are
//! kinds of nodes, and one where it starts.

#![allow(
    clippy::indexing_slicing,
    reason = "nodes are numbered by the graph that these lists belong to"
)]

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::analysis::engine::endpoints::{every_endpoint, is_deployed};
use crate::analysis::engine::query::Query;
use crate::analysis::engine::space::{DeviceBlock, about};
use crate::dd::Cond;
use crate::limits::{LimitExceeded, index};
use crate::model::{AccountReading, AppId, EndpointSet, PolicyId, Scope};
use crate::movement::Endpoint;
use crate::table::{EndpointView, LineId, set_holds, term_holds};
use crate::vocabulary::{Account, Channel, Kind, Side};

/// A question about chains.
#[derive(Clone, Copy)]
pub(in crate::analysis) struct ChainQuestion<'a> {
    /// The channels, users and devices of the movements; where chains start and end.
    pub(in crate::analysis) scope: &'a Scope,
    /// The endpoints that chains may not pass.
    pub(in crate::analysis) avoiding: Option<&'a EndpointSet>,
    /// The policy that an expectation stands in.
    pub(in crate::analysis) policy: Option<PolicyId>,
    /// Whether data in a company storage can be read on another device of the same user.
    pub(in crate::analysis) across_devices: bool,
}

/// The end of a chain at which an expectation's policy must protect the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis) enum PolicyRole {
    /// Neither.
    None,
    Start,
    End,
}

/// A view of an endpoint that chains pass.
#[derive(Clone, Copy)]
pub(in crate::analysis) struct Node {
    pub(in crate::analysis) view: EndpointView,
    /// Its class in the graph.
    pub(in crate::analysis) class: usize,
    pub(super) roles: Roles,
    /// The users for whom the view exists, and the condition on deployment: the device's MDM did, or did
    /// not, install the app.
    pub(super) exists: Cond,
}

/// The users for whom a node plays a role in chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Roles {
    /// Chains start here.
    pub(super) starts: Cond,
    /// Chains end here.
    pub(super) ends: Cond,
    /// Chains may not pass here.
    pub(super) avoided: Cond,
    /// The expectation's policy is about this node, as a start and as an end.
    pub(super) own: [Cond; 2],
}

/// The traits of nodes that are decided alike on every channel, as sources and as targets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct NodeClass {
    /// By side and channel; `None` where nodes of the class cannot stand.
    pub(super) lines: [Vec<Option<LineId>>; 2],
    /// The users for whom `open` from a company storage counts as a movement into them.
    pub(super) opens: Cond,
    pub(super) is_corporate: bool,
}

/// The nodes on one block of devices.
pub(in crate::analysis) struct Graph {
    pub(in crate::analysis) devices: DeviceBlock,
    pub(in crate::analysis) channels: Vec<Channel>,
    pub(in crate::analysis) nodes: Vec<Node>,
    pub(super) classes: Vec<NodeClass>,
    /// By class: its nodes.
    pub(super) members: Vec<Vec<usize>>,
}

/// Makes graphs.
pub(super) struct GraphBuilder<'b, 'a> {
    pub(super) query: &'b mut Query<'a>,
    pub(super) question: ChainQuestion<'a>,
    /// The users of the question.
    pub(super) within: Cond,
    /// The first variable that is about deployment and not about groups.
    pub(super) first_deployment: u32,
}

impl GraphBuilder<'_, '_> {
    pub(super) fn graph(&mut self, devices: DeviceBlock) -> Result<Graph, LimitExceeded> {
        let exists = |channel: &Channel| channel.exists_on(devices.platform);
        let channels: Vec<Channel> = self.question.scope.channels.iter().filter(exists).collect();
        let mut graph = Graph {
            devices,
            channels,
            nodes: Vec::new(),
            classes: Vec::new(),
            members: Vec::new(),
        };
        let mut known: HashMap<NodeClass, usize> = HashMap::new();
        for end in self.endpoints(&graph) {
            for (view, exists) in self.query.views(devices.kind, end)? {
                let class = self.class(&graph, view)?;
                let next = graph.classes.len();
                let class = *known.entry(class).or_insert_with_key(|class| {
                    graph.classes.push(class.clone());
                    next
                });
                let roles = self.roles(&graph, view, class)?;
                graph.nodes.push(Node { view, class, roles, exists });
            }
        }
        self.settle_deployment(&mut graph)?;
        graph.members = vec![Vec::new(); graph.classes.len()];
        for (at, node) in graph.nodes.iter().enumerate() {
            graph.members[node.class].push(at);
        }
        Ok(graph)
    }

    /// Every endpoint of some channel.
    fn endpoints(&self, graph: &Graph) -> Vec<Endpoint> {
        let DeviceBlock { platform, state, .. } = graph.devices;
        let mut found: Vec<Endpoint> = Vec::new();
        let mut known: HashSet<Endpoint> = HashSet::new();
        let mut kinds: Vec<(Kind, Option<Channel>)> = Vec::new();
        for side in [Side::Source, Side::Target] {
            for channel in &graph.channels {
                let kind = channel.kind_at(side);
                let key = (kind, (kind == Kind::Place).then_some(*channel));
                if kinds.contains(&key) {
                    continue;
                }
                kinds.push(key);
                // A storage that cannot be written to can be read.
                let side = if kind == Kind::Place { Side::Target } else { side };
                let ends = every_endpoint(self.query.model, *channel, side, platform, state);
                found.extend(ends.into_iter().filter(|end| known.insert(*end)));
            }
        }
        found
    }

    fn class(&mut self, graph: &Graph, view: EndpointView) -> Result<NodeClass, LimitExceeded> {
        let mut lines = [Vec::new(), Vec::new()];
        for side in [Side::Source, Side::Target] {
            for channel in &graph.channels {
                lines[side as usize].push(if self.can_stand(*channel, side, view.end) {
                    self.query.line(graph.devices.kind, *channel, side, view)?
                } else {
                    None
                });
            }
        }
        let is_corporate =
            matches!(view.end, Endpoint::Storage(id) if self.query.model.storage(id).corporate);
        Ok(NodeClass { lines, is_corporate, opens: self.opens(graph, view.end)? })
    }

    fn can_stand(&self, channel: Channel, side: Side, end: Endpoint) -> bool {
        let kind = channel.kind_at(side);
        match end {
            Endpoint::App { .. } => kind == Kind::App,
            Endpoint::Storage(id) => {
                let writable = self.query.model.storage(id).writable;
                kind == Kind::Storage && (side == Side::Source || writable)
            }
            Endpoint::Place(place) => kind == Kind::Place && channel.places().contains(&place),
        }
    }

    /// The users for whom `open` from a company storage counts as a movement into an endpoint: a work
    /// account, or any account of an app that some policy protects.
    fn opens(&mut self, graph: &Graph, end: Endpoint) -> Result<Cond, LimitExceeded> {
        match end {
            Endpoint::App { account: Account::Work, .. } => Ok(Cond::TRUE),
            Endpoint::App { app, deployed, .. } => {
                let work = Endpoint::App { app, account: Account::Work, deployed };
                self.query.judged(graph.devices.kind, work)
            }
            Endpoint::Storage(_) | Endpoint::Place(_) => Ok(Cond::FALSE),
        }
    }

    fn roles(
        &mut self,
        graph: &Graph,
        view: EndpointView,
        class: usize,
    ) -> Result<Roles, LimitExceeded> {
        let Scope { from, to, .. } = self.question.scope;
        let own = [self.own(graph, from.as_ref(), view)?, self.own(graph, to.as_ref(), view)?];
        let stands = |side: usize| graph.classes[class].lines[side].iter().any(Option::is_some);
        let held = |set: &EndpointSet| Cond::constant(self.holds(graph, set, view));
        let starts = match from {
            _ if !stands(0) => Cond::FALSE,
            Some(set) => held(set),
            None => own[0],
        };
        let ends = match to {
            _ if !stands(1) => Cond::FALSE,
            Some(set) => held(set),
            None => Cond::TRUE,
        };
        let avoided = self.question.avoiding.map_or(Cond::FALSE, held);
        let starts = self.query.manager().and(starts, self.within)?;
        Ok(Roles { starts, ends, avoided, own })
    }

    /// Whether a set holds a view.
    fn holds(&self, graph: &Graph, set: &EndpointSet, view: EndpointView) -> bool {
        set_holds(self.query.model, set, view.end, graph.devices.platform, view.managed)
    }

    /// The users for whom the expectation's policy is about a view in a set.
    fn own(
        &mut self,
        graph: &Graph,
        set: Option<&EndpointSet>,
        view: EndpointView,
    ) -> Result<Cond, LimitExceeded> {
        let DeviceBlock { kind, platform, .. } = graph.devices;
        let EndpointView { end, managed } = view;
        let mut terms = set.iter().flat_map(|set| &set.terms);
        let is_named = terms.any(|term| {
            matches!(term.accounts, AccountReading::Named(_))
                && term_holds(self.query.model, term, end, platform, managed)
        });
        about(self.query, kind, self.question.policy, view, is_named)
    }

    // ------------------------------------------------------------ deployment and classes of apps

    /// Keeps as many apps of each class as chains can need, leaves out the deployed nodes of apps for which
    /// deployment makes no difference, and gives each other app a variable: it is deployed throughout a
    /// chain or not at all. The unlisted app stands for many, some deployed and some not.
    fn settle_deployment(&mut self, graph: &mut Graph) -> Result<(), LimitExceeded> {
        let mut apps: BTreeMap<AppId, Vec<usize>> = BTreeMap::new();
        for (at, node) in graph.nodes.iter().enumerate() {
            if let Endpoint::App { app, .. } = node.view.end {
                apps.entry(app).or_default().push(at);
            }
        }
        let mut counts: HashMap<Vec<AppNode>, usize> = HashMap::new();
        let mut left_out = HashSet::new();
        let mut variable = self.first_deployment;
        for (app, nodes) in apps {
            let key: Vec<AppNode> =
                nodes.iter().map(|at| AppNode::new(&graph.nodes[*at])).collect();
            let count = counts.entry(key).or_default();
            *count += 1;
            // For one user an endpoint has one view.
            let ends = nodes.iter().map(|at| graph.nodes[*at].view.end).collect::<HashSet<_>>();
            if *count > ends.len() + 1 {
                left_out.extend(nodes);
                continue;
            }
            let (deployed, plain): (Vec<usize>, Vec<usize>) =
                nodes.iter().partition(|at| is_deployed(&graph.nodes[**at].view.end));
            let alike = |at: &Vec<usize>| -> Vec<(usize, Roles, Cond)> {
                let nodes = at.iter().map(|at| graph.nodes[*at]);
                nodes.map(|node| (node.class, node.roles, node.exists)).collect()
            };
            if alike(&deployed) == alike(&plain) {
                left_out.extend(deployed);
            } else if !deployed.is_empty() && app != self.query.model.unlisted_app() {
                let yes = self.query.manager().variable(variable)?;
                let no = self.query.manager().not(yes)?;
                variable = index(variable as usize + 1)?;
                for (nodes, when) in [(deployed, yes), (plain, no)] {
                    for at in nodes {
                        let exists = graph.nodes[at].exists;
                        graph.nodes[at].exists = self.query.manager().and(exists, when)?;
                    }
                }
            }
        }
        let mut at = 0;
        graph.nodes.retain(|_| {
            at += 1;
            !left_out.contains(&(at - 1))
        });
        Ok(())
    }
}

/// The traits of a node by which apps are one class.
#[derive(PartialEq, Eq, Hash)]
struct AppNode {
    account: Option<Account>,
    is_deployed: bool,
    managed: bool,
    class: usize,
    roles: Roles,
    exists: Cond,
}

impl AppNode {
    fn new(node: &Node) -> Self {
        let Node { view, class, roles, exists } = *node;
        let account = match view.end {
            Endpoint::App { account, .. } => Some(account),
            Endpoint::Storage(_) | Endpoint::Place(_) => None,
        };
        let is_deployed = is_deployed(&view.end);
        Self { account, is_deployed, managed: view.managed, class, roles, exists }
    }
}
