//! One route in the description, gathered from the types of its handler.
use super::book::Book;
use schemars::JsonSchema;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a handler's types say of it.
#[derive(Default)]
pub(crate) struct Operation {
    /// Parameters of the query and of the header.
    pub parameters: Vec<Value>,
    /// The schemas of the places in the path, in their order.
    pub path: Vec<Value>,
    /// The message: media type and schema.
    pub body: Option<(&'static str, Value)>,
    /// What is answered when all is well, by status: media type and schema.
    pub answers: BTreeMap<u16, Option<(&'static str, Value)>>,
}

impl Operation {
    /// The fields of a query.
    pub fn query<T: JsonSchema>(&mut self, book: &mut Book) {
        for (name, mut schema, required) in fields(&book.written_out::<T>()) {
            let description = schema.as_object_mut().and_then(|s| s.remove("description"));
            let mut parameter = json!({ "in": "query", "name": name, "required": required, "schema": schema });
            if let Some(description) = description {
                parameter["description"] = description;
            }
            self.parameters.push(parameter);
        }
    }
    /// The places of a path: one type, or several as a tuple or a struct.
    pub fn places<T: JsonSchema>(&mut self, book: &mut Book) {
        let whole = book.written_out::<T>();
        self.path = match (whole.get("prefixItems"), whole.get("properties")) {
            (Some(Value::Array(items)), _) => items.clone(),
            (None, Some(_)) => fields(&whole).into_iter().map(|(_, schema, _)| schema).collect(),
            _ => vec![book.asked::<T>()],
        };
    }
    /// A message in JSON.
    pub fn message<T: JsonSchema>(&mut self, book: &mut Book) {
        self.body = Some(("application/json", book.asked::<T>()));
    }
    /// An answer in JSON.
    pub fn answer<T: JsonSchema>(&mut self, status: u16, book: &mut Book) {
        self.answers.insert(status, Some(("application/json", book.answered::<T>())));
    }
}

/// Name, schema, and whether it must be there. What may be left out needs no `null`: there is none in an address.
fn fields(schema: &Value) -> Vec<(String, Value, bool)> {
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let one = |(name, schema): (&String, &Value)| {
        (name.clone(), without_null(schema.clone()), required.iter().any(|r| r.as_str() == Some(name)))
    };
    properties.iter().map(one).collect()
}

fn without_null(mut schema: Value) -> Value {
    let Some(map) = schema.as_object_mut() else { return schema };
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|t| t != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            map.insert("type".into(), one);
        }
    }
    if let Some(Value::Array(any)) = map.get_mut("anyOf") {
        any.retain(|s| s.get("type").is_none_or(|t| t != "null"));
        if let [one] = any.as_slice() {
            let one = one.clone();
            map.remove("anyOf");
            if let Value::Object(one) = one {
                map.extend(one);
            }
        }
    }
    if let Some(Value::Array(values)) = map.get_mut("enum") {
        values.retain(|v| !v.is_null());
    }
    map.remove("default");
    schema
}
