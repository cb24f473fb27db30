//! Assignment filters: their rules, and what of them the model can say.
//!
//! Takes in the text of a rule, gives out the devices for which it holds, if the rule asks for the management
//! of a device and for nothing else. Assignments are not known here.
//!
//! A rule compares properties of app and device with words, joined by `and`, `or` and `not`. The grammar and
//! the words are those that Microsoft documents for filters of managed apps.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::intune::json::Node;
use crate::source::Span;
use crate::syntax::ast::Json;
use crate::vocabulary::{DeviceState, DeviceStates, Platform};

/// An assignment filter of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AssignmentFilter {
    pub(super) id: String,
    pub(super) title: String,
    /// The platform of its apps; `None` if it is for devices, or for another platform.
    pub(super) platform: Option<Platform>,
    pub(super) rule: String,
    /// The object as JSON, for the way back.
    pub(super) json: Json,
    /// Whether another object has the same id and differs.
    pub(super) is_disputed: bool,
}

/// The assignment filters of a tenant.
#[derive(Debug, Default)]
pub(super) struct Filters {
    list: Vec<AssignmentFilter>,
    /// Positions by id in lower case.
    by_id: HashMap<String, usize>,
    /// Positions by title in lower case, where one filter alone has it.
    by_title: HashMap<String, Option<usize>>,
}

impl Filters {
    /// The filters of some objects. One that nothing can name, and one that differs from another of its id, is
    /// reported.
    pub(super) fn read<'n>(
        objects: impl Iterator<Item = &'n Node>,
        found: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut filters = Self::default();
        for node in objects {
            match AssignmentFilter::read(node) {
                Some(filter) => found.extend(filters.add(filter, node)),
                None => found.push(without_id(node)),
            }
        }
        filters
    }

    fn add(&mut self, filter: AssignmentFilter, node: &Node) -> Option<Diagnostic> {
        let (id, title) = (filter.id.to_lowercase(), filter.title.to_lowercase());
        let known = self.by_id.get(&id).and_then(|at| self.list.get_mut(*at));
        if let Some(known) = known {
            let is_same = (&known.title, known.platform, &known.rule)
                == (&filter.title, filter.platform, &filter.rule);
            known.is_disputed |= !is_same;
            return (!is_same).then(|| disputed(&filter.id, node));
        }
        let at = self.list.len();
        self.by_id.insert(id, at);
        self.by_title.entry(title).and_modify(|known| *known = None).or_insert(Some(at));
        self.list.push(filter);
        None
    }

    /// The filter of an id; of a title, where a tool names filters by that.
    pub(super) fn get(&self, id: &str) -> Option<&AssignmentFilter> {
        let id = id.to_lowercase();
        let by_title = || self.by_title.get(&id).copied().flatten();
        self.by_id.get(&id).copied().or_else(by_title).and_then(|at| self.list.get(at))
    }
}

fn without_id(node: &Node) -> Diagnostic {
    let message = "an assignment filter has neither id nor name, so that no assignment can name it";
    let diagnostic = Diagnostic::new(Code::IntuneFilter, message).at(node.head(), "");
    diagnostic.help("export it again, from `deviceManagement/assignmentFilters`; it is passed over")
}

fn disputed(id: &str, node: &Node) -> Diagnostic {
    let message = format!("two assignment filters have the id `{id}` and differ");
    let diagnostic = Diagnostic::new(Code::IntuneFilter, message).at(node.head(), "");
    diagnostic.help(
        "leave out the one that is not the tenant's; until then neither rule counts, and whether the filter \
         holds is told with each request, in `device.filters`",
    )
}

/// A type of management, as rules tell devices apart, with the states that have it.
struct DeviceType {
    /// The words for it, in lower case.
    words: &'static [&'static str],
    states: &'static [DeviceState],
}

const fn kind(words: &'static [&'static str], states: &'static [DeviceState]) -> DeviceType {
    DeviceType { words, states }
}

use DeviceState::{
    AndroidDedicated, AndroidEnterprise, Aosp, AospUserless, Configmgr, Intune, ThirdParty,
    Unmanaged,
};

