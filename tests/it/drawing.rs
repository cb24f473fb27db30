//! Drawings: the figures in the documents, hostile names, and sets of many apps.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::path::Path;

use mam::analysis::{LEAKS, Layers, PathOptions, Picture, diff_picture};
use mam::draw::{Drawing, LayersDrawing, PathsDrawing};
use mam::{Analysis, Checked, Compiler, DeviceState, Effect};

fn check(name: &str, text: &str) -> Checked {
    let checked = Compiler::new().check(name, text);
    assert!(!checked.has_errors(), "{}", checked.errors());
    checked
}

fn drawing(checked: &Checked, scope: &str) -> Drawing {
    let scope = checked.question(scope).unwrap();
    Drawing::new(&Analysis::new(checked).unwrap().picture(&scope).unwrap())
}

/// Holds a text against a file; with `UPDATE=1`, writes the file.
fn assert_is_file(path: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(known == text, "{} is another one; UPDATE=1 writes it", path.display());
}

/// The figures of the documents: file, policy set, scope.
const FIGURES: &[(&str, &str, &str)] = &[
    ("figure-1", "examples/figures/1-no-policies.mam", "any on ios"),
    ("figure-2", "examples/figures/2-multi-identity.mam", "any for employees on ios"),
    (
        "contoso",
        "examples/contoso.mam",
        "any for staff except contractors on ios devices unmanaged",
    ),
];

#[test]
fn the_figures_of_the_documents_are_what_is_drawn() {
    for (figure, set, scope) in FIGURES {
        let drawing = drawing(&read(set), scope);
        assert_is_file(&format!("docs/figures/{figure}.svg"), &drawing.svg());
        if *figure == "contoso" {
            assert_is_file("tests/drawings/contoso.dot", &drawing.dot());
            assert_is_file("tests/drawings/contoso.mmd", &drawing.mermaid());
        }
    }
}

fn read(set: &str) -> Checked {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(set);
    check(set, &std::fs::read_to_string(path).unwrap())
}

/// The layers on devices in a state, with their picture.
fn layers(checked: &Checked, scope: &str, state: DeviceState) -> (Layers, Picture) {
    let analysis = Analysis::new(checked).unwrap();
    let scope = checked.question(&format!("{scope} devices {state}")).unwrap();
    (analysis.layers(state), analysis.picture(&scope).unwrap())
}

#[test]
fn the_figures_of_layers_are_what_is_drawn() {
    let managed = read("examples/figures/3-intune-managed.mam");
    let own = read("examples/figures/4-byod.mam");
    let managed = layers(&managed, "any", DeviceState::Intune);
    let own = layers(&own, "any", DeviceState::Unmanaged);
    let figures = [
        ("figure-3", LayersDrawing::new(std::slice::from_ref(&managed))),
        ("figure-4", LayersDrawing::new(std::slice::from_ref(&own))),
        ("figures-3-4", LayersDrawing::new(&[managed, own])),
    ];
    for (figure, drawing) in figures {
        assert_is_file(&format!("docs/figures/{figure}.svg"), &drawing.svg());
        #[cfg(feature = "cli")]
        well_formed(&drawing.svg());
    }
}

/// The drawing of the paths of a scope of chains.
fn leaks(checked: &Checked, scope: &str) -> PathsDrawing {
    let analysis = Analysis::new(checked).unwrap();
    let paths = analysis.paths(&checked.chain(scope).unwrap(), PathOptions::default()).unwrap();
    let hops = paths.paths.iter().take(4).filter_map(|path| path.hops.first());
    let picture = |context: &str| {
        analysis.picture(&checked.question(&format!("any {context}")).unwrap()).unwrap()
    };
    let pictures: Vec<Picture> = hops.map(|hop| picture(&hop.context)).collect();
    let remedy = |scope: &str| analysis.remedies(scope, Effect::Block).ok()?.into_iter().next();
    let of_path =
        |path: &mam::analysis::Path| path.hops.iter().map(|hop| remedy(&hop.scope)).collect();
    let remedies: Vec<Vec<_>> = paths.paths.iter().take(4).map(of_path).collect();
    PathsDrawing::new(scope, &paths, &pictures.iter().collect::<Vec<_>>(), &remedies)
}

/// The drawing of what two sets decide differently.
fn changes(before: &Checked, after: &Checked) -> Drawing {
    let scope = after.question("any").unwrap();
    let [before, after] = [before, after].map(|one| Analysis::new(one).unwrap());
    Drawing::of_changes(&diff_picture(&before, &after, &scope).unwrap())
}

