//! What goes wrong around a command: files that are no files, streams that end, disks that are full.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use crate::{REQUEST, SMALL, assert_ends, err, feed, folder, mam, out, run};

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

// ---------------------------------------------------------------- failures of output

/// A folder with everything that commands take in, and one that cannot be written.
fn prepared(name: &str) -> std::path::PathBuf {
    let folder = folder(name);
    fs::write(folder.join("p.mam"), SMALL).unwrap();
    fs::write(folder.join("wide.mam"), SMALL.replace("{\n  ios", "{\n    ios")).unwrap();
    fs::write(folder.join("idle.mam"), crate::IDLE).unwrap();
    fs::write(folder.join("mail.json"), crate::EXPORT).unwrap();
    fs::write(folder.join("one.jsonl"), format!("{REQUEST}\n")).unwrap();
    fs::write(folder.join("key.pem"), PRIVATE).unwrap();
    let compiled = run(&folder, &["compile", "p.mam", "-o", "p.mamc"]);
    assert_eq!(compiled.status.code(), Some(0), "{}", err(&compiled));
    fs::create_dir(folder.join("taken")).unwrap();
    folder
}

/// A key of RFC 8410, which is no secret.
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
    -----END PRIVATE KEY-----\n";

/// Every command that writes a file, up to the name of the file.
const WRITERS: &[&[&str]] = &[
    &["compile", "p.mam", "-o"],
    &["sign", "p.mamc", "--key", "key.pem", "-o"],
    &["import", "mail.json", "-o"],
    &["export", "mail.json", "--platform", "ios", "-o"],
];

