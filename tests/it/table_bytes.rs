//! Tables as bytes: what was written is read, and nothing else is.
//!
//! `tests/tables` has a table of every version of the format; version 1 is refused.
//! `UPDATE=1 cargo test --test it table_bytes::` writes the one of this version anew, which is right only if
//! no version was released with it.

use std::fs;
use std::path::{Path, PathBuf};

use mam::table::LoadTableError;
use mam::{AccessRequest, Compiler, Request, Table};

/// The policies of the samples.
const POLICIES: &str = r#"mam 1
tenant contoso "contoso.com"
app mail "Contoso Mail" { ios "com.contoso.mail"  android "com.contoso.mail"  sdk  multi-identity }
app notes { ios "com.contoso.notes"  url "contoso-notes:", "*.notes.contoso.com/*"  sdk }
app chat { ios "com.example.chat"  android "com.example.chat" }
storage archive "The archive" corporate
storage attic personal
group ours = mail, notes
users staff
users guests
policy baseline {
  for staff except guests  on ios, android  protect ours
  allow share, copy to managed
  allow copy to any up to 80 characters
  allow notify without content
  allow save to archive
  block share to chat because "not for chats ☂"
  accept share from mail, notes tagged work
}
policy strict {
  for guests  devices unmanaged  protect mail  otherwise allow
  block print app-wide
  block save to any except archive on ios
}
policy trial report-only { for staff  protect mail  allow share to chat }
"#;

/// Policies about accesses, beside them.
const ACCESS: &str = r#"
policy locked {
  for staff  on ios, android  protect mail  otherwise allow
  require pin { length 6  attempts 3 then reset, 5 then wipe  history 3  biometrics face  skip-with-device-pin }
  require encryption { class open-files } devices unmanaged, intune
  require credentials recheck 1 hour
  launch warn when os < 17.0 on ios because "Please update ☂"
  launch block when os < 16.0.0.1
  launch block when patch < 2026-01-01
  launch wipe when offline > 90 days
  launch block when threat > low
  launch block when integrity < strong
  launch wipe when model not in "iPhone14,2", "Straße"
}
policy more { for staff  on ios  protect mail  otherwise allow  launch block when model not in "STRASSE", "straße" }
policy watched report-only { for staff  protect mail  otherwise allow  launch wipe when jailbroken }
"#;

/// Requests about accesses.
const ACCESSES: &str = r#"
{"launch":{"app":"mail"},"user":{"groups":["staff"]},"device":{"platform":"ios","management":"unmanaged"},"facts":{"os":"16.4","threat":"low","model":"STRAßE"}}
{"launch":{"app":"mail"},"user":{"groups":["staff"]},"device":{"platform":"ios","management":"intune"},"facts":{"os":"16","offline":"91 days","model":"iPhone14,2","jailbroken":true}}
{"launch":{"app":"mail"},"user":{"groups":["staff"]},"device":{"platform":"android","management":"aosp"},"facts":{"patch":"2025-12-31","integrity":"expired","threat":"high"}}
{"launch":{"app":"mail","account":"personal"},"user":{"groups":["staff"]},"device":{"platform":"ios","management":"unmanaged"}}
"#;

/// Requests about movements.
const REQUESTS: &str = r#"
{"channel":"share","source":{"app":"mail"},"target":{"app":"ios:com.example.chat"},"user":{"groups":["staff"]},"device":{"platform":"ios","management":"unmanaged"}}
{"channel":"share","source":{"app":"mail"},"target":{"app":"notes","account":"work"},"user":{"groups":["staff"]},"device":{"platform":"ios","management":"intune"}}
{"channel":"share","source":{"app":"url:https://a.notes.contoso.com/x"},"target":{"app":"ios:Com.Contoso.Mail","account":"work"},"user":{"groups":["staff"]},"device":{"platform":"ios","management":"third-party"}}
{"channel":"copy","source":{"app":"mail"},"target":{"app":"android:org.unheard.of"},"user":{"groups":["staff"]},"device":{"platform":"android","management":"unmanaged"},"characters":81}
{"channel":"copy","source":{"app":"mail"},"target":{"app":"android:org.unheard.of"},"user":{"groups":["staff"]},"device":{"platform":"android","management":"unmanaged"},"characters":80}
{"channel":"save","source":{"app":"mail"},"target":{"storage":"attic"},"user":{"groups":["staff","guests"]},"device":{"platform":"ios","management":"unmanaged"}}
{"channel":"save","source":{"app":"notes"},"target":{"storage":"archive"},"user":{"groups":["staff"]},"device":{"platform":"ios","management":"intune"}}
{"channel":"print","source":{"app":"mail","account":"personal"},"user":{"groups":["guests"]},"device":{"platform":"ios","management":"unmanaged"}}
{"channel":"notify","source":{"app":"mail"},"user":{"groups":["staff"]},"device":{"platform":"android","management":"aosp"}}
{"channel":"open","source":{"storage":"unlisted"},"target":{"app":"mail","account":"work"},"user":{"groups":["staff"]},"device":{"platform":"ios","management":"unmanaged"}}
{"channel":"share","source":{"app":"mail"},"target":{"app":"chat"},"user":{"groups":[]},"device":{"platform":"windows","management":"configmgr"}}
"#;

