//! Answers: completion, hover, navigation, outlines, hints, lenses, actions, commands.

use serde_json::{Value, json};

use crate::client::{Client, edited, path, place, position, uri};
use crate::diagnostics::NOTES;

fn labels(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one["label"].as_str().unwrap().to_owned()).collect()
}

/// The labels at a place of the policy's body, which `…` stands for.
fn complete(client: &mut Client, body: &str) -> Vec<String> {
    let text = NOTES.replace("  allow share to managed\n", &format!("  {body}\n"));
    labels(&client.at("notes.mam", "textDocument/completion", &text))
}

#[test]
fn completion_follows_the_grammar_and_the_names() {
    let mut client = Client::new(&[]);
    client.open("notes.mam", NOTES);
    client.checked("notes.mam");
    let has = |found: &[String], yes: &[&str], no: &[&str]| {
        for word in yes {
            assert!(found.iter().any(|one| one == word), "`{word}` is missing: {found:?}");
        }
        for word in no {
            assert!(!found.iter().any(|one| one == word), "`{word}` does not belong: {found:?}");
        }
    };
    has(&complete(&mut client, "|"), &["allow", "block", "require", "expect"], &["app", "mam"]);
    has(&complete(&mut client, "allow |"), &["share", "save", "any"], &["open", "notes"]);
    has(&complete(&mut client, "refuse |"), &["share", "open"], &["save", "print"]);
    has(
        &complete(&mut client, "allow share to |"),
        &["notes", "tasks", "managed"],
        &["staff", "printer", "any-storage", "device-storage"],
    );
    has(&complete(&mut client, "allow share to no|"), &["notes"], &["staff"]);
    has(
        &complete(&mut client, "allow save to |"),
        &["device-storage", "personal-storage"],
        &["notes", "managed"],
    );
    has(&complete(&mut client, "allow print to |"), &["printer"], &["screen", "notes"]);
    has(
        &complete(&mut client, "allow copy to notes |"),
        &["as", "except", "on", "for", "up to 50 characters", "because"],
        &["to", "without content", "app-wide"],
    );
    has(
        &complete(&mut client, "allow copy to notes on ios |"),
        &["from", "devices"],
        &["on", "to"],
    );
    has(&complete(&mut client, "block type |"), &["app-wide"], &["up to 50 characters"]);
    has(
        &complete(&mut client, "allow share to notes as |"),
        &["work", "personal", "other", "any"],
        &["notes"],
    );
    has(
        &complete(&mut client, "allow share to managed for |"),
        &["staff", "any", "exactly"],
        &["notes"],
    );
    has(
        &complete(&mut client, "allow share to managed on |"),
        &["ios", "android", "windows"],
        &["unmanaged"],
    );
    has(
        &complete(&mut client, "allow share to managed on ios devices |"),
        &["unmanaged", "intune"],
        &["aosp", "ios"],
    );
    has(
        &complete(&mut client, "allow share to managed on android devices |"),
        &["unmanaged", "aosp"],
        &[],
    );
    has(&complete(&mut client, "launch |"), &["warn", "block", "wipe"], &["allow"]);
    has(&complete(&mut client, "launch wipe when |"), &["os", "offline", "jailbroken"], &["notes"]);
    has(&complete(&mut client, "require |"), &["pin", "credentials", "encryption"], &[]);
    has(
        &complete(&mut client, "require pin { length 6 | }"),
        &["recheck", "simple"],
        &["length", "class"],
    );
    has(&complete(&mut client, "expect |"), &["allow", "block", "no path"], &[]);
    has(
        &complete(&mut client, "expect no path from notes |"),
        &["avoiding", "by", "to"],
        &["from", "up to 50 characters"],
    );
    has(&complete(&mut client, "expect block launch notes |"), &["when", "on"], &["from"]);
    has(&complete(&mut client, "yields to |"), &["any"], &["base", "notes"]);
    let file = |client: &mut Client, line: &str| {
        let text = format!("{NOTES}\n{line}");
        labels(&client.at("notes.mam", "textDocument/completion", &text))
    };
    has(&file(&mut client, "|"), &["app", "policy", "users"], &["protect"]);
    has(&file(&mut client, "use |"), &["microsoft"], &[]);
    has(&file(&mut client, "app x { |"), &["ios", "sdk"], &["length"]);
    has(&file(&mut client, "storage x |"), &["corporate", "personal"], &[]);
    has(
        &file(&mut client, "group g = notes, |"),
        &["tasks", "device-storage"],
        &["staff", "managed"],
    );
    assert!(client.at("notes.mam", "textDocument/completion", "mam 1\n// a |").is_null());
    client.shutdown();
}

