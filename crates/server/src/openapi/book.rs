//! The schemas of everything that is said, each under one name.
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

const ASKED: &str = "#/components/asked/";
const SCHEMAS: &str = "#/components/schemas/";

/// What serde reads and what it writes may differ (a field with a default is optional one way only): two generators,
/// and a type whose two schemas differ stands under two names, `X` as answered and `XInput` as asked.
pub(crate) struct Book {
    asked: SchemaGenerator,
    answered: SchemaGenerator,
}

impl Book {
    /// An empty one.
    pub fn new() -> Book {
        let settings = |path: &str| {
            SchemaSettings::draft2020_12().with(|s| {
                s.definitions_path = path.trim_start_matches('#').trim_end_matches('/').to_string().into();
                s.meta_schema = None;
            })
        };
        Book {
            asked: settings(ASKED).for_deserialize().into_generator(),
            answered: settings(SCHEMAS).for_serialize().into_generator(),
        }
    }
    /// The schema of what callers send.
    pub fn asked<T: JsonSchema>(&mut self) -> Value {
        self.asked.subschema_for::<T>().to_value()
    }
    /// The same, written out instead of referred to: its fields become parameters.
    pub fn written_out<T: JsonSchema>(&mut self) -> Value {
        T::json_schema(&mut self.asked).to_value()
    }
    /// The schema of what they are answered.
    pub fn answered<T: JsonSchema>(&mut self) -> Value {
        self.answered.subschema_for::<T>().to_value()
    }
    /// All schemas by name; references in `paths` are made to point at them.
    pub fn close(mut self, paths: &mut Value) -> Map<String, Value> {
        let mut all = self.answered.take_definitions(true);
        let asked = self.asked.take_definitions(true);
        let mut apart = BTreeSet::new();
        // A type differs also where one that it refers to does: until nothing is added.
        loop {
            let before = apart.len();
            for (name, schema) in &asked {
                let mut same = schema.clone();
                renamed(&mut same, &apart);
                if all.get(name).is_some_and(|answered| *answered != same) {
                    apart.insert(name.clone());
                }
            }
            if apart.len() == before {
                break;
            }
        }
        renamed(paths, &apart);
        for (name, mut schema) in asked {
            renamed(&mut schema, &apart);
            let name = if apart.contains(&name) { format!("{name}Input") } else { name };
            all.insert(name, schema);
        }
        all
    }
}

/// Makes references to what is asked point at where it stands.
fn renamed(value: &mut Value, apart: &BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(to)) = map.get_mut("$ref")
                && let Some(name) = to.strip_prefix(ASKED)
            {
                *to = format!("{SCHEMAS}{name}{}", if apart.contains(name) { "Input" } else { "" });
            }
            map.values_mut().for_each(|v| renamed(v, apart));
        }
        Value::Array(list) => list.iter_mut().for_each(|v| renamed(v, apart)),
        _ => {}
    }
}
