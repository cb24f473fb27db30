//! How the sources are written: the words of the glossary, and the sizes of files and functions.
//!
//! The scans are simple: they know comments, strings and braces, and nothing else of the language.

use std::path::Path;

use crate::support::tree::sources;

// ---------------------------------------------------------------- words

#[test]
fn every_term_of_the_glossary_is_used() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md");
    let document = std::fs::read_to_string(path).unwrap();
    let (_, glossary) = document.split_once("\n## Glossary\n").unwrap();
    let rows = glossary.lines().filter_map(|line| line.strip_prefix("| ")).skip(1);
    let rows = rows.filter(|row| !row.starts_with("---"));
    let terms: Vec<&str> =
        rows.flat_map(|row| row.split('|').next().unwrap().split(',')).map(str::trim).collect();
    assert!(terms.len() > 40, "the glossary is not read: {terms:?}");
    let sources = sources();
    let code: String = sources.iter().map(|(_, text)| words(&code_of(text))).collect();
    let text: String = sources.iter().map(|(_, text)| words(text)).collect();
    let is_used = |term: &&&str| {
        let is_short = term.chars().all(char::is_uppercase);
        if is_short {
            return sources.iter().any(|(_, text)| text.contains(**term));
        }
        // A word has to be in a name; a phrase may stand in a comment.
        let place = if term.contains([' ', '-']) { &text } else { &code };
        let term = words(term);
        place.contains(&term) || place.contains(&format!("{}s ", term.trim_end()))
    };
    let unused: Vec<_> = terms.iter().filter(|term| !is_used(term)).collect();
    assert!(unused.is_empty(), "no code uses {unused:?}");
}

/// Words that this crate once used for things of the field that have a name of their own: the words,
/// the name, and where in `src` the words may not come back.
///
/// A word alone is any part of a name; after `=` stands a whole name, of which `=grid.rs` is a file's.
/// Words of the language and of std are left out, and words that mean something else elsewhere have
/// their places.
const PRIVATE: &[(&str, &str, &[&str])] = &[
    ("diagram diagrams", "manager, node", &[""]),
    ("leaf leaves question questions", "terminal, variable", &["dd/", "table/"]),
    ("memo kept", "operation cache, compaction", &["dd/", "table/", "analysis/engine/"]),
    ("whatever fewest simplify =choose =is_among", "exists, minimal model, restrict, ITE", &[""]),
    ("silence silent unsaid", "not applicable", &[""]),
    ("say says", "applies, decides", &["table/", "interpret", "decision"]),
    (
        "strictest mildest",
        "deny-overrides, weakest obligations",
        &["table/", "analysis/", "interpret"],
    ),
    ("=SourceEnd =TargetEnd", "resolved source, resolved target", &[""]),
    ("=End", "endpoint", &["table/", "analysis/", "model/", "movement", "interpret"]),
    ("workshop", "folded model", &[""]),
    ("world worlds guest guests", "applicability, what-if", &[""]),
    ("voice voices speaker speakers", "participation, target policy", &[""]),
    ("guise guises sight sights aspect aspects seat seats", "view, class facts, cell", &[""]),
    ("=Form", "participation", &["table/", "analysis/"]),
    ("plane planes", "matrix", &[""]),
    ("=Work =Profile =Pieces", "builder, signature, partition", &["table/", "analysis/"]),
    ("rulebook stretch stretches", "ir, range", &[""]),
    ("=Head =Line above", "policy and rule of the ir, yields to", &["table/"]),
    ("holders mask masks =Points", "index by term, bits, numbering", &[""]),
    ("trial trials touched showing =Enough", "delta, affected, control flow", &[""]),
    ("judge grounds contributions", "attribution, determining", &["table/", "analysis/"]),
    ("shelves shelf =put", "layout builder, intern", &[""]),
    ("crowd spot spots", "users, device kind", &[""]),
    // Elsewhere, a lens is what the protocol of editors calls so.
    ("lens", "query", &["analysis/", "table/"]),
    ("=Import =Space", "transfer, scope space", &["analysis/", "table/", "dd/"]),
    ("joint stripe stripes =differ.rs", "alignment, comparison", &[""]),
    ("=Block =grid.rs =cover.rs", "rectangle", &["analysis/", "table/"]),
    ("vocable vocables ways =describe.rs", "naming, named set, candidates", &[""]),
    ("spoken narrower front =flow.rs", "relevance, weakening, reachability, frontier", &[""]),
    ("=way", "path", &[""]),
    ("=vacuous.rs", "vacuity", &[""]),
    (
        "=seen.rs =Seen told period draft =Out",
        "observed, canonical, duration, emitter",
        &["intune/"],
    ),
    ("strength tally =set.rs =Set", "test quality, counters, inputs", &["bin/"]),
    ("ink look", "style, terminal capabilities", &["bin/"]),
];

