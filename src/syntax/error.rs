//! Where the grammar could not go on: what was found, what was expected, what to write.
//!
//! Takes in pest's error and the tokens around it, gives out a diagnostic in the project's own
//! words. Near misses (`==`, `and`, a misspelt keyword, a reserved word as a name) are recognised
//! here and nowhere else.

use std::ops::Range;

use pest::error::{Error, ErrorVariant};

use super::grammar::{Rule, noun};
use super::scan::{Token, TokenKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceId, Span};
use crate::vocabulary::Channel;

/// A text with its tokens.
pub(super) struct View<'a> {
    pub(super) text: &'a str,
    pub(super) source: SourceId,
    pub(super) tokens: &'a [Token],
}

/// The words of each kind that a message may have expected, for those who misspell one.
const WORDS: &[(&str, &[&str])] = &[
    ("a declaration", &["mam", "use", "tenant", "app", "storage", "group", "users", "policy"]),
    ("a declaration", &["expect"]),
    ("a statement", &["for", "on", "devices", "protect", "yields", "otherwise"]),
    ("a statement", &["allow", "block", "accept", "refuse"]),
    ("a statement", &["require", "launch", "setting", "expect"]),
    ("a clause", &["from", "to", "for", "on", "devices", "because", "by", "avoiding"]),
    ("a clause", &["up", "without", "tagged", "app-wide"]),
    ("a channel", &["any", "share", "invoke", "copy", "open", "save", "link", "call", "message"]),
    ("a channel", &["type", "print", "backup", "notify", "capture", "sync", "assist"]),
    ("a set of apps or storages", &["any", "any-app", "any-storage", "corporate-storage"]),
    ("a set of apps or storages", &["personal-storage", "managed", "unmanaged", "unlisted"]),
    ("an account", &["work", "personal", "other", "any"]),
    ("a line of the app", &["ios", "android", "windows", "url"]),
    ("a line of the app", &["sdk", "multi-identity", "container", "on-premises"]),
    ("a requirement", &["pin", "credentials", "encryption"]),
    ("a field", &["length", "kind", "simple", "attempts", "history", "expires", "recheck"]),
    ("a field", &["biometrics", "biometrics-override", "biometrics-class"]),
    ("a field", &["biometrics-change", "skip-with-device-pin", "class"]),
];

/// Of these, the help lists all words.
const CHOICES: &[&str] = &["a channel", "an account", "a requirement"];

/// The symbols that the language has, beside brackets and quotes.
const SYMBOLS: &[char] = &[',', '=', ':', '<', '>'];

