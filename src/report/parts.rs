//! Sections that are markup: summary, leak paths, expectations, findings.
//!
//! Takes in views, gives out HTML. What a search finds is marked with `data-find`.

use maud::{Markup, html};

use super::data::{Finding, Findings, PlatformLevels, Section, Summary, Views};
use super::html::{count, hops, limit, rule, rules, scope, shown, statement, table, verdict};
use crate::analysis::{
    AccessExpectationResult, AccessVerdict, Coverage, Cut, ExpectationResult, Path, Paths,
    RuleCoverage, Verdict,
};
use crate::vocabulary::Platform;

/// The most items of a list that are shown from the start.
const MOST_SHOWN: usize = 20;

/// How many paths there are, in words.
pub(super) fn number_of_paths(paths: &Paths) -> String {
    format!("{}{}", paths.paths.len(), if paths.more { "+" } else { "" })
}

// ---------------------------------------------------------------- summary

pub(super) fn summary(views: &Views) -> Markup {
    let Summary { free, storages, .. } = &views.summary;
    html! {
        p { (facts(views)) }
        @if !storages.is_empty() {
            p { "Protected apps may save, all of them or some, to " (shown(&storages.join(", "))) "." }
        }
        @if !free.is_empty() {
            details open[free.len() <= 4] {
                summary { "No policy applies to " (count(free.len(), "kind")) " of people and devices" }
                ul { @for scopes in free { li { (scope(scopes)) } } }
            }
        }
        div.facts { (numbers(views)) }
    }
}

/// What there is, in a few sentences.
fn facts(views: &Views) -> String {
    let Summary { policies, report_only, rules, access_statements, groups, apps, .. } =
        &views.summary;
    let number =
        if *policies == 1 { "1 policy".to_owned() } else { format!("{policies} policies") };
    let mut text = format!("{number} with {}", count(*rules, "rule"));
    if *access_statements > 0 {
        let words = count(*access_statements, "statement");
        text.push_str(&format!(" and {words} on who may open an app"));
    }
    text.push_str(&format!("; {} of people.", count(*groups, "group")));
    match report_only {
        0 => {}
        1 => text.push_str(" 1 policy only reports: it decides nothing, and no matrix shows it."),
        some => text.push_str(&format!(
            " {some} policies only report: they decide nothing, and no matrix shows them."
        )),
    }
    let on = apps.iter().map(|one| format!("{} on {}", count(one.apps, "app"), name(one.platform)));
    let on: Vec<String> = on.collect();
    match on.is_empty() {
        true => text.push_str(" No app is protected for anybody."),
        false => text.push_str(&format!(" Protected for some people: {}.", on.join(", "))),
    }
    text
}

fn name(platform: Platform) -> &'static str {
    match platform {
        Platform::Ios => "iOS",
        Platform::Android => "Android",
        Platform::Windows => "Windows",
    }
}

/// The numbers below the sentences.
fn numbers(views: &Views) -> Markup {
    let all = &views.expectations;
    let (hold, number) = (all.hold, all.hold + all.fail + all.limit);
    html! {
        @if let Some(Section::Whole(changes)) = &views.changes { (super::changes::numbers(changes)) }
        div { b { (hold) " of " (number) } "expectations hold" }
        @if let Some(coverage) = views.coverage.whole() {
            div { b { (coverage.rules_covered()) " of " (coverage.rules.len()) } "rules and statements have an expectation" }
        }
        @if let Some(paths) = views.paths.whole() {
            div { b { (number_of_paths(paths)) } "leak paths" }
        }
        @for one in &views.summary.levels { div { b { (level(one)) } "of Microsoft's framework on " (name(one.platform)) } }
        @if let Some(findings) = views.findings.whole() {
            div { b { (findings.list.len() + findings.not_shown) } (kinds_of(findings)) }
        }
    }
}

