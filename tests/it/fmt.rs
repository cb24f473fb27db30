//! The canonical layout: what it looks like, that comments survive it, that nothing else changes.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::path::{Path, PathBuf};

use mam::source::Sources;
use mam::syntax::ast::{Claim, Expect, File, ItemKind, StatementKind};
use mam::syntax::{parse, parse_scope, print};
use mam::{Code, Limits};
use proptest::prelude::*;

use crate::support::ast as random;
use crate::support::random::{config, regressions};

/// Reads a text that must be free of mistakes.
fn read(text: &str) -> (File, Sources) {
    let mut sources = Sources::default();
    let id = sources.add("test.mam", text);
    let (file, mut diagnostics) = parse(&sources, id, &Limits::default());
    // Random comments have characters that are not seen.
    diagnostics.retain(|one| one.code != Code::HiddenCharacter);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}\nin\n{text}");
    (file, sources)
}

fn format(text: &str) -> String {
    let (file, sources) = read(text);
    print::print(&file, &sources)
}

/// Formats a text, and checks that formatting the result changes nothing.
#[track_caller]
fn formats_to(text: &str, expected: &str) {
    let formatted = format(text);
    assert!(formatted == expected, "--- is\n{formatted}\n--- should be\n{expected}");
    assert_eq!(format(&formatted), formatted);
}

/// Formats the body of a policy, without its indentation.
#[track_caller]
fn body_formats_to(body: &str, expected: &str) {
    let indented = |line: &str| if line.is_empty() { "\n".into() } else { format!("  {line}\n") };
    let expected: String = expected.lines().map(indented).collect();
    formats_to(
        &format!("mam 1 policy p {{\n{body}\n}}"),
        &format!("mam 1\n\npolicy p {{\n{expected}}}\n"),
    );
}

/// The only statement of a policy.
fn statement(text: &str) -> StatementKind {
    let (file, _) = read(&format!("mam 1 policy p {{ {text} }}"));
    let policy = file.items.into_iter().find_map(|item| match item.kind {
        ItemKind::Policy(policy) => policy.body.into_iter().next(),
        _ => None,
    });
    policy.unwrap().kind
}

// ---------------------------------------------------------------- layout

const WHOLE_FILE: &str = r#"mam 1

use microsoft  // built-in catalogue: outlook, word, teams

tenant contoso "contoso.com"

/// Cleared by the security office in March.
app salesforce "Salesforce" {
  ios     "com.salesforce.chatter"
  android "com.salesforce.chatter"
  url     "salesforce1:"
}

app fieldnotes "Contoso Field Notes" {
  ios "com.contoso.fieldnotes"
  sdk  // carries the MAM SDK, so that a policy can protect it
}

group office = outlook, word, excel, powerpoint, teams
group notes  = fieldnotes, onenote

users staff       "Contoso employees"
users contractors "Contractors"

policy baseline "Company data on any device" {
  for     staff except contractors
  on      ios, android
  protect office, notes, edge

  allow  share, invoke, copy to managed
  allow  invoke to salesforce because "CRM is cleared"
  allow  notify without content
  refuse share, invoke from unmanaged on ios

  require pin { length 6  attempts 5 then reset  recheck 30 minutes }
  require credentials recheck 30 minutes
  require encryption
  launch  block when os < 17.0 on ios
  launch  wipe when jailbroken

  expect block share to unmanaged except salesforce
  expect no path by share, save to personal-storage avoiding salesforce
}

policy byod "Stricter where nobody manages the phone" report-only {
  for       staff except contractors
  devices   unmanaged
  protect   office
  yields to baseline
  otherwise allow  // this policy only takes away

  block print, capture
}

expect allow share from outlook as personal to any except managed
expect block save from word as work to device-storage for staff on ios devices unmanaged
"#;

#[test]
fn a_canonical_file_stays_as_it_is() {
    formats_to(WHOLE_FILE, WHOLE_FILE);
}

