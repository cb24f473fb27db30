//! The parts, for people who write tools for policies: parse, look at the AST, print it, ask the
//! model, test expectations and cover an open question.
//!
//! Run it with `cargo run --example parts`.

use std::error::Error;

use mam::analysis::Verdict;
use mam::syntax::{ast::ItemKind, print};
use mam::{Analysis, Compiler};

fn main() -> Result<(), Box<dyn Error>> {
    let checked = Compiler::new().check("contoso.mam", include_str!("contoso.mam"));

    // The AST is plain data with places.
    for file in
        checked.files().iter().filter(|file| checked.sources().name(file.source) == "contoso.mam")
    {
        let policies = file.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Policy(policy) => Some(policy),
            _ => None,
        });
        for policy in policies {
            println!("policy {} has {} statements", policy.name.text, policy.body.len());
        }
        let text = print::print(file, checked.sources());
        println!("its canonical text has {} lines", text.lines().count());
    }

    // Questions are scopes; answers are exact.
    let analysis = Analysis::new(&checked)?;
    for outcome in analysis.test() {
        let verdict = match &outcome.verdict {
            Verdict::Holds => "holds".to_owned(),
            Verdict::Empty => "speaks of nothing".to_owned(),
            Verdict::Fails(example) => format!("fails for {}", example.scope),
            Verdict::Leads(chain) => format!("{} movements lead there", chain.hops.len()),
            other => format!("is not decided: {other:?}"),
        };
        println!("{}: {} {verdict}", outcome.line, outcome.text);
    }
    let question = checked.question("share from outlook as work to any for staff on ios")?;
    for part in analysis.decide(&question)? {
        println!("{}: {}", part.answer.effect, part.scope);
    }
    Ok(())
}