#[test]
fn completion_has_titles_and_ids_and_replaces_the_word() {
    let mut client = Client::new(&[("lib/people.mam", "mam 1\nusers team\n")]);
    let text = NOTES.replace("allow share to managed", "allow share to no|");
    let found = client.at("notes.mam", "textDocument/completion", &text);
    let item = found.as_array().unwrap().iter().find(|one| one["label"] == "notes").unwrap();
    assert_eq!(item["detail"], "app \"Notes\" ios:com.example.notes");
    let range = &item["textEdit"]["range"];
    let (start, end) = (&range["start"]["character"], &range["end"]["character"]);
    assert_eq!(end.as_u64().unwrap() - start.as_u64().unwrap(), 2);
    let found = client.at("notes.mam", "textDocument/completion", "mam 1\nuse \"lib|");
    assert_eq!(labels(&found), ["\"lib/people.mam\""]);
    client.shutdown();
}

#[test]
fn hovers_explain_names_words_and_statements() {
    let mut client = Client::new(&[]);
    let mut hover = |text: &str| {
        let found = client.at("notes.mam", "textDocument/hover", text);
        found["contents"]["value"].as_str().map(str::to_owned).unwrap_or_default()
    };
    let app = hover(&NOTES.replace("protect notes", "protect no|tes"));
    assert!(
        app.contains("ios \"com.example.notes\"") && app.contains("Protected by `base`"),
        "{app}"
    );
    assert!(app.contains("Declared in `notes.mam`, line 3"), "{app}");
    let policy = hover(&NOTES.replace("policy base", "policy ba|se"));
    assert!(policy.contains("2 rules, 2 expectations") && policy.contains("for staff"), "{policy}");
    let word = hover(&NOTES.replace("to unmanaged", "to un|managed"));
    assert!(
        word.contains("no policy protects") && word.contains("`base` `for staff`: notes, tasks"),
        "{word}"
    );
    let catalogue = hover("mam 1\nuse microsoft\ngroup g = out|look\n");
    assert!(
        catalogue.contains("Microsoft Outlook") && catalogue.contains("catalogue `microsoft`"),
        "{catalogue}"
    );
    let built_in = hover("mam 1\ngroup g = pri|nter\n");
    assert!(built_in.contains("`printer`"), "{built_in}");
    client.set("notes.mam", NOTES);
    client.analysed("notes.mam");
    let rule = NOTES.replace("allow share", "al|low share");
    let place_of = |text: &str| position(&text.replace('|', ""), text.find('|').unwrap());
    let found = client.request("textDocument/hover", place("notes.mam", &place_of(&rule)));
    let text = found["contents"]["value"].as_str().unwrap();
    assert!(text.contains("expectation"), "{text}");
    let claim = NOTES.replace("expect allow", "ex|pect allow");
    let found = client.request("textDocument/hover", place("notes.mam", &place_of(&claim)));
    let text = found["contents"]["value"].as_str().unwrap();
    assert!(text.contains("✗ fails: block") && text.contains("print from notes"), "{text}");
    client.shutdown();
}

