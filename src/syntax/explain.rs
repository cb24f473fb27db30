//! Diagnostics for text that the grammar refuses.
//!
//! Takes in pest's error and the tokens around it, gives out a diagnostic in words of the policy's
//! author: the token that was found, the words that the grammar expected, and the text to write.
//! Recognises misspelt keywords, words of other languages and reserved words used as names. Does not
//! know what other pieces of the file say.

use std::ops::Range;

use pest::error::{Error, ErrorVariant, InputLocation};

use super::grammar::{Rule, noun as noun_of};
use super::keywords::{
    clause_example, example, foreign, is_reserved, noun, statements, words_called,
};
use super::phrases::{Phrase, Place};
use super::scan::TokenKind;
use super::tokens::Tokens;
use crate::diagnostic::{Code, Diagnostic, closest};
use crate::source::{Span, offset};
use crate::vocabulary::Channel;

/// The groups of keywords that are short enough to be listed in help.
const LISTED: &[&str] = &[noun::CHANNEL, noun::ACCOUNT, noun::REQUIREMENT];

/// Words that stand between a channel and what it leads to in everyday speech, or for the data.
const LINKING: &[&str] = &[
    "with",
    "in",
    "within",
    "inside",
    "outside",
    "between",
    "via",
    "using",
    "links",
    "contacts",
    "data",
    "files",
    "mail",
    "text",
    "anything",
    "everything",
    "no",
    "all",
];

/// The help where a unit of time is expected. An example would choose one for the author.
const UNITS: &str = "write `minutes`, `hours` or `days` behind the number";

/// The first characters of the language's symbols, brackets and quotes aside.
const SYMBOLS: &[char] = &[',', '=', ':', '<', '>'];

/// Explains why `rule` refuses a range of tokens; gives also the token that it refused.
pub(super) fn explain(
    tokens: &Tokens<'_>,
    piece: Range<usize>,
    rule: Rule,
    error: &Error<Rule>,
) -> (Diagnostic, usize) {
    let at = refused_token(tokens, &piece, error);
    let (expected, may_end) = expected(error, rule);
    let may_begin = may_end && matches!(rule, Rule::one_statement);
    let refusal = Refusal { tokens, piece, at, expected, may_begin };
    (refusal.diagnostic(), at)
}

/// The token at which the grammar could not go on; the end of the piece if the text ends too early.
fn refused_token(tokens: &Tokens<'_>, piece: &Range<usize>, error: &Error<Rule>) -> usize {
    let offset = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let byte = tokens.bytes(piece).start + offset;
    let is_behind = |at: &usize| tokens.get(*at).is_some_and(|token| token.end > byte);
    let at = piece.clone().find(is_behind).unwrap_or(piece.end);
    // An unclosed string swallows the text behind it, and is the cause of what follows.
    let is_unclosed = |at: &usize| tokens.kind(*at) == Some(TokenKind::UnclosedString);
    let behind = piece.end.min(at.saturating_add(1));
    (piece.start..behind).find(is_unclosed).unwrap_or(at)
}

/// A token that the grammar refused, with its piece.
struct Refusal<'t, 'a> {
    tokens: &'t Tokens<'a>,
    piece: Range<usize>,
    at: usize,
    /// Nouns and quoted words for the alternatives, sorted, each once.
    expected: Vec<&'static str>,
    /// Whether a statement may begin in the place of the token, behind the one that it stands in.
    may_begin: bool,
}

