//! The options of a run, as the form that starts it asks for them.
use super::{
    machines::Chosen,
    option_pages::{titled, typed_value},
};
use crate::{Form, model::model, speak::Speak};
use minijinja::Value;
use serde_json::Value as Json;
use socle_domain::option::OptionSpec;
use std::collections::BTreeMap;

const PREFIX: &str = "option.";

impl Chosen {
    /// The options that the form asks for: all but the secrets, which are set where secrets are typed.
    fn specs(&self) -> Vec<OptionSpec> {
        let specs = self.master.specs_of(&self.sequence).unwrap_or_default().into_iter();
        specs.filter(|s| !s.kind.is_secret()).collect()
    }
    /// What holds for this machine where nothing else is chosen.
    fn given(&self, spec: &OptionSpec) -> String {
        self.holds.get(&spec.name).or(spec.default.as_ref()).map(as_text).unwrap_or_default()
    }
    pub(super) fn options(&self, speak: &Speak, form: &Form) -> Vec<Value> {
        let option = |spec: &OptionSpec| {
            let field = format!("{PREFIX}{}", spec.name);
            let given = self.given(spec);
            let typed = form.typed.get(&field).unwrap_or(&given).clone();
            let label = titled(speak, spec.label.as_ref()).unwrap_or(&spec.name);
            model! { field => field, name => label, given => given, value => typed }
        };
        self.specs().iter().map(option).collect()
    }
}

pub(super) fn as_text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

/// The options' values that a posted form gives: its fields `option.NAME`, where they differ from what holds anyway. An
/// option that the master has not is left out; what can't be read as the option's kind stays a text, for the server to
/// refuse.
pub fn typed_options<'a>(
    chosen: &Chosen,
    fields: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> BTreeMap<String, Json> {
    let specs = chosen.specs();
    let value = |(field, typed): (&str, &str)| {
        let name = field.strip_prefix(PREFIX)?;
        let spec = specs.iter().find(|s| s.name == name).filter(|s| chosen.given(s) != typed)?;
        // A list stands in this form as its JSON.
        let list = serde_json::from_str(typed).ok().filter(|v: &Json| spec.kind.is_list() && v.is_array());
        Some((name.to_string(), list.unwrap_or_else(|| typed_value(spec, typed))))
    };
    fields.into_iter().filter_map(value).collect()
}
