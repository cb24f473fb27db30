//! The command line as people and scripts meet it.
//!
//! Most of it stands in the sessions of `tests/cli/*.md`: commands with what they print and their exit
//! status; `TRYCMD=overwrite cargo test --all-features --test cli` rewrites those. Here is what a
//! session cannot show: files made on the fly, standard input, pipes, colours, permissions.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

#[cfg(feature = "columns")]
#[path = "cli/columns.rs"]
mod columns;
#[path = "cli/hostile.rs"]
mod hostile;

#[test]
fn sessions() {
    let cases = trycmd::TestCases::new();
    cases.env("TERM", "xterm").env("LANG", "C.UTF-8").case("tests/cli/*.md");
    cases.case("README.md").case("docs/intune.md").case("docs/examples.md");
}

// ---------------------------------------------------------------- helpers

const SMALL: &str = "mam 1\n\napp notes {\n  ios \"com.example.notes\"\n  sdk\n  multi-identity\n}\n\n\
                     users staff\n\npolicy p {\n  for     staff\n  protect notes\n\n  \
                     allow copy to any\n}\n";

const REQUEST: &str = r#"{"channel":"print","source":{"app":"notes"},"user":{"groups":["staff"]},"device":{"platform":"ios","management":"unmanaged"}}"#;

/// An empty folder of the test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn mam(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mam"));
    command.current_dir(folder).env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    mam(folder).args(arguments).output().unwrap()
}

/// Runs with something on standard input.
fn feed(folder: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = mam(folder);
    command.args(arguments).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
fn assert_ends(output: &Output, status: i32, on_stdout: &str, on_stderr: &str) {
    assert_eq!(output.status.code(), Some(status), "{}{}", out(output), err(output));
    assert_eq!(out(output), on_stdout);
    assert_eq!(err(output), on_stderr);
}

/// A policy as Graph returns it, with a name that is not ASCII.
const EXPORT: &str = "{\n  \"@odata.type\": \"#microsoft.graph.iosManagedAppProtection\",\n                        \"displayName\": \"Büro\",\n  \"appGroupType\": \"allCoreMicrosoftApps\",  \"assignments\": [],\n                        \"printBlocked\": true\n}\n";

// ---------------------------------------------------------------- exports of other systems

#[test]
fn help_has_at_most_eighty_columns() {
    let folder = folder("help");
    let main = out(&run(&folder, &["--help"]));
    let commands = main.split("Commands:\n").nth(1).and_then(|text| text.split("\n\n").next());
    let own = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    let lines = commands.unwrap().lines().filter(own);
    let commands: Vec<&str> = lines.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.len() > 12 && commands.contains(&"decide"), "{commands:?}");
    for command in commands.into_iter().filter(|one| *one != "help") {
        let help = out(&run(&folder, &[command, "--help"]));
        let wide: Vec<&str> = help.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(help.contains("Usage:") && wide.is_empty(), "{command}: {wide:#?}");
    }
}

#[test]
fn exports_are_read_in_every_encoding_that_scripts_write() {
    let folder = folder("encodings");
    fs::write(folder.join("export.json"), EXPORT).unwrap();
    let expected = out(&run(&folder, &["import", "export.json"]));
    assert!(expected.contains("policy b-ro \"Büro\" {"), "{expected}");
    let crlf = EXPORT.replace('\n', "\r\n");
    for text in [EXPORT, &crlf, EXPORT.trim(), &format!("\n\n  {EXPORT}"), &format!("[{EXPORT}]")] {
        for (name, bytes) in encodings(text) {
            fs::write(folder.join("export.json"), &bytes).unwrap();
            assert_ends(&run(&folder, &["import", "export.json"]), 0, &expected, "");
            assert_ends(&feed(&folder, &["import", "-"], &bytes), 0, &expected, "");
            let output = run(&folder, &["check", "export.json"]);
            assert_eq!(output.status.code(), Some(0), "{name}: {}", err(&output));
        }
    }
}

