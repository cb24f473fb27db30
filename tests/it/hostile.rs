//! Inputs that somebody made to cost much, or to be read otherwise than they look.

use std::fmt::Write as _;

use mam::{Code, Compiler, Request};

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
