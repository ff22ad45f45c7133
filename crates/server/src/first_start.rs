//! First start: an administrator, and the link with which he comes in.
use crate::{Config, Data, house::open_db};
use socle_db::{Db, Scope, audit, grants, people, tokens};
use socle_domain::{AccountId, Timestamp, UnitId};
use socle_texts::Result;
use socle_trust::{chance, secret};
use std::time::Duration;

/// How long a one-time link holds.
pub const LINK_HOURS: u64 = 24;
/// The name of the first administrator.
pub const ADMINISTRATOR: &str = "admin";

/// Makes the first administrator where there is none, and a link for him; none where he has a password already.
pub async fn administrator(db: &Db, now: Timestamp) -> Result<Option<String>> {
    let mut tx = db.write().await?;
    let first = people::first(&mut tx, Scope::ROOT).await?;
    // A folder of a version that had no rights: whoever could do everything goes on being able to.
    let nobody_may = grants::count(&mut tx).await? == 0;
    if let Some(one) = first.as_ref().filter(|_| nobody_may) {
        grants::found(&mut tx, AccountId(one.id), now).await?;
    }
    let one = match first {
        Some(one) if one.password.is_some() => {
            tx.commit().await?;
            return Ok(None);
        }
        Some(one) => one,
        None => {
            let id = uuid::Builder::from_random_bytes(chance::bytes()?).into_uuid();
            let one = people::Administrator { id, unit: UnitId::ROOT, name: ADMINISTRATOR.into(), password: None };
            people::add(&mut tx, Scope::ROOT, &one, now).await?;
            grants::found(&mut tx, AccountId(id), now).await?;
            one
        }
    };
    let link = add_link(&mut tx, &one, now).await?;
    tx.commit().await?;
    Ok(Some(link))
}

async fn add_link(tx: &mut socle_db::Conn, one: &people::Administrator, now: Timestamp) -> Result<String> {
    let token = secret::new_token()?;
    people::add_link(tx, secret::digest(&token), one.id, now + Duration::from_secs(LINK_HOURS * 3600)).await?;
    Ok(token)
}

/// A new one-time link for the administrator, from the server's own computer. The whole address.
pub async fn new_link(data: &Data, config: &Config, now: Timestamp) -> Result<String> {
    let db = open_db(data, config, now).await?;
    administrator(&db, now).await?;
    let mut tx = db.write().await?;
    let one = people::first(&mut tx, Scope::ROOT).await?.ok_or_else(|| crate::views::broken("no administrator"))?;
    let link = add_link(&mut tx, &one, now).await?;
    host_trail("link-make", now)?.around(tx.commit()).await?;
    db.close().await;
    Ok(link_url(config, &link))
}

/// The address of a link.
pub fn link_url(config: &Config, token: &str) -> String {
    format!("{}/welcome/{token}", config.console.url())
}

/// A new API token, from the server's own computer, that ends after so many days. Shown once.
pub async fn new_token(data: &Data, config: &Config, name: &str, days: u32, now: Timestamp) -> Result<String> {
    let db = open_db(data, config, now).await?;
    let token = secret::new_token()?;
    let mut tx = db.write().await?;
    let expires = now + Duration::from_secs(u64::from(days) * 86_400);
    tokens::add(&mut tx, Scope::ROOT, secret::digest(&token), name, now, expires).await?;
    host_trail("token-make", now)?.around(tx.commit()).await?;
    db.close().await;
    Ok(token)
}

/// Who has a shell on the server's computer may do everything there; what he does so stands in the audit trail too.
pub(crate) fn host_trail(act: &str, now: Timestamp) -> Result<std::sync::Arc<audit::Trail>> {
    Ok(audit::Trail::new(now, chance::bytes()?, audit::HOST, "", UnitId::ROOT, act))
}
