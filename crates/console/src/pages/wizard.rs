//! Codes with which technicians sign in at machines, and the form of a whole room.
use super::Page;
use crate::{Form, model::model, speak::Speak};
use minijinja::Value;
use serde_json::Value as Json;
use socle_domain::{TargetId, Timestamp, UnitId, sequence::Title};
use socle_texts::{Fault, Lang};
use socle_wire::{
    api::MasterView,
    wizard::{Choice, CodeView, Input, MAX_CODES_AT_ONCE, MadeCodes, Question, Room, RoomMachine},
};
use std::collections::BTreeMap;

/// A reader's codes. Fields of the form: `unit`, `count`, `minutes`.
#[derive(Debug, Clone, Default)]
pub struct Codes {
    /// Those that were just made: shown this once.
    pub made: Option<MadeCodes>,
    /// Those that still open something.
    pub open: Vec<CodeView>,
    /// Units for which codes may be made: identifier and name.
    pub units: Vec<(UnitId, String)>,
    /// The refused form, if it was.
    pub form: Form,
}

/// The form of a room. Fields: `master`, `loss`, `act` (`fill`, `start`); for all machines `all.name` (a pattern) and
/// `all.option.NAME`; for each machine `take.ID`, `name.ID`, `seat.ID`, `option.NAME.ID`.
#[derive(Debug, Clone)]
pub struct RoomForm {
    /// The room, its machines and what is asked.
    pub room: Room,
    /// The masters that it is offered.
    pub masters: Vec<MasterView>,
    /// What was typed, by field; a field that is not there shows what holds. Of a list: its values with commas.
    pub typed: BTreeMap<String, String>,
    /// What is wrong, by machine and field (`name`, `seat`, `option.NAME`).
    pub wrong: BTreeMap<TargetId, BTreeMap<String, Fault>>,
    /// Why the whole form was refused.
    pub form: Form,
}

impl Page for Codes {
    fn template(&self) -> &'static str {
        "codes.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let name = |unit: &UnitId| self.units.iter().find(|(u, _)| u == unit).map(|(_, name)| name.clone());
        let code = |c: &CodeView| model! { unit => name(&c.unit), made => speak.moment(c.made), until => until(speak, c.expires) };
        let made = self.made.as_ref().map(|made| {
            let codes: Vec<String> = made.codes.iter().map(|c| spaced(c)).collect();
            model! { codes => codes, unit => name(&made.unit), until => until(speak, made.expires) }
        });
        let units = self.units.iter().map(|(id, name)| model! { id => id.to_string(), name => name });
        model! {
            made => made,
            open => self.open.iter().map(code).collect::<Vec<_>>(),
            units => units.collect::<Vec<_>>(),
            most => MAX_CODES_AT_ONCE,
            form => self.form.model(),
        }
    }
}

/// Eight digits as one reads them out: `1234 5678`.
fn spaced(code: &str) -> String {
    let half = code.len() / 2;
    code.get(..half).zip(code.get(half..)).map_or_else(|| code.to_string(), |(a, b)| format!("{a} {b}"))
}

fn until(speak: &Speak, at: Timestamp) -> Value {
    let moment = at.to_zoned(speak.zone.clone());
    model! { iso => at.to_string(), clock => moment.strftime("%H:%M").to_string() }
}

impl Page for RoomForm {
    fn template(&self) -> &'static str {
        "room.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let master = |m: &MasterView| {
            let url = format!("/machines/room?unit={}&master={}", self.room.unit, m.digest);
            model! { digest => m.digest.to_string(), name => m.name, version => m.version, url => url }
        };
        let chosen = self.masters.iter().find(|m| Some(m.digest) == self.room.master);
        let for_all = |q: &Question| self.cell(speak, q, &format!("all.option.{}", q.name), None, None);
        model! {
            unit => self.room.unit.to_string(),
            name => self.room.name,
            master => chosen.map(master),
            masters => self.masters.iter().map(master).collect::<Vec<_>>(),
            questions => self.room.questions.iter().map(|q| model! {
                label => words(speak, &q.label),
                help => q.help.as_ref().map(|h| words(speak, h)),
                all => for_all(q),
            }).collect::<Vec<_>>(),
            pattern => self.typed.get("all.name").cloned().unwrap_or_default(),
            machines => self.room.machines.iter().map(|m| self.line(speak, m)).collect::<Vec<_>>(),
            wrong => !self.wrong.is_empty(),
            loss => self.typed.get("loss").cloned().unwrap_or_default(),
            form => self.form.model(),
        }
    }
}

impl RoomForm {
    fn line(&self, speak: &Speak, machine: &RoomMachine) -> Value {
        let id = machine.id;
        let typed = |field: &str| self.typed.get(&format!("{field}.{id}")).cloned();
        let fault = |field: &str| self.wrong.get(&id).and_then(|w| w.get(field)).map(|f| speak.sentence(f));
        let cell = |q: &Question| {
            let field = format!("option.{}", q.name);
            let asked = machine.asked.get(&q.name)?;
            Some(self.cell(speak, q, &format!("{field}.{id}"), asked.as_ref(), fault(&field)))
        };
        // A form that is fresh takes everybody part who can.
        let fresh = self.typed.is_empty();
        model! {
            id => id.to_string(),
            url => format!("/machines/{id}"),
            name => typed("name").unwrap_or_else(|| machine.name.clone()),
            known => machine.known,
            code => machine.code,
            busy => machine.busy,
            takes => !machine.busy && (fresh || typed("take").is_some()),
            seat => typed("seat").or_else(|| machine.seat.clone()).unwrap_or_default(),
            name_fault => fault("name"),
            seat_fault => fault("seat"),
            cells => self.room.questions.iter().map(cell).collect::<Vec<_>>(),
        }
    }

    /// One answer, as its control shows it.
    fn cell(&self, speak: &Speak, q: &Question, field: &str, holds: Option<&Json>, fault: Option<String>) -> Value {
        let shown = self.typed.get(field).cloned().or_else(|| holds.map(|v| q.input.shown(v))).unwrap_or_default();
        let parts: Vec<&str> = shown.split(',').map(str::trim).collect();
        let named = |c: &Choice| {
            let value = q.input.shown(&c.value);
            let label = c.label.as_ref().map_or_else(|| value.clone(), |l| words(speak, l));
            model! { selected => parts.contains(&value.as_str()), value => value, label => label }
        };
        let (control, choices, least, most): (&str, Vec<Value>, Option<String>, Option<String>) = match &q.input {
            Input::Boolean {} => ("boolean", vec![], None, None),
            Input::Integer { least, most } => {
                ("number", vec![], least.map(|n| n.to_string()), most.map(|n| n.to_string()))
            }
            Input::Choice { of } => ("choice", of.iter().map(named).collect(), None, None),
            Input::List { of } => ("list", of.iter().map(named).collect(), None, None),
            Input::Date { first, last } => ("date", vec![], first.clone(), last.clone()),
            Input::Secret { .. } => ("password", vec![], None, None),
            Input::Text { .. } | Input::Texts { .. } | Input::Network {} => ("text", vec![], None, None),
        };
        // What was typed as a secret is not sent back.
        let value = if q.input.is_secret() { String::new() } else { shown.clone() };
        model! {
            field => field,
            label => words(speak, &q.label),
            control => control,
            value => value,
            choices => choices,
            least => least,
            most => most,
            fault => fault,
        }
    }
}

fn words(speak: &Speak, title: &Title) -> String {
    match speak.lang {
        Lang::Fr => title.fr.clone(),
        Lang::En => title.en.clone(),
    }
}
