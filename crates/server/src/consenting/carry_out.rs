//! Doing what a second person has said yes to, to its end, whatever stops the server in between.
use crate::{House, boot_once, masters, ordering, organisation, recognise, refusal::Answer};
use socle_db::{Scope, audit, audit::Trail, consents, people};
use socle_domain::{
    AccountId,
    audit::Outcome,
    consent::{Consent, Deed, State},
    master::Stage,
};
use socle_texts::{Fault, Result};
use socle_trust::chance;
use socle_wire::api::{AllowLoss, ReplaceIdentity, StartRun};
use std::sync::Arc;

/// At most so many approved acts are taken up together; the rest follow.
const AT_ONCE: u32 = 100;

/// Says that something was approved.
pub(crate) fn wake(house: &Arc<House>) {
    let house = house.clone();
    tokio::spawn(async move { resume(&house).await });
}

/// Carries out everything that was approved and is not done: now, and whenever the server starts.
pub(crate) async fn resume(house: &Arc<House>) {
    // One at a time: two that carry out the same act would each find the other's runs in the way.
    let _turn = house.carrying_out.lock().await;
    let approved =
        async { consents::list(&mut *house.db.read().await?, Scope::ROOT, Some(State::Approved), AT_ONCE).await };
    match approved.await {
        Ok(all) => {
            for one in all.into_iter().rev() {
                let id = one.id;
                if let Err(fault) = carry_out(house, one).await {
                    tracing::error!(%fault, approval = %id, "an approved act could not be carried out; it is tried again");
                }
            }
        }
        Err(fault) => tracing::error!(%fault, "what was approved could not be read"),
    }
}

async fn carry_out(house: &Arc<House>, one: Consent) -> Result<()> {
    let trail = trail(house, one.asked_by, &one).await?;
    trail.around(do_it(house, one)).await
}

/// Whoever asked is who acts, and the entry says that a second person had said yes.
async fn trail(house: &House, person: AccountId, one: &Consent) -> Result<Arc<Trail>> {
    let known = people::by_account(&mut *house.db.read().await?, person).await?;
    let name = known.map(|a| a.name).unwrap_or_default();
    let trail = Trail::new(house.now(), chance::bytes()?, &person.to_string(), &name, one.unit, one.deed.word());
    trail.set_subject("approval", &one.id.to_string());
    Ok(trail)
}

async fn do_it(house: &Arc<House>, mut one: Consent) -> Result<()> {
    audit::outcome(Outcome::Approved);
    let scope = Scope::of(one.unit);
    let done = match one.deed.clone() {
        Deed::StartRuns { targets, master, options, loss } => {
            let before = consents::items(&mut *house.db.read().await?, one.id).await?;
            for target in targets.into_iter().filter(|t| !before.contains_key(t)) {
                let wish = StartRun { target, master, options: options.clone(), loss };
                if let Err(refusal) = ordering::start_for(house, scope, wish, Some(one.id)).await {
                    let (status, fault) = refusal.into_parts();
                    if status.is_server_error() {
                        return Err(fault);
                    }
                    let mut tx = house.db.write().await?;
                    audit::outcome(Outcome::Failed);
                    consents::did(&mut tx, one.id, target, &consents::Item::Failed(fault)).await?;
                    tx.commit().await?;
                    audit::outcome(Outcome::Approved);
                }
            }
            let items = consents::items(&mut *house.db.read().await?, one.id).await?;
            let failed = items.values().filter(|item| matches!(item, consents::Item::Failed(_))).count();
            match failed {
                0 => Ok(()),
                _ => Err(Fault::new("server-approval-part").with("failed", failed).with("all", items.len())),
            }
        }
        // Where these are done, they stand as done in the very transaction that did them.
        Deed::AllowLoss { run, census, reason } => {
            let wish = AllowLoss { census, reason };
            match tried(ordering::allow_loss_for(house, scope, run, wish, Some(&one)).await)? {
                None => return Ok(()),
                Some(fault) => Err(fault),
            }
        }
        Deed::ReplaceIdentity { target, stranger, key } => {
            let wish = ReplaceIdentity { stranger, key };
            match tried(recognise::replace_identity(house, scope, target, &wish, Some(&one)).await)? {
                None => return Ok(()),
                Some(fault) => Err(fault),
            }
        }
        Deed::BootOnce { target, from } => {
            match tried(boot_once::give(house, scope, target, from, Some(&one)).await)? {
                None => return Ok(()),
                Some(fault) => Err(fault),
            }
        }
        Deed::CancelRun { run } => match tried(ordering::cancel(house, scope, run, Some(&one)).await)? {
            None => return Ok(()),
            Some(fault) => Err(fault),
        },
        Deed::RefuseMachine { target } => match tried(recognise::refuse(house, scope, target, Some(&one)).await)? {
            None => return Ok(()),
            Some(fault) => Err(fault),
        },
        Deed::MoveMachine { target, unit } => {
            let by = people::by_account(&mut *house.db.read().await?, one.asked_by).await?;
            let by = by.map(|a| a.name).unwrap_or_default();
            match tried(organisation::move_machine(house, (scope, &by), target, unit, Some(&one)).await)? {
                None => return Ok(()),
                Some(fault) => Err(fault),
            }
        }
        Deed::RaiseLimit { above } => {
            let mut tx = house.db.write().await?;
            consents::set_above(&mut tx, above).await?;
            one.state = State::Done;
            consents::stands(&mut tx, scope, &one).await?;
            return tx.commit().await;
        }
        Deed::Publish { master } => {
            let mut tx = house.db.write().await?;
            let by = people::by_account(&mut tx, one.asked_by).await?.map(|a| a.name).unwrap_or_default();
            match masters::move_to(house, &mut tx, master, Stage::Production, &by).await {
                Ok(_) => {
                    one.state = State::Done;
                    consents::stands(&mut tx, scope, &one).await?;
                    return tx.commit().await;
                }
                Err(refusal) => match refusal.into_parts() {
                    (status, fault) if status.is_server_error() => return Err(fault),
                    (_, fault) => Err(fault),
                },
            }
        }
    };
    one.state = if done.is_ok() { State::Done } else { State::Failed };
    one.fault = done.err();
    if one.fault.is_some() {
        audit::outcome(Outcome::Failed);
    }
    let mut tx = house.db.write().await?;
    consents::stands(&mut tx, scope, &one).await?;
    tx.commit().await
}

/// What hinders an act for good, if anything does; a fault that passes is an error: it is tried again.
fn tried<T>(answer: Answer<T>) -> Result<Option<Fault>> {
    match answer.map_err(|refusal| refusal.into_parts()) {
        Ok(_) => Ok(None),
        Err((status, fault)) if status.is_server_error() => Err(fault),
        Err((_, fault)) => Ok(Some(fault)),
    }
}
