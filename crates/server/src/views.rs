//! From what is stored to what is told.
use crate::House;
use socle_db::{
    Conn, Scope, boot_events, images::Image, machines, machines::Machine, runs, runs::RunRow, stages::Kept,
};
use socle_domain::{
    Digest, RunId, TargetId,
    master::{Master, Stage},
    run::Status,
    sequence::Sequence,
    sign::Signed,
};
use socle_texts::{Arg, Fault, Lang, Result, say};
use socle_wire::api::{BootEventView, ImageView, MachineView, MasterView, RunView, ServerStatus};
use std::collections::BTreeMap;

/// A machine, with its last run.
pub(crate) fn machine(machine: Machine, last_runs: &BTreeMap<TargetId, RunId>) -> MachineView {
    MachineView {
        run: last_runs.get(&machine.id).copied(),
        id: machine.id,
        unit: machine.unit,
        name: machine.name,
        state: machine.state.word().into(),
        since: machine.since,
        by: machine.by,
        key: machine.key,
        code: machine.code,
        hints: machine.hints,
        facts: machine.facts,
        last_seen: machine.last_seen,
        address: machine.address,
        place: machine.place,
    }
}

/// One machine.
pub(crate) async fn one_machine(conn: &mut Conn, scope: Scope, id: TargetId) -> Result<Option<MachineView>> {
    let Some(found) = machines::by_id(conn, scope, id).await? else { return Ok(None) };
    let last = runs::last_of(conn, scope, id).await?.map(|run| (id, run));
    Ok(Some(machine(found, &last.into_iter().collect())))
}

/// A run.
pub(crate) fn run(house: &House, row: RunRow) -> RunView {
    let waiting = matches!(row.state.status, Status::Waiting { .. }) && row.state.loss_allowed.is_none();
    RunView {
        waiting_census: row.state.census_before.as_ref().filter(|_| waiting).map(|c| c.digest()),
        progress: house.progress_of(row.id),
        id: row.id,
        target: row.target,
        target_name: row.target_name,
        unit: row.unit,
        master: row.master_label,
        ordered: row.ordered,
        state: row.state,
        entries: row.entries,
        last_seen: row.last_seen,
    }
}

/// A master, opened.
pub(crate) struct OpenMaster {
    pub view: MasterView,
    pub master: Master,
    pub sequence: Sequence,
}

/// Opens a master: checked with the content key each time, whatever the database says.
pub(crate) fn master(house: &House, signed: &Signed<Master>) -> Result<OpenMaster> {
    let master = signed.open(&house.keys.content)?;
    let sequence = master.sequence()?;
    let view = MasterView {
        digest: signed.digest(),
        unit: master.unit,
        name: master.name.clone(),
        version: master.version.clone(),
        images: master.images.clone(),
        at: master.at,
        steps: sequence.steps.len() as u32,
        // As it is when it has just been published; where it has gone since, the database knows.
        stage: Stage::Pilot,
        generation: master.generation,
    };
    Ok(OpenMaster { view, master, sequence })
}

/// Opens a master that was published, and says where it stands.
pub(crate) fn kept(house: &House, kept: &Kept) -> Result<OpenMaster> {
    let mut opened = master(house, &kept.signed)?;
    opened.view.stage = kept.version.stage;
    Ok(opened)
}

/// An image.
pub(crate) fn image(image: Image) -> ImageView {
    ImageView {
        image: image.image,
        name: image.name,
        unit: image.unit,
        signed: image.release.is_some(),
        disk_bytes: image.disk_bytes,
        used_bytes: image.used_bytes,
        at: image.captured,
    }
}

/// What a boot event says: kept as data, told in the reader's language.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) enum BootWords {
    /// Of the boot room.
    Boot(Box<socle_boot::BootEvent>),
    /// Of ours: a key and its values.
    Key(String, Vec<(String, String)>),
}

/// A boot event in words.
pub(crate) fn boot_event(event: boot_events::BootEvent, lang: Lang) -> BootEventView {
    let what = match serde_json::from_str(&event.what) {
        Ok(BootWords::Boot(event)) => event.say(lang),
        Ok(BootWords::Key(key, values)) => {
            let args: Vec<(&str, Arg)> = values.iter().map(|(n, v)| (n.as_str(), v.into())).collect();
            say(lang, &key, &args)
        }
        Err(_) => event.what,
    };
    BootEventView { at: event.at, who: event.who, service: event.service, what }
}

/// The server's own state.
pub(crate) async fn status(house: &House, scope: Scope) -> Result<ServerStatus> {
    use socle_domain::sign::Signer;
    let mut conn = house.db.read().await?;
    Ok(ServerStatus {
        version: env!("CARGO_PKG_VERSION").into(),
        content_key: house.keys.content,
        server_key: house.keys.server.public(),
        content_key_here: house.data.content_key().exists(),
        machines: machines::counts(&mut conn, scope).await?,
        runs: runs::counts(&mut conn, scope).await?,
        memory_bytes: peak_memory_bytes(),
        since: house.since,
    })
}

/// Peak resident memory of this process (proc(5), VmHWM); 0 where the system does not say.
fn peak_memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kib = line.and_then(|l| l.trim().strip_suffix("kB")).and_then(|n| n.trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// An image's digest as the image room names it.
pub(crate) fn image_id(digest: Digest) -> socle_image::ImageId {
    socle_image::ImageId(digest.0)
}

/// A fault about something that the server itself got wrong.
pub(crate) fn broken(why: impl std::fmt::Display) -> Fault {
    Fault::new("server-broken").because(why)
}