#[test]
fn names_lead_to_declarations_and_uses_over_files() {
    let people = "mam 1\nusers staff\n";
    let root = NOTES.replace("users staff\n", "use \"people.mam\"\n");
    let mut client = Client::new(&[("root.mam", &root), ("people.mam", people)]);
    let marked = root.replace("for     staff", "for     st|aff");
    let definition = client.at("root.mam", "textDocument/definition", &marked);
    assert_eq!(definition["uri"], uri("people.mam"));
    assert_eq!(definition["range"]["start"], json!({ "line": 1, "character": 6 }));
    let file =
        client.at("root.mam", "textDocument/definition", &root.replace("\"people", "\"pe|ople"));
    assert_eq!(file["uri"], uri("people.mam"));
    client.open("people.mam", people);
    let mut params = place("people.mam", &json!({ "line": 1, "character": 8 }));
    params["context"] = json!({ "includeDeclaration": true });
    let uses = client.request("textDocument/references", params.clone());
    let places: Vec<_> = uses.as_array().unwrap().iter().map(|one| one["uri"].clone()).collect();
    assert_eq!(places.len(), 2, "{uses:#}");
    params["context"] = json!({ "includeDeclaration": false });
    assert_eq!(client.request("textDocument/references", params).as_array().unwrap().len(), 1);

    let mut params = place("people.mam", &json!({ "line": 1, "character": 8 }));
    params["newName"] = json!("employees");
    let edit = client.request("textDocument/rename", params.clone());
    let files = edit["documentChanges"].as_array().unwrap();
    assert_eq!(files.len(), 2, "{edit:#}");
    let renamed: Vec<_> = files
        .iter()
        .map(|file| {
            let is_root = file["textDocument"]["uri"] == uri("root.mam");
            edited(if is_root { &root } else { people }, &file["edits"])
        })
        .collect();
    assert!(renamed.contains(&"mam 1\nusers employees\n".to_owned()), "{renamed:?}");
    assert!(renamed.contains(&root.replace("staff", "employees")), "{renamed:?}");
    for (name, why) in [("share", "reserved"), ("Big", "no name"), ("notes", "declared already")] {
        params["newName"] = json!(name);
        assert!(client.refusal("textDocument/rename", params.clone()).contains(why), "{name}");
    }
    let highlights = client.request(
        "textDocument/documentHighlight",
        place("people.mam", &json!({ "line": 1, "character": 8 })),
    );
    assert_eq!(highlights[0]["kind"], 3);
    client.shutdown();
}

#[test]
fn catalogues_are_shown_where_the_editor_can() {
    let text = "mam 1\nuse microsoft\ngroup g = out|look\n";
    let mut client = Client::new(&[]);
    let found = client.at("a.mam", "textDocument/definition", text);
    assert_eq!(found["uri"], uri("a.mam"), "the `use` stands for it");
    let plain = text.replace('|', "");
    let mut params = place("a.mam", &position(&plain, text.find('|').unwrap()));
    params["newName"] = json!("mail");
    assert!(client.refusal("textDocument/rename", params).contains("catalogue"));
    client.shutdown();
    let options = json!({ "catalogues": "mam-catalogue:/", "explanations": "mam-explanation:/" });
    let mut client = Client::with(&[], options, &["utf-16"]);
    let found = client.at("a.mam", "textDocument/definition", text);
    assert_eq!(found["uri"], "mam-catalogue:/microsoft.mam");
    client.set("a.mam", "mam 1\ngroup g = x\n");
    let found = client.checked("a.mam");
    assert_eq!(found[0]["codeDescription"]["href"], "mam-explanation:/mam::resolve::unknown-name");
    client.shutdown();
}

#[test]
fn outlines_folds_selections_and_symbols_are_there() {
    let mut client = Client::new(&[]);
    client.open("notes.mam", NOTES);
    let document = json!({ "textDocument": { "uri": uri("notes.mam") } });
    let outline = client.request("textDocument/documentSymbol", document.clone());
    let names: Vec<_> = outline.as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["notes", "tasks", "staff", "base"]);
    assert_eq!(outline[3]["detail"], "All 😀");
    assert_eq!(outline[3]["children"].as_array().unwrap().len(), 6);
    let folds = client.request("textDocument/foldingRange", document);
    let lines: Vec<_> =
        folds.as_array().unwrap().iter().map(|one| one["startLine"].clone()).collect();
    assert_eq!(lines, [2, 7, 14]);
    let at = position(NOTES, NOTES.find("managed").unwrap() + 2);
    let params = json!({ "textDocument": { "uri": uri("notes.mam") }, "positions": [at] });
    let mut range = client.request("textDocument/selectionRange", params)[0].clone();
    let mut texts = Vec::new();
    while !range.is_null() {
        texts.push(
            range["range"]["end"]["line"].as_u64().unwrap()
                - range["range"]["start"]["line"].as_u64().unwrap(),
        );
        range = range["parent"].clone();
    }
    assert!(texts.len() >= 4 && texts.is_sorted(), "{texts:?}");
    client.checked("notes.mam");
    let found = client.request("workspace/symbol", json!({ "query": "not" }));
    assert_eq!(found[0]["name"], "notes");
    client.shutdown();
}

