//! Hints that propose text. Applied, they parse, and permit no more than the author's words say.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it stands")]

use std::path::Path;

use mam::analysis::{Analysis, ChangeKind, diff};
use mam::{Checked, Compiler, Report};

/// A policy around a statement.
fn policy(head: &str, statement: &str) -> String {
    format!(
        "mam 1\nuse microsoft\nusers staff\npolicy p {{\n  for staff\n  on ios\n  {head}\n  \
         allow share to managed\n  {statement}\n}}\n"
    )
}

fn check(text: &str) -> Checked {
    Compiler::new().check("a.mam", text)
}

/// The errors of a text.
fn errors(text: &str) -> Vec<Report> {
    let mut reports = check(text).reports();
    reports.retain(|one| one.diagnostic().severity == one.code().severity());
    reports.retain(|one| one.code().severity() == mam::Severity::Error);
    reports
}

/// A text with a piece of it, where a report is, replaced.
fn replaced(text: &str, report: &Report, by: &str) -> String {
    let span = report.diagnostic().span().unwrap();
    let mut text = text.to_owned();
    text.replace_range(span.start as usize..span.end as usize, by);
    text
}

/// Whether a set permits something that another one does not.
fn is_looser(meant: &str, applied: &str) -> bool {
    let (meant, applied) = (check(meant), check(applied));
    let (before, after) = (Analysis::new(&meant).unwrap(), Analysis::new(&applied).unwrap());
    let changes = diff(&before, &after).unwrap();
    changes.iter().any(|change| matches!(change.kind, ChangeKind::Looser | ChangeKind::Limits))
}

/// Statements as they are written, the text that the help proposes for the place (nothing: leave it
/// out), and what the author means.
const WRITTEN: &[(&str, &str, &str)] = &[
    ("allow save to personal", "personal-storage", "allow save to personal-storage"),
    ("allow save to personal storage", "personal-storage", "allow save to personal-storage"),
    ("refuse open from private", "personal-storage", "refuse open from personal-storage"),
    ("allow save to work storage", "corporate-storage", "allow save to corporate-storage"),
    ("allow save to corporate", "corporate-storage", "allow save to corporate-storage"),
    ("allow share to personal apps", "any as personal", "allow share to any as personal"),
    ("allow share to other", "any as other", "allow share to any as other"),
    ("allow share to excel personal", "as personal", "allow share to excel as personal"),
    ("block share to personal", "any as personal", "block share to any as personal"),
    (
        "allow copy to any max 50 characters",
        "up to 50 characters",
        "allow copy to any up to 50 characters",
    ),
    (
        "allow copy to any at most 9 chars",
        "up to 9 characters",
        "allow copy to any up to 9 characters",
    ),
    (
        "expect allow share from outlook personal to any except managed",
        "as personal",
        "expect allow share from outlook as personal to any except managed",
    ),
    (
        "block share from word work account to any",
        "as work",
        "block share from word as work to any",
    ),
    (
        "expect no path from outlook to personal-storage via share, save",
        "by",
        "expect no path by share, save from outlook to personal-storage",
    ),
    ("allow save only to onedrive", "", "allow save to onedrive"),
    ("allow save to only onedrive", "", "allow save to onedrive"),
    ("allow only save to onedrive", "", "allow save to onedrive"),
    ("block save only to onedrive", "", "block save to onedrive"),
    ("block print on only ios", "", "block print on ios"),
    ("block print protcet outlook", "protect", ""),
    ("allow save to any personal storage", "personal-storage", "allow save to personal-storage"),
    ("allow share to personal excel", "excel as personal", "allow share to excel as personal"),
    ("block save to personal onedrive", "personal-storage", "block save to personal-storage"),
    ("allow notify no content", "without content", "allow notify without content"),
    ("block print enrolled", "devices enrolled", "block print devices enrolled"),
    ("block print on enrolled devices", "devices enrolled", "block print devices enrolled"),
    ("block print for all users", "any", "block print for any"),
    (
        "allow copy to any with 9 characters",
        "up to 9 characters",
        "allow copy to any up to 9 characters",
    ),
    ("block share to any excluding word", "except", "block share to any except word"),
    ("block share unless managed", "to any except", "block share to any except managed"),
    (
        "block share to ios:com.contoso.app",
        "\"ios:com.contoso.app\"",
        "block share to \"ios:com.contoso.app\"",
    ),
    ("block share into unmanaged", "to", "block share to unmanaged"),
    ("block print when enrolled", "devices", ""),
    ("block share by outlook", "from", ""),
    ("block share to any other than managed", "except", "block share to any except managed"),
    ("block share to other apps", "unmanaged", "block share to unmanaged"),
    ("allow share to company apps", "managed", "allow share to managed"),
    ("block share to approved apps", "managed", "block share to managed"),
    ("block share to third-party apps", "unmanaged", "block share to unmanaged"),
    ("block save to local storage", "device-storage", "block save to device-storage"),
    ("block share to any without unlisted", "except", "block share to any except unlisted"),
    ("block print for any and not staff", "except", ""),
    (
        "allow copy to any less than 9 characters",
        "up to 9 characters",
        "allow copy to any up to 9 characters",
    ),
    ("expect deny share from outlook to unmanaged", "block", ""),
    ("block save to onedrive personal", "personal-storage", ""),
    ("block link to https://contoso.com", "\"url:https://contoso.com\"", ""),
    ("launch block when offline > 12h", "12 hours", "launch block when offline > 12 hours"),
    ("launch block when threat >= medium", "threat > low", ""),
    ("launch block on jailbroken", "launch block when jailbroken", ""),
    ("launch block when jailbroken or os < 17", "launch block when …", ""),
    ("launch wipe when offline > 90 days, os < 16", "launch wipe when …", ""),
    ("require pin { length >= 6 }", "length 6", ""),
];

