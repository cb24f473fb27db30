//! The Python module `mam_policy`: tables of policies, decisions, and analysis.
//!
//! Takes in Python values: requests as dictionaries, batches by the Arrow PyCapsule interface. Gives out the
//! JSON forms of the crate as Python values, and batches by the same interface. Decides nothing by itself.

mod errors;
mod streams;
mod table;

use pyo3::prelude::*;

/// The native part of `mam_policy`.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add_class::<table::Table>()?;
    module.add_class::<streams::Answers>()?;
    module.add("MamError", py.get_type::<errors::MamError>())?;
    module.add("PolicyError", py.get_type::<errors::PolicyError>())?;
    module.add("RequestError", py.get_type::<errors::RequestError>())?;
    module.add("ColumnsError", py.get_type::<errors::ColumnsError>())?;
    Ok(())
}
