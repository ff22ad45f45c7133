//! How what has a text form of its own looks in the description of the API (JSON Schema 2020-12).
use crate::{
    Digest,
    network::Network,
    sign::{PublicKey, Signature, Signed},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

macro_rules! text {
    ($($type:ident, $pattern:literal, $doc:literal);* $(;)?) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "description": $doc })
            }
        }
    )*};
}
text! {
    Digest, "^[0-9a-f]{64}$", "A BLAKE3-256 digest: 64 lower-case hexadecimal digits.";
    PublicKey, "^socle-key:[0-9a-f]{64}$", "An Ed25519 public key.";
    Network, "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$", "A range of IPv4 or IPv6 addresses: `10.2.0.0/16`, `fd00:1::/48`.";
    Signature, "^[0-9a-f]{128}$", "An Ed25519 signature: 128 lower-case hexadecimal digits.";
}

/// The body is a text, whatever it states: one schema for all.
impl<T> JsonSchema for Signed<T> {
    fn schema_name() -> Cow<'static, str> {
        "Signed".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (by, signature) = (generator.subschema_for::<PublicKey>(), generator.subschema_for::<Signature>());
        json_schema!({
            "type": "object",
            "description": "A statement, the key that made it, and the signature over its exact text.",
            "properties": {
                "body": { "type": "string", "description": "The statement, as the JSON text that was signed." },
                "by": by,
                "signature": signature,
            },
            "required": ["body", "by", "signature"],
            "additionalProperties": false,
        })
    }
}
