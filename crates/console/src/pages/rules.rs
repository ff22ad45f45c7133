//! Rules that set options: written and tried in place.
use super::Page;
use crate::{Form, model::model, speak::Speak};
use minijinja::Value;
use serde_json::Value as Json;
use socle_domain::UnitId;
use socle_wire::options::{RuleView, TriedRule};
use std::collections::BTreeMap;

/// The rules of a place and of those above it. Fields of the form: `id`, `name`, `order`, `when`, `sets` (a line
/// `OPTION=VALUE` each), `act` (`try` or `keep`).
#[derive(Debug, Clone, Default)]
pub struct RulesPage {
    /// The place whose rules are written here.
    pub unit: Option<(UnitId, String)>,
    /// The rules, those of the place and those above it.
    pub rules: Vec<RuleView>,
    /// The options that can be set here.
    pub options: Vec<String>,
    /// Whether the reader may write here.
    pub may: bool,
    /// What was typed, and why it was refused if it was.
    pub form: Form,
    /// What the rule would do, if it was tried.
    pub tried: Option<TriedRule>,
}

impl RulesPage {
    /// The fields of a rule as its form holds them.
    pub fn typed(rule: &RuleView) -> BTreeMap<String, String> {
        let rule = &rule.rule;
        BTreeMap::from([
            ("id".to_string(), rule.id.to_string()),
            ("name".to_string(), rule.name.clone()),
            ("order".to_string(), rule.order.to_string()),
            ("when".to_string(), rule.when.clone()),
            ("sets".to_string(), rule.sets.iter().map(|(o, v)| format!("{o}={}\n", said(Some(v)))).collect()),
        ])
    }
}

/// What the lines `OPTION=VALUE` of a form set: JSON, else a text; the line that is none, if there is one.
pub fn typed_sets(text: &str) -> Result<BTreeMap<String, Json>, String> {
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    let one = |line: &str| {
        let (option, value) = line.split_once('=').ok_or_else(|| line.to_string())?;
        let value = value.trim();
        Ok((option.trim().to_string(), serde_json::from_str(value).unwrap_or_else(|_| value.into())))
    };
    lines.map(one).collect()
}

fn said(value: Option<&Json>) -> String {
    value.map_or_else(|| "–".into(), |v| v.as_str().map_or_else(|| v.to_string(), str::to_string))
}

impl Page for RulesPage {
    fn template(&self) -> &'static str {
        "rules.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let own = self.unit.as_ref().map(|(unit, _)| *unit);
        let rule = |view: &RuleView| {
            let rule = &view.rule;
            model! {
                id => rule.id.to_string(),
                name => rule.name,
                order => rule.order,
                when => rule.when,
                sets => rule.sets.iter().map(|(o, v)| format!("{o} = {}", said(Some(v)))).collect::<Vec<_>>(),
                unit => view.unit_name,
                by => rule.by,
                at => speak.moment(rule.at),
                own => self.may && Some(rule.unit) == own,
            }
        };
        let change = |c: &socle_wire::options::TriedChange| {
            model! { option => c.option, before => said(c.before.as_ref()), after => said(c.after.as_ref()) }
        };
        let machine = |m: &socle_wire::options::TriedMachine| {
            model! {
                name => m.name,
                url => format!("/machines/{}", m.id),
                changes => m.changes.iter().map(change).collect::<Vec<_>>(),
            }
        };
        let tried = |t: &TriedRule| {
            model! {
                text => speak.say("console-rule-tried", &[
                    ("looked", speak.number(t.looked_at).into()),
                    ("of", speak.number(t.of).into()),
                    ("matches", t.matches.into()),
                    ("change", t.would_change.into()),
                ]),
                undecided => (t.undecided > 0).then(|| speak.say("console-rule-undecided", &[
                    ("n", t.undecided.into()),
                    ("why", t.why_undecided.clone().unwrap_or_default().into()),
                ])),
                machines => t.machines.iter().map(machine).collect::<Vec<_>>(),
            }
        };
        model! {
            unit => self.unit.as_ref().map(|(_, name)| name),
            rules => self.rules.iter().map(rule).collect::<Vec<_>>(),
            options => self.options,
            may => self.may,
            form => self.form.model(),
            tried => self.tried.as_ref().map(tried),
        }
    }
}