/// The frame before the parts, and where the checksum stands in it.
const FRAME: usize = 20;

fn compiled() -> Table {
    let text = [POLICIES, ACCESS].concat();
    mam::compile("sample.mam", &text).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The answers of a table about movements and accesses.
fn all_answers(table: &Table) -> String {
    let requests = ACCESSES.lines().filter(|line| !line.is_empty());
    let accesses = requests.map(|line| {
        let request: AccessRequest = serde_json::from_str(line).unwrap();
        match table.answer_access(&request) {
            Ok(answer) => serde_json::to_string(&answer).unwrap(),
            Err(error) => error.to_string(),
        }
    });
    let accesses: Vec<_> = accesses.collect();
    format!("{}\n{}\n", answers(table), accesses.join("\n"))
}

/// The answers of a table, one to a line.
fn answers(table: &Table) -> String {
    let requests = REQUESTS.lines().filter(|line| !line.is_empty());
    let answers = requests.map(|line| {
        let request: Request = serde_json::from_str(line).unwrap();
        match table.answer(&request) {
            Ok(answer) => serde_json::to_string(&answer).unwrap(),
            Err(error) => error.to_string(),
        }
    });
    answers.collect::<Vec<_>>().join("\n")
}

/// The bytes with a frame that fits them.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let length = u32::try_from(bytes.len() - FRAME).unwrap();
    bytes[12..16].copy_from_slice(&length.to_le_bytes());
    let checksum = crc32fast::hash(&bytes[FRAME..]);
    bytes[16..20].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

#[test]
fn a_loaded_table_is_the_table_that_was_written() {
    let examples = fs::read_dir("examples").unwrap().map(|entry| entry.unwrap().path());
    let figures = fs::read_dir("examples/figures").unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> = examples
        .chain(figures)
        .filter(|path| path.extension().is_some_and(|end| end == "mam"))
        .collect();
    assert!(files.len() > 5);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let table = Compiler::new().check("one.mam", &text).compile().unwrap();
        let bytes = table.to_bytes();
        let loaded = Table::from_bytes(&bytes).unwrap();
        assert_eq!(loaded.stats(), table.stats(), "{}", file.display());
        assert!(loaded.to_bytes() == bytes, "{}", file.display());
        let again = Compiler::new().check("one.mam", &text).compile().unwrap();
        assert!(again.to_bytes() == bytes, "{} compiles otherwise each time", file.display());
    }
    let table = compiled();
    assert_eq!(answers(&Table::from_bytes(&table.to_bytes()).unwrap()), answers(&table));
}

#[test]
fn a_loaded_table_refuses_movements_of_the_original() {
    let table = compiled();
    let loaded = Table::from_bytes(&table.to_bytes()).unwrap();
    let request: Request = serde_json::from_str(REQUESTS.trim().lines().next().unwrap()).unwrap();
    let foreign = table.resolve(&request).unwrap();
    assert_eq!(loaded.decide(&foreign).reason, Some(mam::Reason::ForeignMovement));
    assert!(loaded.determining(&foreign).by.is_empty());
}

#[test]
fn a_table_without_filters_stays_loadable() {
    let folder = Path::new("tests/tables");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(folder.join("v3.mamc"), compiled().to_bytes()).unwrap();
        fs::write(folder.join("answers-3.jsonl"), all_answers(&compiled())).unwrap();
    }
    let expected = fs::read_to_string(folder.join("answers-3.jsonl")).unwrap();
    let v3 = fs::read(folder.join("v3.mamc")).unwrap();
    assert_eq!(all_answers(&Table::from_bytes(&v3).unwrap()), expected);
    assert_eq!(all_answers(&compiled()), expected);
    // As long as this is the version that is written, not a byte of it changes.
    assert!(compiled().to_bytes() == v3, "the format has changed: give it a new version");
}

