//! Diagnosis: how far machines come and where they stop, what was looked at and what to do, who answers on the network,
//! and how other DHCP servers are told.
use super::Page;
use crate::{model::model, speak::Speak};
use minijinja::Value;
use socle_texts::{Arg, says};
use socle_wire::diagnosis::{Asked, DhcpAnswer, Diagnosis, Finding, Place, Reach, Recipe, Stage, State, Trail, Wire};

/// What the doctor found.
#[derive(Debug, Clone)]
pub struct DiagnosisPage {
    /// All of it; where one machine was sought, its trail is the only one.
    pub diagnosis: Diagnosis,
    /// What was typed to find one machine.
    pub sought: Option<String>,
    /// Whether that is a hardware address.
    pub understood: bool,
}

impl Page for DiagnosisPage {
    fn template(&self) -> &'static str {
        "diagnosis.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let found = &self.diagnosis;
        let of = |wanted: &[State]| -> Vec<Value> {
            let mut some: Vec<&Finding> = found.findings.iter().filter(|f| wanted.contains(&f.state)).collect();
            some.sort_by_key(|f| (std::cmp::Reverse(f.state), f.part));
            some.into_iter().map(|f| finding(speak, f)).collect()
        };
        let one = self.sought.is_some() && self.understood;
        model! {
            sought => self.sought,
            understood => self.understood,
            one => one.then(|| found.trails.first().map(|t| trail(speak, t))).flatten(),
            machines => if one { vec![] } else { found.trails.iter().map(|t| line(speak, t)).collect() },
            stages => stages(speak, &found.stages),
            bad => of(&[State::Wrong, State::Attention]),
            unseen => of(&[State::Unseen]),
            good => of(&[State::Good]),
            at => speak.moment(found.at),
            wire => found.wire.as_ref().map(|w| wire(speak, w)),
            recipes => found.recipes.iter().map(|r| recipe(speak, r)).collect::<Vec<_>>(),
        }
    }
}

/// A tone and an icon; the word stands beside them.
fn of_state(state: State) -> (&'static str, &'static str) {
    match state {
        State::Good => ("good", "circle-check"),
        State::Unseen => ("quiet", "help-circle"),
        State::Attention => ("wait", "alert-triangle"),
        State::Wrong => ("bad", "hand-stop"),
    }
}

fn finding(speak: &Speak, finding: &Finding) -> Value {
    let (tone, icon) = of_state(finding.state);
    model! {
        part => speak.say(&format!("doctor-part-{}", finding.part.word()), &[]),
        state => speak.say(&format!("doctor-state-{}", finding.state.word()), &[]),
        tone => tone,
        icon => icon,
        said => speak.fault(&finding.said),
        why => why(speak, finding),
    }
}

/// Why it matters; of a fault of another room, why its part does.
fn why(speak: &Speak, finding: &Finding) -> Option<String> {
    let said = &finding.said;
    let of_part = || says(speak.lang, &format!("doctor-part-{}.why", finding.part.word()), &[]);
    let args: Vec<(&str, Arg)> = said.args.iter().map(|(n, v)| (n.as_ref(), v.clone())).collect();
    says(speak.lang, &format!("{}.why", said.code), &args).or_else(of_part)
}

fn stages(speak: &Speak, stages: &[Stage]) -> Vec<Value> {
    let one = |stage: &Stage| {
        let picture = match stage.place {
            Place::Machine => "device-desktop",
            Place::Dhcp => "network",
            Place::Loader => "download",
            Place::Environment => "disc",
            Place::Server => "server-2",
        };
        let (tone, icon) = match stage.reach {
            Reach::Passed => ("good", "check"),
            Reach::Doubtful => ("wait", "alert-triangle"),
            Reach::Stopped => ("bad", "hand-stop"),
            Reach::Aside => ("active", "arrow-right"),
            Reach::Beyond => ("quiet", "circle"),
        };
        model! {
            place => speak.say(&format!("doctor-place-{}", stage.place.word()), &[]),
            how => speak.say(&format!("doctor-reach-{}", stage.reach.word()), &[]),
            reach => stage.reach.word(),
            here => matches!(stage.reach, Reach::Stopped | Reach::Aside),
            picture => picture,
            tone => tone,
            icon => icon,
        }
    };
    stages.iter().map(one).collect()
}

fn trail(speak: &Speak, trail: &Trail) -> Value {
    model! {
        mac => trail.mac,
        name => trail.name,
        addresses => trail.addresses.join(", "),
        stages => stages(speak, &trail.stages),
        verdict => finding(speak, &trail.verdict),
        asked => trail.asked.iter().map(|a| asked(speak, a)).collect::<Vec<_>>(),
    }
}

fn asked(speak: &Speak, asked: &Asked) -> Value {
    let word = if asked.answered { "answered" } else { "silent" };
    let times: [(&str, Arg); 2] = [("n", asked.times.into()), ("number", speak.number(asked.times).into())];
    model! {
        at => speak.moment(asked.at),
        first => asked.first.map(|at| speak.moment(at)),
        times => (asked.times > 1).then(|| speak.say("console-diagnosis-times", &times)),
        service => asked.service,
        answered => asked.answered,
        word => speak.say(&format!("console-diagnosis-{word}"), &[]),
        what => asked.what,
    }
}

/// One machine among the last that were heard.
fn line(speak: &Speak, trail: &Trail) -> Value {
    let last = trail.asked.last();
    model! {
        mac => trail.mac,
        name => trail.name,
        url => format!("/diagnosis?mac={}", trail.mac),
        verdict => finding(speak, &trail.verdict),
        at => last.map(|a| speak.moment(a.at)),
    }
}

fn wire(speak: &Speak, wire: &Wire) -> Value {
    let answer = |a: &DhcpAnswer| {
        let options: Vec<Value> =
            a.options.iter().map(|(code, value)| model! { code => code, value => value }).collect();
        model! {
            server => a.server.to_string(),
            ours => a.ours,
            interface => a.interface,
            asked_as => speak.say(&format!("doctor-asked-as-{}", a.asked_as), &[]),
            kind => speak.say(&format!("doctor-answer-{}", a.kind), &[]),
            offered => a.offered.map(|o| o.to_string()),
            file => a.boot_file(),
            next_server => a.next_server.map(|n| n.to_string()),
            options => options,
        }
    };
    model! {
        at => speak.moment(wire.at),
        interfaces => wire.interfaces.join(", "),
        seconds => wire.seconds,
        answers => wire.answers.iter().map(answer).collect::<Vec<_>>(),
    }
}

fn recipe(speak: &Speak, recipe: &Recipe) -> Value {
    let key = |what: &str| format!("doctor-recipe-{}{what}", recipe.server);
    model! {
        name => speak.say(&key(""), &[]),
        how => speak.say(&key(".how"), &[]),
        text => recipe.text,
    }
}
