//! A form that was refused comes back with what was typed and why.
use crate::model::model;
use minijinja::Value;
use socle_wire::problem::Problem;
use std::collections::BTreeMap;

/// The state of a page's form. `Form::default()` is a fresh one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Form {
    /// Why it was refused, in the reader's language.
    pub problem: Option<Problem>,
    /// The field at fault, by its name; none where it is the whole form.
    pub field: Option<String>,
    /// What was typed, by field. Never a password.
    pub typed: BTreeMap<String, String>,
}

impl Form {
    /// A form refused because of `field` (empty: the whole form).
    pub fn refused(problem: Problem, field: &str, typed: BTreeMap<String, String>) -> Self {
        let field = (!field.is_empty()).then(|| field.to_string());
        Form { problem: Some(problem), field, typed }
    }

    pub(crate) fn model(&self) -> Value {
        model! { problem => self.problem.as_ref().map(problem), field => self.field, typed => self.typed }
    }
}

/// A problem as templates see it: the technical cause apart from the sentence.
pub(crate) fn problem(problem: &Problem) -> Value {
    let cause = problem.fault.cause.as_deref();
    let suffix = cause.map(|c| format!(" [{c}]")).unwrap_or_default();
    let text = problem.title.strip_suffix(&suffix).unwrap_or(&problem.title);
    model! { code => problem.fault.code, text => text, cause => cause, next => problem.detail, status => problem.status }
}