impl View<'_> {
    fn slice(&self, at: usize) -> &str {
        self.tokens.get(at).and_then(|token| self.text.get(token.start..token.end)).unwrap_or("")
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { source: self.source, start: offset(start), end: offset(end) }
    }

    /// The token, or the end of the piece's last one.
    fn place(&self, piece: &Range<usize>, at: usize) -> Span {
        if let Some(token) = self.tokens.get(at).filter(|_| at < piece.end) {
            return self.span(token.start, token.end);
        }
        let end = piece.end.checked_sub(1).and_then(|last| self.tokens.get(last));
        end.map_or(self.span(self.text.len(), self.text.len()), |token| {
            self.span(token.end, token.end)
        })
    }

    /// What is wrong with a piece of text whose token `at` the grammar could not take.
    pub(super) fn explain(
        &self,
        error: &Error<Rule>,
        rule: Rule,
        piece: Range<usize>,
        at: usize,
    ) -> Diagnostic {
        let expected = expected(error, rule);
        let place = self.place(&piece, at);
        let diagnostic = self.explain_place(&expected, &piece, place, at);
        if diagnostic.code == Code::Unexpected
            && diagnostic.help.is_none()
            && let Some(usage) = self.usage(piece, at)
        {
            return diagnostic.help(format!("write `{usage}`, for example"));
        }
        diagnostic
    }

    /// How the clause in front of a token is written, or else what the piece begins with.
    fn usage(&self, piece: Range<usize>, at: usize) -> Option<&'static str> {
        let is_limit = |at: usize| at > piece.start && self.slice(at - 1) == "up";
        let mut before = (piece.start..at.min(piece.end)).rev().filter(|at| !is_limit(*at));
        before.find_map(|at| clause_usage(self.slice(at))).or_else(|| {
            let is_doc = |token: &&Token| token.kind == TokenKind::Doc;
            let docs = self.tokens.get(piece.clone())?.iter().take_while(is_doc).count();
            usage(self.slice(piece.start + docs))
        })
    }

    fn explain_place(
        &self,
        expected: &[String],
        piece: &Range<usize>,
        place: Span,
        at: usize,
    ) -> Diagnostic {
        if at >= piece.end {
            let last = shorten(self.slice(piece.end.saturating_sub(1)));
            let message = format!("{} is missing behind `{last}`", list(expected));
            return Diagnostic::new(Code::Unexpected, message).at(place, "here");
        }
        match self.tokens.get(at).map(|token| token.kind) {
            Some(TokenKind::UnclosedString) => {
                Diagnostic::new(Code::UnclosedString, "a string that does not end on its line")
                    .at(place, "begins here")
                    .help("close it with `\"`; write `\\n` for a line break")
            }
            Some(TokenKind::String) => bad_string(place, self.slice(at), expected),
            Some(TokenKind::Doc) => {
                let message = "documentation in the middle of a declaration or statement";
                Diagnostic::new(Code::MisplacedDoc, message)
                    .at(place, "")
                    .help("write `//` for a comment, or put it above the whole")
            }
            _ => {
                let before = at.checked_sub(1).filter(|before| *before >= piece.start);
                let before = before.map_or("", |before| self.slice(before));
                self.explain_token(expected, place, before, at)
            }
        }
    }

    fn explain_token(
        &self,
        expected: &[String],
        place: Span,
        before: &str,
        at: usize,
    ) -> Diagnostic {
        let mut place = place;
        let mut found = self.slice(at);
        if let Some(help) = comparison(expected, before, found) {
            if matches!(before, "<" | ">") {
                place.start = self.place(&(0..at), at - 1).start;
                found = self.text.get(place.start as usize..place.end as usize).unwrap_or(found);
            }
            let message = format!("`{found}` cannot stand here");
            return Diagnostic::new(Code::NearMiss, message).at(place, "").help(help);
        }
        if let Some(diagnostic) = self.explain_name(expected, place, at) {
            return diagnostic;
        }
        if found == "-" && self.slice(at + 1) == ">" {
            place.end += 1;
            found = "->";
        }
        if let Some(help) = near_miss(found) {
            let message = format!("`{found}` is not part of the language");
            return Diagnostic::new(Code::NearMiss, message).at(place, "").help(help);
        }
        let is_symbol = self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Symbol);
        if is_symbol && !found.starts_with(SYMBOLS) {
            let message = format!("the language has no `{found}`");
            return Diagnostic::new(Code::BadCharacter, message)
                .at(place, "")
                .help("remove it; strings and comments may hold every character");
        }
        let message = format!("found `{}`, expected {}", shorten(found), list(expected));
        let diagnostic = Diagnostic::new(Code::Unexpected, message).at(place, "");
        if let Some(word) = misspelt(found, expected) {
            let diagnostic = diagnostic.help(format!("did you mean `{word}`?"));
            return Diagnostic { code: Code::NearMiss, ..diagnostic };
        }
        let can = |noun: &str| expected.iter().any(|one| one == noun);
        if expected.len() <= 2
            && let Some(choices) = CHOICES.iter().find(|noun| can(noun)).map(|noun| words_of(noun))
        {
            let choices: Vec<_> = choices.map(|word| format!("`{word}`")).collect();
            return diagnostic.help(format!("write {}", list(&choices)));
        }
        if !is_symbol && can("a clause") && Channel::from_word(before).is_some() {
            return diagnostic.help(format!("write `to {found}` or `from {found}`"));
        }
        if !is_symbol && can("`,`") && is_well_formed(before) {
            return diagnostic.help("write `,` between the parts of a list");
        }
        diagnostic
    }

    /// What is wrong with a word that stands where a name could stand.
    fn explain_name(&self, expected: &[String], place: Span, at: usize) -> Option<Diagnostic> {
        let found = self.slice(at);
        let wants = |nouns: &[&str]| expected.iter().any(|one| nouns.contains(&one.as_str()));
        let is_word = self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word);
        if is_reserved(found) && wants(&["a name", "names"]) {
            let message = format!("`{found}` is a reserved word, it cannot be a name");
            let diagnostic = Diagnostic::new(Code::ReservedWord, message);
            let help = format!("call it something else, `my-{found}` for example");
            return Some(diagnostic.at(place, "a name is expected here").help(help));
        }
        let wants_word = wants(&["a word"]);
        // The grammar takes the beginning of `café` for a name.
        let begins_well = found.starts_with(|c: char| c.is_ascii_lowercase()) && !found.is_ascii();
        let wants_name = wants(&["a name", "names", "a set of apps or storages"]) || begins_well;
        if !is_word || is_well_formed(found) || !wants_name && !wants_word {
            return None;
        }
        let (noun, rule) = if wants_word {
            ("word here", "such words have lower-case letters")
        } else {
            ("name", "names begin with a letter, and have lower-case letters")
        };
        let better = match found.to_lowercase().replace(['_', '.'], "-") {
            device if wants_word && device.starts_with("ip") => "ios".to_owned(),
            better => better,
        };
        let example = if is_well_formed(&better) && better != found {
            format!(": `{better}`")
        } else {
            String::new()
        };
        let diagnostic = Diagnostic::new(Code::NearMiss, format!("`{found}` cannot be a {noun}"));
        Some(diagnostic.at(place, "").help(format!("{rule}, digits and `-`{example}")))
    }
}