impl<'a> Refusal<'_, 'a> {
    fn found(&self) -> &'a str {
        self.tokens.slice(self.at)
    }

    /// The token before the refused one, if it is in the piece.
    fn before(&self) -> &'a str {
        let before = self.at.checked_sub(1).filter(|before| *before >= self.piece.start);
        before.map_or("", |before| self.tokens.slice(before))
    }

    fn expects(&self, noun: &str) -> bool {
        self.expected.contains(&noun)
    }

    fn is_kind(&self, kind: TokenKind) -> bool {
        self.tokens.kind(self.at) == Some(kind)
    }

    /// The span of the refused token, or the end of the piece.
    fn place(&self) -> Span {
        if self.at < self.piece.end {
            return self.tokens.span(self.at);
        }
        let last = self.piece.end.checked_sub(1).filter(|last| *last < self.tokens.len());
        self.tokens.span(last.unwrap_or(self.tokens.len())).after()
    }

    fn diagnostic(&self) -> Diagnostic {
        let diagnostic = self.cause();
        if diagnostic.code == Code::Unexpected
            && diagnostic.help.is_none()
            && let Some(example) = self.example()
        {
            return diagnostic.help(format!("write `{example}`, for example"));
        }
        diagnostic
    }

    /// An example of the nearest clause before the refused token, or else of the whole piece.
    fn example(&self) -> Option<String> {
        let start = self.piece.start;
        let is_limit = |at: usize| at > start && self.tokens.slice(at - 1) == "up";
        let before = (start..self.at.min(self.piece.end)).rev();
        let mut words = before.filter(|at| !is_limit(*at)).map(|at| self.tokens.slice(at));
        let first = self.tokens.skip_docs(start);
        let [opening, second] = [first, first + 1].map(|at| self.tokens.slice(at));
        let behind_launch = || (first..self.at).any(|at| self.tokens.slice(at) == "when");
        if opening == "launch" && matches!(second, "warn" | "block" | "wipe") && !behind_launch() {
            return Some(format!("launch {second} when jailbroken"));
        }
        let found = words.find_map(clause_example).or_else(|| match (opening, second) {
            ("require", "encryption") => Some("require encryption"),
            ("require", "credentials") => Some("require credentials { recheck 30 minutes }"),
            (word, _) => example(word),
        });
        found.map(str::to_owned)
    }

    fn cause(&self) -> Diagnostic {
        if self.at >= self.piece.end {
            let phrase = self.place_of_phrase().phrase_at_end();
            return phrase.map_or_else(|| self.too_short(), |phrase| self.everyday(phrase));
        }
        match self.tokens.kind(self.at) {
            Some(TokenKind::UnclosedString) => {
                Diagnostic::new(Code::UnclosedString, "a string does not end on its line")
                    .at(self.place(), "begins here")
                    .help("close it with `\"`; write `\\n` for a line break")
            }
            Some(TokenKind::String) => self.string(),
            Some(TokenKind::Doc) => {
                let message = "documentation inside of a declaration or statement";
                Diagnostic::new(Code::MisplacedDoc, message)
                    .at(self.place(), "")
                    .help("write `//` for a comment, or move it above the whole")
            }
            _ => {
                let phrase = || self.place_of_phrase().phrase().map(|one| self.everyday(one));
                let level = self.place_of_phrase().level().map(|one| self.everyday(one));
                (level.or_else(|| self.comparison()).or_else(phrase))
                    .or_else(|| self.bad_name())
                    .or_else(|| self.foreign())
                    .or_else(|| self.unknown_symbol())
                    .unwrap_or_else(|| self.unexpected())
            }
        }
    }

    /// The piece ends where the grammar expects more.
    fn too_short(&self) -> Diagnostic {
        let last = shorten(self.tokens.slice(self.piece.end.saturating_sub(1)));
        let message = format!("{} is missing behind `{last}`", alternatives(&self.expected));
        Diagnostic::new(Code::Unexpected, message).at(self.place(), "here")
    }

    /// A string with an invalid escape, or in the wrong place.
    fn string(&self) -> Diagnostic {
        let place = self.place();
        if let Some(escape) = bad_escape(self.found()) {
            let written = self.found().get(escape.clone()).unwrap_or("\\");
            let at = |byte: usize| place.start.saturating_add(offset(byte));
            let place = Span { start: at(escape.start), end: at(escape.end), ..place };
            return Diagnostic::new(Code::BadEscape, format!("unknown escape `{written}`"))
                .at(place, "")
                .help(
                    "write `\\\\` for a backslash; `\\\"`, `\\n` and `\\u{…}` are known as well",
                );
        }
        let message = format!("found a string, expected {}", alternatives(&self.expected));
        Diagnostic::new(Code::Unexpected, message).at(place, "")
    }

    /// A comparison in the notation of another language.
    fn comparison(&self) -> Option<Diagnostic> {
        let (before, found) = (self.before(), self.found());
        let help = comparison_help(&self.expected, before, found)?;
        let mut place = self.place();
        let mut shown = found;
        if matches!(before, "<" | ">") {
            place.start = self.tokens.span(self.at - 1).start;
            let bytes = place.start as usize..place.end as usize;
            shown = self.tokens.text().get(bytes).unwrap_or(found);
        }
        let message = format!("`{shown}` cannot stand here");
        Some(Diagnostic::new(Code::NearMiss, message).at(place, "").help(help))
    }

    /// A word in the place of a name, but reserved or with other characters.
    fn bad_name(&self) -> Option<Diagnostic> {
        let found = self.found();
        let expects_name = self.expects("a name") || self.expects("names");
        if is_reserved(found) && expects_name {
            let message = format!("`{found}` is a reserved word, it cannot be a name");
            let diagnostic = Diagnostic::new(Code::ReservedWord, message);
            let help = format!("choose another name, `my-{found}` for example");
            return Some(diagnostic.at(self.place(), "a name is expected here").help(help));
        }
        let expects_word = self.expects("a word");
        // The grammar accepts the beginning of `café` as a name.
        let begins_well = found.starts_with(|c: char| c.is_ascii_lowercase()) && !found.is_ascii();
        let expects_name = expects_name || self.expects(noun::SET) || begins_well;
        let is_suspect = self.is_kind(TokenKind::Word) && !is_well_formed(found);
        if !is_suspect || !expects_name && !expects_word {
            return None;
        }
        Some(malformed_name(found, self.place(), expects_word))
    }

    fn place_of_phrase(&self) -> Place<'_, 'a> {
        let (begins_set, takes_clause) = (self.expects(noun::SET), self.expects(noun::CLAUSE));
        let (tokens, piece, at) = (self.tokens, self.piece.clone(), self.at);
        Place { tokens, piece, at, begins_set, takes_clause }
    }

    /// A phrase of everyday speech.
    fn everyday(&self, phrase: Phrase) -> Diagnostic {
        let Phrase { words, help } = phrase;
        let bytes = self.tokens.bytes(&words);
        let written = self.tokens.text().get(bytes.clone()).unwrap_or("");
        let message = format!("`{}` cannot stand here", shorten(written));
        let place = self.tokens.span_of(bytes.start, bytes.end);
        Diagnostic::new(Code::NearMiss, message).at(place, "").help(help)
    }

    /// A word or symbol of another language.
    fn foreign(&self) -> Option<Diagnostic> {
        let mut place = self.place();
        let mut found = self.found();
        if found == "-" && self.tokens.slice(self.at + 1) == ">" {
            place.end += 1;
            found = "->";
        }
        let help = foreign(found)?;
        let message = format!("`{found}` cannot stand here");
        Some(Diagnostic::new(Code::NearMiss, message).at(place, "").help(help))
    }

    fn unknown_symbol(&self) -> Option<Diagnostic> {
        let found = self.found();
        if !self.is_kind(TokenKind::Symbol) || found.starts_with(SYMBOLS) {
            return None;
        }
        let message = format!("the language has no symbol `{found}`");
        let diagnostic = Diagnostic::new(Code::BadCharacter, message).at(self.place(), "");
        Some(diagnostic.help("remove it; only strings and comments may hold any character"))
    }

    /// A token of the language in the wrong place.
    fn unexpected(&self) -> Diagnostic {
        let found = self.found();
        let message =
            format!("found `{}`, expected {}", shorten(found), alternatives(&self.expected));
        let diagnostic = Diagnostic::new(Code::Unexpected, message).at(self.place(), "");
        // A reserved word is spelt as it is meant, if it stands in the wrong place.
        let is_spelt = is_reserved(found);
        if let Some(word) = misspelt(found, &self.expected).filter(|_| !is_spelt) {
            return Diagnostic { code: Code::NearMiss, ..diagnostic.meant(word) };
        }
        if !is_spelt
            && self.may_begin
            && !self.is_unit()
            && let Some(word) = closest(found, statements()).filter(|word| *word != found)
        {
            return diagnostic.meant(word);
        }
        match self.advice() {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }

    /// Whether a word stands where a time needs its unit.
    fn is_unit(&self) -> bool {
        let is_word = self.found().starts_with(|c: char| c.is_ascii_alphabetic());
        let measured = self.at.checked_sub(2).map_or("", |at| self.tokens.slice(at));
        is_word
            && self.expects("`minutes`")
            && matches!(measured, "<" | ">" | "recheck" | "expires" | "biometrics-override")
    }

    /// Help for a token of the language in the wrong place.
    fn advice(&self) -> Option<String> {
        let (before, found) = (self.before(), self.found());
        if self.is_unit() {
            return Some(UNITS.to_owned());
        }
        let listed = LISTED.iter().find(|noun| self.expects(noun));
        if let Some(noun) = listed.filter(|_| self.expected.len() <= 2) {
            let words: Vec<_> = words_called(noun).map(|word| format!("`{word}`")).collect();
            return Some(format!("write {}", alternatives(&words)));
        }
        if self.is_kind(TokenKind::Symbol) {
            return None;
        }
        let is_end = match is_reserved(found) {
            true => words_called(noun::SET).any(|word| word == found),
            false => {
                found.starts_with(|c: char| c.is_ascii_lowercase()) && !LINKING.contains(&found)
            }
        };
        if self.expects(noun::CLAUSE) && Channel::from_word(before).is_some() && is_end {
            return Some(format!("write `to {found}` or `from {found}`"));
        }
        let is_list = self.expects("`,`") && is_well_formed(before);
        if is_list && before == "any" {
            // A list with `any` in it would mean everything.
            return Some(format!(
                "leave `any` out: it stands for everything, and `{found}` for a part"
            ));
        }
        is_list.then(|| "write `,` between the parts of a list".to_owned())
    }
}