/// Every command that writes a result to standard output.
const SPEAKERS: &[&[&str]] = &[
    &["check", "p.mam"],
    &["check", "p.mam", "--json"],
    &["check", "p.mam", "--format", "sarif"],
    &["check", "idle.mam", "--fix", "--diff"],
    &["test", "p.mam"],
    &["test", "p.mam", "--json"],
    &["decide", "p.mam", "--requests", "one.jsonl"],
    &["decide", "p.mam", "print from notes for staff"],
    &["explain", "p.mam", "print from notes as work for staff on ios devices intune"],
    &["matrix", "p.mam"],
    &["diff", "p.mam", "wide.mam"],
    &["paths", "p.mam"],
    &["replay", "p.mam", "one.jsonl"],
    &["replay", "p.mam", "--answers", "one.jsonl"],
    &["compile", "p.mam", "-o", "-"],
    &["import", "mail.json"],
    &["export", "mail.json", "--platform", "ios"],
    &["fmt", "--diff", "wide.mam"],
    &["fmt", "--check", "wide.mam"],
    &["help"],
    &["completions", "bash"],
    &["man"],
    &["--version"],
];

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_written_is_told_and_leaves_nothing() {
    let folder = prepared("unwritable");
    let before = names(&folder);
    // Folders that cannot be written are so for everybody: even an administrator cannot write these.
    for target in ["taken", "no/such/folder", "p.mam/x", "/proc/x", "/dev/full"] {
        for command in WRITERS {
            let output = run(&folder, &[command, &[target][..]].concat());
            assert_eq!(output.status.code(), Some(2), "{command:?} {target}: {}", err(&output));
            let told = format!("error: cannot write `{target}`: ");
            assert!(err(&output).contains(&told), "{command:?}: {}", err(&output));
            assert!(err(&output).contains("[mam::io::cannot-write]"), "{}", err(&output));
            assert_eq!(out(&output), "", "{command:?} {target}");
            assert_eq!(names(&folder), before, "{command:?} {target}");
        }
    }
    assert_eq!(names(&folder.join("taken")), [""; 0]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_new_file_on_a_full_disk_is_not_there() {
    let folder = prepared("quota");
    let before = names(&folder);
    for command in WRITERS {
        // A file may have no byte, which is what a full disk looks like.
        let command = format!("ulimit -f 0; trap '' XFSZ; exec \"$0\" {} new", command.join(" "));
        let mut shell = std::process::Command::new("sh");
        shell.current_dir(&folder).args(["-c", &command, env!("CARGO_BIN_EXE_mam")]);
        let output = shell.output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{command}: {}", err(&output));
        assert!(err(&output).contains("cannot write `new`: file too large"), "{}", err(&output));
        assert_eq!(names(&folder), before, "{command}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_formatted_and_fixed_stays_as_it_was_if_it_cannot_be_written() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = prepared("stays");
    let idle = crate::IDLE.to_owned();
    for (command, text) in [("fmt", "mam   1\n".to_owned()), ("check", idle)] {
        let place = folder.join("wide.mam");
        fs::write(&place, &text).unwrap();
        fs::set_permissions(&place, fs::Permissions::from_mode(0o444)).unwrap();
        let arguments = [&[command][..], &["--fix"][..usize::from(command == "check")]].concat();
        let output = run(&folder, &[&arguments[..], &["wide.mam"]].concat());
        assert_eq!(output.status.code(), Some(2), "{command}: {}", err(&output));
        let told = "cannot write `wide.mam`, it is unchanged: it is write-protected \
                    [mam::io::cannot-write]";
        assert!(err(&output).contains(told), "{}", err(&output));
        assert_eq!(fs::read_to_string(&place).unwrap(), text);
        fs::remove_file(place).unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn every_command_tells_that_its_result_cannot_be_written() {
    let folder = prepared("full-output");
    let before = names(&folder);
    for command in SPEAKERS {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = mam(&folder).args(*command).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{command:?}: {}", err(&output));
        let told = "error: cannot write to standard output: no space left on device \
                    [mam::io::cannot-write]\n";
        assert!(err(&output).ends_with(told), "{command:?}: {}", err(&output));
        assert_eq!(names(&folder), before, "{command:?}");
    }
}

#[test]
fn the_exit_status_does_not_depend_on_the_reader() {
    let folder = prepared("closed-output");
    for command in SPEAKERS {
        let status = run(&folder, command).status.code();
        let mut child = mam(&folder)
            .args(*command)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), status, "{command:?}: {}", err(&output));
        assert!(!err(&output).contains("cannot write"), "{command:?}: {}", err(&output));
    }
    // More than the buffers hold.
    fs::write(folder.join("many.jsonl"), format!("{REQUEST}\n").repeat(50_000)).unwrap();
    let replay = ["replay", "p.mam", "--answers", "--fail-on", "block", "many.jsonl"];
    let mut child = mam(&folder).args(replay).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), run(&folder, &replay).status.code());
    assert_eq!(run(&folder, &replay).status.code(), Some(1));
}

// ---------------------------------------------------------------- new files

#[cfg(unix)]
#[test]
fn a_new_file_is_readable_as_others_are() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = prepared("permissions");
    for (number, command) in WRITERS.iter().enumerate() {
        let name = format!("new{number}");
        let output = run(&folder, &[command, &[&*name][..]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let of = |name: &str| fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(of(&name), of("p.mam"), "{command:?}");
    }
    // A link to nowhere is neither followed nor replaced.
    std::os::unix::fs::symlink("nowhere", folder.join("link")).unwrap();
    let output = run(&folder, &["compile", "p.mam", "-o", "link"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(folder.join("link").is_symlink() && !folder.join("nowhere").exists());
}

// ---------------------------------------------------------------- odd inputs

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_not_used() {
    let folder = folder("devices");
    let made = std::process::Command::new("mkfifo").arg(folder.join("pipe.mam")).status().unwrap();
    assert!(made.success());
    std::os::unix::fs::symlink("/dev/zero", folder.join("zero.mam")).unwrap();
    for name in ["pipe.mam", "zero.mam"] {
        fs::write(folder.join("root.mam"), format!("mam 1\nuse \"{name}\"\n")).unwrap();
        let mut child =
            mam(&folder).args(["check", "root.mam"]).stderr(Stdio::piped()).spawn().unwrap();
        let begin = std::time::Instant::now();
        while child.try_wait().unwrap().is_none() {
            if begin.elapsed().as_secs() > 60 {
                child.kill().unwrap();
                panic!("{name} is read");
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(err(&output).contains(&format!("cannot use `{name}`: ")), "{}", err(&output));
    }
    fs::write(folder.join("root.mam"), "mam 1\nuse \"pipe.mam\"\n").unwrap();
    assert!(err(&run(&folder, &["check", "root.mam"])).contains("it is no ordinary file"));
}

#[cfg(unix)]
#[test]
fn signing_reads_its_input_once() {
    let folder = prepared("once");
    let made = std::process::Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap();
    assert!(made.success());
    let table = fs::read(folder.join("p.mamc")).unwrap();
    let sign = ["sign", "pipe", "--key", "key.pem", "-o", "piped.sig"];
    let mut child = mam(&folder).args(sign).stderr(Stdio::piped()).spawn().unwrap();
    fs::write(folder.join("pipe"), table).unwrap();
    let begin = std::time::Instant::now();
    while child.try_wait().unwrap().is_none() && begin.elapsed().as_secs() < 60 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let _ended = child.kill();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    run(&folder, &["sign", "p.mamc", "--key", "key.pem"]);
    let signatures = ["piped.sig", "p.mamc.sig"].map(|name| fs::read(folder.join(name)).unwrap());
    assert_eq!(signatures[0], signatures[1]);
}

#[test]
fn compressed_streams_have_members_frames_and_padding() {
    use flate2::Compression;
    use flate2::write::GzEncoder;
    let folder = prepared("streams");
    let lines = |count: usize| format!("{REQUEST}\n").repeat(count).into_bytes();
    let gzip = |count| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&lines(count)).unwrap();
        encoder.finish().unwrap()
    };
    let zstd = |count| {
        ruzstd::encoding::compress_to_vec(
            &lines(count)[..],
            ruzstd::encoding::CompressionLevel::Fastest,
        )
    };
    let skippable = |kind: u8, length: u8| {
        let head = [kind, 0x2A, 0x4D, 0x18, length, 0, 0, 0];
        [&head[..], &vec![b'x'; usize::from(length)]].concat()
    };
    let padded = vec![0; 100_000];
    let whole = [
        [gzip(3), padded.clone()].concat(),
        [gzip(2), vec![0; 512], gzip(1), vec![0]].concat(),
        [gzip(1), gzip(2)].concat(),
        [skippable(0x50, 4), zstd(3)].concat(),
        [zstd(1), skippable(0x5F, 200), skippable(0x57, 0), zstd(2), skippable(0x50, 1)].concat(),
        lines(3),
    ];
    let replay = ["replay", "p.mam", "requests", "--json"];
    for (number, bytes) in whole.into_iter().enumerate() {
        fs::write(folder.join("requests"), bytes).unwrap();
        let output = run(&folder, &replay);
        assert_eq!(output.status.code(), Some(0), "{number}: {}", err(&output));
        assert!(out(&output).starts_with("{\"requests\":3,"), "{number}: {}", out(&output));
    }
    let cut = |bytes: Vec<u8>, left: usize| bytes[..bytes.len() - left].to_vec();
    let damaged = [
        [zstd(1), cut(skippable(0x50, 200), 1)].concat(),
        [zstd(1), b"garbage".to_vec()].concat(),
        [gzip(1), padded, b"garbage".to_vec()].concat(),
        cut(gzip(3), 3),
        cut(zstd(3), 3),
    ];
    for (number, bytes) in damaged.into_iter().enumerate() {
        fs::write(folder.join("requests"), bytes).unwrap();
        let output = run(&folder, &replay);
        assert_eq!(output.status.code(), Some(2), "{number}: {}", out(&output));
        assert!(err(&output).contains("cannot read `requests`: "), "{number}: {}", err(&output));
        assert!(err(&output).contains("[mam::io::cannot-read]"), "{number}: {}", err(&output));
    }
}

#[test]
fn utf16_is_called_by_its_name() {
    let folder = folder("utf16");
    let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let mut cut = little(crate::EXPORT);
    cut.pop();
    let told = |bytes: &[u8], reason: &str| {
        fs::write(folder.join("x"), bytes).unwrap();
        let told = format!("error: cannot read `x`: {reason} [mam::io::cannot-read]\n");
        assert_ends(&run(&folder, &["check", "x"]), 2, "", &told);
    };
    let reason =
        format!("it is UTF-16LE of {} bytes, an odd number: the end is missing", cut.len());
    told(&cut, &reason);
    told(
        &[&b"\xFE\xFF\0{\xD8\x00"[..], b"\0}"].concat(),
        "it is UTF-16BE with half a character in it",
    );
    told(&little("\u{FEFF}mam 1\n"), "it is UTF-16LE, and not UTF-8 as policy files are");
    // YAML is an export as well.
    let yaml = "\"@odata.type\": \"#microsoft.graph.iosManagedAppProtection\"\ndisplayName: Fön\n\
        appGroupType: allCoreMicrosoftApps\nassignments: []\nprintBlocked: true\n";
    fs::create_dir(folder.join("backup")).unwrap();
    fs::write(folder.join("backup/p.yaml"), little(&format!("\u{FEFF}{yaml}"))).unwrap();
    for argument in ["backup", "backup/p.yaml"] {
        let import = run(&folder, &["import", argument]);
        assert!(out(&import).contains("\"Fön\""), "{}", err(&import));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn long_answers_to_many_requests_take_little_memory() {
    let folder = folder("answers");
    let mut text = SMALL.replace("allow copy to any\n}\n", "");
    for number in 0..60 {
        let because = format!("{number} {}", "x".repeat(4000));
        text.push_str(&format!("  block share to any because \"{because}\"\n"));
    }
    let apps = 0..100;
    for number in apps.clone() {
        text.push_str(&format!("  block share to \"ios:a{number}\"\n"));
    }
    fs::write(folder.join("p.mam"), text + "}\n").unwrap();
    let requests = apps.cycle().take(2000).map(|number| {
        REQUEST
            .replace("print", "share")
            .replace(r#""user""#, &format!(r#""target":{{"app":"ios:a{number}"}},"user""#))
            + "\n"
    });
    fs::write(folder.join("r.jsonl"), requests.collect::<String>()).unwrap();
    // All answers are half a gigabyte.
    let command =
        "ulimit -v 400000; exec \"$0\" replay p.mam --answers --threads 1 r.jsonl | wc -c";
    let mut shell = std::process::Command::new("sh");
    shell.current_dir(&folder).args(["-c", command, env!("CARGO_BIN_EXE_mam")]);
    let output = shell.output().unwrap();
    assert_eq!(err(&output), "");
    let bytes: u64 = out(&output).trim().parse().unwrap();
    assert!(bytes > 480_000_000, "{bytes}");
}

// ---------------------------------------------------------------- names of files

#[test]
fn a_table_is_the_same_however_its_files_are_named() {
    let folder = folder("named");
    let set = folder.join("set");
    fs::create_dir_all(set.join("sub")).unwrap();
    let root = format!("{SMALL}\nuse \"sub/more.mam\"\n");
    fs::write(set.join("x.mam"), &root).unwrap();
    let more = "mam 1\npolicy more {\n  for staff\n  protect notes\n  block print\n}\n";
    fs::write(set.join("sub/more.mam"), more).unwrap();
    let table = |from: &Path, arguments: &[&str], input: &[u8]| {
        let output = feed(from, &[&["compile", "-o", "-"], arguments].concat(), input);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        output.stdout
    };
    let plain = table(&set, &["x.mam"], b"");
    let absolute = set.join("x.mam");
    let named: [(&Path, &[&str], &[u8]); 6] = [
        (&set, &["./x.mam"], b""),
        (&set, &["sub/../x.mam"], b""),
        (&set, &[absolute.to_str().unwrap()], b""),
        (&folder, &["set/x.mam"], b""),
        (&set, &["-", "--stdin-name", "x.mam"], root.as_bytes()),
        (&folder, &["-", "--stdin-name", "set/x.mam"], root.as_bytes()),
    ];
    for (from, arguments, input) in named {
        assert!(table(from, arguments, input) == plain, "{arguments:?}");
    }
    let decide = |file: &str| {
        let output = feed(&set, &["decide", file, "--requests", "-"], REQUEST.as_bytes());
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let by = answer["by"].as_array().unwrap();
        by.iter().map(|one| one["file"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    fs::write(set.join("x.mamc"), plain).unwrap();
    assert_eq!(decide("x.mamc"), ["x.mam", "sub/more.mam"]);
    assert_eq!(decide("./x.mam"), ["./x.mam", "./sub/more.mam"]);
    let output = run(&set, &["compile", "x.mam", "--stdin-name", "y.mam", "-o", "z.mamc"]);
    assert_eq!((output.status.code(), set.join("z.mamc").exists()), (Some(2), false));
    // Files of two folders keep names apart.
    fs::write(set.join("sub/x.mam"), more.replace("more", "less").replace("print", "save"))
        .unwrap();
    let two = table(&set, &["x.mam", "sub/x.mam"], b"");
    assert!(two == table(&folder, &["set/x.mam", "set/sub/x.mam"], b""));
    let holds = |text: &[u8]| two.windows(text.len()).any(|part| part == text);
    assert!(holds(b"./x.mam") && holds(b"sub/more.mam"));
}

// ---------------------------------------------------------------- what a terminal would obey

/// A text that colours, moves the cursor, sets a title, and runs backwards.
const EVIL: &str = "\u{1b}[31mEVIL\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}32m\u{202e}\r\u{200b}";

#[test]
fn texts_of_policies_and_requests_never_reach_a_terminal_as_they_are() {
    let folder = folder("evil");
    let escaped: String = EVIL.chars().map(|c| format!("\\u{{{:x}}}", u32::from(c))).collect();
    let text = format!(
        "mam 1\nuse microsoft\nusers staff \"{escaped}\"\napp notes \"{EVIL}\" {{ ios \"a.{escaped}\"  sdk }}\n\
         policy p \"{escaped}\" {{\n  for staff\n  protect notes\n  allow print because \"{escaped}\"\n  \
         block share to \"ios:b.{escaped}\" because \"{escaped}\"\n  setting \"{escaped}\" = 1\n}}\n\
         expect allow share from notes as work to \"ios:b.{escaped}\" for staff on ios devices intune\n"
    );
    for name in ["p.mam", "\u{1b}[31mEVIL.mam"] {
        fs::write(folder.join(name), &text).unwrap();
    }
    fs::write(folder.join("bad.mam"), text.replace("protect notes", "protect \"EVIL\u{1b}[31m"))
        .unwrap();
    let share =
        format!("share from notes as work to \"ios:b.{escaped}\" for staff on ios devices intune");
    let request = serde_json::json!({
        "channel": "print", "source": {"app": EVIL}, "user": {"groups": ["staff"]},
        "device": {"platform": "ios", "management": "intune"},
    });
    let plain = REQUEST.replace(r#""unmanaged""#, r#""intune""#);
    fs::write(folder.join("r.jsonl"), format!("{request}\n{plain}\n{EVIL}\n")).unwrap();
    let evil_argument = format!("{share} {EVIL}");
    let commands: &[&[&str]] = &[
        &["check", "p.mam", "bad.mam"],
        &["check", "p.mam"],
        &["check", "bad.mam", "--format", "short"],
        &["check", "bad.mam", "--json"],
        &["check", "p.mam", "--format", "sarif"],
        &["check", "\u{1b}[31mEVIL.mam"],
        &["check", "\u{1b}[31mEVIL.mamx"],
        &["test", "p.mam"],
        &["test", "p.mam", "--json"],
        &["test", "p.mam", "--format", "junit"],
        &["decide", "p.mam", &share],
        &["decide", "p.mam", &evil_argument],
        &["decide", "p.mam", "--requests", "r.jsonl"],
        &["explain", "p.mam", &share],
        &["explain", "p.mam", &share, "--json"],
        &["matrix", "p.mam", "share on ios devices intune"],
        &["matrix", "p.mam", "share on ios devices intune", "--csv"],
        &["replay", "p.mam", "r.jsonl"],
        &["replay", "p.mam", "--answers", "r.jsonl"],
        &["replay", "p.mam", "r.jsonl", "--json"],
        &["paths", "p.mam"],
        &["fmt", "--diff", "p.mam"],
        &["help", EVIL],
        &[EVIL],
        &["check", "p.mam", EVIL],
        &["check", &format!("--{EVIL}")],
    ];
    let mut shown = 0;
    for (color, command) in
        ["never", "always"].iter().flat_map(|c| commands.iter().map(move |one| (c, one)))
    {
        let output = run(&folder, &[command, &["--color", color][..]].concat());
        let text = format!("{}{}", out(&output), err(&output));
        let is_exact = command[0] == "fmt";
        let own = text.split("\u{1b}[").skip(1).filter(|rest| {
            rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m')
        });
        let escapes = text.matches('\u{1b}').count();
        assert!(is_exact || own.count() == escapes, "{command:?}: {text:?}");
        assert!(*color == "always" || is_exact || escapes == 0, "{command:?}: {text:?}");
        for hidden in ["\u{1b}[31mEVIL", "\u{7}", "\u{9b}", "\u{202e}", "\r", "\u{200b}"] {
            assert!(is_exact || !text.contains(hidden), "{command:?} {hidden:?}: {text:?}");
        }
        shown += usize::from(text.contains("EVIL"));
    }
    assert!(shown > 30, "{shown} outputs have the text");
    // A program reads the very text.
    let output = run(&folder, &["decide", "p.mam", "--requests", "r.jsonl"]);
    let answers = out(&output);
    let lines: Vec<serde_json::Value> =
        answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[1]["by"][0]["because"], EVIL);
}