/// The conformance file about filters, and the answers to its requests, one in a line.
fn with_filters() -> (Table, impl Fn(&Table) -> String) {
    let text = fs::read_to_string("tests/conformance/filters.mam").unwrap();
    let table = mam::compile("filters.mam", &text).unwrap();
    let requests: Vec<String> =
        text.lines().filter_map(|line| line.strip_prefix("//> ")).map(str::to_owned).collect();
    let answers = move |table: &Table| {
        let answer = |line: &String| {
            let request: Request = serde_json::from_str(line).unwrap();
            match table.answer(&request) {
                Ok(answer) => serde_json::to_string(&answer).unwrap() + "\n",
                Err(error) => format!("{error}\n"),
            }
        };
        requests.iter().map(answer).collect()
    };
    (table, answers)
}

#[test]
fn a_table_with_filters_stays_loadable() {
    let (folder, (table, answers)) = (Path::new("tests/tables"), with_filters());
    if std::env::var_os("UPDATE").is_some() {
        fs::write(folder.join("v4.mamc"), table.to_bytes()).unwrap();
        fs::write(folder.join("answers-4.jsonl"), answers(&table)).unwrap();
    }
    let expected = fs::read_to_string(folder.join("answers-4.jsonl")).unwrap();
    // The variables of the second one are in another order, which a table states.
    for name in ["v4.mamc", "v4-filters-last.mamc"] {
        let bytes = fs::read(folder.join(name)).unwrap();
        let loaded = Table::from_bytes(&bytes).unwrap();
        assert_eq!(answers(&loaded), expected, "{name}");
        assert!(loaded.to_bytes() == bytes, "{name} is written as it was read");
    }
    let v4 = fs::read(folder.join("v4.mamc")).unwrap();
    assert_eq!(answers(&table), expected);
    assert!(table.to_bytes() == v4, "the format has changed: give it a new version");
    for length in 0..v4.len() {
        assert!(Table::from_bytes(&v4[..length]).is_err(), "{length} bytes are enough");
    }
}

#[test]
fn a_table_of_version_2_stays_loadable() {
    let v2 = fs::read("tests/tables/v2.mamc").unwrap();
    let expected = fs::read_to_string("tests/tables/answers.jsonl").unwrap();
    let table = Table::from_bytes(&v2).unwrap();
    assert_eq!(answers(&table) + "\n", expected);
    // What the table does not have is refused, and not taken for nothing.
    let request: AccessRequest =
        serde_json::from_str(ACCESSES.trim().lines().next().unwrap()).unwrap();
    assert_eq!(table.answer_access(&request).unwrap_err().code(), "mam::request::no-access");
    assert!(table.to_bytes() == v2, "it is written as it was read");
}

#[test]
fn tables_of_version_1_are_refused_by_their_version() {
    let v1 = fs::read("tests/tables/v1.mamc").unwrap();
    let error = Table::from_bytes(&v1).unwrap_err();
    assert_eq!(error, LoadTableError::Version { found: 1, known: 5 });
    assert!(error.help().contains("compile the policies again"), "{}", error.help());
}

#[test]
fn bytes_that_are_no_table_are_refused() {
    let bytes = compiled().to_bytes();
    assert_eq!(Table::from_bytes(b"").unwrap_err(), LoadTableError::NoTable);
    assert_eq!(
        Table::from_bytes(b"mam 1\nusers staff\n").unwrap_err().code(),
        "mam::table::no-table"
    );
    let mut newer = bytes.clone();
    newer[8] = 6;
    let error = Table::from_bytes(&newer).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the table is of version 6 of the format, this build reads version 5"
    );
    let longer = [&bytes[..], b"\n"].concat();
    assert!(matches!(Table::from_bytes(&longer), Err(LoadTableError::Length { .. })));
    for length in 0..bytes.len() {
        assert!(Table::from_bytes(&bytes[..length]).is_err(), "{length} bytes are enough");
    }
}

#[test]
fn a_bit_that_has_tipped_over_is_noticed() {
    let bytes = compiled().to_bytes();
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(Table::from_bytes(&damaged).is_err(), "byte {at}");
    }
}

