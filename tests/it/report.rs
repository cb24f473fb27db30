//! Reports: every cell against the engine, hostile texts, the page's own policy, limits and sizes.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mam::decision::RuleAnswer;
use mam::report::{ContextView, DecisionView, MatrixRow, Movements, Set, Views, page};
use mam::{Analysis, Checked, Compiler, Limits};
use sha2::{Digest as _, Sha256};

const CONTOSO: &str = include_str!("../../examples/contoso.mam");

fn check(name: &str, text: &str) -> Checked {
    check_within(name, text, Limits::default())
}

fn check_within(name: &str, text: &str, limits: Limits) -> Checked {
    let checked = Compiler::new().limits(limits).check(name, text);
    assert!(!checked.has_errors(), "{}", checked.errors());
    checked
}

fn views(checked: &Checked, scope: Option<&str>) -> Views {
    let files = ["set.mam".to_owned()];
    Views::new(Set { checked, files: &files }, scope, None, &mut |_| {}).unwrap()
}

/// The text between two marks.
fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let (_, rest) = text.split_once(start).unwrap();
    rest.split_once(end).unwrap().0
}

// ---------------------------------------------------------------- cells

/// The scopes of a cell, as the page makes them.
fn scopes(all: &Movements, context: &ContextView, row: MatrixRow, column: usize) -> Vec<String> {
    let column = all.columns[column];
    let class = |at: usize| &all.classes[context.classes[at]];
    let (from, to) = match column.incoming {
        true => (class(row.other), class(row.subject)),
        false => (class(row.subject), class(row.other)),
    };
    let mut found = Vec::new();
    for place in &context.places {
        for source in &from.sets {
            for target in &to.sets {
                let (channel, clauses) = (column.channel, place.clauses());
                found.push(format!("{channel} from {source} to {target} {clauses}"));
            }
        }
    }
    found
}

type Rule<'a> = (&'a str, &'a str, &'a str, u32);

fn key(rule: &RuleAnswer) -> Rule<'_> {
    (&rule.policy, &rule.rule, &rule.file, rule.line)
}

/// Holds a cell against the parts of its scopes.
fn hold(
    analysis: &Analysis<'_>,
    checked: &Checked,
    scopes: &[String],
    decision: &DecisionView,
    rules: &[RuleAnswer],
) {
    let mut found = BTreeSet::new();
    let mut parts = Vec::new();
    for scope in scopes {
        let asked = checked.question(scope).unwrap_or_else(|error| panic!("{scope}: {error}"));
        parts.extend(analysis.decide(&asked).unwrap());
    }
    assert!(!parts.is_empty(), "{scopes:?} holds no movement");
    for part in &parts {
        let answer = &part.answer;
        let cell = &decision.cell;
        let told = (cell.effect, cell.enforced, &cell.limits);
        assert_eq!(told, (answer.effect, answer.enforced, &answer.limits), "{}", part.scope);
        found.extend(answer.by.iter().map(key));
    }
    let told: BTreeSet<Rule<'_>> = decision.by.iter().map(|at| key(&rules[*at])).collect();
    assert_eq!(told, found, "{scopes:?}");
}

/// Holds one cell of so many against the engine; gives how many there are.
fn hold_cells(checked: &Checked, views: &Views, every: usize) -> usize {
    let analysis = Analysis::new(checked).unwrap();
    let all = views.movements.whole().unwrap();
    let mut number = 0;
    for context in &all.contexts {
        for row in &context.rows {
            for (column, decision) in &all.lines[row.line] {
                if number % every == 0 {
                    let scopes = scopes(all, context, *row, *column);
                    hold(&analysis, checked, &scopes, &all.decisions[*decision], &all.rules);
                }
                number += 1;
            }
        }
    }
    number
}

#[test]
fn every_cell_is_decided_as_it_tells() {
    let checked = check("contoso.mam", CONTOSO);
    let number = hold_cells(&checked, &views(&checked, None), 1);
    assert!(number > 500, "{number} cells");
}

