//! Inputs that somebody made to cost much, or to be read otherwise than they look.

use std::fmt::Write as _;

use mam::source::{Sources, visible};
use mam::{Code, Compiler, Limits, Request, Severity, syntax};

// ---------------------------------------------------------------- chains of `yields to`

/// Policies of which each yields to the next one, declared in an order of their numbers.
fn chain(order: &[usize]) -> String {
    let mut text = "mam 1\napp notes { sdk }\nusers staff\n".to_owned();
    for number in order {
        let yields = match number + 1 {
            next if next < order.len() => format!("yields to p{next}"),
            _ => String::new(),
        };
        let rule = if number % 2 == 0 { "block print" } else { "allow print" };
        writeln!(text, "policy p{number} {{ for staff  protect notes  {yields}  {rule} }}")
            .unwrap();
    }
    text
}

/// Declarations from the first to the last, from the last to the first, and mixed.
fn orders(length: usize) -> [Vec<usize>; 3] {
    let forward: Vec<_> = (0..length).collect();
    let (even, odd): (Vec<_>, Vec<_>) = (0..length).partition(|number| number % 2 == 0);
    [forward.clone(), forward.into_iter().rev().collect(), odd.into_iter().chain(even).collect()]
}

#[test]
fn chains_of_policies_behave_alike_in_every_order() {
    const PRINT: &str = r#"{"channel":"print","source":{"app":"notes"},"user":{"groups":["staff"]},"device":{"platform":"ios","management":"unmanaged"}}"#;
    let request: Request<'_> = serde_json::from_str(PRINT).unwrap();
    for length in [1, 2, 7, 63, 64] {
        let answers = orders(length).map(|order| {
            let table = mam::compile("chain.mam", &chain(&order)).unwrap_or_else(|e| panic!("{e}"));
            let answer = table.answer(&request).unwrap();
            let mut by: Vec<_> = answer.by.into_iter().map(|one| one.policy).collect();
            by.sort();
            (answer.effect, by)
        });
        assert!(answers.iter().all(|one| *one == answers[0]), "{length}: {answers:?}");
    }
    for length in [65, 66, 200, 20_000] {
        for order in orders(length) {
            let checked = Compiler::new().check("chain.mam", &chain(&order));
            let reports = checked.reports();
            let limit = reports.iter().find(|one| one.code() == Code::Nesting);
            let message =
                &limit.unwrap_or_else(|| panic!("{length} is no error")).diagnostic().message;
            let expected = format!("policies yield to each other {length} deep, the limit is 64");
            assert_eq!(*message, expected);
        }
    }
}

#[test]
fn a_long_circle_of_policies_is_a_circle() {
    for order in orders(5000) {
        let text = chain(&order).replace("protect notes    ", "protect notes  yields to p0  ");
        let checked = Compiler::new().check("circle.mam", &text);
        let codes: Vec<_> = checked.reports().iter().map(|one| one.code()).collect();
        assert_eq!(codes, [Code::YieldsCircle]);
        let message = checked.reports()[0].diagnostic().message.clone();
        assert!(message.ends_with("and 4990 more"), "{message}");
    }
}

// ---------------------------------------------------------------- what is not seen

/// Characters that hide text, or that are not seen.
const HIDDEN: &str = "\u{1b}\u{9b}\u{7f}\u{8}\u{c}\r\u{ad}\u{61c}\u{115f}\u{180e}\u{200b}\u{200d}\u{200e}\
    \u{200f}\u{2028}\u{2029}\u{202a}\u{202d}\u{202e}\u{2060}\u{2066}\u{2069}\u{2800}\u{3164}\u{feff}\u{ffa0}\
    \u{fffb}\u{1d173}\u{e0041}";

fn parsed(text: &str) -> (syntax::ast::File, Sources, Vec<(Code, Severity, usize)>) {
    let mut sources = Sources::default();
    let id = sources.add("a.mam", text);
    let (file, found) = syntax::parse(&sources, id, &Limits::default());
    let of = |one: &mam::diagnostic::Diagnostic| {
        (one.code, one.severity, one.span().unwrap().start as usize)
    };
    let found = found.iter().map(of).collect();
    (file, sources, found)
}

fn title(file: &syntax::ast::File) -> &str {
    let syntax::ast::ItemKind::Users(users) = &file.items[1].kind else { panic!("{file:?}") };
    &users.title.as_ref().unwrap().value
}

#[test]
fn hidden_characters_are_errors_in_code_and_warnings_in_strings_and_comments() {
    for hidden in HIDDEN.chars() {
        let code = u32::from(hidden);
        for before in ["mam 1 ", "mam 1\nusers st", "mam 1\nusers staff", "mam", ""] {
            // A mark of the byte order is none of the text.
            if before.is_empty() && hidden == '\u{feff}' {
                continue;
            }
            let (_, _, found) = parsed(&format!("{before}{hidden} \nusers x\n"));
            let expected = (Code::BadCharacter, Severity::Error, before.len());
            assert_eq!(found, [expected], "U+{code:04X} behind {before:?}");
        }
        let text = format!("mam 1 // a{hidden}b\n/// c{hidden}d\nusers x \"e{hidden}f\"\n");
        let (file, sources, found) = parsed(&text);
        let places = text.match_indices(hidden).map(|(at, _)| at);
        let expected = places.map(|at| (Code::HiddenCharacter, Severity::Warning, at));
        let mut found = found;
        found.sort();
        assert_eq!(found, expected.collect::<Vec<_>>(), "U+{code:04X}");
        // What is formatted means the same, and its strings hide nothing.
        let formatted = syntax::print::print(&file, &sources);
        let (again, _, found) = parsed(&formatted);
        assert_eq!(title(&again), title(&file));
        assert_eq!(found.len(), 2, "the comments are as they were: {formatted:?}");
        assert!(formatted.contains(&format!("\"e{}f\"", visible(&hidden.to_string()))));
    }
    let (_, _, found) = parsed("mam 1\r\n// a\r\n/// b\r\nusers x \"y\"\r\n");
    assert_eq!(found, []);
}

#[test]
fn warnings_about_what_is_hidden_are_bounded() {
    let text = format!("mam 1\n{}users x\n", "//\u{200b}\n".repeat(100_000));
    let (file, _, found) = parsed(&text);
    assert_eq!((file.items.len(), found.len()), (2, Limits::default().diagnostics));
}

#[test]
fn messages_hide_nothing() {
    let text = "mam 1\nusers x\nusers x\npolicy p { for x  protect \"ios:a\\u{202e}b\"  setting \"\\u{1b}[31m\" = 1 }";
    let errors = Compiler::new().check("a.mam", text).errors().to_string();
    assert!(!errors.contains(['\u{202e}', '\u{1b}']) && errors.contains("u{202e}"), "{errors:?}");
}