#[test]
fn line_ends_and_indentation_do_not_matter() {
    assert_eq!(format(&WHOLE_FILE.replace('\n', "\r\n")), WHOLE_FILE);
    assert_eq!(format(&WHOLE_FILE.replace("\n  ", "\n\t\t\t")), WHOLE_FILE);
    assert_eq!(format(&WHOLE_FILE.replace('\n', "  \n")), WHOLE_FILE);
}

#[test]
fn a_file_on_one_line_comes_apart() {
    formats_to(
        r#"mam 1 use microsoft app a "A"{ios "a","b" sdk}app b users u users longer "L" group g=a,b
        policy p{for u protect g otherwise block allow share to managed}policy q{}expect block print"#,
        r#"mam 1

use microsoft

app a "A" {
  ios "a", "b"
  sdk
}

app b

users u
users longer "L"

group g = a, b

policy p {
  for       u
  protect   g
  otherwise block
  allow share to managed
}

policy q {}

expect block print
"#,
    );
}

#[test]
fn at_most_one_blank_line_is_kept() {
    body_formats_to(
        "\n\nblock print\n\n\n\nblock capture\nblock sync\n\n// a\n\n\n// b\nblock assist\n\n",
        "block print\n\nblock capture\nblock sync\n\n// a\n\n// b\nblock assist",
    );
}

#[test]
fn without_its_text_a_file_has_blank_lines_between_kinds() {
    let (file, _) = read(
        "mam 1 use a use b
         policy p {
           for a

           protect b allow print block sync
           require encryption launch wipe when jailbroken setting \"a\" = 1
           setting \"b\" = 2 expect block print

           expect block sync
         }",
    );
    assert_eq!(
        print::print(&file, &Sources::default()),
        r#"mam 1

use a
use b

policy p {
  for     a
  protect b

  allow print
  block sync

  require encryption
  launch  wipe when jailbroken

  setting "a" = 1
  setting "b" = 2

  expect block print
  expect block sync
}
"#
    );
}

#[test]
fn braces_and_other_kinds_stand_apart() {
    formats_to(
        "mam 1\nuse a\nuse b\n\nuse c\napp x\napp y {}\napp z\n// on w\napp w {}\nusers u",
        "mam 1\n\nuse a\nuse b\n\nuse c\n\napp x\n\napp y {}\n\napp z\n\n// on w\napp w {}\n\nusers u\n",
    );
}

#[test]
fn first_words_align_within_a_paragraph() {
    body_formats_to(
        "for a\nprotect b\nallow share to c\nrefuse share from d\n\nallow print\nblock sync\n\n
         launch warn when jailbroken\n\nlaunch warn when jailbroken\nrequire encryption",
        "for     a\nprotect b\nallow  share to c\nrefuse share from d\n\nallow print\nblock sync\n\n\
         launch warn when jailbroken\n\nlaunch  warn when jailbroken\nrequire encryption",
    );
    formats_to(
        "mam 1\n\ngroup a = x\n// both\ngroup long = x\n\ngroup longest = x\n",
        "mam 1\n\ngroup a    = x\n// both\ngroup long = x\n\ngroup longest = x\n",
    );
}

#[test]
fn very_long_first_words_move_no_others() {
    let long = "x".repeat(60);
    formats_to(
        &format!("mam 1\n\ngroup {long} = a\ngroup b = a\ngroup cc = a\n"),
        &format!("mam 1\n\ngroup {long} = a\ngroup b  = a\ngroup cc = a\n"),
    );
}

#[test]
fn clauses_take_their_order() {
    body_formats_to(
        r#"allow copy because "x" devices intune on ios for a without content to any
             up to 1 character app-wide tagged work from b"#,
        r#"allow copy from b to any up to 1 character without content tagged work app-wide for a on ios
    devices intune because "x""#,
    );
    body_formats_to(
        "expect no path on ios for exactly none avoiding c to b from a by share, save",
        "expect no path by share, save from a to b avoiding c for exactly none on ios",
    );
    body_formats_to(
        "launch wipe when model not in \"a\", \"b\" devices enrolled except intune on any except ios",
        "launch wipe when model not in \"a\", \"b\" on any except ios devices enrolled except intune",
    );
}

