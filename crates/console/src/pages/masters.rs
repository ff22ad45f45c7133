//! Images and masters.
use socle_domain::{master::Master, sequence::Sequence};
use socle_wire::api::{ImageView, MasterView, RunView};

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
}

impl super::Page for Images {
    fn template(&self) -> &'static str {
        "images.html"
    }
    fn model(&self, _: &crate::speak::Speak) -> minijinja::Value {
        minijinja::Value::UNDEFINED
    }
}

impl super::Page for Masters {
    fn template(&self) -> &'static str {
        "masters.html"
    }
    fn model(&self, _: &crate::speak::Speak) -> minijinja::Value {
        minijinja::Value::UNDEFINED
    }
}

impl super::Page for MasterPage {
    fn template(&self) -> &'static str {
        "master.html"
    }
    fn model(&self, _: &crate::speak::Speak) -> minijinja::Value {
        minijinja::Value::UNDEFINED
    }
}
