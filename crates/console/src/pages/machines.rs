//! Machines: the list, those to be recognised, one machine, starting a run on it.
use super::{
    Page, RunWithSteps,
    list::pager,
    machine_model::{boot_event, facts, machine_brief},
    run_model::{phase_word, run_brief, step_title},
};
use crate::{Form, model::model, speak::Speak};
use minijinja::Value;
use socle_domain::{RunId, TargetId, master::Master, sequence::Sequence, start::Standing};
use socle_wire::api::{BootEventView, ImageView, MachineView, MasterView, RunView};
use socle_wire::boot_once::BootOnceView;
use std::collections::BTreeMap;

/// The list of machines.
#[derive(Debug, Clone, Default)]
pub struct Machines {
    /// Those of this page of the list, as filtered.
    pub machines: Vec<MachineView>,
    /// Their current or last runs.
    pub runs: BTreeMap<RunId, RunView>,
    /// Machines by state (`to-recognise`, `known`, `refused`), whatever the filter.
    pub counts: BTreeMap<String, u64>,
    /// The filter on the state; none: all but the refused.
    pub state: Option<String>,
    /// The filter on what their last start was worth.
    pub trust: Option<Standing>,
    /// What was searched: name, serial, MAC.
    pub query: String,
    /// Names proposed for machines to be recognised.
    pub suggestions: BTreeMap<TargetId, String>,
    /// The machine whose acceptance was refused, and its form.
    pub refused_form: Option<(TargetId, Form)>,
    /// Which page of the list, from 1.
    pub page: u32,
    /// How many pages there are.
    pub pages: u32,
}

/// Announcing machines before they come. Field: `csv`.
#[derive(Debug, Clone, Default)]
pub struct Announce {
    /// The refused form, if it was.
    pub form: Form,
}

/// One machine.
#[derive(Debug, Clone)]
pub struct MachinePage {
    /// The machine.
    pub machine: MachineView,
    /// Its runs, newest first.
    pub runs: Vec<RunWithSteps>,
    /// What the boot services answered to it, newest first.
    pub boot_events: Vec<BootEventView>,
    /// The name proposed, while it is to be recognised.
    pub suggestion: Option<String>,
    /// The known machine that it seems to be again, by its security chip.
    pub again: Option<String>,
    /// Orders to start the boot environment once, the newest first.
    pub starts: Vec<BootOnceView>,
    /// The form of its acceptance, if it was refused.
    pub form: Form,
}

/// A master that was chosen for a run, opened.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// As the list shows it.
    pub view: MasterView,
    /// The master.
    pub master: Master,
    /// Its sequence.
    pub sequence: Sequence,
    /// The images it holds.
    pub images: Vec<ImageView>,
    /// What its options are for this machine where nothing else is chosen.
    pub holds: BTreeMap<String, serde_json::Value>,
}

/// Starting a run: choose a master, read what will happen, confirm. Fields: `master`, `loss`, and `option.NAME` for each
/// option (see [`typed_options`](crate::typed_options)).
#[derive(Debug, Clone)]
pub struct Start {
    /// The machine.
    pub machine: MachineView,
    /// The masters there are.
    pub masters: Vec<MasterView>,
    /// The one that was chosen, if one was.
    pub chosen: Option<Chosen>,
    /// The run that the machine is in, if it is in one: another can't be started.
    pub busy: Option<RunView>,
    /// The refused form, if it was.
    pub form: Form,
}

impl Page for Machines {
    fn template(&self) -> &'static str {
        "machines.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let (queue, list): (Vec<&MachineView>, Vec<&MachineView>) =
            self.machines.iter().partition(|m| m.state == "to-recognise");
        let run_of = |m: &MachineView| m.run.and_then(|id| self.runs.get(&id));
        model! {
            tabs => self.tabs(speak),
            trusts => self.trusts(speak),
            trust => self.trust.map(Standing::word),
            state => self.state,
            query => self.query,
            queue => queue.iter().map(|m| self.waiting(speak, m)).collect::<Vec<_>>(),
            list => list.iter().map(|m| machine_brief(speak, m, run_of(m))).collect::<Vec<_>>(),
            none_at_all => self.counts.values().sum::<u64>() == 0,
            pager => pager(speak, "/machines", &self.filters(), self.page, self.pages),
        }
    }
}

impl Machines {
    fn filters(&self) -> Vec<(&'static str, &str)> {
        let state = self.state.as_deref().map(|s| ("state", s));
        let query = (!self.query.is_empty()).then_some(("q", self.query.as_str()));
        let trust = self.trust.map(|t| ("trust", t.word()));
        state.into_iter().chain(trust).chain(query).collect()
    }

    /// What the list can be narrowed to beside the state.
    fn trusts(&self, speak: &Speak) -> Vec<Value> {
        let state = self.state.as_deref().map(|s| format!("state={s}"));
        let one = |trust: Option<Standing>| {
            let word = trust.map(Standing::word);
            let asked = state.clone().into_iter().chain(word.map(|w| format!("trust={w}"))).collect::<Vec<_>>();
            model! {
                label => speak.say(&format!("console-machines-trust-{}", word.unwrap_or("all")), &[]),
                url => if asked.is_empty() { "/machines".to_string() } else { format!("/machines?{}", asked.join("&")) },
                current => self.trust == trust,
            }
        };
        use Standing::{Enrolled, Off, Trusted, Unenrolled, Unproved};
        [None, Some(Trusted), Some(Unproved), Some(Enrolled), Some(Unenrolled), Some(Off)]
            .into_iter()
            .map(one)
            .collect()
    }

