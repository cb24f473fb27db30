//! Columns: what is decided of batches is what is decided of their rows, one by one.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, UInt32Type};
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use mam::columnar::{
    BadRows, BatchError, ColumnError, Options, RowAnswer, RowRequest, RowRequests, decide_batch,
    decide_rows,
};
use mam::decision::LimitsAnswer;
use mam::{
    AccessRequest, Account, Channel, Checked, DeviceRequest, DeviceState, EndpointRequest,
    Platform, Request, Table, UserRequest,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::access_set::with_access;
use crate::support::batches::{self, ACCESSES, MOVEMENTS, Names, Rows};
use crate::support::policy_set::{Choices, PolicySet, Style};
use crate::support::random::{self, regressions};

fn config(cases: u32) -> ProptestConfig {
    random::config(cases, regressions!("columns"))
}

/// A set with access statements, its table, and the names in it.
fn compiled() -> impl Strategy<Value = (Checked, Table, Names)> {
    (vec(any::<u8>(), 700), vec(any::<u8>(), 200)).prop_map(|(set, access)| {
        let text = PolicySet::choose(&mut Choices::new(&set)).checked().0.text(Style::default());
        let checked = with_access(&text, &mut Choices::new(&access));
        let table = checked.compile().unwrap();
        let names = names(&checked);
        (checked, table, names)
    })
}

fn names(checked: &Checked) -> Names {
    let model = checked.model().unwrap();
    let apps = model.apps().iter().map(|app| app.name.trim_matches('"').to_owned());
    let storages = model.storages().iter().map(|one| one.name.clone());
    Names {
        ends: apps.chain(storages).collect(),
        groups: model.users().iter().map(|one| one.name.clone()).collect(),
        filters: model.filters().iter().map(|one| one.name.clone()).collect(),
    }
}

// ---------------------------------------------------------------- row by row

/// What a row is answered when it is asked by itself: the columns of the answer as text, or the code of
/// the mistake. Malformed rows can have several mistakes.
type Told = Result<Vec<Option<String>>, Vec<&'static str>>;

/// The mistakes that the words of a row have, and the user and device.
struct Common<'r> {
    rows: &'r Rows,
    row: usize,
    mistakes: Vec<&'static str>,
}

impl<'r> Common<'r> {
    fn word<T>(&mut self, column: &str, from: fn(&str) -> Option<T>) -> Option<T> {
        let word = self.rows.text(column, self.row)?;
        let found = from(word);
        self.mistakes.extend(found.is_none().then_some("mam::columns::unknown-word"));
        found
    }

    fn required<T>(&mut self, column: &str, from: fn(&str) -> Option<T>) -> Option<T> {
        let is_null = self.rows.text(column, self.row).is_none();
        self.mistakes.extend(is_null.then_some("mam::columns::missing-value"));
        self.word(column, from)
    }

    fn list(&mut self, column: &str) -> Option<Vec<Cow<'r, str>>> {
        let list = self.rows.list(column, self.row)?;
        let has_null = list.iter().any(Option::is_none);
        self.mistakes.extend(has_null.then_some("mam::columns::null-in-list"));
        Some(list.iter().flatten().map(|one| Cow::Borrowed(one.as_str())).collect())
    }

    fn user_and_device(&mut self) -> Option<(UserRequest<'r>, DeviceRequest<'r>)> {
        let groups = self.list("groups");
        self.mistakes.extend(groups.is_none().then_some("mam::columns::missing-value"));
        let filters = self.list("filters");
        let platform = self.required("platform", Platform::from_word);
        let management = self.required("management", DeviceState::from_word);
        let mut device = DeviceRequest::new(platform?, management?);
        device.filters = filters;
        Some((UserRequest::new(groups?), device))
    }
}

fn endpoint<'r>(common: &mut Common<'r>, side: &str, is_app: bool) -> Option<EndpointRequest<'r>> {
    let (rows, row) = (common.rows, common.row);
    let name = rows.text(side, row).map(Cow::Borrowed);
    let mut end = EndpointRequest::default();
    end.account = common.word(&format!("{side}_account"), Account::from_word);
    end.deployed = rows.flag(&format!("{side}_deployed"), row);
    *(if is_app { &mut end.app } else { &mut end.storage }) = name;
    (end != EndpointRequest::default()).then_some(end)
}

