//! Completion inside requirements, conditions and phrases: what fits, and nothing that is a mistake there.

use serde_json::Value;

use crate::client::{Client, edited};
use crate::diagnostics::NOTES;

/// The set in which the lines are completed.
fn set() -> String {
    let more = "use microsoft\nusers staff\nusers guests\nfilter own\nstorage vault corporate\n\
        app plain { ios \"com.example.plain\" }\ngroup mixed = notes, vault\ngroup pair = notes, tasks\n";
    NOTES
        .replace("users staff\n", more)
        .replace("policy base", "policy first { for staff protect notes }\npolicy base")
}

/// Lines that are completed at their end: the line, labels that belong there, and some that do not.
const CASES: &[(&str, &str, &str)] = &[
    ("require pin { ", "length kind simple", "class restart"),
    ("require pin { kind ", "numeric alphanumeric", "length simple class"),
    ("require pin { simple ", "yes no", "length kind"),
    ("require pin { length ", "", "length kind yes"),
    ("require pin { length 6 ", "kind simple", "length"),
    ("require pin { history ", "", "length"),
    ("require pin { biometrics ", "yes face touch no", "length"),
    ("require pin { attempts ", "", "then length"),
    ("require pin { attempts 5 ", "then", "days length"),
    ("require pin { attempts 5 then ", "reset wipe", "length"),
    ("require pin { attempts 5 then reset, 9 then ", "wipe", "reset"),
    ("require pin { attempts 5 then reset ", "length simple", "attempts then"),
    ("require pin { recheck 30 ", "minutes hours days", "then length"),
    ("require pin { expires 30 ", "days", "minutes"),
    ("require pin { skip-with-device-pin ", "length", "yes"),
    ("require encryption { ", "class", "length"),
    ("require encryption { class ", "restart open-files locked", "class length"),
    ("require credentials ", "recheck on devices", "length"),
    ("require pin { length 6 } ", "on devices", "length from for"),
    ("launch ", "warn block wipe", "allow"),
    ("launch block ", "when", "on"),
    ("launch block when ", "threat os jailbroken", "not rest"),
    ("launch warn when ", "os integrity", "jailbroken account-disabled"),
    ("launch block when os ", "< >", "unknown on days"),
    ("launch block when os < 17.0 ", "on devices because", "for < days"),
    ("launch block when threat ", ">", "< low"),
    ("launch block when threat > ", "secured low medium high", "on"),
    ("launch block when integrity < ", "basic device strong", "none on"),
    ("launch block when device-lock < ", "low medium high", "on"),
    ("launch block when knox ", "failed failed-if-supported", "on devices because not"),
    ("launch wipe when knox ", "failed", "failed-if-supported"),
    ("launch block when jailbroken on ", "ios android any", "windows"),
    ("launch block when patch < 2026-01-01 on ", "android any", "ios windows"),
    ("require pin { length 6 } on ", "ios android any", "windows"),
    ("require pin { history 3 } on ", "android any", "ios windows"),
    ("expect allow launch when not jailbroken on ", "ios windows", ""),
    ("expect allow launch when jailbroken on ", "ios android", "windows"),
    ("allow invoke to any on ", "ios any", "android"),
    ("allow share from ", "notes tasks pair any managed", "plain outlook unlisted unmanaged vault"),
    ("block share from ", "notes unmanaged", "plain outlook unlisted"),
    ("refuse share to ", "notes tasks", "plain outlook unlisted"),
    ("block share from notes as ", "work any", "personal other"),
    ("block share to any as personal except notes as ", "personal any", "work other"),
    ("block share to managed except notes as ", "work any", "personal other"),
    ("block share to any except notes as ", "work personal any", ""),
    ("block share to notes as work except ", "", "notes"),
    ("launch block when app-scan ", "off", "on devices because not"),
    ("launch wipe when offline ", ">", "< on"),
    ("launch wipe when offline > 90 ", "minutes hours days", "then on"),
    ("launch block when jailbroken ", "on devices because", "< for"),
    ("launch block when model ", "not in", "<"),
    ("launch block when model not ", "in", "os threat"),
    ("launch block when model not in ", "", "os threat"),
    ("launch block when model not in \"a\" ", "on devices because", "os"),
    ("launch block when model not in \"a\", ", "", "os threat on"),
    ("expect require encryption ", "launch class", "on devices"),
    ("expect require pin { length 6 } ", "launch", "length on"),
    ("expect block launch when ", "os threat not", "<"),
    ("expect block launch when not ", "os threat", "not"),
    ("expect block launch when rest ", "unknown", "os"),
    ("expect block launch when os ", "< > unknown", "low days"),
    ("expect block launch when patch ", "< unknown", ">"),
    ("expect block launch when os < 17.0, ", "threat not", "on"),
    ("expect block launch when threat ", "> low unknown", "<"),
    ("expect block launch notes ", "as for on devices when except", "deployed from"),
    ("expect require pin { length 6 } launch notes on ios ", "for devices", "when from length"),
    ("allow share to managed for staff matching own, guests ", "matching", "not"),
    ("allow copy to any up ", "", "from for on devices because"),
    ("yields to any ", "except", "from to"),
    ("yields to any except ", "first", "any base notes"),
    ("yields to any except first ", "", "except first"),
    ("yields ", "to", "from for on devices because"),
    ("accept share from any tagged ", "work", "personal other any"),
    ("allow share, copy to managed ", "on for", "without"),
    ("allow save to vault ", "on for", "as deployed"),
    ("allow save to device-storage ", "on for", "as deployed"),
    ("allow share to notes ", "as deployed on", "to"),
    ("accept open from vault ", "on for", "as deployed"),
    ("protect notes ", "unconfirmed", "as deployed except"),
    ("protect pair ", "except", "as deployed"),
    ("protect pair except ", "notes tasks", "pair any plain"),
    ("expect no path from ", "notes vault camera any", "printer screen"),
    ("expect no path from notes to ", "tasks vault printer", "camera"),
    ("expect no path from notes avoiding ", "tasks vault", "printer camera"),
    ("expect no path by save from ", "notes", "vault printer"),
    ("block open from ", "", "vault camera notes any"),
    ("expect block launch ", "notes plain managed when", "vault printer any-storage"),
    ("launch block when os < 17.0, ", "", "os threat on"),
    ("expect require pin on ios ", "", "when launch"),
    ("allow save to any except ", "vault personal-storage", "any any-storage notes"),
    ("allow share to plain as ", "personal any", "work other"),
    ("allow share to managed on ios except ", "", "ios android"),
    ("allow share to managed on any except ", "ios", "any"),
    ("protect ", "notes pair any", "mixed plain vault"),
    ("block any to ", "notes vault device-storage", "camera"),
    ("expect no path by save to ", "vault device-storage", "camera"),
    ("accept open from ", "camera vault", "notes"),
];