#[test]
fn cells_of_large_sets_are_decided_as_they_tell() {
    let checked = check("company.mam", &company(60, 4, 8));
    let number = hold_cells(&checked, &views(&checked, None), 151);
    assert!(number > 5_000, "{number} cells");
}

/// Without a policy there is no row; with one, a movement from or to a protected app is in a row.
#[test]
fn movements_of_protected_apps_are_in_rows() {
    let checked = check("contoso.mam", CONTOSO);
    let (views, scope) = (views(&checked, None), checked.question("any").unwrap());
    let picture = Analysis::new(&checked).unwrap().picture(&scope).unwrap();
    let all = views.movements.whole().unwrap();
    for (context, drawn) in all.contexts.iter().zip(&picture.contexts) {
        assert_eq!(context.policies, drawn.policies);
        let number: usize = context.rows.iter().map(|row| all.lines[row.line].len()).sum();
        let enforced = drawn.cells.iter().filter(|cell| cell.cell.enforced).count();
        assert!(number >= enforced, "{number} of {enforced}");
        assert_eq!(number == 0, enforced == 0);
    }
}

// ---------------------------------------------------------------- the page

#[test]
fn a_page_is_the_same_wherever_it_is_made() {
    let checked = check("contoso.mam", CONTOSO);
    let one = page(&views(&checked, None));
    let other = page(&views(&check("contoso.mam", CONTOSO), None));
    assert_eq!(one, other);
    for outside in ["http://", "https://", "src=", "href=\"/", "@import", "url("] {
        let data = between(&one, "id=\"data\">", "</script>");
        let markup = one.replace(data, "").replace("http://www.w3.org/2000/svg", "");
        assert!(!markup.contains(outside), "{outside}");
    }
}

#[test]
fn the_policy_of_the_page_names_its_style_and_its_script() {
    let page = page(&views(&check("contoso.mam", CONTOSO), None));
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let style = between(&page, "<style>", "</style>");
    let script = between(&page, "<script>", "</script>");
    let policy = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    let expected = format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hash(style),
        hash(script)
    );
    assert_eq!(policy.replace("&#39;", "'"), expected);
    assert_eq!(page.matches("<style").count(), 1);
    assert_eq!(page.matches("<script").count(), 2, "one with data, one that runs");
    assert!(
        !page.contains("style=\"") && !page.contains(" onclick") && !script.contains("innerHTML")
    );
}

/// Texts in every place where a policy has one, each with markup, an attribute and a mark of direction.
const HOSTILE: &str = "mam 1\n\
    tenant evil \"<script>alert('tenant')</script>\"\n\
    app bad \"<script>alert(1)</script>\" { ios \"com.example.a\" sdk multi-identity }\n\
    app quote \"\\\" onload=\\\"alert(2) & ]]> --> \\u{202e}\" { ios \"com.example.b\" }\n\
    app third \"</script><img src=x onerror=alert(3)>\" { ios \"com.example.c\" sdk }\n\
    app fourth { ios \"<b>bold</b>\" }\n\
    storage drive \"'<b>'</template>\" corporate\n\
    group tags = bad, quote, third\n\
    users staff \"</svg><style>*{}</style>\"\n\
    policy p \"<script>alert(4)</script>\" {\n\
      for staff  protect bad, third\n\
      allow share to quote because \"<!-- <script>alert(5)</script>\"\n\
      block print because \"</script><script>alert(6)</script>\\u{202e}\"\n\
      allow save to drive\n\
      launch block when os < 17.0 because \"<script>alert(7)</script>\"\n\
      expect block share to \"ios:<b>bold</b>\"\n\
      expect allow print\n\
    }\n";

