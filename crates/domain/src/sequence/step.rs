//! What a step is.
use crate::option::OptionSpec;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A text in both languages of those who read it at the machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Title {
    /// In French.
    pub fr: String,
    /// In English.
    pub en: String,
}

/// An ordered list of steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sequence {
    /// What it does, for people.
    pub title: Title,
    /// The options that it declares, in the order in which forms show them. At most 200.
    #[serde(default, rename = "option", skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<OptionSpec>,
    /// Its steps, in order. At least one, at most 200.
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
}

/// The phases of a deployment, in their order; people find a step by its phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Is this target fit for what comes?
    Validate,
    /// What its people have is put in safety.
    CaptureState,
    /// The disk is made ready.
    Preinstall,
    /// The master is written.
    #[default]
    Install,
    /// The system becomes this target's own.
    Postinstall,
    /// What its people have comes back.
    RestoreState,
}

/// One step: when it applies, what it does, what happens when it fails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Unique in its sequence: lower-case letters, digits and hyphens.
    pub id: String,
    /// Shown at the machine and on the console; where absent, the kind's own text is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    /// Its phase.
    #[serde(default)]
    pub phase: Phase,
    /// A CEL condition over `facts`, `options` and `target`; the step is skipped where it is false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// After this long the step has failed. Default: two hours.
    #[serde(default = "two_hours")]
    pub timeout_seconds: u32,
    /// How often it is tried again after a failure.
    #[serde(default)]
    pub retries: u8,
    /// Exit codes of a script that count as success.
    #[serde(default = "zero_only")]
    pub accept_exit: Vec<i32>,
    /// Whether the sequence goes on when this step has failed for good.
    #[serde(default)]
    pub continue_on_error: bool,
    /// What it does.
    #[serde(flatten)]
    pub action: Action,
}

fn two_hours() -> u32 {
    7200
}
fn zero_only() -> Vec<i32> {
    vec![0]
}

/// What a step does; in the text its word is `kind`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Action {
    /// Refuses a target that the rest would not fit, before anything changes.
    Check {
        /// Least memory, in MiB.
        #[serde(default)]
        memory_mib: Option<u32>,
        /// Least size of the chosen disk, in MiB.
        #[serde(default)]
        disk_mib: Option<u64>,
        /// The firmware it needs.
        #[serde(default)]
        firmware: Option<Firmware>,
        /// The power supply it needs.
        #[serde(default)]
        power: Option<Power>,
        /// Which disk is meant where `disk_mib` is given.
        #[serde(default)]
        disk: Disk,
    },
    /// Gives the disk the layout of an image, with a Socle partition; what it destroys is counted first.
    Partition {
        /// Which disk.
        #[serde(default)]
        disk: Disk,
        /// The image (a name of the master) whose layout is taken.
        image: String,
        /// Which partition takes the room that is left.
        #[serde(default)]
        grow: Grow,
        /// MiB of a partition that keeps the image's chunks, so that a reset needs no network; 0: none.
        #[serde(default, skip_serializing_if = "is_zero")]
        cache_mib: u64,
    },
    /// Writes an image onto the partitions made before.
    ApplyImage {
        /// The image, by the name that the master gives it.
        image: String,
        /// How much of what was written is read back.
        #[serde(default)]
        read_back: ReadBack,
    },
    /// Brings the disk back to an image in place: what stands right stays, only what differs is written. What is lost by
    /// it is counted first.
    ResetImage {
        /// The image, by the name that the master gives it.
        image: String,
        /// Which disk.
        #[serde(default = "ours")]
        disk: Disk,
        /// Partitions, by number, that keep what they hold.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        keep: Vec<u32>,
        /// Folders that would be kept: refused with a reason, since a partition that is brought back keeps nothing.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        keep_folders: Vec<String>,
        /// Whether the machine stays who it is: machine-id, SSH host keys, identifiers of its filesystems.
        #[serde(default = "yes")]
        keep_identity: bool,
        /// Whether everything that is not of the image disappears from the disk, proved by reading.
        #[serde(default)]
        gone: bool,
    },
    /// Fills the machine's cache with an image, so that a reset needs no network.
    FillCache {
        /// The image, by the name that the master gives it.
        image: String,
    },
    /// Captures a disk into the repository. Reads only.
    CaptureImage {
        /// The name of the image in the repository; a template.
        name: String,
        /// Which disk.
        #[serde(default)]
        disk: Disk,
    },
    /// Writes a small text file into the installed system; content and path are templates.
    WriteFile {
        /// Absolute path in the installed system.
        path: String,
        /// The content.
        content: String,
        /// Permissions, octal: `"0644"`.
        #[serde(default = "mode_0644")]
        mode: String,
    },
    /// Makes the installed system this target's own: host name, machine-id, SSH keys, identifiers of disk, partitions
    /// and filesystems.
    SetIdentity {
        /// The host name; a template.
        #[serde(default = "target_name")]
        hostname: String,
    },
    /// Runs a script.
    RunScript {
        /// The script's text, run as it was signed: it is no template. Values come as environment variables,
        /// `SOCLE_TARGET` and `SOCLE_OPTION_NAME`.
        script: String,
        /// What runs it.
        #[serde(default = "bin_sh")]
        interpreter: String,
        /// Where it runs.
        #[serde(default)]
        place: Place,
    },
    /// Starts the machine again.
    Reboot {
        /// Into what.
        #[serde(default)]
        into: RebootInto,
    },
    /// Reads back who the running system says it is, and ends the proof. Runs in the installed system.
    Report {},
    /// Moves a folder's content to another folder: census, copy, census, and only then the removal of the source.
    MoveFolder {
        /// From here; a template.
        from: String,
        /// To here; a template.
        to: String,
    },
    /// Moves a mailbox: census, copy, and a second reading that gives every message its verdict. The source is only read.
    MoveMailbox {
        /// The server it is on, by the name that the mover's configuration gives it; a template.
        from: String,
        /// The server it goes to, likewise.
        to: String,
    },
}

