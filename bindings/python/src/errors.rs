//! Exceptions, with what the crate knows of a mistake as attributes.

use mam::columnar::BatchError;
use mam::{Errors, ResolveError};
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

create_exception!(mam_policy, MamError, PyException, "The base of all errors of this module.");
create_exception!(
    mam_policy,
    PolicyError,
    MamError,
    "Mistakes in policies. `diagnostics` lists them: code, severity, message, help, location."
);
create_exception!(
    mam_policy,
    RequestError,
    MamError,
    "A request that cannot be answered, with `code`, `member` and `help`."
);
create_exception!(
    mam_policy,
    ColumnsError,
    MamError,
    "A batch that is not answered: `mistakes` lists all of them; `row` is the row if one is wrong."
);

/// An error with a message alone.
pub fn plain(message: impl Into<String>) -> PyErr {
    MamError::new_err(message.into())
}

/// The exception for mistakes in policies.
pub fn of_policies(py: Python<'_>, errors: &Errors) -> PyErr {
    let error = PolicyError::new_err(errors.to_string());
    let diagnostics = errors.reports().iter().map(|report| {
        let one = PyDict::new(py);
        one.set_item("code", report.code().to_string())?;
        one.set_item("severity", report.diagnostic().severity.word())?;
        one.set_item("message", &report.diagnostic().message)?;
        one.set_item("help", report.help())?;
        one.set_item("location", report.location())?;
        Ok(one)
    });
    let diagnostics: PyResult<Vec<_>> = diagnostics.collect();
    with(py, error, |value| value.setattr("diagnostics", diagnostics?))
}

/// The exception for a request.
pub fn of_request(py: Python<'_>, error: &ResolveError) -> PyErr {
    let raised = RequestError::new_err(format!("{error}; {}", error.help()));
    with(py, raised, |value| {
        value.setattr("code", error.code())?;
        value.setattr("member", error.member())?;
        value.setattr("help", error.help())
    })
}

/// The exception for a batch.
pub fn of_batch(py: Python<'_>, error: &BatchError) -> PyErr {
    let raised = ColumnsError::new_err(error.to_string());
    with(py, raised, |value| {
        let mistakes = PyList::empty(py);
        let mut row = None;
        let add = |code: &str, message: String, help: String| {
            let one = PyDict::new(py);
            one.set_item("code", code)?;
            one.set_item("message", message)?;
            one.set_item("help", help)?;
            mistakes.append(one)
        };
        match error {
            BatchError::Columns(errors) => {
                errors.iter().try_for_each(|one| add(one.code(), one.to_string(), one.help()))?;
            }
            BatchError::Row { row: at, error } => {
                row = Some(*at);
                add(error.code(), error.to_string(), error.help())?;
            }
            other => add(other.code(), other.to_string(), String::new())?,
        }
        value.setattr("mistakes", mistakes)?;
        value.setattr("row", row)
    })
}

/// An exception with attributes; if these cannot be set, the reason is raised instead.
fn with(
    py: Python<'_>,
    error: PyErr,
    set: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<()>,
) -> PyErr {
    match set(error.value(py).as_any()) {
        Ok(()) => error,
        Err(reason) => reason,
    }
}