fn level(levels: &PlatformLevels) -> String {
    let word = |level: u8| if level == 0 { "none".to_owned() } else { level.to_string() };
    match (levels.lowest, levels.highest) {
        (0, 0) => "no level".to_owned(),
        (lowest, highest) if lowest == highest => format!("level {lowest}"),
        (lowest, highest) => format!("level {} to {highest}", word(lowest)),
    }
}

fn kinds_of(findings: &Findings) -> String {
    let advice = findings.advice;
    format!("findings: {}, {advice} advice, no errors", count(findings.warnings, "warning"))
}

// ---------------------------------------------------------------- leak paths

pub(super) fn paths(paths: &Section<Paths>) -> Markup {
    let paths = match paths {
        Section::Limit(met) => return limit(*met),
        Section::Whole(paths) => paths,
    };
    let number = number_of_paths(paths);
    html! {
        p {
            "Chains of allowed movements by which company data gets from protected apps and company storage to \
             unmanaged apps and personal storage. "
            @if paths.paths.is_empty() { "There is none." }
            @else if paths.more { "These are the shortest " (paths.paths.len()) "; there are more." }
            @else { "There are " (number) "." }
            @if paths.without_rules > 0 {
                " " (paths.without_rules) " of them cross no policy."
            }
        }
        @if !paths.rules.is_empty() { (cuts(&paths.rules)) }
        (folded(&paths.paths.iter().enumerate().map(path).collect::<Vec<_>>(), "path"))
    }
}

fn path((at, path): (usize, &Path)) -> Markup {
    html! {
        div.path data-find {
            h3 { "Path " (at + 1) ": " (count(path.hops.len(), "movement")) }
            (hops(&path.hops))
        }
    }
}

/// A list of which the first items are shown, and the others when they are wanted.
fn folded(items: &[Markup], noun: &str) -> Markup {
    let (first, more) = items.split_at(items.len().min(MOST_SHOWN));
    html! {
        @for item in first { (item) }
        @if !more.is_empty() {
            details { summary { (count(more.len(), &format!("more {noun}"))) } @for item in more { (item) } }
        }
    }
}

/// The rules that close paths.
fn cuts(cuts: &[Cut]) -> Markup {
    let row = |cut: &Cut| {
        html! {
            tr data-find {
                td.number { @if cut.chosen { b { "✓ " (cut.closes) } } @else { (cut.closes) } }
                td { (rule(&cut.rule)) }
            }
        }
    };
    let rows: Vec<Markup> = cuts.iter().map(row).collect();
    html! {
        h3 { "Rules that close paths if they are tightened" }
        p.quiet { "Those with a mark together close every path that a policy allows." }
        (table(&["closes", "rule"], &rows, (MOST_SHOWN, "mam paths")))
    }
}

// ---------------------------------------------------------------- expectations

pub(super) fn expectations(views: &Views) -> Markup {
    let all = &views.expectations;
    html! {
        @if all.movements.is_empty() && all.accesses.is_empty() {
            p { "There are no expectations: nothing is claimed, and nothing is tested." }
        } @else {
            table.plain {
                thead { tr { th scope="col" { "result" } th scope="col" { "expectation" } } }
                tbody {
                    @for one in &all.movements { (of_movements(one)) }
                    @for one in &all.accesses { (of_accesses(one)) }
                }
            }
        }
        h3 { "Coverage" }
        @match &views.coverage {
            Section::Whole(found) => (coverage(found)),
            Section::Limit(met) => (limit(*met)),
        }
    }
}

fn expectation(
    result: &str,
    (text, policy): (&str, Option<&str>),
    place: (&str, usize),
    details: &Markup,
) -> Markup {
    let class = if result == "holds" { "result" } else { "result bad" };
    html! {
        tr data-find {
            td class=(class) { (result) }
            td {
                code { (shown(text)) }
                span.quiet { @if let Some(policy) = policy { " " (shown(policy)) "," } " " (shown(place.0)) ":" (place.1) }
                (details)
            }
        }
    }
}

