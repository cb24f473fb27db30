//! The way back: what was imported and exported again is the policy that it was.

use mam::intune::export::{Export, ExportError, Options, export};
use mam::{Compiler, Limits, Platform, intune};
use serde_json::Value;

/// What is lost on the way through rules and back to settings; nothing, if all is well.
pub(crate) fn lost(policy: &Value) -> Result<(), String> {
    let text = policy.to_string();
    let before = import(&text)?;
    let Export { text, deviations, .. } = there_and_back(&text)?;
    assert!(deviations.is_empty(), "deviations come without being asked for: {deviations:?}");
    let exported: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    if exported.is_array() {
        return Err(format!("one policy became several:\n{text}"));
    }
    let after = import(&text)?;
    if before == after { Ok(()) } else { Err(format!("--- before\n{before}\n--- after\n{after}")) }
}

/// A set as it is exported.
pub(crate) fn exported(set: &[Value]) -> Result<Vec<Value>, String> {
    let Export { text, .. } = there_and_back(&Value::from(set.to_vec()).to_string())?;
    Ok(match serde_json::from_str(&text).map_err(|error| error.to_string())? {
        Value::Array(policies) => policies,
        policy => vec![policy],
    })
}

fn import(text: &str) -> Result<String, String> {
    let import = intune::import(&[("policy.json", text)], &Limits::default());
    import.map(|import| import.text).map_err(|errors| errors.to_string())
}

fn there_and_back(text: &str) -> Result<Export, String> {
    let checked = Compiler::new().check("policy.json", text);
    let model = checked.model().ok_or_else(|| checked.errors().to_string())?;
    let platforms = model.policies().first().ok_or("no policy")?.platforms;
    let platform = Platform::ALL.iter().copied().find(|one| platforms.contains(*one));
    let options = Options::new(platform.ok_or("no platform")?);
    export(&checked, &options).map_err(|error| match error {
        ExportError::Refused(errors) => errors.to_string(),
        ExportError::Inexact { deviations, .. } => format!("inexact: {deviations:#?}"),
        _ => error.to_string(),
    })
}