impl Action {
    /// The word of the text: `apply-image`.
    pub fn word(&self) -> &'static str {
        match self {
            Action::Check { .. } => "check",
            Action::Partition { .. } => "partition",
            Action::ApplyImage { .. } => "apply-image",
            Action::ResetImage { .. } => "reset-image",
            Action::FillCache { .. } => "fill-cache",
            Action::CaptureImage { .. } => "capture-image",
            Action::WriteFile { .. } => "write-file",
            Action::SetIdentity { .. } => "set-identity",
            Action::RunScript { .. } => "run-script",
            Action::Reboot { .. } => "reboot",
            Action::Report {} => "report",
            Action::MoveFolder { .. } => "move-folder",
            Action::MoveMailbox { .. } => "move-mailbox",
        }
    }
    /// Whether the step destroys something, and so needs a census before it.
    pub fn is_destructive(&self) -> bool {
        matches!(self, Action::Partition { .. } | Action::ResetImage { .. } | Action::MoveFolder { .. })
    }
    /// Whether it runs in the installed system rather than in the boot environment.
    pub fn runs_installed(&self) -> bool {
        matches!(self, Action::Report {})
    }
    /// The images it needs, by the names that the master gives them.
    pub fn image(&self) -> Option<&str> {
        match self {
            Action::Partition { image, .. } | Action::ApplyImage { image, .. } => Some(image),
            Action::ResetImage { image, .. } | Action::FillCache { image } => Some(image),
            _ => None,
        }
    }
}

fn mode_0644() -> String {
    "0644".into()
}
fn target_name() -> String {
    "{{ target.name }}".into()
}
fn ours() -> Disk {
    Disk::Ours
}
fn yes() -> bool {
    true
}
fn is_zero(number: &u64) -> bool {
    *number == 0
}
fn bin_sh() -> String {
    "/bin/sh".into()
}

/// Which disk, where there are several. Removable and read-only disks are never chosen by themselves.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Disk {
    /// The only fixed disk; where there are several the step fails and says which there are.
    #[default]
    Only,
    /// The smallest that is large enough.
    Smallest,
    /// The largest.
    Largest,
    /// The one with this serial number.
    Serial(String),
    /// The one that already holds this machine's Socle partition, else the only one.
    Ours,
}

/// What firmware a machine starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Firmware {
    /// UEFI.
    Uefi,
    /// PC BIOS.
    Bios,
}

/// What a machine is fed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Power {
    /// Mains only; a machine that has no battery passes.
    Mains,
    /// Anything.
    Any,
}

/// Which partition takes the room left on a larger disk.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grow {
    /// The last of the image.
    #[default]
    Last,
    /// None: the room stays free.
    None,
    /// The one with this GPT name.
    Named(String),
}

/// How much of what was written is read back from the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReadBack {
    /// Everything.
    #[default]
    All,
    /// One chunk in so many.
    OneIn(u32),
}

/// Where a script runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// With the installed system as its root (chroot).
    #[default]
    Installed,
    /// In the boot environment.
    Boot,
}

/// What a machine starts into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RebootInto {
    /// The system on its disk.
    #[default]
    Installed,
    /// The boot environment again.
    Boot,
    /// Nothing: it is switched off.
    Off,
}
