//! Images and masters.
use super::{
    Page,
    diffs::{MasterWay, stage},
    option_pages::{shown, titled},
    run_model::{phase_word, run_brief, step_title},
};
use crate::{model::model, speak::Speak};
use minijinja::Value;
use socle_domain::{Digest, master::Master, sequence::Sequence};
use socle_wire::{
    api::{ImageView, MasterView, RunView},
    options::DraftView,
};

/// The images.
#[derive(Debug, Clone, Default)]
pub struct Images {
    /// The images, newest first.
    pub images: Vec<ImageView>,
    /// The masters, to show which use an image.
    pub masters: Vec<MasterView>,
}

/// The masters.
#[derive(Debug, Clone, Default)]
pub struct Masters {
    /// The masters, newest first.
    pub masters: Vec<MasterView>,
    /// The images, for their names.
    pub images: Vec<ImageView>,
    /// Those that are being written, for who may write them.
    pub drafts: Vec<DraftView>,
}

/// One master: its sequence, as text and as steps.
#[derive(Debug, Clone)]
pub struct MasterPage {
    /// As the list shows it.
    pub view: MasterView,
    /// The master.
    pub master: Master,
    /// Its sequence.
    pub sequence: Sequence,
    /// The images.
    pub images: Vec<ImageView>,
    /// Its last runs, newest first.
    pub runs: Vec<RunView>,
    /// How it came where it stands, and where it may go.
    pub way: MasterWay,
}

impl Page for Images {
    fn template(&self) -> &'static str {
        "images.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let users = |image: &Digest| -> Vec<Value> {
            let holds = |m: &&MasterView| m.images.values().any(|i| i == image);
            self.masters.iter().filter(holds).map(reference).collect()
        };
        let image = |i: &ImageView| {
            model! {
                name => i.name,
                short => i.image.short(),
                digest => i.image,
                signed => i.signed,
                used => speak.bytes(i.used_bytes),
                disk => speak.bytes(i.disk_bytes),
                at => speak.moment(i.at),
                masters => users(&i.image),
            }
        };
        model! {
            images => self.images.iter().map(image).collect::<Vec<_>>(),
            drafts => self.images.iter().filter(|i| !i.signed).count(),
        }
    }
}

impl Page for Masters {
    fn template(&self) -> &'static str {
        "masters.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let master = |m: &MasterView| {
            model! {
                url => format!("/masters/{}", m.digest),
                name => m.name,
                version => m.version,
                short => m.digest.short(),
                steps => m.steps,
                at => speak.moment(m.at),
                images => held(speak, m, &self.images),
                badge => stage(speak, m.stage),
            }
        };
        let draft = |d: &DraftView| {
            model! {
                name => d.master.name, version => d.master.version, by => d.by, at => speak.moment(d.at),
                fault => d.fault.as_ref().map(|f| speak.sentence(f)),
            }
        };
        model! {
            masters => self.masters.iter().map(master).collect::<Vec<_>>(),
            drafts => self.drafts.iter().map(draft).collect::<Vec<_>>(),
        }
    }
}

fn reference(master: &MasterView) -> Value {
    model! { url => format!("/masters/{}", master.digest), name => master.name, version => master.version }
}

/// The images that a master holds, with their sizes where the repository has them.
fn held(speak: &Speak, master: &MasterView, images: &[ImageView]) -> Vec<Value> {
    let one = |(name, digest): (&String, &Digest)| {
        let found = images.iter().find(|i| i.image == *digest);
        model! {
            role => name,
            name => found.map_or_else(|| digest.short(), |i| i.name.clone()),
            digest => digest,
            used => found.map(|i| speak.bytes(i.used_bytes)),
            present => found.is_some(),
        }
    };
    master.images.iter().map(one).collect()
}

impl Page for MasterPage {
    fn template(&self) -> &'static str {
        "master.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let step = |s: &socle_domain::sequence::Step| {
            model! {
                id => s.id,
                title => step_title(speak, s),
                kind => s.action.word(),
                phase => speak.say(&format!("console-phase-{}", phase_word(s.phase)), &[]),
                when => s.when,
                destructive => s.action.is_destructive(),
                timeout => speak.duration(s.timeout_seconds.into()),
                retries => s.retries,
                goes_on => s.continue_on_error,
            }
        };
        let specs = self.master.specs_of(&self.sequence).unwrap_or_default();
        let option = |spec: &socle_domain::option::OptionSpec| {
            let label = titled(speak, spec.label.as_ref()).unwrap_or(&spec.name).to_string();
            (label, shown(speak, spec, spec.default.as_ref()))
        };
        let options: Vec<(String, String)> = specs.iter().map(option).collect();
        model! {
            name => self.view.name,
            version => self.view.version,
            digest => self.view.digest,
            at => speak.moment(self.view.at),
            title => match speak.lang {
                socle_texts::Lang::Fr => self.sequence.title.fr.clone(),
                socle_texts::Lang::En => self.sequence.title.en.clone(),
            },
            steps => self.sequence.steps.iter().map(step).collect::<Vec<_>>(),
            text => self.master.sequence,
            images => held(speak, &self.view, &self.images),
            options => options,
            runs => self.runs.iter().map(|r| run_brief(speak, r)).collect::<Vec<_>>(),
            way => self.way.model(speak, &self.view),
            url => format!("/masters/{}", self.view.digest),
        }
    }
}