#[test]
fn broken_encodings_are_refused() {
    let folder = folder("broken-encodings");
    for (name, mut bytes) in encodings(EXPORT) {
        // Half a character at the end.
        bytes.push(if name.contains("16") { b'x' } else { 0xC3 });
        fs::write(folder.join("export.json"), bytes).unwrap();
        let output = run(&folder, &["import", "export.json"]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        let told = if name.contains("16") { "an odd number" } else { "it is not UTF-8" };
        assert!(err(&output).contains(told), "{name}: {}", err(&output));
    }
}

/// A text in bytes.
fn encodings(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let marked = format!("\u{FEFF}{text}");
    let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    vec![
        ("UTF-8", text.as_bytes().to_vec()),
        ("UTF-8 with a mark", marked.as_bytes().to_vec()),
        ("UTF-16 LE", little(text)),
        ("UTF-16 LE with a mark", little(&marked)),
        ("UTF-16 BE", big(text)),
        ("UTF-16 BE with a mark", big(&marked)),
    ]
}

#[test]
fn an_export_that_was_edited_as_text_changes_in_one_setting() {
    let folder = folder("edited");
    fs::write(folder.join("export.json"), EXPORT).unwrap();
    let text = out(&run(&folder, &["import", "export.json"]));
    fs::write(folder.join("p.mam"), &text).unwrap();
    let edited = text.replace("block print", "block print, backup");
    fs::write(folder.join("edited.mam"), &edited).unwrap();
    let export = |file: &str| {
        let output = run(&folder, &["export", file, "--platform", "ios"]);
        assert_eq!(output.status.code(), Some(0), "{}{text}", err(&output));
        out(&output)
    };
    let (before, after) = (export("p.mam"), export("edited.mam"));
    assert_eq!(
        before.replace("\"dataBackupBlocked\": false", "\"dataBackupBlocked\": true"),
        after
    );
    assert!(before != after, "{edited}");
}

#[test]
fn the_levels_of_the_framework_export_exactly() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for platform in ["ios", "android"] {
        for level in 1..=3 {
            let file = format!("examples/intune/{platform}-level-{level}.mam");
            let output = run(root, &["export", &file, "--platform", platform]);
            assert_eq!(output.status.code(), Some(0), "{file}: {}", err(&output));
            assert_eq!(err(&output), "", "{file}");
        }
    }
}

// ---------------------------------------------------------------- what is no policy file