#[test]
fn texts_of_policies_are_text() {
    let checked = check("<script>.mam", HOSTILE);
    let files = ["<script>alert(0)</script>.mam".to_owned()];
    let other = check("old.mam", &HOSTILE.replace("allow save to drive", "allow copy to any"));
    let set = Set { checked: &checked, files: &files };
    let against = Set { checked: &other, files: &files };
    let views = Views::new(set, None, Some(against), &mut |_| {}).unwrap();
    let page = page(&views);
    let script = between(&page, "<script>", "</script>").to_owned();
    let markup = page.replace(&script, "");
    for text in
        ["<script>alert", "<img", "<b>bold", "<!--", "</svg><style", "\u{202e}", "onload=\"", "]]>"]
    {
        assert!(!markup.contains(text), "{text}");
    }
    assert_eq!(markup.matches("<script").count(), 2);
    assert_eq!(markup.matches("</script>").count(), 2);
    assert_eq!(markup.matches("<template").count(), markup.matches("</template>").count());
    assert!(markup.contains("&lt;script&gt;alert(6)"), "texts are shown");
    let data = between(&page, "id=\"data\">", "</script>");
    assert!(!data.contains(['<', '>', '&']));
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    let texts = data.to_string();
    assert!(texts.contains("<script>alert(5)</script>") && texts.contains(r"\\u{202e}"), "{texts}");
}

// ---------------------------------------------------------------- limits

/// Groups of people with policies of their own: with every group the kinds of people are twice as many.
fn groups(count: usize) -> String {
    let mut text = "mam 1\napp notes { ios \"a\" sdk }\napp chat { ios \"b\" }\n".to_owned();
    for group in 0..count {
        writeln!(text, "users g{group}").unwrap();
    }
    for group in 0..count {
        writeln!(
            text,
            "policy p{group} {{ for g{group}  protect notes  \
             allow copy to any up to {} characters }}",
            group + 1
        )
        .unwrap();
    }
    text
}

#[test]
fn people_in_several_groups_are_missing_where_there_are_too_many_kinds() {
    let whole = views(&check("few.mam", &groups(3)), None);
    assert!(whole.is_whole());
    let checked = check("many.mam", &groups(300));
    let views = views(&checked, None);
    assert!(!views.is_whole());
    let missing = &views.left_out[0];
    assert_eq!(missing.what, "people in several groups at once");
    assert!(missing.why.ends_with("the limit is 256"), "{}", missing.why);
    let all = views.movements.whole().unwrap();
    let people: BTreeSet<&str> = all
        .contexts
        .iter()
        .flat_map(|context| context.places.iter().map(|place| place.people.as_str()))
        .collect();
    assert!(people.contains("for exactly g0") && people.contains("for exactly g23"), "{people:?}");
    assert!(!people.contains("for exactly g24"));
    let others = |what: &str| {
        what.starts_with("people in just one of g24, g25, ") && what.ends_with(", g299")
    };
    assert!(views.left_out.iter().any(|one| others(&one.what)), "{:?}", views.left_out);
    let page = page(&views);
    assert!(page.contains("This report is not whole.") && page.contains("the limit is 256"));
}

/// What changed stands first, as a drawing, tables and a list; what only reports has a section of its own.
#[test]
fn a_comparison_begins_with_what_changed() {
    let set = |rule: &str| {
        let text = format!(
            "mam 1 app notes \"Notes\" {{ ios \"com.example.notes\"  sdk }} users staff
            policy baseline {{ for any protect notes {rule} }}
            policy trial \"A <trial>\" report-only {{ for staff protect notes launch block when os < 17.0 allow print to any }}"
        );
        check("notes.mam", &text)
    };
    let (old, new) = (set("allow print"), set("allow copy to any up to 5 characters"));
    let files = ["notes.mam".to_owned()];
    let of = |checked| Set { checked, files: &files };
    let views = Views::new(of(&new), None, Some(of(&old)), &mut |_| {}).unwrap();
    assert!(views.is_whole());
    let changes = views.changes.as_ref().unwrap().whole().unwrap();
    let picture = changes.picture.whole().unwrap();
    assert!(picture.contexts.iter().flat_map(|one| &one.cells).any(|cell| cell.change.is_some()));
    let [trial] = &views.report_only[..] else { panic!("{:?}", views.report_only) };
    let would_change = trial.would_change.whole().unwrap();
    assert!(!would_change.accesses.is_empty());
    let page = page(&views);
    let changes = between(&page, "<section id=\"changes\">", "</section>");
    for expected in ["− print", "+ copy", "closed: blocked, was allowed", "The same as tables"] {
        assert!(changes.contains(expected), "{expected}\n{changes}");
    }
    let report_only = between(&page, "<section id=\"report-only\">", "</section>");
    assert!(
        report_only.contains("A &lt;trial&gt;") && report_only.contains("os &lt; 17.0"),
        "{report_only}"
    );
}

