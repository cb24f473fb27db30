//! The workload: rules about who may send data where, and requests about them.
//!
//! Apps are in groups of equal size. A rule has an effect, channels, a source and a target (an app, a
//! group, or any; for `save` a storage, for `print` the printer), perhaps a platform and device states.
//! What no rule allows is blocked, and a rule that blocks overrides those that allow. Everything is drawn
//! from a generator with a fixed seed.

/// Channels: all but the last two lead to apps.
pub const CHANNELS: [&str; 8] =
    ["share", "copy", "link", "call", "message", "type", "save", "print"];
pub const SAVE: usize = 6;
pub const PRINT: usize = 7;
pub const PLATFORMS: [&str; 3] = ["ios", "android", "windows"];
/// Device states: the last two exist on Android only.
pub const STATES: [&str; 6] =
    ["unmanaged", "intune", "configmgr", "third-party", "android-enterprise", "aosp"];
pub const STORAGES: usize = 7;
/// The apps of each group.
pub const GROUP: usize = 12;

/// One side of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    Any,
    Group(usize),
    App(usize),
    Storage(usize),
    Printer,
}

/// What a rule says of requests that it matches.
#[derive(Debug, Clone)]
pub struct Rule {
    pub blocks: bool,
    /// All of them lead to targets of one kind.
    pub channels: Vec<usize>,
    pub source: Set,
    pub target: Set,
    pub platform: Option<usize>,
    /// Any state if there is none.
    pub states: Vec<usize>,
}

/// One end of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    App(usize),
    Storage(usize),
    Printer,
}

#[derive(Debug, Clone, Copy)]
pub struct Request {
    pub channel: usize,
    pub source: usize,
    pub target: Target,
    pub platform: usize,
    pub state: usize,
}

pub struct Workload {
    pub apps: usize,
    pub rules: Vec<Rule>,
    pub requests: Vec<Request>,
}

/// A linear congruential generator: good enough to spread, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound
    }

    fn apps(&mut self, apps: usize) -> Set {
        match self.below(10) {
            0 => Set::Any,
            1..=3 => Set::App(self.below(apps)),
            _ => Set::Group(self.below(groups(apps))),
        }
    }
}

/// How many groups there are.
pub fn groups(apps: usize) -> usize {
    apps.div_ceil(GROUP)
}

/// The group of an app.
pub fn group(app: usize) -> usize {
    app / GROUP
}

impl Workload {
    pub fn new(rules: usize, apps: usize, requests: usize) -> Self {
        let mut random = Random(rules as u64 + 1);
        let rules = (0..rules).map(|_| rule(&mut random, apps)).collect();
        let requests = (0..requests).map(|_| request(&mut random, apps)).collect();
        Self { apps, rules, requests }
    }
}

fn rule(random: &mut Random, apps: usize) -> Rule {
    let first = random.below(CHANNELS.len());
    let mut channels = vec![first];
    if first < SAVE && random.below(3) == 0 {
        channels.push((first + 1) % SAVE);
    }
    let target = match first {
        SAVE => match random.below(4) {
            0 => Set::Any,
            _ => Set::Storage(random.below(STORAGES)),
        },
        PRINT => Set::Printer,
        _ => random.apps(apps),
    };
    let platform = [None, None, Some(0), Some(1), Some(2)][random.below(5)];
    let known = if platform == Some(1) { 6 } else { 4 };
    let states = match random.below(2) {
        0 => Vec::new(),
        _ => {
            let first = random.below(known);
            let mut states = vec![first, (first + 1) % known];
            states.truncate(1 + random.below(2));
            states
        }
    };
    let blocks = random.below(10) < 3;
    Rule { blocks, channels, source: random.apps(apps), target, platform, states }
}

fn request(random: &mut Random, apps: usize) -> Request {
    let channel = random.below(CHANNELS.len());
    let source = random.below(apps);
    let target = match channel {
        SAVE => Target::Storage(random.below(STORAGES)),
        PRINT => Target::Printer,
        // Another app: data inside of one app does not move.
        _ => Target::App((source + 1 + random.below(apps - 1)) % apps),
    };
    let platform = random.below(PLATFORMS.len());
    let state = random.below(if platform == 1 { 6 } else { 4 });
    Request { channel, source, target, platform, state }
}

impl Set {
    pub fn holds_app(self, app: usize) -> bool {
        match self {
            Self::Any => true,
            Self::Group(own) => own == group(app),
            Self::App(own) => own == app,
            Self::Storage(_) | Self::Printer => false,
        }
    }

    pub fn holds(self, target: Target) -> bool {
        match (self, target) {
            (set, Target::App(app)) => set.holds_app(app),
            (Self::Any, _) | (Self::Printer, Target::Printer) => true,
            (Self::Storage(own), Target::Storage(storage)) => own == storage,
            _ => false,
        }
    }
}

impl Rule {
    pub fn matches(&self, request: &Request) -> bool {
        self.channels.contains(&request.channel)
            && self.source.holds_app(request.source)
            && self.target.holds(request.target)
            && self.platform.is_none_or(|platform| platform == request.platform)
            && (self.states.is_empty() || self.states.contains(&request.state))
    }
}

/// The definition: what every engine must say.
pub fn is_allowed(rules: &[Rule], request: &Request) -> bool {
    let matching = || rules.iter().filter(|rule| rule.matches(request));
    matching().any(|rule| !rule.blocks) && !matching().any(|rule| rule.blocks)
}

// ---------------------------------------------------------------- names

pub fn app_name(app: usize) -> String {
    format!("com.example.a{app}")
}

pub fn group_name(group: usize) -> String {
    format!("g{group}")
}

pub fn storage_name(storage: usize) -> String {
    format!("s{storage}")
}

pub fn set_name(set: Set) -> String {
    match set {
        Set::Any => "any".to_owned(),
        Set::Group(group) => group_name(group),
        Set::App(app) => app_name(app),
        Set::Storage(storage) => storage_name(storage),
        Set::Printer => "printer".to_owned(),
    }
}

/// Everything that a rule can name an app by: itself, its group, any.
pub fn app_names(app: usize) -> [String; 3] {
    [app_name(app), group_name(group(app)), "any".to_owned()]
}

/// Everything that a rule can name a target by.
pub fn target_names(target: Target) -> Vec<String> {
    match target {
        Target::App(app) => app_names(app).to_vec(),
        Target::Storage(storage) => vec![storage_name(storage), "any".to_owned()],
        Target::Printer => vec!["printer".to_owned(), "any".to_owned()],
    }
}

pub fn target_name(target: Target) -> String {
    target_names(target).swap_remove(0)
}
