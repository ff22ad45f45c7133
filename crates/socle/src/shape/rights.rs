//! The shape of the commands about rights, the second person and the audit trail.
use clap::Subcommand;
use socle_domain::{AccountId, ConsentId, Digest, UnitId, audit::Outcome, order::LossPolicy, role::Role};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum GrantWhat {
    /// What one may do oneself.
    Mine,
    List {
        #[arg(long)]
        unit: Option<UnitId>,
    },
    Add {
        person: String,
        #[arg(value_parser = role)]
        role: Role,
        #[arg(long)]
        unit: Option<UnitId>,
    },
    Remove {
        person: String,
        #[arg(value_parser = role)]
        role: Role,
        #[arg(long)]
        unit: Option<UnitId>,
    },
}

#[derive(Debug, Subcommand)]
pub enum ConsentWhat {
    List {
        #[arg(long)]
        all: bool,
    },
    Show {
        approval: ConsentId,
    },
    Approve {
        approval: ConsentId,
    },
    Refuse {
        approval: ConsentId,
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Starts runs on many machines.
    Start {
        #[arg(long, required = true)]
        machine: Vec<String>,
        #[arg(long)]
        master: Digest,
        #[arg(long, value_parser = super::loss, default_value = "nothing-only")]
        loss: LossPolicy,
    },
    Limit {
        above: Option<u32>,
    },
}

#[derive(Debug, Subcommand)]
pub enum AuditWhat {
    List {
        #[arg(long)]
        act: Option<String>,
        #[arg(long, value_parser = outcome)]
        outcome: Option<Outcome>,
        #[arg(long)]
        who: Option<String>,
        #[arg(long)]
        subject: Option<String>,
        #[arg(long)]
        since: Option<socle_domain::Timestamp>,
        #[arg(long)]
        until: Option<socle_domain::Timestamp>,
    },
    Export {
        #[arg(long)]
        out: PathBuf,
        #[arg(long)]
        after: Option<u64>,
    },
    Forget {
        person: AccountId,
    },
}

fn outcome(word: &str) -> Result<Outcome, String> {
    word.parse().map_err(|_| Outcome::ALL.map(Outcome::word).join(", "))
}

fn role(word: &str) -> Result<Role, String> {
    word.parse().map_err(|_| Role::ALL.map(Role::word).join(", "))
}