/// Android tells kinds of enrolment apart, and takes every other MDM for none. `android enterprise` is an
/// older word for five of them.
#[rustfmt::skip]
const ANDROID: &[DeviceType] = &[
    kind(&["unmanaged"], &[Unmanaged, ThirdParty]),
    kind(&["android device administrator"], &[Intune, Configmgr]),
    kind(&["aosp user-associated devices"], &[Aosp]),
    kind(&["aosp userless devices"], &[AospUserless]),
    kind(&[
        "corporate-owned dedicated devices with entra id shared mode",
        "corporate-owned dedicated devices with azure ad shared mode",
        "android enterprise",
    ], &[AndroidDedicated]),
    kind(&[
        "corporate-owned dedicated devices without entra id shared mode",
        "corporate-owned dedicated devices without azure ad shared mode",
        "android enterprise",
    ], &[AndroidEnterprise]),
    kind(&["corporate-owned with work profile", "android enterprise"], &[AndroidEnterprise]),
    kind(&["corporate-owned fully managed", "android enterprise"], &[AndroidEnterprise]),
    kind(&["personally-owned work profile", "android enterprise"], &[AndroidEnterprise]),
];

/// On iOS the words for kinds of enrolment are Intune's own: none matches under another MDM.
#[rustfmt::skip]
const IOS: &[DeviceType] = &[
    kind(&["unmanaged"], &[Unmanaged]),
    kind(&["automated device enrollment user-associated devices", "managed"], &[Intune]),
    kind(&["automated device enrollment userless devices", "managed"], &[Intune]),
    kind(&["account driven user enrollment", "managed"], &[Intune]),
    kind(&["device enrollment with company portal and web enrollment", "managed"], &[Intune]),
    kind(&[], &[ThirdParty]),
    kind(&[], &[Configmgr]),
];

const WINDOWS: &[DeviceType] = &[kind(&["unmanaged"], &[Unmanaged])];

impl AssignmentFilter {
    /// The filter of an object.
    pub(super) fn read(node: &Node) -> Option<Self> {
        let text = |name: &str| node.text(name).unwrap_or_default().to_owned();
        let platform = match node.text("platform").unwrap_or_default().to_lowercase().as_str() {
            "iosmobileapplicationmanagement" => Some(Platform::Ios),
            "androidmobileapplicationmanagement" => Some(Platform::Android),
            "windowsmobileapplicationmanagement" => Some(Platform::Windows),
            _ => None,
        };
        let (id, title) = (text("id"), text("displayName"));
        // Tools that leave ids out name filters by their titles.
        let id = if id.is_empty() { title.clone() } else { id };
        let (rule, json) = (text("rule"), node.to_ast());
        let filter = Self { id, title, platform, rule, json, is_disputed: false };
        (!filter.id.is_empty()).then_some(filter)
    }

    /// The warning about an assignment with the filter, which stays a fact of app and device: the model cannot say for
    /// which devices it holds, or the policy has assignments without it.
    pub(super) fn stays_a_fact(&self, platform: Option<Platform>, place: Span) -> Diagnostic {
        let title = if self.title.is_empty() { &self.id } else { &self.title };
        let is_understood = platform.is_some_and(|platform| self.states(platform).is_some());
        let (message, reason) = match is_understood {
            true => (
                format!("not all assignments of the policy have the filter \"{title}\""),
                "`devices` is about all of them; a policy for each filter says it without facts"
                    .to_owned(),
            ),
            false => (
                format!("the model cannot say for which devices \"{title}\" holds"),
                match (self.is_disputed, self.rule.is_empty()) {
                    (true, _) => "two objects have its id and differ".to_owned(),
                    (false, true) => "its object has no rule".to_owned(),
                    (false, false) => format!("its rule is `{}`", self.rule),
                },
            ),
        };
        let help =
            format!("{reason}; whether it holds is told with each request, in `device.filters`");
        Diagnostic::new(Code::IntuneFilter, message).at(place, "").help(help)
    }

    /// The devices of a platform for which the rule holds; `None` if it asks for something that the model
    /// does not know, or tells devices of one state apart.
    pub(super) fn states(&self, platform: Platform) -> Option<DeviceStates> {
        if self.platform != Some(platform) || self.is_disputed {
            return None;
        }
        let types = match platform {
            Platform::Android => ANDROID,
            Platform::Ios => IOS,
            Platform::Windows => WINDOWS,
        };
        let rule = Rule::parse(&self.rule)?;
        if !rule.has_known_words(types) {
            return None;
        }
        let (mut held, mut others) = (DeviceStates::default(), DeviceStates::default());
        for one in types {
            let states = one.states.iter().copied().collect();
            match rule.holds(one) {
                true => held = held.or(states),
                false => others = others.or(states),
            }
        }
        held.and(others).is_empty().then_some(held)
    }
}