/// What loads after a change with a checksum that fits is a table: it answers everything, and is
/// written again as it was read.
#[test]
fn no_number_makes_a_table_that_fails_later() {
    let bytes = compiled().to_bytes();
    let (mut loaded, mut refused) = (0, 0);
    for at in (FRAME..bytes.len() - 3).step_by(4) {
        let number = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let tried = [0, 1, 2, number.wrapping_add(1), number.wrapping_sub(1), 1 << 31, u32::MAX];
        for other in tried.into_iter().filter(|other| *other != number) {
            let mut changed = bytes.clone();
            changed[at..at + 4].copy_from_slice(&other.to_le_bytes());
            let changed = sealed(changed);
            match Table::from_bytes(&changed) {
                Ok(table) => {
                    answers(&table);
                    assert!(table.to_bytes() == changed, "byte {at}, {other}");
                    loaded += 1;
                }
                Err(error) => {
                    assert!(matches!(error, LoadTableError::Malformed { .. }), "{error}");
                    refused += 1;
                }
            }
        }
    }
    assert!(loaded > 100 && refused > 1000, "{loaded} loaded, {refused} refused");
}

/// Where the lists of names begin behind the texts: at their lengths, with the size of a record.
fn lists(bytes: &[u8]) -> Vec<(usize, usize)> {
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let mut at = FRAME + 4 + number(FRAME).next_multiple_of(4);
    // Apps, storages, people, policies, rules, access statements, ids on three platforms, links.
    let sizes = [16, 12, 8, 28, 40, 36, 12, 12, 12, 12];
    let begin = |size: usize| {
        let begin = at;
        at += 4 + size * number(at);
        (begin, size)
    };
    sizes.map(begin).to_vec()
}

#[test]
fn texts_that_overlap_are_refused() {
    let bytes = compiled().to_bytes();
    for (at, size) in lists(&bytes) {
        // The first text of the list begins or ends elsewhere, inside another one.
        let name = match size {
            40 => at + 12,
            36 => at + 8,
            _ => at + 4,
        };
        for (place, change) in [(name, 1), (name + 4, 1), (name + 4, u32::MAX)] {
            let mut changed = bytes.clone();
            let number = u32::from_le_bytes(bytes[place..place + 4].try_into().unwrap());
            let number = number.wrapping_add(change);
            changed[place..place + 4].copy_from_slice(&number.to_le_bytes());
            let error = Table::from_bytes(&sealed(changed)).unwrap_err();
            assert!(matches!(error, LoadTableError::Malformed { .. }), "{error}");
        }
    }
    let error = |place: usize| {
        let mut changed = bytes.clone();
        changed[place] = changed[place].wrapping_sub(1);
        Table::from_bytes(&sealed(changed)).unwrap_err().to_string()
    };
    let (apps, _) = lists(&bytes)[0];
    assert!(error(apps + 8).contains("texts overlap"), "{}", error(apps + 8));
}

#[test]
fn what_is_listed_twice_is_refused() {
    let bytes = compiled().to_bytes();
    let lists = lists(&bytes);
    for (at, size) in &lists {
        let (at, size) = (*at, *size);
        let count = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        if count == 0 {
            continue;
        }
        let first = bytes[at + 4..at + 4 + size].to_vec();
        let mut changed = bytes.clone();
        changed[at..at + 4].copy_from_slice(&(count + 1).to_le_bytes());
        let end = at + 4 + size * count as usize;
        changed.splice(end..end, first);
        let error = Table::from_bytes(&sealed(changed)).unwrap_err();
        let is_id = size == 12 && at > lists[4].0;
        assert!(!is_id || error.to_string().contains("listed twice"), "{error}");
        assert!(matches!(error, LoadTableError::Malformed { .. }), "{error}");
    }
}

/// Every error has its section in the description of the format.
#[test]
fn errors_are_documented() {
    let text = fs::read_to_string("docs/format.md").unwrap();
    for error in [
        LoadTableError::NoTable,
        LoadTableError::Version { found: 1, known: 2 },
        LoadTableError::Length { found: 1, expected: 2 },
        LoadTableError::Checksum { found: 1, expected: 2 },
        LoadTableError::Malformed { what: "", byte: 0 },
    ] {
        assert!(text.contains(&format!("`{}`", error.code())), "{}", error.code());
        assert!(!error.help().is_empty());
    }
}
