//! `socle webhook …`
#![allow(missing_docs)] // each field is described in the locales, for people
use clap::Subcommand;
use socle_domain::EventId;

#[derive(Debug, Subcommand)]
pub enum WebhookWhat {
    List,
    Add {
        name: String,
        #[arg(long)]
        url: String,
        #[arg(long)]
        kind: Vec<String>,
    },
    Show {
        webhook: String,
    },
    On {
        webhook: String,
    },
    Off {
        webhook: String,
    },
    Remove {
        webhook: String,
    },
    Secret {
        webhook: String,
    },
    Try {
        webhook: String,
    },
    Deliveries {
        webhook: String,
    },
    Again {
        webhook: String,
        event: EventId,
    },
}
