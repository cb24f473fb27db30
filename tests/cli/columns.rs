//! Replays of columns: what is counted of Parquet and Arrow files is what is counted of JSON lines.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use mam::columnar::{RowRequest, RowRequests};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::properties::WriterProperties;

use super::{folder, run};

const POLICIES: &str = "mam 1\n\napp notes {\n  ios \"com.example.notes\"\n  android \"com.example.notes\"\n  \
    sdk\n  multi-identity\n}\n\nusers staff\n\nusers field\n\npolicy p {\n  for     staff\n  protect notes\n\n  \
    allow copy to any up to 50 characters\n  block print\n}\n";
const ROWS: usize = 700;

/// Rows of movements of all kinds, with an unknown app now and then.
fn movements() -> RecordBatch {
    let text = |of: &dyn Fn(usize) -> Option<&'static str>| {
        Arc::new((0..ROWS).map(of).collect::<StringArray>()) as ArrayRef
    };
    let mut groups = ListBuilder::new(StringBuilder::new());
    for row in 0..ROWS {
        let names = [["staff"].as_slice(), &["field"], &["staff", "feild"], &[]][row % 4];
        groups.append_value(names.iter().map(|name| Some(*name)));
    }
    let characters = (0..ROWS).map(|row| (row % 3 == 1).then_some(row as i64 % 100));
    RecordBatch::try_from_iter([
        ("channel", text(&|row| Some(["print", "copy", "share"][row % 3]))),
        ("source", text(&|row| Some(if row % 50 == 3 { "note" } else { "notes" }))),
        ("source_account", text(&|row| [None, Some("work"), Some("personal")][row / 3 % 3])),
        ("target", text(&|row| (row % 3 > 0).then_some(["unlisted", "notes"][row / 7 % 2]))),
        ("groups", Arc::new(groups.finish()) as ArrayRef),
        ("platform", text(&|row| Some(if row < 300 { "android" } else { "ios" }))),
        ("management", text(&|row| Some(["unmanaged", "intune"][row / 5 % 2]))),
        ("characters", Arc::new(characters.collect::<Int64Array>()) as ArrayRef),
    ])
    .unwrap()
}

fn accesses() -> RecordBatch {
    let text = |of: &dyn Fn(usize) -> Option<&'static str>| {
        Arc::new((0..ROWS).map(of).collect::<StringArray>()) as ArrayRef
    };
    let mut groups = ListBuilder::new(StringBuilder::new());
    (0..ROWS).for_each(|_| groups.append_value([Some("staff")]));
    RecordBatch::try_from_iter([
        ("launch_app", text(&|row| Some(if row % 90 == 5 { "note" } else { "notes" }))),
        ("groups", Arc::new(groups.finish()) as ArrayRef),
        ("platform", text(&|_| Some("ios"))),
        ("management", text(&|_| Some("unmanaged"))),
        ("os", text(&|row| [None, Some("16.4"), Some("17.1")][row % 3])),
    ])
    .unwrap()
}

/// The rows as lines of JSON.
fn lines(batch: &RecordBatch) -> String {
    let requests = RowRequests::new(batch).unwrap();
    let line = |row| match requests.get(row).unwrap() {
        RowRequest::Movement(request) => serde_json::to_string(&request).unwrap() + "\n",
        RowRequest::Access(request) => serde_json::to_string(&request).unwrap() + "\n",
        other => panic!("{other:?}"),
    };
    (0..requests.len()).map(line).collect()
}

fn write_parquet(path: &Path, batch: &RecordBatch) {
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(90)).build();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

/// The same columns, one of them under another name.
fn renamed(batch: &RecordBatch, from: &str, to: &str) -> RecordBatch {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns());
    let name = |name: &str| if name == from { to.to_owned() } else { name.to_owned() };
    let columns = columns.map(|(field, column)| (name(field.name()), column.clone()));
    RecordBatch::try_from_iter(columns.collect::<Vec<_>>()).unwrap()
}

/// A folder with two policy sets, and the requests in every form.
fn prepared(name: &str, batch: &RecordBatch) -> std::path::PathBuf {
    let folder = folder(name);
    fs::write(
        folder.join("new.mam"),
        POLICIES.replace("block print", "launch block when os < 17.0"),
    )
    .unwrap();
    fs::write(folder.join("old.mam"), POLICIES).unwrap();
    fs::write(folder.join("requests.jsonl"), lines(batch)).unwrap();
    write_parquet(&folder.join("requests.parquet"), batch);
    let mut ipc =
        FileWriter::try_new(File::create(folder.join("requests.arrow")).unwrap(), &batch.schema())
            .unwrap();
    let mut stream = StreamWriter::try_new(
        File::create(folder.join("requests.arrows")).unwrap(),
        &batch.schema(),
    )
    .unwrap();
    for start in (0..ROWS).step_by(250) {
        let slice = batch.slice(start, 250.min(ROWS - start));
        ipc.write(&slice).unwrap();
        stream.write(&slice).unwrap();
    }
    ipc.finish().unwrap();
    stream.finish().unwrap();
    folder
}

