//! The shape of the commands about the organisation.
use clap::{Args, Subcommand};
use socle_domain::{UnitId, network::Network, unit::UnitKind};
use socle_wire::organisation::List;
use std::path::PathBuf;

/// A unit is its path from the centre (`Ain / Bourg`), or its identifier.
#[derive(Debug, Subcommand)]
pub enum UnitWhat {
    List {
        #[arg(long)]
        at: Option<String>,
    },
    Show {
        unit: String,
    },
    Found {
        name: String,
        #[arg(long, default_value = "")]
        below: String,
        #[arg(long, value_parser = kind, default_value = "site")]
        kind: UnitKind,
        #[command(flatten)]
        when: When,
    },
    Rename {
        unit: String,
        name: String,
        #[command(flatten)]
        when: When,
    },
    Move {
        unit: String,
        #[arg(long)]
        below: String,
        #[command(flatten)]
        when: When,
    },
    Merge {
        unit: String,
        #[arg(long)]
        into: String,
        #[command(flatten)]
        when: When,
    },
    Split {
        unit: String,
        #[arg(long = "part", required = true)]
        part: Vec<String>,
        #[command(flatten)]
        when: When,
    },
    Close {
        unit: String,
        #[command(flatten)]
        when: When,
    },
    /// From where a unit's machines speak.
    Networks {
        unit: Option<String>,
        #[arg(long, value_parser = network, requires = "unit")]
        add: Vec<Network>,
        #[arg(long, value_parser = network, requires = "unit")]
        remove: Vec<Network>,
    },
    /// Moves a machine.
    MoveMachine {
        machine: String,
        #[arg(long)]
        to: String,
    },
    Import {
        #[arg(value_parser = list)]
        list: List,
        file: PathBuf,
        #[arg(long)]
        dry_run: bool,
    },
    Export {
        #[arg(value_parser = list)]
        list: List,
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

/// From when a decision holds.
#[derive(Debug, Args)]
pub struct When {
    #[arg(long)]
    pub at: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum PersonWhat {
    List {
        #[arg(long)]
        left: bool,
    },
    Show {
        person: String,
    },
    Add {
        name: String,
        #[arg(long, default_value = "")]
        unit: String,
        #[arg(long)]
        login: Option<String>,
        #[arg(long)]
        mail: Option<String>,
    },
    /// Says that somebody uses a machine.
    Link {
        person: String,
        #[arg(long)]
        machine: String,
        #[arg(long)]
        at: Option<String>,
    },
    Directories,
    Directory {
        name: String,
        file: PathBuf,
    },
    Read {
        name: String,
        #[arg(long)]
        unit: Option<UnitId>,
        #[arg(long)]
        dry_run: bool,
    },
    Departures,
    Depart {
        departure: String,
        #[arg(long)]
        stays: bool,
    },
}

#[derive(Debug, Args)]
pub struct Search {
    #[arg(required = true)]
    pub words: Vec<String>,
    #[arg(long, value_parser = ["machine", "person", "unit"])]
    pub kind: Option<String>,
}

fn kind(text: &str) -> Result<UnitKind, String> {
    text.parse().map_err(|_| "body, site, room".to_string())
}

fn network(text: &str) -> Result<Network, String> {
    text.parse().map_err(|_| "10.2.0.0/16, fd00:2::/48".to_string())
}

fn list(text: &str) -> Result<List, String> {
    text.parse().map_err(|_| "units, people, machines, links".to_string())
}
