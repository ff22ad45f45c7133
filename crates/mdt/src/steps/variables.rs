//! Variables of a sequence and of its steps: defaults of the draft; passwords among them are sealed.
use super::{Walk, name_of};
use crate::{
    Kind, Latitude, Reason, Secret, Target, Value, Verdict, names,
    property::{self, Shape},
    secret::is_secret,
    settings::declare,
    tree::{elements, tag, text},
    wish::{Made, made},
};
use roxmltree::Node;

impl Walk<'_, '_> {
    /// Passwords among a step's variables are sealed, whatever became of the step.
    pub(super) fn seal_variables(&mut self, step: Node) {
        let variables: Vec<Node> = step.descendants().filter(|n| tag(*n) == "variable").collect();
        let set = variables.iter().find(|v| name_of(**v).eq_ignore_ascii_case("VariableName")).map_or("", |v| text(*v));
        for variable in variables.into_iter().filter(|v| !text(*v).is_empty()) {
            let name = match name_of(variable) {
                own if own.eq_ignore_ascii_case("VariableValue") => set,
                own => own,
            };
            if is_secret(name) {
                let verdict = self.seal(name, text(variable), self.tree.line_of(variable));
                self.mark(variable, &verdict);
            }
        }
    }

    /// A variable that the sequence sets: a default of the draft. Secrets are sealed by [`Walk::seal_variables`].
    pub(super) fn set_variable(&mut self, name: &str, value: &str) -> Verdict {
        let left = |reason| Verdict::left(reason, name);
        if name.is_empty() || value.is_empty() {
            return left(Reason::Empty);
        }
        if is_secret(name) {
            return Verdict::Form;
        }
        let option = match (property::known(name), property::left(name)) {
            (Some(p), _) if p.shape == Shape::Text => p.option.to_string(),
            (Some(_), _) => return left(Reason::StepType),
            (None, Some(reason)) => return left(reason),
            (None, None) => {
                let own = names::option(name);
                let taken = |n: &str| property::KNOWN.iter().any(|p| p.option == n);
                names::unique(own, taken, '_')
            }
        };
        match made(value) {
            Made::Plain => {}
            Made::Variables => return left(Reason::Variable),
            Made::Script => return left(Reason::Script),
        }
        let is_text = self.import.option(&option).is_none_or(|o| o.holds == Kind::Text);
        if value.len() > 4_000 || value.chars().any(char::is_control) || !is_text {
            return left(Reason::TooMuch);
        }
        if !declare(self.import, &option, name, Kind::Text, Latitude::Fixed) {
            return left(Reason::TooMuch);
        }
        if !self.builder.default(&option, Value::Text(value.into())) {
            return left(Reason::Duplicate);
        }
        Verdict::Carried { to: Target::Option(option), caution: Some(Reason::NoStep) }
    }

    fn seal(&mut self, name: &str, value: &str, line: usize) -> Verdict {
        let option = property::known(name).map_or_else(|| names::option(name), |p| p.option.to_string());
        let known = self.import.option(&option);
        let free = self.import.secrets.iter().all(|s| s.option != option || s.rule.is_some());
        if !free || known.is_some_and(|o| o.holds != Kind::Secret) {
            return Verdict::left(Reason::SecretAside, name);
        }
        if !declare(self.import, &option, name, Kind::Secret, Latitude::Fixed) {
            return Verdict::left(Reason::SecretAside, name);
        }
        let place = crate::Place { file: self.path.into(), line };
        self.import.secrets.push(Secret::new(&option, name, place, value));
        Verdict::Sealed { option }
    }

    /// Variables of a step that is left: what they say is left with it.
    pub(super) fn variables_aside(&mut self, list: Node, reason: Reason) {
        self.mark(list, &Verdict::Form);
        for variable in elements(list) {
            let empty = text(variable).is_empty();
            let verdict = Verdict::left(if empty { Reason::Empty } else { reason }, name_of(variable));
            self.tree.mark_all(self.book, variable, &verdict);
        }
    }

    /// Variables of the whole sequence, set before it begins.
    pub(super) fn variables(&mut self, list: Node) {
        self.mark(list, &Verdict::Form);
        for variable in elements(list) {
            let verdict = self.set_variable(name_of(variable), text(variable));
            self.tree.mark_all(self.book, variable, &verdict);
        }
        self.seal_variables(list);
    }
}
