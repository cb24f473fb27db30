//! The class `Table`.

use std::collections::BTreeMap;

use arrow_array::{RecordBatch, RecordBatchReader};
use mam::columnar::{BadRows, Options, decide_batch};
use mam::{AccessRequest, Analysis, Checked, Compiler, Errors, Request, analysis};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use serde::Serialize;

use crate::errors;
use crate::streams::{Answers, stream_of};

/// Compiled policies. One that was compiled here can also be tested, compared and asked; one that was loaded
/// decides.
#[pyclass(frozen, module = "mam_policy")]
pub struct Table {
    table: mam::Table,
    checked: Option<Checked>,
}

#[pymethods]
impl Table {
    /// Loads a compiled table: its bytes, or the path of its file.
    #[staticmethod]
    fn load(py: Python<'_>, source: &Bound<'_, PyAny>) -> PyResult<Self> {
        let bytes = if source.is_instance_of::<PyBytes>() {
            source.extract::<Vec<u8>>()?
        } else {
            let path = py.import("os")?.call_method1("fspath", (source,))?;
            let path = py.import("pathlib")?.call_method1("Path", (path,))?;
            path.call_method0("read_bytes")?.extract()?
        };
        let table = py.detach(|| mam::Table::from_bytes(&bytes));
        let table = table.map_err(|error| errors::plain(error.to_string()))?;
        Ok(Self { table, checked: None })
    }

    /// Compiles the text of policies. `files` has the texts that it names with `use`.
    #[staticmethod]
    #[pyo3(signature = (text, name="policies.mam", files=None))]
    fn compile(
        py: Python<'_>,
        text: &str,
        name: &str,
        files: Option<BTreeMap<String, String>>,
    ) -> PyResult<Self> {
        let compiled = py.detach(|| {
            let mut files = files.unwrap_or_default();
            let checked = Compiler::new().loader(&mut files).check(name, text);
            checked.compile().map(|table| Self { table, checked: Some(checked) })
        });
        compiled.map_err(|errors| errors::of_policies(py, &errors))
    }

    /// Compiles policies of Microsoft Intune as Microsoft Graph returns them: JSON text, or its value.
    #[staticmethod]
    #[pyo3(signature = (source, name="policies.json"))]
    fn from_intune(py: Python<'_>, source: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        Self::compile(py, &json_text(py, source)?, name, None)
    }

