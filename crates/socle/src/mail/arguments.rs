//! The shape of `socle mail`; its texts are in the locales.
#![allow(missing_docs)]
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum MailWhat {
    Inventory {
        #[command(flatten)]
        common: Common,
    },
    Copy {
        #[command(flatten)]
        common: Common,
    },
    Verify {
        #[command(flatten)]
        common: Common,
    },
    Proof {
        #[command(flatten)]
        common: Common,
        #[arg(long)]
        keys: PathBuf,
        #[arg(long)]
        out: PathBuf,
    },
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub struct Common {
    #[arg(long)]
    pub config: PathBuf,
    #[arg(long)]
    pub mailboxes: PathBuf,
    #[arg(long)]
    pub state: PathBuf,
    #[arg(long)]
    pub only: Option<String>,
}

impl MailWhat {
    /// What every command takes.
    pub fn common(&self) -> &Common {
        match self {
            MailWhat::Inventory { common }
            | MailWhat::Copy { common }
            | MailWhat::Verify { common }
            | MailWhat::Proof { common, .. } => common,
        }
    }
}