#[test]
fn proposals_mean_what_was_written() {
    for (written, proposal, meant) in WRITTEN {
        let text = policy("protect outlook, word", written);
        let found = errors(&text);
        let [report] = found.as_slice() else { panic!("{written}: {found:?}") };
        let help = report.help().unwrap_or_else(|| panic!("{written}: no help"));
        match *proposal {
            "" => assert!(help.contains("leave `only` out"), "{written}: {help}"),
            some => assert!(help.contains(&format!("`{some}`")), "{written}: {help}"),
        }
        if meant.is_empty() {
            continue;
        }
        let applied = replaced(&text, report, proposal);
        assert!(errors(&applied).is_empty(), "{written}: {applied}");
        assert!(!is_looser(&policy("protect outlook, word", meant), &applied), "{written}: {help}");
    }
}

#[test]
fn only_under_a_default_that_allows_is_not_just_left_out() {
    let help = |statement: &str| {
        let found = errors(&policy("protect outlook\n  otherwise allow", statement));
        found.first().and_then(Report::help).unwrap().to_owned()
    };
    assert!(help("allow save only to onedrive").contains("`block … except …`"));
    // What no rule refuses comes in: without the word, everybody else's data would, too.
    assert!(!help("accept share only from word").contains("leave"));
}

#[test]
fn numbers_get_every_unit() {
    for (statement, word) in [
        ("launch wipe when offline > 90", "offline > 90"),
        ("require credentials recheck 30", "recheck 30"),
    ] {
        let found = errors(&policy("protect outlook", statement));
        let help = found.first().and_then(Report::help).unwrap().to_owned();
        for unit in ["minutes", "hours", "days"] {
            assert!(help.contains(&format!("`{word} {unit}`")), "{statement}: {help}");
        }
    }
    let found = errors(&policy("protect outlook", "launch wipe when offline > 90 mins"));
    let help = found.first().and_then(Report::help).unwrap();
    assert!(["minutes", "hours", "days"].iter().all(|unit| help.contains(unit)), "{help}");
}

#[test]
fn storages_are_not_confused_with_their_apps() {
    let text = policy("protect onedrive", "");
    let found = errors(&text);
    let report = found.first().unwrap();
    assert!(report.help().unwrap().contains("`onedrive-app`"), "{:?}", report.help());
    assert!(errors(&replaced(&text, report, "onedrive-app")).is_empty());
}

#[test]
fn guesses_at_names_fit_the_channel() {
    for (written, meant) in [
        ("block save to onedrve", "onedrive"),
        ("block share to onedrv", "onedrive-app"),
        ("block share to sharepont", "sharepoint-app"),
        ("block save from onedrv to personal-storage", "onedrive-app"),
        ("block share, save to onedrv", "onedrive"),
        ("block any to onedrv", "onedrive"),
        ("block assist to gemoji", "genmoji"),
        // What fits nowhere is still a guess.
        ("block save to outlok", "outlook"),
    ] {
        let found = errors(&policy("protect core-microsoft-apps", written));
        let help = found[0].help().unwrap_or_default();
        assert_eq!(help, format!("did you mean `{meant}`?"), "{written}");
    }
}

