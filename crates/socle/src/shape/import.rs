//! `socle import …`: what comes from other tools.
use clap::{Args, Subcommand};
use socle_domain::UnitId;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum ImportWhat {
    Mdt(ImportMdt),
}

#[derive(Debug, Args)]
pub struct ImportMdt {
    pub share: PathBuf,
    #[arg(long, conflicts_with = "apply")]
    pub dry_run: bool,
    #[arg(long)]
    pub apply: bool,
    #[arg(long)]
    pub unit: Option<UnitId>,
    #[arg(long)]
    pub out: Option<PathBuf>,
}