/// A rule about the management of devices.
#[derive(Debug, PartialEq, Eq)]
enum Rule {
    All(Vec<Rule>),
    Any(Vec<Rule>),
    Not(Box<Rule>),
    Test { operator: Operator, words: Vec<String> },
}

/// An operator on strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equals,
    StartsWith,
    Contains,
}

/// The deepest nesting of a rule that is read.
const DEPTH: usize = 32;

impl Rule {
    fn parse(text: &str) -> Option<Self> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, depth: 0 };
        let rule = parser.any()?;
        parser.tokens.is_empty().then_some(rule)
    }

    /// Whether each word is one of some types, or selects one by its beginning or a part of it. What another
    /// word selects is not known.
    fn has_known_words(&self, types: &[DeviceType]) -> bool {
        match self {
            Self::All(rules) | Self::Any(rules) => {
                rules.iter().all(|rule| rule.has_known_words(types))
            }
            Self::Not(rule) => rule.has_known_words(types),
            Self::Test { operator, words } => {
                let known = || types.iter().flat_map(|one| one.words);
                let is_known = |word: &String| {
                    !word.is_empty() && known().any(|own| operator.selects(own, word))
                };
                !words.is_empty() && words.iter().all(is_known)
            }
        }
    }

    fn holds(&self, one: &DeviceType) -> bool {
        match self {
            Self::All(rules) => rules.iter().all(|rule| rule.holds(one)),
            Self::Any(rules) => rules.iter().any(|rule| rule.holds(one)),
            Self::Not(rule) => !rule.holds(one),
            Self::Test { operator, words } => {
                words.iter().any(|word| one.words.iter().any(|own| operator.selects(own, word)))
            }
        }
    }
}

impl Operator {
    /// Whether it selects devices with a word of theirs by a word of a rule.
    fn selects(self, own: &str, word: &str) -> bool {
        match self {
            Self::Equals => own == word,
            Self::StartsWith => own.starts_with(word),
            Self::Contains => own.contains(word),
        }
    }
}

/// A token of a rule; words and strings are in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Word(String),
    /// A string, or a list of strings.
    Strings(Vec<String>),
}

struct Parser<'t> {
    tokens: &'t [Token],
    depth: usize,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first.clone())
    }

    /// Whether the next token is a word, which it takes.
    fn takes(&mut self, word: &str) -> bool {
        let is_next = matches!(self.tokens.first(), Some(Token::Word(next)) if next == word);
        if is_next {
            self.tokens = self.tokens.get(1..).unwrap_or_default();
        }
        is_next
    }

    fn any(&mut self) -> Option<Rule> {
        let mut rules = vec![self.all()?];
        while self.takes("or") {
            rules.push(self.all()?);
        }
        Some(Rule::Any(rules))
    }

    fn all(&mut self) -> Option<Rule> {
        let mut rules = vec![self.one()?];
        while self.takes("and") {
            rules.push(self.one()?);
        }
        Some(Rule::All(rules))
    }

    fn one(&mut self) -> Option<Rule> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        let rule = match self.next()? {
            Token::Open => {
                let rule = self.any()?;
                if self.next()? != Token::Close {
                    return None;
                }
                rule
            }
            Token::Word(word) if word == "not" => Rule::Not(Box::new(self.one()?)),
            Token::Word(property) if property == "app.devicemanagementtype" => self.test()?,
            Token::Close | Token::Word(_) | Token::Strings(_) => return None,
        };
        self.depth -= 1;
        Some(rule)
    }

    fn test(&mut self) -> Option<Rule> {
        let Token::Word(operator) = self.next()? else { return None };
        let Token::Strings(words) = self.next()? else { return None };
        let (operator, is_positive) = match operator.as_str() {
            "-eq" | "-in" => (Operator::Equals, true),
            "-ne" | "-notin" => (Operator::Equals, false),
            "-startswith" => (Operator::StartsWith, true),
            "-contains" => (Operator::Contains, true),
            "-notcontains" => (Operator::Contains, false),
            _ => return None,
        };
        let test = Rule::Test { operator, words };
        Some(if is_positive { test } else { Rule::Not(Box::new(test)) })
    }
}

