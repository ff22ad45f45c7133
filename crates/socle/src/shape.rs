//! The shape of the command line. Its texts are not here but in `locales/`: see [`words`].
#![allow(missing_docs)] // each field is described in the locales, for people
mod bases;
pub mod doctor;
pub mod import;
pub mod keep;
mod mistakes;
mod organisation;
mod rights;
mod webhook;
mod words;

pub use bases::{Explain, MasterWhat, OptionWhat, Place, RuleWhat, Written};
pub use mistakes::mistake;
pub use organisation::{PersonWhat, Search, UnitWhat, When};
pub use rights::{AuditWhat, ConsentWhat, GrantWhat};
pub use webhook::WebhookWhat;
pub use words::{command, keys};

use clap::{Args, Parser, Subcommand};
use socle_domain::{Digest, RunId, UnitId, order::LossPolicy};
use std::path::PathBuf;

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "socle", version, disable_help_subcommand = true)]
pub struct Socle {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub what: What,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub struct Common {
    #[arg(long, global = true)]
    pub json: bool,
    #[arg(long, global = true, env = "SOCLE_LANG")]
    pub lang: Option<String>,
    #[arg(long, global = true, env = "SOCLE_SERVER", default_value = "http://localhost:8080")]
    pub server: String,
    /// Its address may hold a password: whoever may see the list of processes reads it there, so that the environment or
    /// the configuration is the better place.
    #[arg(long, global = true, env = "SOCLE_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum What {
    Serve(Serve),
    Config {
        #[command(subcommand)]
        what: ConfigWhat,
    },
    Machine {
        #[command(subcommand)]
        what: MachineWhat,
    },
    Option {
        #[command(subcommand)]
        what: OptionWhat,
    },
    Explain(Explain),
    Unit {
        #[command(subcommand)]
        what: UnitWhat,
    },
    Person {
        #[command(subcommand)]
        what: PersonWhat,
    },
    Search(Search),
    Rule {
        #[command(subcommand)]
        what: RuleWhat,
    },
    Master {
        #[command(subcommand)]
        what: MasterWhat,
    },
    Run {
        #[command(subcommand)]
        what: RunWhat,
    },
    Wizard {
        #[command(subcommand)]
        what: WizardWhat,
    },
    Token {
        #[command(subcommand)]
        what: TokenWhat,
    },
    Account {
        #[command(subcommand)]
        what: AccountWhat,
    },
    Grant {
        #[command(subcommand)]
        what: GrantWhat,
    },
    Consent {
        #[command(subcommand)]
        what: ConsentWhat,
    },
    Audit {
        #[command(subcommand)]
        what: AuditWhat,
    },
    Bootenv {
        #[command(subcommand)]
        what: BootenvWhat,
    },
    Image {
        #[command(subcommand)]
        what: crate::image::ImageWhat,
    },
    Sign {
        #[command(subcommand)]
        what: SignWhat,
    },
    Mail {
        #[command(subcommand)]
        what: crate::mail::MailWhat,
    },
    Import {
        #[command(subcommand)]
        what: import::ImportWhat,
    },
    Backup(keep::Backup),
    Restore(keep::Restore),
    BackupKey(keep::BackupKey),
    Webhook {
        #[command(subcommand)]
        what: WebhookWhat,
    },
    Verify(Verify),
    Doctor(doctor::Doctor),
    SupportBundle(doctor::SupportBundle),
    Events,
    Status,
}

#[derive(Debug, Args)]
pub struct Serve {
    #[arg(long)]
    pub data: PathBuf,
    #[arg(long)]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum ConfigWhat {
    Check { file: PathBuf },
}

#[derive(Debug, Subcommand)]
pub enum MachineWhat {
    List {
        #[arg(long, value_parser = ["to-recognise", "known", "refused"])]
        state: Option<String>,
        #[arg(long, value_parser = ["trusted", "unproved", "enrolled", "unenrolled", "off"])]
        trust: Option<String>,
    },
    Show {
        machine: String,
    },
    Accept {
        machine: String,
        #[arg(long)]
        name: String,
    },
    Refuse {
        machine: String,
    },
    BootOnce {
        machine: String,
        #[arg(long, value_parser = ["own-disk", "network"], default_value = "own-disk")]
        from: String,
        #[arg(long, default_value_t = 0)]
        timeout_seconds: u64,
    },
    Wake {
        machine: String,
        #[arg(long, default_value_t = 120)]
        timeout_seconds: u32,
    },
    /// It waits, and is a known one.
    Again {
        machine: String,
        #[arg(long)]
        name: String,
    },
    Announce {
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub enum RunWhat {
    Start {
        #[arg(long)]
        machine: String,
        #[arg(long)]
        master: String,
        #[arg(long)]
        option: Vec<String>,
        #[arg(long, value_parser = loss, default_value = "nothing-only")]
        loss: LossPolicy,
    },
    List {
        #[arg(long)]
        machine: Option<String>,
    },
    Show {
        run: RunId,
    },
    Watch {
        run: RunId,
        #[arg(long)]
        timeout_seconds: Option<u64>,
    },
    Cancel {
        run: RunId,
    },
    Retry {
        run: RunId,
    },
    AllowLoss {
        run: RunId,
        #[arg(long)]
        census: Digest,
        #[arg(long)]
        reason: String,
    },
    Journal {
        run: RunId,
    },
    Proof {
        run: RunId,
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub enum WizardWhat {
    /// New codes with which the caller signs in at machines.
    Code {
        #[arg(long)]
        unit: Option<UnitId>,
        #[arg(long, default_value_t = 1)]
        count: u32,
        #[arg(long, default_value_t = 30)]
        minutes: u32,
    },
    /// Takes back all of the caller's codes.
    Revoke,
}

#[derive(Debug, Subcommand)]
pub enum TokenWhat {
    Create {
        #[arg(long)]
        name: String,
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=400))]
        days: u32,
        #[arg(long)]
        data: PathBuf,
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Every token, from the server's own computer.
    List {
        #[arg(long)]
        data: PathBuf,
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Ends a token.
    Revoke {
        token: String,
        #[arg(long)]
        data: PathBuf,
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// A new one-time sign-in link for the administrator.
    Link {
        #[arg(long)]
        data: PathBuf,
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum AccountWhat {
    /// A one-time link for who has lost his password.
    Recover {
        name: String,
        /// Removes his second factors too.
        #[arg(long)]
        remove_second_factors: bool,
        #[arg(long)]
        data: PathBuf,
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// A new key for the secrets that the database holds sealed.
    ChangeKey {
        #[arg(long)]
        data: PathBuf,
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum BootenvWhat {
    Build(Build),
}

#[derive(Debug, Args)]
pub struct Build {
    #[arg(long)]
    pub data: PathBuf,
    #[arg(long)]
    pub config: Option<PathBuf>,
    #[arg(long)]
    pub agent: PathBuf,
    #[arg(long)]
    pub key: Option<PathBuf>,
    #[arg(long, default_value = "/")]
    pub kernel: PathBuf,
    #[arg(long)]
    pub loader: Option<PathBuf>,
    #[arg(long)]
    pub stub: Option<PathBuf>,
    #[arg(long)]
    pub shim: Option<PathBuf>,
    #[arg(long)]
    pub mok_manager: Option<PathBuf>,
    #[arg(long)]
    pub grub: Option<PathBuf>,
    #[arg(long)]
    pub url: Option<String>,
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(i32).range(1..=19))]
    pub level: i32,
    #[arg(long)]
    pub lowest: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub enum SignWhat {
    Image {
        #[arg(long)]
        name: String,
        #[arg(long)]
        image: Option<Digest>,
        #[arg(long)]
        repo: Option<PathBuf>,
        #[arg(long)]
        key: PathBuf,
        #[arg(long)]
        out: Option<PathBuf>,
        #[arg(long)]
        publish: bool,
        #[arg(long, default_value_t = 0)]
        generation: u64,
    },
    Master {
        draft: PathBuf,
        #[arg(long)]
        key: PathBuf,
        #[arg(long)]
        out: PathBuf,
    },
    Delegation {
        #[arg(long)]
        server_key: PathBuf,
        #[arg(long)]
        key: PathBuf,
        #[arg(long)]
        out: PathBuf,
    },
    Key {
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(Debug, Args)]
pub struct Verify {
    pub file: PathBuf,
    #[arg(long)]
    pub key: PathBuf,
}

fn loss(text: &str) -> Result<LossPolicy, String> {
    serde_json::from_value(text.into()).map_err(|_| "nothing-only, expendable".to_string())
}