#[test]
fn the_figures_of_leaks_and_changes_are_what_is_drawn() {
    let contoso = read("examples/contoso.mam");
    let scope = "by save, open from word as work to device-storage for staff except contractors on ios devices unmanaged";
    assert_is_file("docs/figures/leak.svg", &leaks(&contoso, scope).svg());
    let none = read("examples/figures/1-no-policies.mam");
    let some = read("examples/figures/2-multi-identity.mam");
    assert_is_file("docs/figures/changes.svg", &changes(&none, &some).svg());
    let company = read("examples/figures/6-company.mam");
    let scope = "any for staff except finance, contractors on ios devices unmanaged";
    assert_is_file("tests/drawings/report-only.svg", &drawing(&company, scope).svg());
}

#[test]
fn states_that_differ_in_nothing_share_a_column() {
    let all = read("examples/figures/6-company.mam");
    let columns: Vec<_> =
        DeviceState::ALL.iter().map(|state| layers(&all, "any", *state)).collect();
    let svg = LayersDrawing::new(&columns).svg();
    assert!(svg.contains(">Aosp, aosp userless devices<"), "{svg}");
}

/// A set of so many apps: departments with rules of their own, partners, and apps that no policy is about.
fn company(apps: usize) -> String {
    const DEPARTMENTS: [&str; 6] = ["plants", "news", "sales", "field", "finance", "research"];
    let mut text = String::from("mam 1\n");
    let mut members = vec![Vec::new(); DEPARTMENTS.len() + 1];
    for at in 0..apps {
        let department = at % (DEPARTMENTS.len() + 1);
        let sdk = if department < DEPARTMENTS.len() { "sdk multi-identity" } else { "" };
        text.push_str(&format!(
            "app app-{at} \"App {at}\" {{ ios \"com.example.a{at}\" {sdk} }}\n"
        ));
        members[department].push(format!("app-{at}"));
    }
    for (name, apps) in DEPARTMENTS.iter().chain(&["partners"]).zip(&members) {
        if !apps.is_empty() {
            text.push_str(&format!("group {name} = {}\n", apps.join(", ")));
        }
    }
    text.push_str("storage drive \"Company drive\" corporate\nusers staff\n");
    let known: Vec<_> =
        DEPARTMENTS.iter().zip(&members).filter(|(_, apps)| !apps.is_empty()).collect();
    let protect: Vec<&str> = known.iter().map(|(name, _)| **name).collect();
    text.push_str(&format!("policy base {{ for staff protect {}\n", protect.join(", ")));
    text.push_str("allow share, invoke, copy to managed\nallow save to drive\n");
    text.push_str("allow type to any\nallow notify without content\n");
    for (at, (name, apps)) in known.iter().enumerate() {
        let (name, first) = (**name, &apps[0]);
        text.push_str(&format!(
            "allow copy from {name} to any up to {} characters\n",
            10 * (at + 1)
        ));
        text.push_str(&format!("allow print from {first} to any\n"));
        if members.last().is_some_and(|partners| !partners.is_empty()) && at % 2 == 0 {
            text.push_str(&format!("allow share from {name} to partners\n"));
        }
    }
    text.push_str("refuse share from unmanaged\n}\n");
    text
}

/// The attribute of the outermost element.
fn height(svg: &str) -> u32 {
    let (_, rest) = svg.split_once("height=\"").unwrap();
    rest.split('"').next().unwrap().parse().unwrap()
}

#[test]
fn many_apps_are_folded_and_not_shrunk() {
    for apps in [5, 50, 300] {
        let checked = check("company.mam", &company(apps));
        let drawing =
            drawing(&checked, "any from any as work to any for staff on ios devices unmanaged");
        let svg = drawing.svg();
        let rows = svg.matches("<g class=\"row\">").count();
        assert!(rows <= 40, "{apps} apps: {rows} rows");
        assert!(height(&svg) <= 1_700, "{apps} apps: {} units", height(&svg));
        assert_is_file(&format!("tests/drawings/apps-{apps}.svg"), &svg);
    }
}