    fn tabs(&self, speak: &Speak) -> Vec<Value> {
        let count = |state: &str| self.counts.get(state).copied().unwrap_or(0);
        let tab = |state: Option<&str>, n: u64| {
            model! {
                label => speak.say(&format!("console-machines-{}", state.unwrap_or("all")), &[]),
                url => state.map_or_else(|| "/machines".into(), |s| format!("/machines?state={s}")),
                number => speak.number(n),
                current => self.state.as_deref() == state,
            }
        };
        vec![
            tab(None, count("known") + count("to-recognise")),
            tab(Some("to-recognise"), count("to-recognise")),
            tab(Some("known"), count("known")),
            tab(Some("refused"), count("refused")),
        ]
    }

    fn waiting(&self, speak: &Speak, machine: &MachineView) -> Value {
        let form = self.refused_form.as_ref().filter(|(id, _)| *id == machine.id).map(|(_, form)| form.clone());
        model! {
            machine => machine_brief(speak, machine, None),
            suggestion => self.suggestions.get(&machine.id),
            form => form.unwrap_or_default().model(),
        }
    }
}

impl Page for Announce {
    fn template(&self) -> &'static str {
        "announce.html"
    }
    fn model(&self, _: &Speak) -> Value {
        model! { form => self.form.model() }
    }
}

impl Page for MachinePage {
    fn template(&self) -> &'static str {
        "machine.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let current = self.runs.iter().find(|r| !r.view.state.status.is_over());
        let past = self.runs.iter().filter(|r| r.view.state.status.is_over());
        model! {
            machine => machine_brief(speak, &self.machine, None),
            facts => facts(speak, &self.machine.facts),
            current => current.map(|r| r.summary(speak)),
            past => past.map(|r| r.summary(speak)).collect::<Vec<_>>(),
            boot_events => self.boot_events.iter().map(|e| boot_event(speak, e)).collect::<Vec<_>>(),
            suggestion => self.suggestion,
            again => self.again,
            starts => self.starts.iter().map(|s| start(speak, s)).collect::<Vec<_>>(),
            form => self.form.model(),
            first_mac => self.machine.hints.macs.first(),
        }
    }
}

/// An order to start the boot environment, and what came of it.
fn start(speak: &Speak, one: &BootOnceView) -> Value {
    let (tone, icon, label) = match one.state.as_str() {
        "ordered" => ("wait", "clock", "console-boot-once-ordered"),
        "armed" => ("active", "loader-2", "console-boot-once-armed"),
        "came" => ("good", "circle-check", "console-boot-once-came"),
        "withdrawn" => ("quiet", "ban", "console-boot-once-withdrawn"),
        "expired" => ("quiet", "clock", "console-boot-once-expired"),
        "refused" => ("bad", "alert-triangle", "console-boot-once-refused"),
        _ => ("bad", "alert-triangle", "console-boot-once-did-not-come"),
    };
    model! {
        badge => model! {
            tone => tone,
            icon => icon,
            label => speak.say(label, &[]),
        },
        from => speak.say(&format!("console-boot-from-{}", one.from.word()), &[]),
        since => speak.moment(one.since),
        fault => one.fault.as_ref().map(|f| speak.fault(f)),
    }
}

impl Page for Start {
    fn template(&self) -> &'static str {
        "start.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let master = |m: &MasterView| {
            model! {
                url => format!("/machines/{}/start?master={}", self.machine.id, m.digest),
                name => m.name,
                version => m.version,
                steps => m.steps,
                signed => speak.moment(m.at),
                images => m.images.len(),
            }
        };
        model! {
            machine => machine_brief(speak, &self.machine, None),
            facts => facts(speak, &self.machine.facts),
            masters => self.masters.iter().map(master).collect::<Vec<_>>(),
            chosen => self.chosen.as_ref().map(|c| c.model(speak, &self.form)),
            busy => self.busy.as_ref().map(|r| run_brief(speak, r)),
            form => self.form.model(),
        }
    }
}

impl Chosen {
    fn model(&self, speak: &Speak, form: &Form) -> Value {
        let step = |s: &socle_domain::sequence::Step| {
            model! {
                title => step_title(speak, s),
                phase => speak.say(&format!("console-phase-{}", phase_word(s.phase)), &[]),
                destructive => s.action.is_destructive(),
                conditional => s.when,
            }
        };
        let image = |i: &ImageView| {
            model! { name => i.name, used => speak.bytes(i.used_bytes), disk => speak.bytes(i.disk_bytes) }
        };
        model! {
            digest => self.view.digest,
            name => self.view.name,
            version => self.view.version,
            signed => speak.moment(self.view.at),
            title => match speak.lang {
                socle_texts::Lang::Fr => self.sequence.title.fr.clone(),
                socle_texts::Lang::En => self.sequence.title.en.clone(),
            },
            options => self.options(speak, form),
            steps => self.sequence.steps.iter().map(step).collect::<Vec<_>>(),
            destructive => self.sequence.steps.iter().any(|s| s.action.is_destructive()),
            images => self.images.iter().map(image).collect::<Vec<_>>(),
        }
    }
}
