//! Roles, the second person, the audit trail.
use super::{Page, list::escaped};
use crate::{Form, model::model, speak::Speak};
use minijinja::Value;
use socle_domain::{
    TargetId, UnitId,
    consent::{Deed, State, Why},
    role::Role,
};
use socle_texts::{Arg, says};
use socle_wire::rights::{ApprovalView, AuditView, GrantView, ItemView, RightsAt};
use std::collections::BTreeMap;

/// What somebody may do himself, and where; the place that he looks at. Fields of the form: `unit`.
#[derive(Debug, Clone, Default)]
pub struct MyRightsPage {
    /// By unit, the topmost first.
    pub at: Vec<RightsAt>,
    /// The place that he has chosen to look at.
    pub place: Option<UnitId>,
}

/// Who holds which role, and where. Fields of the form: `person`, `role`, `unit`.
#[derive(Debug, Clone, Default)]
pub struct Roles {
    /// Every grant that may be seen.
    pub grants: Vec<GrantView>,
    /// Units where a role may be given: identifier and name.
    pub units: Vec<(UnitId, String)>,
    /// The refused form, if it was.
    pub form: Form,
}

/// What waits for a second person, and what waited.
#[derive(Debug, Clone, Default)]
pub struct Approvals {
    /// What waits, the oldest first.
    pub waiting: Vec<ApprovalView>,
    /// What was decided, the newest first.
    pub over: Vec<ApprovalView>,
    /// Above how many machines another person is asked.
    pub above: u32,
}

/// One act that waits, or has waited. Fields of the form that refuses: `reason`.
#[derive(Debug, Clone)]
pub struct ApprovalPage {
    /// The act.
    pub view: ApprovalView,
    /// Names of the machines that it reaches.
    pub names: BTreeMap<TargetId, String>,
    /// The master that it is about, as people call it.
    pub master: Option<String>,
    /// Whether the reader asked for it himself: he may take it back.
    pub mine: bool,
    /// Whether the reader may say yes.
    pub may: bool,
    /// The refused form, if it was.
    pub form: Form,
}

/// The audit trail. Fields of the search: `act`, `outcome`, `who`, `subject`.
#[derive(Debug, Clone, Default)]
pub struct AuditPage {
    /// The entries of this page, the newest first.
    pub entries: Vec<AuditView>,
    /// The acts that can be chosen.
    pub acts: Vec<String>,
    /// What was searched for, by field.
    pub search: BTreeMap<String, String>,
    /// The number to go on before; none on the last page.
    pub before: Option<u64>,
}

fn act(speak: &Speak, word: &str) -> String {
    says(speak.lang, &format!("console-act-{word}"), &[]).unwrap_or_else(|| word.to_string())
}

fn grant(speak: &Speak, view: &GrantView) -> Value {
    model! {
        person => view.person.to_string(),
        name => view.person_name.clone().unwrap_or_else(|| speak.say("console-somebody-gone", &[])),
        role => view.role.word(),
        role_name => speak.say(&format!("console-role-{}", view.role), &[]),
        unit => view.unit.to_string(),
        unit_name => view.unit_name,
        at => speak.moment(view.at),
    }
}

impl Page for MyRightsPage {
    fn template(&self) -> &'static str {
        "my-rights.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let at = |at: &RightsAt| {
            let say = |kind: &str, word: &str| speak.say(&format!("console-{kind}-{word}"), &[]);
            model! {
                unit => at.unit.to_string(),
                name => at.unit_name,
                chosen => self.place == Some(at.unit),
                roles => at.roles.iter().map(|r| say("role", r.word())).collect::<Vec<_>>(),
                rights => at.rights.iter().map(|r| say("right", r.word())).collect::<Vec<_>>(),
            }
        };
        model! { at => self.at.iter().map(at).collect::<Vec<_>>(), chosen => self.place.is_some() }
    }
}

impl Page for Roles {
    fn template(&self) -> &'static str {
        "roles.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let role = |role: &Role| {
            model! {
                word => role.word(),
                name => speak.say(&format!("console-role-{role}"), &[]),
                about => speak.say(&format!("console-role-{role}.about"), &[]),
            }
        };
        let unit = |(id, name): &(UnitId, String)| model! { id => id.to_string(), name => name };
        model! {
            grants => self.grants.iter().map(|g| grant(speak, g)).collect::<Vec<_>>(),
            roles => Role::ALL.iter().map(role).collect::<Vec<_>>(),
            units => self.units.iter().map(unit).collect::<Vec<_>>(),
            form => self.form.model(),
        }
    }
}

