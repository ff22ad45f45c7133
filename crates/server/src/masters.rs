//! The way of a master: published as the content key signed it, tried by pilots, put into production, retired, brought
//! back.
use crate::{
    House,
    access::Person,
    options,
    refusal::{Answer, Refusal},
    views,
    views::OpenMaster,
};
use socle_db::{Conn, Offered, Scope, drafts, drafts::Draft, masters, settings, stages, stages::Kept};
use socle_domain::{
    Digest, DraftId, Timestamp, UnitId,
    keys::ImageRelease,
    master::{Master, Stage, Version},
    role::Right,
    sign::Signed,
};
use socle_texts::{Fault, Result};
use socle_trust::chance;
use socle_wire::options::{DraftView, MasterName, TakenAbove, TakenMastersView, WriteDraft};

/// Names in one list of masters that may be taken.
const MAX_TAKEN: usize = 500;
/// Units that try one master.
const MAX_PILOTS: usize = 500;

/// Publishes what the content key signed: a pilot, until somebody puts it into production.
///
/// # Errors
/// `domain-signature-wrong` and those of [`Master::check`]; `domain-generation-old`; `db-master-taken`.
pub(crate) async fn publish(house: &House, person: &Person, signed: &Signed<Master>) -> Answer<OpenMaster> {
    let opened = views::master(house, signed)?;
    opened.master.check()?;
    let mut tx = house.db.write().await?;
    person.must(&mut tx, Right::Masters, opened.master.unit).await?;
    let scope = Scope::of(opened.master.unit);
    let digest = signed.digest();
    if let Some(kept) = stages::by_digest(&mut tx, scope, digest).await? {
        // The very same one was published before: it stays where it stands.
        return Ok(views::kept(house, &kept)?);
    }
    let Master { unit, name, generation, .. } = &opened.master;
    stages::take_generation(&mut tx, *unit, stages::Kind::Master, name, *generation).await?;
    masters::add(&mut tx, scope, signed, &opened.master, house.now()).await?;
    let version = Version { unit: *unit, name: name.clone(), stage: Stage::Pilot };
    stages::begin(&mut tx, &version, digest, &person.name, house.now()).await?;
    drafts::published(&mut tx, scope, &opened.master).await?;
    crate::idempotency::will_answer(house, axum::http::StatusCode::OK, &opened.view)?;
    tx.commit().await?;
    Ok(opened)
}

/// Takes the generation of an image's release: an older one than was seen is refused.
pub(crate) async fn take_release(conn: &mut Conn, unit: UnitId, release: &ImageRelease) -> Result<()> {
    stages::take_generation(conn, unit, stages::Kind::Image, &release.name, release.generation).await
}

/// A published master that a person sees.
pub(crate) async fn seen(conn: &mut Conn, scope: Scope, digest: Digest) -> Answer<Kept> {
    stages::by_digest(conn, scope, digest).await?.ok_or_else(|| Refusal::unknown("master"))
}

/// Puts a version onto another stage. The caller has checked the right, and has asked a second person for production.
///
/// # Errors
/// 404; `db-stage-wrong`.
pub(crate) async fn move_to(house: &House, conn: &mut Conn, digest: Digest, to: Stage, by: &str) -> Answer<Kept> {
    let kept = seen(conn, Scope::ROOT, digest).await?;
    let scope = Scope::of(kept.version.unit);
    let moved = stages::move_to(conn, scope, digest, to, by, house.now()).await.map_err(|fault| {
        match fault.is("db-failed") {
            // It passes: what was approved is tried again.
            true => Refusal::from(fault),
            false => Refusal::conflict(fault),
        }
    })?;
    moved.ok_or_else(|| Refusal::unknown("master"))
}

/// The version that production goes back to from this one.
///
/// # Errors
/// `server-rollback-nothing` where this is not production, or where nothing was before it.
pub(crate) async fn before(conn: &mut Conn, kept: &Kept) -> Answer<Digest> {
    let nothing = || Refusal::conflict(Fault::new("server-rollback-nothing").with("name", &kept.version.name));
    if kept.version.stage != Stage::Production {
        return Err(nothing());
    }
    stages::before_production(conn, kept.version.unit, &kept.version.name).await?.ok_or_else(nothing)
}