fn of_movements(one: &ExpectationResult) -> Markup {
    let (result, details) = match &one.verdict {
        Verdict::Holds => ("holds", html! {}),
        Verdict::Empty => ("empty", html! { p { "Its scope holds no movement." } }),
        Verdict::Limit(met) => ("unknown", limit(*met)),
        Verdict::Leads(chain) => ("fails", html! { p { "There is a path:" } (hops(&chain.hops)) }),
        Verdict::Fails(found) => {
            let answer = &found.answer;
            let details = html! {
                p { (scope(&found.scope)) " is " b { (verdict(answer)) } }
                (rules(answer))
                @if let Some(advice) = &found.advice { p.quiet { (shown(advice)) } }
            };
            ("fails", details)
        }
    };
    let place = (&*one.file, one.line);
    expectation(result, (&one.text, one.policy.as_deref()), place, &details)
}

fn of_accesses(one: &AccessExpectationResult) -> Markup {
    let (result, details) = match &one.verdict {
        AccessVerdict::Holds => ("holds", html! {}),
        AccessVerdict::Empty => ("empty", html! { p { "Its scope holds no access." } }),
        AccessVerdict::Limit(met) => ("unknown", limit(*met)),
        AccessVerdict::Fails(found) => {
            let details = html! {
                p {
                    (scope(&found.scope)) " is " b { (found.answer.effect.word()) }
                    @if !found.lacks.is_empty() { "; not as strict as expected: " (found.lacks.join(", ")) }
                }
                ul {
                    @for one in &found.answer.fired {
                        li { (statement((&one.policy, &one.rule), (&one.file, one.line), one.because.as_deref())) }
                    }
                }
                @if let Some(advice) = &found.advice { p.quiet { (shown(advice)) } }
            };
            ("fails", details)
        }
    };
    let place = (&*one.file, one.line);
    expectation(result, (&one.text, one.policy.as_deref()), place, &details)
}

fn coverage(coverage: &Coverage) -> Markup {
    let uncovered: Vec<&RuleCoverage> =
        coverage.rules.iter().filter(|rule| rule.expectations == 0).collect();
    let row = |one: &&RuleCoverage| {
        html! {
            tr data-find {
                td { (statement((&one.policy, &one.rule), (&one.file, one.line), None)) }
                td { @if let Some(expect) = &one.expect { (scope(expect)) } }
            }
        }
    };
    let rows: Vec<Markup> = uncovered.iter().map(row).collect();
    html! {
        p {
            "Expectations are about " (coverage.rules_covered()) " of " (coverage.rules.len())
            " rules, launch conditions and requirements, and about " (coverage.cells_covered) " of "
            (coverage.cells) " classes of movements."
        }
        @if !rows.is_empty() {
            details {
                summary { (count(rows.len(), "statement")) " without an expectation" }
                (table(&["statement", "an expectation that holds today"], &rows, (rows.len(), "mam test --coverage")))
            }
        }
    }
}

// ---------------------------------------------------------------- findings

pub(super) fn findings(findings: &Section<Findings>) -> Markup {
    let all = match findings {
        Section::Limit(met) => return limit(*met),
        Section::Whole(all) => all,
    };
    html! {
        @if all.list.is_empty() { p { "There are neither warnings nor advice." } }
        @if all.not_shown > 0 { p { "The first " (all.list.len()) "; there are " (all.not_shown) " more." } }
        (folded(&all.list.iter().map(finding).collect::<Vec<_>>(), "finding"))
    }
}

fn finding(one: &Finding) -> Markup {
    html! {
        div.finding data-find {
            h3 { (shown(&one.message)) }
            p.quiet {
                (one.severity.word()) " " code { (one.code) }
                @if let Some(place) = &one.place { " " (shown(place)) }
            }
            @if !one.labels.is_empty() {
                ul { @for (place, text) in &one.labels { li { (shown(text)) span.quiet { " " (shown(place)) } } } }
            }
            @if let Some(help) = &one.help { p { (shown(help)) } }
        }
    }
}