#[test]
fn long_lines_are_filled() {
    let ids = ["\"com.example.first id with blanks\""; 4].join(", ");
    formats_to(
        &format!("mam 1 app a {{ android {ids} url \"a:\" }}"),
        r#"mam 1

app a {
  android "com.example.first id with blanks", "com.example.first id with blanks",
      "com.example.first id with blanks", "com.example.first id with blanks"
  url     "a:"
}
"#,
    );
    let word = "x".repeat(120);
    body_formats_to(
        &format!("block share to {word} because \"{word}\""),
        &format!("block share to\n    {word}\n    because\n    \"{word}\""),
    );
}

#[test]
fn a_line_may_have_a_hundred_columns() {
    let name = "x".repeat(100 - "  block share to ".len());
    body_formats_to(&format!("block share to {name}"), &format!("block share to {name}"));
    body_formats_to(&format!("block share to {name}x"), &format!("block share to\n    {name}x"));
}

#[test]
fn requirements_break_by_field() {
    body_formats_to(
        "require encryption {} require encryption { class locked } on android
         require pin length 6 kind numeric",
        "require encryption\nrequire encryption { class locked } on android\n\
         require pin { length 6  kind numeric }",
    );
    body_formats_to(
        "require pin { length 6 kind alphanumeric simple no attempts 5 then reset history 3
           expires 365 days skip-with-device-pin } on ios launch warn when os < 17.0",
        "require pin {
  length 6
  kind alphanumeric
  simple no
  attempts 5 then reset
  history 3
  expires 365 days
  skip-with-device-pin
} on ios
launch  warn when os < 17.0",
    );
}

#[test]
fn settings_break_by_member() {
    body_formats_to(
        r#"setting "a"={"b":[1,2.50,null],"c":{},"d":[]} setting "e"="\u00e9 \/""#,
        "setting \"a\" = {\"b\": [1, 2.50, null], \"c\": {}, \"d\": []}\nsetting \"e\" = \"\\u00e9 \\/\"",
    );
    let long = "x".repeat(60);
    body_formats_to(
        &format!(
            r#"setting "a" = {{ "long": "{long}", "list": [1, true, [], "{long}", {{"b": 2}}] }}"#
        ),
        &format!(
            r#"setting "a" = {{
  "long": "{long}",
  "list": [1, true, [], "{long}", {{"b": 2}}]
}}"#
        ),
    );
    body_formats_to(
        &format!(r#"setting "a" = ["{long}", {{ "b": "{long}", "c": ["{long}"] }}]"#),
        &format!(
            r#"setting "a" = [
  "{long}",
  {{
    "b": "{long}",
    "c": ["{long}"]
  }}
]"#
        ),
    );
}

#[test]
fn documentation_stands_directly_above() {
    body_formats_to(
        "///one\n\n///   two  \n///\nblock print\n/// three\nblock capture",
        "/// one\n///   two\n///\nblock print\n/// three\nblock capture",
    );
}

#[test]
fn a_missing_version_is_added() {
    let print_unread = |text: &str| {
        let mut sources = Sources::default();
        let id = sources.add("test.mam", text);
        print::print(&parse(&sources, id, &Limits::default()).0, &sources)
    };
    assert_eq!(print_unread(""), "mam 1\n");
    assert_eq!(print_unread("// a\nuse b"), "mam 1\n\n// a\nuse b\n");
}

// ---------------------------------------------------------------- comments

#[test]
fn comments_stay_with_their_lines() {
    let text = r#"// before everything

// still before
mam 1  // behind the version

// before the app
app a "A" {  // behind its brace
  // before the ids
  ios "a"  // behind the ids

  // before the trait
  sdk  // behind the trait
  // before the brace
}  // behind the app

policy p {  // behind the brace
  // before the head
  for a  // behind the head
  // between
  on  ios

  // before the documentation
  /// The documentation.
  block print  // behind the rule

  // before the brace

  // directly before it
}  // behind the policy

// at the end

// at the very end
"#;
    formats_to(text, text);
}