/// The tokens of a rule; `None` for a string or list without an end.
fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '(' | ')' => {
                found.push(if first == '(' { Token::Open } else { Token::Close });
                rest.get(1..)?
            }
            '"' | '\'' => {
                let (word, behind) = quoted(rest)?;
                found.push(Token::Strings(vec![word]));
                behind
            }
            '[' => {
                let (words, behind) = list(rest.get(1..)?)?;
                found.push(Token::Strings(words));
                behind
            }
            _ => {
                let is_end = |c: char| c.is_whitespace() || "()[]\"'".contains(c);
                let end = rest.find(is_end).unwrap_or(rest.len());
                let (word, behind) = rest.split_at_checked(end.max(1))?;
                found.push(Token::Word(word.to_lowercase()));
                behind
            }
        }
        .trim_start();
    }
    Some(found)
}

/// The string at the beginning of a text, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mark = text.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let (word, behind) = text.get(1..)?.split_once(mark)?;
    Some((word.to_lowercase(), behind))
}

/// The strings up to the end of a list, and what follows.
fn list(text: &str) -> Option<(Vec<String>, &str)> {
    let (mut words, mut rest) = (Vec::new(), text.trim_start());
    loop {
        if let Some(behind) = rest.strip_prefix(']') {
            return Some((words, behind));
        }
        let (word, behind) = quoted(rest)?;
        words.push(word);
        let behind = behind.trim_start();
        rest = behind.strip_prefix(',').map_or(behind, str::trim_start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intune::levels::unmanaged;

    fn states(platform: Platform, rule: &str) -> Option<Vec<DeviceState>> {
        let filter = AssignmentFilter {
            id: "1".to_owned(),
            title: String::new(),
            platform: Some(platform),
            rule: rule.to_owned(),
            json: Json::Null,
            is_disputed: false,
        };
        filter.states(platform).map(|states| states.iter().collect())
    }

    #[test]
    fn rules_about_management_are_device_states() {
        let android = |rule: &str| states(Platform::Android, rule);
        let ios = |rule: &str| states(Platform::Ios, rule);
        let alone = r#"(app.deviceManagementType -eq "Unmanaged")"#;
        assert_eq!(android(alone), Some(vec![Unmanaged, ThirdParty]));
        assert_eq!(ios(alone), Some(vec![Unmanaged]));
        let managed = "(APP.DeviceManagementType -in ['Managed'])";
        assert_eq!(ios(managed), Some(vec![Intune]));
        let both = r#"(app.deviceManagementType -in ["AOSP userless devices", "Unmanaged"]) and not (app.deviceManagementType -startsWith "un")"#;
        assert_eq!(android(both), Some(vec![AospUserless]));
        let either = r#"app.deviceManagementType -eq "Android Enterprise" or (app.deviceManagementType -contains "administrator")"#;
        let found = android(either);
        assert_eq!(found, Some(vec![Intune, Configmgr, AndroidEnterprise, AndroidDedicated]));
        let rest = r#"(app.deviceManagementType -ne "Unmanaged")"#;
        assert_eq!(ios(rest), Some(vec![Intune, Configmgr, ThirdParty]));
    }

    #[test]
    fn rules_and_levels_agree_on_what_is_unmanaged() {
        for platform in Platform::ALL.iter().copied() {
            let held: DeviceStates =
                states(platform, "(app.deviceManagementType -eq \"Unmanaged\")")
                    .unwrap()
                    .into_iter()
                    .collect();
            assert_eq!(held, unmanaged(platform), "{platform}");
        }
    }

    #[test]
    fn other_rules_stay_facts() {
        for rule in [
            r#"(app.osVersion -startsWith "17")"#,
            r#"(app.deviceManagementType -eq "Unmanaged") and (app.deviceModel -eq "iPhone")"#,
            r#"(app.deviceManagementType -eq "Personally-owned work profile")"#,
            r#"(app.deviceManagementType -gt "Unmanaged")"#,
            r#"(app.deviceManagementType -eq "Unmanaged""#,
            r#"(app.deviceManagementType -eq "Unmanaged)"#,
            r#"(app.deviceManagementType -in ["Unmanaged")"#,
            "",
            "((((((((((((((((((((((((((((((((((((((((",
            r#"(app.deviceManagementType -ne "Some newer kind of enrolment")"#,
            r#"(app.deviceManagementType -in ["Unmanaged", "Some newer kind"])"#,
            r#"(app.deviceManagementType -in [])"#,
            r#"(app.deviceManagementType -ne "")"#,
            r#"(app.deviceManagementType -contains "")"#,
            r#"(app.deviceManagementType -notContains "newer")"#,
        ] {
            assert_eq!(states(Platform::Android, rule), None, "{rule}");
        }
    }
}
