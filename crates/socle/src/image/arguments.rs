//! The arguments of `socle image`. Their help is in `locales/`.
#![allow(missing_docs)] // each field is described in the locales, for people
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum ImageWhat {
    Capture(Capture),
    Deploy(Deploy),
    Reset(Reset),
    List {
        #[arg(long)]
        repo: PathBuf,
    },
    Show {
        image: String,
        #[arg(long)]
        repo: PathBuf,
    },
    Diff {
        old: String,
        new: String,
        #[arg(long)]
        repo: PathBuf,
    },
    Stats {
        #[arg(long)]
        repo: PathBuf,
    },
    Check {
        #[arg(long)]
        repo: PathBuf,
        #[arg(long)]
        deep: bool,
        #[arg(long)]
        set_aside: bool,
    },
    Forget {
        image: String,
        #[arg(long)]
        repo: PathBuf,
    },
    Prune {
        #[arg(long)]
        repo: PathBuf,
        #[arg(long)]
        dry_run: bool,
    },
    Sync {
        images: Vec<String>,
        #[arg(long)]
        from: PathBuf,
        #[arg(long)]
        to: PathBuf,
    },
}

#[derive(Debug, Args)]
pub struct Capture {
    pub disk: PathBuf,
    #[arg(long)]
    pub repo: PathBuf,
    #[arg(long)]
    pub name: String,
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(i32).range(1..=19))]
    pub level: i32,
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub threads: u8,
}

#[derive(Debug, Args)]
pub struct Deploy {
    pub image: String,
    #[arg(long)]
    pub repo: PathBuf,
    #[arg(long)]
    pub to: PathBuf,
    #[arg(long)]
    pub yes_erase: bool,
    #[arg(long)]
    pub key: Option<PathBuf>,
    /// Bytes of a file that does not exist yet; the size of the captured disk otherwise.
    #[arg(long)]
    pub size: Option<u64>,
    #[arg(long)]
    pub grow: Option<String>,
    /// Read back one piece in so many; 1 is everything.
    #[arg(long, default_value_t = 1)]
    pub sample: u32,
    #[arg(long)]
    pub discard: bool,
    /// MiB of a partition that keeps the image's chunks on the disk itself.
    #[arg(long, default_value_t = 0)]
    pub cache_mib: u64,
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub threads: u8,
}

#[derive(Debug, Args)]
pub struct Reset {
    pub image: String,
    #[arg(long)]
    pub repo: Option<PathBuf>,
    #[arg(long)]
    pub to: PathBuf,
    #[arg(long)]
    pub yes_erase: bool,
    #[arg(long)]
    pub key: Option<PathBuf>,
    /// Partitions, by number.
    #[arg(long)]
    pub keep: Vec<u32>,
    #[arg(long)]
    pub gone: bool,
    #[arg(long, default_value = "worthwhile")]
    pub search: SearchWhere,
    #[arg(long)]
    pub dry_run: bool,
    #[arg(long)]
    pub grow: Option<String>,
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub threads: u8,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum SearchWhere {
    Image,
    Worthwhile,
    Everywhere,
}
