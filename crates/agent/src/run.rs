//! A run carried out: one target going through one sequence, journal first.
//!
//! The engine knows the target and never asks what kind it is; each kind of step is a file of [`crate::steps`]. Its
//! state is what the journal says, folded: after a power cut the same fold says where to go on.
//!
//! INVARIANT: nothing counts as done before its entry is durable: acknowledged by the server while there is nowhere to
//! remember, else on the Socle partition.
mod ears;
mod engine;
mod journal;
mod keep;
mod loss;
pub(crate) use loss::settle;

pub use ears::Ears;
pub use engine::{End, Engine};
pub use journal::Journal;
pub use keep::{Keep, Remembered};

use crate::{config::Config, key::MachineKey, screen::Screen};
use socle_disk::devices::Disk;
use socle_domain::{
    Clock, RunId,
    facts::Facts,
    journal::{Kept, SignedEntry},
    keys::{Delegation, Generations},
    order::RunSpec,
    sign::{PublicKey, Signed},
};
use socle_image::{Arrivals, ImageId, Sink, Source};
use socle_texts::Result;
use socle_wire::agent::{JournalAck, JournalTail, Orders, Progress, Secrets, Where};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// What a run asks of the server. Each call keeps trying as long as that makes sense for it.
pub trait Server: Sync {
    /// Orders after a number; waits for one, at most so many seconds.
    fn orders(&self, after: u64, wait_seconds: u32) -> Result<Orders>;
    /// What the server holds of a journal.
    fn tail(&self, run: RunId) -> Result<JournalTail>;
    /// Hands entries over until they are acknowledged. `patient`: for as long as it takes; else one try.
    fn push(&self, run: RunId, entries: &[SignedEntry], patient: bool) -> Result<JournalAck>;
    /// The secrets among the options of a run. They are asked for when a step needs them, and kept nowhere.
    fn secrets(&self, run: RunId) -> Result<Secrets>;
    /// Says how far a step is. May be lost.
    fn progress(&self, run: RunId, progress: &Progress);
    /// Where images come from.
    fn source(&self) -> &dyn Source;
    /// A stream of an image to the whole room, where there is one. It is never needed.
    fn stream(&self, _run: RunId, _image: &ImageId) -> Option<Box<dyn Arrivals + '_>> {
        None
    }
    /// Where a captured image goes.
    fn sink(&self, run: RunId) -> Box<dyn Sink + '_>;
}

/// Everything around a run that is the same for all its steps.
pub struct World<'a> {
    /// The server.
    pub server: &'a dyn Server,
    /// The server's time.
    pub clock: &'a dyn Clock,
    /// Who signs the journal.
    pub key: &'a MachineKey,
    /// The key that signs all content.
    pub content_key: PublicKey,
    /// The lowest generation of each master that is carried out here.
    pub lowest: Generations,
    /// The content key's word for the server's key.
    pub delegation: Signed<Delegation>,
    /// What is shown.
    pub screen: &'a Screen,
    /// Where this agent runs.
    pub place: Where,
    /// What is known of the target.
    pub facts: Facts,
    /// The disks there are, asked anew each time.
    pub disks: &'a (dyn Fn() -> Result<Vec<Disk>> + Sync),
    /// How long a step that needs a disk waits for the first one to appear.
    pub disk_patience: Duration,
    /// Where memories are kept in this world.
    pub kept: Kept,
    /// What the installed system is given, where one is installed.
    pub installed: Option<Installed>,
    /// An empty folder for mounting and for scripts.
    pub scratch: PathBuf,
    /// Says that everything up to an order was taken up, so that it is never obeyed again.
    pub order_seen: &'a (dyn Fn(u64) + Sync),
}

/// What the installed system is given, so that it can report.
#[derive(Debug, Clone)]
pub struct Installed {
    /// The agent's own binary.
    pub binary: PathBuf,
    /// Its configuration.
    pub config: Config,
}

impl World<'_> {
    /// Refuses a run of a master whose generation is over: an old one, signed as it is, with a weakness that somebody
    /// knows. A run that has begun goes on.
    ///
    /// # Errors
    /// `domain-generation-old`.
    pub fn check_generation(&self, spec: &RunSpec) -> Result<()> {
        let master = spec.master.open(&self.content_key)?;
        self.lowest.check(&master.name, master.generation)
    }
    /// A folder below the scratch one.
    pub fn scratch(&self, name: &str) -> PathBuf {
        Path::new(&self.scratch).join(name)
    }
}
