//! `socle doctor`, `socle support-bundle`.
use clap::Args;
use socle_boot::Mac;
use socle_server::doctor::{MAX_SECONDS, USUAL_SECONDS};
use std::path::PathBuf;

/// Where the Debian package keeps what the server keeps.
const USUAL_DATA: &str = "/var/lib/socle";

#[derive(Debug, Args)]
pub struct Doctor {
    #[command(flatten)]
    pub place: Place,
    #[arg(long)]
    pub mac: Option<Mac>,
    #[arg(long)]
    pub recipes: bool,
}

#[derive(Debug, Args)]
pub struct Place {
    #[arg(long, default_value = USUAL_DATA)]
    pub data: PathBuf,
    #[arg(long)]
    pub config: Option<PathBuf>,
    #[arg(long)]
    pub interface: Vec<String>,
    #[arg(long, default_value_t = USUAL_SECONDS, value_parser = clap::value_parser!(u64).range(1..=MAX_SECONDS))]
    pub seconds: u64,
    #[arg(long)]
    pub without_network: bool,
}

#[derive(Debug, Args)]
pub struct SupportBundle {
    #[command(flatten)]
    pub place: Place,
    #[arg(long)]
    pub to: Option<PathBuf>,
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=168))]
    pub hours: u32,
    #[arg(long)]
    pub log: Vec<PathBuf>,
}