/// A word that would be a name or, with `is_word`, a platform or state, if it were spelt so.
fn malformed_name(found: &str, place: Span, is_word: bool) -> Diagnostic {
    let (noun, rule) = if is_word {
        ("word here", "words of this kind have lower-case letters")
    } else {
        ("name", "names begin with a letter, and have lower-case letters")
    };
    let better = match found.to_lowercase().replace(['_', '.'], "-") {
        device if is_word && device.starts_with("ip") => "ios".to_owned(),
        better => better,
    };
    let is_better = is_well_formed(&better) && better != found;
    let example = if is_better { format!(": `{better}`") } else { String::new() };
    Diagnostic::new(Code::NearMiss, format!("`{found}` cannot be a {noun}"))
        .at(place, "")
        .help(format!("{rule}, digits and `-`{example}"))
}

/// Whether a word has the form of a name.
fn is_well_formed(word: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    word.starts_with(|c: char| c.is_ascii_lowercase()) && word.chars().all(fits)
}

/// Help for a comparison in another notation.
fn comparison_help(expected: &[&str], before: &str, found: &str) -> Option<&'static str> {
    let expects = |noun: &str| expected.contains(&noun);
    if expects("`<`") && matches!(found, "=" | "==" | "!=" | "!" | "is" | "below" | "above" | ":") {
        return Some("write `<` or `>`: `os < 17.0`, `offline > 12 hours`");
    }
    if found == "than" && !expects("`then`") {
        return Some("compare with `<` or `>`: `os < 17.0`, `offline > 12 hours`");
    }
    if found == "if" && expects("`when`") {
        return Some("write `when`");
    }
    let is_or_equal = matches!(before, "<" | ">") && found.starts_with('=')
        || matches!(found, "<<" | ">>" | "≤" | "≥");
    is_or_equal
        .then_some("write `<` or `>` alone: `os < 17.0` holds for every version older than 17.0")
}

