//! What templates see.

/// `model! { name => value, … }`: a map for a template, of anything that has a serde form (so of other models too).
macro_rules! model {
    ($($key:ident => $value:expr),* $(,)?) => {
        [$((stringify!($key), ::minijinja::Value::from(::minijinja::value::Serde(&$value)))),*]
            .into_iter()
            .collect::<::minijinja::Value>()
    };
}
pub(crate) use model;
