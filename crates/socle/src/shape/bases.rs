//! The shape of what concerns masters, options and rules.
use clap::{Args, Subcommand};
use socle_domain::{Digest, UnitId, master::Stage};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum OptionWhat {
    List {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        master: Option<Digest>,
    },
    Set {
        option: String,
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        value: Option<String>,
        #[arg(long, conflicts_with = "value")]
        secret: bool,
        #[arg(long)]
        leave: Option<String>,
    },
    Clear {
        option: String,
        #[command(flatten)]
        place: Place,
    },
}

/// Where something is decided.
#[derive(Debug, Clone, Args)]
pub struct Place {
    #[arg(long, conflicts_with = "machine")]
    pub unit: Option<UnitId>,
    #[arg(long)]
    pub machine: Option<String>,
}

#[derive(Debug, Args)]
pub struct Explain {
    pub machine: String,
    pub option: Option<String>,
    #[arg(long)]
    pub master: Option<Digest>,
}

#[derive(Debug, Subcommand)]
pub enum RuleWhat {
    Add {
        name: String,
        #[arg(long, default_value = "true")]
        when: String,
        #[arg(long)]
        pattern: String,
    },
    Set {
        #[command(flatten)]
        rule: Written,
    },
    Try {
        #[command(flatten)]
        rule: Written,
    },
    List,
    Options,
    Remove {
        name: String,
    },
    Drop {
        name: String,
        #[arg(long)]
        unit: Option<UnitId>,
    },
}

/// A rule that sets options, as it is written.
#[derive(Debug, Clone, Args)]
pub struct Written {
    pub name: String,
    #[arg(long)]
    pub unit: Option<UnitId>,
    #[arg(long)]
    pub when: String,
    #[arg(long, required = true)]
    pub set: Vec<String>,
    #[arg(long, default_value_t = 100)]
    pub order: u32,
}

#[derive(Debug, Subcommand)]
pub enum MasterWhat {
    Sign {
        file: PathBuf,
        #[arg(long)]
        name: Option<String>,
        #[arg(long)]
        version: Option<String>,
        #[arg(long)]
        image: Vec<String>,
        #[arg(long)]
        option: Vec<String>,
        #[arg(long)]
        unit: Option<UnitId>,
        #[arg(long)]
        generation: Option<u64>,
        #[arg(long)]
        key: PathBuf,
        #[arg(long)]
        out: PathBuf,
    },
    Draft {
        file: PathBuf,
        #[arg(long)]
        name: String,
        #[arg(long)]
        version: String,
        #[arg(long)]
        image: Vec<String>,
        #[arg(long)]
        option: Vec<String>,
        #[arg(long)]
        unit: Option<UnitId>,
        #[arg(long)]
        generation: Option<u64>,
        #[arg(long)]
        out: Option<PathBuf>,
    },
    Drafts,
    Publish {
        file: PathBuf,
    },
    Promote {
        master: String,
        #[arg(long, value_parser = stage, default_value = "production")]
        to: Stage,
    },
    Rollback {
        name: String,
    },
    Diff {
        before: String,
        after: String,
    },
    Pilots {
        master: String,
        #[arg(long)]
        unit: Vec<UnitId>,
    },
    Offer {
        #[arg(long)]
        unit: UnitId,
        #[arg(long)]
        name: Vec<String>,
        #[arg(long, conflicts_with = "name")]
        all: bool,
    },
    List,
}

fn stage(text: &str) -> Result<Stage, String> {
    text.parse()
}
