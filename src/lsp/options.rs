//! Options of the server, as the editor gives them at the start.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// The options. Each has a default, so that an editor needs to give none.
#[derive(Debug, Clone)]
pub(super) struct Options {
    /// Sets of several files that no `use` ties together, each a list of paths from the first folder.
    pub(super) sets: Vec<Vec<String>>,
    /// The start of the addresses of explanations; the code of a diagnostic stands behind it.
    pub(super) explanations: Option<String>,
    /// The start of the addresses of catalogues, if the editor can show them: `mam-catalogue:/`.
    pub(super) catalogues: Option<String>,
    /// The pause after which lints and expectations are worked out, in milliseconds.
    pub(super) idle: u64,
    /// Whether rules and policies that change nothing are looked for.
    pub(super) lints: bool,
    /// Whether the editor shows the answers of commands; if not, the server has them shown as messages.
    pub(super) shows: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sets: Vec::new(),
            explanations: None,
            catalogues: None,
            idle: 250,
            lints: true,
            shows: false,
        }
    }
}

impl Options {
    /// The options in a value, with a sentence about each that cannot be read. That one keeps its default.
    pub(super) fn read(given: Option<Value>) -> (Self, Vec<String>) {
        let mut options = Self::default();
        let mut wrong = Vec::new();
        match given {
            None | Some(Value::Null) => {}
            Some(Value::Object(members)) => {
                for (name, value) in members {
                    wrong.extend(options.set(&name, value).err());
                }
            }
            Some(_) => wrong.push("the initialization options are no object".to_owned()),
        }
        (options, wrong)
    }

    fn set(&mut self, name: &str, value: Value) -> Result<(), String> {
        match name {
            "sets" => assign(&mut self.sets, name, value),
            "explanations" => assign(&mut self.explanations, name, value),
            "catalogues" => assign(&mut self.catalogues, name, value),
            "idle" => assign(&mut self.idle, name, value),
            "lints" => assign(&mut self.lints, name, value),
            "shows" => assign(&mut self.shows, name, value),
            _ => Err(format!("there is no option `{name}`")),
        }
    }
}

fn assign<T: DeserializeOwned>(option: &mut T, name: &str, value: Value) -> Result<(), String> {
    *option = serde_json::from_value(value).map_err(|error| format!("option `{name}`: {error}"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_bad_option_leaves_the_others() {
        let given = json!({ "idle": "250", "lints": false, "colour": 1, "sets": [["a.mam"]] });
        let (options, wrong) = Options::read(Some(given));
        assert_eq!((options.idle, options.lints), (250, false));
        assert_eq!(options.sets, [["a.mam"]]);
        assert!(wrong.iter().any(|one| one == "there is no option `colour`"), "{wrong:?}");
        assert!(wrong.iter().any(|one| one.starts_with("option `idle`: ")), "{wrong:?}");
        assert_eq!(wrong.len(), 2);
        assert!(Options::read(Some(json!(7))).1.len() == 1 && Options::read(None).1.is_empty());
    }
}
