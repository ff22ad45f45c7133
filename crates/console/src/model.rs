//! What templates see.

/// `model! { name => value, … }`: a map for a template, of anything that has a serde form (so of other models too).
macro_rules! model {
    ($($key:ident => $value:expr),* $(,)?) => {
        ::minijinja::Value::from_pairs([
            $((stringify!($key), ::minijinja::Value::from(::minijinja::value::Serde(&$value)))),*
        ])
    };
}
pub(crate) use model;