/// An act as a list shows it.
fn brief(speak: &Speak, view: &ApprovalView) -> Value {
    let number = |n: u64| Arg::from(speak.number(n));
    let machines = [("n", view.machines.into()), ("number", number(view.machines))];
    let what = match &view.deed {
        Deed::RaiseLimit { above } => speak.say("console-deed-raise-limit", &[("above", (*above).into())]),
        deed => speak.say(&format!("console-deed-{}", deed.word()), &machines),
    };
    let why = match view.why {
        Some(Why::Many { machines, above }) => {
            speak.say("console-why-many", &[("machines", number(machines)), ("above", above.into())])
        }
        Some(Why::Loss) => speak.say("console-why-loss", &[]),
        Some(Why::Production) => speak.say("console-why-production", &[]),
        Some(Why::Identity) => speak.say("console-why-identity", &[]),
        Some(Why::Protection) => speak.say("console-why-protection", &[]),
        None => String::new(),
    };
    let (tone, icon) = match view.state {
        State::Waiting => ("wait", "clock"),
        State::Approved => ("active", "loader-2"),
        State::Done => ("good", "circle-check"),
        State::Refused | State::Expired => ("quiet", "ban"),
        State::Failed => ("bad", "alert-triangle"),
    };
    let gone = || speak.say("console-somebody-gone", &[]);
    let badge = model! {
        tone => tone,
        icon => icon,
        label => speak.say(&format!("console-approval-state-{}", view.state.word()), &[]),
    };
    model! {
        url => format!("/approvals/{}", view.id),
        what => what,
        why => why,
        unit => view.unit_name,
        alone => view.alone,
        asked_by => view.asked_by_name.clone().unwrap_or_else(gone),
        asked => speak.moment(view.asked),
        expires => speak.moment(view.expires),
        left => speak.duration(Speak::seconds_between(speak.now, view.expires)),
        badge => badge,
        decided_by => view.decided_by.map(|_| view.decided_by_name.clone().unwrap_or_else(gone)),
        decided => view.decided.map(|at| speak.moment(at)),
        reason => view.reason,
        fault => view.fault.as_ref().map(|f| speak.fault(f)),
    }
}

impl Page for Approvals {
    fn template(&self) -> &'static str {
        "approvals.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let all = |list: &[ApprovalView]| list.iter().map(|a| brief(speak, a)).collect::<Vec<_>>();
        model! { waiting => all(&self.waiting), over => all(&self.over), above => self.above }
    }
}

impl Page for ApprovalPage {
    fn template(&self) -> &'static str {
        "approval.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let name = |target: &TargetId| self.names.get(target).cloned().unwrap_or_else(|| target.to_string());
        let item = |target: &TargetId, item: Option<&ItemView>| {
            model! {
                name => name(target),
                url => format!("/machines/{target}"),
                run => item.and_then(|i| i.run).map(|run| format!("/runs/{run}")),
                fault => item.and_then(|i| i.fault.as_ref()).map(|f| speak.fault(f)),
            }
        };
        let (targets, words) = match &self.view.deed {
            Deed::StartRuns { targets, loss, .. } => {
                let done = |t: &TargetId| self.view.items.iter().find(|i| i.target == *t);
                let loss = format!("{loss:?}") == "Expendable";
                (targets.iter().map(|t| item(t, done(t))).collect::<Vec<_>>(), loss.then(String::new))
            }
            Deed::AllowLoss { reason, .. } => (vec![], Some(reason.clone())),
            Deed::ReplaceIdentity { target, stranger, .. } => (vec![item(target, None), item(stranger, None)], None),
            Deed::BootOnce { target, .. } | Deed::RefuseMachine { target } | Deed::MoveMachine { target, .. } => {
                (vec![item(target, None)], None)
            }
            Deed::CancelRun { .. } | Deed::Publish { .. } | Deed::RaiseLimit { .. } => (vec![], None),
        };
        let run = match &self.view.deed {
            Deed::AllowLoss { run, .. } | Deed::CancelRun { run } => Some(format!("/runs/{run}")),
            _ => None,
        };
        let rights = self.view.rights.iter().map(|r| speak.say(&format!("console-right-{r}"), &[]));
        model! {
            brief => brief(speak, &self.view),
            url => format!("/approvals/{}", self.view.id),
            waits => self.view.state == State::Waiting,
            master => self.master,
            loses => words.is_some(),
            loss_reason => words.filter(|w| !w.is_empty()),
            run => run,
            targets => targets,
            rights => rights.collect::<Vec<_>>(),
            mine => self.mine,
            may => self.may,
            form => self.form.model(),
        }
    }
}

impl Page for AuditPage {
    fn template(&self) -> &'static str {
        "audit.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let who = |e: &AuditView| match (e.who.as_deref(), e.who_name.as_deref()) {
            (Some(word @ ("host" | "server" | "nobody")), _) => speak.say(&format!("console-who-{word}"), &[]),
            (_, Some(name)) => name.to_string(),
            _ => speak.say("console-who-forgotten", &[]),
        };
        let entry = |e: &AuditView| {
            let (kind, id) = e.subject.as_deref().and_then(|s| s.split_once(':')).unwrap_or(("", ""));
            let url = match kind {
                "machine" | "run" | "approval" | "master" => Some(format!("/{kind}s/{id}")),
                _ => None,
            };
            model! {
                number => e.number,
                at => speak.moment(e.at),
                act => act(speak, &e.act),
                outcome => e.outcome.word(),
                outcome_name => speak.say(&format!("console-outcome-{}", e.outcome.word()), &[]),
                who => who(e),
                kind => says(speak.lang, &format!("console-subject-{kind}"), &[]).unwrap_or_else(|| kind.to_string()),
                subject => id,
                url => url,
            }
        };
        let option = |word: &String| model! { word => word, name => act(speak, word) };
        let mut next = self.before.map(|n| format!("/audit?before={n}"));
        if let Some(next) = &mut next {
            for (name, value) in self.search.iter().filter(|(_, value)| !value.is_empty()) {
                next.push_str(&format!("&{name}={}", escaped(value)));
            }
        }
        model! {
            entries => self.entries.iter().map(entry).collect::<Vec<_>>(),
            acts => self.acts.iter().map(option).collect::<Vec<_>>(),
            search => self.search,
            searched => self.search.values().any(|v| !v.is_empty()),
            next => next,
        }
    }
}