#[test]
fn a_limit_leaves_the_other_parts() {
    let mut limits = Limits::default();
    limits.steps = 2_000;
    let checked = check_within("contoso.mam", CONTOSO, limits);
    let views = views(&checked, None);
    // Whether there are movements is not known, and everybody who is left out is named.
    assert!(!views.is_whole() && !views.is_empty());
    assert!(views.left_out.iter().all(|one| one.why.contains("the limit is 2000")));
    let page = page(&views);
    assert!(page.contains("It is missing: the summary tells why."), "{page}");
    assert!(
        page.contains("steps, the limit is 2000") || page.contains("the limit is 2000"),
        "{page}"
    );
    assert!(page.contains("expect block share to unmanaged"), "expectations are still there");
    let data = serde_json::to_value(&views).unwrap();
    assert_eq!(data["left_out"][0]["what"], "people in several groups at once");
    // A scope with `for` asks about these people alone, or not at all.
    let views = self::views(&checked, Some("any for staff"));
    assert!(views.movements.limit().is_some());
    let data = serde_json::to_value(&views).unwrap();
    assert_eq!(data["movements"]["limit"]["resource"], "steps");
}

// ---------------------------------------------------------------- sizes

/// A set of so many apps: groups of people with policies of their own, each with so many rules.
fn company(apps: usize, people: usize, rules: usize) -> String {
    let mut text = String::from("mam 1\n");
    for app in 0..apps {
        let sdk = if app % 3 == 0 { "sdk multi-identity" } else { "" };
        writeln!(text, "app app-{app} \"App {app}\" {{ ios \"com.example.a{app}\" {sdk} }}")
            .unwrap();
    }
    for group in 0..10.min(apps) {
        let members = (0..apps).filter(|app| app % 10 == group).map(|app| format!("app-{app}"));
        writeln!(text, "group suite-{group} = {}", members.collect::<Vec<_>>().join(", ")).unwrap();
    }
    text.push_str("storage drive \"Company drive\" corporate\nstorage box personal\n");
    for team in 0..people {
        writeln!(text, "users team-{team}").unwrap();
    }
    for team in 0..people {
        let protect: Vec<String> = (0..apps)
            .step_by(3)
            .skip(team % 2)
            .step_by(2)
            .map(|app| format!("app-{app}"))
            .collect();
        writeln!(text, "policy p{team} {{ for team-{team}  protect {}", protect.join(", "))
            .unwrap();
        text.push_str(
            "allow share, copy to managed\nallow save to drive\nallow notify without content\n",
        );
        for rule in 0..rules {
            let channel = ["share", "copy", "link", "type"][(rule + team) % 4];
            let (suite, from) = ((rule * 7 + team) % 10.min(apps), &protect[rule % protect.len()]);
            writeln!(text, "allow {channel} from {from} to suite-{suite}").unwrap();
        }
        text.push_str("refuse share from unmanaged\n}\n");
    }
    text
}

#[test]
fn pages_of_many_apps_are_small() {
    for apps in [5, 50, 300] {
        let checked = check("company.mam", &company(apps, 2, 20));
        let views = views(&checked, None);
        assert!(views.is_whole(), "{:?}", views.left_out);
        let bytes = page(&views).len();
        println!("{apps} apps: {bytes} bytes");
        assert!(bytes < 5_000_000, "{apps} apps: {bytes} bytes");
    }
}
