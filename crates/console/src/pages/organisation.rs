//! The organisation: its tree, one unit, lists that come in, and what was found.
use super::{Page, list::escaped};
use crate::{Form, model::model, speak::Speak};
use minijinja::Value;
use socle_domain::{
    Timestamp, UnitId,
    network::Network,
    person::Person,
    unit::{Change, UnitKind},
};
use socle_texts::Arg;
use socle_wire::{
    api::MachineView,
    organisation::{DecisionView, DepartureView, Effect, FoundView, ImportReport, List, UnitView},
};
use std::collections::BTreeMap;

/// The tree, as far as the reader sees it.
#[derive(Debug, Clone, Default)]
pub struct Organisation {
    /// Its units, each branch to its end.
    pub units: Vec<UnitView>,
    /// Units that are left out because there are too many for one page.
    pub left_out: u64,
    /// The day whose tree it is; none: the present.
    pub at: Option<String>,
    /// Directories' departures that wait for somebody.
    pub departures: u64,
}

/// One unit. Fields of its forms: `change` (`rename`, `found`, `move`, `merge`, `split`, `close`), `name`, `kind`, `to`, `day`;
/// `networks`.
#[derive(Debug, Clone)]
pub struct UnitPage {
    /// The unit.
    pub unit: UnitView,
    /// The units above it that the reader sees, from the top.
    pub above: Vec<UnitView>,
    /// Those directly below it.
    pub below: Vec<UnitView>,
    /// What was decided about it, by the moment from which it holds.
    pub decisions: Vec<DecisionView>,
    /// Names of the units that the decisions speak of, as far as the reader sees them.
    pub names: BTreeMap<UnitId, String>,
    /// Its own machines: the first fifty.
    pub machines: Vec<MachineView>,
    /// Its own people: the first fifty.
    pub people: Vec<Person>,
    /// Its own networks.
    pub networks: Vec<Network>,
    /// Where it may go: open units that are not below it.
    pub places: Vec<(UnitId, String)>,
    /// The refused form, if it was.
    pub form: Form,
}

/// A list that comes in. Fields: `list`, `csv`, `act` (`try`, `do`).
#[derive(Debug, Clone)]
pub struct ImportPage {
    /// Which list.
    pub list: List,
    /// What it would do, or did.
    pub report: Option<ImportReport>,
    /// The refused form, and what was typed.
    pub form: Form,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct SearchPage {
    /// What was asked for.
    pub query: String,
    /// What was found.
    pub found: Vec<FoundView>,
}

/// One person.
#[derive(Debug, Clone)]
pub struct PersonPage {
    /// Who.
    pub person: Person,
    /// The path of the unit.
    pub path: String,
    /// The machines and the time of each link, the newest first: name, address, from, until.
    pub links: Vec<(String, Option<String>, Timestamp, Option<Timestamp>)>,
}

fn kind(speak: &Speak, kind: UnitKind) -> String {
    speak.say(&format!("console-unit-kind-{}", kind.word()), &[])
}

fn brief(speak: &Speak, unit: &UnitView, top: u32) -> Value {
    model! {
        id => unit.id,
        url => format!("/organisation/{}", unit.id),
        machines_url => format!("/machines?unit={}", unit.id),
        name => unit.name,
        path => unit.path,
        kind => kind(speak, unit.kind),
        level => unit.depth.saturating_sub(top).min(8),
        closed => unit.ended.map(|at| speak.moment(at)),
        machines => speak.number(unit.all.machines),
        waiting => (unit.all.waiting > 0).then(|| speak.number(unit.all.waiting)),
        people => speak.number(unit.all.people),
    }
}

impl Page for Organisation {
    fn template(&self) -> &'static str {
        "organisation.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let top = self.units.first().map_or(0, |unit| unit.depth);
        model! {
            units => self.units.iter().map(|unit| brief(speak, unit, top)).collect::<Vec<_>>(),
            alone => self.units.len() < 2,
            left_out => (self.left_out > 0).then(|| speak.number(self.left_out)),
            at => self.at,
            departures => (self.departures > 0).then(|| speak.number(self.departures)),
        }
    }
}