#[test]
fn labels_fit_their_place() {
    let set = set();
    let mut client = Client::new(&[]);
    client.open("notes.mam", &set);
    client.checked("notes.mam");
    let mut wrong = Vec::new();
    let mut labels = |line: &str| {
        let text = set.replace("  allow share to managed\n", &format!("  {line}|\n"));
        let found = client.at("notes.mam", "textDocument/completion", &text);
        let found = found.as_array().cloned().unwrap_or_default();
        found.iter().map(|one| one["label"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for (line, fitting, others) in CASES {
        let found = labels(line);
        let has = |word: &str| found.iter().any(|one| one == word);
        let missing: Vec<_> = match *line {
            "launch block when model " => {
                if has("not in") {
                    vec![]
                } else {
                    vec!["not in"]
                }
            }
            _ => fitting.split_whitespace().filter(|word| !has(word)).collect(),
        };
        let surplus: Vec<_> = others.split_whitespace().filter(|word| has(word)).collect();
        if !missing.is_empty() || !surplus.is_empty() {
            wrong.push(format!("`{line}`: missing {missing:?}, surplus {surplus:?}\n  {found:?}"));
        }
    }
    for (line, phrase) in [
        ("expect block launch when ", "rest unknown"),
        ("allow copy to any up ", "to 50 characters"),
        ("allow share to managed for staff matching own, guests ", "not matching"),
        ("allow copy to managed ", "up to 50 characters"),
        ("allow notify ", "without content"),
    ] {
        let found = labels(line);
        if !found.iter().any(|one| one == phrase) {
            wrong.push(format!("`{line}`: missing {phrase}\n  {found:?}"));
        }
    }
    for line in
        ["allow share, copy to managed ", "expect block copy to managed ", "allow any to managed "]
    {
        let found = labels(line);
        if found.iter().any(|one| one.starts_with("up to")) {
            wrong.push(format!("`{line}`: surplus up to\n  {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    client.shutdown();
}

#[test]
fn policies_on_one_line_are_completed_like_others() {
    let set = set();
    let start = set.find("policy base").unwrap();
    let mut client = Client::new(&[]);
    client.open("notes.mam", &set);
    client.checked("notes.mam");
    let all: &[&str] =
        &["for", "on", "devices", "protect", "yields", "otherwise", "allow", "expect"];
    for (line, fitting, others) in [
        ("policy p {", all, &["mam"][..]),
        ("policy p { for staff", &["protect", "on", "allow", "except", "matching"], &["for", "to"]),
        (
            "policy p { for staff on ios protect",
            &["notes", "any", "pair"],
            &["vault", "plain", "mixed"],
        ),
        (
            "policy p { for staff protect notes, tasks",
            &["except", "allow", "otherwise"],
            &["protect", "for"],
        ),
        (
            "policy p { protect notes allow share",
            &["to", "on", "allow", "require"],
            &["otherwise", "yields"],
        ),
        ("policy p { protect notes allow save to", &["vault"], &["notes", "plain"]),
        (
            "policy p { protect notes allow share to managed block",
            &["save", "any"],
            &["open", "notes"],
        ),
        ("policy p { protect notes } policy q { protect notes", &["for", "allow"], &["protect"]),
    ] {
        let text = format!("{}{line} |\n", &set[..start]);
        let found = client.at("notes.mam", "textDocument/completion", &text);
        let found: Vec<_> =
            found.as_array().unwrap().iter().map(|one| one["label"].as_str().unwrap()).collect();
        let missing: Vec<_> = fitting.iter().filter(|word| !found.contains(word)).collect();
        let surplus: Vec<_> = others.iter().filter(|word| found.contains(word)).collect();
        assert!(
            missing.is_empty() && surplus.is_empty(),
            "{line}: {missing:?} {surplus:?} {found:?}"
        );
    }
    client.shutdown();
}

#[test]
fn paths_are_completed_behind_a_quote_that_the_editor_closed() {
    let files = [("lib/people.mam", "mam 1\n"), ("lib/a \"b\".mam", "mam 1\n")];
    let mut client = Client::new(&files);
    for marked in [
        "mam 1\nuse \"|\"\n",
        "mam 1\nuse \"lib|\"\n",
        "mam 1\nuse \"l|ib/x.mam\"\n",
        "mam 1\nuse \"|",
    ] {
        let found = client.at("notes.mam", "textDocument/completion", marked);
        let text = marked.replace('|', "");
        let results: Vec<String> = (found.as_array().unwrap().iter())
            .map(|item| {
                let mut edit = item["textEdit"].clone();
                edit["newText"] = item["textEdit"]["newText"].clone();
                edited(&text, &Value::Array(vec![edit]))
            })
            .collect();
        let end = if text.ends_with('\n') { "\n" } else { "" };
        assert!(
            results.contains(&format!("mam 1\nuse \"lib/people.mam\"{end}")),
            "{marked}: {results:?}"
        );
        assert!(
            results.contains(&format!("mam 1\nuse \"lib/a \\\"b\\\".mam\"{end}")),
            "{results:?}"
        );
    }
    client.shutdown();
}

#[test]
fn statements_are_completed_within_the_head_of_their_policy() {
    let head = "  on      ios, windows\n  devices any except intune\n";
    let text = NOTES.replace("  protect notes", &format!("{head}  protect notes"));
    let text = text
        + "\npolicy other {\n  for staff\n  protect notes\n  yields to base\n}\npolicy third {\n  for staff\n  protect notes\n}\n";
    let mut client = Client::new(&[]);
    client.open("notes.mam", &text);
    client.checked("notes.mam");
    for (line, yes, no) in [
        ("allow share to managed on ", "ios windows any", "android"),
        ("allow share to managed devices ", "unmanaged configmgr enrolled any", "intune aosp"),
        ("launch block when jailbroken on ", "ios", "android windows"),
        ("yields to ", "third any", "base other"),
    ] {
        let marked = match line.starts_with("yields") {
            true => text.replacen("  protect notes", &format!("  {line}|\n  protect notes"), 1),
            false => text.replacen("  allow share to managed\n", &format!("  {line}|\n"), 1),
        };
        let found = client.at("notes.mam", "textDocument/completion", &marked);
        let labels: Vec<_> = (found.as_array().unwrap().iter())
            .map(|one| one["textEdit"]["newText"].as_str().unwrap())
            .collect();
        for word in yes.split(' ') {
            assert!(labels.contains(&word), "{line}: `{word}` is missing: {labels:?}");
        }
        for word in no.split(' ') {
            assert!(!labels.contains(&word), "{line}: `{word}` does not fit: {labels:?}");
        }
    }
    client.shutdown();
}

#[test]
fn hovers_explain_values_and_catalogues() {
    let text = set().replace(
        "  allow share to managed\n",
        "  require pin { simple no  attempts 5 then reset }\n  launch block when threat > high\n",
    );
    let mut client = Client::new(&[]);
    client.open("notes.mam", &text);
    client.checked("notes.mam");
    for (word, meaning) in [
        ("reset", "attempts"),
        ("high", "threat"),
        ("microsoft", "declarations"),
        ("no  ", "a value of `simple`"),
    ] {
        let at = text.find(word).unwrap() + 1;
        let marked = format!("{}|{}", &text[..at], &text[at..]);
        let found = client.at("notes.mam", "textDocument/hover", &marked);
        let shown = found["contents"]["value"].as_str().unwrap_or_default();
        assert!(shown.contains(meaning) && !shown.contains("path"), "{word}: {found}");
    }
    client.shutdown();
}