#[test]
fn selections_and_tokens_of_a_part_count_emoji_twice() {
    let mut client = Client::new(&[]);
    let text = NOTES.replace("protect notes", "protect \"ios:😀\", notes");
    client.open("notes.mam", &text);
    let start = text.find("notes, tasks").unwrap();
    let params = json!({ "textDocument": { "uri": uri("notes.mam") }, "positions": [position(&text, start + 1)] });
    let range = client.request("textDocument/selectionRange", params)[0]["range"].clone();
    assert_eq!(
        range,
        json!({ "start": position(&text, start), "end": position(&text, start + 5) })
    );
    // The tokens of one line are those of the whole text on it, the first one relative to the start.
    let line = text[..start].matches('\n').count();
    let range = json!({ "start": { "line": line, "character": 0 }, "end": { "line": line + 1, "character": 0 } });
    let document = json!({ "uri": uri("notes.mam") });
    let params = json!({ "textDocument": document, "range": range });
    let tokens = client.request("textDocument/semanticTokens/range", params);
    let data: Vec<_> =
        tokens["data"].as_array().unwrap().iter().map(|one| one.as_u64().unwrap()).collect();
    let columns: Vec<_> = data
        .chunks(5)
        .scan(0, |at, token| {
            *at += token[1];
            Some((*at, token[2]))
        })
        .collect();
    // protect "ios:😀", notes, tasks: the string has eight units.
    assert_eq!(data[0], line as u64);
    assert_eq!(columns, [(2, 7), (10, 8), (20, 5), (27, 5)]);
    client.shutdown();
}

#[test]
fn formatting_gives_the_canonical_text() {
    let mut client = Client::new(&[]);
    let rough = NOTES
        .replace("  allow share", "allow   share")
        .replace("users staff\n", "users   staff\n\n\n");
    client.open("notes.mam", &rough);
    let mut params = json!({ "textDocument": { "uri": uri("notes.mam") }, "options": { "tabSize": 2, "insertSpaces": true } });
    let edits = client.request("textDocument/formatting", params.clone());
    let whole = edited(&rough, &edits);
    assert!(edits.as_array().unwrap().len() >= 2, "{edits:#}");
    let mut sources = mam::source::Sources::default();
    let id = sources.add("notes.mam", &rough);
    let (file, _) = mam::syntax::parse(&sources, id, &mam::Limits::default());
    assert_eq!(whole, mam::syntax::print::print(&file, &sources));
    let line = rough.lines().position(|line| line.starts_with("allow   share")).unwrap();
    params["range"] = json!({ "start": { "line": line, "character": 0 }, "end": { "line": line, "character": 3 } });
    let edits = client.request("textDocument/rangeFormatting", params.clone());
    assert_eq!(edits.as_array().unwrap().len(), 1);
    client.set("notes.mam", "mam 1\npolicy {");
    assert!(client.request("textDocument/formatting", params).is_null());
    client.shutdown();
}

#[test]
fn tokens_hints_and_signatures_are_there() {
    let mut client = Client::new(&[]);
    let text =
        NOTES.replace("allow share to managed", "allow share to notes\n  require pin { length 6 }");
    client.open("notes.mam", &text);
    client.checked("notes.mam");
    let document = json!({ "uri": uri("notes.mam") });
    let tokens =
        client.request("textDocument/semanticTokens/full", json!({ "textDocument": document }));
    let data = tokens["data"].as_array().unwrap();
    assert!(data.len().is_multiple_of(5) && data.len() > 200, "{}", data.len());
    // `mam` is a keyword, `1` a number, `app` a keyword, `notes` the name of an app that is declared.
    let first: Vec<_> = data[..20].iter().map(|one| one.as_u64().unwrap()).collect();
    assert_eq!(first, [0, 0, 3, 0, 0, 0, 4, 1, 14, 0, 2, 0, 3, 0, 0, 0, 4, 5, 4, 1]);
    let lines = text.lines().count();
    let range =
        json!({ "start": { "line": 0, "character": 0 }, "end": { "line": lines, "character": 0 } });
    let hints = client
        .request("textDocument/inlayHint", json!({ "textDocument": document, "range": range }));
    let hints = labels(&hints);
    assert_eq!(hints, ["on any  devices any  otherwise block", "as work"]);
    let marked = text.replace("length 6", "length |6");
    let help = client.at("notes.mam", "textDocument/signatureHelp", &marked);
    assert_eq!(help["activeParameter"], 0, "{help:#}");
    assert!(
        help["signatures"][0]["label"]
            .as_str()
            .unwrap()
            .contains("recheck NUMBER minutes|hours|days")
    );
    assert_eq!(help["signatures"][0]["parameters"][1]["label"], "kind numeric|alphanumeric");
    let behind = text.replace("length 6 }", "length 6 } |");
    assert!(client.at("notes.mam", "textDocument/signatureHelp", &behind).is_null());
    client.shutdown();
}