#[test]
fn comments_in_an_empty_block_open_it() {
    formats_to("mam 1 app a { // b\n}", "mam 1\n\napp a {  // b\n}\n");
    formats_to("mam 1 policy p {\n\n// b\n\n}", "mam 1\n\npolicy p {\n  // b\n}\n");
    formats_to("mam 1 policy p {} // b", "mam 1\n\npolicy p {}  // b\n");
}

#[test]
fn comments_inside_of_a_statement_move_above_it() {
    body_formats_to(
        "// a\n\nallow // b\n share\n// c\n\nto any // d",
        "// a\n\n// b\n// c\nallow share to any  // d",
    );
    body_formats_to(
        "block print\n\n/// e\n// f\nrequire pin { // g\n length 6 // h\n} // i",
        "block print\n\n// f\n// g\n// h\n/// e\nrequire pin { length 6 }  // i",
    );
    formats_to(
        "mam 1\npolicy // a\n p // {b\n \"{\" { // c\n for a }",
        "mam 1\n\n// a\n// {b\npolicy p \"{\" {  // c\n  for a\n}\n",
    );
    formats_to(
        "mam 1 app a\n// a\n{ ios // b\n \"x\", // c\n \"y\" // d\n }",
        "mam 1\n\n// a\napp a {\n  // b\n  // c\n  ios \"x\", \"y\"  // d\n}\n",
    );
}

#[test]
fn a_comment_behind_two_statements_follows_the_second() {
    body_formats_to("for a on ios // b", "for a\non  ios  // b");
}

// ---------------------------------------------------------------- single lines

#[test]
fn rules_print_without_their_reason() {
    let StatementKind::Rule(rule) = statement(
        "refuse copy, share for any on ios from any except a as work deployed because \"x\"",
    ) else {
        panic!("no rule");
    };
    let text = "refuse copy, share from any except a as work deployed for any on ios";
    assert_eq!(print::rule(&rule), text);
    assert_eq!(print::set(rule.scope.from.as_ref().unwrap()), "any except a as work deployed");
}

#[test]
fn statements_print_on_one_line() {
    let fields = "length 6  kind alphanumeric  simple no  attempts 5 then reset  history 3";
    for text in [
        &format!("require pin {{ {fields}  expires 365 days }} on ios devices any"),
        "require credentials recheck 30 minutes",
        "yields to a, b",
        "yields to any",
        "yields to any except a, b",
        "otherwise block",
        "block any to any because \"x\"",
        "launch wipe when offline > 90 days",
        "setting \"a\" = {\"b\": [1]}",
        "expect allow copy to \"ios:a\" up to 3 characters app-wide",
    ] {
        assert_eq!(print::statement(&statement(text)), text);
    }
}

#[test]
fn scopes_and_expectations_print_as_they_are_asked() {
    let text =
        "share from \"url:a:\" as any to unmanaged for exactly a, b on ios devices unmanaged";
    let mut sources = Sources::default();
    let id = sources.add("question", text);
    let scope = parse_scope(&sources, id, &Limits::default()).0.unwrap();
    assert_eq!(print::scope(&scope), text);
    assert_eq!(
        print::expect(&Expect { claim: Claim::NoPath, scope }),
        format!("expect no path by {text}")
    );
}

#[test]
fn strings_are_escaped() {
    assert_eq!(print::quote("a \"b\" \\ c\nd\te\u{0}é🦀"), r#""a \"b\" \\ c\nd\u{9}e\u{0}é🦀""#);
}

// ---------------------------------------------------------------- every file

/// All `.mam` files below a folder.
fn policies(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            policies(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "mam") {
            into.push(path);
        }
    }
}

