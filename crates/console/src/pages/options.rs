//! The options of a master, as a form asks for them.
use crate::{Form, model::model};
use minijinja::Value;
use serde_json::Value as Json;
use socle_domain::master::Master;
use std::collections::{BTreeMap, BTreeSet};

const PREFIX: &str = "option.";

/// The names of a master's options: those that it gives a value, and those that its sequence speaks of.
fn names(master: &Master) -> BTreeSet<String> {
    let word = |text: &str| -> String {
        text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>()
    };
    let spoken = master.sequence.split("options.").skip(1).map(word).filter(|w| !w.is_empty());
    master.options.keys().cloned().chain(spoken).collect()
}

pub(super) fn options(master: &Master, form: &Form) -> Vec<Value> {
    let option = |name: String| {
        let given = master.options.get(&name).map(as_text);
        let field = format!("{PREFIX}{name}");
        let typed = form.typed.get(&field).cloned().or_else(|| given.clone());
        model! { field => field, name => name, given => given, value => typed.unwrap_or_default() }
    };
    names(master).into_iter().map(option).collect()
}

pub(super) fn as_text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

/// The options' values that a posted form gives: its fields `option.NAME`, where they differ from the master's own. What
/// the master gives as a number, a boolean or a structure is read as JSON; anything else is a text.
pub fn typed_options<'a>(
    master: &Master,
    fields: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> BTreeMap<String, Json> {
    let value = |(field, typed): (&str, &str)| {
        let name = field.strip_prefix(PREFIX)?;
        let given = master.options.get(name);
        if given.map(as_text).as_deref() == Some(typed) || (given.is_none() && typed.is_empty()) {
            return None;
        }
        let json = given.filter(|g| !g.is_string()).and_then(|_| serde_json::from_str(typed).ok());
        Some((name.to_string(), json.unwrap_or_else(|| Json::String(typed.to_string()))))
    };
    fields.into_iter().filter_map(value).collect()
}