impl Page for UnitPage {
    fn template(&self) -> &'static str {
        "organisation-unit.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let machine = |m: &MachineView| {
            model! {
                name => m.name.clone().unwrap_or_else(|| m.code.clone()),
                url => format!("/machines/{}", m.id),
                serial => m.hints.serial,
                last_seen => speak.moment(m.last_seen),
            }
        };
        let person = |p: &Person| {
            model! {
                name => p.name, url => format!("/persons/{}", p.id), login => p.login,
                left => p.until.filter(|until| *until <= speak.now).map(|until| speak.moment(until)),
            }
        };
        let decision = |d: &DecisionView| {
            model! { at => speak.moment(d.at), by => d.by, text => self.sentence(speak, &d.what), to_come => d.at > speak.now }
        };
        let kinds: Vec<(&str, String)> =
            [UnitKind::Body, UnitKind::Site, UnitKind::Room].iter().map(|k| (k.word(), kind(speak, *k))).collect();
        model! {
            unit => brief(speak, &self.unit, 0),
            own => model! { machines => speak.number(self.unit.own.machines), people => speak.number(self.unit.own.people) },
            above => self.above.iter().map(|unit| brief(speak, unit, 0)).collect::<Vec<_>>(),
            below => self.below.iter().map(|unit| brief(speak, unit, unit.depth)).collect::<Vec<_>>(),
            machines => self.machines.iter().map(machine).collect::<Vec<_>>(),
            people => self.people.iter().map(person).collect::<Vec<_>>(),
            decisions => self.decisions.iter().rev().map(decision).collect::<Vec<_>>(),
            places => self.places.iter().map(|(id, path)| model! { id => id, path => path }).collect::<Vec<_>>(),
            kinds => kinds,
            networks => self.networks.iter().map(ToString::to_string).collect::<Vec<_>>(),
            centre => self.unit.id == UnitId::ROOT,
            form => self.form.model(),
        }
    }
}

impl UnitPage {
    fn name(&self, speak: &Speak, unit: UnitId) -> String {
        self.names.get(&unit).cloned().unwrap_or_else(|| speak.say("console-unit-elsewhere", &[]))
    }

    /// A decision in words.
    fn sentence(&self, speak: &Speak, what: &Change) -> String {
        let name = |unit: UnitId| -> Arg { self.name(speak, unit).into() };
        let (key, args): (&str, Vec<(&str, Arg)>) = match what {
            Change::Founded { parent, name: called, .. } => {
                ("console-decision-founded", vec![("name", called.clone().into()), ("parent", name(*parent))])
            }
            Change::Renamed { name: called, .. } => ("console-decision-renamed", vec![("name", called.clone().into())]),
            Change::Moved { unit, parent } => {
                ("console-decision-moved", vec![("unit", name(*unit)), ("parent", name(*parent))])
            }
            Change::Merged { unit, into } => {
                ("console-decision-merged", vec![("unit", name(*unit)), ("into", name(*into))])
            }
            Change::Split { unit, into } => {
                let parts = into.iter().map(|p| p.name.clone()).collect::<Vec<_>>().join(", ");
                ("console-decision-split", vec![("unit", name(*unit)), ("parts", parts.into())])
            }
            Change::Closed { unit } => ("console-decision-closed", vec![("unit", name(*unit))]),
        };
        speak.say(key, &args)
    }
}

