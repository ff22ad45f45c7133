//! `socle backup`, `socle restore`, `socle backup-key`.
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Backup {
    #[arg(long)]
    pub data: PathBuf,
    #[arg(long)]
    pub config: Option<PathBuf>,
    #[arg(long)]
    pub out: PathBuf,
    #[arg(long)]
    pub without_images: bool,
    #[command(flatten)]
    pub closing: Closing,
}

#[derive(Debug, Args)]
pub struct Closing {
    #[arg(long, conflicts_with = "for_key")]
    pub passphrase_file: Option<PathBuf>,
    #[arg(long)]
    pub for_key: Option<String>,
}

#[derive(Debug, Args)]
pub struct Restore {
    pub file: PathBuf,
    #[arg(long)]
    pub data: PathBuf,
    #[arg(long)]
    pub config: Option<PathBuf>,
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub opening: Opening,
}

#[derive(Debug, Args)]
pub struct Opening {
    #[arg(long, conflicts_with = "key")]
    pub passphrase_file: Option<PathBuf>,
    #[arg(long)]
    pub key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct BackupKey {
    #[arg(long)]
    pub out: PathBuf,
}
