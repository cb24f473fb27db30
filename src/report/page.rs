//! The page: one file that needs no other, and no network.
//!
//! Takes in views, gives out HTML. What is about one context is data, which the script of the page shows; the rest is
//! markup. Styles and scripts are files beside this one.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::data::{Movements, Section, Views};
use super::html::shown;
use super::{changes, csp, json, parts};
use crate::analysis::LeftOut;
use crate::draw;
use crate::limits::Resource;

/// The files of the style sheet, in order.
const STYLES: [&str; 3] =
    [include_str!("page.css"), include_str!("matrix.css"), include_str!("print.css")];

/// The files of the script, in order. They share one scope.
const SCRIPTS: [&str; 7] = [
    include_str!("dom.js"),
    include_str!("places.js"),
    include_str!("drawing.js"),
    include_str!("matrix.js"),
    include_str!("cells.js"),
    include_str!("kinds.js"),
    include_str!("start.js"),
];

/// The views as a page of HTML.
#[must_use]
pub fn page(views: &Views) -> String {
    let style = format!("{}.drawing{{\n{}}}\n", STYLES.concat(), draw::style_sheet());
    let script = format!("(() => {{\n'use strict';\n{}}})();\n", SCRIPTS.concat());
    let title = match views.changes {
        Some(_) => format!("{}: what changes", shown(&views.title)),
        None => format!("{}: where company data may go", shown(&views.title)),
    };
    let movements = contexts(views);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(csp::policy(&style, &script));
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(&style)) }
            }
            body {
                (marks())
                header.top {
                    h1 { (title) }
                    p.quiet { (origin(views)) }
                }
                @if movements.is_some() { (bar()) }
                div.wrap { (contents(views)) main { (sections(views)) } }
                @if let Some(movements) = movements { (data(movements)) script { (PreEscaped(&script)) } }
            }
        }
    };
    page.into_string()
}

/// Where the page comes from: files, and the scope.
fn origin(views: &Views) -> String {
    let mut text = views.files.join(", ");
    if let Some(scope) = &views.scope {
        text.push_str(&format!(" · {scope}"));
    }
    if let Some(Section::Whole(changes)) = &views.changes {
        text.push_str(&format!(" · compared with {}", changes.against.join(", ")));
    }
    shown(&text).into_owned()
}

/// The controls that choose what is shown. The script fills them.
fn bar() -> Markup {
    let choice = |id, name| html! { label { (name) " " select id=(id) {} } };
    html! {
        div.bar role="region" aria-label="What is shown" {
            div {
                (choice("platform", "Platform"))
                (choice("people", "People"))
                (choice("devices", "Device"))
                (choice("account", "Account"))
                label { "Search " input id="search" type="search" autocomplete="off" placeholder="app, rule, policy"; }
                span.quiet id="found" role="status" {}
                code.quiet id="scope" {}
            }
        }
    }
}

fn contents(views: &Views) -> Markup {
    let expectations = &views.expectations;
    let all = expectations.hold + expectations.fail + expectations.limit;
    let paths = views.paths.whole().map(parts::number_of_paths);
    let findings = views.findings.whole().map(|all| all.list.len() + all.not_shown);
    let changes = views.changes.as_ref().map(|all| all.whole().map(changes::number));
    let number = |number: Option<usize>| number.map_or("?".to_owned(), |number| number.to_string());
    let link = |to: &str, name: &str, number: Option<String>| {
        html! { li { a href={ "#" (to) } { (name) @if let Some(number) = number { span { (number) } } } } }
    };
    html! {
        nav aria-label="Contents" {
            ol {
                (link("summary", "Summary", None))
                @if let Some(all) = changes { (link("changes", "Changes", Some(number(all)))) }
                (link("diagram", "Diagram", None))
                @if contexts(views).is_some() {
                    (link("matrix", "Matrix", None))
                    (link("effective", "Effective policy", None))
                }
                (link("paths", "Leak paths", Some(paths.unwrap_or("?".to_owned()))))
                (link("expectations", "Expectations", Some(format!("{}/{all}", expectations.hold))))
                @if !views.report_only.is_empty() {
                    (link("report-only", "Report-only policies", Some(views.report_only.len().to_string())))
                }
                (link("findings", "Findings", Some(number(findings))))
            }
        }
    }
}