impl Page for ImportPage {
    fn template(&self) -> &'static str {
        "organisation-import.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let lists: Vec<Value> = List::ALL
            .iter()
            .map(|list| {
                model! {
                    word => list.word(),
                    name => speak.say(&format!("console-list-{}", list.word()), &[]),
                    url => format!("/organisation/import?list={}", list.word()),
                    file => format!("/api/v1/exports/{}", list.word()),
                    current => *list == self.list,
                }
            })
            .collect();
        let header = match self.list {
            List::Units => {
                "path,kind,networks\nAin,body,\nAin / Bourg,site,10.2.0.0/16 fd00:2::/48\nAin / Bourg / Salle 12,room,"
            }
            List::People => "unit,name,login,mail\nAin / Bourg,Anne Dupré,adupre,adupre@example.org",
            List::Machines => "unit,name,mac,serial,uuid\nAin / Bourg / Salle 12,poste-01,52:54:00:aa:10:01,,",
            List::Links => "kind,unit,person,machine,from,until\nuses,Ain / Bourg,adupre,poste-01,2026-11-22,",
        };
        model! {
            lists => lists,
            word => self.list.word(),
            name => speak.say(&format!("console-list-{}", self.list.word()), &[]),
            about => speak.say(&format!("console-list-about-{}", self.list.word()), &[]),
            header => header,
            form => self.form.model(),
            report => self.report.as_ref().map(|report| told(speak, report)),
        }
    }
}

fn told(speak: &Speak, report: &ImportReport) -> Value {
    let effect = |e: &socle_wire::organisation::LineEffect| {
        model! {
            line => e.line,
            new => e.effect == Effect::Added,
            what => speak.say(if e.effect == Effect::Added { "console-import-added" } else { "console-import-changed" }, &[]),
            name => e.name,
            detail => e.detail,
        }
    };
    let trouble = |t: &socle_wire::organisation::LineTrouble| {
        model! { line => t.line, column => t.column, problem => crate::form::problem(&t.problem) }
    };
    let counts = [
        ("added", speak.number(report.added).into()),
        ("changed", speak.number(report.changed).into()),
        ("same", speak.number(report.same).into()),
    ];
    model! {
        done => report.done,
        ready => !report.done && report.wrong == 0 && report.added + report.changed > 0,
        wrong => report.wrong,
        wrong_text => speak.say("console-import-wrong", &[("n", report.wrong.into()), ("number", speak.number(report.wrong).into())]),
        sum => speak.say("console-import-sum", &counts),
        effects => report.effects.iter().map(effect).collect::<Vec<_>>(),
        troubles => report.troubles.iter().map(trouble).collect::<Vec<_>>(),
    }
}

impl Page for SearchPage {
    fn template(&self) -> &'static str {
        "organisation-search.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let one = |f: &FoundView| {
            let room = match f.kind.as_str() {
                "machine" => "machines",
                "person" => "persons",
                _ => "organisation",
            };
            model! {
                url => format!("/{room}/{}", escaped(&f.id)),
                kind => speak.say(&format!("console-found-{}", f.kind), &[]),
                name => f.name,
                detail => f.detail,
                path => f.path,
                unit_url => format!("/organisation/{}", f.unit),
            }
        };
        model! { query => self.query, found => self.found.iter().map(one).collect::<Vec<_>>() }
    }
}

impl Page for PersonPage {
    fn template(&self) -> &'static str {
        "organisation-person.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let link = |(name, url, from, until): &(String, Option<String>, Timestamp, Option<Timestamp>)| {
            model! {
                name => name, url => url, from => speak.moment(*from), until => until.map(|at| speak.moment(at)),
            }
        };
        model! {
            name => self.person.name,
            login => self.person.login,
            mail => self.person.mail,
            path => self.path,
            unit_url => format!("/organisation/{}", self.person.unit),
            since => speak.moment(self.person.since),
            until => self.person.until.map(|at| speak.moment(at)),
            links => self.links.iter().map(link).collect::<Vec<_>>(),
        }
    }
}

/// Whoever is no longer in a directory. Fields of the form: `id`, `left` (`yes`, `no`).
#[derive(Debug, Clone, Default)]
pub struct DeparturesPage {
    /// Those who wait for somebody to decide.
    pub waiting: Vec<DepartureView>,
}

impl Page for DeparturesPage {
    fn template(&self) -> &'static str {
        "organisation-departures.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let one = |d: &DepartureView| {
            model! {
                id => d.id, name => d.name, url => format!("/persons/{}", d.person), directory => d.directory,
                seen => speak.moment(d.seen),
            }
        };
        model! { waiting => self.waiting.iter().map(one).collect::<Vec<_>>() }
    }
}
