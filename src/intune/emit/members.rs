//! The emitter of members: typed values for every property of a platform's type.
//!
//! Takes in values from the families of settings, gives out a map. JSON is made of it elsewhere.

use std::collections::BTreeMap;

use crate::intune::names::{AppRef, Names};
use crate::intune::schema::{Property, ValueType};
use crate::intune::value::Value;
use crate::vocabulary::Platform;

/// The output of a family's `write`. A member that the platform's type lacks is dropped.
pub(in crate::intune) struct MemberEmitter<'e> {
    pub(in crate::intune) platform: Platform,
    pub(in crate::intune) names: &'e Names,
    pub(in crate::intune) values: BTreeMap<&'static str, Value>,
}

impl<'e> MemberEmitter<'e> {
    /// An emitter in which every property has its default.
    pub(in crate::intune) fn new(platform: Platform, names: &'e Names) -> Self {
        let defaults = Property::all(platform)
            .filter(|property| !matches!(property.kind, ValueType::Special))
            .map(|property| (property.name, Value::default_of(property.kind)));
        Self { platform, names, values: defaults.collect() }
    }

    pub(in crate::intune) fn set(&mut self, name: &'static str, value: Value) {
        if let Some(slot) = self.values.get_mut(name) {
            *slot = value;
        }
    }

    pub(in crate::intune) fn bool(&mut self, name: &'static str, value: bool) {
        self.set(name, Value::Bool(value));
    }

    pub(in crate::intune) fn word(&mut self, name: &'static str, value: &'static str) {
        self.set(name, Value::Word(value));
    }

    pub(in crate::intune) fn text(&mut self, name: &'static str, value: Option<&str>) {
        let value = value.filter(|text| !text.is_empty());
        self.set(name, value.map_or(Value::Unset, |text| Value::Text(text.to_owned())));
    }

    /// The id by which a setting names an app.
    pub(in crate::intune) fn id(&self, app: &AppRef) -> Option<String> {
        self.names.setting_id(app, self.platform)
    }
}