fn comments(file: &File) -> Vec<&str> {
    file.comments.iter().map(|comment| &*comment.text).collect()
}

/// Formats a text; checks that it still says the same, comments included, and stays as it is.
fn check_faithful(text: &str) {
    let (file, sources) = read(text);
    let printed = print::print(&file, &sources);
    let (again, _) = read(&printed);
    assert_eq!(random::without_spans(&again), random::without_spans(&file), "{printed}");
    assert_eq!(comments(&again), comments(&file), "{printed}");
    assert_eq!(format(&printed), printed);
}

#[test]
fn the_files_of_the_project_keep_their_meaning() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for folder in ["examples", "tests", "src/catalogue"] {
        policies(&root.join(folder), &mut paths);
    }
    assert!(paths.len() > 2);
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut sources = Sources::default();
        let id = sources.add("test.mam", &text);
        // Some files are there for their mistakes.
        if parse(&sources, id, &Limits::default()).1.is_empty() {
            check_faithful(&text);
        }
    }
}

// ---------------------------------------------------------------- every tree

/// Where a comment may be put: between tokens, and never into a `///` line.
fn gaps(text: &str) -> Vec<usize> {
    let mut gaps = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        gaps.push(start);
        if !line.trim_start().starts_with("///") {
            gaps.extend(blanks(line).map(|at| start + at));
        }
        start += line.len();
    }
    gaps
}

/// The blanks of a line that are in no string.
fn blanks(line: &str) -> impl Iterator<Item = usize> {
    let (mut in_string, mut escaped) = (false, false);
    line.char_indices().filter_map(move |(at, c)| {
        in_string ^= c == '"' && !escaped;
        escaped = in_string && c == '\\' && !escaped;
        (!in_string && matches!(c, ' ' | '\n')).then_some(at)
    })
}

/// Puts numbered comments into a text, each with a line's end and perhaps blank lines around it.
fn with_comments(text: &str, places: &[(prop::sample::Index, usize)]) -> String {
    let gaps = gaps(text);
    let mut places: Vec<_> = places.iter().map(|(at, style)| (*at.get(&gaps), *style)).collect();
    places.sort_unstable();
    let mut out = String::new();
    let mut rest = 0;
    for (number, (at, style)) in places.into_iter().enumerate() {
        out.push_str(&text[rest..at]);
        let (before, after) = [("", ""), (" ", ""), ("\n", ""), ("\n\n", ""), ("\n", "\n")][style];
        out.push_str(&format!("{before}// {number} {{\"\n{after}"));
        rest = at;
    }
    out + &text[rest..]
}

proptest! {
    #![proptest_config(config(256, regressions!("fmt")))]

    #[test]
    fn reading_undoes_printing(file in random::file()) {
        let printed = print::print(&file, &Sources::default());
        let (again, sources) = read(&printed);
        prop_assert_eq!(random::without_spans(&again), random::without_spans(&file));
        prop_assert_eq!(print::print(&again, &sources), printed);
    }

    #[test]
    fn comments_survive_in_any_place(
        file in random::file(),
        places in prop::collection::vec((any::<prop::sample::Index>(), 0..5usize), 0..12),
    ) {
        let printed = print::print(&file, &Sources::default());
        let count = places.len();
        let text = with_comments(&printed, &places);
        prop_assert_eq!(read(&text).0.comments.len(), count);
        check_faithful(&text);
    }

    #[test]
    fn lines_are_long_only_for_a_single_word(file in random::file()) {
        for line in print::print(&file, &Sources::default()).lines() {
            let words = line.trim_start().trim_start_matches("group ").trim_start_matches("users ");
            // A JSON key stays on the line of its value, and a group's name with its keyword.
            let breaks = blanks(words).filter(|at| !words[..*at].ends_with(':')).count();
            let is_doc = words.starts_with("///");
            prop_assert!(line.chars().count() <= 100 || is_doc || breaks == 0, "{}", line);
        }
    }
}
