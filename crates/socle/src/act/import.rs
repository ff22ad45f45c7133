//! `socle import mdt SHARE`: read, tell, and only where it is asked for write through the API.
mod apply;
mod folder;

use super::{
    client::Client,
    say::{answer, words},
};
use crate::{
    image::Voice,
    shape::import::{ImportMdt, ImportWhat},
};
use apply::{Applied, Outcome};
use serde::Serialize;
use socle_domain::UnitId;
use socle_mdt::{Import, Totals, report};
use socle_server::data::write;
use socle_texts::{Fault, Result, tell};
use std::{fs, path::Path};

/// What is said to a program.
#[derive(Serialize)]
struct Said<'a> {
    totals: Totals,
    #[serde(flatten)]
    import: &'a Import,
    applied: Option<Vec<Applied>>,
}

/// Carries out an import. Well: everything that was to be written was written.
pub fn act(what: &ImportWhat, client: &dyn Fn() -> Result<Client>, voice: Voice) -> Result<bool> {
    let ImportWhat::Mdt(args) = what;
    mdt(args, client, voice)
}

fn mdt(args: &ImportMdt, client: &dyn Fn() -> Result<Client>, voice: Voice) -> Result<bool> {
    let import = socle_mdt::read(&folder::read(&args.share)?, voice.lang)?;
    if let Some(out) = &args.out {
        write_out(&import, out)?;
    }
    let applied = match args.apply {
        true => Some(apply::apply(&import, args.unit.unwrap_or(UnitId::ROOT), &client()?)?),
        false => None,
    };
    let well = applied.iter().flatten().all(|a| matches!(a.outcome, Outcome::Done {}));
    let said = Said { totals: import.totals(), import: &import, applied };
    answer(&said, voice, |said| {
        let mut text = report::words(&import, voice.lang);
        match &said.applied {
            None => text += &format!("\n{}", words(voice, "socle-import-dry", &[])),
            Some(applied) => text += &table(applied, voice),
        }
        text
    })?;
    Ok(well)
}

/// The drafts and the list of machines, as files to work with.
fn write_out(import: &Import, out: &Path) -> Result<()> {
    fs::create_dir_all(out).map_err(|e| Fault::new("texts-file-unwritable").with("path", out).because(e))?;
    for draft in &import.masters {
        write(&out.join(format!("{}.toml", draft.name)), draft.sequence.as_bytes())?;
    }
    if !import.announced.is_empty() {
        write(&out.join("machines.csv"), apply::announced(import).as_bytes())?;
    }
    Ok(())
}

fn table(applied: &[Applied], voice: Voice) -> String {
    let count = |outcome: &dyn Fn(&Outcome) -> bool| applied.iter().filter(|a| outcome(&a.outcome)).count();
    let values = [
        ("done", count(&|o| matches!(o, Outcome::Done {})).into()),
        ("waiting", count(&|o| matches!(o, Outcome::Waits {})).into()),
        ("refused", count(&|o| matches!(o, Outcome::Refused { .. } | Outcome::ByHand {})).into()),
    ];
    let mut text = format!("\n{}", words(voice, "socle-import-applied", &values));
    for one in applied {
        let kind = words(voice, &format!("socle-import-{}", one.kind), &[]);
        let why = match &one.outcome {
            Outcome::Done {} => continue,
            Outcome::Waits {} => words(voice, "socle-import-waits", &[]),
            Outcome::ByHand {} => words(voice, "socle-import-by-hand", &[]),
            Outcome::Refused { fault } => tell(voice.lang, fault),
        };
        text += &format!("\n  {kind} {}: {why}", one.name);
    }
    if applied.iter().any(|a| matches!(a.outcome, Outcome::Waits {})) {
        text += &format!("\n{}", words(voice, "socle-import-again", &[]));
    }
    text
}