fn movement(rows: &Rows, row: usize) -> Result<Request<'_>, Vec<&'static str>> {
    use mam::vocabulary::Kind;
    let common = &mut Common { rows, row, mistakes: Vec::new() };
    let channel = common.required("channel", Channel::from_word);
    let is_app = |kind: fn(Channel) -> Kind| channel.is_some_and(|one| kind(one) == Kind::App);
    let source = endpoint(common, "source", is_app(Channel::source_kind)).unwrap_or_default();
    let target = endpoint(common, "target", is_app(Channel::target_kind));
    let whose = common.user_and_device();
    let characters = rows.number("characters", row).map(u32::try_from);
    common
        .mistakes
        .extend(matches!(characters, Some(Err(_))).then_some("mam::columns::bad-number"));
    match (channel, whose, common.mistakes.is_empty()) {
        (Some(channel), Some((user, device)), true) => {
            let mut request = Request::new(channel, source, target, user, device);
            request.characters = characters.and_then(Result::ok);
            Ok(request)
        }
        _ => Err(common.mistakes.clone()),
    }
}

/// The request about an access as its JSON form, which reads facts by itself.
fn access(rows: &Rows, row: usize) -> Result<AccessRequest<'static>, Vec<&'static str>> {
    let common = &mut Common { rows, row, mistakes: Vec::new() };
    let app = rows.text("launch_app", row);
    common.mistakes.extend(app.is_none().then_some("mam::columns::missing-value"));
    let account = common.word("launch_account", Account::from_word);
    let whose = common.user_and_device();
    let mut facts = serde_json::Map::new();
    for (column, _) in rows.columns.iter().filter(|(column, _)| is_fact(column)) {
        let value = match *column {
            "account_disabled" | "jailbroken" | "app_scan" | "off_duty" => {
                rows.flag(column, row).map(serde_json::Value::from)
            }
            _ => rows.text(column, row).map(serde_json::Value::from),
        };
        facts.extend(value.map(|value| (column.replace('_', "-"), value)));
    }
    let facts = serde_json::from_value::<mam::Facts<'_>>(facts.into());
    common.mistakes.extend(facts.is_err().then_some("mam::columns::bad-fact"));
    match (app, whose, facts, common.mistakes.is_empty()) {
        (Some(app), Some((user, device)), Ok(facts), true) => {
            let mut launch = mam::LaunchRequest::app(app.to_owned());
            launch.account = account;
            let groups = user.groups.iter().map(|one| one.to_string());
            let mut owned = DeviceRequest::new(device.platform, device.management);
            owned.filters = device
                .filters
                .map(|all| all.iter().map(|one| Cow::Owned(one.to_string())).collect());
            Ok(AccessRequest::new(launch, UserRequest::new(groups), owned, facts))
        }
        _ => Err(common.mistakes.clone()),
    }
}

fn is_fact(column: &str) -> bool {
    ACCESSES.1[2..].contains(&column)
}

fn json(value: &impl serde::Serialize) -> Option<String> {
    Some(serde_json::to_string(value).unwrap())
}

fn told_of_movement(table: &Table, rows: &Rows, row: usize) -> Told {
    let answer = table.answer(&movement(rows, row)?).map_err(|error| vec![error.code()])?;
    let LimitsAnswer { characters, content, tagged, .. } = answer.limits;
    let has_limits = characters.is_some() || content.is_some() || tagged.is_some();
    Ok(vec![
        Some(answer.effect.word().to_owned()),
        Some(answer.enforced.to_string()),
        answer.reason.map(|one| one.word().to_owned()),
        has_limits.then(|| format!("{characters:?} {content:?} {tagged:?}")),
        answer.assumed.map(|one| one.word().to_owned()),
        json(&answer.by),
        json(&answer.report_only),
    ])
}

fn told_of_access(table: &Table, rows: &Rows, row: usize) -> Told {
    let answer = table.answer_access(&access(rows, row)?).map_err(|error| vec![error.code()])?;
    Ok(vec![
        Some(answer.effect.word().to_owned()),
        Some(answer.enforced.to_string()),
        answer.reason.map(|one| one.word().to_owned()),
        answer.wipe.as_ref().and_then(json),
        json(&answer.unknown),
        json(&answer.fired),
        json(&answer.requirements),
        json(&answer.report_only),
    ])
}

// ---------------------------------------------------------------- what a batch is answered

/// The text in a row of a dictionary.
fn text_in(column: &dyn Array, row: usize) -> Option<String> {
    let column = column.as_dictionary::<Int32Type>();
    let key = column.key(row)?;
    Some(column.values().as_string::<i32>().value(key).to_owned())
}

fn limits_in(column: &dyn Array, row: usize) -> Option<String> {
    let limits = column.as_struct();
    if limits.is_null(row) {
        return None;
    }
    let characters = limits.column(0).as_primitive::<UInt32Type>();
    let characters = characters.is_valid(row).then(|| characters.value(row));
    let content = limits.column(1).as_boolean();
    let content = content.is_valid(row).then(|| content.value(row));
    let tagged = text_in(limits.column(2), row);
    Some(format!("{characters:?} {content:?} {:?}", tagged.as_deref()))
}