#[test]
fn a_huge_file_is_refused_before_it_is_read() {
    let folder = folder("huge");
    let file = fs::File::create(folder.join("huge.mam")).unwrap();
    file.set_len(10 << 30).unwrap();
    let reason = format!("it has more than {} bytes, the limit", mam::Limits::default().file_bytes);
    let refusal = format!("error: cannot read `huge.mam`: {reason} [mam::io::cannot-read]\n");
    assert_ends(&run(&folder, &["check", "huge.mam"]), 2, "", &refusal);
    assert_ends(&run(&folder, &["fmt", "huge.mam"]), 2, "", &refusal);
    fs::write(folder.join("root.mam"), "mam 1\nuse \"huge.mam\"\n").unwrap();
    let output = run(&folder, &["check", "root.mam"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains(&format!("cannot use `huge.mam`: {reason}")));
}

#[test]
fn text_that_is_not_utf8_is_refused_with_its_place() {
    let folder = folder("utf8");
    fs::write(folder.join("latin.mam"), b"mam 1\n// caf\xe9\n").unwrap();
    let refusal = "error: cannot read `latin.mam`: it is not UTF-8 (line 2, byte 13 of the file) \
                   [mam::io::cannot-read]\n";
    for command in ["check", "test", "fmt", "matrix"] {
        assert_ends(&run(&folder, &[command, "latin.mam"]), 2, "", refusal);
    }
    let refusal = "error: cannot read `<stdin>`: it is not UTF-8 (line 1, byte 1 of the file) \
                   [mam::io::cannot-read]\n";
    assert_ends(&feed(&folder, &["check", "-"], b"\xff\xff"), 2, "", refusal);
}

#[test]
fn control_characters_are_refused_and_never_reach_the_terminal() {
    let folder = folder("control");
    fs::write(folder.join("nul.mam"), "mam 1\0\nusers \u{1b}[2J\u{9b}31m\n").unwrap();
    let output = run(&folder, &["check", "nul.mam"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("mam::syntax::bad-character"));
    let harmless = |byte: &u8| *byte == b'\n' || *byte >= b' ';
    assert!(output.stderr.iter().all(harmless), "{}", err(&output).escape_debug());
    assert!(!err(&output).contains('\u{9b}'));

    let titled = SMALL.replace("users staff", r#"users staff "a\u{1b}[31mred\u{7}""#);
    let titled = titled.replace("policy p", r#"policy p "\u{1b}]0;x\u{7}""#);
    fs::write(folder.join("titled.mam"), titled).unwrap();
    let question = "print from notes as work for exactly staff on ios devices unmanaged";
    let output = run(&folder, &["explain", "titled.mam", question]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).contains(r#"policy p "\u{1b}]0;x\u{7}""#), "{}", out(&output));
    assert!(output.stdout.iter().all(harmless));
}

#[test]
fn nesting_and_long_lines_cost_little() {
    let folder = folder("nesting");
    let deep = format!("{SMALL}policy q {{ setting \"x\" = {}\n}}\n", "[".repeat(1 << 20));
    fs::write(folder.join("deep.mam"), deep).unwrap();
    let output = run(&folder, &["check", "deep.mam"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("brackets are nested 65 deep, the limit is 64"));
    assert!(output.stderr.len() < 2000, "{} bytes of diagnostics", output.stderr.len());

    let line = format!("mam 1 {}", "users a ".repeat(1 << 14));
    fs::write(folder.join("line.mam"), line).unwrap();
    let output = run(&folder, &["check", "line.mam"]);
    assert!(err(&output).contains("line.mam:1:21: `a` is declared twice"), "{}", err(&output));
    assert!(output.stderr.len() < 100_000, "{} bytes of diagnostics", output.stderr.len());

    let mistakes = format!("mam 1\n{}{}", "// x\n".repeat(1 << 19), "users a\n".repeat(500));
    fs::write(folder.join("mistakes.mam"), mistakes).unwrap();
    let output = run(&folder, &["check", "mistakes.mam"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(out(&output).ends_with(": 200 errors, no warnings, 299 more not shown\n"));
}

#[test]
fn long_and_odd_arguments_are_no_reason_to_panic() {
    let folder = folder("odd");
    fs::write(folder.join("p.mam"), SMALL).unwrap();
    let long = "x".repeat(100_000);
    for arguments in [
        &["check", &long][..],
        &["help", &long],
        &["man", &long],
        &[&long],
        &["decide", "p.mam", &long],
        &["decide", "p.mam", "share", &long],
        &["explain", "p.mam", "--request", &long],
        &["explain", "p.mam", "--request", &"[".repeat(100_000)],
        &["check", "a\u{1b}[31m\nb"],
        &["decide", "p.mam", "share from \"\u{0}\""],
        &["decide", "p.mam", ""],
        &["decide", "p.mam", "\u{202e}share"],
    ] {
        if arguments.iter().any(|argument| argument.contains('\0')) {
            continue;
        }
        let output = run(&folder, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:.60?}: {}", err(&output));
        assert!(!err(&output).contains('\u{1b}') && !err(&output).contains("panicked"));
    }
}

#[cfg(unix)]
#[test]
fn arguments_need_not_be_utf8() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = folder("arguments");
    let odd = OsStr::from_bytes(b"p\xff.mam");
    let of = |arguments: &[&OsStr]| mam(&folder).args(arguments).output().unwrap();
    let refusal =
        "error: cannot read `p\u{FFFD}.mam`: there is no such file [mam::io::cannot-read]\n";
    assert_ends(&of(&["check".as_ref(), odd]), 2, "", refusal);
    fs::write(folder.join(odd), SMALL).unwrap();
    let summary = "p\u{FFFD}.mam: 1 policy, 1 rule, 0 expectations: no errors, no warnings\n";
    assert_ends(&of(&["check".as_ref(), odd]), 0, summary, "");
    let bad = OsStr::from_bytes(b"share from \xff");
    assert_ends(&of(&["decide".as_ref(), odd, bad]), 2, "", "error: the scope is not UTF-8\n");
    assert_eq!(of(&["help".as_ref(), odd]).status.code(), Some(2));
}

// ---------------------------------------------------------------- files that use others

#[cfg(unix)]
#[test]
fn links_do_not_lead_out_of_the_folder() {
    use std::os::unix::fs::symlink;
    let folder = folder("links");
    fs::create_dir_all(folder.join("set/sub")).unwrap();
    fs::write(folder.join("secret.mam"), "mam 1\nusers secret\n").unwrap();
    fs::write(folder.join("set/people.mam"), "mam 1\nusers people\n").unwrap();
    symlink("../secret.mam", folder.join("set/out.mam")).unwrap();
    symlink("..", folder.join("set/sub/up")).unwrap();
    symlink("people.mam", folder.join("set/in.mam")).unwrap();
    let check = |uses: &str| {
        fs::write(folder.join("set/root.mam"), format!("mam 1\n{uses}\n")).unwrap();
        run(&folder, &["check", "set/root.mam"])
    };
    // One file by three names.
    let output = check("use \"in.mam\" use \"people.mam\" use \"sub/up/people.mam\"");
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    for out in ["out.mam", "sub/up/out.mam", "sub/up/../../secret.mam", "sub/up/../secret.mam"] {
        let output = check(&format!("use \"{out}\""));
        assert_eq!(output.status.code(), Some(1), "{out}");
        assert!(err(&output).contains("the path leaves the folder of the root file"), "{out}");
    }
    // What is out there is not told.
    let output = check("use \"../not-there.mam\"");
    assert!(err(&output).contains("the path leaves the folder of the root file"));
}

#[test]
fn a_file_may_be_called_like_a_catalogue() {
    let folder = folder("catalogue");
    fs::write(folder.join("microsoft"), "mam 1\nuse microsoft\ngroup g = outlook\n").unwrap();
    let output = run(&folder, &["check", "microsoft"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
}

#[test]
fn standard_input_is_a_file_of_this_folder() {
    let folder = folder("stdin");
    fs::write(folder.join("people.mam"), "mam 1\nusers staff\n").unwrap();
    let text = SMALL.replace("users staff", "use \"people.mam\"");
    let summary = "<stdin>: 1 policy, 1 rule, 0 expectations: no errors, no warnings\n";
    assert_ends(&feed(&folder, &["check", "-"], text.as_bytes()), 0, summary, "");
    let output = feed(&folder, &["check", "-"], b"mam 1\nuse \"../x.mam\"\n");
    assert!(err(&output).contains(",-[<stdin>:2:5]"), "{}", err(&output));
}

// ---------------------------------------------------------------- requests

#[test]
fn requests_are_answered_as_they_come() {
    let folder = folder("stream");
    fs::write(folder.join("p.mam"), SMALL).unwrap();
    let mut command = mam(&folder);
    command.args(["decide", "p.mam", "--requests", "-"]).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..3 {
        writeln!(stdin, "{REQUEST}").unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        assert!(answer.starts_with(r#"{"effect":"block","enforced":true"#), "{answer}");
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn lines_that_are_no_requests_are_answered_in_their_place() {
    let folder = folder("lines");
    fs::write(folder.join("p.mam"), SMALL).unwrap();
    let mut input = b"\xEF\xBB\xBF".to_vec();
    input.extend(format!("{REQUEST}\r\n\r\n  \n").bytes());
    input.extend(vec![b' '; (1 << 20) + 1]);
    input.extend(b"\n\xff\xfe\n[[\n");
    input.extend("[".repeat(10_000).bytes());
    input.extend(format!("\n{REQUEST}").bytes());
    let output = feed(&folder, &["decide", "p.mam", "--requests", "-"], &input);
    assert_eq!(output.status.code(), Some(1));
    let answers = out(&output);
    let answers: Vec<_> = answers.lines().collect();
    assert_eq!(answers.len(), 6, "{answers:?}");
    assert!(answers[0].starts_with(r#"{"effect":"block""#), "{}", answers[0]);
    assert_eq!(
        answers[1],
        r#"{"line":4,"error":"the line has more than 1048576 bytes, the limit"}"#
    );
    assert!(answers[2].starts_with(r#"{"line":5,"error":"#));
    assert!(answers[3].starts_with(r#"{"line":6,"error":"#));
    assert!(answers[4].starts_with(r#"{"line":7,"error":"#));
    assert_eq!(answers[5], answers[0]);
    assert_eq!(err(&output), "error: 4 requests could not be answered\n");
    assert_ends(&feed(&folder, &["decide", "p.mam", "--requests", "-"], b""), 0, "", "");
}

// ---------------------------------------------------------------- output

#[test]
fn a_closed_pipe_ends_quietly() {
    let folder = folder("pipe");
    fs::write(folder.join("p.mam"), SMALL).unwrap();
    // Without an end, if nobody noticed.
    let mut command = mam(&folder);
    command.args(["decide", "p.mam", "--requests", "-"]).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    while writeln!(stdin, "{REQUEST}").is_ok() {}
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(err(&output), "");
    // The exit status is still the answer.
    fs::write(folder.join("bad.mam"), "mam 1\nusers a\nusers a\n").unwrap();
    for (file, status) in [("p.mam", 0), ("bad.mam", 1)] {
        let mut command = mam(&folder);
        command.args(["check", "--json", file]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{}", err(&output));
        assert_eq!(err(&output), "");
    }
}

/// Two rules of which one does nothing.
const IDLE: &str = "mam 1\n\nuse microsoft\n\npolicy p {\n  for     any\n  protect outlook, word\n\n  \
                    allow share, copy to managed\n  allow share to word\n}\n";

#[test]
fn watched_files_are_looked_at_again_when_they_change() {
    let folder = folder("watch");
    let people = folder.join("people.mam");
    fs::write(&people, "mam 1\nusers staff\n").unwrap();
    let text = SMALL.replace("users staff", "use \"people.mam\"");
    fs::write(folder.join("a.mam"), text).unwrap();
    for command in ["check", "test"] {
        let mut child = mam(&folder);
        child.args([command, "--watch", "a.mam"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = child.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut until_idle = || {
            let before = lines.by_ref().take_while(|line| !line.starts_with("watching 2 files"));
            before.collect::<Vec<_>>()
        };
        let first = until_idle();
        // A file that the watched one uses.
        fs::write(&people, format!("mam 1\nusers staff\nexpect block print // {command}\n"))
            .unwrap();
        let second = until_idle();
        assert_ne!(first, second, "{command}");
        child.kill().unwrap();
        child.wait().unwrap();
        fs::write(&people, "mam 1\nusers staff\n").unwrap();
    }
    let piped = feed(&folder, &["check", "--watch", "-"], b"");
    assert_ends(&piped, 2, "", "error: standard input cannot be watched\n");
}

#[test]
fn findings_have_a_line_each() {
    let folder = folder("short");
    fs::write(folder.join("p.mam"), IDLE).unwrap();
    let output = run(&folder, &["check", "--format", "short", "p.mam"]);
    let line = "p.mam:10:3: warning[mam::lint::shadowed-rule]: without this rule nothing would be \
                decided differently\n";
    assert_ends(&output, 0, line, "");
}

#[test]
fn safe_edits_are_made_and_no_others() {
    let folder = folder("fix");
    fs::write(folder.join("p.mam"), IDLE).unwrap();
    let fixed = IDLE.replace("  allow share to word\n", "");
    let shown = run(&folder, &["check", "--fix", "--diff", "p.mam"]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("\n-  allow share to word\n"));
    assert_eq!(fs::read_to_string(folder.join("p.mam")).unwrap(), IDLE);
    let made = "made 1 edit; no decision changed\n";
    let summary = "p.mam: 1 policy, 1 rule, 0 expectations: no errors, no warnings\n";
    assert_ends(&run(&folder, &["check", "--fix", "p.mam"]), 0, &format!("{made}{summary}"), "");
    assert_eq!(fs::read_to_string(folder.join("p.mam")).unwrap(), fixed);
    assert_ends(&run(&folder, &["check", "--fix", "p.mam"]), 0, summary, "");
    let refusal = "error: standard input cannot be edited\n";
    assert_ends(&feed(&folder, &["check", "--fix", "-"], IDLE.as_bytes()), 2, "", refusal);
    // What can be edited is told by the text, not by the name.
    for name in ["p.json", "p.export", "q.mam"] {
        fs::write(folder.join(name), "{}").unwrap();
        let output = run(&folder, &["check", "--fix", name]);
        assert_eq!(output.status.code(), Some(2), "{}", err(&output));
        assert!(err(&output).contains("is JSON and cannot be edited"), "{}", err(&output));
    }
    fs::write(folder.join("p.txt"), IDLE).unwrap();
    assert!(out(&run(&folder, &["check", "--fix", "p.txt"])).starts_with(made));
    assert_eq!(fs::read_to_string(folder.join("p.txt")).unwrap(), fixed);
}

#[test]
fn sarif_has_what_the_standard_asks_for() {
    let folder = folder("sarif");
    fs::write(folder.join("p q.mam"), IDLE).unwrap();
    let output = run(&folder, &["check", "--format", "sarif", "p q.mam"]);
    let log: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "mam");
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    let result = &run["results"][0];
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    assert_eq!(result["level"], "warning");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "p%20q.mam");
    let region = serde_json::json!(
        {"startLine": 10, "startColumn": 3, "endLine": 10, "endColumn": 22}
    );
    assert_eq!(place["region"], region);
    let change = &result["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["replacements"][0]["insertedContent"]["text"], "");
    assert_eq!(result["relatedLocations"].as_array().unwrap().len(), 1);
    // Lines above do not change what a finding is known by.
    fs::write(folder.join("p q.mam"), format!("// above\n{IDLE}")).unwrap();
    let again = self::run(&folder, &["check", "--format", "sarif", "p q.mam"]);
    let again: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    let known = "partialFingerprints";
    assert_eq!(again["runs"][0]["results"][0][known], result[known]);
}

#[test]
fn expectations_are_test_cases() {
    let folder = folder("junit");
    let rules =
        "  allow print because \"a < b\"\n\n  expect allow print\n  expect block print\n}\n";
    let text = IDLE.replace("  allow share to word\n}\n", rules);
    fs::write(folder.join("p.mam"), text).unwrap();
    let document = "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<testsuites name=\"mam\" tests=\"2\" failures=\"1\" errors=\"0\">
  <testsuite name=\"p.mam\" tests=\"2\" failures=\"1\" errors=\"0\">
    <testcase name=\"p: expect allow print\" classname=\"p.mam\" file=\"p.mam\" line=\"12\"/>
    <testcase name=\"p: expect block print\" classname=\"p.mam\" file=\"p.mam\" line=\"13\">
      <failure message=\"allow: print from outlook as work to printer on ios devices unmanaged\">\
p  allow print  p.mam:10
   because: a &lt; b</failure>
    </testcase>
  </testsuite>
</testsuites>
";
    assert_ends(&run(&folder, &["test", "--format", "junit", "p.mam"]), 1, document, "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_warning_takes_no_expectation_out_of_the_count() {
    let folder = folder("warned");
    let set = SMALL.replace("allow copy to any", "allow save to any");
    let set = format!(
        "{set}\napp chat\nstorage drive personal\n\nexpect block save to drive, chat\n\
         expect block print on ios, ios\nexpect no path from notes to drive on ios, ios\n"
    );
    fs::write(folder.join("p.mam"), set).unwrap();
    let output = run(&folder, &["test", "p.mam"]);
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    assert!(out(&output).contains("3 expectations: 3 fail"), "{}", out(&output));
    // Not even more warnings than are shown hide an unknown name.
    let idle = "expect block print on ios, ios\n".repeat(300);
    fs::write(folder.join("p.mam"), format!("{SMALL}{idle}expect block print from nobody\n"))
        .unwrap();
    let output = run(&folder, &["test", "p.mam"]);
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(1), ""), "{}", err(&output));
}

#[test]
fn a_requirement_that_is_gone_is_a_looser_set() {
    let folder = folder("access");
    let export = |with: &str| {
        format!(
            r##"{{"@odata.type": "#microsoft.graph.iosManagedAppProtection", "displayName": "Phones",
                "appGroupType": "allCoreMicrosoftApps", "printBlocked": true, {with},
                "assignments": [{{"target": {{
                    "@odata.type": "#microsoft.graph.groupAssignmentTarget",
                    "groupId": "aaaaaaaa-2222-3333-4444-555555555555"}}}}]}}"##
        )
    };
    let strict =
        r#""pinRequired": true, "minimumPinLength": 6, "minimumRequiredOsVersion": "17.0""#;
    fs::write(folder.join("before.json"), export(strict)).unwrap();
    fs::write(folder.join("after.json"), export(r#""pinRequired": false"#)).unwrap();
    let diff = |files: [&str; 2], on: &str| {
        let output = run(&folder, &["diff", files[0], files[1], "--fail-on", on]);
        (output.status.code(), out(&output))
    };
    let (status, text) = diff(["before.json", "after.json"], "looser");
    assert_eq!(status, Some(1), "{text}");
    for told in
        ["looser  launch", "pin is no longer required", "os below 17.0 is no longer blocked"]
    {
        assert!(text.contains(told), "{text}");
    }
    assert!(!text.contains("no difference"), "{text}");
    assert_eq!(diff(["before.json", "after.json"], "tighter").0, Some(0));
    assert_eq!(diff(["after.json", "before.json"], "looser").0, Some(0));
    assert_eq!(diff(["after.json", "before.json"], "tighter").0, Some(1));
    assert_eq!(diff(["before.json", "before.json"], "any").0, Some(0));
}

#[test]
fn a_full_disk_is_told() {
    let folder = folder("full");
    fs::write(folder.join("p.mam"), SMALL).unwrap();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = mam(&folder).args(["check", "p.mam"]).stdout(full).output().unwrap();
    let refusal = "error: cannot write to standard output: no space left on device \
                   [mam::io::cannot-write]\n";
    assert_ends(&output, 2, "", refusal);
}

#[test]
fn colours_are_for_those_who_ask() {
    let folder = folder("colours");
    fs::write(folder.join("p.mam"), SMALL).unwrap();
    fs::write(folder.join("bad.mam"), "mam 1\nusers a\nusers a\n").unwrap();
    let is_plain =
        |output: &Output| !out(output).contains('\u{1b}') && !err(output).contains('\u{1b}');
    for arguments in [
        &["check", "bad.mam"][..],
        &["matrix", "p.mam", "share on ios devices unmanaged"],
        &["explain", "p.mam"],
        &["help"],
        &["nonsense"],
    ] {
        assert!(is_plain(&run(&folder, arguments)), "{arguments:?}");
        let always = [&["--color=always"], arguments].concat();
        assert!(!is_plain(&run(&folder, &always)), "{arguments:?}");
        let always = [arguments, &["--color", "always"]].concat();
        assert!(!is_plain(&run(&folder, &always)), "{arguments:?}");
        let never = [&["--color=always", "--color=never"], arguments].concat();
        assert!(is_plain(&run(&folder, &never)), "{arguments:?}");
    }
    // Machines' forms never have any.
    let output = run(&folder, &["check", "bad.mam", "--json", "--color=always"]);
    assert!(is_plain(&output), "{}", out(&output));
}

#[test]
fn every_word_of_the_language_is_explained() {
    let folder = folder("words");
    let listed = out(&run(&folder, &["help", "words"]));
    let words: Vec<_> = listed.lines().filter_map(|line| line.split_once("  ")).collect();
    assert!(words.len() > 130, "{listed}");
    let reference =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/language.md")).unwrap();
    for (word, meaning) in words {
        let meaning = meaning.trim();
        let told = run(&folder, &["help", word]);
        assert_eq!(told.status.code(), Some(0), "{word}");
        let told = out(&told);
        assert!(told.starts_with(&format!("{word}: {meaning}\n\n# ")), "{told}");
        assert!(reference.contains(&format!("| `{word}` | {meaning} | [")), "{word}");
        // The section is the reference's, line by line.
        let section: Vec<_> = told.lines().skip(4).collect();
        assert!(!section.is_empty() && reference.contains(&section.join("\n")), "{told}");
    }
}

#[test]
fn completions_and_manual_know_every_command() {
    let folder = folder("generated");
    let commands =
        ["check", "test", "decide", "explain", "matrix", "fmt", "help", "completions", "man"];
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = run(&folder, &["completions", shell]);
        assert_eq!(output.status.code(), Some(0));
        assert!(commands.iter().all(|command| out(&output).contains(command)), "{shell}");
    }
    let manual = out(&run(&folder, &["man"]));
    assert!(manual.contains(".TH mam 1"), "{manual}");
    for command in commands {
        assert!(manual.contains(command), "{command}");
        let page = run(&folder, &["man", command]);
        assert_eq!(page.status.code(), Some(0));
        assert!(out(&page).contains("EXTRA") || out(&page).contains("Exit status"), "{command}");
        let help = run(&folder, &["help", command]);
        assert_eq!(out(&help), out(&run(&folder, &[command, "--help"])), "{command}");
        let told = out(&help);
        assert!(told.contains("Examples:") && told.contains("Exit status: 0"), "{command}");
        assert!(told.lines().all(|line| line.chars().count() <= 100 && line.is_ascii()), "{told}");
    }
}

// ---------------------------------------------------------------- fmt

#[cfg(unix)]
#[test]
fn formatting_keeps_permissions_links_and_everything_else() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = folder("fmt");
    let untidy = "mam 1\nusers   staff\n";
    let tidy = "mam 1\n\nusers staff\n";
    let file = folder.join("p.mam");
    fs::write(&file, untidy).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("p.mam", folder.join("link.mam")).unwrap();
    assert_ends(&run(&folder, &["fmt", "link.mam"]), 0, "formatted link.mam\n", "");
    assert_eq!(fs::read_to_string(&file).unwrap(), tidy);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(folder.join("link.mam")).unwrap().is_symlink());
    assert_ends(&run(&folder, &["fmt", "p.mam"]), 0, "", "");

    fs::write(&file, untidy).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).unwrap();
    let refusal = "error: cannot write `p.mam`, it is unchanged: it is write-protected \
                   [mam::io::cannot-write]\n";
    assert_ends(&run(&folder, &["fmt", "p.mam"]), 2, "", refusal);
    assert_eq!(fs::read_to_string(&file).unwrap(), untidy);

    let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn formatting_standard_input() {
    let folder = folder("fmt-stdin");
    let untidy = b"\xEF\xBB\xBFmam 1\r\nusers   staff\r\n";
    assert_ends(&feed(&folder, &["fmt", "-"], untidy), 0, "mam 1\n\nusers staff\n", "");
    assert_ends(&feed(&folder, &["fmt", "--check", "-"], untidy), 1, "<stdin>\n", "");
    let output = feed(&folder, &["fmt", "-"], b"mam 1\nusers\n");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(out(&output), "");
}

#[test]
fn answers_that_rest_on_an_unknown_list_of_apps_say_it() {
    let folder = folder("unknown-apps");
    let text = r##"{ "@odata.type": "#microsoft.graph.iosManagedAppProtection", "printBlocked": true,
        "displayName": "Mail", "appGroupType": "selectedPublicApps" }"##;
    fs::write(folder.join("mail.json"), text).unwrap();
    let scope = "print from outlook as work for any on ios";
    let path = "by share from outlook as work to unmanaged on ios";
    for arguments in [
        &["check", "mail.json"][..],
        &["decide", "mail.json", scope],
        &["decide", "--json", "mail.json", scope],
        &["matrix", "mail.json"],
        &["paths", "mail.json", path],
        &["test", "mail.json"],
        &["diff", "mail.json", "mail.json"],
        &["explain", "mail.json", scope],
        &["import", "mail.json"],
        &["export", "mail.json", "--platform", "ios"],
        &["compile", "mail.json", "-o", "mail.table"],
    ] {
        let output = run(&folder, arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("mam::intune::unknown-apps"), "{arguments:?}: {said}");
    }
}