#[test]
fn words_that_the_field_does_not_know_are_gone() {
    let mut wrong = Vec::new();
    for (path, text) in sources().into_iter().filter(|(path, _)| !path.ends_with("tests.rs")) {
        let names = declared(&path, &code_of(&text));
        for (private, field, places) in PRIVATE {
            if !places.iter().any(|place| path.starts_with(place)) {
                continue;
            }
            let is_private = |name: &&String| {
                let parts = words(name);
                private.split(' ').any(|word| match word.strip_prefix('=') {
                    Some(whole) => **name == whole,
                    None => parts.contains(&format!(" {word} ")),
                })
            };
            let found = names.iter().filter(is_private);
            wrong.extend(found.map(|name| format!("src/{path}: `{name}`; the field says {field}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The names of a file's modules, types, functions, constants and fields, and of the file.
fn declared(path: &str, code: &str) -> Vec<String> {
    const BEFORE: &[&str] =
        &["mod", "struct", "enum", "union", "trait", "type", "fn", "const", "static"];
    let file = path.strip_suffix("/mod.rs").map(|folder| format!("{folder}.rs"));
    let file = file.as_deref().unwrap_or(path);
    let mut names = vec![file.rsplit('/').next().unwrap().to_owned()];
    for line in code.lines() {
        let tokens: Vec<&str> = line.split_whitespace().collect();
        for pair in tokens.windows(2).filter(|pair| BEFORE.contains(&pair[0])) {
            names.push(identifier(pair[1]).to_owned());
        }
        let field = tokens.iter().find(|token| !token.starts_with("pub") && !token.ends_with(')'));
        let field = field.filter(|token| tokens.len() > 1 && token.ends_with(':'));
        names.extend(field.map(|token| identifier(token).to_owned()));
    }
    names.sort();
    names.dedup();
    names
}

fn identifier(token: &str) -> &str {
    let end = token.find(|c: char| !c.is_alphanumeric() && c != '_');
    &token[..end.unwrap_or(token.len())]
}

/// The words of a text in lower case, with a blank before and behind each: names are cut where their
/// case changes and at underscores.
fn words(text: &str) -> String {
    let mut out = String::from(" ");
    let chars: Vec<char> = text.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map_or(' ', |at| chars[at]);
        let next = chars.get(at + 1).copied().unwrap_or(' ');
        let begins = c.is_uppercase()
            && (before.is_lowercase() || before.is_uppercase() && next.is_lowercase());
        let blank = !c.is_alphanumeric() || begins;
        if blank && !out.ends_with(' ') {
            out.push(' ');
        }
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
    out
}

// ---------------------------------------------------------------- sizes

/// Files that may be longer than others: flat tables, which are read by looking a row up.
const FLAT: &[&str] = &[];

const MOST_LINES: usize = 700;

#[test]
fn files_can_be_read_in_one_sitting() {
    let sources = sources();
    let long = sources.iter().map(|(path, text)| (path, text.lines().count()));
    let long: Vec<_> = long
        .filter(|(path, lines)| *lines > MOST_LINES && !FLAT.contains(&path.as_str()))
        .collect();
    assert!(long.is_empty(), "longer than {MOST_LINES} lines: {long:?}");
}

/// The most lines that half of all functions have, and nine of ten.
const FUNCTIONS: (usize, usize) = (9, 26);

#[test]
fn functions_fit_on_a_screen() {
    let mut lengths: Vec<usize> =
        sources().iter().flat_map(|(_, text)| function_lengths(&code_of(text))).collect();
    lengths.sort_unstable();
    let at = |percent: usize| lengths[lengths.len() * percent / 100];
    println!("{} functions, median {}, 90 % {}", lengths.len(), at(50), at(90));
    assert!(at(50) <= FUNCTIONS.0, "half of all functions have more than {} lines", at(50));
    assert!(at(90) <= FUNCTIONS.1, "one of ten functions has more than {} lines", at(90));
}

/// The lines of each function, from `fn` to its closing brace.
fn function_lengths(code: &str) -> Vec<usize> {
    let mut lengths = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let before = code[..at].chars().next_back().unwrap_or(' ');
        let is_named = code[at + 3..].starts_with(|c: char| c.is_alphabetic() || c == '_');
        if before.is_whitespace() && is_named {
            lengths.extend(body(&code[at..]).map(|function| function.lines().count()));
        }
    }
    lengths
}

/// A function up to the end of its body; nothing if it has none.
fn body(code: &str) -> Option<&str> {
    let (mut braces, mut brackets) = (0, 0);
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets -= 1,
            ';' if braces == 0 && brackets == 0 => return None,
            '{' => braces += 1,
            '}' if braces == 1 => return Some(&code[..=at]),
            '}' => braces -= 1,
            _ => {}
        }
    }
    None
}

// ---------------------------------------------------------------- the language

/// A file without comments, strings and unit tests; lines stay.
fn code_of(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let mut code = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = [comment(rest), string(rest), character(rest)].into_iter().flatten().next();
        match skipped {
            Some(length) => {
                code.extend(rest[..length].chars().filter(|c| *c == '\n'));
                code.push(' ');
                rest = &rest[length..];
            }
            None => {
                // A name is taken whole: an `r` at its end begins no string.
                let name = identifier(rest).len().max(c.len_utf8());
                let (taken, behind) = rest.split_at(name);
                code.push_str(taken);
                rest = behind;
            }
        }
    }
    code
}

fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    text.strip_prefix("/*").map(|rest| rest.find("*/").map_or(text.len(), |at| at + 4))
}

/// The length of a string at the beginning of a text, plain, raw or of bytes.
fn string(text: &str) -> Option<usize> {
    let start = text.strip_prefix('b').unwrap_or(text);
    let prefix = text.len() - start.len();
    if let Some(raw) = start.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let inside = raw[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        return inside.find(&end).map(|at| prefix + 1 + hashes + 1 + at + end.len());
    }
    let inside = start.strip_prefix('"')?;
    let mut escaped = false;
    for (at, c) in inside.char_indices() {
        match c {
            '"' if !escaped => return Some(prefix + 1 + at + 1),
            _ => escaped = c == '\\' && !escaped,
        }
    }
    None
}

/// The length of a character at the beginning of a text; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    let mut chars = inside.char_indices();
    let (_, first) = chars.next()?;
    if first == '\\' {
        let (_, escaped) = chars.next()?;
        let from = 1 + escaped.len_utf8();
        return inside[from..].find('\'').map(|at| 1 + from + at + 1);
    }
    let (at, second) = chars.next()?;
    (second == '\'').then_some(1 + at + 1)
}

#[test]
fn the_scan_knows_what_is_no_code() {
    let text = "fn a<'x>() { // }\n  let r = ['{', '\\'', b'}']; /* { */ \"}\\\"}\";\n  r#\"}\"}\"#;\n}\nfn b();\n";
    assert_eq!(function_lengths(&code_of(text)), [4]);
    assert_eq!(words("notApplicable, HTTPServer a_b"), " not applicable http server a b ");
    let code =
        "pub(crate) struct Seat {\n    pub(in crate::a) silence: u8,\n}\nconst fn judge() {}\n";
    assert_eq!(declared("a/spot.rs", code), ["Seat", "fn", "judge", "silence", "spot.rs"]);
}