/// Whether a name or word could be written so.
fn is_well_formed(word: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    word.starts_with(|c: char| c.is_ascii_lowercase()) && word.chars().all(fits)
}

/// How to compare, where something else was written.
fn comparison(expected: &[String], before: &str, found: &str) -> Option<&'static str> {
    let can_compare = expected.iter().any(|one| one == "`<`");
    if can_compare && matches!(found, "=" | "==" | "!=" | "!" | "is" | "below" | "above" | ":") {
        return Some("write `<` or `>`: `os < 17.0`, `offline > 12 hours`");
    }
    if found == "than" && !expected.iter().any(|one| one == "`then`") {
        return Some("compare with `<` or `>`: `os < 17.0`, `offline > 12 hours`");
    }
    if found == "if" && expected.iter().any(|one| one == "`when`") {
        return Some("write `when`");
    }
    let stands_alone = matches!(before, "<" | ">") && found.starts_with('=')
        || matches!(found, "<<" | ">>" | "≤" | "≥");
    stands_alone.then_some("`<` and `>` stand alone: `os < 17.0` holds where it is older than 17.0")
}

fn bad_string(place: Span, found: &str, expected: &[String]) -> Diagnostic {
    if let Some((at, length)) = bad_escape(found) {
        let offset = |at: usize| place.start + u32::try_from(at).unwrap_or(0);
        let place = Span { start: offset(at), end: offset(at + length), ..place };
        return Diagnostic::new(Code::BadEscape, "a backslash that stands for nothing")
            .at(place, "")
            .help("write `\\\\` for a backslash; `\\\"`, `\\n` and `\\u{…}` are known as well");
    }
    let message = format!("found a string, expected {}", list(expected));
    Diagnostic::new(Code::Unexpected, message).at(place, "")
}

/// Where a string has a backslash that means nothing, and how long it is with what it escapes.
fn bad_escape(found: &str) -> Option<(usize, usize)> {
    let mut rest = found;
    loop {
        let at = rest.find('\\')?;
        let behind = rest.get(at + 1..)?;
        let next = behind.chars().next()?;
        let known = match next {
            '"' | '\\' | 'n' => Some(2),
            'u' => unicode_escape(behind).map(|length| length + 1),
            _ => None,
        };
        let Some(length) = known else {
            return Some((found.len() - rest.len() + at, 1 + next.len_utf8()));
        };
        rest = rest.get(at + length..)?;
    }
}

/// The length of `u{1F4AC}` at the beginning of a text.
fn unicode_escape(text: &str) -> Option<usize> {
    let digits = text.strip_prefix("u{")?;
    let end = digits.find('}').filter(|end| (1..=6).contains(end))?;
    let is_hex = digits.get(..end)?.chars().all(|c| c.is_ascii_hexdigit());
    is_hex.then_some(end + 3)
}

/// What to write instead of a symbol or word of another language.
fn near_miss(found: &str) -> Option<&'static str> {
    Some(match found {
        "==" => "`group` and `setting` have one `=`, nothing else has any",
        "=" => "only `group` and `setting` have a `=`; leave it out",
        "and" | "&&" | "&" => {
            "write `,` between the parts of a list; `and` stands between groups of people \
                                only: `for a and b` means those who are in both"
        }
        "or" | "||" | "|" => "write `,` between the parts of a list",
        ";" => "statements need no mark at their end; leave it out",
        ":" => "leave it out: keywords and values stand side by side",
        "!" | "!=" | "not" => "write `except` behind a set to leave something out",
        "'" | "`" | "“" | "”" => "strings stand in double quotes, names in none",
        "#" => "comments begin with `//`",
        "/" => "comments begin with `//` and end with their line",
        "(" | ")" => "sets have no parentheses; name a part with `group NAME = …`",
        "*" => "write `any`",
        "->" | "=>" | "→" | ">" => "write `to`",
        "deny" | "forbid" | "prohibit" | "disallow" => {
            "write `block`, or `refuse` for what comes in"
        }
        "permit" | "grant" => "write `allow`, or `accept` for what comes in",
        "all" | "everything" | "everyone" | "everybody" => "write `any`",
        "if" => "rules have no `if`; use `for`, `on` and `devices`",
        "but" | "unless" => "write `except`",
        "user" => "write `users` to declare a group of people, and `for` where it is meant",
        "paste" | "cut" => "write `copy`",
        "screenshot" | "screenshots" => "write `capture`",
        "keyboard" => "write `type`",
        "import" | "include" | "load" => "write `use`",
        "application" => "write `app`",
        _ => return None,
    })
}