fn told_in(answers: &RecordBatch, row: usize) -> Told {
    if let Some(code) = text_in(answers.column_by_name("error_code").unwrap(), row) {
        let others = answers.columns().iter().rev().skip(2);
        assert!(others.into_iter().all(|column| column.is_null(row)));
        return Err(vec![Box::leak(code.into_boxed_str())]);
    }
    let schema = answers.schema();
    let columns = schema.fields().iter().zip(answers.columns());
    let columns = columns.filter(|(field, _)| !field.name().starts_with("error"));
    Ok(columns
        .map(|(field, column)| match field.name().as_str() {
            "enforced" => {
                let flags = column.as_boolean();
                flags.is_valid(row).then(|| flags.value(row).to_string())
            }
            "limits" => limits_in(column, row),
            _ => text_in(column, row),
        })
        .collect())
}

/// Holds the answers to a batch against those to its rows.
fn compare(
    table: &Table,
    rows: &Rows,
    told: fn(&Table, &Rows, usize) -> Told,
) -> Result<(), TestCaseError> {
    let options = Options::default().with_bad_rows(BadRows::Null).with_rules(true);
    let answers = match decide_batch(table, &rows.batch, &options) {
        Ok(answers) => answers,
        Err(BatchError::Columns(errors)) => {
            prop_assert!(!rows.mistakes.is_empty(), "{errors:?}");
            let kind = |one: &ColumnError| matches!(one, ColumnError::Kind { .. });
            prop_assert!(
                errors.iter().any(kind) || errors.len() == rows.mistakes.len(),
                "{errors:?}, {:?}",
                rows.mistakes
            );
            return Ok(());
        }
        Err(error) => return Err(TestCaseError::fail(error.to_string())),
    };
    prop_assert!(rows.mistakes.is_empty(), "{:?}", rows.mistakes);
    prop_assert_eq!(answers.num_rows(), rows.batch.num_rows());
    let mut first_bad = None;
    for row in 0..rows.batch.num_rows() {
        let (is, should) = (told_in(&answers, row), told(table, rows, row));
        match (&is, &should) {
            (Err(code), Err(codes)) => {
                prop_assert!(codes.contains(&code[0]), "{row}: {is:?}, {should:?}")
            }
            _ => prop_assert_eq!(&is, &should, "row {} of {:#?}", row, rows.columns),
        }
        first_bad = first_bad.or(is.is_err().then_some(row));
    }
    // Without rules, and as errors.
    let plain = Options::default().with_bad_rows(BadRows::Null);
    let plain = decide_batch(table, &rows.batch, &plain).unwrap();
    for field in plain.schema().fields() {
        let [one, other] =
            [&plain, &answers].map(|batch| batch.column_by_name(field.name()).unwrap());
        for row in 0..one.len() {
            let same = match field.name().as_str() {
                "enforced" => one.as_boolean().value(row) == other.as_boolean().value(row),
                "limits" => limits_in(one, row) == limits_in(other, row),
                _ => text_in(one, row) == text_in(other, row),
            };
            prop_assert!(same && one.is_null(row) == other.is_null(row));
        }
    }
    match decide_batch(table, &rows.batch, &Options::default()) {
        Ok(_) => prop_assert_eq!(first_bad, None),
        Err(BatchError::Row { row, .. }) => prop_assert_eq!(first_bad, Some(row)),
        Err(error) => return Err(TestCaseError::fail(error.to_string())),
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn a_batch_of_movements_is_answered_as_its_rows((_, table, names) in compiled(), bytes in vec(any::<u8>(), 3000), odd in any::<bool>()) {
        let rows = batches::rows(&mut Choices::new(&bytes), &names, MOVEMENTS, odd);
        compare(&table, &rows, told_of_movement)?;
        counted_in_users(&table, &rows)?;
    }

    #[test]
    fn a_batch_of_accesses_is_answered_as_its_rows((_, table, names) in compiled(), bytes in vec(any::<u8>(), 4000), odd in any::<bool>()) {
        let rows = batches::rows(&mut Choices::new(&bytes), &names, ACCESSES, odd);
        compare(&table, &rows, told_of_access)?;
    }

    /// Rows are requests, and those of movements count for their users.
    #[test]
    fn rows_are_requests((_, table, names) in compiled(), bytes in vec(any::<u8>(), 3000)) {
        let rows = batches::rows(&mut Choices::new(&bytes), &names, MOVEMENTS, false);
        let requests = RowRequests::new(&rows.batch).unwrap();
        prop_assert_eq!(requests.len(), rows.batch.num_rows());
        for row in 0..requests.len() {
            match (requests.get(row), movement(&rows, row)) {
                (Ok(RowRequest::Movement(one)), Ok(other)) => prop_assert_eq!(one, other),
                (Err(error), Err(codes)) => prop_assert!(codes.contains(&error.code())),
                (one, other) => prop_assert!(false, "{:?}, {:?}", one, other),
            }
        }
        counted_in_users(&table, &rows)?;
    }
}

/// Names, as a request has them.
type List<'r> = Vec<Cow<'r, str>>;

/// Every row that is a request counts for its groups and filters.
fn counted_in_users(table: &Table, rows: &Rows) -> Result<(), TestCaseError> {
    let Ok(answers) = decide_rows(table, &rows.batch, false) else { return Ok(()) };
    let mut found: Vec<_> = (answers.users.iter())
        .map(|one| (one.user.groups.clone(), one.device.filters.clone(), one.rows))
        .collect();
    let mut should: Vec<(List<'_>, Option<List<'_>>, u64)> = Vec::new();
    for request in (0..rows.batch.num_rows()).filter_map(|row| movement(rows, row).ok()) {
        let is_same = |one: &&mut (_, _, u64)| {
            one.0 == request.user.groups && one.1 == request.device.filters
        };
        match should.iter_mut().find(is_same) {
            Some(one) => one.2 += 1,
            None => should.push((request.user.groups, request.device.filters, 1)),
        }
    }
    // Dictionaries can have a name twice.
    for one in &mut found {
        if let Some(at) = should.iter().position(|other| other.0 == one.0 && other.1 == one.1) {
            should[at].2 -= one.2;
        } else {
            return Err(TestCaseError::fail(format!("{one:?} was not asked")));
        }
    }
    prop_assert!(should.iter().all(|one| one.2 == 0), "{should:?}");
    Ok(())
}

// ---------------------------------------------------------------- single cases

const NOTES: &str = "mam 1\nusers staff\napp notes { ios \"com.example.notes\"  sdk  multi-identity }\n\
    policy baseline { for staff  protect notes  allow share to managed  allow copy to any up to 50 characters }";

fn column(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn batch(columns: &[(&str, ArrayRef)]) -> RecordBatch {
    RecordBatch::try_from_iter(columns.iter().cloned()).unwrap()
}

#[test]
fn all_mistakes_in_columns_are_told_at_once() {
    let table = mam::compile("notes.mam", NOTES).unwrap();
    let odd = batch(&[
        ("channel", Arc::new(arrow_array::Int32Array::from(vec![1])) as ArrayRef),
        ("source", column(&["notes"])),
        ("targets", column(&["notes"])),
        ("groups", column(&["staff"])),
        ("platform", column(&["ios"])),
    ]);
    let error = decide_batch(&table, &odd, &Options::default()).unwrap_err();
    assert_eq!(error.code(), "mam::columns::missing-column");
    let expected = "\
the column `target` is missing: add `target`, or rename the column that has it
the column `management` is missing: add `management`, or rename the column that has it
the column `targets` is no member of such a request: did you mean `target`?
the column `channel` is Int32, not text (Utf8, LargeUtf8, Utf8View or a dictionary of it): cast it to text (Utf8, LargeUtf8, Utf8View or a dictionary of it)
the column `groups` is Utf8, not a list of text (List, LargeList or FixedSizeList): cast it to a list of text (List, LargeList or FixedSizeList)";
    assert_eq!(error.to_string(), expected);
    let both = batch(&[("channel", column(&["copy"])), ("launch_app", column(&["notes"]))]);
    let error = decide_batch(&table, &both, &Options::default()).unwrap_err();
    assert_eq!(error.code(), "mam::columns::kind");
    let neither = batch(&[("app", column(&["notes"]))]);
    let error = decide_batch(&table, &neither, &Options::default()).unwrap_err();
    assert!(
        error.to_string().starts_with("the batch has neither of `channel` and `launch_app`"),
        "{error}"
    );
}

#[test]
fn distinct_answers_are_there_once_however_many_rows_have_them() {
    let table = mam::compile("notes.mam", NOTES).unwrap();
    let mut groups =
        arrow_array::builder::ListBuilder::new(arrow_array::builder::StringBuilder::new());
    let rows = 1000;
    (0..rows).for_each(|_| groups.append_value([Some("staff")]));
    let targets: Vec<String> = (0..rows).map(|row| format!("ios:com.example.app{row}")).collect();
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let many = batch(&[
        ("channel", column(&vec!["share"; rows])),
        ("source", column(&vec!["notes"; rows])),
        ("target", column(&targets)),
        ("groups", Arc::new(groups.finish()) as ArrayRef),
        ("platform", column(&vec!["ios"; rows])),
        ("management", column(&vec!["unmanaged"; rows])),
    ]);
    let answers = decide_rows(&table, &many, false).unwrap();
    assert_eq!((answers.rows.len(), answers.distinct.len(), answers.users.len()), (rows, 1, 1));
    assert_eq!(decide_rows(&table, &many, true).unwrap().distinct.len(), 1);
    assert!(matches!(answers.distinct[0], RowAnswer::Movement { channel: Channel::Share, .. }));
}