#[test]
fn questions_cannot_declare() {
    let checked = check(&policy("protect outlook", ""));
    let help = |scope: &str| {
        let errors = checked.question(scope).unwrap_err();
        errors.reports().first().and_then(Report::help).unwrap().to_owned()
    };
    let whatsapp = help("share from outlook to whatsapp");
    assert!(whatsapp.contains("`unlisted`") && whatsapp.contains("\"ios:"), "{whatsapp}");
    assert!(help("share only to word").contains("leave `only` out"));
    assert!(!help("share from outlook to managed for nobody-known").contains("declare it"));
    checked.question("share from outlook to unlisted").unwrap();
}

/// The text that a help proposes, if it proposes one and nothing else.
fn proposal(help: &str) -> Option<&str> {
    let rest = help.strip_prefix("did you mean `").or_else(|| help.strip_prefix("write `"))?;
    let (text, end) = rest.split_once('`')?;
    matches!(end, "?" | "").then_some(text).filter(|text| !text.contains('…'))
}

#[test]
fn proposals_of_recorded_mistakes_end_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let mut tried = 0;
    let mut paths: Vec<_> =
        std::fs::read_dir(root).unwrap().map(|one| one.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "mam"));
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        for report in errors(&text) {
            let Some(by) = report.help().and_then(proposal) else { continue };
            let Some(span) = report.diagnostic().span().filter(|span| span.start < span.end) else {
                continue;
            };
            // Access statements show the whole field, and the label is its wrong part.
            if report.code() == mam::Code::BadAccess {
                continue;
            }
            let is_here = report.location().is_some_and(|place| place.starts_with("a.mam:"));
            if !is_here {
                continue;
            }
            tried += 1;
            let after = errors(&replaced(&text, &report, by));
            let again = after.iter().find(|one| {
                let place = one.diagnostic().span().unwrap_or(span);
                let end = span.start + u32::try_from(by.len()).unwrap();
                one.code() == report.code() && place.start < end && span.start < place.end
            });
            assert!(again.is_none(), "{}: {}\n{again:?}", path.display(), report.short());
        }
    }
    assert!(tried > 20, "{tried}");
}

const SAMPLE: &str = r#"mam 1
app notes { sdk  multi-identity }
app tasks { sdk }
app chat
storage vault corporate
group office = notes, tasks
users staff
users contractors
policy baseline {
  for       staff except contractors
  on        ios, android
  devices   unmanaged
  protect   office
  otherwise block

  allow share, copy to managed
  allow copy to unmanaged except chat up to 50 characters
  allow save to corporate-storage except personal-storage
  accept share from unlisted as personal tagged work
  refuse open from any-storage except vault app-wide
  launch wipe when offline > 90 days

  expect block save to unlisted for exactly staff
  expect no path by share from office as work to chat avoiding tasks
}
"#;

/// Misspellings of a word: a letter missing, two exchanged, one doubled.
fn misspelt(word: &str) -> [String; 3] {
    let (first, rest) = word.split_at(1);
    let (second, third) = rest.split_at(1);
    [
        format!("{first}{third}"),
        format!("{second}{first}{third}"),
        format!("{word}{}", &word[word.len() - 1..]),
    ]
}

#[test]
fn guesses_at_misspelt_words_never_permit_more() {
    assert!(errors(SAMPLE).is_empty(), "{:?}", errors(SAMPLE));
    let mut guessed = 0;
    let is_word = |c: char| c.is_ascii_lowercase() || c == '-';
    let words = SAMPLE.match_indices(|c: char| is_word(c)).map(|(at, _)| at);
    let words: Vec<usize> = words.filter(|at| !SAMPLE[..*at].ends_with(is_word)).collect();
    for start in words {
        let length = SAMPLE[start..].find(|c| !is_word(c)).unwrap();
        let word = &SAMPLE[start..start + length];
        for wrong in misspelt(word).into_iter().filter(|_| length > 3) {
            let text = format!("{}{wrong}{}", &SAMPLE[..start], &SAMPLE[start + length..]);
            let found = errors(&text);
            let here = found.iter().find(|one| {
                one.diagnostic().span().is_some_and(|span| span.start as usize == start)
            });
            let Some((report, by)) = here.and_then(|one| Some((one, proposal(one.help()?)?)))
            else {
                continue;
            };
            guessed += 1;
            let applied = replaced(&text, report, by);
            if applied != SAMPLE && errors(&applied).is_empty() {
                assert!(!is_looser(SAMPLE, &applied), "{word}: {wrong} became {by}");
            }
        }
    }
    assert!(guessed > 100, "{guessed}");
}