/// What a replay prints on standard output.
fn replayed(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, &[&["replay"], arguments].concat());
    // Some requests cannot be answered.
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn columns_are_counted_as_lines_are() {
    for (name, batch) in [("columns", movements()), ("access-columns", accesses())] {
        let folder = prepared(name, &batch);
        for options in
            [&["--json"][..], &["--json", "--against", "old.mam"], &["--against", "old.mam"]]
        {
            let of = |requests: &'static str| {
                replayed(&folder, &[options, &["--threads", "2", "new.mam", requests]].concat())
            };
            let lines = of("requests.jsonl");
            assert!(lines.contains("700"), "{lines}");
            for file in ["requests.parquet", "requests.arrow", "requests.arrows"] {
                assert_eq!(of(file), lines, "{file} {options:?}");
            }
        }
    }
}

#[test]
fn folders_are_columns_and_names_can_be_mapped() {
    let batch = movements();
    let folder = prepared("partitions", &batch);
    let stored = renamed(&renamed(&batch, "source", "src_app"), "platform", "weather");
    for (platform, start, rows) in [("android", 0, 300), ("ios", 300, ROWS - 300)] {
        let own = folder.join(format!("lake/platform={platform}"));
        fs::create_dir_all(&own).unwrap();
        fs::write(own.join("_SUCCESS"), "").unwrap();
        write_parquet(&own.join("part-0.parquet"), &stored.slice(start, rows));
    }
    let lake = replayed(&folder, &["--json", "--column", "source=src_app", "new.mam", "lake"]);
    assert_eq!(lake, replayed(&folder, &["--json", "new.mam", "requests.jsonl"]));
    let missing = run(&folder, &["replay", "--column", "source=app", "new.mam", "lake"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("it has no column `app`"));
    let unmapped = run(&folder, &["replay", "new.mam", "lake"]);
    assert_eq!(unmapped.status.code(), Some(2));
    let text = String::from_utf8_lossy(&unmapped.stderr).into_owned();
    assert!(
        text.contains("the column `source` is missing [mam::columns::missing-column]"),
        "{text}"
    );
}

#[test]
fn answers_are_written_as_parquet_in_the_order_of_the_rows() {
    let batch = movements();
    let folder = prepared("answers", &batch);
    replayed(
        &folder,
        &["--threads", "3", "--output", "answers.parquet", "new.mam", "requests.parquet"],
    );
    let output = run(&folder, &["replay", "--answers", "new.mam", "requests.jsonl"]);
    let lines = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let file = File::open(folder.join("answers.parquet")).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut row = 0;
    for batch in reader {
        let batch = batch.unwrap();
        let text = |column: &str, at: usize| {
            let column = batch.column_by_name(column).unwrap().as_dictionary::<Int32Type>();
            let key = column.key(at)?;
            Some(column.values().as_string::<i32>().value(key).to_owned())
        };
        for at in 0..batch.num_rows() {
            let answer = &answers[row];
            assert_eq!(text("effect", at).as_deref(), answer["effect"].as_str());
            assert_eq!(text("error_code", at).as_deref(), answer["code"].as_str());
            let rules =
                text("by", at).map(|by| serde_json::from_str::<serde_json::Value>(&by).unwrap());
            assert_eq!(rules.as_ref(), answer.get("by"));
            row += 1;
        }
    }
    assert_eq!(row, ROWS);
    let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!names.into_iter().any(|name| name.to_string_lossy().ends_with(".tmp")));
}

#[test]
fn what_is_no_file_of_columns_is_refused() {
    let folder = prepared("refused", &movements());
    fs::create_dir_all(folder.join("mixed")).unwrap();
    fs::write(folder.join("mixed/notes.txt"), "hello").unwrap();
    fs::create_dir_all(folder.join("empty")).unwrap();
    let whole = fs::read(folder.join("requests.parquet")).unwrap();
    fs::write(folder.join("cut.parquet"), &whole[..whole.len() / 2]).unwrap();
    let mut changed = whole.clone();
    changed[100..200].fill(0xA5);
    fs::write(folder.join("changed.parquet"), changed).unwrap();
    for (arguments, message) in [
        (&["new.mam", "mixed"][..], "it is neither Parquet nor Arrow IPC"),
        (&["new.mam", "empty"], "no file is in it"),
        (&["new.mam", "cut.parquet"], "it is damaged"),
        (&["new.mam", "changed.parquet"], "it is damaged"),
        (&["--answers", "new.mam", "requests.parquet"], "answers to columns are columns"),
        (&["--output", "x", "new.mam", "requests.jsonl"], "are for requests in columns"),
        (&["--column", "weather=x", "new.mam", "requests.parquet"], "no request has a column"),
    ] {
        let output = run(&folder, &[&["replay"], arguments].concat());
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(text.contains(message), "{arguments:?}: {text}");
    }
}
