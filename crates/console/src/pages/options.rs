//! The options of a master, as a form asks for them.
use crate::{Form, model::model};
use minijinja::Value;
use serde_json::Value as Json;
use socle_domain::master::Master;
use std::collections::BTreeMap;

const PREFIX: &str = "option.";

pub(super) fn options(master: &Master, form: &Form) -> Vec<Value> {
    let option = |(name, value): (&String, &Json)| {
        let field = format!("{PREFIX}{name}");
        let given = as_text(value);
        let typed = form.typed.get(&field).unwrap_or(&given).clone();
        model! { field => field, name => name, given => given, value => typed }
    };
    master.options.iter().map(option).collect()
}

pub(super) fn as_text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

/// The options' values that a posted form gives: its fields `option.NAME`, where they differ from the master's own. An
/// option that the master has not is left out; what the master gives as a number, a boolean or a structure is read as
/// JSON, and stays a text where it is none, for the server to refuse.
pub fn typed_options<'a>(
    master: &Master,
    fields: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> BTreeMap<String, Json> {
    let value = |(field, typed): (&str, &str)| {
        let name = field.strip_prefix(PREFIX)?;
        let given = master.options.get(name).filter(|given| as_text(given) != typed)?;
        let json = if given.is_string() { None } else { serde_json::from_str(typed).ok() };
        Some((name.to_string(), json.unwrap_or_else(|| Json::String(typed.to_string()))))
    };
    fields.into_iter().filter_map(value).collect()
}