/// Says which units try a master's pilots.
pub(crate) async fn set_pilots(conn: &mut Conn, kept: &Kept, pilots: &[UnitId]) -> Answer<()> {
    if pilots.len() > MAX_PILOTS {
        return Err(Refusal::wrong(Fault::new("server-list-too-long").with("limit", MAX_PILOTS)));
    }
    let Version { unit, name, .. } = &kept.version;
    Ok(stages::set_pilots(conn, Scope::of(*unit), *unit, name, pilots).await?)
}

/// Keeps a draft: readable as far as it goes, or refused by its line.
///
/// # Errors
/// Those of the text, by line; `db-master-taken`; `domain-master-wrong`.
pub(crate) async fn write_draft(
    house: &House,
    conn: &mut Conn,
    person: &Person,
    id: Option<DraftId>,
    wish: WriteDraft,
) -> Answer<Draft> {
    let before = match id {
        Some(id) => Some(draft(conn, person.scope, id).await?),
        None => None,
    };
    let unit = before.as_ref().map(|d| d.master.unit).or(wish.unit).unwrap_or(person.scope.unit());
    person.must(conn, Right::Masters, unit).await?;
    let generation = match wish.generation {
        Some(generation) => generation,
        None => stages::highest(conn, unit, stages::Kind::Master, &wish.name).await?.saturating_add(1),
    };
    let now = house.now();
    let master = Master {
        name: wish.name,
        version: wish.version,
        unit,
        sequence: wish.sequence,
        images: wish.images,
        options: wish.options,
        at: now,
        generation,
        packages: wish.packages,
        drivers: wish.drivers,
    };
    // Images may come later; what is written must be readable now, so that its errors are met where they are made.
    match master.check() {
        Err(fault) if !fault.is("domain-master-image-missing") => return Err(Refusal::wrong(fault)),
        _ => {}
    }
    let new = || Ok::<_, Fault>(DraftId::new(now.as_millisecond().max(0) as u64, chance::bytes()?));
    let id = before.map_or_else(new, |d| Ok(d.id))?;
    let draft = Draft { id, master, by: person.name.clone(), at: now };
    drafts::put(conn, Scope::of(unit), &draft).await?;
    Ok(draft)
}

/// A draft of a scope.
pub(crate) async fn draft(conn: &mut Conn, scope: Scope, id: DraftId) -> Answer<Draft> {
    drafts::by_id(conn, scope, id).await?.ok_or_else(|| Refusal::unknown("draft"))
}

/// A draft as it is told.
pub(crate) fn draft_view(draft: Draft) -> DraftView {
    let fault = draft.master.check().err();
    DraftView { id: draft.id, master: draft.master, by: draft.by, at: draft.at, fault }
}

/// Which masters a unit may take, and who says so.
pub(crate) async fn taken(house: &House, conn: &mut Conn, unit: UnitId) -> Answer<TakenMastersView> {
    let to = Offered::to(unit);
    let way = settings::way(conn, to).await?;
    if way.is_empty() {
        return Err(Refusal::unknown("unit"));
    }
    let names = settings::names_on_the_way(conn, to).await?;
    let mut allowed = stages::allowed(conn, to).await?;
    let own = allowed.remove(&unit);
    let above = way.iter().filter_map(|unit| {
        let unit_name = names.get(unit).cloned().unwrap_or_default();
        Some(TakenAbove { unit: *unit, unit_name, names: allowed.remove(unit)? })
    });
    let above = above.collect();
    let offered = options::offered(house, conn, unit).await?;
    let name = |m: OpenMaster| MasterName { digest: m.view.digest, name: m.view.name, version: m.view.version };
    Ok(TakenMastersView { names: own, above, offered: offered.into_iter().map(name).collect() })
}

/// Says which masters a unit and those below may take.
pub(crate) async fn take(
    conn: &mut Conn,
    unit: UnitId,
    names: Option<Vec<String>>,
    by: &str,
    now: Timestamp,
) -> Answer<()> {
    if names.as_ref().is_some_and(|n| n.len() > MAX_TAKEN || n.iter().any(|n| n.len() > 64)) {
        return Err(Refusal::wrong(Fault::new("server-list-too-long").with("limit", MAX_TAKEN)));
    }
    Ok(stages::allow(conn, Scope::of(unit), unit, names.as_deref(), by, now).await?)
}
