//! Templates: `{{ target.name }}` filled from `facts`, `options` and `target`; a missing value is an error.
use super::depth::{self, Words};
use minijinja::{Environment, UndefinedBehavior, syntax::SyntaxConfig, value::Serde};
use serde_json::Value;
use socle_texts::{Fault, Result};
use std::collections::HashSet;

/// Steps of the engine that one text may take.
const FUEL: u64 = 50_000;

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
        environment.set_syntax(syntax);
    }
    environment
}

fn too_deep() -> String {
    format!("an expression goes deeper than {} levels", depth::MAX_DEPTH)
}

/// The names that a template uses (`options.language`), if the text is one; the error is the engine's own words.
pub(super) fn check(text: &str) -> std::result::Result<HashSet<String>, String> {
    if !depth::fits(text, Words::Template) {
        return Err(too_deep());
    }
    let environment = environment();
    let template = environment.template_from_str(text).map_err(|e| e.to_string())?;
    Ok(template.undeclared_variables(true))
}

/// The text with its values.
///
/// # Errors
/// `domain-template-wrong` where a value is missing or the text is no template.
pub fn fill(text: &str, values: &[(&str, &Value)]) -> Result<String> {
    if !depth::fits(text, Words::Template) {
        return Err(Fault::new("domain-template-wrong").because(too_deep()));
    }
    let values: std::collections::BTreeMap<_, _> = values.iter().copied().collect();
    environment().render_str(text, Serde(&values)).map_err(|e| Fault::new("domain-template-wrong").because(e))
}