/// How a clause is written that begins so.
fn clause_usage(keyword: &str) -> Option<&'static str> {
    Some(match keyword {
        "from" => "from salesforce",
        "to" => "to managed",
        "for" => "for staff except contractors",
        "on" => "on ios, android",
        "devices" => "devices unmanaged",
        "up" => "up to 50 characters",
        "without" => "without content",
        "tagged" => "tagged work",
        "because" => "because \"Ask the security office\"",
        "as" => "as work",
        "by" => "by share, save",
        "avoiding" => "avoiding salesforce",
        "then" => "attempts 5 then reset",
        "when" => "when offline > 90 days",
        _ => return None,
    })
}

/// How a declaration or statement is written that begins so.
fn usage(keyword: &str) -> Option<&'static str> {
    Some(match keyword {
        "mam" => "mam 1",
        "use" => "use microsoft",
        "tenant" => "tenant contoso \"contoso.com\"",
        "app" => "app salesforce \"Salesforce\" { ios \"com.salesforce.chatter\" }",
        "storage" => "storage archive \"The archive\" corporate",
        "group" => "group office = outlook, word",
        "users" => "users staff \"Employees\"",
        "policy" => "policy baseline \"Company data\" { … }",
        "protect" => "protect outlook, word",
        "yields" => "yields to baseline",
        "otherwise" => "otherwise allow",
        "allow" => "allow share to managed",
        "block" => "block save to personal-storage",
        "accept" => "accept share from salesforce",
        "refuse" => "refuse open from personal-storage",
        "expect" => "expect block share to unmanaged",
        "require" => "require pin { length 6  recheck 30 minutes }",
        "launch" => "launch wipe when offline > 90 days",
        "setting" => "setting \"priority\" = 1",
        _ => return None,
    })
}

/// The words that a message calls so.
fn words_of(noun: &str) -> impl Iterator<Item = &str> {
    let listed = WORDS.iter().filter(move |(of, _)| *of == noun);
    listed.flat_map(|(_, words)| words.iter().copied())
}

/// The word that was probably meant, among those that could stand there.
fn misspelt<'a>(found: &str, expected: &'a [String]) -> Option<&'a str> {
    let words = expected.iter().flat_map(|noun| {
        let quoted = noun.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
        let quoted = quoted.filter(|word| is_well_formed(word));
        words_of(noun).chain(quoted)
    });
    let lower = found.to_lowercase();
    crate::diagnostic::closest(&lower, words).filter(|word| *word != found)
}

pub(crate) fn is_reserved(word: &str) -> bool {
    use pest::Parser as _;
    super::grammar::MamParser::parse(Rule::reserved, word)
        .is_ok_and(|mut pairs| pairs.next().is_some_and(|pair| pair.as_str() == word))
}

/// What the grammar could have gone on with, each thing once.
fn expected(error: &Error<Rule>, rule: Rule) -> Vec<String> {
    let ErrorVariant::ParsingError { positives, .. } = &error.variant else {
        return Vec::new();
    };
    let nouns = positives.iter().filter_map(|rule| noun(*rule));
    let mut nouns: Vec<_> = nouns.flat_map(|noun| noun.split(", ")).map(str::to_owned).collect();
    nouns.sort_unstable();
    nouns.dedup();
    // What could follow says more than that nothing need follow.
    if nouns.len() > 1 {
        nouns.retain(|noun| noun != "the end" && noun != "documentation");
    } else if nouns == ["the end"] {
        nouns = match rule {
            Rule::one_item => vec!["a declaration".to_owned()],
            Rule::one_statement => vec!["a statement".to_owned()],
            _ => nouns,
        };
    }
    nouns
}

fn list(nouns: &[String]) -> String {
    match nouns {
        [] => "something else".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn shorten(found: &str) -> String {
    const LONGEST: usize = 40;
    match found.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", found.get(..at).unwrap_or("")),
        None => found.to_owned(),
    }
}