fn sections(views: &Views) -> Markup {
    html! {
        section id="summary" { h2 { "Summary" } (missing(views)) (parts::summary(views)) }
        @if let Some(all) = &views.changes { section id="changes" { h2 { "Changes" } (changes::section(all)) } }
        @if contexts(views).is_some() { (of_contexts()) } @else { (without_contexts(views)) }
        section id="paths" { h2 { "Leak paths" } (parts::paths(&views.paths)) }
        section id="expectations" { h2 { "Expectations" } (parts::expectations(views)) }
        @if !views.report_only.is_empty() {
            section id="report-only" { h2 { "Report-only policies" } (changes::report_only(&views.report_only)) }
        }
        section id="findings" { h2 { "Findings" } (parts::findings(&views.findings)) }
    }
}

/// The movements, if there are some to show.
fn contexts(views: &Views) -> Option<&Movements> {
    views.movements.whole().filter(|movements| !movements.contexts.is_empty())
}

/// Why there are no movements to show.
fn without_contexts(views: &Views) -> Markup {
    html! {
        section id="diagram" {
            h2 { "Diagram, matrix and effective policy" }
            @match views.movements.limit() {
                Some(limit) => {
                    (super::html::limit(limit))
                    p { "A report with a scope may be within the limit: " code { "any for exactly GROUP" } "." }
                },
                None if views.is_empty() => p { "The scope holds no movement." },
                None => p.missing { "It is missing: the summary tells why." },
            }
        }
    }
}

/// The sections that the script fills.
fn of_contexts() -> Markup {
    html! {
        noscript { p.missing { "The diagram, the matrix and the effective policy need scripts, which are off here." } }
        p.missing id="unknown" role="status" hidden {}
        section id="diagram" {
            h2 { "Diagram" }
            p { "Every line is a movement, the wall is the policy, and every gap in the wall is an opening." }
            div id="drawing" {}
        }
        section id="matrix" {
            h2 { "Matrix" }
            p { "The darker, the stricter. Choose a cell to see the rules that decide it. Arrow keys move, Enter opens, \
                 Escape closes, / searches." }
            div.tools {
                label { "Channel " select id="channel" {} }
                label { "Show " select id="only" {} }
            }
            div.key aria-label="Key" role="group" id="key" {}
            div id="cells" {}
        }
        section id="effective" {
            h2 { "Effective policy" }
            p { "Which policies apply, what is required to open an app, and what happens at start." }
            div id="kinds" {}
        }
    }
}

/// What the page does not tell, and why.
fn missing(views: &Views) -> Markup {
    html! {
        @if !views.is_whole() {
            div.missing {
                p { b { "This report is not whole." } " What follows is exact; this is missing:" }
                ul {
                    @for LeftOut { what, why, help } in &views.left_out {
                        li { (shown(what)) ": " (shown(why)) ". " span.quiet { (shown(help)) } }
                    }
                    @for (part, limit) in views.limits() {
                        li {
                            (part) ": " (limit.to_string()) ". "
                            @if limit.resource() == Resource::UserKinds {
                                span.quiet { "a report with a scope shows it: `any for exactly GROUP`" }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The data of the script, and the drawings.
fn data(movements: &Movements) -> Markup {
    html! {
        script type="application/json" id="data" { (PreEscaped(json::in_page(movements))) }
        @for (at, context) in movements.contexts.iter().enumerate() {
            @for (drawing, account) in context.drawings.iter().zip(["work", "personal"]) {
                @if let Some(drawing) = drawing {
                    template id={ "drawing-" (at) "-" (account) } { (PreEscaped(drawing)) }
                }
            }
        }
    }
}

/// The marks of rows, as the list of a drawing shows them.
fn marks() -> Markup {
    let line =
        |class: &str, to: u32| html! { path d={ "M2 10H" (to) } class={ "line l-" (class) } {} };
    let head = |class: &str| html! { polygon points="41,10 32,5 32,15" class={ "f-" (class) } {} };
    html! {
        svg.unseen.drawing width="0" height="0" aria-hidden="true" {
            symbol id="mark-allow" viewBox="0 0 44 20" { (line("allow", 32)) (head("allow")) }
            symbol id="mark-limit" viewBox="0 0 44 20" {
                (line("limit", 32)) (head("limit"))
                path d="M14 1V6.5M22 1V6.5M14 19V13.5M22 19V13.5" class="line l-limit post" {}
            }
            symbol id="mark-block" viewBox="0 0 44 20" {
                (line("block", 30)) rect x="30" y="1" width="6" height="18" class="f-block" {}
            }
            symbol id="mark-free" viewBox="0 0 44 20" {
                (line("free", 40)) path d="M32 5L41 10L32 15" class="line l-free head" {}
            }
        }
    }
}
