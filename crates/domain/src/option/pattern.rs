//! Patterns: regular expressions that a whole text must match.
use regex_lite::{Regex, RegexBuilder};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, OnceLock},
};

const MAX_BYTES: usize = 512;
/// What a compiled pattern may weigh: `(a{1000}){1000}` is refused, not computed.
const MAX_COMPILED_BYTES: usize = 256 << 10;

/// A pattern. It matches a text whole or not at all, in time linear to the text.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    compiled: Arc<OnceLock<Option<Regex>>>,
}

impl Pattern {
    /// Reads a pattern; the error is the engine's own words.
    pub fn new(text: &str) -> Result<Pattern, String> {
        if text.len() > MAX_BYTES {
            return Err(format!("a pattern has at most {MAX_BYTES} bytes"));
        }
        // Alone first: `)(` would pass between the parentheses below.
        compile(text)?;
        let compiled = compile(&format!("^(?:{text})$"))?;
        Ok(Pattern { text: text.into(), compiled: Arc::new(OnceLock::from(Some(compiled))) })
    }
    /// Whether it matches the whole of `text`.
    pub fn matches(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| compile(&format!("^(?:{})$", self.text)).ok());
        compiled.as_ref().is_some_and(|r| r.is_match(text))
    }
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn compile(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text).size_limit(MAX_COMPILED_BYTES).build().map_err(|e| e.to_string())
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.text == other.text
    }
}
impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.text)
    }
}
impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.text)
    }
}
impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Pattern::new(&String::deserialize(d)?).map_err(D::Error::custom)
    }
}
impl JsonSchema for Pattern {
    fn schema_name() -> Cow<'static, str> {
        "Pattern".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "maxLength": MAX_BYTES, "description": "A regular expression that a whole text must match.",
        })
    }
}
