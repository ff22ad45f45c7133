//! Two masters side by side, and a master's way from stage to stage.
use super::Page;
use crate::{model::model, speak::Speak};
use minijinja::Value;
use serde_json::Value as Json;
use socle_domain::master::{Change, DiffLine, MasterDiff, Side, Stage};
use socle_wire::{
    api::MasterView,
    options::{DraftView, StageMove},
};

/// What is known of a master beside what was signed.
#[derive(Debug, Clone, Default)]
pub struct MasterWay {
    /// How it came to its stage, the first move first.
    pub moves: Vec<StageMove>,
    /// The other versions of its name.
    pub others: Vec<MasterView>,
    /// Drafts of its name.
    pub drafts: Vec<DraftView>,
    /// Whether the reader may move it.
    pub may: bool,
    /// Whether there is something that production can go back to from it.
    pub can_go_back: bool,
}

impl MasterWay {
    pub(super) fn model(&self, speak: &Speak, view: &MasterView) -> Value {
        let one = |m: &StageMove| {
            model! { badge => stage(speak, m.stage), by => m.by, at => speak.moment(m.at) }
        };
        let other = |m: &MasterView| {
            model! {
                name => m.version,
                url => format!("/masters/{}/diff?to={}", m.digest, view.digest),
                badge => stage(speak, m.stage),
            }
        };
        let draft = |d: &DraftView| {
            model! {
                name => d.master.version,
                url => format!("/masters/{}/diff?to={}", view.digest, d.id),
                badge => stage(speak, Stage::Draft),
            }
        };
        let doors: Vec<Value> = [Stage::Pilot, Stage::Production, Stage::Retired]
            .into_iter()
            .filter(|to| self.may && view.stage.may_become(*to))
            .map(|to| model! { word => to.word(), text => speak.say(&format!("console-stage-to-{}", to.word()), &[]) })
            .collect();
        model! {
            stage => stage(speak, view.stage),
            generation => view.generation,
            moves => self.moves.iter().map(one).collect::<Vec<_>>(),
            others => self.others.iter().map(other).chain(self.drafts.iter().map(draft)).collect::<Vec<_>>(),
            doors => doors,
            back => self.may && self.can_go_back && view.stage == Stage::Production,
        }
    }
}

/// A stage as a badge.
pub(super) fn stage(speak: &Speak, stage: Stage) -> Value {
    let (tone, icon) = match stage {
        Stage::Draft => ("quiet", "circle"),
        Stage::Pilot => ("active", "users"),
        Stage::Production => ("good", "circle-check"),
        Stage::Retired => ("quiet", "ban"),
    };
    model! { tone => tone, icon => icon, label => speak.say(&format!("console-stage-{}", stage.word()), &[]) }
}

/// Two masters side by side.
#[derive(Debug, Clone)]
pub struct DiffPage {
    /// The first, by name and version, and its address.
    pub before: (String, String),
    /// The second; a draft has no address.
    pub after: (String, Option<String>),
    /// What they differ in.
    pub diff: MasterDiff,
}

impl Page for DiffPage {
    fn template(&self) -> &'static str {
        "diff.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let line = |l: &DiffLine| {
            let cell = |side: &Option<(u32, String)>| side.as_ref().map(|(n, text)| model! { n => n, text => text });
            let mark = match l.side {
                Side::Same => "",
                Side::Added => "+",
                Side::Removed => "−",
                Side::Changed => "~",
            };
            model! { side => side(l.side), mark => mark, before => cell(&l.before), after => cell(&l.after) }
        };
        let said =
            |value: &Option<Json>| value.as_ref().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_string));
        let change = |c: &Change| {
            let word = speak.say(&format!("console-side-{}", side(c.side)), &[]);
            model! { name => c.name, side => word, before => said(&c.before), after => said(&c.after) }
        };
        let part = |key: &str, changes: &[Change]| {
            (!changes.is_empty()).then(|| {
                let title = speak.say(&format!("console-{key}"), &[]);
                model! { title => title, changes => changes.iter().map(change).collect::<Vec<_>>() }
            })
        };
        let d = &self.diff;
        let parts = [
            part("images", &d.images),
            part("packages", &d.packages),
            part("drivers", &d.drivers),
            part("options", &d.options),
        ];
        model! {
            before => model! { name => self.before.0, url => self.before.1 },
            after => model! { name => self.after.0, url => self.after.1 },
            same => d.is_empty(),
            lines => d.sequence.iter().map(line).collect::<Vec<_>>(),
            parts => parts.into_iter().flatten().collect::<Vec<_>>(),
            generation => (d.generation.0 != d.generation.1).then_some(d.generation),
        }
    }
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Same => "same",
        Side::Added => "added",
        Side::Removed => "removed",
        Side::Changed => "changed",
    }
}