#[test]
fn hints_show_the_limits_in_force() {
    let mut client = Client::new(&[]);
    let rules = "  allow share to managed\n  allow notify\n  allow any to tasks\n";
    let text = NOTES.replace("  allow share to managed\n", rules)
        + "\npolicy strict {\n  for staff\n  protect notes\n  otherwise allow\n  allow copy to any up to 20 characters\n  \
           allow notify without content\n}\n";
    client.open("notes.mam", &text);
    client.analysed("notes.mam");
    let end = json!({ "line": text.lines().count(), "character": 0 });
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": end });
    let params = json!({ "textDocument": { "uri": uri("notes.mam") }, "range": range });
    let hints = client.request("textDocument/inlayHint", params);
    let found: Vec<_> = (hints.as_array().unwrap().iter())
        .map(|one| {
            let line = one["position"]["line"].as_u64().unwrap() as usize;
            (text.lines().nth(line).unwrap().trim(), one["label"].as_str().unwrap())
        })
        .filter(|(line, label)| line.starts_with("allow") && *label != "as work")
        .collect();
    let expected = [
        ("allow notify", "without content in part"),
        ("allow any to tasks", "up to 20 characters"),
        ("allow copy to any up to 50 characters", "up to 20 characters in part"),
    ];
    assert_eq!(found, expected);
    let tooltip = hints
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["label"] == "without content in part")
        .unwrap();
    assert!(
        tooltip["tooltip"].as_str().unwrap().contains("`strict`: `allow notify without content`"),
        "{tooltip}"
    );
    client.shutdown();
}

#[test]
fn declarations_fit_the_place_of_the_name() {
    let mut client = Client::new(&[]);
    for (old, new, expected) in [
        ("protect notes", "protect notes, vault", &["app vault { sdk }"][..]),
        (
            "share to managed",
            "save to vault",
            &["storage vault personal", "storage vault corporate"],
        ),
        ("share to managed", "share to vault", &["app vault"]),
        ("share to managed", "share from vault to managed", &["app vault { sdk }"]),
        (
            "allow share to managed",
            "accept open from vault",
            &["storage vault personal", "storage vault corporate"],
        ),
        (
            "allow share to managed",
            "expect no path to vault",
            &["app vault", "storage vault personal", "storage vault corporate"],
        ),
        ("allow share to managed", "expect block launch vault", &["app vault"]),
        ("for     staff", "for     vault", &["users vault"]),
    ] {
        let text = NOTES.replacen(old, new, 1);
        let at = position(&text, text.find("vault").unwrap() + 1);
        match client.published.contains_key(&uri("notes.mam")) {
            true => client.set("notes.mam", &text),
            false => client.open("notes.mam", &text),
        }
        let range = json!({ "start": at, "end": at });
        let params = json!({ "textDocument": { "uri": uri("notes.mam") }, "range": range, "context": { "diagnostics": [] } });
        let actions = client.request("textDocument/codeAction", params);
        let offered: Vec<_> = (actions.as_array().unwrap().iter())
            .filter(|one| one["title"].as_str().unwrap().starts_with("Declare"))
            .collect();
        let titles: Vec<_> = offered.iter().map(|one| one["title"].as_str().unwrap()).collect();
        let expected: Vec<_> = expected.iter().map(|one| format!("Declare `{one}`")).collect();
        assert_eq!(titles, expected, "{new}");
        for action in offered {
            let changed = edited(&text, &action["edit"]["documentChanges"][0]["edits"]);
            client.set("notes.mam", &changed);
            let found = client.checked("notes.mam");
            // The policy does not protect it yet.
            let is_wrong =
                |one: &&Value| one["severity"] == 1 && one["code"] != "mam::check::empty-scope";
            assert!(!found.iter().any(|one| is_wrong(&one)), "{changed}: {found:#?}");
        }
    }
    client.shutdown();
}