#[test]
fn names_are_text_wherever_they_stand() {
    let text = "mam 1\n\
        app evil \"<script>alert(1)</script>\" { ios \"com.example.a\" sdk multi-identity }\n\
        app quote \"\\\" onload=\\\"x & ]]> #quot; --> \\u{202e}\" { ios \"com.example.b\" }\n\
        app long \"Anappwithanameinoneverylongwordthatnocardandnorowcanholdatall\" { ios \"com.example.c\" sdk }\n\
        storage drive \"'<b>'\" corporate\n\
        group tags = evil, quote\nusers staff \"</svg>\"\n\
        policy p \"<script>\" { for staff protect evil, long allow share to quote allow save to drive allow copy to any up to 5 characters }";
    let checked = check("<evil>.mam", text);
    let drawing = drawing(&checked, "any on ios");
    let other = check("evil.mam", &text.replace("up to 5 characters", "up to 9 characters"));
    let layers = layers(&checked, "any", DeviceState::Unmanaged);
    let all = [
        drawing.svg(),
        changes(&checked, &other).svg(),
        leaks(&checked, LEAKS).svg(),
        LayersDrawing::new(&[layers]).svg(),
    ];
    for svg in &all {
        for markup in ["<script", "<b>", "]]>", "onload=\"", "\u{202e}", "<evil>"] {
            assert!(!svg.contains(markup), "{markup}");
        }
        assert_eq!(svg.matches("</svg>").count(), 1);
        #[cfg(feature = "cli")]
        well_formed(svg);
    }
    let svg = &all[0];
    assert!(svg.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    let html = drawing.html();
    for markup in ["<script", "<b>", "]]>", "onload=\"", "\u{202e}", "<evil>"] {
        assert!(!html.contains(markup), "{markup}");
    }
    let dot = drawing.dot();
    assert!(dot.contains(r#"\" onload=\"x"#) && !dot.contains('\u{202e}'), "{dot}");
    let mermaid = drawing.mermaid();
    assert!(!mermaid.contains("<script") && !mermaid.contains("&"), "{mermaid}");
    // Quotes open and close labels, and nothing else.
    assert!(mermaid.lines().all(|line| line.matches('"').count() % 2 == 0), "{mermaid}");
}

/// A page has its drawing, and a line of a table for every row of that.
#[test]
fn pages_have_the_rows_of_their_drawings() {
    let contoso = read("examples/contoso.mam");
    let drawing = drawing(&contoso, "any on ios devices unmanaged");
    let (svg, html) = (drawing.svg(), drawing.html());
    let panels = drawing.elements();
    assert!(panels.len() > 1 && panels.iter().all(|panel| html.contains(panel)));
    let rows = svg.matches("<g class=\"row").count();
    assert_eq!(html.matches("<g class=\"row").count(), rows);
    let lines = html.matches("<tr><td>").count();
    assert!(rows > 20 && rows == lines, "{rows} rows, {lines} lines");
    let verdict = "<td>allowed up to 50 characters</td></tr>";
    assert!(html.contains(verdict), "{html}");
    let leaks = leaks(&contoso, LEAKS).html();
    assert!(leaks.contains("What closes it: 1: add to baseline"), "{leaks}");
    let none = PathsDrawing::new("a", &contoso_without_leaks(), &[], &[]).html();
    assert!(none.contains("<li>no chain of allowed movements leads there</li>"), "{none}");
}

fn contoso_without_leaks() -> mam::analysis::Paths {
    let checked = check("none.mam", "mam 1 app mail { sdk } policy p { for any protect mail }");
    let chain = checked.chain("share from mail to mail").unwrap();
    Analysis::new(&checked).unwrap().paths(&chain, PathOptions::default()).unwrap()
}

/// Holds SVG to the grammar of XML.
#[cfg(feature = "cli")]
fn well_formed(svg: &str) {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(svg);
    let mut depth = 0;
    loop {
        match reader.read_event().unwrap() {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
}

#[test]
fn titles_of_any_length_are_drawn() {
    let title = "W".repeat(3_000);
    let apps: String = (0..60)
        .map(|app| format!("app a{app} \"{title}{app}\" {{ ios \"com.example.a{app}\" sdk }}\n"))
        .collect();
    let text = format!("mam 1\n{apps}policy p {{ for any protect a0, a1 allow share to a2 }}\n");
    let drawing = drawing(&check("long.mam", &text), "any on ios");
    #[cfg(feature = "cli")]
    well_formed(&drawing.svg());
    assert!(height(&drawing.svg()) < 2_000);
}

#[test]
fn contexts_without_a_panel_are_named() {
    let mut text = String::from("mam 1\napp notes { ios \"a\" sdk }\n");
    for at in 0..6 {
        text.push_str(&format!("users g{at}\n"));
    }
    for at in 0..6 {
        text.push_str(&format!(
            "policy p{at} {{ for g{at} protect notes otherwise allow yields to any \
             allow copy to any up to {} characters }}\n",
            at + 1
        ));
    }
    let checked = check("many.mam", &text.replace(" yields to any", ""));
    let svg = drawing(&checked, "copy on ios devices unmanaged").svg();
    assert_eq!(svg.matches("class=\"t h\">Work accounts of").count(), 4, "{svg}");
    assert!(svg.contains("decided in another way: for "), "{svg}");
    assert!(svg.contains("no policy applies: for "), "{svg}");
}