/// The bytes of the first invalid escape of a string literal.
fn bad_escape(literal: &str) -> Option<Range<usize>> {
    let mut rest = literal;
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
            let start = literal.len() - rest.len() + at;
            return Some(start..start + 1 + next.len_utf8());
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

/// The keyword that a misspelt word was probably meant to be, among those that are expected.
fn misspelt(found: &str, expected: &[&'static str]) -> Option<&'static str> {
    let words = expected.iter().flat_map(|noun| {
        let quoted = noun.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
        let quoted = quoted.filter(|word| is_well_formed(word));
        words_called(noun).chain(quoted)
    });
    let lower = found.to_lowercase();
    closest(&lower, words).filter(|word| *word != found)
}

/// The nouns and quoted words for all that the grammar could have accepted, and whether the piece may end.
fn expected(error: &Error<Rule>, rule: Rule) -> (Vec<&'static str>, bool) {
    let ErrorVariant::ParsingError { positives, .. } = &error.variant else {
        return (Vec::new(), false);
    };
    let nouns = positives.iter().filter_map(|rule| noun_of(*rule));
    let mut nouns: Vec<_> = nouns.flat_map(|noun| noun.split(", ")).collect();
    nouns.sort_unstable();
    nouns.dedup();
    let may_end = nouns.contains(&"the end");
    // The possible continuations say more than that the piece may end.
    if nouns.len() > 1 {
        nouns.retain(|noun| !matches!(*noun, "the end" | "documentation"));
    } else if nouns == ["the end"] {
        nouns = match rule {
            Rule::one_item => vec![noun::DECLARATION],
            Rule::one_statement => vec![noun::STATEMENT],
            _ => nouns,
        };
    }
    (nouns, may_end)
}

/// Nouns as a sentence lists alternatives.
fn alternatives<T: AsRef<str>>(nouns: &[T]) -> String {
    let joined = |nouns: &[T]| nouns.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match nouns {
        [] => "something else".to_owned(),
        [first @ .., last] if !first.is_empty() => {
            format!("{} or {}", joined(first), last.as_ref())
        }
        one => joined(one),
    }
}

/// The beginning of a text that may be long.
fn shorten(found: &str) -> String {
    const LONGEST: usize = 40;
    match found.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", found.get(..at).unwrap_or("")),
        None => found.to_owned(),
    }
}