#[test]
fn lenses_tell_verdicts_coverage_and_changes() {
    let mut client = Client::new(&[]);
    let before = NOTES.replace("up to 50", "up to 5");
    client.files.committed.lock().unwrap().insert(path("notes.mam"), before);
    client.open("notes.mam", NOTES);
    client.analysed("notes.mam");
    let document = json!({ "textDocument": { "uri": uri("notes.mam") } });
    let lenses = client.request("textDocument/codeLens", document.clone());
    let titles: Vec<_> = lenses
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["command"]["title"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(titles[0], "since the last commit: 1 looser, 0 tighter");
    assert!(titles[1].ends_with("of 2 rules covered by expectations"), "{titles:?}");
    assert_eq!(titles[2], "✓ holds");
    assert!(titles[3].starts_with("✗ fails: block for print from notes"), "{titles:?}");
    assert!(client.refreshes >= 3);
    // The command of a failure explains its counterexample; verdicts stay while the text is broken.
    let command = &lenses[3]["command"];
    let params = json!({ "command": command["command"], "arguments": command["arguments"] });
    let result = client.request("workspace/executeCommand", params);
    assert!(result["markdown"].as_str().unwrap().contains("otherwise block"), "{result:#}");
    let params = json!({ "command": "mam.diff", "arguments": [{ "uri": uri("notes.mam") }] });
    let result = client.request("workspace/executeCommand", params);
    assert_eq!((&result["looser"], &result["tighter"]), (&json!(1), &json!(0)), "{result:#}");
    let params = json!({ "command": "mam.matrix", "arguments": [{ "uri": uri("notes.mam"), "policy": "base" }] });
    let result = client.request("workspace/executeCommand", params);
    assert!(result["markdown"].as_str().unwrap().contains("| allow up to 50 |"), "{result:#}");
    let params = json!({ "command": "mam.paths", "arguments": [{ "uri": uri("notes.mam") }] });
    let result = client.request("workspace/executeCommand", params);
    assert!(!result["markdown"].as_str().unwrap().is_empty());
    let params = json!({ "command": "mam.explain", "arguments": [{ "uri": uri("notes.mam"), "scope": "launch notes as work" }] });
    let result = client.request("workspace/executeCommand", params);
    assert!(result["markdown"].as_str().unwrap().contains("launch notes"), "{result:#}");
    let params =
        json!({ "command": "mam.help", "arguments": [{ "code": "mam::resolve::unknown-name" }] });
    let result = client.request("workspace/executeCommand", params);
    assert!(result["markdown"].as_str().unwrap().contains("declar"), "{result:#}");
    let params = json!({ "command": "mam.catalogue", "arguments": [{ "name": "microsoft" }] });
    let result = client.request("workspace/executeCommand", params);
    assert!(result["text"].as_str().unwrap().contains("app outlook"), "{result:#}");
    for (command, argument) in [
        ("mam.help", json!({ "code": "mam::no::code" })),
        ("mam.explain", json!({ "uri": uri("notes.mam"), "scope": "share frm" })),
    ] {
        let params = json!({ "command": command, "arguments": [argument] });
        assert!(!client.refusal("workspace/executeCommand", params).is_empty());
    }
    client.set("notes.mam", &format!("{NOTES}policy {{"));
    let lenses = client.request("textDocument/codeLens", document);
    assert!(lenses.as_array().unwrap().len() >= 4);
    client.shutdown();
}

/// The action with a title.
fn titled(list: &Value, title: &str) -> Option<Value> {
    list.as_array().unwrap().iter().find(|one| one["title"] == title).cloned()
}

#[test]
fn actions_repair_and_declare() {
    let mut client = Client::new(&[]);
    let text =
        NOTES.replace("protect notes", "protect notse").replace("for     staff", "for     crew");
    client.open("notes.mam", &text);
    client.checked("notes.mam");
    let mut actions = |word: &str, only: Value| {
        let at = position(&text, text.find(word).unwrap());
        let params = json!({
            "textDocument": { "uri": uri("notes.mam") },
            "range": { "start": at, "end": at },
            "context": { "diagnostics": [], "only": only }
        });
        client.request("textDocument/codeAction", params)
    };
    let found = actions("notse", Value::Null);
    let change = titled(&found, "Change to `notes`").unwrap();
    let repaired = edited(&text, &change["edit"]["documentChanges"][0]["edits"]);
    assert!(repaired.contains("protect notes, tasks"));
    let found = actions("crew", json!(["quickfix"]));
    let declare = titled(&found, "Declare `users crew`").unwrap();
    let declared = edited(&text, &declare["edit"]["documentChanges"][0]["edits"]);
    assert!(declared.contains("users crew\n\npolicy base"), "{declared}");
    assert!(titled(&found, "Explain mam::resolve::unknown-name").is_some());

    // A word for a set is meant, and an app is declared as the language has it.
    let misspelt = NOTES.replace("share to managed", "share to managd");
    client.set("notes.mam", &misspelt);
    client.checked("notes.mam");
    let at = position(&misspelt, misspelt.find("managd").unwrap());
    let params = json!({
        "textDocument": { "uri": uri("notes.mam") },
        "range": { "start": at, "end": at },
        "context": { "diagnostics": [] }
    });
    let found = client.request("textDocument/codeAction", params);
    let change = titled(&found, "Change to `managed`").unwrap();
    assert_eq!(edited(&misspelt, &change["edit"]["documentChanges"][0]["edits"]), NOTES);
    let declare = titled(&found, "Declare `app managd`").unwrap();
    let declared = edited(&misspelt, &declare["edit"]["documentChanges"][0]["edits"]);
    client.set("notes.mam", &declared);
    let found = client.checked("notes.mam");
    assert!(found.iter().all(|one| one["severity"] != 1), "{found:#?}");

    let narrow = NOTES
        .replace("protect notes, tasks", "protect notes")
        .replace("allow copy", "allow copy from tasks");
    client.set("notes.mam", &narrow);
    client.checked("notes.mam");
    let at = position(&narrow, narrow.find("tasks to").unwrap());
    let params = json!({
        "textDocument": { "uri": uri("notes.mam") },
        "range": { "start": at, "end": at },
        "context": { "diagnostics": [] }
    });
    let found = client.request("textDocument/codeAction", params);
    let add = titled(&found, "Add `tasks` to `protect`").unwrap();
    let added = edited(&narrow, &add["edit"]["documentChanges"][0]["edits"]);
    assert!(added.contains("protect notes, tasks\n"), "{added}");

    let twice = NOTES.replace(
        "  allow share to managed\n",
        "  allow share to managed\n  allow share to managed\n",
    );
    client.set("notes.mam", &twice);
    client.analysed("notes.mam");
    let start = json!({ "line": 0, "character": 0 });
    let params = json!({
        "textDocument": { "uri": uri("notes.mam") },
        "range": { "start": start, "end": start },
        "context": { "diagnostics": [], "only": ["source.fixAll"] }
    });
    let found = client.request("textDocument/codeAction", params);
    let command = &found[0]["command"];
    let params = json!({ "command": command["command"], "arguments": command["arguments"] });
    client.request("workspace/executeCommand", params);
    let fixed = edited(&twice, &client.applied[0]["edit"]["documentChanges"][0]["edits"]);
    assert_eq!(fixed.matches("allow share to managed").count(), 1, "{fixed}");
    client.shutdown();
}

#[test]
fn unknown_requests_and_documents_are_no_end() {
    let mut client = Client::new(&[]);
    assert!(client.at("a.mam", "textDocument/hover", "mam 1\n|").is_null());
    assert!(
        client
            .refusal("textDocument/moniker", place("a.mam", &json!({ "line": 0, "character": 0 })))
            .contains("unknown method")
    );
    let nowhere = place("nowhere.mam", &json!({ "line": 0, "character": 0 }));
    assert!(client.request("textDocument/completion", nowhere).is_null());
    assert!(
        !client
            .refusal("textDocument/hover", json!({ "textDocument": { "uri": uri("a.mam") } }))
            .is_empty()
    );
    client.notify("$/somethingNew", json!({}));
    client.shutdown();
}