    /// The table as bytes, as `mam compile` writes it.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.table.to_bytes())
    }

    /// Pickles the table, without its policies.
    fn __reduce__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        Ok((py.get_type::<Self>().getattr("load")?, (self.to_bytes(py),)))
    }

    /// Decides a request about a movement or an access: a dictionary, or JSON. Gives out the answer.
    fn decide<'py>(
        &self,
        py: Python<'py>,
        request: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let text = json_text(py, request)?;
        let value: serde_json::Value = read(&text)?;
        if value.get("launch").is_some() {
            let request: AccessRequest<'_> = read(&text)?;
            let answer = self.table.answer_access(&request);
            return to_python(py, &answer.map_err(|error| errors::of_request(py, &error))?);
        }
        let request: Request<'_> = read(&text)?;
        let answer = self.table.answer(&request);
        to_python(py, &answer.map_err(|error| errors::of_request(py, &error))?)
    }

    /// Decides every row of a table or of batches: anything with `__arrow_c_stream__`. With `rules`, answers
    /// have the rules behind them; with `bad_rows="null"`, rows that cannot be answered are null and say why.
    #[pyo3(signature = (data, *, rules=false, bad_rows="error"))]
    fn decide_batch(
        &self,
        py: Python<'_>,
        data: &Bound<'_, PyAny>,
        rules: bool,
        bad_rows: &str,
    ) -> PyResult<Answers> {
        let bad_rows = match bad_rows {
            "error" => BadRows::Error,
            "null" => BadRows::Null,
            _ => return Err(PyValueError::new_err("`bad_rows` is \"error\" or \"null\"")),
        };
        let options = Options::default().with_rules(rules).with_bad_rows(bad_rows);
        let stream = stream_of(data)?;
        let decided = py.detach(|| {
            let schema = stream.schema();
            let mut batches = Vec::new();
            for batch in stream {
                let batch = batch.map_err(|error| Err(error.to_string()))?;
                batches.push(decide_batch(&self.table, &batch, &options).map_err(Ok)?);
            }
            let schema = match batches.first() {
                Some(batch) => batch.schema(),
                None => {
                    let none = RecordBatch::new_empty(schema);
                    decide_batch(&self.table, &none, &options).map_err(Ok)?.schema()
                }
            };
            Ok(Answers { schema, batches })
        });
        decided.map_err(|error| match error {
            Ok(error) => errors::of_batch(py, &error),
            Err(message) => errors::plain(message),
        })
    }

    /// The verdict on every `expect` line, about movements and then about accesses.
    fn test<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let checked = self.checked()?;
        let results = py.detach(|| -> Result<_, Errors> {
            let analysis = Analysis::new(checked)?;
            Ok([json(&analysis.test()), json(&analysis.test_access())].concat())
        });
        to_python(py, &results.map_err(|errors| errors::of_policies(py, &errors))?)
    }

    /// What another table decides differently: lists of `movements`, `accesses` and `requirements`, looser
    /// changes first.
    fn diff<'py>(&self, py: Python<'py>, after: &Self) -> PyResult<Bound<'py, PyAny>> {
        let (before, after) = (self.checked()?, after.checked()?);
        let changes = py.detach(|| -> Result<_, Errors> {
            let limit = |limit| before.limit_errors(limit);
            let (before, after) = (Analysis::new(before)?, Analysis::new(after)?);
            let movements = analysis::diff(&before, &after).map_err(limit)?;
            let (accesses, requirements) = analysis::diff_access(&before, &after).map_err(limit)?;
            Ok(BTreeMap::from([
                ("movements", json(&movements)),
                ("accesses", json(&accesses)),
                ("requirements", json(&requirements)),
            ]))
        });
        to_python(py, &changes.map_err(|errors| errors::of_policies(py, &errors))?)
    }

    /// What is decided of the movements of a scope, in parts, each with the rules that decide it.
    fn explain<'py>(&self, py: Python<'py>, scope: &str) -> PyResult<Bound<'py, PyAny>> {
        let checked = self.checked()?;
        let parts = py.detach(|| -> Result<_, Errors> {
            let scope = checked.question(scope)?;
            Analysis::new(checked)?.decide(&scope).map_err(|limit| checked.limit_errors(limit))
        });
        to_python(py, &parts.map_err(|errors| errors::of_policies(py, &errors))?)
    }

    /// What holds for people in an app on a device: `outlook as work for exactly staff on ios`.
    fn effective<'py>(&self, py: Python<'py>, place: &str) -> PyResult<Bound<'py, PyAny>> {
        let checked = self.checked()?;
        let kinds = py.detach(|| -> Result<_, Errors> {
            let scope = checked.access_question(&format!("launch {place}"))?;
            Analysis::new(checked)?.effective(&scope).map_err(|limit| checked.limit_errors(limit))
        });
        to_python(py, &kinds.map_err(|errors| errors::of_policies(py, &errors))?)
    }
}

impl Table {
    fn checked(&self) -> PyResult<&Checked> {
        let message = "a loaded table has no policies to ask: compile them";
        self.checked.as_ref().ok_or_else(|| errors::plain(message))
    }
}

/// The JSON forms of a list of results.
fn json(results: &[impl Serialize]) -> Vec<serde_json::Value> {
    results.iter().filter_map(|one| serde_json::to_value(one).ok()).collect()
}

/// A text as it is, and any other value as JSON.
fn json_text(py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<String> {
    if value.is_instance_of::<PyString>() {
        return value.extract();
    }
    py.import("json")?.call_method1("dumps", (value,))?.extract()
}

fn read<'t, T: serde::Deserialize<'t>>(text: &'t str) -> PyResult<T> {
    serde_json::from_str(text).map_err(|error| errors::RequestError::new_err(error.to_string()))
}

/// A value in its JSON form, as Python has it.
fn to_python<'py>(py: Python<'py>, value: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    let text =
        serde_json::to_string(value).map_err(|error| PyTypeError::new_err(error.to_string()))?;
    py.import("json")?.call_method1("loads", (text,))
}
